import ColumnStore
import XCTest

@testable import Query

/// Goal: a number is compared with a constant of more digits behind the mark, also where it would not fit with as many. Method: numbers about a constant next to 0, and one near the end of
/// their type.
final class ComparedScalesTests: XCTestCase {
    private let fixture = QueryFixture([
        ("n", QueryFixture.table([Field("l", .int64), Field("d", .decimal(precision: 20, scale: 2))], [
            [.integer(-1), .decimal(-150)], [.integer(0), .decimal(0)], [.integer(9_000_000_000_000_000_000), .decimal(99_999_999_999_999_999_900)], [.null, .null],
        ])),
    ])
    private let tiny = "0.0000000000000000000000000001"

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    func test_comparisons_withAConstantOfManyDigits() throws {
        let below = "false,false,true,true,false,true", above = "true,true,false,false,false,true", none = ",,,,,"
        for column in ["l", "d"] {
            func tests(_ constant: String) -> String { [">", ">=", "<", "<=", "=", "<>"].map { "\(column) \($0) \(constant)" }.joined(separator: ", ") }
            try check("SELECT \(tests(tiny)) FROM n ORDER BY \(column)", "\(below)|\(below)|\(above)|\(none)")
            try check("SELECT \(tests("-" + tiny)) FROM n ORDER BY \(column)", "\(below)|\(above)|\(above)|\(none)")
            // 0 itself, written with as many digits.
            let zero = String(tiny.dropLast()) + "0"
            try check("SELECT \(tests(zero)) FROM n ORDER BY \(column)", "\(below)|false,true,false,true,true,false|\(above)|\(none)")
            let mirrored = ["<", "<=", ">", ">=", "=", "<>"].map { "\(tiny) \($0) \(column)" }.joined(separator: ", ")
            try check("SELECT \(mirrored) FROM n ORDER BY \(column)", "\(below)|\(below)|\(above)|\(none)")
        }
    }

    func test_conditions_withAConstantOfManyDigits() throws {
        for (condition, count) in [("> \(tiny)", 1), ("< \(tiny)", 2), ("= \(tiny)", 0), ("<> \(tiny)", 3), ("BETWEEN -\(tiny) AND \(tiny)", 1)] {
            for column in ["l", "d"] { try check("SELECT count(*) FROM n WHERE \(column) \(condition)", "\(count)") }
        }
        // A cast that the text asks for is one.
        XCTAssertEqual(fixture.error("SELECT l::DECIMAL(38, 28) > \(tiny) FROM n")?.slug, .numericOverflow)
    }
}
