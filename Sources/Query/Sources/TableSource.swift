package import ColumnStore

/// A table that SQL can read: the hot tier, the cold table, both as one, Parquet files, tables in memory. All look alike from here.
package protocol TableSource: Sendable {
    /// Names and types of the columns, in order, without field ids.
    var schema: Schema { get }
    /// What is known of the rows without reading them, for the planner only: never for answers.
    var statistics: TableStatistics { get }
    /// Columns whose values were floats of 32 bits: a literal that is compared with such a column is rounded to 32 bits first. See `ParquetTable`.
    var singlePrecisionColumns: Set<String> { get }
    /// PostgreSQL's name of a column's type, by column, where the type here does not imply it: `oid` for a 64-bit integer, `name` for a text.
    var declaredTypes: [String: String] { get }
    /// Whether a scan can number its rows and give some of them again (`NumberedScan`).
    var numbersRows: Bool { get }
    /// The least and the greatest value of a top-level column over all rows, exactly, NULL without any; nil where rows would have to be read to tell.
    func extremes(of column: String) -> (minimum: Value, maximum: Value)?
    /// How many rows there are, where that is known for answers.
    var exactRowCount: Int? { get }
    /// Begins a scan of one consistent state: its rows stay the same while it runs, whatever is written, compacted or merged.
    ///
    /// - Throws: errors of the source: files that cannot be read (`ColumnStoreError`), too little memory (`QueryError`).
    func scan(_ request: ScanRequest) throws -> any TableScan
}

extension TableSource {
    package var singlePrecisionColumns: Set<String> { [] }
    package var declaredTypes: [String: String] { [:] }
    package var numbersRows: Bool { false }
    package func extremes(of column: String) -> (minimum: Value, maximum: Value)? { nil }
    package var exactRowCount: Int? { nil }
}

/// An error of a table that cannot be read.
package protocol SourceError: Error {
    /// Whether only a rollup's sums cannot be read, whose rows are there: the query can then be planned without rollups.
    var isOfSums: Bool { get }
}

/// The planner's knowledge of a table. Wrong figures make a plan slower, and never an answer wrong.
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

    /// The statistics of two files' rows together; nil members where either file does not say.
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
    /// Rows that fail one *may* be left out, before `residual` is asked: what a join beyond the scan drops anyway, or a sort that wants its first rows alone.
    package var runtimeFilters: [RuntimeFilter]
    /// A predicate over `columns` that the source may evaluate early, so as to decode the rest for passing rows only; it is called
    /// on rows that passed `scope` and `filters`, and applied exactly. Nil when there is none.
    package var residual: ResidualFilter?
    /// No more rows than this are wanted (any of them): the source may stop early.
    package var rowCountMax: Int?
    /// Whether batches have a further, last column of BIGINT, by whose numbers the scan gives rows again. Of sources alone that number rows.
    package var numbersRows = false
    /// How many workers take morsels side by side.
    package var workerCount: Int
    /// What the scan counts into; shared by its workers.
    package var counters: ScanCounters
    /// The query's budget, which a source with long rows charges before it reads them. Nil for scans that belong to no query.
    package var memory: MemoryBudget?
    /// In place of `memory` for scans that belong to no query: a source with long rows asks it for their bytes before it reads them. One thread takes all morsels then.
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
        return scan.mostPromisingFirst(try scan.parts(workerCount: isWhole ? workerCount : 1))
    }
}

/// A compiled predicate that a source can call on a batch of some columns.
package struct ResidualFilter: Sendable {
    /// The columns of the batch that `select` is called with, as in `ScanRequest.projection`.
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
    ///
    /// A scan may give a morsel again that has come to its end, where more of its rows are there by then: whoever has read one to its end asks for another, though it was told nil before.
    func nextMorsel() throws -> (any Morsel)?
}

/// A scan that gives rows again by the numbers that it gave them: columns that nobody needs until it is known which rows are wanted.
package protocol NumberedScan: TableScan {
    /// Which of some ascending numbers are best read together.
    func together(_ numbers: [Int64]) -> [Range<Int>]
    /// The rows of one such range, in its order; from any worker.
    /// - Parameters:
    ///   - projection: as a request's.
    ///   - hold: called with each batch before the next one is read; what it throws ends the reading.
    func rows(_ numbers: ArraySlice<Int64>, _ projection: [ColumnPath], hold: (ColumnBatch) throws -> Void) throws -> [ColumnBatch]
}

/// A piece of a scan (a row group, a hot batch), read by one worker at a time.
package protocol Morsel: AnyObject {
    /// The next rows that pass, or nil at the end. Never an empty batch.
    func next() throws -> ColumnBatch?
}
