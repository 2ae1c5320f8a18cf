import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: two CSV records say the same where their values under their headers do, in whatever order and quotes, and else never. Method: random records under more headers than are
/// kept, against a list of names and values.
final class DocumentContentTests: XCTestCase {
    /// Each name and value that is not blank, by name, with its length before it: on disk, so that it stays as it is.
    private static func expected(_ values: [String: String]) -> [UInt8] {
        var text: [UInt8] = []
        for (name, value) in values.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }) where !value.isEmpty {
            for part in [name, value] {
                withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { text.append(contentsOf: $0) }
                text += Array(part.utf8)
            }
        }
        return SHA256.hash(text)
    }

    private static func field(_ text: String, _ random: inout SplitMix64) -> String {
        let isPlain = !text.contains { $0 == "," || $0 == "\"" || $0 == "\n" }
        return isPlain && Bool.random(using: &random) ? text : "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    func test_hash_csvRecords_isThatOfTheirValuesByName() {
        var random = SplitMix64(state: 52)
        let names = ["a", "b", "ab", "ї", "long name", "x,y", "q\"", ""]
        let texts = ["", "1", "a,b", "\"quoted\"", "two\nlines", "Кіт", " "]
        for _ in 0..<600 {
            let order = names.shuffled(using: &random).prefix(Int.random(in: 1...names.count, using: &random))
            var values: [String: String] = [:]
            for name in order { values[name] = texts.randomElement(using: &random) ?? "" }
            let header = order.map { Self.field($0, &random) }.joined(separator: ";").replacingOccurrences(of: ";", with: ",")
            let record = order.map { Self.field(values[$0] ?? "", &random) }.joined(separator: ",")
            // A line of nothing is no record.
            if header.isEmpty || record.isEmpty { continue }
            let document = Array("\(header)\n\(record)".utf8)
            XCTAssertEqual(DocumentContent.hash(document, sha256: [7], isCSV: true, delimiter: UInt8(ascii: ",")), Self.expected(values), "\(header) \(record)")
        }
    }

    func test_hash_whatIsNoRecord_isThatOfItsBytes() {
        for text in ["", "a,b", "a,b\n", "a,b\n1", "a,b\n1,2,3", "a,a\n1,2", "a\"b\n1"] {
            XCTAssertEqual(DocumentContent.hash(Array(text.utf8), sha256: [7], isCSV: true, delimiter: UInt8(ascii: ",")), [7], text)
        }
        XCTAssertEqual(DocumentContent.hash(Array("a,b\n1,2".utf8), sha256: [7], isCSV: false, delimiter: UInt8(ascii: ",")), [7])
    }
}
