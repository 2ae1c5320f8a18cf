import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: files that have come hold up neither readers nor each other's owners. Method: calls that end when the test says so, on a server's own pools.
final class DispatchTests: XCTestCase {
    /// Takes a body, and keeps nothing of it.
    private final class Sink: BodySink {
        func append(_ bytes: UnsafeRawBufferPointer) throws {}
    }

    private final class Files: Sendable {
        let isHeld = Mutex(true)
        /// Owners of those that were begun.
        let begun = Mutex<[String]>([])
        var count: Int { begun.withLock(\.count) }
    }

    /// `PUT /test/files/{owner}`: a file whose end takes as long as it is held.
    private func route(_ files: Files) -> Route {
        Route(
            .put, "/test/files/{owner}", access: .signed, place: .files, operation: .undocumented("test"), uses: { _ in files },
            open: { call, _ in
                call.belongs(to: .contract(ClientID(call.path("owner"))))
                return Sink()
            },
            handle: { call, files in
                files.begun.withLock { $0.append(call.path("owner")) }
                Patience.until { files.isHeld.withLock { !$0 } }
                return .noContent
            })
    }

    private func put(_ owner: String, _ server: TestServer) throws -> HTTPClient {
        let client = server.client(key: nil)
        try client.send(Array("PUT /test/files/\(owner) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx".utf8))
        return client
    }

    func test_filesThatEnd_holdUpNoReaders_andNoOtherOwner() throws {
        let files = Files()
        let server = try TestServer(extraRoutes: [route(files)])
        // More than all threads for reads.
        let clients = try (0..<12).map { _ in try put("a", server) }
        XCTAssertTrue(Patience.until { files.count == 2 })
        XCTAssertEqual(try server.client().get("/v1/changes?after=0").status, 200)
        let other = try put("b", server)
        XCTAssertTrue(Patience.until { files.begun.withLock { $0.contains("b") } })
        XCTAssertEqual(files.begun.withLock { $0 }, ["a", "a", "b"], "one owner has two of the three threads")
        files.isHeld.withLock { $0 = false }
        for client in clients + [other] { XCTAssertEqual(try client.answer().status, 204) }
    }

    func test_everyFile_endsThere() {
        let routes = APIRoutes.all.filter { $0.body == .file }
        XCTAssertEqual(routes.count, 3)
        for route in routes { XCTAssertEqual(route.place, .files, "\(route.method.rawValue) \(route.path)") }
    }
}
