/// What a scan of a Parquet file is to give.
///
/// All filters are a conjunction. `filters` and `residual` are exact; the others may leave rows that do not pass.
public struct ParquetScanRequest: Sendable {
    /// A predicate over a batch of some columns: one bit a row, whether it passes.
    public struct Residual: Sendable {
        /// What `select` reads, shaped as a projection.
        public var columns: [ColumnPath]
        public var select: @Sendable (ColumnBatch) throws -> Bitmap

        public init(columns: [ColumnPath], select: @escaping @Sendable (ColumnBatch) throws -> Bitmap) {
            self.columns = columns
            self.select = select
        }
    }

    /// Top-level columns, or leaves of a nested one (`lines.amount` alone); nil for all columns. Batches have one column for
    /// each top-level name, in the order of first mention; a list or struct column then has only the members asked for, in
    /// the order of its type.
    public var projection: [ColumnPath]?
    /// The table's columns when the file is one of many: found in the file by field id where both have ids, else by name.
    /// Columns that the file lacks are NULL, whole numbers and decimals are widened. Nil: the file's own columns.
    public var schema: Schema?
    /// On top-level columns or members of structs, not within lists: applied exactly; all must pass.
    public var filters: [ColumnFilter]
    /// Each on a leaf within a list: rows of which no element passes may be left out. For pruning only.
    public var elementFilters: [ColumnFilter]
    /// Tested after `filters`, one after another, each on the rows that are left, before the columns of later tests are decoded. A hint: those
    /// on columns that the file lacks, and those that leave out next to nothing, are passed over.
    public var runtimeFilters: [RuntimeFilter]
    /// Called on rows that passed `filters`, and applied exactly, before the other columns are decoded.
    public var residual: Residual?
    /// Rows of a batch before filters; fewer where rows are large.
    /// Below 1 counts as 1.
    public var batchRowCount: Int
    /// Asked before reading holds more; then one thread reads all.
    public var room: ReadingRoom?

    public init(
        projection: [ColumnPath]? = nil, schema: Schema? = nil, filters: [ColumnFilter] = [],
        elementFilters: [ColumnFilter] = [], runtimeFilters: [RuntimeFilter] = [], residual: Residual? = nil,
        batchRowCount: Int = ColumnBatch.targetRowCount
    ) {
        self.projection = projection
        self.schema = schema
        self.filters = filters
        self.elementFilters = elementFilters
        self.runtimeFilters = runtimeFilters
        self.residual = residual
        self.batchRowCount = batchRowCount
    }
}
