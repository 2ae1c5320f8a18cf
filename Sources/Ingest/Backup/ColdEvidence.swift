import ColumnStore
import Glibc

/// A cold table as it lies there: its versions, the newest first.
///
/// What `Recovery` knows of a table without a catalog: each version of it says which files it has, and which store made it.
struct ColdEvidence {
    let name: String
    let storage: any ObjectStorage
    /// Those whose metadata, manifests and data files are all there, the newest first.
    var whole: [Table]
    let store: String?
    let generation: Int64

    /// Up to three versions of each table that are whole; tables of sums are passed over.
    ///
    /// - Throws: naming a table of which no version is whole.
    static func read(_ recovery: Recovery) throws -> [ColdEvidence] {
        var found: [ColdEvidence] = []
        for name in try recovery.directory.coldTables() {
            let storage = try recovery.directory.cold(name)
            let versions = try Table.versions(storage)
            var whole: [Table] = []
            var faults: [String] = []
            // Those that say which files they have, some of which are gone.
            var lacking: [Table] = []
            for version in versions.reversed() {
                // One before the newest that is whole serves where that one's commit was cut off.
                if whole.count == 3 { break }
                do {
                    let table = try Table.open(storage, version: version)
                    let files = try table.files()
                    if whole.isEmpty { lacking.append(table) }
                    try check(files, of: table, storage)
                    if whole.isEmpty { lacking.removeLast() }
                    whole.append(table)
                } catch {
                    if whole.isEmpty { faults.append("version \(version) of the table \(name) is not whole: \(error)") }
                }
            }
            // Sums are made again from rows.
            if [whole, lacking].joined().contains(where: { $0.metadata.properties[ColdTier.rollupProperty] != nil }) { continue }
            guard let newest = whole.first else {
                var dataCount = 0
                try storage.list(prefix: "data/") { object in if object.key.hasSuffix(".parquet") { dataCount += 1 } }
                // Nothing may be made in the place of what can be read.
                if dataCount > 0, lacking.isEmpty {
                    // Of sums a recovery that was cut off has put the metadata aside.
                    if TableName.isOfSums(name), try areSums(storage) { continue }
                    guard let remade = try ColdRemaking(name: name, storage: storage, recovery: recovery).remake(after: versions.last ?? 0) else { return [] }
                    found.append(remade)
                    continue
                }
                guard versions.isEmpty, dataCount == 0 else {
                    throw Recovery.Failure("of the table \(name) no version is whole, and there are \(dataCount) data files: restore \(recovery.directory.warehouseName)/\(name) from a backup"
                        + faults.prefix(3).map { "; \($0)" }.joined())
                }
                continue
            }
            for table in lacking { try refuseLost(table, for: newest, recovery, faults) }
            recovery.report.missing += faults.map { "\($0); version \(newest.version) is taken instead" }
            let properties = newest.metadata.properties
            found.append(
                ColdEvidence(
                    name: name, storage: storage, whole: whole, store: properties[StoreMark.storeProperty],
                    generation: properties[StoreMark.generationProperty].flatMap { Int64($0) } ?? 0))
        }
        return found
    }

    /// Whether data files are of sums, which have no sequences. One that cannot be read tells nothing.
    private static func areSums(_ storage: any ObjectStorage) throws -> Bool {
        var keys: [String] = []
        try storage.list(prefix: "data/") { object in if object.key.hasSuffix(".parquet") { keys.append(object.key) } }
        return keys.allSatisfy { key in (try? ParquetFile(try storage.open(key)))?.schema["sequence"] == nil }
    }

