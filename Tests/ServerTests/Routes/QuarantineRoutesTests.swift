import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a refused document as long as any is charged to whoever asks for it, and read for nobody else. Method: a server whose requests may hold 64 KiB, and documents around that.
final class QuarantineRoutesTests: XCTestCase {
    private static let ticket = "01JDABCDEFGHJKMNPQRSTVWXYZ"

    func test_entry_isChargedBeforeItIsRead_andWithItsText() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        func ask(_ document: [UInt8]) throws -> (status: Int, readCount: Int) {
            server.engine.state.withLock { state in
                state.readEntryCount = 0
                state.refused = QuarantineEntry(
                    ticketID: Self.ticket, clientID: "c1", receivedAt: 0, contentType: "application/json", type: "pos-receipt", problem: Fault(.invalidDocument, "wrong"),
                    document: document)
            }
            let status = try client.get("/v1/quarantine/\(Self.ticket)").status
            return (status, server.engine.state.withLock { $0.readEntryCount })
        }
        XCTAssertTrue(try ask(Array("{}".utf8)) == (200, 1))
        XCTAssertTrue(try ask([UInt8](repeating: UInt8(ascii: "a"), count: 100_000)) == (503, 0), "it was read before there was room for it")
        // Each byte is six of the text, which has room by itself.
        XCTAssertTrue(try ask([UInt8](repeating: 1, count: 10_000)) == (503, 1), "its text was made beside it")
        XCTAssertTrue(try ask(Array("{}".utf8)) == (200, 1), "nothing of what was refused is held")
    }

    func test_ticketsOfRefusedDocuments_areListedWithoutThem() throws {
        let server = try TestServer()
        let client = server.client()
        for (path, withDocuments) in [("/v1/tickets?state=REFUSED", false), ("/v1/tickets?state=REFUSED&receipt=R-1", false), ("/v1/quarantine", true)] {
            server.engine.state.withLock { $0.refusedPages = [] }
            XCTAssertEqual(try client.get(path).status, 200, path)
            XCTAssertEqual(server.engine.state.withLock { $0.refusedPages }, [withDocuments], path)
        }
    }
}
