import ColumnStore
import Documents
import Ingest
import XCTest

@testable import Server

/// Goal: what a refused document is charged with is no less than what its answer takes. Method: documents of bytes that are long in JSON.
final class QuarantineBodyTests: XCTestCase {
    func test_heldBytes_areNoLessThanDocumentAndText() {
        let documents: [[UInt8]] = [
            [], Array("{\"id\":1}".utf8), [UInt8](repeating: 1, count: 10_000), [UInt8](repeating: UInt8(ascii: "\""), count: 10_000),
            [UInt8](repeating: UInt8(ascii: "\\"), count: 10_000), [UInt8](repeating: UInt8(ascii: "\n"), count: 10_000), [UInt8](repeating: 0xFF, count: 10_000),
            Array(String(repeating: "é", count: 10_000).utf8), [UInt8](repeating: UInt8(ascii: "a"), count: 10_000),
        ]
        for document in documents {
            let long = String(repeating: "w", count: 1_000)
            let problem = Fault(.invalidDocument, long, errors: (0..<20).map { .init(pointer: "/\($0)", code: "c", message: long) })
            let entry = QuarantineEntry(ticketID: "t", clientID: "c1", receivedAt: 0, contentType: "application/json", type: nil, problem: problem, document: document)
            let body = QuarantineBody(entry, as: .admin)
            let byteCount = body.json().count
            XCTAssertGreaterThanOrEqual(body.heldByteCount, document.count + byteCount, "\(document.prefix(1))")
            XCTAssertLessThanOrEqual(body.heldByteCount, document.count + 4 * byteCount, "\(document.prefix(1))")
        }
    }
}
