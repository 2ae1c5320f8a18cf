import ColumnStore
import XCTest

@testable import Query

/// Goal: work within one row's list or template ends with its query, and not only after all of it. Method: steps that are enough for all of it, and some that are not.
final class ListWorkTests: XCTestCase {
    private static let integers = ColumnType.listOf(.int32), texts = ColumnType.listOf(.string)
    private let few = Query.Expression.literal(.list([.integer(-1)]), ListWorkTests.integers)
    /// 200,000 that differ.
    private let many = Query.Expression.literal(.list((0..<200_000).map { .integer($0) }), ListWorkTests.integers)

    private func evaluate(_ function: ScalarFunction, _ arguments: [Query.Expression], _ type: ColumnType, stepCountMax: Int) throws -> Value {
        let call = Query.Expression.call(function, arguments, type: type, position: nil)
        return try Evaluator(call, layout: [:], context: EvaluationContext(stepCountMax: stepCountMax)).evaluate(ColumnBatch(rowCount: 1, columns: [])).value(at: 0)
    }

    private func check(_ function: ScalarFunction, _ arguments: [Query.Expression], _ type: ColumnType, gives wanted: Value, steps: Int, line: UInt = #line) throws {
        XCTAssertEqual(try evaluate(function, arguments, type, stepCountMax: 4 * steps), wanted, function.symbol, line: line)
        XCTAssertThrowsError(try evaluate(function, arguments, type, stepCountMax: steps), function.symbol, line: line) {
            XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, "\($0)", line: line)
        }
    }

    func test_elements_areCountedAsTheyAreLookedAt() throws {
        try check(.listOverlaps, [few, many], .boolean, gives: .boolean(false), steps: 4_000_000)
        // As many as for the list that they are looked for in, which was counted alone.
        try check(.listContains, [many, many], .boolean, gives: .boolean(true), steps: 9_000_000)
        try check(.listMax, [many], .int32, gives: .integer(199_999), steps: 2_000_000)
        try check(.listMin, [many], .int32, gives: .integer(0), steps: 2_000_000)
    }

    func test_longElements_areCountedByTheirBytes() throws {
        func list(_ letter: String) -> Query.Expression { .literal(.list([.string(String(repeating: letter, count: 3_000_000))]), Self.texts) }
        try check(.listOverlaps, [list("a"), list("b")], .boolean, gives: .boolean(false), steps: 4_000_000)
        try check(.listOrder, [list("a"), list("b")], .int32, gives: .integer(-1), steps: 4_000_000)
    }

    func test_partsWithoutBytes_areCounted() throws {
        let empty = Query.Expression.literal(.list([Value](repeating: .string(""), count: 200_000)), Self.texts)
        try check(.arrayToString, [empty, .text("")], .string, gives: .string(""), steps: 2_000_000)
        try check(.format, [.text(String(repeating: "%1$s", count: 100_000)), .text("")], .string, gives: .string(""), steps: 2_000_000)
    }
}
