import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: what a connection prepares holds no memory that nobody counts, and is not used where it would answer otherwise. Method: plans whose constants are much longer than their texts; settings that change
/// between two runs.
final class PreparedQuestionTests: XCTestCase {
    private let engine = QueryEngine()

    private func plan(_ text: String) throws -> PreparedQuery { try engine.prepare(text, in: QueryContext(catalog: FixedCatalog(tables: []), now: 0)) }

    /// Two kilobytes that mean six megabytes.
    private static let long = "SELECT " + (0..<100).map { "repeat('x', \(60_000 + $0))" }.joined(separator: ", ")

    func test_planByteCount_isThatOfItsConstants() throws {
        XCTAssertGreaterThan(try plan(Self.long).planByteCount, 6_000_000)
        XCTAssertLessThan(try plan("SELECT 1").planByteCount, 64 << 10)
    }

    /// Constants of a plan are texts already, in the forms of their session at that time.
    func test_plan_ofOtherForms_isMadeAnew() throws {
        var settings = try SessionSettings([], user: "shop")
        let question = PreparedQuestion(text: "SELECT interval '1 day'::text", start: 0)
        question.keep(try plan(question.text))
        question.planReading = settings.reading
        XCTAssertNotNil(question.plan(in: nil, settings.reading, settings))
        for (name, value) in [("intervalstyle", "iso_8601"), ("bytea_output", "escape"), ("extra_float_digits", "0")] {
            try settings.set(name, value)
            XCTAssertNil(question.plan(in: nil, settings.reading, settings), name)
            try settings.set(name, nil)
            XCTAssertNotNil(question.plan(in: nil, settings.reading, settings), name)
        }
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
