/// Finds what answers: the server of a directory or URL, else this process.
final class SQLSession {
    let endpoint: any SQLEndpoint
    private let local: LocalSQL?

    init(_ arguments: Arguments) throws {
        let tables = arguments.all("table")
        let data = try arguments.one("data")
        let url = try arguments.one("url")
        guard data != nil || url != nil || !tables.isEmpty else { throw UsageError("--data, --url or --table is wanted") }
        let names = tables.map { $0.prefix { $0 != "=" } }
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) { throw UsageError("--table names \(names[twice]) more than once; a glob takes several files into one table") }
        let threadCount = try Self.threadCount(arguments)
        let holder = data.flatMap { EngineOpening.serverURL(of: $0) }
        if url != nil || holder != nil {
            guard tables.isEmpty else {
                let who = data.flatMap { data in holder.map { "\(data) is held by the server at \($0), which" } } ?? "a server"
                throw CommandError("\(who) does not see files of this machine: --table goes without it")
            }
            (endpoint, local) = (try RemoteSQL(client: try StoreAccess(arguments).client), nil)
        } else {
            let here = try LocalSQL(tables: tables, directory: data, settings: try CommandSettings.read(arguments), threadCount: threadCount)
            (endpoint, local) = (here, here)
        }
    }

    private static func threadCount(_ arguments: Arguments) throws -> Int? {
        guard let text = try arguments.one("threads") else { return nil }
        guard let count = Int(text), (1...1_024).contains(count) else { throw UsageError("--threads wants a number from 1 to 1024") }
        return count
    }

    func close() { local?.close() }
}
