import ColumnStore

/// What a node of a plan probably costs and gives, as PostgreSQL's EXPLAIN tells it. Clients choose between plans of their own by it; nothing here does.
struct PlanEstimate {
    /// Until the first row, and until the last: 1 is about a page read.
    let startCost: Double
    let totalCost: Double
    let rowCount: Double
    /// Bytes of a row.
    let width: Int

    /// As PostgreSQL writes it: costs with two digits behind the point, rows rounded up.
    var text: String { "cost=\(Self.hundredths(startCost))..\(Self.hundredths(totalCost)) rows=\(rows) width=\(width)" }

    /// Costs are written as whole hundredths in 64 bits: products of large joins are cut here.
    private static let greatest = 1e15

    private var rows: Int64 { Int64(Self.bounded(rowCount.rounded(.up))) }

    private static func bounded(_ value: Double) -> Double { value.isNaN ? 0 : min(max(0, value), greatest) }

    private static func hundredths(_ cost: Double) -> String {
        let all = Int64(bounded(cost) * 100)
        return "\(all / 100).\(String(100 + all % 100).dropFirst())"
    }

    /// By the names of PostgreSQL's `EXPLAIN (FORMAT JSON)`.
    var members: [JSONValue.Member] {
        [
            .init("Startup Cost", .number(Self.hundredths(startCost))), .init("Total Cost", .number(Self.hundredths(totalCost))),
            .init("Plan Rows", .integer(rows)), .init("Plan Width", .integer(Int64(width))),
        ]
    }
}
