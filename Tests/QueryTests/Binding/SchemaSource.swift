import ColumnStore
import Query

/// A table that has columns and statistics and cannot be read: for binding and planning.
struct SchemaSource: TableSource {
    let schema: Schema
    var statistics: TableStatistics

    /// - Parameter bounds: the least and the greatest value of columns that `distinct` names.
    init(_ fields: [(String, ColumnType)], rowCount: Int = 1_000, distinct: [String: Int] = [:], bounds: [String: ClosedRange<Int64>] = [:]) {
        schema = Schema(fields.map { Field($0.0, $0.1) })
        statistics = TableStatistics(
            rowCount: rowCount,
            columns: Dictionary(
                uniqueKeysWithValues: distinct.map { name, count in
                    (name, ColumnStatistics(distinctCount: count, minimum: bounds[name].map { .integer($0.lowerBound) }, maximum: bounds[name].map { .integer($0.upperBound) }))
                }))
    }

    func scan(_ request: ScanRequest) throws -> any TableScan { throw QueryError(.dataError, "this table holds no rows") }
}

enum TestTables {
    static let lines = ColumnType.list(
        element: Field(
            "element",
            .structure([
                Field("product_code", .string), Field("name", .string), Field("category", .string),
                Field("quantity", .decimal(precision: 18, scale: 6)), Field("amount", .decimal(precision: 18, scale: 4)),
            ])))

    /// The common columns, some mapped ones, and the lines.
    static let receipts = SchemaSource(
        [
            ("client_id", .string), ("receipt_id", .string), ("business_day", .date), ("issued_at", .timestampTZ), ("state", .string),
            ("sequence", .int64), ("type_version", .int32), ("document", .binary), ("currency", .string),
            ("total", .decimal(precision: 18, scale: 4)), ("tax_total", .decimal(precision: 18, scale: 4)), ("customer_id", .string),
            ("lines", lines),
        ], rowCount: 20_000_000)

    /// One column of each type.
    static let types = SchemaSource([
        ("b", .boolean), ("i", .int32), ("l", .int64), ("f", .double), ("d2", .decimal(precision: 9, scale: 2)),
        ("d4", .decimal(precision: 18, scale: 4)), ("s", .string), ("x", .binary), ("u", .uuid), ("day", .date),
        ("ts", .timestamp(isUTC: false)), ("tz", .timestampTZ), ("iv", .interval), ("ns", .timestampNanoseconds(isUTC: true)),
        ("tags", .list(element: Field("element", .string))),
    ])

    static let catalog = FixedCatalog([
        ("receipts", .table(receipts, scope: [])),
        ("receipts_accepted", .view(query: "SELECT * FROM receipts WHERE state = 'COMPLETE'")),
        ("t", .table(types, scope: [])),
        ("own", .table(receipts, scope: [ColumnFilter("client_id", .equal(.string("c1")))])),
        ("loop", .view(query: "SELECT * FROM loop")),
    ])

    /// 2026-11-20T12:00:00Z.
    static let now: Int64 = 1_795_176_000_000_000

    static func context(_ parameters: [QueryParameter] = [], timeZone: String = "UTC") -> QueryContext {
        QueryContext(catalog: catalog, parameters: parameters, timeZone: timeZone, now: now)
    }
}
