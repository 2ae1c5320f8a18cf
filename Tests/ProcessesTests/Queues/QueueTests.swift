import Processes
import TestSupport
import XCTest

/// Goal: no message is lost, none is completed by two, none comes twice. Method: each rule by an example; histories at random of workers who finish, give back, renew, vanish and answer late, with a
/// checker that knows only what the calls said.
final class QueueTests: XCTestCase {
    private static let second: Int64 = 1_000_000

    private func queue(_ change: (inout QueueSettings) -> Void = { _ in }) -> Queue {
        var settings = QueueSettings()
        change(&settings)
        return Queue(settings)
    }

    private func message(_ id: String, bytes: Int = 1, delay: Int64? = nil) -> Queue.Incoming { .init(id: id, body: Array(repeating: 0, count: bytes), delay: delay) }

    func test_duplicates_areCountedOnceWithinTheirWindow() throws {
        var (queue, chance) = (queue { $0.duplicateWindow = 10 }, Chance(secret: [1]))
        XCTAssertEqual(try queue.enqueue([message("a"), message("a"), message("b")], now: 0), [.queued, .duplicate, .queued])
        let got = queue.receive(9, now: 1, &chance)
        XCTAssertEqual(got.map(\.id), ["a", "b"])
        try queue.complete("a", token: XCTUnwrap(got[0].lock?.token), now: 2)
        XCTAssertEqual(try queue.enqueue([message("a")], now: 9), [.duplicate])
        XCTAssertEqual(try queue.enqueue([message("a")], now: 10), [.queued])
        // Known for as long as it is there, window or not.
        XCTAssertEqual(try queue.enqueue([message("b")], now: 100), [.duplicate])
    }

    func test_locks_endRenewAndAreOfOneDelivery() throws {
        var (queue, chance) = (queue { $0.lock = 10 }, Chance(secret: [1]))
        _ = try queue.enqueue([message("a")], now: 0)
        let first = try XCTUnwrap(queue.receive(1, now: 0, &chance).first?.lock)
        XCTAssertEqual(queue.receive(1, now: 9, &chance), [])
        XCTAssertEqual(try queue.renew("a", token: first.token, lock: nil, now: 9), 19)
        XCTAssertEqual(queue.nextAvailable(after: 9), 19)
        let second = try XCTUnwrap(queue.receive(1, now: 19, &chance).first)
        XCTAssertEqual(second.deliveries, 2)
        for refused in [{ try queue.complete("a", token: first.token, now: 20) }, { try queue.abandon("a", token: first.token, delay: nil, now: 20) }, { try queue.complete("x", token: "", now: 20) }] {
            XCTAssertThrowsError(try refused()) { XCTAssertEqual($0 as? Queue.Refusal, .lockLost) }
        }
        let token = try XCTUnwrap(second.lock?.token)
        XCTAssertThrowsError(try queue.complete("a", token: token, now: 29))
        try queue.abandon("a", token: XCTUnwrap(queue.receive(1, now: 30, &chance).first?.lock?.token), delay: 5, now: 31)
        XCTAssertEqual(queue.counts(at: 31)[.delayed], 1)
        XCTAssertEqual(queue.receive(1, now: 35, &chance), [])
        XCTAssertEqual(queue.receive(1, now: 36, &chance).first?.deliveries, 4)
    }

    func test_death_byAgeByDeliveriesByWord_andBack() throws {
        var (queue, chance) = (queue { ($0.timeToLive, $0.lock, $0.deliveryCountMax) = (100, 10, 2) }, Chance(secret: [1]))
        _ = try queue.enqueue([message("a", bytes: 3), message("b"), message("c")], now: 0)
        for now in [0, 10] as [Int64] { XCTAssertEqual(queue.receive(9, now: now, &chance).count, 3) }
        try queue.deadLetter("c", token: XCTUnwrap(queue.messages["c"]?.lock?.token), reason: "no", now: 11)
        try queue.complete("b", token: XCTUnwrap(queue.messages["b"]?.lock?.token), now: 11)
        XCTAssertEqual(queue.receive(9, now: 20, &chance), [])
        XCTAssertEqual(queue.deadLetters.map(\.death?.reason), [.maxDeliveries, .rejected])
        XCTAssertEqual(queue.byteCount, 0)
        XCTAssertEqual(queue.redrive(["a"], perSecond: nil, now: 30), 1)
        XCTAssertEqual(queue.receive(9, now: 30, &chance).map(\.deliveries), [1])
        XCTAssertEqual(queue.nextDeath(after: 30), 130)
        queue.bury(now: 130)
        XCTAssertEqual(queue.deadLetters.last?.death?.reason, .expired)
        XCTAssertEqual(queue.redrive(nil, perSecond: 2, now: 200), 2)
        XCTAssertEqual(queue.messages.values.map(\.availableAt).sorted(), [200, 200 + Self.second / 2])
        // Their time counts from when they can be received.
        XCTAssertEqual(queue.oldestAt(200), 200)
        XCTAssertNil(queue.oldestAt(199))
        queue.bury(now: 200 + Self.second / 2)
        XCTAssertEqual(queue.deadLetters.map(\.id), ["c"])
        XCTAssertEqual(queue.purge(), 1)
        XCTAssertEqual(queue.counts(at: 300), [.active: 0, .locked: 0, .delayed: 0, .dead: 1])
        XCTAssertEqual(queue.discard("b"), 0)
        XCTAssertEqual(queue.discard("c"), 1)
        XCTAssertEqual(queue.counts(at: 300)[.dead], 0)
    }

