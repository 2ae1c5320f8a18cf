import ColumnStore
import Ingest
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

    /// As PostgreSQL compares what it is about to give with what it has described.
    func test_columns_areThoseThatWereDescribed_byNamesTypesAndModifiers() {
        func field(_ name: String, _ type: PostgresType = .numeric, modifier: Int32 = -1, table: UInt32 = 0) -> WireField {
            var field = WireField(name, type: type.rawValue, modifier: modifier)
            field.table = table
            return field
        }
        let known = [field("a", modifier: 6, table: 1), field("b")]
        XCTAssertTrue(WireField.areDescribed(known, by: known))
        // Where they stand in their table is not told again.
        XCTAssertTrue(WireField.areDescribed([field("a", modifier: 6, table: 2), field("b")], by: known))
        // A number that is computed has the scale of what was bound.
        XCTAssertTrue(WireField.areDescribed([field("a", modifier: 6, table: 1), field("b", modifier: 8)], by: known))
        let others: [[WireField]] = [
            [], [known[0]], [known[0], known[1], field("c")], [known[1], known[0]], [field("x", modifier: 6, table: 1), known[1]], [known[0], field("b", .text)],
            [field("a", modifier: 8, table: 1), known[1]],
        ]
        for fields in others { XCTAssertFalse(WireField.areDescribed(fields, by: known), "\(fields)") }
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

    /// A plan over the catalogs has their tables, of which its text says nothing.
    func test_keptPlans_areCountedWithWhatCatalogsMadeForThem() throws {
        let plans = KeptPlans(), made = try plan("SELECT 1"), question = PreparedQuestion(text: "SELECT 1", start: 0, plans)
        XCTAssertTrue(question.keep(made, 3 << 20))
        XCTAssertEqual(plans.byteCount, 3 << 20)
        XCTAssertFalse(question.keep(made, KeptPlans.byteCountMax + 1))
        XCTAssertNil(question.plan)
        XCTAssertEqual(plans.byteCount, 0)
    }

    /// Whoever asks pays for them as for all else, and what requests may need is not theirs.
    func test_keptPlans_areChargedToTheirAsker() throws {
        var limits = MemoryLedger.Limits()
        (limits.all, limits.bodyByteCount) = (64 << 20, 8 << 20)
        let ledger = MemoryLedger(limits), charges = ConnectionCharge {}
        try charges.charge.enter(ledger, as: .admin)
        let plans = KeptPlans { charges.hold(plans: $0) }, made = try plan(Self.long)
        var question: PreparedQuestion? = PreparedQuestion(text: Self.long, start: 0, plans)
        XCTAssertEqual(question?.keep(made), true)
        XCTAssertEqual(ledger.figures.byteCount, made.planByteCount)
        question?.forgetPlan()
        XCTAssertEqual(ledger.figures.byteCount, 0)
        // Of the 32 MiB that one credential may hold a quarter stays free of plans.
        try charges.hold(answer: 20 << 20)
        XCTAssertEqual(question?.keep(made), false)
        XCTAssertNil(question?.plan)
        XCTAssertEqual(ledger.figures.byteCount, 20 << 20)
        XCTAssertEqual(ledger.figures.refusalCount, 0, "nothing that was asked was refused")
        try charges.hold(answer: 0)
        XCTAssertEqual(question?.keep(made), true)
        question = nil
        XCTAssertEqual(ledger.figures.byteCount, 0)
    }

    /// They are a second copy of a plan's constants.
    func test_fixedRows_areCountedWithTheirPlan() throws {
        let plans = KeptPlans(), made = try plan("SELECT repeat('x', 60000)"), rows = try XCTUnwrap(try engine.immediate(made))
        let question = PreparedQuestion(text: "SELECT repeat('x', 60000)", start: 0, plans)
        question.keep(made)
        question.keep(fixedRows: rows)
        XCTAssertNotNil(question.fixedRows)
        XCTAssertGreaterThanOrEqual(plans.byteCount, made.planByteCount + 60_000)
        var window = RowWindow(.all)
        window.load(rows)
        XCTAssertGreaterThanOrEqual(window.heldByteCount, 60_000)
        question.forgetPlan()
        XCTAssertNil(question.fixedRows)
        XCTAssertEqual(plans.byteCount, 0)
        // Two such are more than a connection keeps: they are computed each time.
        let long = try plan(Self.long), longer = PreparedQuestion(text: Self.long, start: 0, plans)
        longer.keep(long)
        longer.keep(fixedRows: try XCTUnwrap(try engine.immediate(long)))
        XCTAssertNil(longer.fixedRows)
        XCTAssertEqual(plans.byteCount, long.planByteCount)
    }
}
