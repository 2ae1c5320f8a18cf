import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: contracts take turns at an endpoint: however much waits of one, what comes of another is called soon, all of it once, and what is one contract's in its order. Method: queues by themselves, against
/// sorted arrays; files whose steps are looked for; and the engine with room for eight steps.
final class ContractTurnsTests: XCTestCase {
    private static let file = HotFile(
        directory: "/nowhere", day: 20_000, part: 1, dictionaries: DocumentDictionaries(known: []) { _, _ in 2 }, tables: TableColumns(),
        values: DocumentValues { _, _ in nil })

    private func work(_ id: Int64, _ client: String, dueAt: Int64) -> QueuedWork {
        QueuedWork(file: Self.file, id: id, kind: .step(name: "a"), client: client, dueAt: dueAt, since: 0, expiresAt: .max)
    }

    func test_owner_ofAnEvent_isItsClient() {
        let event = QueuedWork(file: Self.file, id: 1, kind: .event(client: "c1", callbackURL: nil), dueAt: 0, since: 0, expiresAt: .max)
        XCTAssertEqual(event.owner, "c1")
        XCTAssertEqual(work(1, "c2", dueAt: 0).owner, "c2")
    }

    func test_take_ofAnotherContract_waitsForTwoOfABacklog_andEachIsTakenOnce() throws {
        var queue = CallQueue(limit: 1, yieldsRoom: true)
        let count: Int64 = 5_000
        for id in 1...count { queue.add(work(id, "bulk", dueAt: id)) }
        var now = count
        var taken: [QueuedWork] = []
        func takeOne() throws {
            now += 10
            let next = try XCTUnwrap(queue.take(now: now))
            taken.append(next)
            queue.end(next)
        }
        for _ in 0..<10 { try takeOne() }
        for (id, client) in [(count + 1, "b"), (count + 2, "c"), (count + 3, "b")] { queue.renew(work(id, client, dueAt: now)) }
        for _ in 0..<6 { try takeOne() }
        XCTAssertEqual(Set(taken[10..<13].map(\.client)), ["bulk", "b", "c"])
        XCTAssertTrue(taken[13..<16].contains { $0.id == count + 3 })
        while queue.waitingCount > 0 { try takeOne() }
        XCTAssertEqual(taken.filter { $0.client == "bulk" }.map(\.id), Array(1...count))
        XCTAssertEqual(taken.count, Int(count) + 3)
        XCTAssertTrue(queue.isIdle)
    }

    /// Of whom something is due, nobody else is served twice before; of one owner what is due first goes first.
    func test_take_atRandom_passesNobodyOverTwice() {
        var random = SplitMix64(state: 0x7C11)
        for ownerCount in [1, 2, 7, 60] {
            var queue = CallQueue(limit: .max)
            // In the order of arrival.
            var waiting: [(id: Int64, client: String, dueAt: Int64)] = []
            // By whom it waits, who was served since.
            var served: [String: Set<String>] = [:]
            var (now, nextID): (Int64, Int64) = (0, 0)
            for _ in 0..<5_000 {
                switch random.next() % 8 {
                case 0: now += Int64.random(in: 0...2, using: &random)
                case 1, 2, 3:
                    nextID += 1
                    let client = "c\(Int.random(in: 0..<ownerCount, using: &random))", dueAt = now + Int64.random(in: 0...9, using: &random)
                    queue.add(work(nextID, client, dueAt: dueAt))
                    waiting.append((nextID, client, dueAt))
                case 4:
                    guard let place = waiting.indices.randomElement(using: &random) else { continue }
                    queue.remove(work(waiting[place].id, "", dueAt: 0).key)
                    // Its next one may not have been due for as long.
                    served[waiting[place].client] = nil
                    waiting.remove(at: place)
                default:
                    let due = Set(waiting.filter { $0.dueAt <= now }.map(\.client))
                    guard let next = queue.take(now: now), let client = next.client else {
                        XCTAssertTrue(due.isEmpty, "something is due, and nothing is taken")
                        continue
                    }
                    queue.end(next)
                    let own = waiting.indices.filter { waiting[$0].client == client }
                    guard let first = own.min(by: { (waiting[$0].dueAt, $0) < (waiting[$1].dueAt, $1) }) else { return XCTFail("nothing waits of \(client)") }
                    XCTAssertEqual(next.id, waiting[first].id, "of one contract the first")
                    waiting.remove(at: first)
                    for other in due where other != client { XCTAssertTrue(served[other, default: []].insert(client).inserted, "\(client) twice before \(other)") }
                    served = served.filter { due.contains($0.key) && $0.key != client }
                }
                XCTAssertEqual(queue.waitingCount, waiting.count)
            }
        }
    }

