package import ColumnStore
import Query
import Synchronization

/// One version of a table's cold rows: an Iceberg snapshot and the files behind it. Immutable.
package final class ColdTable: Sendable {
    package let name: String
    package let iceberg: Table
    let cache: ParquetFileCache
    let versions: Versions
    /// Of the whole store.
    let damage: ColdDamage
    let known = Mutex<TableStatistics?>(nil)

    /// The versions of a table that somebody still holds: their files must stay.
    ///
    /// Made with the table's first version and shared by all that follow from it.
    final class Versions: Sendable {
        /// Proof: the weak reference is read and written within the mutex only.
        private struct Entry: @unchecked Sendable { weak var table: ColdTable? }
        private let entries = Mutex<[Entry]>([])
        private let afterLeaving = Mutex<(@Sendable () -> Void)?>(nil)

        fileprivate func add(_ table: ColdTable) {
            entries.withLock { entries in
                entries.removeAll { $0.table == nil }
                entries.append(Entry(table: table))
            }
        }

        /// Whether somebody holds a version whose files lie below a location.
        func isRead(at location: String) -> Bool {
            entries.withLock { entries in entries.contains { $0.table?.iceberg.storage.location(of: "") == location } }
        }

        func snapshotsInUse() -> Set<Int64> {
            entries.withLock { entries in Set(entries.compactMap { $0.table?.iceberg.metadata.currentSnapshotID }) }
        }

        /// - Parameter body: called each time that nobody holds a version any more: by its last holder, under whatever locks that has then.
        func whenLeft(_ body: @escaping @Sendable () -> Void) { afterLeaving.withLock { $0 = body } }

        fileprivate func leave() { afterLeaving.withLock { $0 }?() }
    }

    convenience init(name: String, iceberg: Table, damage: ColdDamage = ColdDamage()) {
        self.init(name: name, iceberg: iceberg, cache: ParquetFileCache(), versions: Versions(), damage: damage)
    }

    private init(name: String, iceberg: Table, cache: ParquetFileCache, versions: Versions, damage: ColdDamage) {
        self.damage = damage
        self.name = name
        self.iceberg = iceberg
        self.cache = cache
        self.versions = versions
        versions.add(self)
    }

    deinit { versions.leave() }

    /// The next version, with the same cache.
    ///
    /// Data files never change, so footers that are open stay right.
    func next(_ iceberg: Table) -> ColdTable { ColdTable(name: name, iceberg: iceberg, cache: cache, versions: versions, damage: damage) }

    /// Whether its files lie behind a network.
    var isRemote: Bool { StorageScheme.isRemote(iceberg.storage.location(of: "")) }

    func open(_ file: DataFile) throws -> ParquetFile { try cache.file(file.location) { try iceberg.parquet(file) } }

    /// The files that may have rows which pass.
    func files(_ request: ScanRequest) throws -> [DataFile] {
        let filters = (request.scope + request.filters + request.runtimeFilters.compactMap(\.filter)).filter { iceberg.schema[$0.path.names[0]] != nil }
        let files = try files(filters)
        let all = try reading(iceberg.metadataLocation) { try counts() }
        request.counters.add { counts in
            counts.filesPruned += max(0, all.fileCount - files.count)
            counts.rowsOffered += Int(min(all.rowCount, StoredNumber.counts.upperBound))
        }
        return files
    }
}

/// How a scan reads the files of a cold table: what its Iceberg schema has is read and filtered by the files' reader, what a type has
/// added since is filled in.
struct ColdScanPlan: Sendable {
    let request: ScanRequest
    private let projection: ColumnShape
    private let file: ParquetScanRequest
    /// A filter on a column that no file has rules everything out.
    let isEmpty: Bool
    /// The names of the table's columns that are read of files, for whatever.
    let columns: Set<String>

