/// A scan of one file: what to read and of which row groups. Row groups are independent: workers may read them side by side,
/// each with a reader of its own.
///
/// Immutable: a plan. `ParquetFile.scan` makes it of a request, any number of `RowGroupReader`s carry it out.
public final class ParquetScan: Sendable {
    /// A filter with the column it tests.
    struct PlannedFilter: Sendable {
        let filter: ColumnFilter
        let node: ReadNode
    }

    /// A filter on elements with the list that holds them.
    struct ElementFilter: Sendable {
        let filter: ColumnFilter
        let node: ReadNode
    }

    /// A runtime filter with the column it tests.
    struct PlannedRuntimeFilter: Sendable {
        let runtimeFilter: RuntimeFilter
        let node: ReadNode
    }

    /// When a leaf is read: the fewer rows are left, the later. Each runtime filter has a phase of its own.
    ///
    /// A leaf has one phase, the earliest in which something needs it. Filters come first, then the runtime filters in their order, then filters on
    /// elements, the residual predicate, and what is projected alone.
    struct Phase: Hashable, Comparable, Sendable {
        private let place: Int

        static let filters = Phase(place: 0)
        static func runtimeFilter(_ index: Int) -> Phase { Phase(place: 1 + index) }
        static let elements = Phase(place: runtimeFilterCountMax + 1)
        static let residual = Phase(place: runtimeFilterCountMax + 2)
        static let rest = Phase(place: runtimeFilterCountMax + 3)
        /// Of more runtime filters the first are taken.
        static let runtimeFilterCountMax = 16

        static func < (left: Phase, right: Phase) -> Bool { left.place < right.place }
    }

    public let file: ParquetFile
    /// The columns of the batches.
    public let schema: Schema
    /// The row groups whose statistics let rows pass, ascending: the pieces of work.
    public let rowGroups: [Int]
    let request: ParquetScanRequest
    let projection: [ProjectedColumn]
    let filters: [PlannedFilter]
    let runtimeFilters: [PlannedRuntimeFilter]
    let elementFilters: [ElementFilter]
    let residual: [ReadNode]
    /// In the order of the plan; `ReadNode` numbers them so.
    let leaves: [PlannedLeaf]
    /// One for each leaf.
    let phases: [Phase]
    /// Those of the columns that come out, ascending.
    let projectedPhases: [Phase]
    let pruning: PruningPredicate

    /// - Throws: `.invalidRequest` for columns that are not there, `.unsupportedFeature` for types that cannot be read as wanted.
    init(file: ParquetFile, request: ParquetScanRequest) throws(ColumnStoreError) {
        var resolver = ColumnResolver(path: file.path, columns: file.columns, schema: request.schema) { file.compressedByteCount(of: $0) }
        let all = (request.schema ?? file.schema).fields.map { ColumnPath($0.name) }
        let projected = try resolver.project(request.projection ?? all)
        let residual = try request.residual.map { (residual) throws(ColumnStoreError) in
            try resolver.project(residual.columns).map(\.node)
        } ?? []
        let elementFilters = try Self.elementFilters(request.elementFilters, &resolver)
        var filters: [PlannedFilter] = []
        for filter in request.filters {
            filters.append(PlannedFilter(filter: filter, node: try resolver.scalar(filter.path).node))
        }
        let runtimeFilters = try Self.runtimeFilters(request.runtimeFilters, &resolver)
        // From the latest phase to the earliest: of several uses of a leaf the last that is written here, the earliest, holds.
        var phases = [Phase](repeating: .rest, count: resolver.leaves.count)
        for node in residual { for leaf in node.leaves { phases[leaf] = .residual } }
        for filter in elementFilters { for leaf in filter.node.leaves { phases[leaf] = .elements } }
        for (index, runtimeFilter) in runtimeFilters.enumerated().reversed() { for leaf in runtimeFilter.node.leaves { phases[leaf] = .runtimeFilter(index) } }
        for filter in filters { for leaf in filter.node.leaves { phases[leaf] = .filters } }
        Self.align(&phases, elementFilters.map(\.node) + residual, projected.map(\.node))
        var leaves = resolver.leaves
        projection = projected.map { ProjectedColumn($0.node, phases: phases, leaves: &leaves) }
        let pruning = PruningPredicate(
            request.filters + request.elementFilters + runtimeFilters.compactMap(\.runtimeFilter.filter), resolver: resolver, metadata: file.metadata)
        rowGroups = file.metadata.rowGroups.indices.filter { number in
            file.metadata.rowGroups[number].rowCount > 0 && pruning.canMatch(file.metadata.rowGroups[number])
        }
        self.file = file
        self.request = request
        self.filters = filters
        self.runtimeFilters = runtimeFilters
        self.elementFilters = elementFilters
        self.residual = residual
        self.pruning = pruning
        self.leaves = leaves
        self.phases = phases
        projectedPhases = Set(projection.flatMap(\.parts).flatMap(\.leaves).map { phases[$0] }).sorted()
        schema = Schema(projected.map(\.field))
    }

    /// The runtime filters on columns that the file has.
    private static func runtimeFilters(
        _ runtimeFilters: [RuntimeFilter], _ resolver: inout ColumnResolver
    ) throws(ColumnStoreError) -> [PlannedRuntimeFilter] {
        var planned: [PlannedRuntimeFilter] = []
        for runtimeFilter in runtimeFilters.prefix(Phase.runtimeFilterCountMax) {
            let node = try resolver.scalar(runtimeFilter.path).node
            if case .leaf = node { planned.append(PlannedRuntimeFilter(runtimeFilter: runtimeFilter, node: node)) }
        }
        return planned
    }