    /// A commit that was cut off leaves its rows where they were: in their hot file, or in the version before it. Where they are in neither, the
    /// files that are gone were its rows' only place.
    ///
    /// - Parameters:
    ///   - table: a newer version, of whose files some are gone.
    ///   - earlier: the newest that is whole.
    private static func refuseLost(_ table: Table, for earlier: Table, _ recovery: Recovery, _ faults: [String]) throws {
        if try earlier.counts().rowCount >= table.counts().rowCount { return }
        let hotFile = table.metadata.currentSnapshot?.summary["till.hot-file"]
        if let hotFile, access("\(recovery.directory.hotPath)/\(hotFile).sqlite", F_OK) == 0 { return }
        throw Recovery.Failure("\(faults.last ?? "the newest version is not whole"), and the version before it does not have its rows: restore the files that are gone from a backup, "
            + "or put \(table.storage.place(of: "metadata")) elsewhere and the receipts of those files are left out")
    }

    /// By their lengths; their hashes are made later, once for all that are taken.
    private static func check(_ files: [DataFile], of table: Table, _ storage: any ObjectStorage) throws {
        for file in files {
            let key = table.storage.key(ofLocation: file.location) ?? file.location
            guard try storage.byteCount(of: key) == file.byteCount else {
                throw ColumnStoreError(.corruptFile, path: key, "is not there with \(file.byteCount) bytes")
            }
        }
        _ = try table.presentKeys()
    }
}

extension Recovery {
    /// What the store is made of.
    struct Chosen {
        var tables: [ColdEvidence] = []
        var hot: [HotEvidence] = []
        /// Hot files whose rows are in cold, and such as have none.
        var moved: [String] = []
    }

    /// Decides for each hot file whether its rows count there or in cold. All its tables went to cold together or not at all: of a move that
    /// was cut off between two of them the version is taken back.
    ///
    /// 1. A hot file without rows, or with all rows in cold, is put aside.
    /// 2. One whose rows are nowhere in cold is taken.
    /// 3. One of which some tables are in cold and others not: the versions that have its rows are taken back, and everything is decided anew.
    ///
    /// - Throws: `Failure` where a table has a part of a file's rows, which no move leaves.
    func choose(_ cold: [ColdEvidence], beside hot: [HotEvidence]) throws -> Chosen {
        var tables = cold
        while true {
            var chosen = Chosen(tables: tables)
            var isCutOff = false
            for file in hot {
                guard file.rowCount > 0 else {
                    chosen.moved.append(file.name)
                    continue
                }
                progress("hot/\(file.name).sqlite")
                let own = try file.sequences()
                var (inCold, missing) = ([String](), [String]())
                for (table, sequences) in own.sorted(by: { $0.key < $1.key }) {
                    let left = try sequences.subtracting(rowsOf: tables.first { $0.name == table }?.whole.first)
                    if left.isEmpty {
                        inCold.append(table)
                    } else if left.count == sequences.count {
                        missing.append(table)
                    } else {
                        throw Failure("\(left.count) of \(sequences.count) rows of hot/\(file.name).sqlite are not in the table \(table), the others are: "
                            + "restore the store from a backup")
                    }
                }
                if missing.isEmpty {
                    chosen.moved.append(file.name)
                } else if inCold.isEmpty {
                    chosen.hot.append(file)
                } else {
                    for name in inCold { try takeBack(file.name, from: name, &tables) }
                    isCutOff = true
                    break
                }
            }
            if !isCutOff { return chosen }
        }
    }

    /// The version before the one that has the file's rows; the table itself goes where there is none.
    private func takeBack(_ file: String, from name: String, _ tables: inout [ColdEvidence]) throws {
        guard let index = tables.firstIndex(where: { $0.name == name }),
            tables[index].whole[0].metadata.currentSnapshot?.summary["till.hot-file"] == file
        else { throw Failure("the rows of hot/\(file).sqlite are in the table \(name), and not in its other tables: restore the store from a backup") }
        tables[index].whole.removeFirst()
        // The table's first commit: it is none again.
        if tables[index].whole.isEmpty { tables.remove(at: index) }
    }

    // MARK: Into the catalog

