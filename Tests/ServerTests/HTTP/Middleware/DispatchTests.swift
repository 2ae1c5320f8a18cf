import ColumnStore
import Documents
import Foundation
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: files that have come hold up neither readers nor each other's owners, and questions that last neither pages nor others'. Method: calls that end when the test says so, on a server's own pools.
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

    private func put(_ owner: String, _ server: TestServer, in folder: String = "files") throws -> HTTPClient {
        let client = server.client(key: nil)
        try client.send(Array("PUT /test/\(folder)/\(owner) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx".utf8))
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

    /// Another machine takes a quarter of an hour for one of them, say.
    func test_filesThatGoToAnotherMachine_holdUpNoOtherFiles() throws {
        let (carried, files) = (Files(), Files())
        files.isHeld.withLock { $0 = false }
        let carrying = Route(
            .put, "/test/carried/{owner}", access: .signed, place: .files, operation: .undocumented("carried"), uses: { _ in carried },
            open: { call, _ in
                call.belongs(to: .contract(ClientID(call.path("owner"))))
                return Sink()
            },
            handle: { call, carried in
                let owner = call.path("owner")
                return try call.carryOn {
                    carried.begun.withLock { $0.append(owner) }
                    Patience.until { carried.isHeld.withLock { !$0 } }
                    return .noContent
                }
            })
        let server = try TestServer(extraRoutes: [route(files), carrying])
        let clients = try ["a", "a", "a", "a", "b", "b", "b", "b"].map { try put($0, server, in: "carried") }
        XCTAssertTrue(Patience.until { carried.count == 8 })
        for owner in ["a", "c"] { XCTAssertEqual(try put(owner, server).answer().status, 204, owner) }
        carried.isHeld.withLock { $0 = false }
        for client in clients { XCTAssertEqual(try client.answer().status, 204) }
    }

    /// Whoever asks how an upload stands whose file is here whole ends it, which waits as a last piece does.
    func test_uploadsThatEnd_holdUpNoneThatIsAskedFor() throws {
        let server = try TestServer()
        let (isHeld, count) = (Files(), Files())
        server.engine.state.withLock { state in
            for id in ["u1", "u2", "u3", "u4", "part"] {
                state.linkedUploads[id] = Upload(
                    id: id, owner: .administrator, client: nil, name: id, type: nil, contentType: nil, byteCount: 7, sha256: nil, createdAt: 0, expiresAt: 0)
                state.fileByteCounts[id] = id == "part" ? 3 : 7
            }
            state.atFinish = {
                count.begun.withLock { $0.append("u") }
                Patience.until { isHeld.isHeld.withLock { !$0 } }
            }
        }
        func ask(_ id: String) throws -> HTTPClient {
            let client = server.client(key: nil)
            let query = server.engine.links.query(.upload, subject: id, expiresAt: .max)
            try client.send(Array("HEAD /v1/uploads/\(id)/file\(query) HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n\r\n".utf8))
            return client
        }
        let clients = try (1...4).map { try ask("u\($0)") }
        XCTAssertTrue(Patience.until { count.count == 4 })
        let part = try ask("part").answer(toHead: true)
        XCTAssertEqual(part.status, 200)
        isHeld.isHeld.withLock { $0 = false }
        // Of this engine nothing is ended.
        for client in clients { XCTAssertEqual(try client.answer(toHead: true).status, 503) }
    }

    /// What keeps its file from being ended is not tried again by the call that asks, which would read all of it twice, or wait for another machine.
    func test_uploadThatCannotBeEnded_isTriedOnce_andTold() throws {
        struct Broken: Error {}
        let server = try TestServer()
        let tries = Files()
        server.engine.state.withLock { state in
            state.linkedUploads["u"] = Upload(
                id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: 7, sha256: nil, createdAt: 0, expiresAt: 0)
            state.fileByteCounts["u"] = 7
        }
        let path = "/v1/uploads/u/file" + server.engine.links.query(.upload, subject: "u", expiresAt: .max)
        func ask(_ status: Int, _ take: @escaping @Sendable (inout FakeEngine.State) throws -> Void) throws {
            server.engine.state.withLock { state in
                state.atReceive = { state in
                    tries.begun.withLock { $0.append("u") }
                    try take(&state)
                }
            }
            let answer = try server.client(key: nil).call("HEAD", path, headers: [("Tus-Resumable", "1.0.0")])
            XCTAssertEqual([String(answer.status), answer.headers["tus-resumable"]], [String(status), "1.0.0"])
            XCTAssertEqual(tries.begun.withLock { $0.count }, 1, "\(status)")
            tries.begun.withLock { $0 = [] }
        }
        try ask(503) { _ in throw Fault(.diskFull, "the disk is full") }
        try ask(500) { _ in throw Broken() }
        try ask(503) { _ in throw Fault(.uploadClosed, "another call has it") }
        try ask(200) { state in
            state.fileByteCounts["u"] = 0
            throw Fault(.uploadMismatch, "another file, which was dropped")
        }
        server.engine.state.withLock { $0.fileByteCounts["u"] = 7 }
        try ask(200) { state in
            state.linkedUploads["u"]?.state = .processing
            state.linkedUploads["u"]?.receivedByteCount = 7
            throw Fault(.uploadClosed, "another call has ended it")
        }
        server.engine.state.withLock { $0.linkedUploads["u"]?.state = .new }
        try ask(404) { state in
            state.linkedUploads["u"] = nil
            throw Fault(.uploadClosed, "it was deleted")
        }
    }

    /// `GET /test/question/{kind}`: a `long` one holds its thread while it is held.
    private func question(_ files: Files) -> Route {
        Route(
            .get, "/test/question/{kind}", access: .reader, place: .queries, operation: .undocumented("question"), isLong: { $0.path("kind") == "long" }, uses: { _ in files },
            handle: { call, files in
                files.begun.withLock { $0.append("\(call.path("kind")) \(call.principal.identity.client?.text ?? "")") }
                if call.path("kind") == "long" { Patience.until { files.isHeld.withLock { !$0 } } }
                return .noContent
            })
    }

    private func ask(_ kind: String, _ key: String, _ server: TestServer) throws -> HTTPClient {
        let client = server.client(key: nil)
        try client.send(Array("GET /test/question/\(kind) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
        return client
    }

    func test_longQuestions_leaveThreadsToOthers_andOneToPages() throws {
        let files = Files()
        var limits = DoorLimits()
        limits.queryCount = 4
        let server = try TestServer(limits: limits, extraRoutes: [question(files)])
        let keys = try ["a", "b", "c"].map { try server.key($0, .read, .own) }
        var clients = try (0..<5).map { _ in try ask("long", keys[0], server) }
        XCTAssertTrue(Patience.until { files.count == 2 })
        clients.append(try ask("long", keys[1], server))
        XCTAssertTrue(Patience.until { files.begun.withLock { $0.contains("long b") } })
        clients.append(try ask("long", keys[2], server))
        for key in keys { XCTAssertEqual(try ask("page", key, server).answer().status, 204) }
        XCTAssertEqual(files.begun.withLock { $0.filter { $0.hasPrefix("long") } }, ["long a", "long a", "long b"])
        files.isHeld.withLock { $0 = false }
        for client in clients { XCTAssertEqual(try client.answer().status, 204) }
    }

    /// It looks as one that is gone, and reads its answer: no success of what was not done, and a change is done.
    func test_clientThatOnlySendsNoMore_hearsOfNoSuccessThatIsNone() throws {
        let (files, deleted) = (Files(), Files())
        var limits = DoorLimits()
        limits.queryCount = 1
        let deleting = Route(.delete, "/test/thing", access: .writer, place: .queries, operation: .undocumented("deletes"), uses: { _ in deleted }) { call, deleted in
            deleted.begun.withLock { $0.append("thing") }
            return .noContent
        }
        let server = try TestServer(limits: limits, extraRoutes: [question(files), deleting])
        let pool = server.context.queries.pool
        let key = try server.key("a", .readWrite, .own)
        let first = try ask("long", key, server)
        XCTAssertTrue(Patience.until { files.count == 1 })
        let change = server.client(key: nil)
        try change.send(Array("DELETE /test/thing HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { pool.load == (1, 1) })
        let page = try ask("page", key, server)
        XCTAssertTrue(Patience.until { pool.load == (2, 1) })
        for client in [change, page] { client.finishSending() }
        // libmicrohttpd may read the end of what is sent before it sends the answer, and closes the connection then: that is no success either.
        if let refused = try? page.answer() {
            XCTAssertEqual(refused.status, 503, refused.text)
            XCTAssertTrue(refused.text.contains("overloaded") && refused.text.contains("nothing was done"), refused.text)
        }
        XCTAssertTrue(Patience.until { pool.load == (1, 1) })
        XCTAssertEqual(deleted.count, 0)
        files.isHeld.withLock { $0 = false }
        if let done = try? change.answer() { XCTAssertEqual(done.status, 204) }
        XCTAssertTrue(Patience.until { deleted.count == 1 })
        XCTAssertEqual(try first.answer().status, 204)
        XCTAssertEqual(files.count, 1, "what only asks is not done for nobody")
    }

    /// What it is told in case that it still reads is no fault of the server's: it stands in no figure that an alert or a promise goes by, and the log has no warning of it.
    func test_callOfAClientThatSeemsToBeGone_countsAsOneThatLeftFirst() throws {
        let files = Files()
        var limits = DoorLimits()
        limits.queryCount = 1
        let asked = Route(.get, "/test/asked", access: .reader, place: .queries, operation: .undocumented("asked").promising(.cold)) { _ in .noContent }
        let levels = Route(.get, "/test/levels", access: .reader, operation: .undocumented("levels"), uses: { $0.clientLevels }) { _, levels in
            let kept = levels.kept(of: ClientID("a"), now: CalendarText.now).first { $0.promise == .cold }
            return Response(status: 200, contentType: "text/plain", bytes: Array("\(kept?.day.kept ?? -1) of \(kept?.day.of ?? -1)".utf8))
        }
        let folder = try TemporaryDirectory()
        let file = URL(filePath: folder.path + "/log")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        let handle = try FileHandle(forWritingTo: file)
        defer { withExtendedLifetime((folder, handle)) {} }
        let log = Log(format: .json, level: .warning, descriptor: dup(handle.fileDescriptor))
        let server = try TestServer(limits: limits, extraRoutes: [question(files), asked, levels], log: log)
        let key = try server.key("a", .read, .own)
        let first = try ask("long", key, server)
        XCTAssertTrue(Patience.until { files.count == 1 })
        let gone = server.client(key: nil)
        try gone.send(Array("GET /test/asked HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n".utf8))
        XCTAssertTrue(Patience.until { server.context.queries.pool.load == (1, 1) })
        gone.finishSending()
        if let refused = try? gone.answer() { XCTAssertEqual(refused.status, 503) }
        XCTAssertTrue(Patience.until { server.context.queries.pool.load == (0, 1) })
        files.isHeld.withLock { $0 = false }
        XCTAssertEqual(try first.answer().status, 204)
        XCTAssertEqual(try server.client(key: key).get("/test/asked").status, 204)
        var figures = ""
        let isCounted = try Patience.until {
            figures = try server.client().get("/metrics").text
            return ["0", "204"].allSatisfy { figures.contains(#"till_http_requests_total{method="GET",route="/test/asked",status="\#($0)"} 1"#) }
        }
        XCTAssertTrue(isCounted, figures)
        XCTAssertFalse(figures.contains(#"status="503""#), figures)
        XCTAssertTrue(try Patience.until { try server.client(key: key).get("/test/levels").text == "1 of 1" })
        XCTAssertTrue(log.flush())
        let lines = try String(contentsOf: file, encoding: .utf8)
        XCTAssertFalse(lines.contains("/test/asked"), lines)
    }

    /// Of a client that seems to be gone a change is done all the same; but not where places are short, for what has closed for good would have them.
    func test_changesOfClientsThatSeemToBeGone_keepTheirPlaces_whileThereAreEnough() throws {
        let (files, changed) = (Files(), Files())
        var limits = DoorLimits()
        limits.queryCount = 1
        let changing = Route(.post, "/test/change/{name}", access: .writer, place: .queries, operation: .undocumented("changes"), uses: { _ in changed }) { call, changed in
            changed.begun.withLock { $0.append(call.path("name")) }
            return .noContent
        }
        let server = try TestServer(limits: limits, extraRoutes: [question(files), changing])
        let pool = server.context.queries.pool
        let (own, other) = (try server.key("a", .readWrite, .own), try server.key("b", .read, .own))
        func change(_ name: String) throws -> HTTPClient {
            let client = server.client(key: nil)
            try client.send(Array("POST /test/change/\(name) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(own)\r\nContent-Length: 0\r\n\r\n".utf8))
            return client
        }
        let first = try ask("long", own, server)
        XCTAssertTrue(Patience.until { files.count == 1 })
        // Of four places.
        let early = try change("early")
        XCTAssertTrue(Patience.until { pool.load == (1, 1) })
        let page = try ask("page", own, server)
        XCTAssertTrue(Patience.until { pool.load == (2, 1) })
        early.finishSending()
        page.finishSending()
        if let refused = try? page.answer() { XCTAssertEqual(refused.status, 503) }
        XCTAssertTrue(Patience.until { pool.load == (1, 1) })
        var others: [HTTPClient] = []
        for count in 2...3 {
            others.append(try ask("page", other, server))
            XCTAssertTrue(Patience.until { pool.load == (count, 1) })
        }
        let late = try change("late")
        XCTAssertTrue(Patience.until { pool.load == (4, 1) })
        late.finishSending()
        if let refused = try? late.answer() {
            XCTAssertEqual(refused.status, 503, refused.text)
            XCTAssertTrue(refused.text.contains("nothing was done"), refused.text)
        }
        XCTAssertTrue(Patience.until { pool.load == (3, 1) }, "its place is free")
        files.isHeld.withLock { $0 = false }
        for client in [first] + others { XCTAssertEqual(try client.answer().status, 204) }
        XCTAssertTrue(Patience.until { changed.begun.withLock { $0 } == ["early"] })
    }

    func test_questionWhoseTurnDoesNotCome_is504_andHasNoPlaceAnyMore() throws {
        let files = Files()
        var limits = DoorLimits()
        (limits.queryCount, limits.queryTime) = (1, 0.001)
        let clock = ManualClock()
        let server = try TestServer(limits: limits, extraRoutes: [question(files)], timers: Timers(clock: clock))
        let pool = server.context.queries.pool
        let key = try server.key("a", .read, .own)
        let first = try ask("long", key, server)
        XCTAssertTrue(Patience.until { files.count == 1 })
        for kind in ["page", "long"] {
            let client = try ask(kind, key, server)
            XCTAssertTrue(Patience.until { pool.load == (1, 1) }, kind)
            XCTAssertTrue(Patience.until {
                clock.advance(by: 1)
                return pool.load == (0, 1)
            }, kind)
            let late = try client.answer()
            XCTAssertEqual(late.status, 504, late.text)
            XCTAssertTrue(late.text.contains("query-timeout") && late.text.contains("turn"), late.text)
        }
        XCTAssertEqual(files.count, 1)
        files.isHeld.withLock { $0 = false }
        XCTAssertEqual(try first.answer().status, 204)
    }

    func test_fileWhoseTurnDoesNotCome_is504_andLeavesItsPlaceToTheNext() throws {
        let files = Files()
        var limits = DoorLimits()
        (limits.queryCount, limits.queryTime) = (1, 0.001)
        let clock = ManualClock()
        let server = try TestServer(limits: limits, extraRoutes: [question(files)], timers: Timers(clock: clock))
        let pool = server.context.queries.pool
        let objects = ObjectStoreDouble()
        objects.put("e", [1, 2, 3])
        var export = Export(id: "e", owner: .administrator, name: "e", format: "csv", request: [], createdAt: 0, expiresIn: 0)
        (export.state, export.byteCount) = (.done, 3)
        try server.engine.addExport(export)
        server.engine.state.withLock { $0.exportObjects = objects }
        let first = try ask("long", try server.key("a", .read, .own), server)
        XCTAssertTrue(Patience.until { files.count == 1 })
        // Of one place for files: were it not given back, the second would be one too many.
        for turn in 1...2 {
            let client = server.client(key: nil)
            try client.send(Array("GET /v1/exports/e/file\(server.engine.links.query(.export, subject: "e", expiresAt: .max)) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            XCTAssertTrue(Patience.until { pool.load == (1, 1) }, "\(turn)")
            XCTAssertTrue(Patience.until {
                clock.advance(by: 1)
                return pool.load == (0, 1)
            }, "\(turn)")
            let late = try client.answer()
            XCTAssertEqual(late.status, 504, late.text)
            XCTAssertTrue(late.text.contains("query-timeout") && late.text.contains("turn"), late.text)
        }
        files.isHeld.withLock { $0 = false }
        XCTAssertEqual(try first.answer().status, 204)
    }

    func test_everyFile_endsThere() {
        let routes = APIRoutes.all.filter { $0.body == .file }
        XCTAssertEqual(routes.count, 3)
        for route in routes { XCTAssertEqual(route.place, .files, "\(route.method.rawValue) \(route.path)") }
    }
}
