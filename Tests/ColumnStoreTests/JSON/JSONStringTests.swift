import ColumnStore
import TestSupport
import XCTest

/// Goal: what a string says is what was written, whichever of its characters stand as escapes. Method: each escape, and random texts there and back.
final class JSONStringTests: XCTestCase {
    private func unescaped(_ inner: String) -> String {
        var text: [UInt8] = []
        JSONString.appendUnescaped(Array(inner.utf8)[...], to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func test_escapes_areResolved() {
        for (inner, text) in [
            ("", ""), ("plain", "plain"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"a\u0416b"#, "aЖb"), (#"\u20AC\u20ac"#, "€€"), (#"\uD83D\uDE00!"#, "😀!"), (#"\u0000"#, "\0"),
            // What no text of JSON has ends, and is no longer than what stands for it.
            (#"\uD83D"#, "\u{FFFD}"), (#"\uD83Dx"#, "\u{FFFD}x"), (#"\uDE00"#, "\u{FFFD}"), (#"\uzzzz"#, "\u{FFFD}"), (#"\u00"#, "\0"), (#"\"#, ""), (#"a\q"#, "aq"),
        ] {
            XCTAssertEqual(unescaped(inner), text, inner)
        }
    }

    func test_randomTexts_comeBack() {
        let seed = SourceSeed.of("Sources/ColumnStore/JSON")
        var random = SplitMix64(state: seed)
        for _ in 0..<500 {
            let text = (0..<random.next() % 12).map { _ in ["a", "\"", "\\", "/", "\u{1}", "\u{8}", "\n", "Ж", "😀", "u0041"][Int(random.next() % 10)] }.joined()
            var written: [UInt8] = []
            JSONString.append(text.utf8, to: &written)
            XCTAssertEqual(JSONString.byteCount(Array(text.utf8)[...]), written.count, "seed \(seed)")
            XCTAssertEqual(unescaped(String(decoding: written.dropFirst().dropLast(), as: UTF8.self)), text, "seed \(seed)")
        }
    }
}