    func test_bounds() throws {
        var queue = queue { $0.byteCountMax = 10 }
        _ = try queue.enqueue([message("a", bytes: 6)], now: 0)
        XCTAssertThrowsError(try queue.enqueue([message("b"), message("c", bytes: 4)], now: 0)) { XCTAssertEqual($0 as? Queue.Refusal, .full) }
        XCTAssertEqual(queue.messages.count, 1)
        XCTAssertThrowsError(try queue.enqueue([message("b", bytes: (256 << 10) + 1)], now: 0)) { XCTAssertEqual($0 as? Queue.Refusal, .bodyTooLong(index: 0)) }
        XCTAssertThrowsError(try queue.enqueue((0...100).map { message("m\($0)") }, now: 0)) { XCTAssertEqual($0 as? Queue.Refusal, .tooMany) }
        XCTAssertEqual(try queue.enqueue([message("d", bytes: 4)], now: 0), [.queued])
        queue.settings.byteCountMax = 5
        XCTAssertEqual(try queue.enqueue([message("d", bytes: 4)], now: 0), [.duplicate], "a repeat takes no room")
    }

    /// Workers at random. The checker keeps who holds what until when, and what is done.
    func test_randomHistories_loseNothing_andGiveNothingTwice() throws {
        for seed in UInt64(0)..<60 {
            var random = SplitMix64(state: seed)
            func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
            var chance = Chance(secret: [UInt8(seed)])
            var queue = queue { ($0.timeToLive, $0.lock, $0.deliveryCountMax, $0.keepsDeadLetters) = (100_000, 50, 4, seed % 4 > 0) }
            var now: Int64 = 0
            var held: [(id: String, token: String, until: Int64)] = []
            var (sent, completed): (Set<String>, Set<String>) = ([], [])
            for _ in 0..<300 {
                now += Int64(below(12))
                switch below(6) {
                case 0:
                    let id = "m\(below(80))"
                    let arrival = try queue.enqueue([message(id, delay: Int64(below(3)) * 20)], now: now)
                    XCTAssertEqual(arrival == [.queued], sent.insert(id).inserted, "seed \(seed)")
                case 1, 2:
                    for got in queue.receive(1 + below(4), now: now, &chance) {
                        XCTAssertFalse(held.contains { $0.id == got.id && $0.until > now }, "seed \(seed): \(got.id) is with two")
                        XCTAssertFalse(completed.contains(got.id), "seed \(seed): \(got.id) was complete")
                        XCTAssertLessThanOrEqual(got.deliveries, 4)
                        held.append((got.id, got.lock?.token ?? "", got.lock?.until ?? 0))
                    }
                default:
                    guard !held.isEmpty else { break }
                    let place = below(held.count)
                    let mine = held[place]
                    let isMine = mine.until > now
                    do throws(Queue.Refusal) {
                        switch below(4) {
                        case 0, 1:
                            try queue.complete(mine.id, token: mine.token, now: now)
                            XCTAssertTrue(completed.insert(mine.id).inserted, "seed \(seed): \(mine.id) complete twice")
                        case 2: try queue.abandon(mine.id, token: mine.token, delay: Int64(below(2)) * 30, now: now)
                        default:
                            held[place].until = try queue.renew(mine.id, token: mine.token, lock: nil, now: now)
                            XCTAssertTrue(isMine)
                            continue
                        }
                        XCTAssertTrue(isMine, "seed \(seed): done without a lock")
                        held.remove(at: place)
                    } catch {
                        XCTAssertFalse(isMine, "seed \(seed): \(error) while it was held")
                        held.remove(at: place)
                    }
                }
                XCTAssertEqual(queue.byteCount, queue.messages.values.filter { $0.death == nil }.count)
                if queue.settings.keepsDeadLetters { XCTAssertEqual(Set(queue.messages.keys), sent.subtracting(completed), "seed \(seed)") }
            }
            XCTAssertGreaterThan(completed.count, 3)
        }
    }
}