    func test_lines_ofOwnersWhoComeAndGo_endWithThem() {
        var lines = WorkLines<QueuedWork>()
        for id in 0..<1_000 as Range<Int64> {
            lines.add(work(2 * id, "c\(id)", dueAt: id))
            lines.add(work(2 * id + 1, "c\(id)", dueAt: id + 5))
            XCTAssertEqual(lines.count(of: "c\(id)"), 2)
            XCTAssertEqual(lines.take(now: id)?.id, 2 * id)
            XCTAssertNil(lines.take(now: id), "not due")
            XCTAssertTrue(lines.remove(work(2 * id + 1, "", dueAt: 0).key))
            XCTAssertFalse(lines.remove(work(2 * id + 1, "", dueAt: 0).key))
            XCTAssertEqual([lines.count(of: "c\(id)"), lines.count], [0, 0])
            XCTAssertNil(lines.first)
        }
    }

    // MARK: Room

    /// And those of whom much waits have no more than all of it.
    func test_add_inAQueueThatIsFullOfAnother_findsRoom() throws {
        var queue = CallQueue(limit: 1, capacity: 80, yieldsRoom: true)
        for id in 1...200 as ClosedRange<Int64> { queue.renew(work(id, "bulk", dueAt: 1)) }
        XCTAssertEqual(queue.waitingCount, 80)
        for id in 201...230 as ClosedRange<Int64> { queue.renew(work(id, "b\(id % 3)", dueAt: 1)) }
        XCTAssertEqual((201...230 as ClosedRange<Int64>).filter { queue.has(work($0, "", dueAt: 0).key) }, Array(201...210), "an eighth beside it")
        XCTAssertEqual(queue.waitingCount, 90)
        var taken: [String] = []
        for _ in 0..<8 {
            let next = try XCTUnwrap(queue.take(now: 2))
            taken.append(next.client ?? "")
            queue.end(next)
        }
        XCTAssertEqual(taken.filter { $0 == "bulk" }.count, 2, "\(taken)")
    }

    func test_add_ofOneWhoHasMuch_findsNoRoomBesideIt() {
        var queue = CallQueue(limit: 1, capacity: 80, yieldsRoom: true)
        for id in 1...200 as ClosedRange<Int64> { queue.renew(work(id, id % 2 == 0 ? "a" : "b", dueAt: 1)) }
        XCTAssertEqual(queue.waitingCount, 80)
        for id in 201...300 as ClosedRange<Int64> { queue.renew(work(id, "c", dueAt: 1)) }
        XCTAssertEqual(queue.waitingCount, 90)
        var wide = CallQueue(limit: 1, capacity: 800, yieldsRoom: true)
        for id in 1...1_000 as ClosedRange<Int64> { wide.renew(work(id, "a", dueAt: 1)) }
        for id in 2_001...2_100 as ClosedRange<Int64> { wide.renew(work(id, "c", dueAt: 1)) }
        XCTAssertEqual(wide.waitingCount, 816, "sixteen of one")
    }

    // MARK: Whose a step is

    func test_step_thatAnAnswerBegins_isItsContracts() throws {
        let directory = TemporaryDirectory()
        let fixture = try ProcessTests.fixture(directory.path)
        let told = Mutex<[QueuedWork]>([])
        fixture.engine.tier.workQueue.deliver { work in told.withLock { $0 += work } }
        _ = try fixture.taken(ProcessTests.sale("R1"))
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        let done = Monitor<Result<ProcessResult, Fault>?>(nil)
        let outcome = StepOutcome(isAccepted: true, reference: "r", errors: [])
        fixture.engine.tier.writer.submit(ProcessChange(file: file, action: .outcome(step: ProcessKey.step(row: 1, ordinal: 0), outcome, HistoryNote("answer"))) { result in
            done.broadcast { $0 = result }
        })
        XCTAssertNoThrow(try done.wait { $0 }.get())
        XCTAssertTrue(Patience.until { told.withLock { $0.count { !$0.isOver } == 2 } })
        XCTAssertEqual(told.withLock { $0.filter { !$0.isOver }.map(\.client) }, ["c1", "c1"])
        fixture.engine.tier.workQueue.deliver(to: nil)
        try fixture.engine.close()
    }

