import ColumnStore
import XCTest

@testable import Query

/// Goal: no text with the part in it is left out. Method: all texts of three letters up to five of them, end to end, against a search of each; in both cases too.
final class PartPrefilterTests: XCTestCase {
    private func texts(_ letters: String, upTo length: Int) -> [String] {
        var all = [""], last = [""]
        for _ in 0..<length {
            last = last.flatMap { text in letters.map { text + String($0) } }
            all += last
        }
        return all
    }

    private func check(_ part: String, in texts: [String], ignoringCase: Bool, line: UInt = #line) throws {
        let filter = try XCTUnwrap(PartPrefilter(Array(part.utf8), ignoringCase: ignoringCase), part)
        var arrays = ByteArrays()
        for text in texts { arrays.append(Array(text.utf8)) }
        let found = filter.candidates(arrays).map(Int.init)
        XCTAssertEqual(found, Array(Set(found)).sorted(), "\(part): ascending, each once", line: line)
        let wanted = texts.indices.filter { (ignoringCase ? texts[$0].lowercased() : texts[$0]).contains(part) }
        XCTAssertEqual(Set(wanted).subtracting(found).map { texts[$0] }, [], "\(part) is not found", line: line)
    }

    func test_candidates_ofEveryShortPart_haveEveryTextWithIt() throws {
        let all = texts("abc", upTo: 5)
        for part in texts("abc", upTo: 4) where part.count >= 2 { try check(part, in: all, ignoringCase: false) }
    }

    func test_candidates_ignoringCase_haveEveryTextWithIt() throws {
        let all = texts("aAbB", upTo: 4)
        for part in texts("ab", upTo: 4) where part.count >= 2 { try check(part, in: all, ignoringCase: true) }
        // The sign for kelvin is a k, and three bytes.
        try check("kab", in: ["kab", "KAB", "\u{212A}ab", "xx\u{212A}AB", "ka", "ab", "\u{212A}", ""], ignoringCase: true)
        try check("éa", in: ["éa", "ÉA", "a", "é", "éé", "xÉa"], ignoringCase: true)
    }

    /// Every text has the rarest two bytes of the part side by side, few have all of it.
    func test_candidates_haveEveryByteOfTheirPart() throws {
        let filter = try XCTUnwrap(PartPrefilter(Array("кава".utf8), ignoringCase: true))
        var arrays = ByteArrays()
        var wanted: [Int32] = []
        for number in 0..<300 {
            let holds = number % 31 == 7
            if holds { wanted.append(Int32(number)) }
            let word = holds ? ["Кава", "міцна КАВА", "кава"][number % 3] : ["Калина", "Смакота", "каша", "Картка", "кавун"][number % 5]
            arrays.append(Array("\(word) \(number)".utf8))
        }
        XCTAssertEqual(filter.candidates(arrays), wanted)
        // A part longer than there are bytes that are looked for.
        let long = try XCTUnwrap(PartPrefilter(Array("chocolate with nuts".utf8), ignoringCase: false))
        var others = ByteArrays()
        for number in 0..<100 { others.append(Array((number == 70 ? "chocolate with nuts, \(number)" : "chocolate without, \(number)").utf8)) }
        XCTAssertEqual(long.candidates(others), [70])
    }

    func test_candidates_ofNoTexts_areNone() throws {
        let filter = try XCTUnwrap(PartPrefilter(Array("ab".utf8), ignoringCase: false))
        XCTAssertEqual(filter.candidates(ByteArrays()), [])
        XCTAssertNil(PartPrefilter(Array("a".utf8), ignoringCase: false))
        XCTAssertNil(PartPrefilter([UInt8](), ignoringCase: false))
    }
}
