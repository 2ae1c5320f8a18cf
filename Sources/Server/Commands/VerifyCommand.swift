enum VerifyCommand: Command {
    static let name = "verify"
    static let summary = "Proves every file of a store."
    static let usage = ["--data DIR"]
    static let options: [Arguments.Option] = [.init("data", "DIR", "The store's directory.")]
    static func run(_ arguments: Arguments) throws -> Int32 { throw CommandError("not built") }
}
