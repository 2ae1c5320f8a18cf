import ColumnStore
import Foundation
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: of more work than memory keeps, what is due is done: whatever waits for tomorrow, and however the queue came to be empty. Method: queues against a model of what lies on disk, with work at random;
/// and the engine with room for four steps.
final class QueueRoomTests: XCTestCase {
    private static let file = HotFile(
        directory: "/nowhere", day: 20_000, part: 1, dictionaries: DocumentDictionaries(known: []) { _, _ in 2 }, tables: TableColumns(),
        values: DocumentValues { _, _ in nil })

    private func work(_ id: Int64, dueAt: Int64) -> QueuedWork {
        QueuedWork(file: Self.file, id: id, kind: .step(name: "a"), dueAt: dueAt, since: 0, expiresAt: .max)
    }

    func test_work_atRandom_isNeverLeftOnDiskOnceItIsDue() {
        for seed in SourceSeed.histories("Sources/Ingest/Process") { check(seed) }
    }

    private func check(_ seed: UInt64) {
        var random = SplitMix64(state: seed)
        for capacity in [1, 2, 3, 8, 40] {
            for _ in 0..<40 {
                var queue = CallQueue(limit: .max, capacity: capacity, yieldsRoom: true)
                // What is to be done, by when it is due.
                var disk: [Int64: Int64] = [:]
                var (now, nextID, taken): (Int64, Int64, Int) = (0, 0, 0)
                for _ in 0..<200 {
                    now += Int64.random(in: 0...3, using: &random)
                    for _ in 0..<Int.random(in: 0...4, using: &random) {
                        nextID += 1
                        let dueAt = now + (Bool.random(using: &random) ? 0 : Int64.random(in: 0...60, using: &random))
                        disk[nextID] = dueAt
                        if Bool.random(using: &random) { queue.add(work(nextID, dueAt: dueAt)) } else { queue.renew(work(nextID, dueAt: dueAt)) }
                    }
                    // What is decided elsewhere leaves its queue.
                    if let id = disk.keys.sorted().randomElement(using: &random), Int.random(in: 0..<4, using: &random) == 0 {
                        disk[id] = nil
                        queue.remove(work(id, dueAt: 0).key)
                    }
                    var turns = 0
                    while true {
                        turns += 1
                        guard turns < 10_000 else { return XCTFail("it goes round without an end") }
                        if let next = queue.take(now: now) {
                            taken += 1
                            XCTAssertEqual(disk[next.id], next.dueAt)
                            queue.end(next)
                            if Bool.random(using: &random) {
                                disk[next.id] = nil
                            } else {
                                let later = now + Int64.random(in: 1...30, using: &random)
                                disk[next.id] = later
                                queue.add(work(next.id, dueAt: later))
                            }
                        } else if queue.wantsMore(now: now) {
                            queue.beginReload()
                            for (id, dueAt) in disk.sorted(by: { $0.key < $1.key }) {
                                queue.add(work(id, dueAt: dueAt))
                                guard queue.isSaturated(now: now) else { continue }
                                queue.noteMore()
                                break
                            }
                        } else {
                            break
                        }
                    }
                    XCTAssertEqual(disk.values.filter { $0 <= now }.count, 0, "capacity \(capacity): due, and nobody looks for it")
                    XCTAssertLessThanOrEqual(queue.waitingCount, capacity)
                    XCTAssertEqual(queue.hasMore || queue.waitingCount == disk.count, true, "what is on disk alone is not known")
                }
                XCTAssertGreaterThan(taken, 100)
            }
        }
    }

    /// A queue that is behind reads what lies on disk once for half of what it holds, whatever is put off for tomorrow, and whatever comes meanwhile.
    func test_queueThatIsBehind_readsTheDiskSeldom() {
        let capacity = 40
        var queue = CallQueue(limit: 8, capacity: capacity, yieldsRoom: true)
        var disk: [Int64: Int64] = [:]
        var (nextID, taken, reloads): (Int64, Int, Int) = (0, 0, 0)
        func arrive(_ count: Int) {
            for _ in 0..<count {
                nextID += 1
                disk[nextID] = 0
                queue.renew(work(nextID, dueAt: 0))
            }
        }
        arrive(2_000)
        while taken < 1_500 {
            var underWay: [QueuedWork] = []
            while let next = queue.take(now: 0) { underWay.append(next) }
            taken += underWay.count
            arrive(underWay.count)
            for work in underWay {
                queue.end(work)
                disk[work.id] = 1_000_000
                queue.add(self.work(work.id, dueAt: 1_000_000))
            }
            if queue.wantsMore(now: 0) {
                reloads += 1
                queue.beginReload()
                for (id, dueAt) in disk.sorted(by: { $0.key < $1.key }) {
                    queue.add(work(id, dueAt: dueAt))
                    guard queue.isSaturated(now: 0) else { continue }
                    queue.noteMore()
                    break
                }
            }
            XCTAssertFalse(underWay.isEmpty, "something is due, and nothing is at hand")
            if underWay.isEmpty { return }
        }
        XCTAssertLessThan(reloads, 3 * taken / (capacity / 2))
    }

