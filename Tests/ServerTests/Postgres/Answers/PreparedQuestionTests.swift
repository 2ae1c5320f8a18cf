import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: what a connection prepares holds no memory that nobody counts. Method: plans whose constants are much longer than their texts.
final class PreparedQuestionTests: XCTestCase {
    private let engine = QueryEngine()

    private func plan(_ text: String) throws -> PreparedQuery { try engine.prepare(text, in: QueryContext(catalog: FixedCatalog(tables: []), now: 0)) }

    /// Two kilobytes that mean six megabytes.
    private static let long = "SELECT " + (0..<100).map { "repeat('x', \(60_000 + $0))" }.joined(separator: ", ")

    func test_planByteCount_isThatOfItsConstants() throws {
        XCTAssertGreaterThan(try plan(Self.long).planByteCount, 6_000_000)
        XCTAssertLessThan(try plan("SELECT 1").planByteCount, 64 << 10)
    }

    func test_keptPlans_areCountedWhileTheyAreThere() throws {
        let plans = KeptPlans(), made = try plan(Self.long)
        XCTAssertTrue(plans.hasRoom(for: made.planByteCount))
        var question: PreparedQuestion? = PreparedQuestion(text: Self.long, start: 0, plans)
        question?.keep(made)
        XCTAssertEqual(plans.byteCount, made.planByteCount)
        XCTAssertFalse(plans.hasRoom(for: made.planByteCount))
        question?.keep(made)
        XCTAssertEqual(plans.byteCount, made.planByteCount)
        question?.forgetPlan()
        XCTAssertNil(question?.plan)
        XCTAssertEqual(plans.byteCount, 0)
        question?.keep(made)
        question = nil
        XCTAssertEqual(plans.byteCount, 0)
    }
}
