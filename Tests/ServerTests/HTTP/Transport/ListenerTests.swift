import ColumnStore
import Documents
import Foundation
import Ingest
import Server
import Synchronization
import TestSupport
import XCTest

/// Goal: what the HTTP layer promises whatever the call. Method: real sockets against a real listener, with routes of the test's own.
final class ListenerTests: XCTestCase {
    private static func route(
        _ method: HTTPMethod, _ path: String, place: Route.Place = .connection, body: Route.BodyLimit = .none,
        _ handle: @escaping @Sendable (Call) throws -> Response?
    ) -> Route {
        Route(
            method, path, access: .open, place: place, body: body,
            operation: Operation("test", "", parameters: [.query("q", "")], answers: []), handle: handle)
    }

    private static let echo = route(.post, "/test/echo", body: .documents) { call in
        Response(status: 200, contentType: "application/octet-stream", bytes: call.request.body)
    }

    func test_body_chunkedAndLargeAndPipelined_arriveWhole() throws {
        let server = try TestServer(extraRoutes: [Self.echo])
        let client = server.client()
        let large = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        XCTAssertEqual(try client.call("POST", "/test/echo", body: large).body, large)
        try client.send(Array("POST /test/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n".utf8))
        XCTAssertEqual(try client.answer().text, "hello world")
        // Two requests in one piece: both are answered, in order.
        let one = "POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
        try client.send(Array((one + "a" + one + "b").utf8))
        XCTAssertEqual(try client.answer().text, "a")
        XCTAssertEqual(try client.answer().text, "b")
    }

    /// Whoever resumes a connection wakes the thread that serves it: the answer does not wait for the end of that thread's sleep.
    func test_resume_fromAnotherThread_endsTheSleep() throws {
        let later = Self.route(.post, "/test/later", body: .documents) { call in
            let exchange = call.exchange
            exchange.suspend()
            // Late enough that the thread sleeps again.
            WorkerThread(name: "later", isDetached: true) {
                usleep(2_000)
                exchange.complete { Response(status: 200, contentType: "text/plain", bytes: Array("late".utf8)) }
            }
            return nil
        }
        let server = try TestServer(extraRoutes: [later], sleepMilliseconds: 20_000)
        let clients = (0..<4).map { _ in server.client() }
        let began = Date()
        for _ in 0..<3 { for client in clients { XCTAssertEqual(try client.call("POST", "/test/later", body: Array("x".utf8)).text, "late") } }
        XCTAssertLessThan(Date().timeIntervalSince(began), 20, "an answer waited for the thread's next look")
    }

