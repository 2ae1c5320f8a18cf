import ColumnStore
import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a refused document as long as any is charged to the request that asks for it, and read for no other. Method: a server whose requests may hold 64 KiB, and documents around that.
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
        XCTAssertTrue(try ask([UInt8](repeating: UInt8(ascii: "a"), count: 100_000)) == (413, 0), "it was read before there was room for it")
        // Each byte is six of the text, which has room by itself.
        XCTAssertTrue(try ask([UInt8](repeating: 1, count: 10_000)) == (413, 1), "its text was made beside it")
        XCTAssertTrue(try ask(Array("{}".utf8)) == (200, 1), "nothing of what was refused is held")
    }

    private static func entry(_ number: Int, _ document: [UInt8]) -> QuarantineEntry {
        QuarantineEntry(
            ticketID: "01JDABCDEFGHJKMNPQRSTVW\(100 + number)", clientID: "c1", receivedAt: 0, contentType: "application/json", type: "pos-receipt",
            problem: Fault(.invalidDocument, "wrong"), document: document)
    }

    /// A page that is never had is of fewer documents, and one that is never had by itself is no matter of time.
    func test_list_ofMoreThanIsEverHad_hasFewerEntries() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        func list(_ count: Int, _ document: [UInt8]) throws -> HTTPClient.Answer {
            let answer: HTTPClient.Answer? = try Patience.value {
                server.engine.state.withLock { ($0.refusedLimits, $0.refusedEntries) = ([], (0..<count).map { Self.entry($0, document) }) }
                let answer = try client.get("/v1/quarantine")
                // What the answer before it held is given back a moment after that was read.
                return answer.status == 503 ? nil : answer
            }
            return try XCTUnwrap(answer)
        }
        for (count, document, read, shown) in [
            (20, [UInt8](repeating: UInt8(ascii: "a"), count: 1_000), [1_000], 20),
            // Each byte is six of the text.
            (20, [UInt8](repeating: 1, count: 1_000), [1_000, 2], 2),
            // No seventh is read.
            (20, [UInt8](repeating: UInt8(ascii: "a"), count: 10_000), [1_000, 1], 1),
        ] as [(Int, [UInt8], [Int], Int)] {
            let answer = try list(count, document)
            XCTAssertEqual(answer.status, 200, answer.text)
            let body = try JSONParser.parse(answer.body)
            XCTAssertEqual(body["quarantine"]?.array?.count, shown)
            XCTAssertEqual(body["next_cursor"]?.text, shown < count ? "next" : nil)
            XCTAssertEqual(server.engine.state.withLock { $0.refusedLimits }, read)
        }
        let refused = try list(3, [UInt8](repeating: UInt8(ascii: "a"), count: 100_000))
        XCTAssertEqual(refused.status, 413)
        for says in ["limits.request_memory", "state=REFUSED"] { XCTAssertTrue(refused.text.contains(says), refused.text) }
        XCTAssertNil(refused.headers["retry-after"])
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
