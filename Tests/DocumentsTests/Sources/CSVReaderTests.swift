import XCTest

@testable import Documents

/// Goal: a body of CSV has the records that a file of the same bytes has. Method: line ends where they belong and where they do not, read as a body and as a file.
final class CSVReaderTests: XCTestCase {
    /// Each record's fields, or why there is none.
    private func rows(_ text: String) throws -> [String] {
        try Array(text.utf8).withUnsafeBytes { bytes -> [String] in
            var reader = try CSVReader(bytes)
            var rows: [String] = []
            while true {
                do throws(DocumentError) {
                    guard let record = try reader.nextRecord() else { return rows }
                    rows.append(record.fields.map { String(decoding: reader.text(of: $0), as: UTF8.self) }.joined(separator: "|"))
                } catch {
                    rows.append("! " + error.detail)
                }
            }
        }
    }

    func test_nextRecord_returnBehindAClosingQuote_isOfALineEndOrAFault() throws {
        let fault = "! something follows the closing quote of a field (line 2)"
        for (text, wanted) in [
            ("id,at,note\n1,2026-01-01,\"x\"\r2,2026-01-01,\"y\"\n", [fault]), ("a,b\n\"x\"\r,2\n3,4\n", [fault, "3|4"]),
            ("a,b\n1,\"x\"\r\r\n3,4\n", [fault, "3|4"]), ("a,b\r\n1,\"x\"\r\n2,\"y\"\r\n", ["1|x", "2|y"]), ("a,b\n1,\"x\"\r", ["1|x"]), ("a,b\n1,\"x\"", ["1|x"]),
        ] {
            XCTAssertEqual(try rows(text), wanted, text.debugDescription)
        }
    }
}
