import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: keys of documents order as PostgreSQL orders JSONB, take no more than their bound, and none begins another. Method: random documents against an order of their
/// trees that is written after PostgreSQL's manual; their spellings changed.
final class DocumentOrderTests: XCTestCase {
    private struct Generator {
        var random: SplitMix64

        mutating func below(_ bound: UInt64) -> Int { Int(random.next() % bound) }

        mutating func text() -> String {
            (0..<below(4)).map { _ in ["a", "b", "é", "\"", "\\", "\u{1}", "\n", "😀"][below(8)] }.joined()
        }

        mutating func value(_ depth: Int) -> JSONValue {
            switch below(depth > 0 ? 8 : 5) {
            case 0: return .null
            case 1: return .boolean(below(2) == 0)
            case 2, 3:
                let sign = below(3) == 0 ? "-" : ""
                let forms = ["0", "0.0", "1", "1.0", "10", "9", "0.5", "0.05", "100.10", "12", "1e70", "1e-70", "123456789012345678901234567890"]
                return .number(sign + forms[below(UInt64(forms.count))])
            case 4: return .string(text())
            case 5, 6: return .array((0..<below(4)).map { _ in value(depth - 1) })
            default: return .object((0..<below(4)).map { _ in JSONValue.Member(text(), value(depth - 1)) })
            }
        }
    }

    private func rank(_ value: JSONValue) -> Int {
        switch value {
        case .null: 0
        case .string: 1
        case .number: 2
        case .boolean: 3
        case .array: 4
        case .object: 5
        }
    }

    private func order(_ left: String, _ right: String) -> Int {
        left.utf8.elementsEqual(right.utf8) ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    private func order(_ left: JSONValue, _ right: JSONValue, isOutermost: Bool) -> Int {
        if isOutermost {
            let (one, other) = (left.array?.isEmpty ?? false, right.array?.isEmpty ?? false)
            if one || other { return one == other ? 0 : one ? -1 : 1 }
        }
        if rank(left) != rank(right) { return rank(left) - rank(right) }
        switch (left, right) {
        case (.boolean(let one), .boolean(let other)): return one == other ? 0 : other ? -1 : 1
        case (.string(let one), .string(let other)): return order(one, other)
        case (.number(let one), .number(let other)):
            // All of the generator's differ as DOUBLE, too.
            let (one, other) = (Double(one) ?? 0, Double(other) ?? 0)
            return one == other ? 0 : one < other ? -1 : 1
        case (.array(let one), .array(let other)):
            if one.count != other.count { return one.count - other.count }
            return zip(one, other).lazy.map { self.order($0, $1, isOutermost: false) }.first { $0 != 0 } ?? 0
        case (.object(let one), .object(let other)):
            let (one, other) = (JSONDocument.ordered(one), JSONDocument.ordered(other))
            if one.count != other.count { return one.count - other.count }
            for (left, right) in zip(one, other) {
                let found = order(left.name, right.name)
                if found != 0 { return found }
                let value = order(left.value, right.value, isOutermost: false)
                if value != 0 { return value }
            }
            return 0
        default: return 0
        }
    }

    func test_keys_ofRandomDocuments_orderAsTheirTrees() throws {
        let seed = SourceSeed.of("Sources/Query/Kernels")
        var generator = Generator(random: SplitMix64(state: seed))
        var documents: [(tree: JSONValue, text: [UInt8], key: [UInt8])] = []
        for _ in 0..<300 {
            let tree = generator.value(3)
            var text: [UInt8] = []
            try JSONDocument.append(tree, to: &text)
            let key = DocumentOrder.key(text[...])
            XCTAssertLessThanOrEqual(key.count, DocumentOrder.byteCountBound(text.count), String(decoding: text, as: UTF8.self))
            documents.append((tree, text, key))
        }
        for one in documents {
            for other in documents {
                let found = one.key == other.key ? 0 : one.key.lexicographicallyPrecedes(other.key) ? -1 : 1
                let what = "\(String(decoding: one.text, as: UTF8.self)) and \(String(decoding: other.text, as: UTF8.self)), seed \(seed)"
                XCTAssertEqual(found, order(one.tree, other.tree, isOutermost: true).signum(), what)
                if found != 0 { XCTAssertFalse(other.key.starts(with: one.key), what) }
            }
        }
    }

    /// JSONB's text has few escapes; other texts may have any.
    func test_keys_ofOneStringWrittenInTwoWays_areOne() {
        for (one, other) in [(#""\u0416\uD83D\uDE00""#, "\"Ж😀\""), (#"{"\u0061\/":1}"#, #"{"a/":1.0}"#), (#"["\u000a", -12.50]"#, #"["\n", -12.5]"#)] {
            XCTAssertEqual(DocumentOrder.key(Array(one.utf8)[...]), DocumentOrder.key(Array(other.utf8)[...]), one)
        }
    }

    func test_keys_ofTextsThatAreNoDocuments_end() {
        for text in ["", "{", "[", "\"", "\"\\", "-", "{\"a\"", "]", "}", "[1e99999999999999999999]", "tru", "\"\\u00"] {
            XCTAssertLessThanOrEqual(DocumentOrder.key(Array(text.utf8)[...]).count, DocumentOrder.byteCountBound(text.utf8.count) + 8, text)
        }
    }
}
