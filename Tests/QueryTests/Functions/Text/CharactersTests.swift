import ColumnStore
import XCTest

@testable import Query

/// Goal: work on the characters of one long text ends when its query does. Method: texts that take longer than their query may, so that whoever looks at the clock before the first
/// character alone has an answer.
final class CharactersTests: XCTestCase {
    /// Of numbers only digits are of a word. As PostgreSQL 15.18 has it with `C.UTF-8`.
    func test_initcap_behindWhatIsNeitherLetterNorDigit_beginsAWord() throws {
        let fixture = QueryFixture(threads: 1)
        for (text, shown) in [("m²x", "M²X"), ("a½b", "A½B"), ("٣a", "٣a"), ("ⓐb", "Ⓐb"), ("Ⅷa", "Ⅷa"), ("กัa", "กัa"), ("क्a", "क्A"), ("a1b_c", "A1b_C")] {
            XCTAssertEqual(try fixture.rows("SELECT initcap('\(text)')"), shown, text)
        }
    }

    func test_charactersOfALongText_endWithTheirQuery() throws {
        let count = 4_000_000
        let texts = ByteArrays(offsets: [0, Int32(count)], bytes: [UInt8](repeating: UInt8(ascii: "a"), count: count))
        let batch = ColumnBatch(rowCount: 1, columns: [.text(texts, type: .string, validity: nil)])
        for (function, further) in [(ScalarFunction.initcap, [String]()), (.translate, ["a", "b"])] {
            let call = Query.Expression.call(function, [Query.Expression.column(ColumnID(1), .string)] + further.map { Query.Expression.text($0) }, type: .string, position: nil)
            let context = EvaluationContext(cancellation: Cancellation(timeLimitSeconds: 0.02))
            XCTAssertThrowsError(try Evaluator(call, layout: [ColumnID(1): 0], context: context).evaluate(batch), function.symbol) {
                XCTAssertEqual(($0 as? QueryError)?.slug, .queryTimeout, "\($0)")
            }
        }
    }
}
