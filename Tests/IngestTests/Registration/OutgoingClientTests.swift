import Ingest
import Synchronization
import TestSupport
import XCTest

/// Against a real HTTP server on loopback.
final class OutgoingClientTests: XCTestCase {
    private func client(allow: [String] = ["127.0.0.1"]) throws -> OutgoingClient { OutgoingClient(policy: try AddressPolicy(allow: allow)) }

    private func send(_ client: OutgoingClient, _ request: OutgoingRequest) -> Result<OutgoingResponse, OutgoingFailure> {
        let done = expectation(description: request.url)
        let answer = Mutex<Result<OutgoingResponse, OutgoingFailure>?>(nil)
        client.send(request) { result in
            answer.withLock { $0 = result }
            done.fulfill()
        }
        wait(for: [done], timeout: 30)
        return answer.withLock { $0 } ?? .failure(.closed)
    }

    func test_send_postWithHeaders_arrivesWhole_andItsAnswerComesBack() throws {
        let server = TestHTTPServer { request in
            .init(
                status: 201, headers: [("Retry-After", "7"), ("X-Saw", request.headers["x-one"] ?? "")],
                body: "\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))")
        }
        defer { server.close() }
        let client = try client()
        defer { client.close() }
        let request = OutgoingRequest(
            method: .post, url: "http://127.0.0.1:\(server.port)/a?b=c", headers: [("X-One", "first")], body: Array("тіло".utf8))
        let response = try send(client, request).get()
        XCTAssertEqual(response.status, 201)
        XCTAssertEqual(response.headers["retry-after"], "7")
        XCTAssertEqual(response.headers["x-saw"], "first")
        XCTAssertEqual(String(decoding: response.body, as: UTF8.self), "POST /a?b=c тіло")
    }

    func test_send_internalAddressNotListed_isRefusedBeforeConnecting() throws {
        let server = TestHTTPServer { _ in .init() }
        defer { server.close() }
        let client = try client(allow: ["127.0.0.2"])
        defer { client.close() }
        for host in ["127.0.0.1", "localhost"] {
            let result = send(client, OutgoingRequest(method: .get, url: "http://\(host):\(server.port)/"))
            XCTAssertEqual(result.failure, .addressRefused, host)
        }
        XCTAssertEqual(server.connectionCount.load(ordering: .relaxed), 0)
    }

    func test_send_failures_sayWhetherTheRequestMayHaveArrived() throws {
        let server = TestHTTPServer { request in
            request.path == "/slow" ? .init(delayMilliseconds: 2_000) : .init(drops: true)
        }
        defer { server.close() }
        let client = try client()
        defer { client.close() }
        let base = "http://127.0.0.1:\(server.port)"
        XCTAssertEqual(send(client, OutgoingRequest(method: .post, url: base + "/slow", timeoutMilliseconds: 200)).failure, .timedOut)
        guard case .broken = send(client, OutgoingRequest(method: .post, url: base + "/drop", body: [1])).failure else {
            return XCTFail("a dropped connection is broken")
        }
        for url in ["http://127.0.0.1:1/", "ftp://127.0.0.1/", "no url", "file:///etc/passwd"] {
            guard case .notConnected = send(client, OutgoingRequest(method: .get, url: url)).failure else {
                return XCTFail("\(url) never connects")
            }
        }
    }

    func test_send_hundredsAtOnce_reuseConnections_andAllAnswer() throws {
        let server = TestHTTPServer { request in .init(body: request.path) }
        defer { server.close() }
        let client = try client()
        defer { client.close() }
        for round in 0..<4 {
            let done = expectation(description: "round \(round)")
            done.expectedFulfillmentCount = 100
            for number in 0..<100 {
                client.send(OutgoingRequest(method: .get, url: "http://127.0.0.1:\(server.port)/\(number)")) { result in
                    if case .success(let response) = result, response.body == Array("/\(number)".utf8) { done.fulfill() }
                }
            }
            wait(for: [done], timeout: 30)
        }
        XCTAssertLessThanOrEqual(server.connectionCount.load(ordering: .relaxed), 150, "four rounds of a hundred reuse what is open")
    }

    func test_close_callsUnderWay_endClosed() throws {
        let server = TestHTTPServer { _ in .init(delayMilliseconds: 5_000) }
        defer { server.close() }
        let client = try client()
        let done = expectation(description: "closed")
        client.send(OutgoingRequest(method: .get, url: "http://127.0.0.1:\(server.port)/")) { result in
            XCTAssertEqual(result.failure, .closed)
            done.fulfill()
        }
        usleep(100_000)
        client.close()
        wait(for: [done], timeout: 5)
        XCTAssertEqual(send(client, OutgoingRequest(method: .get, url: "http://127.0.0.1/")).failure, .closed)
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
