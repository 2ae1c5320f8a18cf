import ColumnStore
import Documents
import Foundation
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a disk that is full for a while, clocks that are set and restarts lose no message that was acknowledged, and give none to two workers. Method: random calls against what their callers were
/// told, with locks by a clock that nobody sets.
final class QueueDisasterTests: XCTestCase {
    private static let second: Int64 = 1_000_000
    private static let lock = 60 * second

    /// What callers know.
    private struct Books {
        var sent: Set<String> = []
        var refused: Set<String> = []
        var completed: Set<String> = []
        var held: [String: (until: Int64, message: ReceivedMessage)] = [:]
    }

    private var books = Books()
    private let disk = FullDisk("queues.sqlite")

    override func setUp() { SQLiteFileSystem.observe(disk) }
    override func tearDown() { SQLiteFileSystem.observe(nil) }

    /// - Returns: whether it was done; else the disk was full.
    private func isDone(_ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return true
        } catch let fault as Fault where fault.code == .diskFull {
            XCTAssertTrue(disk.isFull, "\(fault)")
            return false
        }
    }

    private func send(_ number: Int, _ fixture: QueueFixture) throws {
        let ids = (0...number % 3).map { "\(number)-\($0)" }
        let isSent = try isDone { _ = try fixture.send(ids.map { OutgoingMessage(id: $0, body: [0x31], delay: number % 5 == 0 ? 30 * Self.second : nil) }) }
        if isSent { books.sent.formUnion(ids) } else { books.refused.formUnion(ids) }
    }

    private func receive(_ fixture: QueueFixture) throws {
        let asked = fixture.time.passed
        _ = try isDone {
            for message in try fixture.receive(3) {
                XCTAssertTrue(books.sent.contains(message.id), "\(message.id) was refused, and is there")
                XCTAssertFalse(books.completed.contains(message.id), "\(message.id) came again after it was complete")
                if let other = books.held[message.id] { XCTAssertGreaterThanOrEqual(asked, other.until, "\(message.id) is with two at once") }
                books.held[message.id] = (asked + Self.lock, message)
            }
        }
    }

    private func complete(_ id: String, _ fixture: QueueFixture) throws {
        guard let (until, message) = books.held[id] else { return }
        let isHeld = fixture.time.passed < until
        do {
            if try isDone({ try fixture.end(message) }) {
                books.completed.insert(id)
                books.held[id] = nil
            }
        } catch let fault as Fault where fault.code == .lockLost {
            XCTAssertFalse(isHeld, "\(id) was taken away before its time")
            books.held[id] = nil
        }
    }

    func test_walk_withAFullDisk_setClocks_andRestarts_losesNothing_andGivesNothingToTwo() throws {
        let fixture = try QueueFixture(QueueSettings(lock: Self.lock, deliveryCountMax: 1_000))
        var random = SplitMix64(state: 0x90E5)
        var offset: Int64 = 0
        // A jump that no group that holds has seen, since the machine was started: a restart would take it for time.
        var (isSeen, isMarked) = (true, true)
        for number in 0..<3_000 {
            switch random.next() % 16 {
            case 0...3: try send(number, fixture)
            case 4...7: try receive(fixture)
            case 8...11: if let id = books.held.keys.sorted().randomElement(using: &random) { try complete(id, fixture) }
            case 12: fixture.time.pass(Int64(random.next() % 40) * Self.second)
            case 13: disk.isFull = !disk.isFull && random.next() % 2 == 0
            case 14 where random.next() % 3 == 0:
                let next = (Int64(random.next() % 48) - 24) * 3_600 * Self.second
                fixture.time.jump(next - offset)
                (offset, isSeen) = (next, false)
            case 15 where isSeen && random.next() % 2 == 0:
                fixture.time.startMachine()
                try fixture.restart()
                isMarked = false
            default: if isSeen || isMarked { try fixture.restart() }
            }
            if !disk.isFull {
                _ = try fixture.report()
                (isSeen, isMarked) = (true, true)
            }
        }
        disk.isFull = false
        XCTAssertGreaterThan(disk.refusedCount, 0)
        XCTAssertGreaterThan(books.refused.count, 10)
        for _ in 0..<10 {
            fixture.time.pass(Self.lock)
            for _ in 0..<books.sent.count {
                let before = books.held.count
                try receive(fixture)
                for id in books.held.keys.sorted() { try complete(id, fixture) }
                if before == 0, books.held.isEmpty, books.completed.count == books.sent.count { break }
            }
        }
        XCTAssertEqual(books.completed, books.sent)
        let report = try fixture.report()
        XCTAssertEqual([report.active, report.locked, report.delayed], [0, 0, 0])
        XCTAssertEqual(try fixture.letters().map(\.id), [])
        XCTAssertEqual(try fixture.faults(), [])
    }

    /// The file says how the clock stood: of the same start of the machine that tells how far it was set meanwhile.
    func test_clockSetWhileNobodyRuns_keepsLocks_andAMachineThatStartsKnowsNothing() throws {
        let fixture = try QueueFixture(QueueSettings(lock: Self.lock))
        XCTAssertEqual(try fixture.send("a"), [.queued])
        let first = try XCTUnwrap(try fixture.receive().first)
        // Ten years ago and in 200 years are no clocks of a machine, but somebody may set them.
        for jump in [7_200, -14_400, -86_400 * 3_650, 86_400 * 365 * 190] as [Int64] {
            fixture.store.stop()
            fixture.time.jump(jump * Self.second)
            try fixture.restart()
            XCTAssertEqual(try fixture.receive(), [], "after a jump of \(jump) s")
            fixture.time.jump(-jump * Self.second)
            XCTAssertEqual(try fixture.receive(), [], "after a jump of \(-jump) s")
        }
        // A clock that is led by and by.
        for _ in 0..<3 {
            fixture.time.jump(Self.second)
            _ = try fixture.receive()
        }
        fixture.time.pass(Self.lock - 4 * Self.second)
        try fixture.restart()
        XCTAssertEqual(try fixture.receive(), [])
        try fixture.end(first, .renew(lock: nil))
        fixture.store.stop()
        fixture.time.startMachine()
        fixture.time.jump(2 * Self.lock)
        try fixture.restart()
        XCTAssertEqual(try fixture.receive().map(\.id), ["a"])
        XCTAssertEqual(try fixture.faults(), [])
    }

    func test_markThatIsNone_orOutOfBounds_isNone() throws {
        let fixture = try QueueFixture(QueueSettings(lock: Self.lock))
        XCTAssertEqual(try fixture.send("a"), [.queued])
        let first = try XCTUnwrap(try fixture.receive().first)
        for text in ["", "boot-0", "boot-0 x", "boot-0 \(Int64.min)", "boot-0 \(Int64.max)", "boot-0 99999999999999999999", "boot-0 -9000000000000000", "boot-1 5", " 0"] {
            fixture.store.stop()
            let connection = try SQLiteConnection(path: fixture.path, mode: .create)
            let put = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('clock', ?1)")
            try put.bind(1, text)
            try put.run()
            try fixture.restart()
            XCTAssertEqual(try fixture.receive(), [], text)
        }
        fixture.time.pass(Self.lock)
        XCTAssertEqual(try fixture.receive().map(\.id), ["a"])
        XCTAssertFault(.lockLost, try fixture.end(first))
    }

    /// A file of before there was the index by which dead letters are counted: each attempt at it is a pass over all messages.
    func test_indexOfLetters_isTriedOnceAStart_andNotForEachQueue_onAFullDisk() throws {
        let fixture = try QueueFixture()
        for name in ["a", "b"] { _ = try fixture.store.put(queue: name, QueueSettings()) }
        fixture.store.stop()
        let connection = try QueueFile.open(path: fixture.path, store: "of a test")
        try connection.execute("""
            DROP INDEX message_letters;
            INSERT INTO messages(number, queue, id, state, due, came_at, enqueued_at, deliveries, byte_count, body) SELECT id, id, 'm', 3, 0, 0, 0, 1, 7, x'31' FROM queues;
            UPDATE queues SET dead = 1
            """)
        var queues: [String: QueueState] = [:]
        try QueueRows.read(connection) { queues[$0.name] = $0 }
        XCTAssertEqual(queues.count, 3)
        func refusedCount(_ queues: [String: QueueState]) throws -> Int {
            let before = disk.refusedCount
            var counted = queues
            try QueueRows.countDeadBytes(of: &counted, connection)
            XCTAssertEqual(counted.values.map(\.counts.deadByteCount), Array(repeating: 7, count: queues.count))
            return disk.refusedCount - before
        }
        disk.isFull = true
        defer { disk.isFull = false }
        let ofOne = try refusedCount(queues.filter { $0.key == "a" })
        XCTAssertGreaterThan(ofOne, 0)
        XCTAssertEqual(try refusedCount(queues), ofOne)
    }

    /// What was seen of a jump by a group that failed counts for the next.
    func test_clockSetOnAFullDisk_keepsLocks() throws {
        let fixture = try QueueFixture(QueueSettings(lock: Self.lock))
        XCTAssertEqual(try fixture.send("a"), [.queued])
        let first = try XCTUnwrap(try fixture.receive().first)
        for jump in [7_200, -14_400] as [Int64] {
            disk.isFull = true
            fixture.time.jump(jump * Self.second)
            XCTAssertFault(.diskFull, try fixture.send("b"))
            disk.isFull = false
            XCTAssertEqual(try fixture.receive(), [])
        }
        fixture.time.pass(Self.lock - Self.second)
        XCTAssertEqual(try fixture.receive(), [])
        try fixture.end(first)
    }
}