    /// What files have of columns, whichever types made them. Those that contradict each other are told when they are recorded.
    func columns(of chosen: Chosen) throws -> TableColumns {
        let found = TableColumns()
        for evidence in chosen.tables { if let table = evidence.whole.first { found.add(Self.ownColumns(of: table), to: evidence.name) } }
        for file in chosen.hot {
            let connection = try SQLiteConnection(path: file.path, mode: .readOnly)
            let statement = try connection.statement("SELECT t.name, k.columns FROM kinds k JOIN tables t ON t.id = k.table_id")
            defer { statement.reset() }
            while try statement.step() { if let fields = SchemaEncoding.fields(statement.text(1)) { found.add(fields, to: statement.text(0)) } }
        }
        return found
    }

    private static func ownColumns(of table: Table) -> [Field] { table.schema.fields.map(\.withoutIDs).filter { !StandardColumns.names.contains($0.name) } }

    /// - Throws: `Failure` for types without which rows cannot be read.
    func record(_ hot: [HotEvidence], in draft: Catalog) throws {
        for file in hot {
            let connection = try SQLiteConnection(path: file.path, mode: .readOnly)
            try takeTypes(connection, file, draft)
            let dictionaries = try connection.statement("SELECT id, bytes FROM dictionaries")
            var found: [(id: Int64, bytes: [UInt8])] = []
            while try dictionaries.step() { found.append((dictionaries.int64(0), dictionaries.bytes(1))) }
            let clients = try connection.statement("SELECT DISTINCT client FROM rows")
            while try clients.step() { self.clients.insert(clients.bytes(0)) }
            sequence = max(sequence, file.lastSequence)
            let dictionaryRows = found
            try draft.write { connection in
                try Catalog.setState(.known, day: file.day, part: file.part, connection)
                for dictionary in dictionaryRows {
                    // Under no type: it is for reading what was compressed with it, and its number is taken.
                    let insert = try connection.statement("INSERT OR IGNORE INTO dictionaries(id, type, bytes, made_at) VALUES(?1, '', ?2, 0)")
                    insert.bind(1, dictionary.id)
                    try insert.bind(2, dictionary.bytes)
                    try insert.run()
                }
            }
            report.hotFiles.append((file.name, file.rowCount))
        }
    }

    /// Types of rows, and whether those can be read whose columns stand in no group.
    private func takeTypes(_ connection: SQLiteConnection, _ file: HotEvidence, _ draft: Catalog) throws {
        let statement = try connection.statement("""
            SELECT k.type, k.version, t.name, k.columns,
                EXISTS(SELECT 1 FROM rows r LEFT JOIN pending p ON p.id = r.id
                    WHERE r.kind = k.id AND p.id IS NULL AND r.id > (SELECT value FROM meta WHERE key = 'laid_down'))
            FROM kinds k JOIN tables t ON t.id = k.table_id
            """)
        while try statement.step() {
            let kind = TypeVersion(name: statement.text(0), version: statement.int64(1))
            kinds.insert(kind)
            if statement.int64(4) != 0, try draft.typeFile(name: kind.name, version: Int(kind.version)) == nil {
                throw Failure("hot/\(file.name).sqlite has rows of version \(kind.version) of the type \(kind.name), whose columns only that type's file tells "
                    + "from their documents: name the file with --type FILE, or a backup that has it with --backup DIR")
            }
            let table = statement.text(2)
            guard let fields = SchemaEncoding.fields(statement.text(3)) else { continue }
            try widen(table, by: fields, in: draft)
        }
    }

    /// - Throws: `Failure` where a column has two types.
    private func widen(_ table: String, by fields: [Field], in draft: Catalog) throws {
        let known = try draft.tableColumns()[table] ?? []
        guard let columns = SchemaEncoding.merged(known, adding: fields) else {
            throw Failure("columns of the table \(table) have other types in its files than in its types")
        }
        try draft.write { try Catalog.setColumns(columns, of: table, $0) }
    }