    /// Of work that has begun anew while a call about it was under way, that call says nothing.
    func test_end_saysWhetherItHasBegunAnew() throws {
        var queue = CallQueue(limit: 2)
        for id in 1...2 as ClosedRange<Int64> { queue.add(work(id, dueAt: 0)) }
        let (first, second) = (try XCTUnwrap(queue.take(now: 0)), try XCTUnwrap(queue.take(now: 0)))
        queue.renew(work(1, dueAt: 5))
        XCTAssertTrue(queue.end(first, worked: false, outcome: "failed", now: 0))
        XCTAssertFalse(queue.end(second, worked: false, outcome: "failed", now: 0))
        XCTAssertEqual(queue.take(now: 5)?.id, 1)
    }

    // MARK: The engine

    private static let accepted = #"{"outcome":"accepted","reference":"s"}"#

    private func withEngine(_ server: TestHTTPServer, concurrency: Int = 64, _ body: (EngineFixture) throws -> Void) throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { options in
            options.registration.registrars["r"] = RegistrarOptions(url: "http://127.0.0.1:\(server.port)/", secret: "s", lock: Clock.microsecondsPerDay, concurrency: concurrency)
            options.registration.queueCapacity = 4
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        let type = #"{"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,"columns":{},"register":[["r"]]}"#
        _ = try fixture.engine.putType(name: "t", body: Array(type.utf8))
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        try body(fixture)
        try fixture.engine.close()
    }

    private func take(_ id: String, _ fixture: EngineFixture) throws -> String {
        try fixture.taken(#"{"schema":"t/1","id":"\#(id)","issued_at":"2025-01-18T14:03:07Z"}"#).summary.ticketID
    }

    private func isComplete(_ ticket: String, _ fixture: EngineFixture) throws -> Bool { try fixture.engine.ticket(ticket, as: .admin).summary?.state == .complete }

    /// A registrar promises an answer for a day: however many wait for that, the next one is asked.
    func test_stepsThatWaitForADay_holdUpNoneThatIsDue() throws {
        let server = TestHTTPServer { String(decoding: $0.body, as: UTF8.self).contains("slow") ? .init(status: 202) : .init(body: Self.accepted) }
        defer { server.close() }
        try withEngine(server) { fixture in
            for number in 0..<12 { _ = try take("slow-\(number)", fixture) }
            for number in 0..<6 {
                let ticket = try take("quick-\(number)", fixture)
                XCTAssertTrue(try Patience.until { try isComplete(ticket, fixture) }, "quick-\(number) is not asked for")
            }
        }
    }

    /// Callbacks decide all that is in memory while a call takes its time.
    func test_queueThatCallbacksAloneEmpty_isFilledFromDisk() throws {
        let gate = Monitor(false)
        let server = TestHTTPServer { _ in
            gate.wait { $0 ? () : nil }
            return .init(body: Self.accepted)
        }
        defer { server.close() }
        try withEngine(server, concurrency: 1) { fixture in
            defer { gate.broadcast { $0 = true } }
            let tickets = try (1...12).map { try take("\($0)", fixture) }
            func metric(_ name: String, _ state: String? = nil) -> Double? {
                fixture.engine.metrics().first { metric in metric.name == name && (state == nil || metric.labels.contains { $0.value == state }) && metric.labels.contains { $0.value == "r" } }?.value
            }
            XCTAssertTrue(Patience.until { metric("queue_items", "in-flight") == 1 && metric("queue_overflow") == 1 })
            let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
            for row in 2...11 as ClosedRange<Int64> {
                let done = Monitor<Result<ProcessResult, Fault>?>(nil)
                let action = ProcessChange.Action.outcome(
                    step: ProcessKey.step(row: row, ordinal: 0), StepOutcome(isAccepted: true, reference: nil, errors: []), HistoryNote("callback: accepted"))
                fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
                XCTAssertEqual(try done.wait { $0 }.get(), .applied)
            }
            gate.broadcast { $0 = true }
            for ticket in [tickets[0], tickets[11]] { XCTAssertTrue(try Patience.until { try isComplete(ticket, fixture) }) }
        }
    }

    /// What gave way in the queue of a host is looked for by that of the one that its contract has by now.
    func test_eventsOfAContractThatHasAnotherHostByNow_areDelivered() throws {
        let calls = Mutex(0)
        let old = TestHTTPServer { request in
            guard request.path == "/w" else { return .init(body: Self.accepted) }
            calls.withLock { $0 += 1 }
            return .init(status: 503, headers: [("Retry-After", "1")])
        }
        let new = TestHTTPServer { _ in .init(status: 204) }
        defer { for server in [old, new] { server.close() } }
        try withEngine(old) { fixture in
            var contract = Contract(clientID: "c1", access: .readWrite, scope: .own)
            contract.webhook = .init(url: "http://127.0.0.1:\(old.port)/w", secret: "s")
            _ = try fixture.engine.putContract(contract)
            let tickets = try (0..<12).map { try take("R\($0)", fixture) }
            XCTAssertTrue(Patience.until { calls.withLock { $0 } > 0 })
            for ticket in tickets { XCTAssertTrue(try Patience.until { try isComplete(ticket, fixture) }) }
            contract.webhook = .init(url: "http://127.0.0.1:\(new.port)/w", secret: "s")
            _ = try fixture.engine.putContract(contract)
            for ticket in tickets {
                XCTAssertTrue(try Patience.until { try fixture.engine.ticket(ticket, as: .admin).history.contains { $0.event == "webhook: delivered" } }, ticket)
            }
        }
    }
}
