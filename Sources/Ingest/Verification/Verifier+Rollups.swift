import ColumnStore
import Documents
import Query

/// Sums of cold files, held against the rows that they are of.
extension Verifier {
    /// Every file of a table of sums, by its hash, and which version readers of the directory go by; the sums themselves are `checkSums`' to prove.
    func check(sums name: String, version: Int, _ catalog: Catalog) throws {
        let storage = try directory.cold(name)
        checkHint(name, version: version, storage)
        for entry in try catalog.coldObjects(of: name) {
            isPart("warehouse/\(name)/\(entry.object.key)")
            try check(entry.object, storage)
        }
    }

    /// Makes sums of cold files again, and names those that differ.
    ///
    /// A rollup whose table was not made for this putting of it has no sums to be proven.
    func checkSums(_ catalog: Catalog) throws {
        let versions = Dictionary(try catalog.coldVersions().map { ($0.table, $0.version) }, uniquingKeysWith: { first, _ in first })
        let numbers = try catalog.rollupTables()
        let columns = TableColumns(try catalog.tableColumns())
        for stored in try catalog.rollups() where !stored.isDeleted {
            var reader = RollupReader()
            guard let body = try? JSONParser.parse(stored.json), let rollup = reader.read(body) else {
                note(directory.catalogPath, "the rollup \(stored.name) cannot be read")
                continue
            }
            guard numbers[rollup.tableName] == stored.number, let version = versions[rollup.tableName], let baseVersion = versions[rollup.table] else { continue }
            guarded(directory.catalogPath) {
                let base = ColdTable(name: rollup.table, iceberg: try Table.open(try directory.cold(rollup.table), version: baseVersion))
                let sums = ColdTable(name: rollup.tableName, iceberg: try Table.open(try directory.cold(rollup.tableName), version: version))
                var state = RollupState(rollup, number: stored.number)
                (state.table, state.files) = (sums, try catalog.rollupFiles(stored.name))
                let place = sums.iceberg.storage.place(of: "")
                for file in try state.dropLost() { note(place, "the catalog names sums of \(file), and the table does not have them: the next start makes them again") }
                try check(try state.beside(base), base, sums, columns)
            }
        }
    }

    /// Groups of cold files that share a file of sums are summed together, as they were.
    func check(_ state: RollupState, _ base: ColdTable, _ sums: ColdTable, _ columns: TableColumns) throws {
        let engine = engines.engine(memoryByteCount: Self.sumsMemoryByteCount)
        let known = base.iceberg.schema.fields.filter { !StandardColumns.names.contains($0.name) }.map(\.withoutIDs)
        let own = columns.columns(of: base.name)
        let fields = SchemaEncoding.merged(own, adding: known) ?? own
        let schema = StandardColumns.schema(of: base.name, typeColumns: fields.map { Field($0.name, $0.type.withoutIDs) })
        let sumSchema = Schema(sums.iceberg.schema.fields.map(\.withoutIDs))
        let parts = Dictionary(
            try sums.iceberg.files().compactMap { file in sums.iceberg.storage.key(ofLocation: file.location).map { ($0, file) } },
            uniquingKeysWith: { first, _ in first })
        for group in try sample(state, base) {
            try checkCancelled()
            let path = sums.iceberg.storage.place(of: group.part ?? "")
            let names = group.files.compactMap { base.iceberg.storage.key(ofLocation: $0.location) }.sorted()
            let shown = names.prefix(1).joined() + (names.count > 1 ? " and \(names.count - 1) more" : "")
            guard group.part == nil || group.part.flatMap({ parts[$0] }) != nil else {
                note(path, "the catalog names these sums of \(shown), and the table does not have them")
                continue
            }
            guarded(path) {
                do {
                    let made = try engine.run(try state.statement.partialSums(of: base.name, in: ColdFilesTable(base, files: group.files, schema: schema)))
                    let kept = ColdFilesTable(sums, files: group.part.flatMap { parts[$0] }.map { [$0] } ?? [], schema: sumSchema)
                    if try !Self.isSame(try RowWalk(made), try RowWalk(kept)) {
                        note(path, "its sums are not those of the rows of \(shown): remove the rollup \(state.definition.name) and put it again")
                    } else if let file = group.part.flatMap({ parts[$0] }), try !hasOwnCoarserSums(file, state, sums, schema, engine) {
                        note(path, "its coarser sums are not those of its sums: remove the rollup \(state.definition.name) and put it again")
                    }
                } catch let error as QueryError where isOnline && error.slug == .spillFull {
                    // Receipts need the room that a proof would: it says nothing of the sums.
                    StoreLog.note("sums of a rollup were not proven", path: path, reason: "\(error)", level: .warning)
                }
            }
        }
    }

