import ColumnStore
import Query

/// A flushed group, read batch by batch: what its image can test is tested while reading, so that of rows which do not pass the other
/// columns are not decoded, and pages that no row passes on are left out.
///
/// Steps: the image's bounds, statistics and pages leave out what cannot pass; its columns are tested where they are up to date; the rest is
/// `HotRowFilter`'s.
struct GroupBatches: HotBatches {
    private let file: HotFileView
    private let group: HotGroup
    private let scan: ParquetScan
    private let applied: HotRowFilter.Applied
    private let counters: ScanCounters
    private var reader: CountedReader?
    private var nextRowGroup = 0

    init(group: HotGroup, file: HotFileView, filter: HotRowFilter, sequence: Int64) throws {
        (self.file, self.group) = (file, group)
        let rows = group.bounds.firstRow...group.bounds.lastRow
        let plan = GroupPlan(
            group, filter, mayHaveChanges: file.overlay.mayHaveChange(in: rows), hasDamage: file.marks.touches(rows))
        applied = plan.applied
        counters = filter.request.counters
        scan = try file.file.reading(group) { try file.file.image(of: group).scan(plan.request(group, sequence: sequence)) }
        let pruned = scan.file.metadata.rowGroups.count - scan.rowGroups.count
        if pruned > 0 { counters.add { $0.rowGroupsPruned += pruned } }
    }

    mutating func next() throws -> HotRowFilter.Piece? {
        while true {
            if let batch = try file.file.reading(group, { try reader?.next() }) {
                let fields = scan.schema.fields
                let rows = fields.lastIndex { $0.name == HotChunk.rowIDName }
                return HotRowFilter.Piece(view: file, rowCount: batch.rowCount, rows: rows.map { batch.columns[$0] }, applied: applied) { name in
                    fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }.map { (batch.columns[$0], fields[$0]) }
                }
            }
            guard nextRowGroup < scan.rowGroups.count else { return nil }
            let rowGroup = scan.rowGroups[nextRowGroup]
            reader = try file.file.reading(group) { try CountedReader(scan, ScanPart(rowGroup: rowGroup), counters) }
            nextRowGroup += 1
        }
    }
}

/// What of a scan the image of a group can do.
///
/// What a group's image may test depends on three questions: has it the column; has the row's state changed since; are rows among it whose values
/// are not to be had, or are elsewhere.
private struct GroupPlan {
    private let filter: HotRowFilter
    /// Of the image.
    private let schema: Schema
    /// Columns whose values in the image may be older than those of the rows.
    private let changing: Set<String>
    /// Some rows have no values, since their documents are damaged, or other ones by now: nothing is tested by them.
    private let hasDamage: Bool
    let applied: HotRowFilter.Applied

    init(_ group: HotGroup, _ filter: HotRowFilter, mayHaveChanges: Bool, hasDamage: Bool) {
        self.filter = filter
        self.hasDamage = hasDamage
        let schema = Schema(HotChunk.fields(typeColumns: group.typeColumns))
        let changing: Set<String> = mayHaveChanges ? ["state", "completed_at"] : []
        (self.schema, self.changing) = (schema, changing)
        let tests = filter.request.scope + filter.request.filters
        if hasDamage || !tests.allSatisfy({ Self.isCurrent($0.path, schema, changing) }) {
            applied = .nothing
        } else if let residual = filter.request.residual, !residual.columns.allSatisfy({ Self.isCurrent($0, schema, changing) }) {
            applied = .filters
        } else {
            applied = .everything
        }
    }

    /// Whether the image has the column as it is now; what it lacks, and what is read row by row, it has not.
    private static func isCurrent(_ path: ColumnPath, _ schema: Schema, _ changing: Set<String>) -> Bool {
        !changing.contains(path.names[0]) && schema.field(at: path) != nil
    }

    private func isCurrent(_ path: ColumnPath) -> Bool { Self.isCurrent(path, schema, changing) }

    /// Whether rows lack the column, and not because the document does.
    private func isUnknown(_ path: ColumnPath) -> Bool { hasDamage && HotFile.needsDocument(path) }

    /// - Parameter sequence: rows above it are left out, which costs nothing in groups that have none.
    func request(_ group: HotGroup, sequence: Int64) -> ParquetScanRequest {
        let wanted = filter.request
        // Those that the image cannot apply are applied afterwards, with all others.
        var filters = (wanted.scope + wanted.filters).filter { isCurrent($0.path) && !isUnknown($0.path) }
        if group.bounds.lastSequence > sequence {
            filters.append(ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))))
        }
        if let rows = filter.rows {
            filters.append(ColumnFilter(ColumnPath(HotChunk.rowIDName), .oneOf(rows.map { .integer($0) })))
        }
        var paths = shape.paths(in: schema)
        if needsRows { paths.append(ColumnPath(HotChunk.rowIDName)) }
        var request = ParquetScanRequest(
            projection: paths, schema: shape.knownTo(schema), filters: filters, elementFilters: wanted.elementFilters.filter { isCurrent($0.path) && !hasDamage },
            batchRowCount: filter.batchRowCount)
        // A runtime filter tests values of the table's type.
        request.runtimeFilters = wanted.runtimeFilters.filter { runtimeFilter in
            !hasDamage && isCurrent(runtimeFilter.path) && schema.field(at: runtimeFilter.path)?.type.withoutIDs == filter.schema.field(at: runtimeFilter.path)?.type.withoutIDs
        }
        if applied == .everything, let residual = wanted.residual, let shape = filter.residual {
            let fields = ColumnShape.fields(residual.columns, of: schema)
            request.residual = .init(columns: residual.columns) { batch in try residual.select(shape.conform(batch, from: fields)) }
        }
        return request
    }

    /// What is left to read.
    private var shape: ColumnShape {
        switch applied {
        case .nothing: filter.needed
        case .filters: filter.neededAfterFilters
        case .everything: filter.projection
        }
    }

    /// Changes, and what is read row by row, are found by the rows' ids.
    ///
    /// Read only then: it is a column more to decode.
    private var needsRows: Bool {
        let request = filter.request
        let read = (request.scope + request.filters).map(\.path) + (request.residual?.columns ?? []) + request.projection
        return hasDamage || !changing.isEmpty || filter.rows != nil || read.contains(where: HotRowFilter.isStored)
    }
}
