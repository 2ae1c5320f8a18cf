import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: many texts at once, most of them passed over unseen, match as each does by itself.
final class LikePatternTests: XCTestCase {
    private var random = SplitMix64(state: 0x11CE)

    private func pick<Element>(_ elements: [Element]) -> Element { elements[Int(random.next() % UInt64(elements.count))] }

    private func check(_ texts: [String], _ pattern: String, ignoringCase: Bool, line: UInt = #line) throws {
        let pattern = LikePattern(Array(pattern.utf8), escape: Array("\\".utf8), ignoringCase: ignoringCase)
        var all = ByteArrays()
        for text in texts { all.append(text.utf8) }
        let found = try pattern.matches(all, WorkMeter(EvaluationContext()))
        for (row, text) in texts.enumerated() {
            var one = ByteArrays()
            one.append(text.utf8)
            XCTAssertEqual(found[row], try pattern.matches(one, WorkMeter(EvaluationContext()))[0], "\(text) against \(pattern)", line: line)
        }
    }

    func test_matches_manyTexts_asEachAlone() throws {
        // Letters of one case, of two, with forms of other lengths (K is the Kelvin sign, Å the Ångström sign), and neighbours that share bytes.
        let letters = ["к", "К", "а", "А", "в", "р", "Р", "п", "П", "k", "K", "\u{212A}", "\u{212B}", "å", "i", "İ", "ß", "ẞ", "Ⱥ", "ⱥ", "1", " ", "漢", "🙂"]
        for _ in 0..<400 {
            let alphabet = (0..<3 + Int(random.next() % 4)).map { _ in pick(letters) }
            func text(_ count: Int) -> String { (0..<Int(random.next() % UInt64(count + 1))).map { _ in pick(alphabet) }.joined() }
            let texts = (0..<150).map { _ in text(12) }
            let pattern = (0..<1 + Int(random.next() % 3)).map { _ in text(4) }.joined(separator: pick(["%", "%", "_", "%_"]))
            for whole in [pattern, "%" + pattern, pattern + "%", "%" + pattern + "%"] {
                try check(texts, whole, ignoringCase: true)
                try check(texts, whole, ignoringCase: false)
            }
        }
    }

    func test_matches_partAcrossTwoTexts_isNone() throws {
        let texts = (0..<100).map { $0 % 2 == 0 ? "молоко ка" : "ва чорна" }
        var all = ByteArrays()
        for text in texts { all.append(text.utf8) }
        XCTAssertEqual(try LikePattern(Array("%кава%".utf8), escape: [], ignoringCase: true).matches(all, WorkMeter(EvaluationContext())).setCount, 0)
        try check(texts + ["КАВА", "каВА", "кав"], "%Кава%", ignoringCase: true)
    }

    /// As PostgreSQL's search comes to it: with something of the text left, or not at all.
    func test_matches_patternThatEndsInItsEscape_isRefusedWhereTextIsLeft() throws {
        let cases: [(pattern: String, passed: [String], refused: [String])] = [
            ("a\\", ["", "a", "b", "bab"], ["ab", "a%"]), ("\\", [""], ["a"]), ("%\\", [""], ["a"]), ("_\\", ["", "a", "я"], ["ab"]),
            ("a%\\", ["a", "ba"], ["ab"]), ("a%_\\", ["a", "b"], ["ab", "abc"]), ("a_%\\", ["a", "ab"], ["abc"]), ("%b\\", ["ab", "a"], ["abc", "abab"]),
            ("\\\\\\", ["\\", "a"], ["\\a"]),
        ]
        for ignoringCase in [false, true] {
            for (text, passed, refused) in cases {
                let pattern = LikePattern(Array(text.utf8), escape: Array("\\".utf8), ignoringCase: ignoringCase)
                var all = ByteArrays()
                for text in passed { all.append(text.utf8) }
                XCTAssertEqual(try pattern.matches(all, WorkMeter(EvaluationContext())).setCount, 0, text)
                for other in refused {
                    var both = all
                    both.append(other.utf8)
                    XCTAssertThrowsError(try pattern.matches(both, WorkMeter(EvaluationContext())), "\(other) \(text)")
                    var validity = Bitmap(repeating: true, count: both.count)
                    validity[both.count - 1] = false
                    XCTAssertEqual(try pattern.matches(both, validity: validity, WorkMeter(EvaluationContext())).setCount, 0, "\(other) \(text)")
                }
            }
        }
        let fixture = QueryFixture(threads: 1)
        XCTAssertEqual(try fixture.rows("SELECT 'a' LIKE 'a\\', 'a' NOT LIKE 'a\\', 'b' LIKE 'a!' ESCAPE '!', NULL LIKE 'a\\'"), "false,true,false,")
        XCTAssertEqual(try fixture.rows("SELECT s FROM (VALUES ('a'), ('b'), (NULL)) t(s) WHERE s NOT LIKE 'a\\' ORDER BY s"), "a|b")
        XCTAssertEqual(fixture.error("SELECT s FROM (VALUES ('a'), ('ab')) t(s) WHERE s LIKE 'a\\'")?.cause, .invalidEscape)
        XCTAssertEqual(fixture.error("SELECT 'ab' LIKE 'a!' ESCAPE '!'")?.cause, .invalidEscape)
    }

    func test_origins_holdEveryScalarThatHasALowerCase() {
        for scalar in (UInt32(0)...0x10_FFFF).lazy.compactMap(Unicode.Scalar.init) {
            let lower = CaseMapping.lower(scalar)
            if lower != scalar, CaseMapping.origins[lower]?.contains(scalar) != true { XCTFail("\(scalar) is not among the origins of \(lower)") }
        }
    }
}
