import ColumnStore
@testable import Query
import XCTest

/// Goal: a pass that breaks a plan is found by what it made. Method: plans with one fault each.
final class PlanVerifierTests: XCTestCase {
    private let a = OutputColumn(id: ColumnID(1), name: "a", type: .int64)
    private let b = OutputColumn(id: ColumnID(2), name: "b", type: .string)

    private var rows: LogicalPlan { .values(columns: [a, b], rows: [[.literal(.integer(1), .int64), .text("x")]]) }

    private func check(_ plan: LogicalPlan, _ fault: String, file: StaticString = #filePath, line: UInt = #line) {
        let faults = PlanVerifier.faults(in: plan)
        XCTAssertTrue(faults.contains { $0.contains(fault) }, "\(faults)", file: file, line: line)
    }

    func test_faults_soundPlan_none() {
        let test = Expression.call(.equal, [.column(a), .literal(.integer(1), .int64)], type: .boolean, position: nil)
        XCTAssertEqual(PlanVerifier.faults(in: .filter(input: rows, conjuncts: [test])), [])
    }

    func test_faults_columnThatNothingPutsOut_isNamed() {
        check(.filter(input: rows, conjuncts: [.column(ColumnID(7), .boolean)]), "mentions #7")
        check(.sort(SortNode(input: rows, keys: [SortKey(.column(ColumnID(7), .int64))])), "mentions #7")
    }

    func test_faults_typeThatTheColumnDoesNotHave_isNamed() {
        check(.sort(SortNode(input: rows, keys: [SortKey(.column(a.id, .string))])), "takes #1 for")
        check(.filter(input: rows, conjuncts: [.column(a)]), "a condition of a filter")
        check(.project(input: rows, columns: [ProjectedColumn(b, .column(a))]), "gives")
    }

    func test_faults_columnPutOutTwice_isNamed() {
        check(.project(input: rows, columns: [ProjectedColumn(a, .column(a)), ProjectedColumn(a, .column(a))]), "twice")
        check(.join(JoinNode(kind: .cross, left: rows, right: rows)), "both sides of a join")
    }

    func test_faults_windowsThatTakeWhatTheyCannotHave_areNamed() {
        let frame = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
        func window(_ number: Int, _ function: WindowFunction, over input: LogicalPlan) -> WindowNode {
            WindowNode(
                input: input, partition: [.column(a)], order: [],
                calls: [WindowNode.Call(column: OutputColumn(id: ColumnID(number), name: "w", type: .int64), function: function, arguments: [], frame: frame)])
        }
        var below = window(3, .rank, over: rows)
        var above = window(4, .rank, over: .window(below))
        above.sorting = .given
        check(.window(above), "nothing sorts them")
        below.sorting = .shared([SortKey(.column(a))], partitionCount: 1)
        above.input = .window(below)
        XCTAssertEqual(PlanVerifier.faults(in: .window(above)), [])
        var counted = window(3, .aggregate(.countRows), over: rows)
        counted.first = WindowNode.FirstRanks(function: .rank, count: 3)
        check(.window(counted), "looks at all rows")
    }

    func test_faults_rangesOutsideTheirBounds_areNamed() {
        check(.limit(input: rows, count: 1, offset: -1), "after -1")
        let group = ProjectedColumn(OutputColumn(id: ColumnID(3), name: "g", type: .int64), .column(a))
        check(.aggregate(AggregateNode(input: rows, groups: [group], groupingSets: [[1]], aggregates: [])), "group 1 of 1")
    }

    func test_faultsFromTo_orderOrColumnsLost_areNamed() {
        let sorted = LogicalPlan.sort(SortNode(input: rows, keys: [SortKey(.column(a))]))
        XCTAssertEqual(PlanVerifier.faults(from: sorted, to: sorted), [])
        XCTAssertEqual(PlanVerifier.faults(from: sorted, to: rows).count, 1)
        XCTAssertEqual(PlanVerifier.faults(from: rows, to: rows.shaped(as: [a])).count, 1)
        XCTAssertEqual(PlanVerifier.faults(from: sorted, to: .values(columns: [a, b], rows: [])), [], "no rows come in every order")
        let test = Expression.call(.equal, [.column(a), .literal(.integer(1), .int64)], type: .boolean, position: nil)
        XCTAssertEqual(PlanVerifier.faults(from: .filter(input: sorted, conjuncts: [test]), to: rows), [], "the order of a table in FROM")
        XCTAssertEqual(PlanVerifier.faults(from: sorted.shaped(as: [b]), to: rows.shaped(as: [b])).count, 1, "by a column that is not put out")
    }
}
