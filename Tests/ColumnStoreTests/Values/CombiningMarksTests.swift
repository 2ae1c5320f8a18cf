import XCTest

@testable import ColumnStore

/// Goal: no text from outside is compared in the square of its marks. Method: texts of hundreds of thousands of combining marks out of order, of which one comparison of
/// Strings takes minutes; and texts at the bound.
final class CombiningMarksTests: XCTestCase {
    private static func marks(_ count: Int) -> String { "a" + String(repeating: "\u{301}\u{316}", count: count / 2) }

    func test_hasLongRun_isOfMarksInARow() {
        XCTAssertTrue(CombiningMarks.hasLongRun(Self.marks(400_000)))
        XCTAssertTrue(CombiningMarks.hasLongRun(Self.marks(CombiningMarks.runMax + 2)))
        XCTAssertFalse(CombiningMarks.hasLongRun(Self.marks(CombiningMarks.runMax)))
        // As many in sum, with a letter between.
        XCTAssertFalse(CombiningMarks.hasLongRun(String(repeating: Self.marks(CombiningMarks.runMax), count: 4)))
        XCTAssertFalse(CombiningMarks.hasLongRun(String(repeating: "ї", count: 10_000)))
        // They have no class, and are put into order as the two vowels that each stands for.
        XCTAssertTrue(CombiningMarks.hasLongRun("\u{F40}" + String(repeating: "\u{F73}", count: 300)))
        XCTAssertTrue(CombiningMarks.hasLongRun(in: Array(Self.marks(1_000).utf8)))
        XCTAssertFalse(CombiningMarks.hasLongRun(in: Array(repeating: 0xFF, count: 10_000)))
    }

    func test_jsonValues_areComparedByTheirBytes() throws {
        let text = Self.marks(400_000), other = "a" + String(repeating: "\u{316}\u{301}", count: 200_000)
        XCTAssertEqual(JSONValue.string(text), .string(text))
        XCTAssertNotEqual(JSONValue.string(text), .string(other))
        XCTAssertNotEqual(JSONValue.string(text), .string("a"))
        XCTAssertNotEqual(JSONValue.object([.init(text, .null)]), .object([.init(other, .null)]))
        XCTAssertEqual(JSONValue.object([.init(text, .null)]).without(["a", "b"]), .object([.init(text, .null)]))
        XCTAssertNil(JSONValue.object([.init(text, .null)])["a"])
        // Two spellings are two texts.
        XCTAssertNotEqual(JSONValue.string("\u{E9}"), .string("e\u{301}"))
        let members = (0..<20).map { "\"\(text)\($0)\":\($0)" }.joined(separator: ",")
        XCTAssertEqual(try JSONParser.parse(Array("{\(members)}".utf8)).members?.count, 20)
    }

    func test_parse_boundsMarksWhereItIsAskedTo() {
        for text in ["[\"\(Self.marks(400_000))\"]", "{\"\(Self.marks(400_000))\":1}", "[\"a" + String(repeating: #"\u0301\u0316"#, count: 1_000) + "\"]"] {
            XCTAssertNoThrow(try JSONParser.parse(Array(text.utf8)))
            XCTAssertThrowsError(try JSONParser.parse(Array(text.utf8), boundsMarks: true)) { XCTAssertEqual(($0 as? JSONSyntaxError)?.message, "more than 256 combining marks in a row") }
        }
        XCTAssertNoThrow(try JSONParser.parse(Array("[\"\(Self.marks(200))\"]".utf8), boundsMarks: true))
    }

    func test_zones_areLookedForByShortNames() throws {
        let text = Self.marks(400_000)
        XCTAssertNil(try TimeZoneDatabase.system.rules(for: text))
        XCTAssertNil(try TimeZoneDatabase.system.rules(inAnyCase: text))
        XCTAssertNil(try TimeZoneDatabase.system.rules(setting: text))
        XCTAssertNotNil(try TimeZoneDatabase.system.rules(inAnyCase: "europe/kyiv"))
    }

    func test_words_haveAnEnd() {
        XCTAssertEqual(String(word: Array("yes".utf8)), "yes")
        XCTAssertEqual(String(word: Self.marks(400_000).utf8).utf8.count, 255 + 3, "the last mark is cut, and stands as U+FFFD")
    }
}
