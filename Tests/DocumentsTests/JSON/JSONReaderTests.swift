import TestSupport
import XCTest

@testable import Documents

/// What RFC 8259 accepts and refuses, and what Till adds, by example, mutation and truncation.
final class JSONReaderTests: XCTestCase {
    private func fault(_ text: [UInt8]) -> DocumentError? {
        do {
            return try text.withUnsafeBytes { bytes in
                try JSONReader().read(bytes) { _ in nil }
            }
        } catch let error as DocumentError {
            return error
        } catch {
            XCTFail("\(error)")
            return nil
        }
    }

    private func fault(_ text: String) -> DocumentError? { fault(Array(text.utf8)) }

    /// A message with a name in it goes to terminals and logs.
    func test_shown_hasNoControls() { XCTAssertEqual(JSONGrammar.shown(Array("a\u{1B}b\u{9B}c\u{7F}\u{A0}ї".utf8)), "\"a·b·c·\u{A0}ї\"") }

    func test_read_wellFormedTexts_areAccepted() {
        let texts = [
            "0", "-0", "1.5e+10", " true ", "null", "\"\"", "[]", "{}", "[[],{}]", "{\"a\":{\"a\":[1,2,{\"a\":3}]}}",
            "\u{FEFF}{\"a\":1}", "[1,\t2\r\n]", "\"\\u0000\\ud83d\\ude00\\n\"", "{\"\":1}", "\"\u{7F}\"", "1" + String(repeating: "0", count: 400),
            "[" + Array(repeating: "1", count: 1000).joined(separator: " , ") + "]",
            String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
        ]
        for text in texts { XCTAssertNil(fault(text), text) }
    }

    func test_read_malformedTexts_areRefusedWithTheirOffset() {
        let texts: [(String, Int)] = [
            ("", 0), ("  ", 0), ("{", 1), ("[1", 2), ("[1,]", 3), ("{\"a\"}", 4), ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1),
            ("01", 0), ("-", 0), ("1.", 0), (".5", 0), ("+1", 0), ("1e", 0), ("0x10", 0), ("NaN", 0), ("tru", 0), ("truee", 0),
            ("1 2", 2), ("{} x", 3), ("[1 2]", 3), ("\"a", 0), ("\"\\x\"", 1), ("\"\\u12g4\"", 1), ("\"\\ud800\"", 1),
            ("\"\\udc00\"", 1), ("\"\\ud800\\u0041\"", 1), ("\"a\u{1}\"", 2), ("[\"a\nb\"]", 3), ("{\"a\":1,\"a\":2}", 7),
            ("{\"a\":1,\"\\u0061\":2}", 7), ("[1,2", 4), ("]", 0), ("{\"a\":[1}", 7), ("\"a\"b", 3), ("\u{1}", 0), ("[1]\u{0}", 3),
            (String(repeating: "[", count: 129) + String(repeating: "]", count: 129), 128), ("\"abc\\", 0), ("'a'", 0), ("[\u{A0}1]", 1),
        ]
        for (text, offset) in texts {
            let error = fault(text)
            XCTAssertEqual(error?.code, .badJSON, text)
            XCTAssertEqual(error?.offset, offset, "\(text): \(error?.reason ?? "accepted")")
        }
    }

    /// Brackets without partners are a token and a value each: there is room for them at every size (asserted where values are laid down).
    func test_read_openBracketsAtTheEnd_haveTheirRoom() {
        for count in [0, 1, 500, 800, 900, 957, 958, 959, 1_000, 1_020, 1_500, 4_000] {
            for depth in [1, 64, 126, 127] {
                for opener in ["[", "{\"a\":"] {
                    let text = "[" + String(repeating: "1,", count: count) + String(repeating: opener, count: depth)
                    XCTAssertEqual(fault(text)?.code, .badJSON, "\(count) values, then \(depth) of \(opener)")
                }
            }
        }
    }

    func test_read_bytesThatAreNotUTF8_areRefused() {
        let quoted: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ]
        for bytes in quoted {
            let error = fault([0x22] + bytes + [0x22])
            XCTAssertEqual(error, DocumentError(.badJSON, offset: 1, "not UTF-8"), "\(bytes)")
        }
        XCTAssertEqual(fault([0xFF, 0xFE, 0x7B, 0, 0x7D, 0])?.code, .badJSON)
    }

    func test_read_manyMembers_repeatedNameIsFound() {
        let members = (0..<5_000).map { "\"member\($0)\":\($0)" }
        XCTAssertNil(fault("{" + members.joined(separator: ",") + "}"))
        XCTAssertEqual(fault("{" + (members + ["\"member77\":1"]).joined(separator: ",") + "}")?.reason, "the member name \"member77\" repeats")
    }

    func test_tape_nodesPointersAndRanges_areThoseOfTheText() throws {
        let text = Array(#"{"a":[1, {"b~/c":"x\u0041y"} ],"d":null}"#.utf8)
        try text.withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { tape in
                XCTAssertEqual(tape.count, 6)
                XCTAssertEqual(tape.pointer(to: 4), "/a/1/b~0~1c")
                XCTAssertEqual(tape.string(of: 4), "xAy")
                XCTAssertEqual(String(decoding: text[tape.range(of: 3)], as: UTF8.self), #"{"b~/c":"x\u0041y"}"#)
                XCTAssertEqual(Array(tape.children(of: 0)), [1, 5])
                XCTAssertEqual(tape.member("d", of: 0), 5)
                XCTAssertEqual(tape[0].childCount, 2)
            }
        }
    }

    /// Cut at each length and with each byte changed: an error or a tape, never a trap.
    func test_read_truncatedAndMutatedTexts_neverTrap() {
        let text = Array(#"{"id":"R\n1","l":[{"q":2.50e1,"n":"Хліб"},{"q":-0}],"t":true,"n":null,"é":""}"#.utf8)
        for length in 0..<text.count { XCTAssertNotNil(fault(Array(text[..<length]))) }
        var random = SplitMix64(state: 0x15EED)
        for _ in 0..<20_000 {
            var mutated = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                mutated[Int.random(in: 0..<mutated.count, using: &random)] = Bool.random(using: &random)
                    ? UInt8.random(in: 0...255, using: &random) : Array("{}[]\",:\\u0e-".utf8).randomElement(using: &random) ?? 0
            }
            _ = fault(mutated)
        }
    }
}
