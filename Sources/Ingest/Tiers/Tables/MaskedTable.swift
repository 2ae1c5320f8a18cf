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
        let rest = try RestOfRequest(outer, Schema(fields))
        return RelayedScan(try base.scan(inner)) { try rest.rows(of: masked($0, read: read, fields: fields)) }
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

    /// A batch with the columns that the rest of a request is about, masked.
    ///
    /// - Parameters:
    ///   - read: columns of the batch.
    ///   - fields: columns of the result.
    private func masked(_ batch: ColumnBatch, read: [String], fields: [Field]) -> ColumnBatch {
        let types = read.firstIndex(of: "type").map { batch.columns[$0] }
        let columns = fields.map { field -> Column in
            guard let place = read.firstIndex(of: field.name) else { return .constant(.null, type: field.type, count: batch.rowCount) }
            let column = mask.masked(batch.columns[place], field.name, types: types)
            // Members that were not read stand in their places again, as NULL.
            return mask.members[field.name] == nil ? column : TableMask.completed(column, to: field.type)
        }
        return ColumnBatch(rowCount: batch.rowCount, columns: columns)
    }
}
