package import ColumnStore
import Documents
import Glibc

/// What a standby answers reads from: the files that it folds records into, as of one record. It writes nothing into them: all connections only read.
/// So is a store at rest read (`RestingStore`), whose sums are read too.
///
/// Rows that come later are not seen, as by any reader of the store: they lie above the sequence of then. Memory goes by the rows whose columns are not laid down, as in the store that leads.
///
/// Made by `StandbyCopies`; what has not changed is shared with the copy before it, files and cold tables among it.
/// `docs/decisions/0063-reads-of-a-standby.md`
package final class StandbyCopy: Sendable {
    /// What stays from one copy to the next.
    ///
    /// It only grows: columns of tables, dictionaries, readers of types.
    private struct Kept {
        let tables: TableColumns
        let dictionaries: DocumentDictionaries
        let values: DocumentValues
    }

    /// The record that it ends with.
    package let position: ReplicaStore.Position
    let reader: StoreReader
    private let kept: Kept
    private let files: [HotFile]
    private let cold: [String: ColdTable]
    let executions: ExecutionReader
    /// Of a store at rest: what its server alone tells otherwise.
    let figures: RestingFigures?

    /// - Parameters:
    ///   - directory: of the store, absolute; its files are held (`ReplicaStore.hold`).
    ///   - storages: where cold tables lie.
    ///   - quarantineDays: how long what was refused is shown, as by the store that leads.
    ///   - former: the last copy of this directory, of which all is taken over that has not changed.
    ///   - changed: databases that have changed since then, by their paths below DATA.
    /// - Throws: where files cannot be read, or there is no store yet.
    package convenience init(
        directory: String, at position: ReplicaStore.Position, storages: any StorageFactory, quarantineDays: Int, from former: StandbyCopy?, changed: Set<String>
    ) throws {
        let catalog = try Catalog(readOnlyPath: "\(directory)/catalog.sqlite")
        guard let key = try catalog.bytes(Catalog.cursorKeyName), key.count == 32 else {
            throw ColumnStoreError(.unavailable, path: catalog.path, "the store has not begun yet")
        }
        // An index of its own, beside the one that the store has when it leads.
        let index = "\(directory)/\(ReplicaStore.readVersionsName).sqlite"
        var source = Source(directory: directory, catalog: catalog, key: key, storages: storages, index: index, isAtRest: false)
        source.quarantine.days = quarantineDays
        try self.init(source, at: position, from: former, changed: changed)
    }

    /// Of a store that nobody works on.
    ///
    /// - Parameters:
    ///   - index: where the index of versions may be laid down.
    ///   - quarantineDays: how long what was refused is shown.
    convenience init(atRest directory: DataDirectory, index: String, quarantineDays: Int) throws {
        let catalog = try Catalog(readOnlyPath: directory.catalogPath)
        var random = SystemRandomNumberGenerator()
        // A catalog that was made anew has none yet: the next start makes it. No cursor of this copy outlives it.
        let key = try catalog.bytes(Catalog.cursorKeyName) ?? (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        var source = Source(directory: directory.path, catalog: catalog, key: key, storages: directory.storages, index: index, isAtRest: true)
        source.quarantine.days = quarantineDays
        try self.init(source, at: ReplicaStore.Position(sequence: 0, epoch: 0, high: 0, low: 0), from: nil, changed: [])
    }

    /// What a copy is made of.
    private struct Source {
        let directory: String
        let catalog: Catalog
        /// Of cursors.
        let key: [UInt8]
        let storages: any StorageFactory
        /// The path of the index of versions.
        let index: String
        let isAtRest: Bool
        var quarantine = Quarantine.Limits()
    }

    private init(_ source: Source, at position: ReplicaStore.Position, from former: StandbyCopy?, changed: Set<String>) throws {
        self.position = position
        let (directory, catalog) = (source.directory, source.catalog)
        let kept = try former?.kept ?? Self.begin(catalog)
        for (table, fields) in try catalog.tableColumns() { kept.tables.add(fields, to: table) }
        for known in try catalog.dictionaries() { kept.dictionaries.register(known.number, bytes: known.bytes) }
        let files = try Self.files(source, kept, former, changed)
        let opened = try Self.cold(source, former)
        let cold = opened.rows
        // The last that this copy has: of its files, and of what the catalog says has left them.
        let sequence = max(files.map(\.state.lastSequence).max() ?? 0, try StoredNumber.checked(try catalog.integer("sequence") ?? 0, "the sequence", in: StoredNumber.sequences, path: catalog.path))
        let index = try VersionIndex.open(path: source.index, store: catalog.storeID, sequence: sequence)
        var snapshot = TierBoundary.Snapshot(files: files, cold: cold, sequence: sequence)
        snapshot.lateEnds = try catalog.lateEnds()
        (snapshot.superseded, snapshot.unreadVersions) = try VersionFold(index: index, lateEnds: snapshot.lateEnds, isReading: true) { name, version in
            try catalog.typeFile(name: name, version: Int(version)).map { try DocumentType(kept: $0).file.delimiter } ?? UInt8(ascii: ",")
        }.run(files, cold)
        try index.flush()
        snapshot.rollups = try source.isAtRest ? RollupStore.read(catalog, cold: cold, sums: opened.sums) : Self.rollups(catalog)
        let isSame = former != nil && !changed.contains("catalog.sqlite")
        let types = isSame ? former?.reader.types : nil
        reader = StoreReader(
            boundary: TierBoundary(snapshot), tables: kept.tables, index: index, catalog: catalog, types: try types ?? TypeStore(catalog: catalog, tables: kept.tables, isReading: true),
            quarantine: Quarantine(catalog: catalog, limits: source.quarantine), savedViews: try SavedViews(catalog: catalog), cursors: CursorCoder(key: source.key), clientsNeedContract: !source.isAtRest,
            explain: { $0 }, isBehind: !source.isAtRest)
        figures = source.isAtRest ? RestingFigures(catalog: catalog, files: files, queuesPath: "\(directory)/queues.sqlite") : nil
        executions = ExecutionReader(path: "\(directory)/executions.sqlite")
        (self.kept, self.files, self.cold) = (kept, files, cold)
    }

    deinit { executions.close() }

    func executions(_ question: ExecutionQuestion, as principal: Principal, hold: (Int) throws -> Void) throws -> (executions: [ExecutionView], isCut: Bool) {
        try executions.executions(question, as: principal, hold: hold)
    }

    /// Declared ones, without sums: a pair makes none, and rows are read in their place.
    private static func rollups(_ catalog: Catalog) throws -> [String: RollupState] {
        var states: [String: RollupState] = [:]
        for rollup in try catalog.rollups() where !rollup.isDeleted {
            var reader = RollupReader()
            // The store that leads has said what is wrong with one that cannot be read, and goes without it.
            guard let body = try? JSONParser.parse(rollup.json), let definition = reader.read(body) else { continue }
            states[definition.name] = RollupState(definition, number: rollup.number)
        }
        return states
    }

    /// Names of its day files, which must stay as long as it is used.
    package var dayFiles: Set<String> { Set(files.map(\.name)) }

    /// What the first copy begins with. No dictionary is made here: nothing is compressed.
    private static func begin(_ catalog: Catalog) throws -> Kept {
        Kept(
            tables: TableColumns(try catalog.tableColumns()),
            dictionaries: DocumentDictionaries(known: try catalog.dictionaries()) { _, _ in throw Fault(.wrongState, "a standby takes no documents") },
            values: DocumentValues { try catalog.typeFile(name: $0, version: Int($1)) })
    }

    /// A file whose bytes have changed is loaded anew, with its tails; another one is that of the copy before.
    private static func files(_ source: Source, _ kept: Kept, _ former: StandbyCopy?, _ changed: Set<String>) throws -> [HotFile] {
        let (directory, catalog) = (source.directory, source.catalog)
        let known = Dictionary(uniqueKeysWithValues: (former?.files ?? []).map { ($0.name, $0) })
        return try catalog.hotFiles().filter { $0.state == .known }.map { entry in
            let name = HotFileName.text(day: entry.day, part: entry.part)
            if let same = known[name], !changed.contains("hot/\(name).sqlite") { return same }
            let file = HotFile(directory: "\(directory)/hot", day: entry.day, part: entry.part, dictionaries: kept.dictionaries, tables: kept.tables, values: kept.values)
            if source.isAtRest {
                guard access(file.path, F_OK) == 0 else { throw DataDirectory.Failure.io(operation: "open hot file (restore it from a backup)", path: file.path, code: ENOENT) }
                try file.pool.withConnection { try HotFileSchema.requirePresent($0) }
            }
            try file.load()
            return file
        }
    }

    /// Versions of tables never change: one that has the same number is taken over with its open files.
    ///
    /// - Returns: tables of sums too, of a store at rest; one that is damaged is left out, and rows are read in its place.
    private static func cold(_ source: Source, _ former: StandbyCopy?) throws -> (rows: [String: ColdTable], sums: [String: ColdTable]) {
        let (directory, catalog, storages) = (source.directory, source.catalog, source.storages)
        let sums = try catalog.rollupTables()
        let damage = ColdDamage()
        for known in try catalog.damagedFiles() { damage.note(known, isKept: true) }
        func open(_ name: String, _ version: Int) throws -> ColdTable {
            let calls = LinuxFileSystem()
            // Of this catalog, which is not held longer than this: a version has all of its metadata by now.
            let digests = try catalog.coldHashes(of: name).filter { $0.key.hasPrefix("metadata/") }
            let storage = try storages.storage(of: name, in: "\(directory)/warehouse", calls: calls)
            var iceberg = try Table.open(ProvenStorage(base: storage, table: name) { digests[$0] }, version: version)
            // The same objects by another name.
            if iceberg.isElsewhere, let same = try storages.storage(at: iceberg.metadata.location, sameAs: storage, calls: calls) {
                iceberg = try Table.open(ProvenStorage(base: same, table: name) { digests[$0] }, version: version)
            }
            return ColdTable(name: name, iceberg: iceberg, damage: damage)
        }
        var (tables, summed): ([String: ColdTable], [String: ColdTable]) = ([:], [:])
        for (name, version) in try catalog.coldVersions() {
            if sums[name] != nil {
                guard source.isAtRest else { continue }
                do { summed[name] = try open(name, version) } catch let error as ColumnStoreError where ColdTable.isDamage(error) {
                    StoreLog.note("a table of sums cannot be opened", path: name, reason: error.description, level: .warning)
                }
            } else if let same = former?.cold[name], same.iceberg.version == version {
                tables[name] = same
            } else {
                tables[name] = try open(name, version)
            }
        }
        return (tables, summed)
    }
}