    /// The filters on elements that can be applied to rows: those on leaves that are read anyway, in one list.
    ///
    /// Others prune row groups and pages all the same.
    private static func elementFilters(
        _ filters: [ColumnFilter], _ resolver: inout ColumnResolver
    ) throws(ColumnStoreError) -> [ElementFilter] {
        var planned: [ElementFilter] = []
        for filter in filters {
            guard let leaf = resolver.pruningLeaf(filter.path)?.leaf, leaf.greatestRepetitionLevel == 1,
                resolver.leaves.contains(where: { $0.descriptor.index == leaf.index }),
                let node = try resolver.project([filter.path]).first?.node
            else { continue }
            planned.append(ElementFilter(filter: filter, node: node))
        }
        return planned
    }

    /// Draws the leaves of one column to the earliest phase among them, since a column is made of leaves with the same rows;
    /// except where a column can be put together from parts.
    ///
    /// Two columns may share a leaf, and draw each other: it goes on until nothing moves.
    private static func align(_ phases: inout [Phase], _ wholes: [ReadNode], _ projection: [ReadNode]) {
        var nodes = wholes
        for node in projection { nodes += ProjectedColumn.separableMembers(node) ?? [node] }
        var isChanged = true
        while isChanged {
            isChanged = false
            for node in nodes {
                let leaves = node.leaves
                guard let first = leaves.map({ phases[$0] }).min() else { continue }
                for leaf in leaves where phases[leaf] != first {
                    phases[leaf] = first
                    isChanged = true
                }
            }
        }
    }

    /// By filter, whether the statistics of a row group say that every row of it passes: it need not be asked then, nor its column be read for it.
    func settledFilters(rowGroup: Int) -> [Bool] {
        filters.map { planned in
            guard case .leaf(let place) = planned.node else { return false }
            return PruningPredicate.isPassedByAll(planned.filter, decoder(of: leaves[place]), file.metadata.rowGroups[rowGroup])
        }
    }

    func decoder(of leaf: PlannedLeaf) -> StatisticsDecoder {
        StatisticsDecoder(leaf: leaf.descriptor, conversion: leaf.conversion, of: file.metadata)
    }

    /// By leaf, whether nothing reads it but filters that are settled.
    ///
    /// Such a leaf is neither fetched nor decoded in that row group.
    func idleLeaves(_ isSettled: [Bool]) -> [Bool] {
        var isIdle = [Bool](repeating: true, count: leaves.count)
        let asked = zip(filters, isSettled).filter { !$1 }.map(\.0.node)
        for node in asked + runtimeFilters.map(\.node) + elementFilters.map(\.node) + residual + projection.flatMap(\.parts) {
            for leaf in node.leaves { isIdle[leaf] = false }
        }
        return isIdle
    }

    /// The phase in which a column's leaves are read; columns without leaves are made in the last.
    func phase(of node: ReadNode) -> Phase { node.leaves.first.map { phases[$0] } ?? .rest }

    /// Bytes in the file of the columns that are read of a row group; pages may be passed over among them.
    public func byteCount(rowGroup: Int) -> Int {
        let columns = file.metadata.rowGroups[rowGroup].columns
        return leaves.reduce(0) { $0.addingSaturating(max(0, Int(clamping: columns[$1.descriptor.index].metadata?.totalCompressedByteCount ?? 0))) }
    }

    /// What a row's values take before compression, by the footer; of dictionaries their codes.
    ///
    /// The mean over the file, levels and all.
    public var inflatedByteCountOfRow: Int {
        var byteCount: Int64 = 0
        for group in file.metadata.rowGroups {
            for leaf in leaves {
                byteCount = byteCount.addingSaturating(max(0, group.columns[leaf.descriptor.index].metadata?.totalUncompressedByteCount ?? 0))
            }
        }
        return Int(clamping: byteCount / max(1, file.metadata.rowCount))
    }

    /// Begins to read one row group. The reader belongs to one thread.
    ///
    /// - Parameter rows: of the row group; nil for all.
    /// - Throws: `.corruptFile`, `.overBudget`, `.io`, from indexes, filters and dictionaries, which are read here.
    public func reader(rowGroup: Int, rows: Range<Int>? = nil) throws -> RowGroupReader {
        try RowGroupReader(scan: self, rowGroup: rowGroup, rows: rows)
    }

    /// Begins to read single rows of one row group, as `RowGroupReader.rowNumber` gave their numbers.
    ///
    /// - Precondition: `rows` ascend, and the scan has no filters.
    public func reader(rowGroup: Int, onlyRows rows: [Int]) throws -> RowGroupReader {
        precondition(filters.isEmpty && runtimeFilters.isEmpty && elementFilters.isEmpty && request.residual == nil)
        guard let first = rows.first, let last = rows.last else { return try RowGroupReader(scan: self, rowGroup: rowGroup, rows: 0..<0) }
        return try RowGroupReader(scan: self, rowGroup: rowGroup, rows: first..<last + 1, wanted: rows)
    }
}

extension ParquetFile {
    /// Of a leaf in all row groups, by the footer.
    fileprivate func compressedByteCount(of leaf: LeafDescriptor) -> Int64 {
        metadata.rowGroups.reduce(0) { $0.addingSaturating(max(0, $1.columns[leaf.index].metadata?.totalCompressedByteCount ?? 0)) }
    }

    /// Begins a scan: finds the columns, and the row groups that may have rows that pass. Reads nothing.
    ///
    /// - Throws: `.invalidRequest` for columns that are not there, `.unsupportedFeature` for types that cannot be read as wanted.
    public func scan(_ request: ParquetScanRequest = ParquetScanRequest()) throws(ColumnStoreError) -> ParquetScan {
        try ParquetScan(file: self, request: request)
    }
}