    /// Where a row cannot be read its step has no owner, and all others have theirs.
    func test_stepsOfAFileWithADamagedRow_areFoundAll() throws {
        let directory = TemporaryDirectory()
        var fixture = try ProcessTests.fixture(directory.path)
        let count = 300
        let tickets = try (1...count).map { try fixture.taken(ProcessTests.sale("R\($0)")).summary.ticketID }
        let path = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first).path
        try fixture.engine.close()
        var bytes = try Data(contentsOf: URL(filePath: path))
        let ticket = Data(try XCTUnwrap(ULID(tickets[150])).bytes)
        var (start, damagedCount) = (bytes.startIndex, 0)
        while let range = bytes.range(of: ticket, in: start..<bytes.endIndex) {
            start = range.upperBound
            // Of a leaf: earlier copies lie about in pages above them.
            guard bytes[range.lowerBound / 4_096 * 4_096] == 13 else { continue }
            bytes[range.lowerBound + 10] ^= 4
            damagedCount += 1
        }
        XCTAssertGreaterThan(damagedCount, 0)
        try bytes.write(to: URL(filePath: path))
        fixture = try ProcessTests.fixture(directory.path)
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        var clients: [String: Int] = [:]
        for wanted in [true, false] {
            clients = [:]
            try file.forEachOpen(now: 0, wantsClients: { _ in wanted }) { work in
                for one in work { clients[one.client ?? "nobody", default: 0] += 1 }
                return true
            }
            XCTAssertEqual(clients.values.reduce(0, +), count)
            if wanted { XCTAssertGreaterThan(clients["c1", default: 0], count / 2, "\(clients)") }
        }
        XCTAssertEqual(clients, ["nobody": count], "nobody asked")
        try? fixture.engine.close()
    }

    // MARK: The engine

    func test_documentOfAnotherContract_behindABacklog_isRegisteredWithinTheFirstFew() throws {
        let directory = TemporaryDirectory()
        let gate = Monitor(false)
        let called = Mutex<[String]>([])
        let server = TestHTTPServer { request in
            let members = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            called.withLock { $0.append(members?["receipt_id"] as? String ?? "?") }
            gate.wait { $0 ? () : nil }
            return .init(body: #"{"outcome":"accepted","reference":"s"}"#)
        }
        defer { server.close() }
        defer { gate.broadcast { $0 = true } }
        let fixture = try EngineFixture(directory.path) { options in
            options.registration.registrars["r"] = RegistrarOptions(url: "http://127.0.0.1:\(server.port)/", secret: "s", concurrency: 1)
            options.registration.queueCapacity = 8
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        let type = #"{"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,"columns":{},"register":[["r"]]}"#
        _ = try fixture.engine.putType(name: "t", body: Array(type.utf8))
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        func take(_ id: String, as principal: Principal) throws {
            _ = try fixture.taken(#"{"schema":"t/1","id":"\#(id)","issued_at":"2025-01-18T14:03:07Z"}"#, as: principal)
        }
        let bulk = (1...40).map { "bulk-\($0)" }
        for id in bulk { try take(id, as: EngineFixture.own) }
        try take("other", as: Principal(clientID: "c2", access: .readWrite, scope: .own))
        gate.broadcast { $0 = true }
        XCTAssertTrue(try Patience.until { try fixture.walk(PageRequest(state: .complete, fields: ["receipt_id"], limit: 1_000)).count == 41 })
        // A step whose outcome is not durable yet is open still for a queue that is filled meanwhile, and is called again under its key.
        var met: Set<String> = []
        let order = called.withLock { $0 }.filter { met.insert($0).inserted }
        XCTAssertLessThan(try XCTUnwrap(order.firstIndex(of: "other")), 5, "\(order)")
        XCTAssertEqual(order.filter { $0 != "other" }, bulk, "all of them, in the order in which they came")
        try fixture.engine.close()
    }
}
