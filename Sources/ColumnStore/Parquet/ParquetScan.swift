/// A scan of one file: what to read and of which row groups. Row groups are independent: workers may read them side by side,
/// each with a reader of its own.
public final class ParquetScan: Sendable {
    /// A filter with the column it tests.
    struct PlannedFilter: Sendable {
        let filter: ColumnFilter
        let node: ReadNode
    }

    /// When a leaf is read: the fewer rows are left, the later.
    enum Phase: Int, Comparable {
        case filters, residual, rest
        static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    public let file: ParquetFile
    /// The columns of the batches.
    public let schema: Schema
    /// The row groups whose statistics let rows pass, ascending: the pieces of work.
    public let rowGroups: [Int]
    let request: ParquetScanRequest
    let projection: [ReadNode]
    let filters: [PlannedFilter]
    let residual: [ReadNode]
    let leaves: [PlannedLeaf]
    /// One for each leaf.
    let phases: [Phase]
    let pruning: PruningPredicate

    init(file: ParquetFile, request: ParquetScanRequest) throws(ColumnStoreError) {
        var resolver = ColumnResolver(path: file.path, columns: file.columns, schema: request.schema)
        let all = (request.schema ?? file.schema).fields.map { ColumnPath($0.name) }
        let projected = try resolver.project(request.projection ?? all)
        var filters: [PlannedFilter] = []
        for filter in request.filters {
            filters.append(PlannedFilter(filter: filter, node: try resolver.scalar(filter.path).node))
        }
        residual = try request.residual.map { (residual) throws(ColumnStoreError) in
            try resolver.project(residual.columns).map(\.node)
        } ?? []
        pruning = PruningPredicate(
            request.filters + request.elementFilters, resolver: resolver, metadata: file.metadata)
        self.file = file
        self.request = request
        self.filters = filters
        projection = projected.map(\.node)
        schema = Schema(projected.map(\.field))
        leaves = resolver.leaves
        phases = Self.phases(
            leafCount: leaves.count, filters: filters.map(\.node), residual: residual, projection: projection)
        let pruning = pruning
        rowGroups = file.metadata.rowGroups.indices.filter { number in
            file.metadata.rowGroups[number].rowCount > 0 && pruning.canMatch(file.metadata.rowGroups[number])
        }
    }

    /// The earliest use decides; the leaves of one column are then drawn to the earliest among them, since a column is made
    /// of leaves with the same rows.
    private static func phases(
        leafCount: Int, filters: [ReadNode], residual: [ReadNode], projection: [ReadNode]
    ) -> [Phase] {
        var phases = [Phase](repeating: .rest, count: leafCount)
        for node in residual { for leaf in node.leaves { phases[leaf] = .residual } }
        for node in filters { for leaf in node.leaves { phases[leaf] = .filters } }
        var isChanged = true
        while isChanged {
            isChanged = false
            for node in residual + projection {
                let leaves = node.leaves
                guard let first = leaves.map({ phases[$0] }).min() else { continue }
                for leaf in leaves where phases[leaf] != first {
                    phases[leaf] = first
                    isChanged = true
                }
            }
        }
        return phases
    }

    /// The phase in which a column's leaves are read; columns without leaves are made in the last.
    func phase(of node: ReadNode) -> Phase { node.leaves.first.map { phases[$0] } ?? .rest }

    /// Begins to read one row group. The reader belongs to one thread.
    public func reader(rowGroup: Int) throws -> RowGroupReader { try RowGroupReader(scan: self, rowGroup: rowGroup) }
}
