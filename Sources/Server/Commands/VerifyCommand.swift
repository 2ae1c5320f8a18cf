enum VerifyCommand: Command {
    static let name = "verify"
    static let summary = "Proves every file of a store."
    static let usage = ["--data DIR"]
    static let options: [Arguments.Option] = [.init("data", "DIR", "The store's directory.")]
    static func run(_ arguments: Arguments) throws -> Int32 { throw CommandError("not built") }
}
enum InspectCommand: Command {
    static let name = "inspect"
    static let summary = "Shows what a Parquet file is made of."
    static let usage = ["FILE.parquet"]
    static let options: [Arguments.Option] = []
    static func run(_ arguments: Arguments) throws -> Int32 { throw CommandError("not built") }
}
enum SQLCommand: Command {
    static let name = "sql"
    static let summary = "Asks questions in SQL."
    static let usage = ["[--data DIR | --url URL] [--table NAME=FILE]… [--format table|json|ndjson|csv|parquet] [--threads N] [\"QUERY\"]"]
    static let options: [Arguments.Option] = []
    static func run(_ arguments: Arguments) throws -> Int32 { throw CommandError("not built") }
}
