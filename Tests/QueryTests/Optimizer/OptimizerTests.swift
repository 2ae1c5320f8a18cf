import ColumnStore
@testable import Query
import XCTest

/// Goal: a plan that a pass has broken is not run, wherever tests run. Method: a pass that breaks a plan, and who looks at it.
final class OptimizerTests: XCTestCase {
    private let a = OutputColumn(id: ColumnID(1), name: "a", type: .int64)

    private var rows: LogicalPlan { .values(columns: [a], rows: [[.literal(.integer(1), .int64)]]) }

    /// Of whatever way the module was built: in debug, and optimised by CI with `-assert-config Debug`.
    func test_verification_whereTestsRun_isOn() {
        XCTAssertNotNil(Optimizer.verification, "tests are built with assertions on (script/test)")
    }

    func test_faults_afterAPassThatBrokeThePlan_areFound() {
        XCTAssertEqual(Optimizer.faults(after: "JoinOrder", rows, rows), [])
        XCTAssertEqual(Optimizer.faults(after: "JoinOrder", rows, .filter(input: rows, conjuncts: [.column(ColumnID(7), .boolean)])).count, 1)
        XCTAssertEqual(Optimizer.faults(after: "JoinOrder", rows, rows.shaped(as: [])).count, 1)
    }

    func test_optimized_looksAtWhatEachPassMade() throws {
        var passes: [String] = []
        _ = try Optimizer(inspect: { pass, _, _ in passes.append(pass) }).optimized(rows)
        XCTAssertEqual(passes.prefix(3), ["the binder", "ConstantFolding", "SubqueryRemoval"])
        XCTAssertEqual(passes.last, "ColumnTrimming", "it has no windows")
    }
}
