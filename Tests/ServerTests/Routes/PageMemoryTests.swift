import ColumnStore
import Documents
import Ingest
import Query
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
        for path in ["/v1/receipts/R-1/versions", "/v1/uploads/u/errors", "/v1/quarantine", "/v1/tickets?state=REFUSED"] {
            for (byteCount, isRefused) in [(20_000, false), (100_000, true), (20_000, false)] {
                server.engine.state.withLock { $0.pageByteCount = byteCount }
                let answer = try client.get(path)
                // More than may ever be had is no matter of time.
                XCTAssertEqual(answer.status == 413, isRefused, "\(path), \(byteCount): \(answer.text)")
            }
        }
        // One receipt holds no more than may ever be had, so that it can be read: what is shown of it asks for itself. Here is none.
        for byteCount in [20_000, 100_000] {
            server.engine.state.withLock { $0.pageByteCount = byteCount }
            XCTAssertEqual(try client.get("/v1/receipts/R-1").status, 404)
            XCTAssertEqual(try client.get("/v1/receipts?limit=7").status, 404)
        }
        XCTAssertEqual(server.engine.state.withLock { $0.pageLimits }, [7, 7, 1], "a page that is never had is one of a row")
        // Each is asked for twice: as the catalog has it, and as text.
        server.engine.state.withLock { $0.pageByteCount = 40_000 }
        XCTAssertEqual(try client.get("/v1/uploads/u/errors").status, 413)
    }

    /// Of members that may never be had together there are as many as fit, and a cursor to the others; one that is never had by itself is said to be too large.
    func test_lists_haveAsManyMembersAsFit() throws {
        var limits = DoorLimits()
        // One credential has 64 KiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        let ids = (0..<40).map { "letter-\($0)" }
        server.engine.state.withLock { state in
            state.letters = ids.map { DeadLetter(id: $0, kind: .step, name: "tax", at: 0, reason: "", attempts: 1, receipt: FakeEngine.summary()) }
            state.pageByteCount = 3_000
        }
        func page(_ path: String) throws -> HTTPClient.Answer {
            // What the answer before it held is given back a moment after that was read.
            try XCTUnwrap(
                Patience.value {
                    let answer = try client.get(path)
                    return answer.status == 503 ? nil : answer
                })
        }
        var (found, path, pageCount): ([String], String?, Int) = ([], "/v1/dead-letters", 0)
        while let next = path {
            let answer = try page(next)
            XCTAssertEqual(answer.status, 200, answer.text)
            let body = try JSONParser.parse(answer.body)
            found += body["dead_letters"]?.array?.compactMap { $0["id"]?.text } ?? []
            path = body["next_cursor"]?.text.map { "/v1/dead-letters?cursor=\($0)" }
            pageCount += 1
        }
        XCTAssertEqual(found, ids)
        XCTAssertGreaterThan(pageCount, 1)
        server.engine.state.withLock { $0.pageByteCount = 70_000 }
        XCTAssertEqual(try page("/v1/dead-letters").status, 413)
        // Of a list whose members are short as many are asked for as may ever be had.
        XCTAssertEqual(try page("/v1/contracts?limit=10000").status, 200)
    }

    /// Of a document's versions as well: a walk over them has all, a few at a time.
    func test_versions_areAsManyAsFit() throws {
        var limits = DoorLimits()
        // One credential has 64 KiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        server.engine.state.withLock { ($0.versionCount, $0.pageByteCount) = (40, 3_000) }
        func page(_ cursor: String?) throws -> HTTPClient.Answer {
            let path = "/v1/receipts/R-1/versions" + (cursor.map { "?cursor=\($0)" } ?? "")
            let settled: HTTPClient.Answer? = try Patience.value {
                let answer = try client.get(path)
                // What the answer before it held is given back a moment after that was read.
                return answer.status == 503 ? nil : answer
            }
            return try XCTUnwrap(settled)
        }
        var (found, cursor, pageCount): ([Int], String?, Int) = ([], nil, 0)
        repeat {
            let answer = try page(cursor)
            guard answer.status == 200 else { return XCTFail(answer.text) }
            let body = try JSONParser.parse(answer.body)
            found += body["versions"]?.array?.compactMap { $0["version"]?.integer } ?? []
            cursor = body["next_cursor"]?.text
            pageCount += 1
        } while cursor != nil && pageCount < 50
        XCTAssertEqual(found, Array((1...40).reversed()))
        XCTAssertGreaterThan(pageCount, 1)
        server.engine.state.withLock { $0.pageByteCount = 70_000 }
        XCTAssertEqual(try page(nil).status, 413)
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

    /// 500 changes are charged as such and have 125 KB of text, of which both forms have no room beside them. What is not coded then leaves as it is.
    func test_answerThatHasWaited_isCodedWhereThereIsRoom() throws {
        for (isRoomy, coding) in [(true, "zstd"), (false, nil)] as [(Bool, String?)] {
            var limits = DoorLimits()
            // One credential has 690 KiB, or all that it wants.
            (limits.memory.all, limits.memory.bodyByteCount) = (isRoomy ? 64 << 20 : 1_380 << 10, 1)
            let server = try TestServer(limits: limits)
            let client = server.client()
            try client.send(
                Array("GET /v1/changes?after=5&wait=60&limit=500 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(TestServer.adminKey)\r\nAccept-Encoding: zstd\r\n\r\n".utf8))
            XCTAssertTrue(Patience.until { server.engine.state.withLock { !$0.waiters.isEmpty } })
            server.engine.state.withLock { state in
                state.changes = (Int64(6)..<505).map { ChangePage.Change(sequence: $0, at: 0, event: "receipt.complete", receipt: FakeEngine.summary($0)) }
            }
            server.engine.commit(505)
            let answer = try client.answer()
            XCTAssertEqual(answer.status, 200, answer.text)
            XCTAssertEqual(answer.headers["content-encoding"], coding)
            if coding == nil { XCTAssertEqual(try JSONParser.parse(answer.body)["changes"]?.array?.count, 500) }
        }
    }

    /// Once an answer has begun what its exchange holds is the connection's thread's: what its maker asks for by then is held beside it, and as long as that works.
    func test_piecesOfAnAnswerThatHasBegun_areHeldBesideIt() throws {
        let (isHeld, refusal) = (Monitor(true), Monitor<String?>(nil))
        let pieces = Route(.get, "/test/pieces", access: .reader, place: .reads, operation: .undocumented("pieces")) { call in
            try call.exchange.holdAnswer(100 << 10)
            let hold = try call.memoryOfPieces()
            try hold(200 << 10)
            call.exchange.complete { Response(status: 200, contentType: "text/plain", bytes: [0x61]) }
            Patience.until { isHeld.withLock { !$0 } }
            try hold(300 << 10)
            do { try hold(1_000 << 10) } catch { refusal.withLock { $0 = (error as? Problem)?.slug.rawValue ?? "\(error)" } }
            withExtendedLifetime(hold) { _ = Patience.until { isHeld.withLock { $0 } } }
            return nil
        }
        var limits = DoorLimits()
        // One credential has 1 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (2 << 20, 1)
        let server = try TestServer(limits: limits, extraRoutes: [pieces])
        defer { isHeld.withLock { $0 = true } }
        let ledger = server.context.admission.ledger
        XCTAssertEqual(try HTTPClient(port: server.listener.port, key: TestServer.adminKey).get("/test/pieces").text, "a")
        // The request is over, and with it what its exchange held.
        XCTAssertTrue(Patience.until { ledger.figures.byteCount == 200 << 10 }, "\(ledger.figures.byteCount)")
        isHeld.withLock { $0 = false }
        XCTAssertTrue(Patience.until { ledger.figures.byteCount == 300 << 10 }, "\(ledger.figures.byteCount)")
        XCTAssertEqual(Patience.value { refusal.withLock { $0 } }, "too-large")
        isHeld.withLock { $0 = true }
        XCTAssertTrue(Patience.until { ledger.figures.byteCount == 0 }, "\(ledger.figures.byteCount)")
    }

    // MARK: What became of documents

    /// Thousands of results are charged before their lines are made, also where those go out as a stream.
    func test_results_areChargedBeforeTheirLinesAreMade() throws {
        var limits = DoorLimits()
        // One credential has 3 MiB, and all have four.
        (limits.memory.all, limits.memory.bodyByteCount, limits.body) = (4 << 20, 1 << 20, 1 << 20)
        let server = try TestServer(limits: limits)
        let refused = Result<Accepted, Fault>.failure(Fault(.invalidDocument, "it is none"))
        let ledger = server.context.admission.ledger
        let other = try ledger.enter(Principal(clientID: "another", access: .readWrite, scope: .all))
        let client = server.client()
        for outcome in [IntakeOutcome.each(Array(repeating: refused, count: 8_000)), .eachOfMore(Array(repeating: refused, count: 8_000), beyondCount: 1, lines: nil)] {
            server.engine.state.withLock { $0.outcome = outcome }
            let held = try ledger.hold(5 << 19, of: other)
            XCTAssertEqual(try client.post("/v1/receipts", "{}\n", type: "application/x-ndjson").status, 503)
            withExtendedLifetime(held) { XCTAssertTrue(Patience.until { ledger.figures.byteCount == 5 << 19 }, "what was refused is given back") }
        }
        server.engine.state.withLock { $0.outcome = .each(Array(repeating: refused, count: 8)) }
        XCTAssertEqual(try client.post("/v1/receipts", "{}\n", type: "application/x-ndjson").status, 200)
    }

    // MARK: Receipts and what is made of them

    private static let schema = Schema([Field("receipt_id", .string), Field("content_type", .string), Field("sequence", .int64), Field("document", .binary)])

    /// Of content types and documents.
    private static func batch(_ rows: [(String, [UInt8])]) -> ColumnBatch {
        var columns = schema.fields.map { ColumnBuilder(type: $0.type) }
        for (number, (contentType, document)) in rows.enumerated() {
            let values: [Value] = [.bytes(Array("R-\(number)".utf8)), .bytes(Array(contentType.utf8)), .integer(Int64(number)), .bytes(document)]
            for (place, value) in values.enumerated() { columns[place].append(value) }
        }
        var finished: [Column] = []
        for place in columns.indices { finished.append(columns[place].finish()) }
        return ColumnBatch(rowCount: rows.count, columns: finished)
    }

    /// A text of control characters is six times as long as JSON: it is refused before it is made where there is room for it, and none for what it is made of.
    /// It is never had, so that nobody is asked to try again.
    func test_receipts_areChargedWithTheirText() throws {
        var limits = DoorLimits()
        // One credential has 1 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (2 << 20, 1)
        let server = try TestServer(limits: limits)
        // Not held to the description: these rows have few columns.
        let client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        for (contentType, byte, byteCount, path, status) in [
            ("text/csv", 0x01, 140_000, "/v1/receipts/R-0", 200), ("text/csv", 0x01, 160_000, "/v1/receipts/R-0", 413),
            ("text/csv", 0x01, 130_000, "/v1/receipts", 200), ("text/csv", 0x01, 160_000, "/v1/receipts", 413),
            ("text/csv", 0x20, 400_000, "/v1/receipts/R-0?raw=1", 200), ("text/csv", 0x20, 600_000, "/v1/receipts/R-0?raw=1", 413),
        ] as [(String, UInt8, Int, String, Int)] {
            let batch = Self.batch([(contentType, [UInt8](repeating: byte, count: byteCount))])
            server.engine.state.withLock { state in
                state.receipt = .found(schema: Self.schema, row: batch)
                state.page = Page(schema: Self.schema, batches: [batch], nextCursor: nil)
            }
            let answer = try settled(server, client, path)
            XCTAssertEqual(answer.status, status, "\(path) of \(byteCount)")
            if status == 413 { XCTAssertTrue(answer.text.contains("limits.request_memory") && answer.text.contains("fields="), answer.text) }
            XCTAssertNil(answer.headers["retry-after"])
        }
        withExtendedLifetime(server) {}
    }

    /// A page, once the answer before it holds nothing any more: that ends a moment after it was read.
    private func settled(_ server: TestServer, _ client: HTTPClient, _ path: String = "/v1/receipts", _ headers: [(String, String)] = []) throws -> HTTPClient.Answer {
        let answer: HTTPClient.Answer? = try Patience.value {
            server.engine.state.withLock { $0.pageLimits = [] }
            let answer = try client.get(path, headers)
            return answer.status == 503 ? nil : answer
        }
        return try XCTUnwrap(answer)
    }

    /// A walk gets past a row whose text is never had: a page of many rows becomes one of fewer, and of the row alone there is the next page's URL.
    func test_pagesThatAreNeverHad_areOfFewerRows_andSayWhereTheNextBegins() throws {
        var limits = DoorLimits()
        // One credential has 1 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (2 << 20, 1)
        let server = try TestServer(limits: limits)
        let client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        for (byteCount, status, read) in [(30_000, 200, [1_000, 1]), (160_000, 413, [1_000, 1])] {
            let batches = (0..<6).map { _ in Self.batch([("text/csv", [UInt8](repeating: 0x01, count: byteCount))]) }
            server.engine.state.withLock { $0.page = Page(schema: Self.schema, batches: batches, nextCursor: nil) }
            let answer = try settled(server, client)
            XCTAssertEqual(answer.status, status, answer.text)
            XCTAssertEqual(server.engine.state.withLock { $0.pageLimits }, read)
            XCTAssertEqual(answer.headers["link"], "</v1/receipts?cursor=next>; rel=\"next\"")
        }
        withExtendedLifetime(server) {}
    }

    /// Of many batches one is made at a time: a page that is as long as any has room in each form.
    func test_pagesOfManyBatches_areChargedForOneBesideThem() throws {
        var limits = DoorLimits()
        // One credential has 1 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (2 << 20, 1)
        let server = try TestServer(limits: limits)
        let client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        for (byteCount, limits) in [(60_000, [1_000]), (150_000, [1_000, 1])] {
            let batches = (0..<5).map { _ in Self.batch([("text/csv", [UInt8](repeating: 0x20, count: byteCount))]) }
            server.engine.state.withLock { $0.page = Page(schema: Self.schema, batches: batches, nextCursor: nil) }
            for form in ["text/csv", "application/vnd.apache.arrow.stream"] {
                let status = try settled(server, client, "/v1/receipts", [("Accept", form)]).status
                XCTAssertEqual(status, 200, "\(form) of \(byteCount)")
                XCTAssertEqual(server.engine.state.withLock { $0.pageLimits }, limits, "\(form) of \(byteCount)")
            }
        }
        withExtendedLifetime(server) {}
    }

    func test_texts_takeNoMoreThanIsAskedFor() throws {
        let bytes: [UInt8] = (0...255).map { $0 }
        let json = Array("{\"a\":\n\"b\"}".utf8)
        let rows: [(String, [UInt8])] = [
            ("text/csv", Array(repeating: 0x01, count: 70_000)), ("text/csv", Array(repeating: UInt8(ascii: "\""), count: 70_000)), ("application/json", json),
            ("application/octet-stream", Array(repeating: bytes, count: 300).flatMap { $0 }), ("application/xml", []),
        ]
        let cases: [[(String, [UInt8])]] = [rows, []] + rows.map { [$0] }
        for rows in cases {
            let page = Page(schema: Self.schema, batches: [Self.batch(rows)], nextCursor: nil)
            let most = ReceiptPage.textByteCountMax(page)
            let lines = ReceiptPage.lines(page, reserving: most)
            for text in [lines, ReceiptPage.json(page, reserving: most), try ReceiptPage.csv(page, reserving: most)] { XCTAssertLessThanOrEqual(text.count, most) }
            XCTAssertLessThanOrEqual(try ReceiptPage.arrow(page, nil, reserving: 0).count, 3 * ReceiptPage.heldByteCount(page) + 4_096)
            XCTAssertEqual(lines.split(separator: 0x0A).count, rows.count)
        }
        let row = ReceiptRow(schema: Self.schema, batch: Self.batch([rows[0]]))
        XCTAssertLessThanOrEqual(row.json().count, row.textByteCountMax)
    }

    /// A row that is longer than requests may ever hold is no matter of time.
    func test_pagesOfSQL_thatAreNeverHad_areTooLarge() throws {
        var limits = DoorLimits()
        // One credential has 4 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        for (byteCount, status) in [(1_000, 200), (3_000_000, 413)] {
            let answer = try client.post("/v1/sql", #"{"query":"SELECT repeat('\"', \#(byteCount)) AS x"}"#)
            XCTAssertEqual(answer.status, status, "\(byteCount): \(answer.text.prefix(500))")
        }
    }

    /// An answer of more than requests may ever hold comes page by page.
    func test_pagesOfSQL_areAsLongAsRequestsMayHold() throws {
        var limits = DoorLimits()
        // One credential has 4 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1)
        let server = try TestServer(limits: limits)
        let client = server.client()
        var (seen, pageCount): (Set<Int>, Int) = ([], 0)
        var cursor: String?
        repeat {
            let next = cursor.map { #", "cursor": "\#($0)""# } ?? ""
            let page: HTTPClient.Answer? = try Patience.value {
                let answer = try client.post("/v1/sql", #"{"query":"SELECT n, repeat('x', 200000) FROM generate_series(1, 50) AS s(n) ORDER BY n"\#(next)}"#)
                // What the page before it held is given back a moment after that was read.
                return answer.status == 503 ? nil : answer
            }
            let answer = try XCTUnwrap(page)
            guard answer.status == 200 else { return XCTFail(answer.text) }
            let body = try JSONParser.parse(answer.body)
            for row in body["rows"]?.array ?? [] { XCTAssertTrue(seen.insert(row.array?.first?.integer ?? 0).inserted) }
            cursor = body["next_cursor"]?.text
            pageCount += 1
        } while cursor != nil && pageCount < 50
        XCTAssertEqual(seen, Set(1...50))
        XCTAssertGreaterThan(pageCount, 2)
    }

    /// What an answer is compressed into is there beside it. One that has no room for both is compressed a piece at a time, and one that has none for that goes out as it is.
    func test_answersThatHaveNoRoomBesideWhatTheyAreCompressedInto_goOutAsTheyAre() throws {
        var limits = DoorLimits()
        // One credential has 4 MiB.
        (limits.memory.all, limits.memory.bodyByteCount) = (8 << 20, 1)
        let server = try TestServer(limits: limits)
        let client = HTTPClient(port: server.listener.port, key: TestServer.adminKey)
        for (byteCount, coding) in [(1_000_000, "gzip"), (3_000_000, "gzip"), (3_900_000, nil)] as [(Int, String?)] {
            let body = Array(#"{"query":"SELECT repeat('x', \#(byteCount)) AS x"}"#.utf8)
            let answer: HTTPClient.Answer? = try Patience.value {
                let answer = try client.call("POST", "/v1/sql", headers: [("Content-Type", "application/json"), ("Accept-Encoding", "gzip")], body: body)
                return answer.status == 503 ? nil : answer
            }
            let found = try XCTUnwrap(answer)
            XCTAssertEqual(found.status, 200)
            XCTAssertEqual(found.headers["content-encoding"], coding, "\(byteCount)")
        }
        withExtendedLifetime(server) {}
    }

    // MARK: Tickets

    /// A page of tickets is made of an answer to SQL, whose values take many times its bytes.
    func test_tickets_areChargedByTheValuesOfTheirPage() throws {
        var limits = DoorLimits()
        // One credential has 6 MiB.
        (limits.memory.all, limits.memory.bodyByteCount, limits.body) = (12 << 20, 1 << 20, 1 << 20)
        let server = try TestServer(limits: limits)
        let fields = [
            Field("ticket_id", .string), Field("client_id", .string), Field("receipt_id", .string), Field("type", .string), Field("business_day", .date), Field("state", .string),
            Field("sequence", .int64), Field("received_at", .timestamp(isUTC: true)),
        ]
        var columns = fields.map { ColumnBuilder(type: $0.type) }
        let rowCount = 6_000
        for row in 0..<rowCount {
            func text(_ value: String) -> Value { .bytes(Array(value.utf8)) }
            let values: [Value] = [
                text("t\(row)"), text("c1"), text("R-\(row)"), text("pos-receipt"), .integer(20_000), text("COMPLETE"), .integer(Int64(row)), .integer(Int64(row)),
            ]
            for (place, value) in values.enumerated() { columns[place].append(value) }
        }
        var finished: [Column] = []
        for place in columns.indices { finished.append(columns[place].finish()) }
        let table = MemoryTable(schema: Schema(fields), batches: [ColumnBatch(rowCount: rowCount, columns: finished)])
        server.engine.state.withLock { $0.catalog = FixedCatalog([(name: "taken", entry: .table(table, scope: []))]) }
        let client = server.client()
        let page = try client.get("/v1/tickets?table=taken")
        XCTAssertEqual(page.status, 200, page.text)
        XCTAssertEqual(try JSONParser.parse(page.body)["tickets"]?.array?.count, 1_000)
        // All of them in one page are never had: there are fewer in it, and a cursor to the others.
        var (found, cursor, pageCount): ([String], String?, Int) = ([], nil, 0)
        repeat {
            let path = "/v1/tickets?table=taken&limit=10000" + (cursor.map { "&cursor=\($0)" } ?? "")
            let settled: HTTPClient.Answer? = try Patience.value {
                let answer = try client.get(path)
                return answer.status == 503 ? nil : answer
            }
            let answer = try XCTUnwrap(settled)
            guard answer.status == 200 else { return XCTFail(answer.text) }
            let body = try JSONParser.parse(answer.body)
            found += body["tickets"]?.array?.compactMap { $0["ticket_id"]?.text } ?? []
            cursor = body["next_cursor"]?.text
            pageCount += 1
        } while cursor != nil && pageCount < 50
        XCTAssertEqual(found, (0..<rowCount).reversed().map { "t\($0)" })
        XCTAssertGreaterThan(pageCount, 1)
    }

    /// What is looked at as an export of receipts is asked for is charged like a page that is asked for.
    func test_exportOfReceipts_isChargedAsItIsAskedFor() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        for receipts in [#"{"as_of":"2026-11-20T12:00:00Z"}"#, #"{"fields":"*"}"#] {
            for (byteCount, status) in [(20_000, 404), (100_000, 413)] {
                server.engine.state.withLock { $0.pageByteCount = byteCount }
                let answer = try server.client().post("/v1/exports", #"{"receipts":\#(receipts),"format":"csv"}"#)
                XCTAssertEqual(answer.status, status, "\(receipts), \(byteCount): \(answer.text)")
            }
        }
        XCTAssertTrue(Patience.until { server.context.admission.ledger.figures.byteCount == 0 })
    }

    /// Rows that are never had are written one by one: what is known of versions beside them is looked at for an export by the usual fields.
    func test_exportOfReceipts_whoseFirstRowIsNeverHad_isLookedAtWithoutItsFields() throws {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (128 << 10, 1)
        let server = try TestServer(limits: limits)
        for (usualByteCount, status) in [(20_000, 404), (100_000, 413)] {
            server.engine.state.withLock { ($0.pageByteCount, $0.usualPageByteCount, $0.pageLimits) = (100_000, usualByteCount, []) }
            let answer = try server.client().post("/v1/exports", #"{"receipts":{"fields":"*"},"format":"csv"}"#)
            XCTAssertEqual(answer.status, status, "\(usualByteCount): \(answer.text)")
            XCTAssertEqual(server.engine.state.withLock { $0.pageLimits }, [1, 1])
        }
    }
}
