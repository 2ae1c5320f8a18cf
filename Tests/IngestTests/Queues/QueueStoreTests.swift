import ColumnStore
import Dispatch
import Documents
import Glibc
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: the store does with a file what the model does without one. Method: histories at random, the same calls to both, with restarts between; counts,
/// bytes and dead letters are compared after each.
final class QueueStoreTests: XCTestCase {
    fileprivate static let second: Int64 = 1_000_000

    func test_randomHistories_areTheModels() throws {
        let seed = SourceSeed.of("Sources/Ingest/Queues", "Sources/Processes/Queues")
        for round in 0..<2 as Range<UInt64> {
            var history = try History(seed: seed &+ round)
            try history.run(steps: 400)
            if testRun?.failureCount ?? 0 > 0 { return XCTFail("seed \(seed &+ round)") }
        }
    }

    /// What a hold sees is what the last group has left, and it is there whether or not anybody writes.
    func test_hold_runsBetweenGroups_andOnceNobodyWritesAnyMore() throws {
        let fixture = try QueueFixture()
        let store = fixture.store
        let steps = Monitor<[String]>([])
        try store.hold {
            store.submit { _ -> Bool? in
                steps.broadcast { $0.append("written") }
                return true
            } completion: { _ in }
            steps.broadcast { $0.append("held") }
        }
        let both = steps.wait(seconds: Patience.seconds) { steps -> [String]? in steps.count == 2 ? steps : nil }
        XCTAssertEqual(both, ["held", "written"])
        XCTAssertFault(.wrongState, try store.hold { throw Fault(.wrongState, "of a test") })
        store.stop()
        try store.hold { steps.broadcast { $0.append("alone") } }
        XCTAssertEqual(steps.withLock { $0.last }, "alone")
    }

    /// One history in both.
    private struct History {
        let fixture: QueueFixture
        var model: Queue
        var random: SplitMix64
        var chance = Chance(secret: [7])
        /// What workers hold or believe to hold: the store's message, and the model's token.
        var held: [(message: ReceivedMessage, token: String)] = []
        let seed: UInt64

        init(seed: UInt64) throws {
            self.seed = seed
            random = SplitMix64(state: seed)
            let settings = QueueSettings(
                timeToLive: Int64.random(in: 5...400, using: &random) * QueueStoreTests.second, lock: Int64.random(in: 1...30, using: &random) * QueueStoreTests.second,
                deliveryCountMax: Int.random(in: 1...4, using: &random), duplicateWindow: Int64.random(in: 0...200, using: &random) * QueueStoreTests.second,
                byteCountMax: Bool.random(using: &random) ? 20_000 : 1 << 30, keepsDeadLetters: Int.random(in: 0..<4, using: &random) > 0,
                delay: Bool.random(using: &random) ? 0 : 3 * QueueStoreTests.second)
            fixture = try QueueFixture(settings)
            model = Queue(settings)
        }

        var now: Int64 { fixture.time.now }

        mutating func run(steps: Int) throws {
            for step in 0..<steps {
                fixture.time.pass(Int64.random(in: 1...3 * QueueStoreTests.second, using: &random))
                _ = try fixture.report()
                model.bury(now: now)
                try act()
                try compare("seed \(seed), step \(step)")
            }
        }

