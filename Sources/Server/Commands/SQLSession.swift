/// Finds what answers: the server of a directory or URL, this process for files.
final class SQLSession {
    let endpoint: any SQLEndpoint
    private let store: StoreAccess?

    init(_ arguments: Arguments) throws {
        let tables = arguments.all("table")
        let hasStore = try arguments.one("data") != nil || arguments.one("url") != nil
        guard hasStore || !tables.isEmpty else { throw UsageError("--data, --url or --table is wanted") }
        guard tables.isEmpty else { throw CommandError("tables of files are not there yet") }
        let store = try StoreAccess(arguments)
        self.store = store
        endpoint = RemoteSQL(client: store.client)
    }

    func close() throws { try store?.close() }
}
