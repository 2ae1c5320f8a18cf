import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: what a page takes is charged while it is read, as it grows. Method: a server whose requests may hold 64 KiB, and pages that ask for less, and for more.
final class PageMemoryTests: XCTestCase {
    func test_pages_askForTheMemoryOfWhatIsRead() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        let upload = Upload(id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: 0)
        server.engine.state.withLock { $0.upload = upload }
        for path in ["/v1/receipts", "/v1/receipts/R-1", "/v1/receipts/R-1/versions", "/v1/uploads/u/errors", "/v1/quarantine", "/v1/tickets?state=REFUSED"] {
            for (byteCount, isRefused) in [(20_000, false), (100_000, true), (20_000, false)] {
                server.engine.state.withLock { $0.pageByteCount = byteCount }
                let answer = try client.get(path)
                XCTAssertEqual(answer.status == 503, isRefused, "\(path), \(byteCount): \(answer.text)")
            }
        }
        // Each is asked for twice: as the catalog has it, and as text.
        server.engine.state.withLock { $0.pageByteCount = 40_000 }
        XCTAssertEqual(try client.get("/v1/uploads/u/errors").status, 503)
    }

    /// Each look is charged by as many as are wanted, the later ones of a call that waits like the first, and what was charged is given back.
    func test_changes_areChargedBeforeEachLook() throws {
        let server = try TestServer()
        let ledger = server.context.admission.ledger
        let held = Mutex<[Int]>([])
        server.engine.state.withLock { state in
            state.onChanges = { held.withLock { $0.append(ledger.figures.byteCount) } }
        }
        let client = server.client()
        try client.send(Array("GET /v1/changes?after=5&wait=60&limit=10000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { server.engine.state.withLock { !$0.waiters.isEmpty } })
        XCTAssertEqual(ledger.figures.byteCount, 0, "whoever waits holds nothing")
        server.engine.commit(6)
        let answer = try client.answer()
        XCTAssertTrue(answer.text.contains(#""sequence":6"#), answer.text)
        let looks = held.withLock { $0 }
        XCTAssertGreaterThan(looks.count, 1)
        XCTAssertTrue(looks.allSatisfy { $0 >= 10_000 * 1_024 }, "\(looks)")
        XCTAssertTrue(Patience.until { ledger.figures.byteCount == 0 })
    }
}