        private mutating func act() throws {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<6: try send()
            case 6..<10: try receive()
            case 10..<18: try end()
            case 18:
                if Int.random(in: 0..<4, using: &random) == 0 {
                    try fixture.store.purge(QueueFixture.name, as: .admin)
                    _ = model.purge()
                } else if Int.random(in: 0..<8, using: &random) == 0 {
                    XCTAssertEqual(try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: .admin).count, model.discard(nil))
                } else if let letter = model.deadLetters.randomElement(using: &random) {
                    XCTAssertEqual(
                        try fixture.store.redrive([letter.id], in: QueueFixture.name, perSecond: nil, as: .admin), model.redrive([letter.id], perSecond: nil, now: now))
                }
            default: try fixture.restart()
            }
        }

        private mutating func send() throws {
            let batch = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                OutgoingMessage(
                    id: "m\(Int.random(in: 0..<60, using: &random))",
                    body: Array(repeating: UInt8(ascii: "1"), count: Int.random(in: 0..<5, using: &random) == 0 ? 3_000 : 10),
                    delay: Bool.random(using: &random) ? nil : Int64.random(in: 0...5, using: &random) * QueueStoreTests.second)
            }
            let incoming = batch.map { Queue.Incoming(id: $0.id ?? "", body: $0.body, delay: $0.delay) }
            do {
                let arrivals = try model.enqueue(incoming, now: now)
                XCTAssertEqual(try fixture.send(batch).map(\.arrival), arrivals)
            } catch Queue.Refusal.full {
                XCTAssertFault(.queueFull, try fixture.send(batch))
            }
        }

        private mutating func receive() throws {
            let count = Int.random(in: 1...8, using: &random)
            let wanted = model.receive(count, now: now, &chance)
            let received = try fixture.receive(count)
            XCTAssertEqual(received.map(\.id), wanted.map(\.id))
            for (message, other) in zip(received, wanted) {
                XCTAssertEqual(message.body, other.body)
                XCTAssertEqual(message.deliveries, other.deliveries)
                XCTAssertEqual(message.enqueuedAt, other.enqueuedAt)
                XCTAssertEqual(message.lockedUntil, other.lock?.until)
                held.append((message, other.lock?.token ?? ""))
            }
        }

        private mutating func end() throws {
            guard let place = held.indices.randomElement(using: &random) else { return }
            let (message, token) = held[place]
            // Some answer twice, or late.
            if Int.random(in: 0..<3, using: &random) > 0 { held.remove(at: place) }
            let delay = Bool.random(using: &random) ? nil : Int64.random(in: 0...9, using: &random) * QueueStoreTests.second
            let end: MessageEnd
            var refusal: Queue.Refusal?
            do throws(Queue.Refusal) {
                switch Int.random(in: 0..<6, using: &random) {
                case 0:
                    end = .abandon(delay: delay)
                    try model.abandon(message.id, token: token, delay: delay, now: now)
                case 1:
                    end = .renew(lock: delay)
                    _ = try model.renew(message.id, token: token, lock: delay, now: now)
                case 2:
                    end = .deadLetter(reason: "no")
                    try model.deadLetter(message.id, token: token, reason: "no", now: now)
                default:
                    end = .complete
                    try model.complete(message.id, token: token, now: now)
                }
            } catch {
                refusal = error
            }
            if refusal == nil { try fixture.end(message, end) } else { XCTAssertFault(.lockLost, try fixture.end(message, end)) }
            // What is given back too old, or too often, dies at once in the store.
            model.bury(now: now)
        }

        private mutating func compare(_ place: String) throws {
            let (report, counts) = (try fixture.report(), model.counts(at: now))
            XCTAssertEqual([report.active, report.locked, report.delayed, report.dead], [.active, .locked, .delayed, .dead].map { counts[$0] ?? 0 }, place)
            XCTAssertEqual(report.byteCount, model.byteCount, place)
            XCTAssertEqual(report.oldestAt, model.oldestAt(now), place)
            let letters = try fixture.letters()
            XCTAssertEqual(Set(letters.map { "\($0.id) \($0.reason) \($0.deliveries)" }), Set(model.deadLetters.map { "\($0.id) \($0.death?.reason ?? .expired) \($0.deliveries)" }), place)
            XCTAssertEqual(try fixture.faults(), [], place)
        }
    }

    // MARK: Examples

    func test_locks_surviveARestart() throws {
        let fixture = try QueueFixture()
        XCTAssertEqual(try fixture.send("a"), [.queued])
        let message = try XCTUnwrap(fixture.receive().first)
        try fixture.restart()
        XCTAssertEqual(try fixture.receive(), [])
        XCTAssertEqual(try fixture.report().locked, 1)
        try fixture.end(message)
        XCTAssertFault(.lockLost, try fixture.end(message))
        XCTAssertEqual(try fixture.send("a"), [.duplicate])
        fixture.time.pass(QueueSettings.day)
        XCTAssertEqual(try fixture.send("a"), [.queued])
    }

    func test_locks_lastAsLongAsGiven_whateverIsDoneToTheClock() throws {
        let fixture = try QueueFixture()
        XCTAssertEqual(try fixture.send("a"), [.queued])
        let message = try XCTUnwrap(fixture.receive().first)
        for jump in [3_600, -7_200, 86_400 * 400] as [Int64] {
            fixture.time.jump(jump * QueueStoreTests.second)
            fixture.time.pass(QueueStoreTests.second)
            XCTAssertEqual(try fixture.receive(), [], "after a jump of \(jump) s")
        }
        try fixture.end(message, .renew(lock: nil))
        fixture.time.pass(299 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.receive(), [])
        fixture.time.pass(2 * QueueStoreTests.second)
        // Its time to live is over by the calendar, which counts for that.
        XCTAssertEqual(try fixture.receive(), [])
        XCTAssertEqual(try fixture.letters().map(\.reason), [.expired])
    }

    /// A delay that is longer than the time to live is waited for all the same, whatever is done to the clock meanwhile; the id's window counts from when it came.
    func test_timeToLive_countsFromWhenAMessageCanBeReceived() throws {
        let fixture = try QueueFixture(QueueSettings(timeToLive: 5 * QueueStoreTests.second, duplicateWindow: 30 * QueueStoreTests.second))
        let start = fixture.time.now
        let delayed = [OutgoingMessage(id: "a", body: [0x31], delay: 20 * QueueStoreTests.second)]
        XCTAssertEqual(try fixture.send(delayed).map(\.arrival), [.queued])
        fixture.time.pass(10 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.report().delayed, 1)
        XCTAssertNil(try fixture.report().oldestAt)
        let jump = 3_600 * QueueStoreTests.second
        fixture.time.jump(jump)
        XCTAssertEqual(try fixture.report().delayed, 1)
        fixture.time.pass(10 * QueueStoreTests.second)
        let message = try XCTUnwrap(fixture.receive().first)
        XCTAssertEqual(message.enqueuedAt, start + jump + 20 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.report().oldestAt, message.enqueuedAt)
        fixture.time.jump(-jump)
        try fixture.end(message)
        XCTAssertEqual(try fixture.send(delayed).map(\.arrival), [.duplicate])
        fixture.time.pass(10 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.send(delayed).map(\.arrival), [.queued])
        // Nobody takes it in its time.
        fixture.time.pass(25 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.receive(), [])
        XCTAssertEqual(try fixture.letters().map(\.reason), [.expired])
    }

    /// Of a clock that was ahead nothing stays, and one that is set forward makes no message of a repeat.
    func test_ids_areKnownAsLongAsGiven_whateverIsDoneToTheClock() throws {
        let fixture = try QueueFixture()
        func sendAndComplete(_ id: String) throws -> [Queue.Arrival] {
            let arrivals = try fixture.send(id)
            for message in try fixture.receive(9) { try fixture.end(message) }
            return arrivals
        }
        let year = 365 * QueueSettings.day
        fixture.time.jump(year)
        XCTAssertEqual(try sendAndComplete("a"), [.queued])
        fixture.time.jump(-year)
        fixture.time.pass(2 * QueueSettings.day)
        XCTAssertEqual(try sendAndComplete("a"), [.queued])
        fixture.time.jump(2 * QueueSettings.day)
        XCTAssertEqual(try sendAndComplete("a"), [.duplicate])
        try fixture.restart()
        XCTAssertEqual(try sendAndComplete("a"), [.duplicate])
        fixture.time.jump(-year)
        fixture.time.pass(QueueSettings.day)
        _ = try fixture.report()
        XCTAssertEqual(try fixture.store.perform { core in try core.opened().integer("SELECT count(*) FROM messages") }, 0)
        XCTAssertEqual(try sendAndComplete("a"), [.queued])
    }

    func test_redrive_slowerThanTheTimeToLive_putsAllBack() throws {
        let fixture = try QueueFixture(QueueSettings(timeToLive: 2 * QueueStoreTests.second))
        XCTAssertEqual(try fixture.send("a", "b", "c", "d", "e"), Array(repeating: .queued, count: 5))
        for message in try fixture.receive(9) { try fixture.end(message, .deadLetter(reason: nil)) }
        XCTAssertEqual(try fixture.store.redrive(nil, in: QueueFixture.name, perSecond: 1, as: .admin), 5)
        for id in ["a", "b", "c", "d", "e"] {
            XCTAssertEqual(try fixture.receive(9).map(\.id), [id])
            fixture.time.pass(QueueStoreTests.second)
        }
        XCTAssertEqual(try fixture.letters(), [])
    }

    func test_waits_areAnsweredInTurn_byMessagesAndByTheirEnds() throws {
        let fixture = try QueueFixture()
        let answers = Answers()
        let handles = ["first", "second", "third"].map { name in
            fixture.store.receive(2, from: QueueFixture.name, waits: true, as: .admin) { result in answers.add(name, (try? result.get().map(\.id)) ?? ["fault"]) }
        }
        handles[1].cancel()
        XCTAssertEqual(try fixture.send("a", "b", "c"), [.queued, .queued, .queued])
        _ = try fixture.store.queues(after: nil, limit: 1, as: .admin)
        XCTAssertEqual(answers.all, ["second: ", "first: a b", "third: c"])
        handles[2].cancel()
        // A queue that goes answers those that wait for it.
        _ = fixture.store.receive(1, from: QueueFixture.name, waits: true, as: .admin) { result in answers.add("late", (try? result.get().map(\.id)) ?? ["fault"]) }
        try fixture.store.delete(queue: QueueFixture.name)
        _ = try fixture.store.queues(after: nil, limit: 1, as: .admin)
        XCTAssertEqual(answers.all.last, "late: fault")
        XCTAssertFault(.notFound, try fixture.send("a"))
        _ = try fixture.store.put(queue: QueueFixture.name, QueueSettings())
        XCTAssertEqual(try fixture.send("a"), [.queued], "another queue of the same name knows nothing of the first")
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// Nobody whose call is in the same group waits until thousands are buried.
    func test_receive_behindManyThatAreTooOld_buriesAPiece_andTheNextGoesOn() throws {
        let fixture = try QueueFixture(QueueSettings(timeToLive: 60 * QueueStoreTests.second))
        let many = (0..<5_000).map { OutgoingMessage(id: "\($0)", body: [0x31]) }
        _ = try fixture.store.perform { core in try core.enqueue(many, to: QueueFixture.name, sender: nil) }
        // The thread is held while the time passes, so that the first who looks is the receiver.
        let goOn = hold(fixture.store)
        fixture.time.pass(3_600 * QueueStoreTests.second)
        let dead = Monitor<Int?>(nil)
        fixture.store.submit { core -> Int? in
            _ = try core.receive(1, from: QueueFixture.name)
            return core.queues[QueueFixture.name]?.counts.dead
        } completion: { result in
            let count = (try? result.get()) ?? -1
            dead.signal { $0 = count }
        }
        goOn()
        XCTAssertEqual(dead.wait { $0 }, 2 * QueueCore.pieceCountMax, "as many as time buries, and as many as were on the way")
        XCTAssertEqual(try fixture.send("live"), [.queued])
        XCTAssertTrue(try Patience.until { try fixture.receive().first?.id == "live" })
        XCTAssertEqual(try fixture.report().dead, many.count)
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// Holds the writer's thread until what it gives is called: what is handed in meanwhile is one group.
    private func hold(_ store: QueueStore) -> () -> Void {
        let (isHeld, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        store.submit { _ -> Int? in
            isHeld.signal()
            goesOn.wait()
            return 0
        } completion: { _ in }
        isHeld.wait()
        return { goesOn.signal() }
    }

    /// A thousand receivers may be in a group, each with megabytes that nobody is charged for before the group is durable.
    func test_receive_ofManyInAGroup_handsOutSomeMegabytes_andTheOthersTheirsNext() throws {
        let fixture = try QueueFixture()
        let (count, lot) = (80, 20)
        for first in stride(from: 0, to: count, by: lot) {
            _ = try fixture.send((first..<first + lot).map { OutgoingMessage(id: "\($0)", body: Array(repeating: UInt8(ascii: "1"), count: QueueSettings.bodyByteCountMax)) })
        }
        let goOn = hold(fixture.store)
        let answers = Monitor<[[String]]>([])
        let locked = Monitor<Int?>(nil)
        for number in 0..<count {
            _ = fixture.store.receive(1, from: QueueFixture.name, waits: number % 2 == 0, as: .admin) { result in
                let ids = (try? result.get().map(\.id)) ?? ["fault"]
                answers.broadcast { $0.append(ids) }
            }
        }
        fixture.store.submit { core -> Int? in core.queues[QueueFixture.name]?.counts.locked } completion: { result in
            let count = (try? result.get()) ?? -1
            locked.broadcast { $0 = count }
        }
        goOn()
        XCTAssertEqual(locked.wait { $0 }, 64, "16 MiB")
        let all = answers.wait { $0.count == count ? $0 : nil }
        XCTAssertEqual(all.flatMap { $0 }.sorted(), (0..<count).map { "\($0)" }.sorted())
        XCTAssertTrue(all.allSatisfy { $0.count == 1 })
        XCTAssertEqual(try fixture.receive(), [], "nothing is left to wait for")
    }

    /// A wait that has ended is no receiver any more, whatever became of the group in which it did.
    func test_wait_endedInAGroupThatFails_isAnsweredOnce_andKeepsNoMessage() throws {
        let fixture = try QueueFixture()
        let answers = Monitor<[[String]]>([])
        let handle = fixture.store.receive(1, from: QueueFixture.name, waits: true, as: .admin) { result in
            let ids = (try? result.get().map(\.id)) ?? ["fault"]
            answers.broadcast { $0.append(ids) }
        }
        let goOn = hold(fixture.store)
        handle.cancel()
        fixture.store.submit { _ -> Int? in throw SQLiteError(code: 13, message: "full", path: "") } completion: { _ in }
        goOn()
        XCTAssertEqual(answers.wait { $0.isEmpty ? nil : $0 }, [[]])
        XCTAssertEqual(try fixture.send("a"), [.queued])
        XCTAssertEqual(try fixture.receive().map(\.id), ["a"])
        XCTAssertEqual(answers.wait { $0 }, [[]])
    }

    /// Nothing is taken from then on, so that no group would end them.
    func test_waits_atASyncThatFails_areRefused() throws {
        let fixture = try QueueFixture()
        let answers = Monitor<[Fault.Code?]>([])
        let handle = fixture.store.receive(1, from: QueueFixture.name, waits: true, as: .admin) { result in
            var code: Fault.Code?
            if case .failure(let fault) = result { code = fault.code }
            answers.broadcast { [code] in $0.append(code) }
        }
        fixture.store.submit { _ -> Int? in throw SQLiteError(code: SQLiteError.ioErrorFsync, message: "no sync", path: "") } completion: { _ in }
        XCTAssertEqual(answers.wait { $0.isEmpty ? nil : $0 }, [.diskFull])
        handle.cancel()
        XCTAssertFault(.diskFull, try fixture.report())
        XCTAssertEqual(answers.wait { $0 }, [.diskFull])
    }

    private final class Answers: @unchecked Sendable {
        // Proof: each look follows a call that was answered by the one thread that adds.
        private(set) var all: [String] = []
        func add(_ name: String, _ ids: [String]) { all.append("\(name): \(ids.joined(separator: " "))") }
    }

    func test_delay_isTakenByTheThreadItself() throws {
        let folder = TemporaryDirectory()
        _ = try folder.made()
        let store = try QueueStore(
            store: QueueCore.Store(path: folder.path + "/queues.sqlite", id: "of a test", directory: folder.path, minFreeBytes: 0, clock: .system, steady: nil), members: [], opens: false)
        defer { store.stop() }
        _ = try store.put(queue: "jobs", QueueSettings(delay: 100_000))
        let received: [ReceivedMessage] = try QueueFixture.wait { completion in
            _ = store.receive(1, from: "jobs", waits: true, as: .admin, completion: completion)
            store.send([OutgoingMessage(id: "a", body: [0x31])], to: "jobs", as: .admin) { _ in }
        }
        XCTAssertEqual(received.map(\.id), ["a"])
    }

    func test_letters_pagesRedriveAtAPaceAndPurge() throws {
        let fixture = try QueueFixture(QueueSettings(lock: QueueStoreTests.second, deliveryCountMax: 1))
        _ = try fixture.send("a", "b", "c", bytes: 5_000)
        XCTAssertEqual(try fixture.receive(9).count, 3)
        fixture.time.pass(2 * QueueStoreTests.second)
        _ = try fixture.report()
        let first = try fixture.store.deadLetters(in: QueueFixture.name, after: nil, limit: 2, as: .admin).letters
        XCTAssertEqual(first.map(\.id), ["a", "b"])
        XCTAssertEqual(first.map(\.body.count), [5_000, 5_000])
        XCTAssertEqual(try fixture.store.deadLetters(in: QueueFixture.name, after: (first[1].diedAt, first[1].number), limit: 2, as: .admin).letters.map(\.id), ["c"])
        XCTAssertEqual(try fixture.report().byteCount, 0)
        XCTAssertEqual(try fixture.store.redrive(nil, in: QueueFixture.name, perSecond: 2, as: .admin), 3)
        XCTAssertEqual(try fixture.receive(9).map(\.id), ["a"])
        fixture.time.pass(QueueStoreTests.second)
        XCTAssertEqual(try fixture.receive(9).map(\.id), ["b", "c"])
        try fixture.store.purge(QueueFixture.name, as: .admin)
        XCTAssertEqual(try fixture.report().byteCount, 0)
        XCTAssertEqual(try fixture.letters().map(\.id), ["a"], "its lock had ended, and it was handed out as often as may be")
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// What nobody looks at fills no disk, and none of it goes by itself.
    func test_deadLetters_haveABoundWithTheOthers_andAreDeletedByACallAlone() throws {
        let fixture = try QueueFixture(QueueSettings(lock: QueueStoreTests.second, deliveryCountMax: 1, duplicateWindow: 0, byteCountMax: 10))
        func die(_ ids: String...) throws {
            for id in ids { XCTAssertEqual(try fixture.send(id, bytes: 5), [.queued]) }
            XCTAssertEqual(try fixture.receive(9).count, ids.count)
            fixture.time.pass(2 * QueueStoreTests.second)
            _ = try fixture.report()
        }
        try die("a", "b")
        try die("c")
        XCTAssertEqual(try fixture.send("d", bytes: 5), [.queued])
        XCTAssertThrowsError(try fixture.send("e", bytes: 5)) {
            XCTAssertEqual(($0 as? Fault)?.code, .queueFull)
            XCTAssertTrue(($0 as? Fault)?.detail.contains("15 of dead letters") == true, "\($0)")
        }
        XCTAssertEqual(try fixture.send("d", bytes: 5), [.duplicate], "a duplicate takes no room")
        try fixture.restart()
        XCTAssertFault(.queueFull, try fixture.send("e", bytes: 5))
        XCTAssertFault(.notFound, try fixture.store.deleteDeadLetter("d", in: QueueFixture.name, as: .admin))
        XCTAssertFault(.notFound, try fixture.store.deleteDeadLetter("nobody", in: QueueFixture.name, as: .admin))
        let stranger = Principal(clientID: "c", access: .readWrite, scope: .all, uses: .init(queues: .some(["other"])))
        XCTAssertFault(.notFound, try fixture.store.deleteDeadLetter("a", in: QueueFixture.name, as: stranger))
        XCTAssertFault(.notFound, try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: stranger))
        try fixture.store.deleteDeadLetter("b", in: QueueFixture.name, as: .admin)
        XCTAssertEqual(try fixture.letters().map(\.id), ["a", "c"])
        XCTAssertEqual(try fixture.send("e", bytes: 5), [.queued])
        XCTAssertEqual(try fixture.faults(), [])
        XCTAssertEqual(try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: .admin), DeletionSummary(count: 2, hasMore: false))
        XCTAssertEqual(try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: .admin), DeletionSummary(count: 0, hasMore: false))
        let report = try fixture.report()
        XCTAssertEqual([report.active, report.dead, report.byteCount], [2, 0, 10])
        XCTAssertEqual(try fixture.faults(), [])
    }

    func test_deletionOfDeadLetters_endsACallAtSomeThousands() throws {
        let fixture = try QueueFixture(QueueSettings(timeToLive: QueueStoreTests.second))
        let count = 10_001
        for start in stride(from: 0, to: count, by: 100) {
            _ = try fixture.send((start..<min(start + 100, count)).map { OutgoingMessage(id: "m\($0)", body: [0x31]) })
        }
        fixture.time.pass(2 * QueueStoreTests.second)
        // A group buries a piece.
        XCTAssertTrue(try Patience.until { try fixture.report().dead == count })
        XCTAssertEqual(try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: .admin), DeletionSummary(count: 10_000, hasMore: true))
        XCTAssertEqual(try fixture.letters().count, 1)
        XCTAssertEqual(try fixture.store.deleteDeadLetters(in: QueueFixture.name, as: .admin), DeletionSummary(count: 1, hasMore: false))
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// The version before works on the same file, and knows nothing of the bytes of dead letters: they are counted as it is opened, whatever became of them meanwhile.
    func test_fileThatTheVersionBeforeHasWorkedOn_hasItsDeadLettersCountedAnew() throws {
        let fixture = try QueueFixture(QueueSettings(lock: QueueStoreTests.second, deliveryCountMax: 1, byteCountMax: 10))
        func die(_ ids: String..., dead: Int) throws {
            for id in ids { XCTAssertEqual(try fixture.send(id, bytes: 5), [.queued]) }
            XCTAssertEqual(try fixture.receive(9).count, ids.count)
            fixture.time.pass(2 * QueueStoreTests.second)
            XCTAssertEqual(try fixture.report().dead, dead)
        }
        try die("a", "b", dead: 2)
        try die("c", "d", dead: 4)
        XCTAssertFault(.queueFull, try fixture.send("e", bytes: 5))
        fixture.store.stop()
        // It has not the index by which they are counted, either.
        try SQLiteConnection(path: fixture.path, mode: .readWrite).execute("DROP INDEX message_letters; DELETE FROM messages WHERE id IN ('a', 'b'); UPDATE queues SET dead = 2")
        XCTAssertEqual(try fixture.faults(), [])
        try fixture.restart()
        XCTAssertEqual(try fixture.send("e", "f", bytes: 5), [.queued, .queued])
        XCTAssertEqual(try fixture.receive(9).count, 2)
        fixture.time.pass(2 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.report().dead, 4)
        XCTAssertFault(.queueFull, try fixture.send("g", bytes: 5))
        XCTAssertEqual(try fixture.faults(), [])
        let told = Mutex<[String]>([])
        StoreLog.observe { event in if event.what == "a queue takes no messages for its dead letters" { told.withLock { $0.append(event.reason) } } }
        defer { StoreLog.observe(nil) }
        try fixture.restart()
        XCTAssertFault(.queueFull, try fixture.send("g", bytes: 5))
        XCTAssertEqual(told.withLock { $0.map { $0.contains("\(QueueFixture.name): 4 dead letters have 20 bytes") } }, [true])
        // A repeat is told as one, however much more there is than may be.
        fixture.store.stop()
        try SQLiteConnection(path: fixture.path, mode: .readWrite).execute("UPDATE queues SET byte_count_max = 4")
        try fixture.restart()
        XCTAssertEqual(try fixture.send("c", bytes: 5), [.duplicate])
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// Bodies of one byte would be billions.
    func test_deadLetters_haveABoundByTheirNumber() {
        var queue = QueueState(id: 1, name: "q", settings: QueueSettings())
        (queue.counts.dead, queue.counts.deadByteCount) = (QueueSettings.letterCountMax - 1, QueueSettings.letterCountMax - 1)
        XCTAssertGreaterThan(queue.room, 0)
        XCTAssertFalse(queue.isHeldByLetters)
        queue.counts.dead += 1
        XCTAssertEqual(queue.room, 0)
        XCTAssertTrue(queue.isHeldByLetters)
    }

    /// The least that is to stay free is more than half of what is.
    func test_queues_leaveRoomToDocumentsThatComeByThemselves() throws {
        let fixture = try QueueFixture()
        let free = try XCTUnwrap(DataDirectory.freeBytes(fixture.folder.path))
        try fixture.restart(minFreeBytes: free / 4 * 3)
        XCTAssertFault(.diskFull, try fixture.send("a"))
    }

    /// By a clock that was set back since, they died in time to come: all of them are dead all the same.
    func test_redriveOfAll_afterTheClockWasSetBack_leavesNoLetter() throws {
        let fixture = try QueueFixture(QueueSettings(lock: QueueStoreTests.second, deliveryCountMax: 1))
        _ = try fixture.send("a", "b", "c")
        XCTAssertEqual(try fixture.receive(9).count, 3)
        fixture.time.pass(2 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.report().dead, 3)
        fixture.time.jump(-3_600 * QueueStoreTests.second)
        XCTAssertEqual(try fixture.store.redrive(nil, in: QueueFixture.name, perSecond: nil, as: .admin), 3)
        XCTAssertEqual(try fixture.letters(), [])
        XCTAssertEqual(try fixture.receive(9).map(\.id), ["a", "b", "c"])
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// Bodies that fill a page to its last byte: with nothing behind them it was all, and with one it was not.
    func test_pagesThatAreFull_areCut_onlyWhereThereAreMore() throws {
        let fixture = try QueueFixture(QueueSettings(lock: QueueStoreTests.second, deliveryCountMax: 1))
        let byteCount = QueueSettings.bodyByteCountMax
        let fullCount = QueuedMessageReport.pageByteCountMax / byteCount
        XCTAssertEqual(fullCount * byteCount, DeadMessageReport.pageByteCountMax)
        for number in 0..<fullCount { _ = try fixture.send("m\(number)", bytes: byteCount) }
        func isCut() throws -> (messages: Bool, letters: Bool, count: Int) {
            let messages = try fixture.store.messages(in: QueueFixture.name, after: nil, limit: 100, as: .admin)
            let letters = try fixture.store.deadLetters(in: QueueFixture.name, after: nil, limit: 100, as: .admin)
            return (messages.isCut, letters.isCut, messages.messages.count + letters.letters.count)
        }
        XCTAssertTrue(try isCut() == (false, false, fullCount))
        _ = try fixture.send("behind", bytes: 2)
        XCTAssertTrue(try isCut() == (true, false, fullCount))
        while try !fixture.receive(9).isEmpty {}
        fixture.time.pass(2 * QueueStoreTests.second)
        _ = try fixture.report()
        XCTAssertTrue(try isCut() == (false, true, fullCount))
    }

    func test_refusals() throws {
        let fixture = try QueueFixture(QueueSettings(byteCountMax: 10))
        XCTAssertFault(.invalidQueue, try fixture.store.put(queue: "no name", QueueSettings()))
        XCTAssertFault(.notFound, try fixture.store.queue("other", as: .admin))
        let stranger = Principal(clientID: "c", access: .readWrite, scope: .all, uses: .init(queues: .some(["other"])))
        XCTAssertFault(.notFound, try fixture.send([OutgoingMessage(id: nil, body: [0x31])], as: stranger))
        XCTAssertEqual(try fixture.store.queues(after: nil, limit: 9, as: stranger).map(\.name), [])
        XCTAssertFault(.tooLarge, try fixture.send([OutgoingMessage(id: nil, body: Array(repeating: 0x31, count: 256 << 10 | 1))]))
        XCTAssertFault(.badParameter, try fixture.send(Array(repeating: OutgoingMessage(id: nil, body: [0x31]), count: 101)))
        XCTAssertFault(.badParameter, try fixture.send([OutgoingMessage(id: "", body: [0x31])]))
        XCTAssertEqual(try fixture.send("a", bytes: 6), [.queued])
        XCTAssertFault(.queueFull, try fixture.send("b", "c", bytes: 3))
        XCTAssertEqual(try fixture.send("a", "b", bytes: 4), [.duplicate, .queued], "a duplicate takes no room")
        try fixture.restart(minFreeBytes: .max)
        XCTAssertFault(.diskFull, try fixture.send("d", bytes: 0))
        XCTAssertEqual(try fixture.receive(9).count, 2, "what is there can be worked off on a full disk")
        XCTAssertEqual(try fixture.report().locked, 2)
    }

    /// A damaged file holds any number.
    func test_messageWhoseTimesArePastAllTime_isHandedOut_andDone() throws {
        let fixture = try QueueFixture()
        XCTAssertEqual(try fixture.send("a"), [.queued])
        fixture.store.stop()
        try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE messages SET came_at = 9223372036854775807, enqueued_at = 9223372036854775807")
        try fixture.restart()
        let message = try XCTUnwrap(try fixture.receive().first)
        XCTAssertEqual(message.id, "a")
        try fixture.end(message)
        let report = try fixture.report()
        XCTAssertEqual([report.active, report.locked], [0, 0])
    }

    func test_queueWhoseNumbersArePastAllBounds_takesGivesAndEnds() throws {
        for number in [.min, .min + 1, -1, .max - 1, .max] as [Int64] {
            for column in ["byte_count", "byte_count_max", "active", "locked", "delayed", "dead", "time_to_live", "lock", "delivery_count_max", "duplicate_window", "delay"] {
                let fixture = try QueueFixture()
                XCTAssertEqual(try fixture.send("a"), [.queued])
                fixture.store.stop()
                try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE queues SET \(column) = \(number)")
                try fixture.restart()
                // Any answer will do: the process goes on.
                for _ in 0..<2 {
                    do { _ = try fixture.send("b") } catch is Fault {}
                    do { for message in try fixture.receive(2) { try fixture.end(message) } } catch is Fault {}
                }
                XCTAssertNoThrow(try fixture.report(), "\(column) = \(number)")
                XCTAssertNoThrow(try fixture.faults(), "\(column) = \(number)")
            }
        }
    }

    /// Of messages that are not there nobody is given any, and nobody who waits is looked after again and again.
    func test_countOfMessagesThatAreNotThere_isSetRight() throws {
        let fixture = try QueueFixture()
        XCTAssertEqual(try fixture.send("a"), [.queued])
        fixture.store.stop()
        try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE queues SET active = 5")
        try fixture.restart()
        let messages = try fixture.receive(2)
        XCTAssertEqual(messages.map(\.id), ["a"])
        XCTAssertEqual(try fixture.report().active, 0)
        for message in messages { try fixture.end(message) }
        XCTAssertEqual(try fixture.receive().count, 0)
        XCTAssertEqual(try fixture.faults().count, 0)
    }

    /// None is there, and somebody waits for one: the file is right while he does.
    func test_countOfMessagesThatAreNotThere_isSetRight_besideWhoeverWaits() throws {
        let fixture = try QueueFixture()
        fixture.store.stop()
        try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE queues SET active = 5")
        XCTAssertEqual(try fixture.faults().count, 1)
        try fixture.restart()
        let received = Monitor<Result<[ReceivedMessage], Fault>?>(nil)
        _ = fixture.store.receive(1, from: QueueFixture.name, waits: true, as: .admin) { result in received.broadcast { $0 = result } }
        XCTAssertTrue(try Patience.until { try fixture.faults().isEmpty })
        XCTAssertEqual(try fixture.report().active, 0)
        XCTAssertEqual(try fixture.send("a"), [.queued])
        XCTAssertEqual(try received.wait { $0 }.get().map(\.id), ["a"])
    }

    /// Whoever asks for it is given the others, and it is kept: by a queue that keeps no dead letters, too.
    func test_messageWhoseBodyIsMissing_isADeadLetter_andHoldsUpNoOther() throws {
        for keeps in [true, false] {
            let fixture = try QueueFixture(QueueSettings(keepsDeadLetters: keeps))
            XCTAssertEqual(try fixture.send("a", "b", bytes: 5_000), [.queued, .queued])
            XCTAssertEqual(try fixture.send("c"), [.queued])
            fixture.store.stop()
            try SQLiteConnection(path: fixture.path, mode: .create).execute("DELETE FROM bodies WHERE number = (SELECT number FROM messages WHERE id = 'a')")
            try fixture.restart()
            let standing = try fixture.store.messages(in: QueueFixture.name, after: nil, limit: 9, as: .admin).messages
            XCTAssertEqual(standing.map { String(decoding: $0.body.prefix(4), as: UTF8.self) }, ["null", "1111", "11"])
            XCTAssertEqual(try fixture.receive(9).map(\.id), ["b", "c"])
            for _ in 0..<2 {
                let letter = try XCTUnwrap(try fixture.letters().first)
                XCTAssertEqual([letter.id, letter.reason.rawValue, String(decoding: letter.body, as: UTF8.self)], ["a", "rejected", "null"])
                XCTAssertTrue(letter.detail?.contains("body is missing") == true)
                // It dies again.
                XCTAssertEqual(try fixture.store.redrive(nil, in: QueueFixture.name, perSecond: nil, as: .admin), 1)
                XCTAssertEqual(try fixture.receive(9).count, 0)
            }
            XCTAssertEqual(try fixture.faults().count, 1)
        }
    }

    func test_messageWhoseSizeIsPastAllBounds_isHandedOut_andDone() throws {
        for number in [.min, -1, .max] as [Int64] {
            let fixture = try QueueFixture()
            XCTAssertEqual(try fixture.send("a"), [.queued])
            fixture.store.stop()
            try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE messages SET byte_count = \(number); UPDATE queues SET byte_count = \(number)")
            try fixture.restart()
            try fixture.end(try XCTUnwrap(try fixture.receive().first))
            XCTAssertEqual(try fixture.report().active, 0)
        }
    }

    func test_open_refusesAMessageOfANumberPastAllCounting() throws {
        let fixture = try QueueFixture()
        XCTAssertEqual(try fixture.send("a"), [.queued])
        fixture.store.stop()
        try SQLiteConnection(path: fixture.path, mode: .create).execute("UPDATE messages SET number = \(Int64.max)")
        XCTAssertThrowsError(try fixture.restart()) { XCTAssertEqual(($0 as? SQLiteError)?.kind, .corrupt, "\($0)") }
    }

    func test_open_refusesAnotherStoresFile() throws {
        let fixture = try QueueFixture()
        fixture.store.stop()
        XCTAssertThrowsError(try QueueFile.open(path: fixture.path, store: "another"))
        XCTAssertNoThrow(try QueueFile.open(path: fixture.path, store: "of a test"))
    }
}