    /// Each looks around two hundred times a second: a process that has begun many listeners would do nothing else in the end.
    func test_threadsOfAListenerThatHasStopped_endWithItsLastConnection() throws {
        func threadCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
                // One that has ended meanwhile has no name.
                ["http\n", "http-stand-in\n"].contains(try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8))
            }
        }
        let before = try threadCount()
        do {
            let server = try TestServer()
            let client = server.client()
            XCTAssertEqual(try client.get("/healthz").status, 200)
            XCTAssertTrue(try Patience.until { try threadCount() >= 3 }, "they have other names")
            server.listener.stopAccepting()
            XCTAssertEqual(try client.get("/healthz").status, 200, "what is there is served to its end")
        }
        XCTAssertTrue(try Patience.until { try threadCount() <= before }, "there were \(before) before")
    }

    /// A process that has begun many listeners would look after the threads of all of them, twenty times a second each.
    func test_standIn_ofAListenerThatHasStopped_looksNoMore() throws {
        let clock = ManualClock()
        let server = try TestServer(timers: Timers(clock: clock))
        let before = clock.waitingCount
        server.listener.stopAccepting()
        XCTAssertEqual(clock.waitingCount, before - 1)
        server.listener.stopAccepting()
        XCTAssertEqual(clock.waitingCount, before - 1, "nobody else's ends with it")
    }

    func test_body_overLimit_is413AndConnectionLives() throws {
        var limits = DoorLimits()
        limits.body = 1_000
        let server = try TestServer(limits: limits, extraRoutes: [Self.echo])
        let client = server.client()
        let answer = try client.call("POST", "/test/echo", body: [UInt8](repeating: 0x61, count: 5_000_000))
        XCTAssertEqual(answer.status, 413)
        XCTAssertTrue(answer.text.contains("/problems/too-large"))
        XCTAssertEqual(try client.call("POST", "/test/echo", body: Array("ok".utf8)).text, "ok")
        // Without a length the limit is found while reading.
        let piece = "1000\r\n" + String(repeating: "a", count: 0x1000) + "\r\n"
        try client.send(Array(("POST /test/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + piece + "0\r\n\r\n").utf8))
        XCTAssertEqual(try client.answer().status, 413)
    }

    func test_expectContinue_isAnsweredAndRefusedEarly() throws {
        var limits = DoorLimits()
        limits.body = 1_000
        let server = try TestServer(limits: limits, extraRoutes: [Self.echo])
        let client = server.client()
        try client.send(Array("POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".utf8))
        usleep(50_000)
        try client.send(Array("ok".utf8))
        XCTAssertEqual(try client.answer().text, "ok")
        // No body is sent at all: the answer comes all the same.
        try client.send(Array("POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n".utf8))
        XCTAssertEqual(try client.answer().status, 413)
    }

    func test_contentEncoding_isUndoneWithinTheLimit() throws {
        var limits = DoorLimits()
        limits.body = 100_000
        let server = try TestServer(limits: limits, extraRoutes: [Self.echo])
        let client = server.client()
        let text = Array(String(repeating: "receipt ", count: 5_000).utf8)
        for coding in ["gzip", "zstd"] {
            let packed = try Self.compress(text, coding)
            let answer = try client.call("POST", "/test/echo", headers: [("Content-Encoding", coding)], body: packed)
            XCTAssertEqual(answer.body, text, coding)
            let cut = try client.call("POST", "/test/echo", headers: [("Content-Encoding", coding)], body: Array(packed.dropLast(5)))
            XCTAssertEqual(cut.status, 400, coding)
            XCTAssertTrue(cut.text.contains("bad-encoding"), coding)
            let bomb = try Self.compress([UInt8](repeating: 0, count: 2_000_000), coding)
            XCTAssertEqual(try client.call("POST", "/test/echo", headers: [("Content-Encoding", coding)], body: bomb).status, 413, coding)
        }
        XCTAssertEqual(try client.call("POST", "/test/echo", headers: [("Content-Encoding", "br")], body: [1]).status, 415)
    }

    private static func compress(_ bytes: [UInt8], _ coding: String) throws -> [UInt8] {
        // Through the server's own answers: what it compresses it must read.
        let stored = Mutex(bytes)
        let route = route(.get, "/test/bytes") { _ in
            Response(status: 200, contentType: "application/octet-stream", bytes: stored.withLock { $0 })
        }
        let answer = try TestServer(extraRoutes: [route]).client().get("/test/bytes", [("Accept-Encoding", coding)])
        XCTAssertEqual(answer.headers["content-encoding"], coding)
        XCTAssertLessThan(answer.body.count, bytes.count)
        return answer.body
    }

    /// What an answer is put into does not go by the thread that gives it.
    func test_answerThatComesLater_isInTheCodingThatIsAskedFor() throws {
        let route = Self.route(.get, "/test/later") { call in
            let exchange = call.exchange
            let count = Int(call.parameter("q") ?? "") ?? 0
            exchange.suspend()
            WorkerThread(name: "later", isDetached: true) {
                exchange.complete { Response(status: 200, contentType: "text/plain", bytes: Self.text(count)) }
            }
            return nil
        }
        let made = Self.route(.get, "/test/made") { call in
            let left = Mutex(Int(call.parameter("q") ?? "") ?? 0)
            return Response(
                status: 200, contentType: "text/plain",
                stream: ResponseStream {
                    left.withLock { left -> [UInt8]? in
                        defer { left -= 1 }
                        return left > 0 ? Self.text(1_000) : nil
                    }
                })
        }
        let client = try TestServer(extraRoutes: [route, made]).client()
        for coding in ["gzip", "zstd"] {
            for count in [1_500, 40_000, 3_000_000] {
                let answer = try client.get("/test/later?q=\(count)", [("Accept-Encoding", coding)])
                XCTAssertEqual(answer.headers["content-encoding"], coding, "\(count)")
                XCTAssertEqual(answer.headers["vary"], "Accept-Encoding", "\(count)")
                XCTAssertLessThan(answer.body.count, count)
                XCTAssertEqual(try ContentCoding.decode(answer.body, coding: coding, byteCountMax: 1 << 24), Self.text(count), "\(coding) \(count)")
            }
            for count in [0, 1, 700] {
                let answer = try client.get("/test/made?q=\(count)", [("Accept-Encoding", coding)])
                XCTAssertEqual(answer.headers["content-encoding"], coding, "a stream of \(count)")
                let whole = (0..<count).flatMap { _ in Self.text(1_000) }
                XCTAssertEqual(try ContentCoding.decode(answer.body, coding: coding, byteCountMax: 1 << 24), whole, "\(coding), a stream of \(count)")
            }
            // What is short stays as it is.
            let short = try client.get("/test/later?q=100", [("Accept-Encoding", coding)])
            XCTAssertNil(short.headers["content-encoding"])
            XCTAssertEqual(short.body, Self.text(100))
        }
        XCTAssertEqual(try client.get("/test/later?q=3000000").body, Self.text(3_000_000))
    }

    /// What a coding takes is charged: where there is no room the answer is the same without it.
    func test_answerThatComesLater_withoutRoomForACoding_leavesAsItIs() throws {
        let route = Self.route(.get, "/test/later") { call in
            let exchange = call.exchange
            exchange.suspend()
            WorkerThread(name: "later", isDetached: true) {
                exchange.complete { Response(status: 200, contentType: "text/plain", bytes: Self.text(100_000)) }
            }
            return nil
        }
        var limits = DoorLimits()
        // One credential has 1 MiB, which zstd's windows alone are more than.
        (limits.memory.all, limits.memory.bodyByteCount) = (2 << 20, 1)
        let client = try TestServer(limits: limits, extraRoutes: [route]).client()
        let plain = try client.get("/test/later", [("Accept-Encoding", "zstd")])
        XCTAssertNil(plain.headers["content-encoding"])
        XCTAssertEqual(plain.body, Self.text(100_000))
        XCTAssertEqual(try client.get("/test/later", [("Accept-Encoding", "gzip")]).headers["content-encoding"], "gzip")
    }

    /// Numbered lines: not so alike that a coding makes nothing of them.
    private static func text(_ count: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(count + 20)
        var number = 0
        while text.count < count {
            text += "receipt \(number &* 7_919)\n".utf8
            number += 1
        }
        return Array(text.prefix(count))
    }

    func test_paths_areDecodedOnceAfterRouting() throws {
        let route = Self.route(.get, "/test/{id}/end") { call in
            Response(status: 200, contentType: "text/plain", bytes: Array((call.path("id") + "|" + (call.parameter("q") ?? "-")).utf8))
        }
        let client = try TestServer(extraRoutes: [route]).client()
        XCTAssertEqual(try client.get("/test/a%2Fb/end?q=x%26y+z").text, "a/b|x&y z")
        XCTAssertEqual(try client.get("/test/a%252Fb/end").text, "a%2Fb|-")
        XCTAssertEqual(try client.get("/test/%D0%A5/end").text, "Х|-")
        for bad in ["/test/%00/end", "/test/%zz/end", "/test/%ff/end", "/test/%/end"] {
            let answer = try client.get(bad)
            XCTAssertEqual(answer.status, 400, bad)
            XCTAssertTrue(answer.text.contains("bad-parameter"), bad)
        }
        XCTAssertEqual(try client.get("/test//end").status, 404)
        XCTAssertEqual(try client.get("/test/a/b/end").status, 404)
        XCTAssertEqual(try client.get("/test/a/end?r=1").status, 400)
        XCTAssertEqual(try client.get("/test/a/end?q=1&q=2").status, 400)
    }

    func test_methods_405WithAllow_headAndOptions() throws {
        let client = try TestServer().client()
        let refused = try client.call("DELETE", "/v1/receipts")
        XCTAssertEqual(refused.status, 405)
        XCTAssertEqual(refused.headers["content-type"], "application/problem+json")
        XCTAssertEqual(refused.headers["allow"], "POST, GET, HEAD, OPTIONS")
        XCTAssertEqual(try client.call("BREW", "/healthz").status, 405)
        let options = try client.call("OPTIONS", "/healthz")
        XCTAssertEqual(options.status, 204)
        XCTAssertEqual(options.headers["allow"], "GET, HEAD, OPTIONS")
        let head = try client.call("HEAD", "/healthz")
        XCTAssertEqual(head.status, 200)
        XCTAssertEqual(head.headers["content-length"], "15")
        XCTAssertEqual(try client.get("/healthz").text, #"{"status":"ok"}"#)
        let missing = try client.get("/v2/nothing")
        XCTAssertEqual(missing.status, 404)
        XCTAssertTrue(missing.text.contains("/problems/not-found"))
    }

    func test_stream_isHeldUpByASlowReader() throws {
        let written = Mutex(0)
        let route = Self.route(.get, "/test/stream", place: .reads) { call in
            let stream = ResponseStream()
            let exchange = call.exchange
            exchange.complete { Response(status: 200, contentType: "text/plain", stream: stream) }
            let writer = StreamWriter(stream, coding: nil)
            for _ in 0..<2_000 {
                try writer.write([UInt8](repeating: 0x61, count: 32_768))
                written.withLock { $0 += 32_768 }
            }
            try writer.finish()
            return nil
        }
        let client = try TestServer(extraRoutes: [route]).client()
        try client.send(Array("GET /test/stream HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        usleep(700_000)
        // The queue and the kernel's buffers hold a few MiB; the maker must not be far ahead of them.
        XCTAssertLessThan(written.withLock { $0 }, 24 << 20)
        let answer = try client.answer()
        XCTAssertFalse(answer.isCut)
        XCTAssertEqual(answer.body.count, 2_000 * 32_768)
    }

    func test_stream_faultAfterFirstByte_closesWithoutLastChunk() throws {
        let route = Self.route(.get, "/test/stream", place: .reads) { call in
            let stream = ResponseStream()
            call.exchange.complete { Response(status: 200, contentType: "text/plain", stream: stream) }
            try stream.write(Array("begun".utf8))
            stream.fail()
            return nil
        }
        let answer = try TestServer(extraRoutes: [route]).client().get("/test/stream")
        XCTAssertEqual(answer.status, 200)
        XCTAssertEqual(answer.text, "begun")
        XCTAssertTrue(answer.isCut)
    }

    func test_goneClient_isNoticed_whileNothingIsSent() throws {
        let gone = DispatchSemaphore(value: 0)
        let route = Self.route(.get, "/test/wait", place: .reads) { call in
            call.exchange.whenGone {
                gone.signal()
            }
            return nil
        }
        let server = try TestServer(extraRoutes: [route])
        let client = server.client()
        try client.send(Array("GET /test/wait HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        usleep(300_000)
        client.close()
        XCTAssertEqual(gone.wait(timeout: .now() + Patience.seconds), .success)
    }

    func test_goneClient_endsItsStream() throws {
        let ended = DispatchSemaphore(value: 0)
        let route = Self.route(.get, "/test/stream", place: .reads) { call in
            let stream = ResponseStream()
            call.exchange.complete { Response(status: 200, contentType: "text/plain", stream: stream) }
            do {
                while true { try stream.write([UInt8](repeating: 0x61, count: 32_768)) }
            } catch is ResponseStream.Closed {
                ended.signal()
            }
            return nil
        }
        let client = try TestServer(extraRoutes: [route]).client()
        try client.send(Array("GET /test/stream HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        usleep(200_000)
        client.close()
        XCTAssertEqual(ended.wait(timeout: .now() + Patience.seconds), .success)
    }

    func test_garbage_doesNotStopTheServer() throws {
        let server = try TestServer()
        let client = server.client()
        let pieces = [
            "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\n" + String(repeating: "X-Y: z\r\n", count: 20_000) + "\r\n",
        ]
        for piece in pieces {
            try client.send(Array(piece.utf8))
            usleep(20_000)
            client.close()
            XCTAssertEqual(try client.get("/healthz").status, 200, piece.prefix(40).debugDescription)
        }
    }

    func test_requestThatStops_isAnsweredWhenItsTimeIsOver_anIdleConnectionNot() throws {
        let server = try TestServer(idleTimeout: 1)
        let post = "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n"
        let pieces = [
            "GET /heal", "GET /healthz HTTP/1.1\r\nHost:", post + "Content-Length: 5\r\n\r\nab",
            post + "Transfer-Encoding: chunked\r\n\r\n2;" + String(repeating: "a", count: 1_000),
        ]
        for piece in pieces {
            let client = server.client()
            try client.send(Array(piece.utf8))
            let (answer, rest) = try client.lastAnswer()
            XCTAssertEqual(answer.status, 408, piece.prefix(40).debugDescription)
            XCTAssertTrue(answer.text.contains("/problems/request-timeout"), answer.text)
            XCTAssertEqual(rest, [])
        }
        for before in ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let client = server.client()
            try client.send(Array(before.utf8))
            if !before.isEmpty { XCTAssertEqual(try client.answer().status, 200) }
            XCTAssertThrowsError(try client.answer(), "an answer that nobody asked for")
        }
        server.listener.stopAccepting()
        XCTAssertTrue(server.listener.waitUntilIdle(seconds: Patience.seconds))
    }

    func test_requestThatComesSlowly_isAnsweredWhenItsTimeIsOver_aSlowClientThatWaitsIsNot() throws {
        let server = try TestServer(slowSeconds: 0.6)
        let whole = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        let post = "POST /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n"
        let rows: [(before: String, beginning: String, then: String)] = [
            ("", "GET /", "a"), (whole, "GET /", "a"), ("", "GET /healthz HTTP/1.1\r\nHost: ", "x"),
            ("", post + "Content-Length: 500\r\n\r\n", "{"), ("", post + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n"),
        ]
        for row in rows {
            let client = server.client()
            if !row.before.isEmpty {
                try client.send(Array(row.before.utf8))
                XCTAssertEqual(try client.answer().status, 200)
                // Between two requests a client may take its time.
                usleep(1_200_000)
            }
            try client.send(Array(row.beginning.utf8))
            // Never idle.
            for _ in 0..<18 where (try? client.send(Array(row.then.utf8))) != nil { usleep(100_000) }
            let (answer, rest) = try client.lastAnswer()
            XCTAssertEqual(answer.status, 408, row.beginning)
            XCTAssertTrue(answer.text.contains("/problems/request-timeout"), answer.text)
            // Not because it fell silent, which has an end of its own.
            XCTAssertTrue(answer.text.contains("did not come within"), answer.text)
            XCTAssertEqual(rest, [])
        }
        // An answer may take longer than a request.
        let client = server.client()
        XCTAssertEqual(try client.get("/v1/changes?after=100&wait=2").status, 200)
        XCTAssertEqual(try client.get("/healthz").status, 200)
        server.listener.stopAccepting()
        XCTAssertTrue(server.listener.waitUntilIdle(seconds: Patience.seconds))
    }

    func test_stop_letsRunningRequestsFinish() throws {
        let isRunning = Mutex(false)
        let isStopping = Mutex(false)
        let route = Self.route(.get, "/test/slow", place: .reads) { _ in
            isRunning.withLock { $0 = true }
            Patience.until { isStopping.withLock { $0 } }
            return Response(status: 200, contentType: "text/plain", bytes: Array("done".utf8))
        }
        let server = try TestServer(extraRoutes: [route])
        let client = server.client()
        try client.send(Array("GET /test/slow HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { isRunning.withLock { $0 } })
        server.context.beginStopping()
        server.listener.stopAccepting()
        isStopping.withLock { $0 = true }
        XCTAssertTrue(server.listener.waitUntilIdle(seconds: Patience.seconds))
        let answer = try client.answer()
        XCTAssertEqual(answer.text, "done")
        XCTAssertEqual(answer.headers["connection"]?.lowercased(), "close")
        XCTAssertThrowsError(try server.client().get("/healthz"))
    }

    func test_longPoll_wakesOnCommitAndEndsAtItsTime() throws {
        let server = try TestServer()
        let client = server.client()
        try client.send(Array("GET /v1/changes?after=5&wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\n\r\n".utf8))
        usleep(200_000)
        let startedAt = Date()
        server.engine.commit(6)
        let answer = try client.answer()
        XCTAssertLessThan(Date().timeIntervalSince(startedAt), 55, "the poll asked for a minute")
        XCTAssertTrue(answer.text.contains(#""sequence":6"#), answer.text)
        let empty = try client.get("/v1/changes?after=6&wait=1")
        XCTAssertEqual(empty.text, #"{"changes":[],"next_after":6}"#)
        for bad in ["wait=61", "wait=-1", "limit=0", "limit=10001", "after=x", "after=-1", "limit=+5"] {
            XCTAssertEqual(try client.get("/v1/changes?\(bad)").status, 400, bad)
        }
    }
}
