import ColumnStore
import Glibc
import Synchronization
import TestSupport
import XCTest

@testable import ColumnStore

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
        wait(for: [done], timeout: Patience.seconds)
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

    /// Nothing would ever end a call that libcurl has no room for: neither an answer nor its time.
    func test_send_thatLibcurlDoesNotTake_endsWithAnError_andTheNextIsMade() throws {
        let server = TestHTTPServer { _ in .init(body: "here") }
        defer { server.close() }
        let isFull = Mutex(true)
        let client = OutgoingClient(policy: try AddressPolicy(allow: ["127.0.0.1"])) { multi, easy in
            isFull.withLock { isFull in
                defer { isFull = false }
                return !isFull
            } && OutgoingClient.addToLibrary(multi, easy)
        }
        defer { client.close() }
        let request = OutgoingRequest(method: .get, url: "http://127.0.0.1:\(server.port)/")
        XCTAssertEqual(send(client, request).failure, .notConnected("libcurl cannot take the call"))
        XCTAssertEqual(String(decoding: try send(client, request).get().body, as: UTF8.self), "here")
        XCTAssertEqual(server.connectionCount.load(ordering: .relaxed), 1)
    }

    /// Whoever is told `.closed` waits for the next start: a thread that there was not for a moment is no stop.
    func test_send_withoutAThread_isNotConnected_andTheNextFindsOne() throws {
        let server = TestHTTPServer { _ in .init(body: "here") }
        defer { server.close() }
        let request = OutgoingRequest(method: .get, url: "http://127.0.0.1:\(server.port)/")
        let client = try WorkerThread.$areRefused.withValue(true) { try self.client() }
        WorkerThread.$areRefused.withValue(true) {
            XCTAssertEqual(send(client, request).failure, .notConnected("the system gives no thread for calls"))
            XCTAssertEqual(client.answer(to: request).failure, .notConnected("the system gives no thread for calls"))
        }
        XCTAssertEqual(String(decoding: try send(client, request).get().body, as: UTF8.self), "here")
        client.close()
        XCTAssertEqual(send(client, request).failure, .closed)
        XCTAssertEqual(server.connectionCount.load(ordering: .relaxed), 1)
    }

    func test_close_withoutAThread_endsCalls() throws {
        let client = try WorkerThread.$areRefused.withValue(true) { try self.client() }
        client.close()
        XCTAssertEqual(send(client, OutgoingRequest(method: .get, url: "http://127.0.0.1:1/")).failure, .closed)
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

    /// Every way to write a loopback address that a resolver understands, a name among them: what counts is the address that is connected to.
    func test_send_internalAddress_howeverWritten_isRefused() throws {
        let server = TestHTTPServer { _ in .init() }
        defer { server.close() }
        let client = try client(allow: [])
        defer { client.close() }
        let hosts = [
            "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0.0.0.0", "0", "127.0.0.1.", "localhost",
            "LOCALHOST", "localhost.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
            "[::ffff:0.0.0.0]", "example.org@127.0.0.1", "%31%32%37.0.0.1", "①②⑦.0.0.1",
        ]
        for host in hosts {
            let result = send(client, OutgoingRequest(method: .post, url: "http://\(host):\(server.port)/", timeoutMilliseconds: 2_000))
            switch result.failure {
            case .addressRefused, .notConnected: break
            default: XCTFail("\(host): \(result)")
            }
        }
        XCTAssertEqual(server.connectionCount.load(ordering: .relaxed), 0)
    }

    /// A host that is allowed leads nowhere else: neither by a redirect nor by the port beside it.
    func test_send_redirect_isAnAnswer_andNotFollowed() throws {
        let inside = TestHTTPServer { _ in .init(body: "secret") }
        let outside = TestHTTPServer { _ in .init(status: 307, headers: [("Location", "http://127.0.0.1:\(inside.port)/")]) }
        defer { for server in [inside, outside] { server.close() } }
        let client = try client(allow: ["127.0.0.1:\(outside.port)"])
        defer { client.close() }
        let response = try send(client, OutgoingRequest(method: .post, url: "http://127.0.0.1:\(outside.port)/", body: [1])).get()
        XCTAssertEqual(response.status, 307)
        XCTAssertEqual(send(client, OutgoingRequest(method: .get, url: "http://127.0.0.1:\(inside.port)/")).failure, .addressRefused)
        XCTAssertEqual(inside.connectionCount.load(ordering: .relaxed), 0)
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
            wait(for: [done], timeout: Patience.seconds)
        }
        XCTAssertLessThanOrEqual(server.connectionCount.load(ordering: .relaxed), 150, "four rounds of a hundred reuse what is open")
    }

    /// As of a server that has waited long enough, and says so before it closes the connection: that answers nothing that is asked later.
    func test_send_onAConnectionOnWhichSomethingLies_goesOutOnAnother() throws {
        let isAnswered = Monitor(false)
        let isWritten = Monitor(false)
        let server = TestHTTPServer { request in
            var response = TestHTTPServer.Response(body: request.path)
            guard request.path == "/1" else { return response }
            response.afterwards = { write in
                _ = isAnswered.wait { $0 ? true : nil }
                write(Array("HTTP/1.1 408 X\r\nContent-Length: 0\r\n\r\n".utf8))
                isWritten.broadcast { $0 = true }
            }
            return response
        }
        defer { server.close() }
        let client = try client()
        defer { client.close() }
        let url = "http://127.0.0.1:\(server.port)"
        XCTAssertEqual(try send(client, OutgoingRequest(method: .get, url: url + "/1")).get().body, Array("/1".utf8))
        isAnswered.broadcast { $0 = true }
        _ = isWritten.wait { $0 ? true : nil }
        let second = try send(client, OutgoingRequest(method: .post, url: url + "/2", body: [1])).get()
        XCTAssertEqual(second.status, 200)
        XCTAssertEqual(second.body, Array("/2".utf8))
        XCTAssertEqual(try send(client, OutgoingRequest(method: .get, url: url + "/3")).get().body, Array("/3".utf8))
        XCTAssertEqual(server.connectionCount.load(ordering: .relaxed), 2)
    }

    /// libcurl sends a request again, five times, where a connection that it has taken up ends without an answer. Whether that may be is for whoever calls to say.
    func test_send_requestWithoutAnAnswer_isSentOnce() throws {
        let count = Atomic<Int>(0)
        try withExtendedLifetime(count) {
            let server = TestHTTPServer { request in
                guard request.path == "/2" else { return .init() }
                count.wrappingAdd(1, ordering: .relaxed)
                return .init(drops: true)
            }
            defer { server.close() }
            let client = try client()
            defer { client.close() }
            let url = "http://127.0.0.1:\(server.port)"
            XCTAssertEqual(try send(client, OutgoingRequest(method: .get, url: url + "/1")).get().status, 200)
            guard case .broken = send(client, OutgoingRequest(method: .post, url: url + "/2", body: [1])).failure else {
                return XCTFail("a dropped connection is broken")
            }
            XCTAssertEqual(count.load(ordering: .relaxed), 1)
            XCTAssertEqual(try send(client, OutgoingRequest(method: .get, url: url + "/3")).get().status, 200)
        }
    }

    /// The request was sent: nobody may take it for one that was not.
    func test_send_answerThatIsNoHTTP_isBroken() throws {
        let server = TestHTTPServer { _ in
            var response = TestHTTPServer.Response()
            response.instead = Array("no answer at all\r\n\r\n".utf8)
            return response
        }
        defer { server.close() }
        let client = try client()
        defer { client.close() }
        let failure = send(client, OutgoingRequest(method: .post, url: "http://127.0.0.1:\(server.port)/", body: [1])).failure
        guard case .broken = failure else { return XCTFail("\(String(describing: failure))") }
    }

    /// By what a client says first: the protocols that it would speak.
    func test_send_overTLS_asksForHTTP1Alone() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, byteCount) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &byteCount) == 0
            }
        }
        XCTAssertTrue(isListening)
        let client = try client()
        defer { client.close() }
        client.send(OutgoingRequest(method: .get, url: "https://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")) { _ in }
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var hello: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        // A record: five bytes, the last two of which say how many follow.
        while hello.count < 5 || hello.count < 5 + Int(hello[3]) << 8 + Int(hello[4]) {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return XCTFail("no whole record") }
            hello += buffer[..<count]
        }
        let text = String(hello.map { Character(Unicode.Scalar($0)) })
        XCTAssertTrue(text.contains("\u{8}http/1.1"))
        XCTAssertFalse(text.contains("\u{2}h2\u{8}http/1.1"))
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
        wait(for: [done], timeout: Patience.seconds)
        XCTAssertEqual(send(client, OutgoingRequest(method: .get, url: "http://127.0.0.1/")).failure, .closed)
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
