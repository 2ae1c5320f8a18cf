internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Answers in this process: over files, and over a store's directory that no server holds, which is read beside others and not changed.
final class LocalSQL: SQLEndpoint, @unchecked Sendable {
    // Proof of Sendable: all but `running` is touched by the thread that asks alone.
    private let runner: SQLRunner
    private let files: FixedCatalog
    private let store: RestingStore?
    var usesRollups = true
    var timeZone = "UTC"
    var parameters: [String] = []
    let place: String
    var hasStore: Bool { store != nil }
    private let running = Monitor<Cancellation?>(nil)
    /// Of all the files' tables: what a scan of everything would read.
    private let rowCount: Int
    private var position: WalkPosition?
    /// Of the walk at hand: its pages show one state and one now().
    private var context: QueryContext?

    /// - Parameters:
    ///   - tables: `NAME=FILE-or-GLOB`, each.
    ///   - directory: nil for none.
    init(tables: [String], directory: String?, settings: Settings, threadCount: Int?) throws {
        runner = SQLRunner(engine: QueryEngine.make(settings, threadCount: threadCount))
        var sources: [(name: String, source: any TableSource)] = []
        for table in tables {
            let pair = table.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { throw UsageError("--table wants NAME=FILE, not \(table)") }
            sources.append((String(pair[0]), try ParquetTable(paths: [String(pair[1])])))
        }
        // SQL folds a name without quotes: `--table Sales=…` is found as Sales, sales and "Sales".
        for (name, source) in sources {
            let folded = name.lowercased()
            if !sources.contains(where: { $0.name == folded }) { sources.append((folded, source)) }
        }
        files = FixedCatalog(tables: sources)
        rowCount = sources.prefix(tables.count).reduce(0) { $0 + $1.source.statistics.rowCount }
        place = directory.map { "The store at \($0) is read here, without a server." } ?? "Files are read here, without a server."
        store = try directory.map { try EngineOpening.read(directory: $0, settings: settings) }
    }

    func page(_ query: String, cursor: String?) throws -> JSONValue {
        if cursor == nil { (position, context) = (nil, try freshContext()) }
        let context = try context ?? freshContext()
        let progress = QueryProgress(rowCount: rowCount)
        defer {
            progress.end()
            running.withLock { $0 = nil }
        }
        let page = try runner.page(
            SQLRequest(query: query), in: context, after: position, cancellation: begin, started: progress.watch, seal: { _ in "more" })
        position = page.position
        return try JSONParser.parse(answerOf: page.bytes)
    }

    func stream(_ query: String, mediaType: String, take: (ArraySlice<UInt8>) throws -> Void) throws {
        guard let form = SQLForm(rawValue: mediaType) else { throw CommandError("no form \(mediaType)") }
        let progress = QueryProgress(rowCount: rowCount)
        defer {
            progress.end()
            running.withLock { $0 = nil }
        }
        let started = try runner.start(SQLRequest(query: query), in: try freshContext(), cancellation: begin(), started: progress.watch)
        try runner.write(started, as: form) { bytes in
            try take(bytes[...])
            bytes.removeAll(keepingCapacity: true)
        }
    }

    private func freshContext() throws -> QueryContext {
        let store = try store.map { store in
            StoreSchema().catalog(over: try store.reading.catalog(as: .admin, upTo: nil).catalog, as: .admin, CatalogParts(store: StoreRoles(of: store.reading), queries: nil))
        }
        var context = QueryContext(catalog: BothCatalogs(first: files, second: store), now: CalendarText.now)
        context.usesRollups = usesRollups
        context.timeZone = timeZone
        context.parameters = parameters.map { .string($0) }
        return context
    }

    func cancel() { running.withLock { $0 }?.cancel() }

    private func begin() -> Cancellation {
        let cancellation = Cancellation()
        running.withLock { $0 = cancellation }
        return cancellation
    }

    func close() { store?.close() }

    /// Files stand before the store's tables of the same name.
    private struct BothCatalogs: QueryCatalog {
        let first: any QueryCatalog
        let second: (any QueryCatalog)?

        var entryNames: [String] { first.entryNames + (second?.entryNames ?? []) }
        func entry(named name: String) throws -> CatalogEntry? { try first.entry(named: name) ?? second?.entry(named: name) }

        var schemas: [CatalogSchema] { second?.schemas ?? [] }
        func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? { try second?.entry(named: name, inSchema: schema) }

        func rollups(of table: String) -> [RollupOffer] {
            // A file's table of that name is another.
            first.entryNames.contains(table) ? [] : second?.rollups(of: table) ?? []
        }

        var xpath: (any XPathReading)? { XPathReader.shared }
        func storedColumns(ofView name: String) -> [Field]? { first.entryNames.contains(name) ? nil : second?.storedColumns(ofView: name) }
        func definition(ofView name: String) -> String? { first.entryNames.contains(name) ? nil : second?.definition(ofView: name) }
        func comments(on name: String) -> RelationComments? { first.entryNames.contains(name) ? nil : second?.comments(on: name) }
        func comments(on name: String, inSchema schema: String) -> RelationComments? { second?.comments(on: name, inSchema: schema) }
    }
}