    /// Each object is read from end to end for its hash.
    func record(_ tables: [ColdEvidence], in draft: Catalog) throws {
        for evidence in tables {
            guard let table = evidence.whole.first else { continue }
            let keys = try table.presentKeys()
            var objects: [Catalog.ColdObject] = []
            for (kind, keys) in [(Catalog.ColdObject.Kind.metadata, keys.metadata), (.data, keys.data)] {
                for key in keys {
                    progress("warehouse/\(evidence.name)/\(key)")
                    let digest = try written["\(evidence.name)/\(key)"] ?? evidence.storage.digest(of: key)
                    objects.append(.init(key: key, kind: kind, byteCount: digest.byteCount, sha256: digest.sha256))
                }
            }
            let rowCount = try readRows(of: evidence.name, table)
            try widen(evidence.name, by: Self.ownColumns(of: table), in: draft)
            try draft.switchToCold([
                .init(table: evidence.name, version: table.version, rowCount: rowCount, written: objects, replaced: [], obsolete: [])
            ])
            report.tables.append(.init(name: evidence.name, version: table.version, fileCount: keys.data.count, rowCount: rowCount))
        }
    }

    /// Which types, clients and sequences a table's rows have; each file can be read and has the rows that its manifest says.
    private func readRows(of name: String, _ table: Table) throws -> Int64 {
        if let known = table.metadata.properties[StoreMark.sequenceProperty].flatMap({ Int64($0) }) {
            sequence = max(sequence, known)
        } else {
            knowsSequences = false
        }
        let cold = ColdTable(name: name, iceberg: table)
        var rowCount: Int64 = 0
        for file in try table.files() {
            progress(file.location)
            let before = rowCount
            try cold.forEachBatch(file, ["type", "type_version", "client_id", "sequence"]) { batch in
                rowCount += Int64(batch.rowCount)
                for row in 0..<batch.rowCount {
                    if case .integer(let value) = batch.columns[3].value(at: row) { sequence = max(sequence, value) }
                    if case .bytes(let client) = batch.columns[2].value(at: row) { clients.insert(client) }
                    if case .bytes(let type) = batch.columns[0].value(at: row), case .integer(let version) = batch.columns[1].value(at: row) {
                        kinds.insert(TypeVersion(name: String(decoding: type, as: UTF8.self), version: version))
                    }
                }
            }
            guard rowCount - before == file.recordCount else {
                throw Failure("\(file.location) has \(rowCount - before) rows, its manifest says \(file.recordCount): restore it from a backup")
            }
        }
        return rowCount
    }
}

extension SequenceSet {
    /// What a table's rows leave of them.
    ///
    /// - Parameter table: nil for a table that is not in cold.
    /// - Complexity: O(rows of the files whose bounds overlap).
    fileprivate func subtracting(rowsOf table: Table?) throws -> SequenceSet {
        var left = self
        guard let table, let range else { return left }
        let cold = ColdTable(name: "", iceberg: table)
        let filters = [
            ColumnFilter(
                "sequence",
                .range(lower: .init(.integer(range.lowerBound), isInclusive: true), upper: .init(.integer(range.upperBound), isInclusive: true)))
        ]
        for file in try table.files(filters) {
            try cold.forEachBatch(file, ["sequence"], filters) { batch in
                for row in 0..<batch.rowCount { if case .integer(let value) = batch.columns[0].value(at: row) { left.remove(value) } }
            }
        }
        return left
    }
}

extension ColdTable {
    /// Some columns of a file's rows that pass.
    func forEachBatch(
        _ file: DataFile, _ columns: [ColumnPath], _ filters: [ColumnFilter] = [], _ body: (ColumnBatch) throws -> Void
    ) throws {
        let scan = try open(file).scan(ParquetScanRequest(projection: columns, schema: iceberg.schema, filters: filters))
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() { try body(batch) }
        }
    }
}
