import XCTest

@testable import Server

/// Goal: `\t` and `\x` show CSV as psql does, and no field otherwise than it came. Method: fields with commas, quotes and line breaks, in pieces of each length.
final class CSVTableTests: XCTestCase {
    private static let text = "\"a,\n\"\"b\",c\r\n1,\"x\"\"\r\ny,\"\r\n,\"\"\r\n"

    private func shown(showsNames: Bool, isExpanded: Bool, pieces byteCount: Int, of text: String = text) -> String {
        var table = CSVTable(showsNames: showsNames, isExpanded: isExpanded)
        let bytes = Array(text.utf8)
        var shown: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: byteCount) { shown.append(contentsOf: table.shown(bytes[start..<min(start + byteCount, bytes.count)])) }
        return String(decoding: shown, as: UTF8.self)
    }

    func test_shown_withoutNames_andALineForEachValue() {
        let name = "\"a,\n\"\"b\""
        for byteCount in 1...Self.text.utf8.count {
            XCTAssertEqual(shown(showsNames: true, isExpanded: false, pieces: byteCount), Self.text)
            XCTAssertEqual(shown(showsNames: false, isExpanded: false, pieces: byteCount), "1,\"x\"\"\r\ny,\"\r\n,\"\"\r\n")
            for showsNames in [true, false] {
                XCTAssertEqual(shown(showsNames: showsNames, isExpanded: true, pieces: byteCount), "\(name),1\r\nc,\"x\"\"\r\ny,\"\r\n\(name),\r\nc,\"\"\r\n")
            }
        }
        // A row of one NULL is an empty line; an answer without rows has no values.
        XCTAssertEqual(shown(showsNames: true, isExpanded: true, pieces: 1, of: "a\r\n\r\n1\r\n"), "a,\r\na,1\r\n")
        XCTAssertEqual(shown(showsNames: true, isExpanded: true, pieces: 1, of: "a,b\r\n"), "")
    }
}
