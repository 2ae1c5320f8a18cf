import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: nobody's webhook holds up another's, and what was delivered is not delivered again because that could not be noted. Method: rows of the catalog, and one that
/// keeps them.
final class NoticeSenderTests: XCTestCase {
    /// Takes each event, and counts how often it came.
    private final class Topic: EventPublishing {
        private let counts = Mutex<[String: Int]>([:])
        func count(of id: String) -> Int { counts.withLock { $0[id] ?? 0 } }

        func emit(_ event: EventDraft, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
            counts.withLock { $0[event.id, default: 0] += 1 }
            completion(.success(()))
        }
        var isHeard: Bool { true }
        func publish(_ events: [EventDraft], to topic: String, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) { completion(.success([])) }
        func follow(_ rules: [EventRule], starting process: String) throws {}
        func conditionFault(_ text: String) -> String? { nil }
        func hasTopic(_ name: String) -> Bool { true }
    }

    private func notice(_ id: String, _ client: String, dueAt: Int64) -> Notice {
        Notice(id: id, client: client, event: .uploadProcessed, body: Array("{}".utf8), createdAt: 0, dueAt: dueAt, attempts: 0)
    }

    private func event(_ id: String) -> Notice {
        Notice(EventDraft(id: id, origin: .administrator, type: "upload.processed", subject: nil, time: 1, data: Array("{}".utf8)), at: 1)
    }

