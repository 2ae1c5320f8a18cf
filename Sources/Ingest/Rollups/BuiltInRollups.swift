import Query

/// The rollups that a store has from its first day, over its receipts; each can be removed like any other.
enum BuiltInRollups {
    private static let accepted = "state = 'COMPLETE'"

    static let all: [RollupDefinition] = [
        rollup(
            "receipts_by_day", list: nil, [("day", "business_day"), ("client_id", "client_id"), ("currency", "currency")],
            [("receipts", "count(*)"), ("revenue", "sum(total)"), ("tax", "sum(tax_total)")]),
        rollup(
            "lines_by_category", list: "lines", [("day", "business_day"), ("category", "category"), ("currency", "currency")], ofLines),
        rollup(
            "lines_by_product", list: "lines",
            [("month", "date_trunc('month', business_day)"), ("product_code", "product_code"), ("currency", "currency")], ofLines),
        rollup(
            "customers_by_month", list: nil, [("month", "date_trunc('month', business_day)")],
            [("receipts", "count(*)"), ("customers", "approx_count_distinct(customer_id)")]),
    ]

    private static let ofLines = [("lines", "count(*)"), ("quantity", "sum(quantity)"), ("amount", "sum(amount)")]

    private static func rollup(_ name: String, list: String?, _ keys: [(String, String)], _ measures: [(String, String)]) -> RollupDefinition {
        func columns(_ items: [(String, String)]) -> [RollupStatement.Column] { items.map { .init(name: $0.0, text: $0.1) } }
        return RollupDefinition(name: name, table: "receipts", condition: accepted, list: list, keys: columns(keys), measures: columns(measures))
    }
}
