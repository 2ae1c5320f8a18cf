import ColumnStore
@testable import Query
import XCTest

/// Expressions of document types: bound over given columns, refused with their place.
final class ExpressionCompilerTests: XCTestCase {
    private let receipt: [ExpressionCompiler.Input] = [
        .init("total", .decimal(precision: 18, scale: 4)), .init("tax_total", .decimal(precision: 18, scale: 4)), .init("lines", TestTables.lines),
    ]

    func test_compile_rulesAndColumns_bind() throws {
        let rule = try ExpressionCompiler.compile("abs(total - list_sum(lines.amount)) <= 0.01", outer: receipt, as: .boolean)
        XCTAssertEqual(rule.expression.type, .boolean)
        XCTAssertEqual(rule.usedInputs, [0, 2])
        let share = try ExpressionCompiler.compile("tax_total / nullif(total, 0)", outer: receipt, as: .decimal(precision: 9, scale: 4))
        XCTAssertEqual(share.expression.type, .decimal(precision: 9, scale: 4))
        let inner = try ExpressionCompiler.compile(
            "quantity * price + total", outer: receipt,
            element: [.init("quantity", .int32), .init("price", .decimal(precision: 9, scale: 2)), .init("total", .int32)])
        XCTAssertEqual(inner.usedInputs, [3, 4, 5])
        XCTAssertEqual(inner.expression.type, .decimal38(scale: 2))
    }

    func test_compile_whatItCannotSee_isRefusedWithItsPlace() {
        let table: [(String, QueryError.Slug, Int)] = [
            ("total - ttoal", .badSQL, 9), ("total >", .badSQL, 8), ("total", .badSQL, 1), ("exists (select 1)", .badSQL, 1),
            ("total > (select 1)", .badSQL, 9), ("sum(total) > 1", .badSQL, 1), ("row_number() over () = 1", .badSQL, 1),
            ("now() is null", .unsupportedSQL, 1), ("$1", .badSQL, 1), ("total > 'x'", .dataError, 9), ("total = 1; select 1", .badSQL, 10),
        ]
        for (text, slug, position) in table {
            XCTAssertThrowsError(try ExpressionCompiler.compile(text, outer: receipt, as: .boolean, isCondition: true), text) { error in
                XCTAssertEqual((error as? QueryError)?.slug, slug, "\(text): \(error)")
                XCTAssertEqual((error as? QueryError)?.position, position, "\(text): \(error)")
            }
        }
    }
}
