import ColumnStore
@testable import Query

/// The tables that plans are made over, with sums of `receipts` that have most of its files.
struct SummedTables: QueryCatalog {
    private struct Sums {
        let name: String
        let statement: RollupStatement
        let rowCount: Int
    }

    private static func sums(
        _ name: String, _ keys: [(String, String)], _ measures: [(String, String)], list: String? = nil, where condition: String? = "state = 'COMPLETE'", rowCount: Int
    ) -> Sums {
        func columns(_ items: [(String, String)]) -> [RollupStatement.Column] { items.map { .init(name: $0.0, text: $0.1) } }
        return Sums(name: name, statement: RollupStatement(keys: columns(keys), measures: columns(measures), condition: condition, list: list), rowCount: rowCount)
    }

    private static let all: [Sums] = [
        sums(
            "by_day", [("day", "business_day"), ("client_id", "client_id"), ("currency", "currency")],
            [("receipts", "count(*)"), ("revenue", "sum(total)"), ("counted", "count(total)")], rowCount: 70_000),
        sums("by_hour", [("hour", "date_trunc('hour', issued_at)")], [("receipts", "count(*)"), ("people", "approx_count_distinct(customer_id)")], rowCount: 9_000),
        sums("of_2026", [("client_id", "client_id"), ("state", "state")], [("revenue", "sum(total)")], where: "business_day >= DATE '2026-01-01'", rowCount: 100),
        sums(
            "by_product", [("month", "date_trunc('month', business_day)"), ("product_code", "product_code")], [("lines", "count(*)"), ("amount", "sum(amount)")], list: "lines",
            rowCount: 24_000),
    ]

    var entryNames: [String] { TestTables.catalog.entryNames }
    func entry(named name: String) throws -> CatalogEntry? { TestTables.catalog.entry(named: name) }

    func rollups(of table: String) -> [RollupOffer] {
        guard table == "receipts" else { return [] }
        return Self.all.map { own in
            let fields = (try? own.statement.columns(of: table, schema: TestTables.receipts.schema)) ?? []
            let partials = SchemaSource(fields.map { ($0.name, $0.type) }, rowCount: own.rowCount)
            var offer = RollupOffer(name: own.name, statement: own.statement, partials: partials, rest: TestTables.receipts)
            (offer.coverage, offer.rowCount) = ("11/12", own.rowCount)
            return offer
        }
    }
}
