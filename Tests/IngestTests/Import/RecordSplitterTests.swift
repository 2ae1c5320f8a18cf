import Documents
import Ingest
import TestSupport
import XCTest

/// Goal: records are cut at the same places however the bytes arrive. Method: texts with known records, in pieces of every size.
final class RecordSplitterTests: XCTestCase {
    private func split(_ text: String, _ format: ImportFormat, pieceSize: Int) throws -> [String] {
        var splitter = RecordSplitter(format)
        var records: [String] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + pieceSize)
            try splitter.add(Array(bytes[start..<end]), isLast: false) { records.append(String(decoding: $0, as: UTF8.self)) }
            start = end
        }
        try splitter.add([], isLast: true) { records.append(String(decoding: $0, as: UTF8.self)) }
        return records
    }

    func test_split_atEveryPieceSize() throws {
        let table: [(format: ImportFormat, text: String, records: [String])] = [
            (.lines, "{\"a\":1}\r\n\n  \n{\"b\":\n{c}", ["{\"a\":1}", "{\"b\":", "{c}"]),
            (.json, "{\"a\":\"}\\\"{\"}\n{\"b\":[1,{\"c\":2}]}", ["{\"a\":\"}\\\"{\"}", "{\"b\":[1,{\"c\":2}]}"]),
            (.json, "\u{FEFF} [ {\"a\":[1,2]} ,\n{\"b\":\"],[\"}, 7 ] ", ["{\"a\":[1,2]}", "{\"b\":\"],[\"}", "7"]),
            (.json, "\u{FEFF}\u{FEFF}7", ["\u{FEFF}7"]), (.json, "\u{FEFF} \u{FEFF}7", ["\u{FEFF}7"]),
            (.json, "[]", []), (.json, "{\"a\":", ["{\"a\":"]),
            (.csv, "id,text\r\n1,\"a\nb\"\r\n2,\"c\"\"\"\n\n", ["1,\"a\nb\"", "2,\"c\"\"\""]), (.xml, "<a>\n</a>", ["<a>\n</a>"]),
        ]
        for row in table {
            for size in 1...12 { XCTAssertEqual(try split(row.text, row.format, pieceSize: size), row.records, "\(row.text) by \(size)") }
        }
    }

    func test_format_byNameAndByFirstBytes() {
        XCTAssertEqual(ImportFormat.of(path: "a.ndjson.zst", first: []), .lines)
        XCTAssertEqual(ImportFormat.of(path: "A.JSON.gz", first: []), .json)
        XCTAssertEqual(ImportFormat.of(path: "-", first: Array("  <?xml".utf8)), .xml)
        XCTAssertEqual(ImportFormat.of(path: "-", first: Array("\u{FEFF}{\n\"a\":1}".utf8)), .json)
        XCTAssertEqual(ImportFormat.of(path: "-", first: Array("{\"a\":\"}\\\"\"}\n{".utf8)), .lines)
        XCTAssertEqual(ImportFormat.of(path: "x", first: Array("id,total".utf8)), .csv)
    }
}