    /// - Parameters:
    ///   - schema: of the table as queries see it, by its types as of now.
    ///   - cold: of the Iceberg table, which may lack columns that types have got since.
    /// - Throws: `.invalidRequest` for a column that the table does not have.
    init(_ request: ScanRequest, schema: Schema, cold: Schema) throws {
        self.request = request
        projection = try ColumnShape(request.projection, schema: schema)
        let tests = request.scope + request.filters
        isEmpty = tests.contains { test in
            if cold[test.path.names[0]] != nil { return false }
            if case .isNull = test.test { return false }
            return true
        }
        let known = try ColumnShape([request.projection, request.residual?.columns ?? []].flatMap { $0 }, schema: schema).knownTo(cold)
        func available(_ shape: ColumnShape) -> [ColumnPath] {
            let paths = shape.paths(in: cold)
            // Some column must say how many rows there are: of receipts one that is small, of sums, which have no such, any.
            return paths.isEmpty ? [ColumnPath(cold["sequence"]?.name ?? cold.fields.first { !$0.type.isNested }?.name ?? "sequence")] : paths
        }
        var file = ParquetScanRequest(
            projection: available(projection), schema: known, filters: tests.filter { cold[$0.path.names[0]] != nil },
            elementFilters: request.elementFilters.filter { cold.field(at: $0.path) != nil })
        // A runtime filter tests values of the table's type.
        file.runtimeFilters = request.runtimeFilters.filter { runtimeFilter in
            cold.field(at: runtimeFilter.path)?.type.withoutIDs == schema.field(at: runtimeFilter.path)?.type.withoutIDs
        }
        if let residual = request.residual {
            let shape = try ColumnShape(residual.columns, schema: schema)
            let columns = available(shape)
            let fields = ColumnShape.fields(columns, of: known)
            file.residual = .init(columns: columns) { batch in try residual.select(shape.conform(batch, from: fields)) }
        }
        file.room = request.room
        self.file = file
        let filtered = file.filters.map(\.path) + file.runtimeFilters.map(\.path) + file.elementFilters.map(\.path)
        columns = Set(((file.projection ?? []) + filtered + (file.residual?.columns ?? [])).map { $0.names[0] })
    }

    func scan(_ parquet: ParquetFile) throws -> ParquetScan { try parquet.scan(file) }

    /// Columns that the file lacks come as NULL, or as empty lists.
    func conform(_ batch: ColumnBatch, _ scan: ParquetScan) -> ColumnBatch {
        projection.conform(batch, from: scan.schema.fields.map(\.withoutIDs))
    }
}

/// One row group of a cold file, or a part of one.
final class ColdMorsel: Morsel {
    private let plan: ColdScanPlan
    private let scan: ParquetScan
    private let reader: CountedReader
    private let budget: ScanBudget?
    private let table: ColdTable
    private let location: String
    private let rowGroup: Int

    init(plan: ColdScanPlan, scan: ParquetScan, part: ScanPart, of table: ColdTable, location: String, budget: ScanBudget?) throws {
        self.plan = plan
        self.scan = scan
        self.budget = budget
        (self.table, self.location, rowGroup) = (table, location, part.rowGroup)
        reader = try table.reading(location, rowGroup: rowGroup) { try CountedReader(scan, part, plan.request.counters) }
    }

    func next() throws -> ColumnBatch? {
        // Whoever shares the budget stops at its next batch.
        if let budget, budget.isUsedUp { return nil }
        guard let batch = try table.reading(location, rowGroup: rowGroup, { try reader.next() }) else { return nil }
        plan.request.counters.add(rowsScanned: batch.rowCount)
        budget?.take(batch.rowCount)
        return plan.conform(batch, scan)
    }
}

extension ColdTable {
    /// The business days that the files' bounds span; nil when there is no row.
    func dayRange() throws -> ClosedRange<Int32>? {
        var range: ClosedRange<Int32>?
        try iceberg.plan { (file) throws(ColumnStoreError) in
            guard file.recordCount > 0 else { return }
            // Without bounds, any day may be in it.
            let days = days(of: file) ?? Int32.min...Int32.max
            range = range.map { min($0.lowerBound, days.lowerBound)...max($0.upperBound, days.upperBound) } ?? days
        }
        return range
    }

    /// Whether every row of a file is an old version.
    func isPast(_ file: DataFile) -> Bool {
        guard let id = iceberg.schema[VersionColumns.supersededBy.name]?.id else { return false }
        return file.recordCount > 0 && file.nullCounts?[id] == 0
    }

    /// The files that hold newest versions.
    func newestFiles() throws -> [DataFile] { try iceberg.files().filter { !isPast($0) } }

    /// The business days of a file's rows; nil when it has no bounds.
    func days(of file: DataFile) -> ClosedRange<Int32>? {
        guard let id = iceberg.schema["business_day"]?.id else { return nil }
        func day(_ bytes: [UInt8]?) -> Int32? {
            guard let bytes, bytes.count == 4 else { return nil }
            return bytes.withUnsafeBytes { Int32(littleEndian: $0.loadUnaligned(as: Int32.self)) }
        }
        guard let low = day(file.lowerBounds?[id]), let high = day(file.upperBounds?[id]), low <= high else { return nil }
        return low...high
    }
}
