import XCTest

@testable import Server

/// Goal: `\copy` writes what PostgreSQL 15 writes with the same options, but for the line ends of CSV. Method: a row with every sign that one of them looks at, in pieces of each length.
final class CopiedCSVTests: XCTestCase {
    private static let text = "x,y,z,w,v,n\r\na;b,,\"\",\"q\"\"r\",\"a\tb\\c\nd\",7\r\n"

    private func shown(pieces byteCount: Int, _ change: (inout CopyOptions) -> Void) throws -> String {
        var options = CopyOptions()
        options.form = .csv
        change(&options)
        var copy = CopiedCSV(options)
        let bytes = Array(Self.text.utf8)
        var shown: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: byteCount) { shown.append(contentsOf: try copy.shown(bytes[start..<min(start + byteCount, bytes.count)])) }
        return String(decoding: shown, as: UTF8.self)
    }

    func test_shown_asOptionsSay() throws {
        for byteCount in 1...Self.text.utf8.count {
            let signs = try shown(pieces: byteCount) { options in
                (options.delimiter, options.null, options.hasHeader) = (UInt8(ascii: ";"), "-", true)
            }
            XCTAssertEqual(signs, "x;y;z;w;v;n\r\n\"a;b\";-;;\"q\"\"r\";\"a\tb\\c\nd\";7\r\n")
            let quotes = try shown(pieces: byteCount) { options in (options.quote, options.quoted) = (UInt8(ascii: "'"), .columns(["x", "w"])) }
            XCTAssertEqual(quotes, "'a;b',,'','q\"r','a\tb\\c\nd',7\r\n")
            let escapes = try shown(pieces: byteCount) { options in (options.escape, options.quoted) = (UInt8(ascii: "\\"), .all) }
            XCTAssertEqual(escapes, "\"a;b\",,\"\",\"q\\\"r\",\"a\tb\\\\c\nd\",\"7\"\r\n")
            XCTAssertEqual(try shown(pieces: byteCount) { $0.form = .text }, "a;b\t\\N\t\tq\"r\ta\\tb\\\\c\\nd\t7\n")
        }
        XCTAssertThrowsError(try shown(pieces: 1) { $0.quoted = .columns(["q"]) }) { XCTAssertTrue($0 is PostgresFault, "\($0)") }
    }

    func test_rowCount_countsRowsOfTexts() {
        var csv = RowCount(.csv), lines = RowCount(.lines), parquet = RowCount(.parquet)
        for byte in Array(Self.text.utf8) { csv.take([byte]) }
        lines.take(Array("{\"a\":1}\n{\"a\":\"\\n\"}\n".utf8)[...])
        parquet.take([0x0A])
        XCTAssertEqual(csv.rows, 1)
        XCTAssertEqual(lines.rows, 2)
        XCTAssertNil(parquet.rows)
        XCTAssertEqual(RowCount(.csv).rows, 0)
    }
}
