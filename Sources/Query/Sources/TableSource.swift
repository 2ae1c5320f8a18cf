package import ColumnStore

/// What SQL can read: the hot tier, the cold table, both as one, Parquet files, tables in memory. All look alike from here.
package protocol TableSource: Sendable {
    /// The columns, without field ids.
    var schema: Schema { get }
    /// What is known of the rows without reading them, for the planner only: never for answers.
    var statistics: TableStatistics { get }
    /// Columns whose values were floats of 32 bits: a literal that is compared with one is rounded as they were. See `ParquetTable`.
    var singlePrecisionColumns: Set<String> { get }
    /// By column, what PostgreSQL calls its type where the type here does not tell: `oid` of a 64-bit integer, `name` of a text.
    var declaredTypes: [String: String] { get }
    /// Begins a scan of one consistent state: what it shows stays fixed while it runs, whatever is written, compacted or merged.
    func scan(_ request: ScanRequest) throws -> any TableScan
}

extension TableSource {
    package var singlePrecisionColumns: Set<String> { [] }
    package var declaredTypes: [String: String] { [:] }
}

/// An error of a table that cannot be read.
package protocol SourceError: Error {
    /// Whether only sums are missing, of rows that are there: a query can do without.
    var isOfSums: Bool { get }
}

/// The planner's knowledge of a table. Wrong figures cost time, never right answers.
package struct TableStatistics: Sendable {
    package var rowCount: Int
    /// By top-level column name or dotted leaf path.
    package var columns: [String: ColumnStatistics]

    package init(rowCount: Int, columns: [String: ColumnStatistics] = [:]) {
        self.rowCount = rowCount
        self.columns = columns
    }
}

package struct ColumnStatistics: Sendable {
    package var distinctCount: Int?
    package var minimum: Value?
    package var maximum: Value?
    package var nullCount: Int?

    package init(distinctCount: Int? = nil, minimum: Value? = nil, maximum: Value? = nil, nullCount: Int? = nil) {
        self.distinctCount = distinctCount
        self.minimum = minimum
        self.maximum = maximum
        self.nullCount = nullCount
    }

    /// Of the rows of two files together.
    package func joined(with other: ColumnStatistics) -> ColumnStatistics {
        func extreme(_ a: Value?, _ b: Value?, sign: Int) -> Value? {
            guard let a, let b, let order = Value.order(a, b) else { return nil }
            return order * sign >= 0 ? a : b
        }
        return ColumnStatistics(
            distinctCount: distinctCount.flatMap { own in other.distinctCount.map { max(own, $0) } },
            minimum: extreme(minimum, other.minimum, sign: -1), maximum: extreme(maximum, other.maximum, sign: 1),
            nullCount: nullCount.flatMap { own in other.nullCount.map { own.addingSaturating($0) } })
    }
}

/// Which columns and rows a scan wants.
package struct ScanRequest: Sendable {
    /// Top-level columns, or leaves of a nested one (`lines.amount` alone). Batches have one column for each *top-level* name, in the order
    /// of first mention; a list or struct column then has only the members asked for, in the order of the table's type.
    package var projection: [ColumnPath]
    /// Own-scope and snapshot filters: applied exactly, before anything else looks at a row. They need not be in the projection.
    package var scope: [ColumnFilter]
    /// WHERE conjuncts on top-level columns: applied exactly by the source; all must pass.
    package var filters: [ColumnFilter]
    /// Each on a leaf within a list: rows of which no element passes *may* be left out. A hint for pruning, not exact.
    package var elementFilters: [ColumnFilter]
    /// Rows that fail one *may* be left out, before `residual` is asked: what a join beyond the scan drops anyway.
    package var runtimeFilters: [RuntimeFilter]
    /// A predicate over `columns` that the source may evaluate early, so as to decode the rest for passing rows only; it is called
    /// on rows that passed `scope` and `filters`, and applied exactly. Nil when there is none.
    package var residual: ResidualFilter?
    /// No more rows than this are wanted (any of them): the source may stop early.
    package var rowCountMax: Int?
    /// How many take morsels side by side.
    package var workerCount: Int
    /// What the scan counts into; shared by its workers.
    package var counters: ScanCounters
    /// Of the query: for a source whose rows may be long, which charges them before it reads them. Nil for scans that are no query's.
    package var memory: MemoryBudget?
    /// Asked by a source whose rows may be long before it reads them, where no query's memory is; then one thread takes all morsels.
    package var room: ReadingRoom?

    package init(
        projection: [ColumnPath], scope: [ColumnFilter] = [], filters: [ColumnFilter] = [], elementFilters: [ColumnFilter] = [],
        runtimeFilters: [RuntimeFilter] = [], residual: ResidualFilter? = nil, rowCountMax: Int? = nil, workerCount: Int = 1, counters: ScanCounters = ScanCounters(),
        memory: MemoryBudget? = nil
    ) {
        self.projection = projection
        self.runtimeFilters = runtimeFilters
        self.scope = scope
        self.filters = filters
        self.elementFilters = elementFilters
        self.residual = residual
        self.rowCountMax = rowCountMax
        self.workerCount = workerCount
        self.counters = counters
        self.memory = memory
    }
}

extension ScanRequest {
    /// The pieces of work of one file: its row groups. Those of a scan's last file are cut where workers would be idle beside the last of them, if
    /// the scan reads it whole: rows that are looked for are few, and each part would look for them anew in indexes and dictionaries.
    package func parts(of scan: ParquetScan, isLast: Bool) throws -> [ScanPart] {
        let isWhole = isLast && rowCountMax == nil && filters.isEmpty && elementFilters.isEmpty && runtimeFilters.isEmpty
        return try scan.parts(workerCount: isWhole ? workerCount : 1)
    }
}

/// A compiled predicate that a source can call on a batch of some columns.
package struct ResidualFilter: Sendable {
    /// What `select` reads, shaped as a projection.
    package var columns: [ColumnPath]
    /// One bit a row: whether it passes. Throws `QueryError` when the predicate fails to evaluate.
    package var select: @Sendable (ColumnBatch) throws -> Bitmap

    package init(columns: [ColumnPath], select: @escaping @Sendable (ColumnBatch) throws -> Bitmap) {
        self.columns = columns
        self.select = select
    }
}

/// A running scan: hands out morsels, pieces of work that workers read side by side.
package protocol TableScan: AnyObject, Sendable {
    /// The next morsel, or nil when all are given out. Called from any worker.
    func nextMorsel() throws -> (any Morsel)?
}

/// A piece of a scan (a row group, a hot batch), read by one worker at a time.
package protocol Morsel: AnyObject {
    /// The next rows that pass, or nil at the end. Never an empty batch.
    func next() throws -> ColumnBatch?
}