    /// Whether what a file of sums has besides over fewer keys adds up to the same.
    ///
    /// - Parameter rows: the schema of the rolled table.
    private func hasOwnCoarserSums(_ file: DataFile, _ state: RollupState, _ sums: ColdTable, _ rows: Schema, _ engine: QueryEngine) throws -> Bool {
        let schema = Schema(sums.iceberg.schema.fields.map(\.withoutIDs))
        let keys = state.definition.keys.map(\.name)
        for coarser in try CoarserSums.all(of: try sums.open(file)) {
            try checkCancelled()
            let without = Set(coarser.without.compactMap { keys.firstIndex(of: $0) })
            // A key that the rollup does not have.
            guard without.count == coarser.without.count else { return false }
            let own = Schema(schema.fields.indices.filter { !without.contains($0) }.map { schema.fields[$0] })
            let parts = ColdFilesTable(sums, files: [file], schema: schema)
            let made = try engine.run(try state.statement.joinedSums(of: state.definition.table, schema: rows, parts: parts, without: without))
            guard try Self.isSame(try RowWalk(made), try RowWalk(ColdFilesTable(sums, files: [file], schema: own).coarsened)) else { return false }
        }
        return true
    }

    private static let sumsMemoryByteCount = 256 << 20
    /// Rows of cold files whose sums are made again, of each rollup: some seconds.
    private static let sampleRowCount: Int64 = 5_000_000

    /// Files of sums with the cold files that each is of: some that chance chooses, or all.
    ///
    /// At most five million rows, unless all are asked for: a file beyond that is never chosen but as the smallest.
    private func sample(_ state: RollupState, _ base: ColdTable) throws -> [(part: String?, files: [DataFile])] {
        var groups: [String: [DataFile]] = [:]
        var chosen: [(part: String?, files: [DataFile])] = []
        // Files of one file of sums are proven together, since it says nothing of each.
        for file in try base.iceberg.files() {
            guard let key = base.iceberg.storage.key(ofLocation: file.location), let coverage = state.files[key], coverage.reason == nil else { continue }
            guard let part = coverage.part else {
                chosen.append((nil, [file]))
                continue
            }
            groups[part, default: []].append(file)
        }
        chosen += groups.map { ($0.key, $0.value) }
        if makesAllSums { return chosen }
        // The smallest in any case, and what fits beside it.
        let sized = chosen.map { group in (group, group.files.reduce(Int64(0)) { $0.addingSaturating($1.recordCount) }) }
        guard let least = sized.indices.min(by: { sized[$0].1 < sized[$1].1 }) else { return [] }
        var left = Self.sampleRowCount.subtractingSaturating(sized[least].1)
        return [sized[least].0] + sized.indices.filter { $0 != least }.shuffled().compactMap { index in
            guard sized[index].1 <= left else { return nil }
            left -= sized[index].1
            return sized[index].0
        }
    }

    /// Both are in the order of their keys.
    private static func isSame(_ left: RowWalk, _ right: RowWalk) throws -> Bool {
        while true {
            let (one, other) = (try left.next(), try right.next())
            guard let one, let other else { return one == nil && other == nil }
            guard one.count == other.count, zip(one, other).allSatisfy(isSame) else { return false }
        }
    }

    /// NaN is the same as NaN here, as it is for whoever groups by it.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        if case .double(let one) = left, case .double(let other) = right { return one == other || one.isNaN && other.isNaN }
        return left == right
    }
}

/// Rows one after another, whatever batches they come in.
///
/// Two walks can be compared row by row, however their batches are cut.
private final class RowWalk {
    private let more: () throws -> ColumnBatch?
    private var batch: ColumnBatch?
    private var row = 0

    init(_ stream: ResultStream) throws { more = { try stream.next() } }

    init(_ table: ColdFilesTable) throws {
        let scan = try table.scan(ScanRequest(projection: table.schema.fields.map { ColumnPath($0.name) }))
        var morsel: (any Morsel)?
        more = {
            while true {
                if let batch = try morsel?.next() { return batch }
                morsel = try scan.nextMorsel()
                if morsel == nil { return nil }
            }
        }
    }

    func next() throws -> [Value]? {
        while true {
            if let batch, row < batch.rowCount {
                defer { row += 1 }
                return batch.columns.map { $0.value(at: row) }
            }
            (batch, row) = (try more(), 0)
            if batch == nil { return nil }
        }
    }
}