    func test_next_givesEachReceiverAShare_andTheTopicItsOwn() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        try catalog.write(isCounted: false) { connection in
            for number in 0..<200 { try Catalog.add(notice("slow-\(number)", "slow", dueAt: Int64(number)), connection) }
            try Catalog.add(notice("fast", "fast", dueAt: 1_000), connection)
            try Catalog.add(event("e"), connection)
            // Of a later version.
            try connection.execute("INSERT INTO notices(id, client_id, event, body, created_at, due_at, attempts) VALUES('later', 'fast', 'upload.unheard-of', x'', 0, 0, 0)")
        }
        let sender = NoticeSender(catalog: catalog, usage: fixture.engine.usageMeter, clock: .system, events: Topic())
        let first = Set(try sender.next(now: 2_000).map(\.id))
        XCTAssertEqual(first, Set((0..<NoticeSender.sendingCountMaxOfOne).map { "slow-\($0)" } + ["fast", "e"]))
        XCTAssertEqual(try sender.next(now: 2_000).map(\.id), [], "those on their way have their places still")
        XCTAssertEqual(try catalog.nextNoticeAt(), 0, "the first of those that are known")
    }

    func test_nextNoticeAt_passesOverEventsOfALaterVersion() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        try catalog.write(isCounted: false) { connection in
            try connection.execute("INSERT INTO notices(id, client_id, event, body, created_at, due_at, attempts) VALUES('later', 'c', 'upload.unheard-of', x'', 0, 0, 0)")
        }
        XCTAssertNil(try catalog.nextNoticeAt(), "what is never sent is looked for a hundred times a second")
        try catalog.write(isCounted: false) { connection in try Catalog.add(notice("a", "c", dueAt: 7), connection) }
        XCTAssertEqual(try catalog.nextNoticeAt(), 7)
    }

    /// Spans of a contract become longer: the next one may begin where one began that was delivered, or waits to be.
    func test_digests_thatBeginAtTheSameInstant_areEachTold() throws {
        let folder = TemporaryDirectory()
        let start: Int64 = 1_796_400_000_000_000
        let minute: Int64 = 60_000_000
        let now = Atomic<Int64>(start)
        let fixture = try EngineFixture(folder.path, clock: Clock { now.load(ordering: .relaxed) })
        let catalog = fixture.engine.catalog
        for (digest, refusedAt, end) in [("15m", 5, 15), ("1h", 20, 60)] as [(String, Int64, Int64)] {
            let webhook = Contract.Webhook(url: "https://example.org/", secret: "secret")
            _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own, webhook: webhook, digest: Contract.DigestSpan(digest)))
            now.store(start + refusedAt * minute, ordering: .relaxed)
            try catalog.write(isCounted: false) { try catalog.count([[Fault.Violation(pointer: "/id", code: "required", message: "")]], of: "c1", $0) }
            try catalog.closeDigests(now: start + end * minute)
        }
        let notices = try catalog.dueNotices(now: .max, limit: 10)
        XCTAssertEqual(notices.map(\.event), [.feedbackDigest, .feedbackDigest])
        XCTAssertEqual(Set(notices.map(\.id)).count, 2)
        try fixture.engine.close()
    }

    /// A file with many columns that are all wrong: its kinds are as many in each chunk, and no more of them in all.
    func test_digestOfManyKinds_tellsThemApart_howeverOftenTheyCome() throws {
        let folder = TemporaryDirectory()
        let start: Int64 = 1_796_400_000_000_000
        let fixture = try EngineFixture(folder.path, clock: Clock { start })
        let catalog = fixture.engine.catalog
        let webhook = Contract.Webhook(url: "https://example.org/", secret: "secret")
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own, webhook: webhook, digest: Contract.DigestSpan("15m")))
        let refusal = (0..<600).map { Fault.Violation(pointer: "/1/column_\($0)", code: "type", message: "") }
        for _ in 0..<3 { try catalog.write(isCounted: false) { try catalog.count([refusal], of: "c1", $0) } }
        let more = (600..<1_100).map { Fault.Violation(pointer: "/1/column_\($0)", code: "type", message: "") }
        try catalog.write(isCounted: false) { try catalog.count([more], of: "c1", $0) }
        try catalog.closeDigests(now: start + 15 * 60_000_000)
        let notice = try XCTUnwrap(try catalog.dueNotices(now: .max, limit: 10).first)
        let kinds = try JSONParser.parse(notice.body)["by"]?.array ?? []
        XCTAssertEqual(kinds.count { $0["count"]?.integer == 3 }, 600)
        XCTAssertEqual(kinds.first { $0["pointer"]?.text == "" }?["count"]?.integer, 100, "past a thousand they are counted together")
        XCTAssertEqual(kinds.count, 1_001)
        try fixture.engine.close()
    }

    /// Pages of two: what is given up may be more than fits.
    private func letters(_ engine: Engine, as principal: Principal = .admin) throws -> [DeadLetter] {
        var (found, cursor): ([DeadLetter], String?) = ([], nil)
        repeat {
            let page = try engine.deadLetters(client: nil, cursor: cursor, limit: 2, as: principal)
            found += page.letters
            cursor = page.nextCursor
        } while cursor != nil
        return found
    }

    private func webhook(_ server: TestHTTPServer) -> Contract {
        Contract(clientID: "c1", access: .readWrite, scope: .own, webhook: Contract.Webhook(url: "http://127.0.0.1:\(server.port)/", secret: "secret"))
    }

    /// As events of receipts are: seen by whose they are, sent again under the same id, deleted by the administrator.
    func test_noticePastItsTime_isADeadLetter_whichIsSentAgain() throws {
        let folder = TemporaryDirectory()
        let start: Int64 = 1_796_400_000_000_000
        let now = Atomic<Int64>(start + 3 * Clock.microsecondsPerDay)
        let clock = Clock { now.load(ordering: .relaxed) }
        let fixture = try EngineFixture(folder.path, clock: clock)
        let engine = fixture.engine
        let told = Monitor<[String]>([])
        let server = TestHTTPServer { request in
            told.broadcast { $0.append("\(request.headers["webhook-id"] ?? "") \(String(decoding: request.body, as: UTF8.self))") }
            return .init(status: 204)
        }
        defer { server.close() }
        _ = try engine.putContract(webhook(server))
        try engine.catalog.write(isCounted: false) { connection in
            for (id, event) in [("a", Notice.Event.uploadProcessed), ("b", .uploadError), ("d", .feedbackDigest)] {
                try Catalog.add(Notice(id: id, client: "c1", event: event, body: Array("{}".utf8), createdAt: start, dueAt: start, attempts: 7), connection)
            }
        }
        let sender = NoticeSender(catalog: engine.catalog, usage: engine.usageMeter, clock: clock, events: Topic())
        sender.start(policy: try AddressPolicy(allow: ["127.0.0.1"]))
        defer { sender.stop() }
        XCTAssertTrue(try Patience.until { try letters(engine).count == 3 })
        let found = try letters(engine, as: EngineFixture.own)
        XCTAssertEqual(found.map(\.id), ["a", "b", "d"])
        XCTAssertEqual(found.map(\.event), ["upload.processed", "upload.error", "feedback.digest"])
        XCTAssertEqual(found.map(\.attempts), [7, 7, 7])
        XCTAssertEqual(Set(found.map(\.reason)), ["not delivered in 3 days, 7 attempts"])
        XCTAssertTrue(found.allSatisfy { $0.receipt == nil && $0.clientID == "c1" && $0.at == start + 3 * Clock.microsecondsPerDay })
        XCTAssertTrue(engine.metrics().contains { $0.name == "dead_letters" && $0.labels.contains { $0.value == "webhook" } && $0.value == 3 })
        let other = Principal(clientID: "c2", access: .readWrite, scope: .own)
        XCTAssertEqual(try letters(engine, as: other).count, 0)
        XCTAssertNil(try engine.deadLetter("a", as: other))
        XCTAssertFault(.notFound, try engine.redrive("a", as: other))
        XCTAssertFault(.readOnly, try engine.redrive("a", as: Principal(clientID: "c1", access: .read, scope: .own)))
        XCTAssertEqual(told.withLock { $0 }, [], "nobody is called past the time")
        XCTAssertNotNil(try engine.deadLetter("a", as: EngineFixture.own))
        try engine.redrive("a", as: EngineFixture.own)
        sender.wake()
        XCTAssertTrue(Patience.until { told.withLock { $0 } == ["a {}"] })
        XCTAssertEqual(try letters(engine).map(\.id), ["b", "d"])
        XCTAssertFault(.notFound, try engine.redrive("a", as: .admin))
        XCTAssertNoThrow(try engine.deleteDeadLetter("b"))
        XCTAssertFault(.notFound, try engine.deleteDeadLetter("b"))
        XCTAssertEqual(try engine.deleteDeadLetters(DeletionFilter(client: "c1", before: nil)).count, 1)
        XCTAssertEqual(try letters(engine).count, 0)
    }

    /// Nobody calls it again, and as long as other feedback it can be had.
    func test_receiverThatIsGone_hasADeadLetterAtOnce_for90Days() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let engine = fixture.engine
        let count = Atomic<Int>(0)
        let server = TestHTTPServer { _ in
            count.add(1, ordering: .relaxed)
            return .init(status: 410)
        }
        defer { server.close() }
        _ = try engine.putContract(webhook(server))
        let now = Clock.system.now()
        try engine.catalog.write(isCounted: false) { connection in
            try Catalog.add(Notice(id: "a", client: "c1", event: .uploadProcessed, body: Array("{}".utf8), createdAt: now, dueAt: now, attempts: 0), connection)
        }
        let sender = NoticeSender(catalog: engine.catalog, usage: engine.usageMeter, clock: .system, events: Topic())
        sender.start(policy: try AddressPolicy(allow: ["127.0.0.1"]))
        let letter = try XCTUnwrap(try Patience.value { try letters(engine).first })
        sender.stop()
        XCTAssertEqual(letter.attempts, 1)
        XCTAssertTrue(letter.reason.contains("410"), letter.reason)
        XCTAssertEqual(count.load(ordering: .relaxed), 1)
        XCTAssertNil(try engine.catalog.nextNoticeAt())
        try engine.uploads.sweepFeedback(now: now + 89 * Clock.microsecondsPerDay)
        XCTAssertEqual(try letters(engine).count, 1)
        try engine.uploads.sweepFeedback(now: now + 91 * Clock.microsecondsPerDay)
        XCTAssertEqual(try letters(engine).count, 0)
    }

    /// A wall clock that somebody sets, beside one that nobody does. Microseconds.
    private final class HandClock: Sendable {
        private let state = Mutex<(passed: Int64, lead: Int64)>((1_000_000, 1_796_400_000_000_000))
        var now: Int64 { state.withLock { $0.passed + $0.lead } }
        var steady: Int64 { state.withLock { $0.passed } }
        func pass(_ microseconds: Int64) { state.withLock { $0.passed += microseconds } }
        func set(by microseconds: Int64) { state.withLock { $0.lead += microseconds } }
    }

    /// An attempt that fails while the clock is ahead puts the notice off by that clock. Once it is right again the notice waits no longer than it was to.
    func test_noticePutOffByAClockAhead_isToldOnceTheClockIsRight() throws {
        for (lead, isSteady) in [(36_500 * Clock.microsecondsPerDay, false), (5 * 3_600_000_000, true)] as [(Int64, Bool)] {
            let folder = TemporaryDirectory()
            let hand = HandClock()
            let clock = Clock { hand.now }
            let steady: @Sendable () -> Int64 = { hand.steady }
            let fixture = try EngineFixture(folder.path, clock: clock)
            defer { try? fixture.engine.close() }
            let engine = fixture.engine
            let attempts = Atomic<Int>(0)
            let isOpen = Atomic<Bool>(false)
            let server = TestHTTPServer { _ in
                attempts.add(1, ordering: .relaxed)
                return .init(status: isOpen.load(ordering: .relaxed) ? 204 : 500)
            }
            defer { server.close() }
            _ = try engine.putContract(webhook(server))
            hand.set(by: lead)
            let created = hand.now
            try engine.catalog.write(isCounted: false) { connection in
                try Catalog.add(Notice(id: "a", client: "c1", event: .uploadProcessed, body: Array("{}".utf8), createdAt: created, dueAt: created, attempts: 0), connection)
            }
            let sender = NoticeSender(catalog: engine.catalog, usage: engine.usageMeter, clock: clock, events: Topic())
            sender.start(policy: try AddressPolicy(allow: ["127.0.0.1"]), steady: isSteady ? steady : nil)
            defer { sender.stop() }
            XCTAssertTrue(try Patience.until { try engine.catalog.nextNoticeAt() ?? 0 > created }, "it was put off")
            isOpen.store(true, ordering: .relaxed)
            hand.set(by: -lead)
            XCTAssertTrue(
                try Patience.until {
                    // Longer than a first pause lasts.
                    hand.pass(1_000_000)
                    sender.wake()
                    return try engine.catalog.nextNoticeAt() == nil
                }, "\(lead)")
            XCTAssertGreaterThan(attempts.load(ordering: .relaxed), 1)
        }
    }

    /// A clock that is a month ahead for a while makes no notice older than it is.
    func test_clockSetForward_givesNoNoticeUp() throws {
        let folder = TemporaryDirectory()
        let hand = HandClock()
        let clock = Clock { hand.now }
        let steady: @Sendable () -> Int64 = { hand.steady }
        let fixture = try EngineFixture(folder.path, clock: clock)
        defer { try? fixture.engine.close() }
        let engine = fixture.engine
        let attempts = Atomic<Int>(0)
        let isOpen = Atomic<Bool>(false)
        let server = TestHTTPServer { _ in
            attempts.add(1, ordering: .relaxed)
            return .init(status: isOpen.load(ordering: .relaxed) ? 204 : 500)
        }
        defer { server.close() }
        _ = try engine.putContract(webhook(server))
        let created = hand.now
        try engine.catalog.write(isCounted: false) { connection in
            try Catalog.add(Notice(id: "a", client: "c1", event: .uploadProcessed, body: Array("{}".utf8), createdAt: created, dueAt: created, attempts: 0), connection)
        }
        let sender = NoticeSender(catalog: engine.catalog, usage: engine.usageMeter, clock: clock, events: Topic())
        sender.start(policy: try AddressPolicy(allow: ["127.0.0.1"]), steady: steady)
        defer { sender.stop() }
        XCTAssertTrue(try Patience.until { try engine.catalog.nextNoticeAt() ?? 0 > created }, "it was put off")
        hand.set(by: 30 * Clock.microsecondsPerDay)
        let before = attempts.load(ordering: .relaxed)
        XCTAssertTrue(
            Patience.until {
                hand.pass(1_000_000)
                sender.wake()
                return attempts.load(ordering: .relaxed) > before + 1
            })
        XCTAssertEqual(try letters(engine).count, 0)
        hand.set(by: -30 * Clock.microsecondsPerDay)
        // One that comes after the clock was set back is none of the clock before.
        let later = hand.now
        try engine.catalog.write(isCounted: false) { connection in
            try Catalog.add(Notice(id: "b", client: "c1", event: .uploadProcessed, body: Array("{}".utf8), createdAt: later, dueAt: later, attempts: 0), connection)
        }
        let between = attempts.load(ordering: .relaxed)
        XCTAssertTrue(
            Patience.until {
                hand.pass(1_000_000)
                sender.wake()
                return attempts.load(ordering: .relaxed) > between + 2
            })
        XCTAssertEqual(try letters(engine).count, 0)
        isOpen.store(true, ordering: .relaxed)
        XCTAssertTrue(
            try Patience.until {
                hand.pass(1_000_000)
                sender.wake()
                return try engine.catalog.nextNoticeAt() == nil
            })
        XCTAssertEqual(try letters(engine).count, 0)
    }

    /// One that came once a clock ahead was set right, while what was due was looked for by the clock before.
    func test_noticeThatCameAfterTheClockWasSetBack_isToldByALookFromBefore() throws {
        let folder = TemporaryDirectory()
        let created: Int64 = 1_796_400_000_000_000
        let clock = Clock { created }
        let fixture = try EngineFixture(folder.path, clock: clock)
        defer { try? fixture.engine.close() }
        let engine = fixture.engine
        let attempts = Atomic<Int>(0)
        let server = TestHTTPServer { _ in
            attempts.add(1, ordering: .relaxed)
            return .init(status: 204)
        }
        defer { server.close() }
        _ = try engine.putContract(webhook(server))
        let notice = Notice(id: "a", client: "c1", event: .uploadProcessed, body: Array("{}".utf8), createdAt: created, dueAt: created, attempts: 0)
        try engine.catalog.write(isCounted: false) { connection in try Catalog.add(notice, connection) }
        let sender = NoticeSender(catalog: engine.catalog, usage: engine.usageMeter, clock: clock, events: Topic())
        // Taken here, so that the sender's own thread does not send it.
        XCTAssertEqual(try sender.next(now: created).map(\.id), ["a"])
        sender.start(policy: try AddressPolicy(allow: ["127.0.0.1"]))
        defer { sender.stop() }
        sender.send(notice, now: created + 30 * Clock.microsecondsPerDay)
        XCTAssertTrue(try Patience.until { try engine.catalog.nextNoticeAt() == nil })
        XCTAssertEqual(attempts.load(ordering: .relaxed), 1)
        XCTAssertEqual(try letters(engine).count, 0)
    }

    /// A digest that a clock ahead has begun gets nothing more.
    func test_digestBegunByAClockAhead_isMadeOnceTheClockIsRight() throws {
        let folder = TemporaryDirectory()
        let hand = HandClock()
        let fixture = try EngineFixture(folder.path, clock: Clock { hand.now })
        defer { try? fixture.engine.close() }
        let catalog = fixture.engine.catalog
        let webhook = Contract.Webhook(url: "https://example.org/", secret: "secret")
        _ = try fixture.engine.putContract(Contract(clientID: "c1", access: .readWrite, scope: .own, webhook: webhook, digest: Contract.DigestSpan("15m")))
        hand.set(by: 100 * Clock.microsecondsPerDay)
        try catalog.write(isCounted: false) { try catalog.count([[Fault.Violation(pointer: "/id", code: "required", message: "")]], of: "c1", $0) }
        try catalog.closeDigests(now: hand.now)
        XCTAssertEqual(try catalog.dueNotices(now: .max, limit: 10).count, 0, "its span is not over")
        hand.set(by: -100 * Clock.microsecondsPerDay)
        try catalog.closeDigests(now: hand.now)
        XCTAssertEqual(try catalog.dueNotices(now: .max, limit: 10).map(\.event), [.feedbackDigest])
        XCTAssertEqual(try catalog.read { try $0.integer("SELECT count(*) FROM digest_spans") }, 0)
    }

    func test_noticeWhoseRowCannotBeDeleted_isToldOnce() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        try catalog.write(isCounted: false) { connection in
            try Catalog.add(event("e"), connection)
            try connection.execute("CREATE TRIGGER keeps BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'for a test'); END")
        }
        let topic = Topic()
        let sender = NoticeSender(catalog: catalog, usage: fixture.engine.usageMeter, clock: .system, events: topic, pauses: GrowingPause(0.001...0.002))
        sender.start(policy: nil)
        defer { sender.stop() }
        XCTAssertTrue(Patience.until { topic.count(of: "e") > 0 })
        try catalog.write(isCounted: false) { try $0.execute("DROP TRIGGER keeps") }
        XCTAssertTrue(try Patience.until { try catalog.read { try $0.integer("SELECT count(*) FROM notices") } == 0 })
        XCTAssertEqual(topic.count(of: "e"), 1)
    }

    /// As on a full disk: not every client is called for that to be found out, and none is called again meanwhile.
    func test_next_beginsNothing_whileManyWaitForTheirNotes() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let catalog = fixture.engine.catalog
        try catalog.write(isCounted: false) { connection in
            for number in 0..<300 { try Catalog.add(notice("n-\(number)", "client-\(number)", dueAt: Int64(number)), connection) }
            try connection.execute("CREATE TRIGGER keeps BEFORE DELETE ON notices BEGIN SELECT RAISE(ABORT, 'for a test'); END")
        }
        let sender = NoticeSender(catalog: catalog, usage: fixture.engine.usageMeter, clock: .system, events: Topic(), pauses: GrowingPause(86_400...86_400))
        var tried: [String] = []
        while true {
            let chosen = try sender.next(now: 1_000)
            if chosen.isEmpty { break }
            tried += chosen.map(\.id)
            // They have no webhook: their rows are to go.
            for notice in chosen { sender.send(notice, now: 1_000) }
        }
        XCTAssertEqual(tried, (0..<NoticeSender.waitingCountMax).map { "n-\($0)" })
    }

    /// Rows of those who have no place are gone through for each event: where that takes long it is seldom done, and the catalog is free meanwhile.
    func test_next_looksSeldomForEventsAlone_whereThatTakesLong() throws {
        for (quick, found) in [(.infinity, ["e-2"]), (0, [])] as [(Double, [String])] {
            let folder = TemporaryDirectory()
            let fixture = try EngineFixture(folder.path)
            let catalog = fixture.engine.catalog
            try catalog.write(isCounted: false) { connection in
                for number in 0..<200 { try Catalog.add(notice("n-\(number)", "client-\(number)", dueAt: 0), connection) }
                try Catalog.add(event("e-1"), connection)
            }
            let sender = NoticeSender(catalog: catalog, usage: fixture.engine.usageMeter, clock: .system, events: Topic(), lookPace: NoticeSender.LookPace(quick: quick, factor: 1e9))
            let first = try sender.next(now: 1_000).map(\.id)
            XCTAssertEqual(first.count, 33, "all calls, and the event behind them")
            XCTAssertEqual(first.last, "e-1")
            try catalog.write(isCounted: false) { connection in try Catalog.add(event("e-2"), connection) }
            XCTAssertEqual(try sender.next(now: 1_000).map(\.id), found)
        }
    }
}
