import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// From a posted document to its receipt, ticket, page and changes.
final class EngineTests: XCTestCase {
    /// Not even to the one who may read both: what comes next is of other rows.
    func test_cursor_ofOneClientsRows_isNoneOfAnothers() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for client in ["c1", "c2"] {
            for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("\(client)-\(number)"), as: .admin, client: client) }
        }
        var request = PageRequest(client: "c1", fields: ["receipt_id"], limit: 1)
        request.cursor = try XCTUnwrap(fixture.engine.page(request, as: .admin).nextCursor)
        XCTAssertEqual(try fixture.engine.page(request, as: .admin).batches.map(\.rowCount), [1])
        for other in ["c2", nil] {
            request.client = other
            XCTAssertThrowsError(try fixture.engine.page(request, as: .admin), other ?? "all") { XCTAssertEqual(($0 as? Fault)?.code, .badCursor) }
        }
    }

    /// The next one who leads has nothing to read into memory, however few there are.
    func test_layDown_leavesNoRowInMemoryAlone() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for number in 0..<20 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        func inMemory() -> [Int] { fixture.engine.tier.boundary.snapshot().files.flatMap { $0.allTails.map(\.rowCountInMemory) } }
        XCTAssertEqual(inMemory(), [20])
        fixture.engine.layDown(seconds: Patience.seconds)
        XCTAssertEqual(inMemory(), [0])
    }

    /// What others write to the disk meanwhile is less than each of these bounds is away from what is free.
    func test_diskThatWillBeFull_isSaid_whileReceiptsAreTaken() throws {
        let directory = TemporaryDirectory()
        let path = try directory.made()
        let free = try XCTUnwrap(DataDirectory.freeBytes(path))
        func opened(_ name: String, least: Int64) throws -> EngineFixture { try EngineFixture("\(path)/\(name)") { $0.hot.writer.minFreeBytes = least } }
        let enough = try opened("enough", least: free / 16)
        XCTAssertEqual(enough.engine.degradations, [])
        try enough.engine.close()
        let short = try opened("short", least: free / 2)
        XCTAssertEqual(short.engine.intakeRefusals.map(\.code), [])
        let texts = short.engine.degradations
        XCTAssertTrue(texts.count == 1 && texts[0].hasPrefix("the disk is full soon: ") && texts[0].contains("limits.min_free, \((free / 2) >> 20) MiB"), "\(texts)")
        _ = try short.taken(EngineFixture.receipt("R-1"))
        try short.engine.close()
        let full = DiskRoom(path: path, leastBytes: free.multipliedSaturating(by: 2))
        XCTAssertNil(full.text, "it is said by the refusal")
        // A machine that follows refuses nothing.
        XCTAssertNil(DiskRoom(path: path, leastBytes: free / 16).followersText)
        for room in [DiskRoom(path: path, leastBytes: free / 2), full] { XCTAssertNotNil(room.followersText) }
    }

    func test_take_document_isStoredAndFoundByIdTicketAndPage() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let body = EngineFixture.receipt("R-1")
        let taken = try fixture.taken(body)
        XCTAssertFalse(taken.isRepeat)
        XCTAssertEqual(taken.summary.clientID, "c1")
        XCTAssertEqual(taken.summary.type, "pos-receipt")
        XCTAssertEqual(taken.summary.state, .complete)
        let again = try fixture.taken(body)
        XCTAssertTrue(again.isRepeat)
        XCTAssertEqual(again.summary.ticketID, taken.summary.ticketID)
        XCTAssertEqual(fixture.refusal(EngineFixture.receipt("R-1", note: "x"))?.code, .differentDocument)

        let ticket = try fixture.engine.ticket(taken.summary.ticketID, as: EngineFixture.own)
        XCTAssertEqual(ticket.summary?.receiptID, "R-1")
        XCTAssertEqual(ticket.history.map(\.event), ["received", "complete"])
        let other = Principal(clientID: "c2", access: .read, scope: .own)
        XCTAssertThrowsError(try fixture.engine.ticket(taken.summary.ticketID, as: other))

        guard case .found(let schema, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: "R-1"), as: EngineFixture.own) else {
            return XCTFail("not found")
        }
        func value(_ name: String) throws -> Value { row.columns[try XCTUnwrap(schema.index(of: name))].value(at: 0) }
        XCTAssertEqual(try value("document"), .string(body))
        XCTAssertEqual(try value("document_sha256"), .bytes(SHA256.hash(Array(body.utf8))))
        XCTAssertEqual(try value("total"), .decimal(650_000))
        XCTAssertEqual(try value("store_id"), .string("S17"))
        XCTAssertEqual(try value("history"), .string(ReceiptHistory.empty))
        guard case .list(let lines) = try value("lines") else { return XCTFail("no list") }
        XCTAssertEqual(lines.count, 1)
        XCTAssertThrowsError(try fixture.engine.receipt(ReceiptLookup(receiptID: "R-1"), as: other))
        XCTAssertEqual(
            try fixture.walk(PageRequest(fields: ["receipt_id", "total", "document"])), ["R-1|650000|\(body)"])
    }

    func test_take_severalDaysOfOneId_areChoices() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        for day in ["2026-11-17", "2026-11-16"] { _ = try fixture.taken(EngineFixture.receipt("R-1", at: "\(day)T10:00:00+02:00")) }
        guard case .choices(let choices) = try fixture.engine.receipt(ReceiptLookup(receiptID: "R-1"), as: EngineFixture.own) else {
            return XCTFail("no choices")
        }
        XCTAssertEqual(choices.map { DayText.text($0.businessDay) }, ["2026-11-16", "2026-11-17"])
        guard case .found = try fixture.engine.receipt(
            ReceiptLookup(receiptID: "R-1", day: DayText.day("2026-11-17")), as: EngineFixture.own)
        else { return XCTFail("not found") }
    }

    func test_take_array_isAllOrNothing() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let array = "[" + ["A-1", "A-2"].map { EngineFixture.receipt($0) }.joined(separator: ",") + "]"
        guard case .batch(let taken) = fixture.take(array) else { return XCTFail("no batch") }
        XCTAssertEqual(taken.map(\.summary.receiptID), ["A-1", "A-2"])
        let twice = "[" + ["B-1", "B-1"].map { EngineFixture.receipt($0) }.joined(separator: ",") + "]"
        let duplicate = try XCTUnwrap(fixture.refusal(twice))
        XCTAssertEqual(duplicate.code, .invalidDocument)
        XCTAssertEqual(duplicate.errors.map { "\($0.pointer) \($0.code)" }, ["/1 duplicate-in-batch"])
        let conflicting = "[" + EngineFixture.receipt("B-1") + "," + EngineFixture.receipt("A-1", note: "x") + "]"
        let conflict = try XCTUnwrap(fixture.refusal(conflicting))
        XCTAssertEqual(conflict.code, .differentDocument)
        XCTAssertEqual(conflict.errors.map(\.pointer), ["/1"])
        let faulty = "[" + EngineFixture.receipt("B-1") + #",{"schema":"pos/1","id":"B-2"}]"#
        let refused = try XCTUnwrap(fixture.refusal(faulty))
        XCTAssertEqual(refused.code, .invalidDocument)
        XCTAssertTrue(refused.errors.allSatisfy { $0.pointer.hasPrefix("/1") }, "\(refused.errors)")
        // What is invalid and what conflicts, at once.
        let both = "[" + [EngineFixture.receipt("A-2", note: "y"), #"{"schema":"pos/1","id":"B-2"}"#, EngineFixture.receipt("A-1")].joined(separator: ",") + "]"
        let mixed = try XCTUnwrap(fixture.refusal(both))
        XCTAssertEqual(mixed.code, .invalidDocument)
        XCTAssertEqual(Set(mixed.errors.map { String($0.pointer.prefix(2)) }), ["/0", "/1"])
        XCTAssertEqual(mixed.errors.filter { $0.pointer == "/0" }.map(\.code), ["different-document"])
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"])), ["A-1", "A-2"])
    }

    func test_take_lines_countEachOnItsOwn() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var lines = (0..<700).map { EngineFixture.receipt("L-\($0)") }
        lines[5] = "{"
        lines[6] = EngineFixture.receipt("L-0", note: "other")
        lines[7] = EngineFixture.receipt("L-0")
        lines[8] = "[" + EngineFixture.receipt("L-8") + "]"
        guard case .each(let results) = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        XCTAssertEqual(results.count, 700)
        for (index, result) in results.enumerated() {
            switch (index, result) {
            case (5, .failure(let problem)):
                XCTAssertEqual(problem.code, .badJSON)
                XCTAssertNotNil(problem.ticketID)
            case (6, .failure(let problem)): XCTAssertEqual(problem.code, .differentDocument)
            case (7, .success(let taken)): XCTAssertTrue(taken.isRepeat)
            case (8, .failure(let problem)): XCTAssertEqual(problem.code, .invalidDocument)
            case (_, .success(let taken)): XCTAssertEqual(taken.summary.receiptID, "L-\(index)")
            default: XCTFail("\(index): \(result)")
            }
        }
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 100)).count, 696)
    }

    func test_take_owners_followTheContract() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let body = EngineFixture.receipt("R-1")
        XCTAssertEqual(fixture.refusal(body, as: .admin)?.code, .badParameter)
        XCTAssertEqual(fixture.refusal(body, as: .admin, client: "nobody")?.code, .notFound)
        XCTAssertEqual(try fixture.taken(body, as: .admin, client: "c2").summary.clientID, "c2")
        XCTAssertEqual(fixture.refusal(body, client: "c2")?.code, .wrongClient)
        XCTAssertEqual(fixture.refusal(body, as: Principal(clientID: "c1", access: .read, scope: .own))?.code, .readOnly)
        let limited = Principal(clientID: "c1", access: .readWrite, scope: .own, types: ["ubl-invoice"])
        XCTAssertEqual(fixture.refusal(body, as: limited)?.code, .typeNotAllowed)
    }

    /// Kept, it would be alone and over the limit; and it would have driven out all others.
    func test_take_refusedLargerThanTheQuarantine_leavesOthersThere() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.quarantine.byteCountMax = 2_000 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let tickets = try (0..<3).map { try XCTUnwrap(fixture.refusal(#"{"schema":"pos/1","id":"R-\#($0)"}"#)?.ticketID) }
        let large = #"{"schema":"pos/1","id":"R-9","note":"\#(String(repeating: "n", count: 2_000))"}"#
        let refusal = try XCTUnwrap(fixture.refusal(large))
        XCTAssertEqual(refusal.code, .invalidDocument)
        XCTAssertFalse(refusal.errors.isEmpty)
        XCTAssertNil(refusal.ticketID, "a ticket of an entry that is not kept")
        XCTAssertTrue(refusal.detail.contains("quarantine_max_bytes"), refusal.detail)
        for ticket in tickets { XCTAssertNoThrow(try fixture.engine.quarantineEntry(ticket, as: EngineFixture.own)) }
        XCTAssertEqual(try fixture.engine.quarantine(client: nil, cursor: nil, limit: 10, as: EngineFixture.own).entries.count, 3)
    }

    /// A key that sees all rows says whose a document is, and drives out nothing of that client by it.
    func test_take_refusedForAnother_drivesOutNothingOfTheirs() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.quarantine.byteCountMax = 2_000 }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let gateway = Principal(clientID: "gateway", access: .readWrite, scope: .all)
        let tickets = try (0..<3).map { try XCTUnwrap(fixture.refusal(#"{"schema":"pos/1","id":"R-\#($0)"}"#)?.ticketID) }
        for number in 10..<20 {
            let body = #"{"schema":"pos/1","id":"R-\#(number)","note":"\#(String(repeating: "n", count: 400))"}"#
            XCTAssertNotNil(fixture.refusal(body, as: gateway, client: "c1")?.ticketID)
        }
        for ticket in tickets { XCTAssertNoThrow(try fixture.engine.quarantineEntry(ticket, as: EngineFixture.own)) }
    }

    func test_take_refused_isKeptInQuarantineOnce() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let bad = #"{"schema":"pos/1","id":"R-1"}"#
        let first = try XCTUnwrap(fixture.refusal(bad))
        XCTAssertEqual(first.code, .invalidDocument)
        let ticket = try XCTUnwrap(first.ticketID)
        XCTAssertEqual(fixture.refusal(bad)?.ticketID, ticket)
        XCTAssertNotEqual(fixture.refusal(bad, as: Principal(clientID: "c2", access: .readWrite, scope: .own))?.ticketID, ticket)
        let entry = try fixture.engine.quarantineEntry(ticket, as: EngineFixture.own)
        XCTAssertEqual(entry.document, Array(bad.utf8))
        XCTAssertEqual(entry.problem.errors, first.errors)
        let told = try fixture.engine.ticket(ticket, as: EngineFixture.own)
        XCTAssertEqual(told.refused?.ticketID, ticket)
        XCTAssertEqual(told.refused?.document, [], "nobody asked for it")
        XCTAssertThrowsError(try fixture.engine.ticket(ticket, as: Principal(clientID: "c2", access: .read, scope: .own)))
        XCTAssertThrowsError(try fixture.engine.quarantineEntry(ticket, as: Principal(clientID: "c2", access: .read, scope: .own)))
        for number in 0..<5 { _ = fixture.refusal(#"{"schema":"pos/1","id":"R-\#(number)","x":1}"#) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try fixture.engine.quarantine(client: nil, cursor: cursor, limit: 2, as: EngineFixture.own)
            seen += page.entries.map(\.ticketID)
            cursor = page.nextCursor
        } while cursor != nil
        XCTAssertEqual(seen.count, 6)
        XCTAssertEqual(seen, seen.sorted(by: >))
        XCTAssertThrowsError(try fixture.engine.quarantine(client: nil, cursor: "AAAA", limit: 2, as: EngineFixture.own)) {
            XCTAssertEqual(($0 as? Fault)?.code, .badCursor)
        }
    }

    func test_page_walksInOrder_withMembershipFixedAtItsFirstPage() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        var expected: [(String, String)] = []
        var random = SplitMix64(state: 0xDA7)
        for number in 0..<300 {
            let day = Int.random(in: 10...18, using: &random)
            let client = Bool.random(using: &random) ? "c1" : "c2"
            let time = "2026-11-\(day)T\(10 + number % 10):03:07+02:00"
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)", at: time), as: .admin, client: client)
            expected.append(("2026-11-\(day)|\(client)|\(10 + number % 10)|R-\(number)", "R-\(number)"))
        }
        let order = expected.sorted { Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8)) }.map(\.1)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 7)), order)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "document"], limit: 10_000)).count, 300)
        let ofOne = order.filter { id in expected.contains { $0.1 == id && $0.0.contains("|c2|") } }
        XCTAssertEqual(try fixture.walk(PageRequest(client: "c2", fields: ["receipt_id"], limit: 9)), ofOne)
        XCTAssertEqual(
            try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 9), as: Principal(clientID: "c2", access: .read, scope: .own)), ofOne)

        let first = try fixture.engine.page(PageRequest(fields: ["receipt_id"], limit: 10), as: .admin)
        _ = try fixture.taken(EngineFixture.receipt("later", at: "2026-11-17T10:00:00+02:00"))
        let rest = try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 1_000, cursor: first.nextCursor))
        XCTAssertEqual(rest, Array(order.dropFirst(10)))
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"])).count, 301)

        let days = PageRequest.Range.days(from: DayText.day("2026-11-12"), to: DayText.day("2026-11-14"))
        let within = expected.filter { $0.0 >= "2026-11-12" && $0.0 < "2026-11-14" }.count
        XCTAssertEqual(try fixture.walk(PageRequest(range: days, fields: ["receipt_id"], limit: 5)).count, within)
        for (request, principal) in [
            (PageRequest(client: "c1", fields: ["receipt_id"], cursor: first.nextCursor), Principal.admin),
            (PageRequest(fields: ["ticket_id"], cursor: first.nextCursor), .admin),
            (PageRequest(fields: ["receipt_id"], cursor: first.nextCursor), Principal(clientID: "c2", access: .read, scope: .all)),
            (PageRequest(fields: ["receipt_id"], cursor: (first.nextCursor ?? "") + "A"), .admin),
        ] {
            XCTAssertThrowsError(try fixture.engine.page(request, as: principal)) { XCTAssertEqual(($0 as? Fault)?.code, .badCursor) }
        }
    }

    func test_changes_comeInCommitOrder_noneSkipped() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let woken = Monitor(false)
        let handle = fixture.engine.notify(beyond: 0) { woken.broadcast { $0 = true } }
        for number in 0..<25 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)"), as: .admin, client: number % 5 == 0 ? "c2" : "c1") }
        XCTAssertEqual(woken.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        handle.cancel()
        var after: Int64 = 0
        var seen: [String] = []
        while true {
            let page = try fixture.engine.changes(after: after, limit: 10, as: .admin)
            if page.changes.isEmpty { break }
            seen += page.changes.map(\.receipt.receiptID)
            XCTAssertGreaterThan(page.nextAfter, after)
            after = page.nextAfter
        }
        XCTAssertEqual(seen, (0..<25).map { "R-\($0)" })
        let own = try fixture.engine.changes(after: 0, limit: 100, as: Principal(clientID: "c2", access: .read, scope: .own))
        XCTAssertEqual(own.changes.map(\.receipt.receiptID), ["R-0", "R-5", "R-10", "R-15", "R-20"])
        XCTAssertEqual(own.nextAfter, 25)
        XCTAssertEqual(own.changes.first?.event, "receipt.complete")
    }

    func test_putType_versionsAndFaults() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        func type(_ version: Int, extra: String = "", register: String = "") -> [UInt8] {
            Array(#"{"name":"t1","version":\#(version),"format":"json","match":{"/k":"t1"},"receipt_id":"/id","issued_at":"/at","columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}\#(extra)}\#(register)}"#.utf8)
        }
        func slug(_ body: () throws -> Void) -> Fault.Code? {
            do { try body(); return nil } catch { return (error as? Fault)?.code }
        }
        XCTAssertEqual(try fixture.engine.putType(name: "t1", body: type(1)), .created)
        XCTAssertEqual(try fixture.engine.putType(name: "t1", body: type(1)), .unchanged)
        XCTAssertEqual(slug { _ = try fixture.engine.putType(name: "t1", body: type(3)) }, .versionConflict)
        XCTAssertEqual(slug { _ = try fixture.engine.putType(name: "other", body: type(1)) }, .invalidType)
        XCTAssertEqual(slug { _ = try fixture.engine.putType(name: "t1", body: type(2, register: #","register":[["tax"]]"#)) }, .invalidType)
        XCTAssertEqual(slug { _ = try fixture.engine.putType(name: "t1", body: type(2, extra: #","currency":{"path":"/c","type":"DATE"}"#)) }, .invalidType)
        XCTAssertEqual(try fixture.engine.putType(name: "t1", body: type(2, extra: #","extra":{"path":"/e","type":"DATE"}"#)), .replaced)
        _ = try fixture.taken(#"{"k":"t1","id":"X","at":"2026-11-18T10:00:00Z","total":1.5,"e":"2026-01-02"}"#)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "type_version", "total", "extra"])), ["X|2|15000|20455"])
        try fixture.engine.deleteType(name: "t1")
        XCTAssertEqual(slug { try fixture.engine.deleteType(name: "t1") }, .notFound)
        XCTAssertEqual(fixture.refusal(#"{"k":"t1","id":"Y","at":"2026-11-18T10:00:00Z","total":1.5}"#)?.code, .unknownType)
        XCTAssertEqual(slug { _ = try fixture.engine.putType(name: "t1", body: type(1)) }, .versionConflict)
        XCTAssertEqual(try fixture.engine.putType(name: "t1", body: type(3)), .created)
        try fixture.engine.close()
        let reopened = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try reopened.engine.close()) }
        XCTAssertEqual(try reopened.engine.type("t1", as: .admin)?.version, 3)
        XCTAssertEqual(try reopened.walk(PageRequest(fields: ["receipt_id", "extra"])), ["X|20455"])
    }

    func test_flushedGroups_giveTheSameRowsAsMemory() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let fields = ["receipt_id", "total", "lines", "type", "state", "document", "completed_at"]
        for start in stride(from: 0, to: 3_000, by: 500) {
            let lines = (start..<start + 500).map { EngineFixture.receipt("R-\($0)", at: "2026-11-\(10 + $0 % 9)T10:00:00Z", total: "\($0).25") }
            guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        }
        let before = try fixture.walk(PageRequest(fields: fields, limit: 777))
        XCTAssertEqual(before.count, 3_000)
        try fixture.engine.tier.writer.seal()
        try fixture.engine.tier.flush()
        let file = fixture.engine.tier.boundary.snapshot().files[0]
        let view = try XCTUnwrap(file.tail(of: "receipts")).view(through: .max)
        XCTAssertEqual(view.groups.map(\.bounds.rowCount), [3_000])
        XCTAssertEqual(view.chunks.count, 0)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: fields, limit: 777)), before)
        guard case .found(_, let row) = try fixture.engine.receipt(ReceiptLookup(receiptID: "R-1234"), as: EngineFixture.own) else {
            return XCTFail("not found")
        }
        XCTAssertEqual(row.rowCount, 1)
        try fixture.engine.close()
        let reopened = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try reopened.engine.close()) }
        XCTAssertEqual(try reopened.walk(PageRequest(fields: fields, limit: 777)), before)
    }

    func test_problem_ofAnInnerFailure_keepsPathAndStatementForTheLog() {
        let problem = Intake.problem(SQLiteError(code: 11, message: "malformed", path: "/inner/DATA/hot/d.sqlite", sql: "SELECT inner"))
        XCTAssertEqual(problem.code, .internalError)
        XCTAssertFalse(problem.detail.contains("inner"), problem.detail)
        XCTAssertEqual(problem.cause?.contains("/inner/DATA/hot/d.sqlite"), true)
    }
}
