import ColumnStore
import Query

/// A table for those who may not see its sensitive columns: their values are NULL before anything of a query sees them.
///
/// No filter, expression or filter of a join is evaluated on a value, none leads to files, groups or pages, and none is in what the planner knows:
/// which rows are answered, how long it takes and what a scan's figures say are the same whatever the values are. What is sensitive is not even read.
///
/// `docs/decisions/0036-sensitive-columns.md`. A scan goes two ways:
///
/// 1. What touches nothing sensitive is handed on as it is.
/// 2. Else the table below gives columns that may be seen, and everything that touches a sensitive one is done here, on NULL.
struct MaskedTable: TableSource {
    private let base: any TableSource
    private let mask: TableMask
    let schema: Schema

    init(_ base: any TableSource, _ mask: TableMask) {
        (self.base, self.mask) = (base, mask)
        schema = Schema(base.schema.fields.map { mask.touches(ColumnPath($0.name)) ? Field($0.name, $0.type) : $0 })
    }

    var statistics: TableStatistics {
        var statistics = base.statistics
        // Of a list with sensitive members nothing is known: what counts its values counts theirs.
        statistics.columns = statistics.columns.filter { path, _ in !mask.touches(ColumnPath(String(path.prefix { $0 != "." }))) }
        return statistics
    }

    /// - Throws: as the table below.
    func scan(_ request: ScanRequest) throws -> any TableScan {
        var inner = request
        inner.elementFilters = request.elementFilters.filter { !mask.touches($0.path) }
        inner.runtimeFilters = request.runtimeFilters.filter { !mask.touches($0.path) }
        let isResidualMasked = request.residual?.columns.contains(where: mask.touches) ?? false
        inner.filters = request.filters.filter { !mask.touches($0.path) }
        let later = request.filters.filter { mask.touches($0.path) }
        guard isResidualMasked || !later.isEmpty || request.projection.contains(where: mask.touches) else { return try base.scan(inner) }
        // All that is left to do is done on what is shown.
        let asked = request.projection + later.map(\.path) + (isResidualMasked ? request.residual?.columns ?? [] : [])
        let tops = Self.tops(asked)
        inner.projection = tops.flatMap { top in visible(top, asked) }
        if tops.contains(where: mask.isByType), !tops.contains("type") { inner.projection.append("type") }
        var outer = request
        (outer.scope, outer.filters, outer.runtimeFilters, outer.elementFilters) = ([], later, [], [])
        if isResidualMasked { inner.residual = nil } else { outer.residual = nil }
        if isResidualMasked || !later.isEmpty { inner.rowCountMax = nil }
        let read = Self.tops(inner.projection)
        let fields = tops.compactMap { name in schema.fields.first { $0.name == name } }
        return try MaskedScan(try base.scan(inner), mask, read: read, fields: fields, outer)
    }

    private static func tops(_ paths: [ColumnPath]) -> [String] {
        var tops: [String] = []
        for path in paths where !tops.contains(path.names[0]) { tops.append(path.names[0]) }
        return tops
    }

    /// What is read of a column.
    ///
    /// - Returns: paths for the table below; none for a column that is NULL throughout.
    private func visible(_ top: String, _ asked: [ColumnPath]) -> [ColumnPath] {
        if mask.columns.contains(top) { return [] }
        let paths = asked.filter { $0.names[0] == top }
        guard mask.members[top] != nil else { return paths }
        let isWhole = paths.contains { $0.names.count == 1 }
        var wanted = paths
        if isWhole, case .list(let element)? = schema[top]?.type, case .structure(let members) = element.type {
            wanted = members.map { ColumnPath([top, $0.name]) }
        }
        let open = wanted.filter { !mask.touches($0) }
        if !open.isEmpty { return open }
        // How many elements there are some member tells, one that anybody may see where there is one.
        guard case .list(let element)? = schema[top]?.type, case .structure(let members) = element.type, let first = members.first else { return [] }
        return [ColumnPath([top, (members.first { !mask.touches(ColumnPath([top, $0.name])) } ?? first).name])]
    }
}

/// Gives the batches of a scan their masked columns, and does what is left of the request.
///
/// Shared by the threads of a scan: immutable.
private final class MaskedScan: TableScan {
    private let scan: any TableScan
    private let mask: TableMask
    /// Columns of the scan's batches.
    private let read: [String]
    /// Columns that the rest of the request is about.
    private let fields: [Field]
    private let filter: BatchFilter
    private let shape: BatchShape

    init(_ scan: any TableScan, _ mask: TableMask, read: [String], fields: [Field], _ request: ScanRequest) throws {
        (self.scan, self.mask, self.read, self.fields) = (scan, mask, read, fields)
        filter = try BatchFilter(request, Schema(fields))
        shape = try BatchShape(request.projection, Schema(fields))
    }

    func nextMorsel() throws -> (any Morsel)? { try scan.nextMorsel().map { MaskedMorsel($0, self) } }

    fileprivate func masked(_ batch: ColumnBatch) throws -> ColumnBatch? {
        let types = read.firstIndex(of: "type").map { batch.columns[$0] }
        let columns = fields.map { field -> Column in
            guard let place = read.firstIndex(of: field.name) else { return .constant(.null, type: field.type, count: batch.rowCount) }
            let column = mask.masked(batch.columns[place], field.name, types: types)
            // Members that were not read stand in their places again, as NULL.
            return mask.members[field.name] == nil ? column : TableMask.completed(column, to: field.type)
        }
        let whole = ColumnBatch(rowCount: batch.rowCount, columns: columns)
        // The rows were counted when they were read.
        let passing = try filter.select(whole, counters: ScanCounters())
        let shaped = shape.shape(whole)
        guard let passing else { return shaped }
        return passing.isEmpty ? nil : shaped.gathering(passing)
    }
}

private final class MaskedMorsel: Morsel {
    private let morsel: any Morsel
    private let scan: MaskedScan

    init(_ morsel: any Morsel, _ scan: MaskedScan) { (self.morsel, self.scan) = (morsel, scan) }

    func next() throws -> ColumnBatch? {
        while let batch = try morsel.next() {
            if let made = try scan.masked(batch) { return made }
        }
        return nil
    }
}
