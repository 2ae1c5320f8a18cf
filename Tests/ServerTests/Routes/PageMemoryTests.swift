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
}
