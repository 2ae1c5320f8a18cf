import ColumnStore
import XCTest

@testable import Server

/// Goal: an answer comes in the form and the coding that were asked for, and in none that was refused by name (RFC 9110, 12.5).
final class NegotiationTests: XCTestCase {
    func test_coding_isTheBestOfThoseTaken() {
        let table: [(header: String?, coding: StreamCoding?)] = [
            (nil, nil), ("", nil), ("gzip", .gzip), ("GZIP", .gzip), ("zstd", .zstd), ("br", nil), ("gzip, zstd", .zstd), ("gzip;q=0.9, zstd;q=0.5", .gzip),
            ("gzip;q=0", nil), ("gzip; q=0.0, zstd", .zstd), ("identity", nil), ("*", .gzip), ("*;q=0", nil), ("gzip;q=0, *", .zstd), ("*, gzip;q=0", .zstd),
            ("gzip;q=0, zstd;q=0, *", nil), ("zstd;q=0.1, *;q=0.9", .gzip), ("gzip;q=0.5, *;q=0.1", .gzip), ("zstd;q=0, *", .gzip),
        ]
        for row in table { XCTAssertEqual(ContentCoding.choose(row.header), row.coding, row.header ?? "none") }
    }

    func test_document_isAskedForByItsTypeAlone() {
        let table: [(header: String?, isFor: Bool)] = [
            (nil, false), ("", false), ("*/*", false), ("application/*", false), ("application/xml", true), ("Application/XML", true), ("application/xml; q=0.5", true),
            ("application/xml;charset=utf-8", true), ("application/xml;q=0", false), ("application/xml, */*", false), ("application/xml;q=0.5, application/json", false),
            ("application/json", false),
        ]
        for row in table { XCTAssertEqual(Accept(row.header).isFor("application/xml"), row.isFor, row.header ?? "none") }
        XCTAssertFalse(Accept("application/xml").isFor(nil))
    }
}
