import Cluster
import ColumnStore
import Foundation
import Glibc
import Ingest
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: a client is never told of a refusal that its own request has caused, by a try of which nobody knows, nor that nothing was done where it may be. Method: a node that follows, and in
/// the place of its leader a peer that greets, and a door that ends the first connection behind the request, or says that it waited in vain for the rest of it, and refuses the next one; or
/// one that has the request and stands still.
final class RequestPassingTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")
    private var log = Log(format: .json, level: .error)

    override func setUpWithError() throws {
        folder = try Project.temporaryFolder("till-passing")
        // Not closed: whoever has the log may still write.
        log = Log(format: .json, level: .warning, descriptor: open("\(folder.path)/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600))
    }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// An object by which another leads.
    private struct LedByAnother: ObjectPlace {
        func read() throws -> (bytes: [UInt8], tag: String)? {
            let object = Configuration(epoch: 1, nonce: Nonce(session: 1, count: 1), leader: "b", insync: ["b"], mode: .pair, log: nil, floor: 1, removed: [], level: 1)
            return (object.objectBytes, "1")
        }

        func create(_ bytes: [UInt8]) throws -> Bool { false }
        func swap(_ bytes: [UInt8], ifStill tag: String) throws -> Bool { false }
    }

    /// What a request came to, as the node has it: its client may hear nothing of it.
    private struct End: Sendable {
        let status: Int
        let problem: Problem?
        let isUnheard: Bool
    }

    /// Passes all on.
    private final class AllPassed: RequestHandler {
        private let passing: RequestPassing
        /// Of the last request.
        let end = Monitor<End?>(nil)

        init(_ passing: RequestPassing) { self.passing = passing }

        func begin(_ exchange: Exchange) throws -> any HandledRequest {
            guard let head = PassedHead(exchange.request, fields: exchange.connection.fields(), node: "a") else { throw Problem(.methodNotAllowed, "no method") }
            return PassedRequest(exchange, head, isMarked: false, isStale: false, passing)
        }

        func response(to error: any Error, on exchange: Exchange) -> Response { Response(status: 500) }
        func requestID(_ exchange: Exchange) -> String { "1" }
        func ended(_ exchange: Exchange, isWhole: Bool) { end.withLock { $0 = End(status: exchange.status, problem: exchange.problem, isUnheard: exchange.isUnheard) } }
    }

    /// - Parameter serve: what becomes of each connection, of which there were so many, once the request is here.
    /// - Returns: where it is, and what ends it.
    private func door(_ serve: @escaping @Sendable (_ connection: Int32, _ count: Int, _ isOver: Monitor<Bool>) -> Void) throws -> (port: UInt16, end: () -> Void) {
        let (listening, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        let (isOver, done) = (Monitor(false), DispatchGroup())
        done.enter()
        Thread.detachNewThread {
            var count = 0
            while !isOver.withLock({ $0 }) {
                var polled = pollfd(fd: listening, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, 20) > 0 else { continue }
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { continue }
                count += 1
                // Head and body come in one or more pieces; the body ends with a mark.
                var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4_096))
                while !bytes.suffix(4).elementsEqual(Array("END.".utf8)) {
                    let taken = recv(connection, &buffer, buffer.count, 0)
                    guard taken > 0 else { break }
                    bytes += buffer[..<taken]
                }
                serve(connection, count, isOver)
                close(connection)
            }
            close(listening)
            done.leave()
        }
        return (port, {
            isOver.withLock { $0 = true }
            XCTAssertTrue(done.waitPatiently())
        })
    }

    /// - Parameter hasWaited: it says so by the first connection; else that ends without an answer.
    private func door(refusing status: Int, hasWaited: Bool) throws -> (port: UInt16, end: () -> Void) {
        try door { connection, count, _ in
            guard count > 1 || hasWaited else { return }
            let answer = Array("HTTP/1.1 \(count > 1 ? status : 408) No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
            _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// It has the request, and says nothing until the other end closes the connection.
    ///
    /// - Parameter taken: so many requests has it had.
    private func stillDoor(_ taken: Monitor<Int>) throws -> (port: UInt16, end: () -> Void) {
        try door { connection, count, isOver in
            taken.withLock { $0 = count }
            var byte: UInt8 = 0
            while !isOver.withLock({ $0 }) {
                var polled = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
                if poll(&polled, 1, 20) > 0, recv(connection, &byte, 1, 0) <= 0 { break }
            }
        }
    }

    private var logText: String { (try? String(contentsOfFile: "\(folder.path)/log", encoding: .utf8)) ?? "" }

    func test_requestThatIsSentAgain_isNotToldOfItsOwnSuccessAsARefusal() throws {
        for (status, expected) in [(409, 503), (404, 503), (401, 503), (400, 400)] {
            XCTAssertEqual(try self.status(of: "PUT", "/v1/uploads/u/file", refusing: status, hasWaited: false), expected, "\(status)")
        }
    }

    /// A leader has held it for longer than requests wait for one, and never had all of it. Of a file it has what came.
    func test_requestThatWasNotTakenWhole_isSentOnceMore_thoughItsTimeIsOver() throws {
        let file = "/v1/uploads/u/file"
        for (method, path, status, expected) in [
            ("PUT", file, 201, 201), ("PUT", file, 409, 503), ("PATCH", file, 200, 200), ("PATCH", file, 409, 503), ("POST", file, 409, 503),
            // Of anything else nobody can have done what did not go out whole.
            ("POST", "/v1/queues/q/messages", 409, 409), ("PUT", "/v1/types/t", 409, 409), ("PATCH", "/v1/x", 404, 404),
        ] {
            XCTAssertEqual(try self.status(of: method, path, refusing: status, hasWaited: true), expected, "\(method) \(path) \(status)")
        }
        let isSaid = Patience.until {
            let text = logText
            return text.contains("a request that was passed on was cut off") && text.contains("the other end waited in vain for the rest of the request")
        }
        XCTAssertTrue(isSaid)
    }

    /// It reads what it is answered: while nobody leads nothing is done, and that is what it is told.
    func test_clientThatOnlySendsNoMore_whileNobodyLeads_isToldThatNothingWasDone() throws {
        let (nobody, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        close(nobody)
        func triesCount() -> Int { logText.components(separatedBy: "a request could not be passed on").count }
        for method in ["DELETE", "GET"] {
            let before = triesCount()
            let end = try ending(of: method, "/v1/x", by: port) { triesCount() > before }
            XCTAssertTrue(end.isUnheard, method)
            XCTAssertEqual(end.problem?.detail.contains("nothing was done"), true, method)
            XCTAssertFalse(200..<300 ~= end.status, method)
        }
    }

    /// Whoever has it may do it, though its client waits no more: of what changes something nobody says that nothing was done.
    func test_clientThatOnlySendsNoMore_ofWhatTheLeaderHas_isNotToldThatNothingWasDone() throws {
        var isHadOnce = true
        for (method, path, mayBeDone) in [("PUT", "/v1/types/t", true), ("POST", "/v1/receipts", true), ("GET", "/v1/x", false), ("POST", "/v1/sql", false)] {
            let taken = Monitor(0)
            let leader = try stillDoor(taken)
            defer { leader.end() }
            let end = try ending(of: method, path, by: leader.port) { taken.withLock { $0 } > 0 }
            XCTAssertEqual(end.problem?.isOutcomeUnknown, mayBeDone, "\(method) \(path)")
            XCTAssertEqual(end.isUnheard, !mayBeDone, "\(method) \(path)")
            XCTAssertFalse(200..<300 ~= end.status, "\(method) \(path)")
            isHadOnce = isHadOnce && taken.withLock { $0 } == 1
        }
        XCTAssertTrue(log.flush())
        // One that was sent again was given up for the silence of the other node, before its client was: that is worth a line.
        if isHadOnce { XCTAssertFalse(logText.contains("the answer to a request that was passed on is lost"), "nobody is at fault: \(logText)") }
    }

    /// What becomes of a request whose client sends no more, and goes on reading.
    ///
    /// - Parameter isHad: from then on.
    private func ending(of method: String, _ path: String, by leaderPort: UInt16, once isHad: () -> Bool) throws -> End {
        try passing(to: leaderPort, patienceSeconds: Patience.seconds) { port, handler in
            let client = HTTPClient(port: port)
            try client.send(Array("\(method) \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nEND.".utf8))
            XCTAssertTrue(Patience.until { isHad() }, "\(method) \(path)")
            client.finishSending()
            // libmicrohttpd may read the end of what is sent before it sends the answer, and closes the connection then.
            if let answer = try? client.answer() { XCTAssertEqual(answer.status, 503, answer.text) }
            return try XCTUnwrap(Patience.value { handler.end.withLock { $0 } }, "\(method) \(path)")
        }
    }

    /// - Returns: of the answer.
    private func status(of method: String, _ path: String, refusing status: Int, hasWaited: Bool) throws -> Int {
        let leader = try door(refusing: status, hasWaited: hasWaited)
        defer { leader.end() }
        return try passing(to: leader.port, patienceSeconds: hasWaited ? 0 : RequestPassing.patienceSeconds) { port, _ in
            try HTTPClient(port: port).call(method, path, body: Array("END.".utf8)).status
        }
    }

    /// A node that follows another, whose door is at that port.
    private func passing<Outcome>(to leaderPort: UInt16, patienceSeconds: Double, _ ask: (_ port: UInt16, _ handler: AllPassed) throws -> Outcome) throws -> Outcome {
        let log = self.log
        let own = "\(folder.path)/\(UUID())"
        try DataDirectory.makeDirectories(own)
        let place = LedByAnother()
        let peerDoor = try PeerDoor(.init(host: "127.0.0.1", port: 0), name: "a", peers: ["b"], log: log)
        let (nobody, port) = try ListeningSocket.open(host: "127.0.0.1", port: 0)
        close(nobody)
        let host = NodeHost(
            Cluster.Settings(name: "a", peers: ["b"], hasBucket: false), checkpoint: try StoreCheckpoint(try RecordFile.open(own).file, folder: own, keptByteCount: 1 << 30, log: log),
            links: ["b": PeerLink(to: "b", .init(host: "127.0.0.1", port: port), log: log)], door: peerDoor, object: ObjectCalls(place, slots: nil, log: log),
            slots: SlotCalls(nil, object: place, log: log), log: log)
        let url = "http://127.0.0.1:\(leaderPort)"
        let peer = PeerLink(to: "a", .init(host: "127.0.0.1", port: peerDoor.port), log: log)
        host.start(url: "http://127.0.0.1:1", door: "http://127.0.0.1:1")
        peer.start { PeerDoor.Greeting(from: "b", to: "a", url: url, door: url, store: nil).bytes }
        defer {
            peer.stop()
            host.stop()
        }
        XCTAssertTrue(Patience.until { host.door(of: "b") != nil && host.standing.withLock { $0.configuration?.leader } == "b" })

        let (copies, connections, timers) = (StandbyCopies(directory: own, storages: LocalStorageFactory(), quarantineDays: 1, log: log), ConnectionTable(.init()), Timers())
        let passing = RequestPassing(
            host, peers: ["b": "127.0.0.1"], LeaderConnections(nil), copies, room: PassedBody.Room(folder: own, byteCountMax: 1 << 20, minFreeBytes: 0), bodyByteCountMax: 1 << 20,
            patienceSeconds: patienceSeconds, log: log)
        let stale = StaleDoor(
            host, copies, directory: own, limits: DoorLimits(), queries: QueryEngine(QueryEngine.Settings(threadCount: 1)), connections: connections, timers: timers, log: log)
        let member = try MemberDoor(host, passing, stale, days: StandbyDays(directory: own), room: DiskRoom(path: own, leastBytes: 0), certificates: [], log: log) { nil }
        passing.begin(member, own: "http://127.0.0.1:1")
        let handler = AllPassed(passing)
        let listener = try Listener(Listener.Settings(host: "127.0.0.1", port: 0, threadCount: 2), handler: handler, connections: connections, timers: timers)
        defer { listener.stopAccepting() }
        return try ask(listener.port, handler)
    }
}
