import ColumnStore

/// `SELECT min(day), max(day) FROM t`: what a table knows of its columns without a look at rows.
enum KnownExtremes {
    /// The one row of a grouping of a whole table that asks for nothing else than extremes of its columns, and perhaps for the number of rows; nil for any other, and
    /// where the table does not know.
    static func row(_ node: AggregateNode) -> [Expression]? {
        guard node.groups.isEmpty, node.groupingSets == nil, node.groupingColumn == nil, case .scan(let scan) = node.input, scan.scope.isEmpty, scan.filters.isEmpty,
            scan.residual.isEmpty, scan.elementFilters.isEmpty, scan.rowCountMax == nil, node.aggregates.contains(where: { $0.function != .countRows })
        else { return nil }
        let source = scan.table.source
        var row: [Expression] = []
        for call in node.aggregates {
            guard call.filter == nil, let value = value(of: call, scan, source) else { return nil }
            row.append(.literal(value, call.column.type))
        }
        return row
    }

    private static func value(of call: AggregateCall, _ scan: ScanNode, _ source: any TableSource) -> Value? {
        switch call.function {
        case .countRows: return source.exactRowCount.map { .integer(Int64($0)) }
        case .min, .max:
            guard case .column(let id, let type)? = call.arguments.first, type == call.column.type, let column = scan.columns.first(where: { $0.column.id == id }),
                column.members == nil, source.schema.field(at: ColumnPath([column.name]))?.type.withoutIDs == type, let known = source.extremes(of: column.name)
            else { return nil }
            return call.function == .min ? known.minimum : known.maximum
        default: return nil
        }
    }
}
