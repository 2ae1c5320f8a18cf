import ColumnStore
import XCTest

@testable import Query

/// Goal: one long text of escapes ends with its query, and not only after all of it. Method: steps that are enough for the text's bytes, and not for its escapes.
final class UnistrTests: XCTestCase {
    private func evaluate(_ text: String, stepCountMax: Int) throws -> Value {
        let call = Query.Expression.call(.unistr, [.text(text)], type: .string, position: nil)
        return try Evaluator(call, layout: [:], context: EvaluationContext(stepCountMax: stepCountMax)).evaluate(ColumnBatch(rowCount: 1, columns: [])).value(at: 0)
    }

    func test_unistr_manyEscapes_areCountedAsTheyAreRead() throws {
        // Two megabytes each, of which the bytes are four million steps.
        let (escapes, letters) = (String(repeating: #"\0041"#, count: 400_000), String(repeating: "A", count: 2_000_000))
        XCTAssertEqual(try evaluate(letters, stepCountMax: 6_000_000), .string(letters))
        XCTAssertEqual(try evaluate(escapes, stepCountMax: 12_000_000), .string(String(repeating: "A", count: 400_000)))
        XCTAssertThrowsError(try evaluate(escapes, stepCountMax: 6_000_000)) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, "\($0)") }
    }
}
