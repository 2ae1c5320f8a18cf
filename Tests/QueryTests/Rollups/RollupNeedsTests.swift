import ColumnStore
import XCTest

@testable import Query

/// Goal: to look for what a rollup would have to sum takes little, whatever was asked: nothing is tried that could not be declared. Method: groupings by more and more columns of a wide table,
/// with how many declarations were bound for each.
final class RollupNeedsTests: XCTestCase {
    private static let columnCount = 160
    private static let table = MemoryTable(schema: Schema([Field("client_id", .string), Field("state", .string)] + (0..<columnCount).map { Field("c\($0)", .int64) }), batches: [])

    private func needs(of texts: String..., isOwn: Bool = false) throws -> (needs: [RollupNeed], triedCount: Int) {
        let needs = RollupNeeds()
        let base = RollupBase(table: "t", accepted: "state = 'COMPLETE'", isAccepted: false, client: "client_id", isOwn: isOwn)
        for text in texts { needs.note(try grouping(text), of: base, zone: "UTC") }
        return needs.found()
    }

    private func grouping(_ text: String) throws -> AggregateNode {
        let context = QueryContext(catalog: FixedCatalog(tables: [("t", Self.table)]), now: 0)
        guard case .query(let bound) = try Binder.bind(text, in: context) else { throw QueryError(.badSQL, "this is no query") }
        var plan = try Optimizer(evaluator: FoldingAllowance.constant(in: .utc)).normalized(bound.plan)
        while case .project(let input, _) = plan { plan = input }
        guard case .aggregate(let node) = plan else { throw QueryError(.badSQL, "this is no grouping") }
        return node
    }

    private static func columns(_ count: Int) -> String { (0..<count).map { "c\($0)" }.joined(separator: ", ") }

    func test_needs_ofMoreThanMayBeDeclared_areNone_andNothingIsBoundForThem() throws {
        for count in [RollupStatement.keyCountMax + 1, 150] {
            let keys = Self.columns(count)
            let found = try needs(of: "SELECT \(keys), count(*) FROM t GROUP BY \(keys)")
            XCTAssertEqual(found.needs, [], "\(count) keys")
            XCTAssertEqual(found.triedCount, 0, "\(count) keys")
        }
        let sums = (0...RollupStatement.measureCountMax).map { "sum(c\($0))" }.joined(separator: ", ")
        let found = try needs(of: "SELECT state, \(sums) FROM t GROUP BY state")
        XCTAssertEqual(found.needs, [])
        XCTAssertEqual(found.triedCount, 0)
    }

    func test_needs_ofAsMuchAsMayBeDeclared_areFoundInFewTries() throws {
        let keys = Self.columns(RollupStatement.keyCountMax)
        let sums = (20..<20 + RollupStatement.measureCountMax).map { "sum(c\($0))" }.joined(separator: ", ")
        let found = try needs(of: "SELECT \(keys), \(sums) FROM t GROUP BY \(keys)")
        XCTAssertEqual(found.needs.first?.keys.count, RollupStatement.keyCountMax)
        XCTAssertEqual(found.needs.first?.measures.count, RollupStatement.measureCountMax)
        XCTAssertLessThanOrEqual(found.triedCount, 2 + RollupStatement.keyCountMax)
    }

    /// The asker's own column is a key beside all others.
    func test_needs_ofOwnRows_haveRoomForTheClient() throws {
        let most = Self.columns(RollupStatement.keyCountMax), fewer = Self.columns(RollupStatement.keyCountMax - 1)
        let tooMany = try needs(of: "SELECT \(most), count(*) FROM t GROUP BY \(most)", isOwn: true)
        XCTAssertEqual(tooMany.needs, [])
        XCTAssertEqual(tooMany.triedCount, 0, "nothing is bound for what has no room for the client")
        XCTAssertEqual(try needs(of: "SELECT \(fewer), count(*) FROM t GROUP BY \(fewer)", isOwn: true).needs.first?.keys.count, RollupStatement.keyCountMax)
    }

    /// Of several that are as wide as they may be the last ones are not looked at to their end. What is found answers them all the same.
    func test_needs_ofManyWideGroupings_endWithTheSteps() throws {
        let sums = (20..<20 + RollupStatement.measureCountMax).map { "sum(c\($0))" }.joined(separator: ", ")
        func text(_ number: Int) -> String {
            let keys = (0..<RollupStatement.keyCountMax).map { "c\(90 + number * RollupStatement.keyCountMax + $0)" }.joined(separator: ", ")
            return "SELECT \(keys), \(sums) FROM t GROUP BY \(keys)"
        }
        let found = try needs(of: text(0), text(1), text(2), text(3))
        XCTAssertGreaterThan(found.needs.count, 1)
        XCTAssertLessThan(found.triedCount, 3 * RollupStatement.keyCountMax)
        for (number, need) in found.needs.enumerated() {
            XCTAssertTrue(need.isAnswered(by: need.statement, schema: Self.table.schema), "\(number)")
            XCTAssertLessThanOrEqual(need.keys.count, RollupStatement.keyCountMax)
        }
    }

    // MARK: Joining

    private static func need(_ keys: [(name: String, text: String)], sumsOf columns: Range<Int>) -> RollupNeed {
        RollupNeed(
            table: "t", list: nil, condition: nil, keys: keys.map { .init(name: $0.name, text: $0.text) },
            measures: columns.isEmpty ? [.init(name: "n", text: "count(*)")] : columns.map { .init(name: "s\($0)", text: "sum(c\($0))") })
    }

    func test_joined_moreThanMayBeDeclared_staysApart() {
        let schema = Self.table.schema, key = [(name: "c0", text: "c0")]
        let one = Self.need(key, sumsOf: 20..<60)
        XCTAssertNil(one.joined(with: Self.need(key, sumsOf: 60..<100), schema: schema), "80 measures")
        XCTAssertEqual(one.joined(with: Self.need(key, sumsOf: 50..<84), schema: schema)?.measures.count, 64)
        XCTAssertNil(one.joined(with: Self.need([(name: "c1", text: "c1")], sumsOf: 20..<22), schema: schema), "neither has the other's key")
        XCTAssertEqual(one.joined(with: Self.need([], sumsOf: 20..<22), schema: schema)?.keys, one.keys)
    }

    func test_joined_daysAndMonths_areDays() {
        let schema = Schema([Field("c", .date), Field("c20", .int64)])
        let days = Self.need([(name: "c", text: "c")], sumsOf: 0..<0), months = Self.need([(name: "month", text: "date_trunc('month', c)")], sumsOf: 20..<21)
        for joined in [days.joined(with: months, schema: schema), months.joined(with: days, schema: schema)] {
            XCTAssertEqual(joined?.keys, days.keys)
            XCTAssertEqual(joined.map { Set($0.measures.map(\.text)) }, ["count(*)", "sum(c20)"])
        }
    }
}
