import Foundation
import TestSupport
import XCTest

/// Goal: slots that the bucket has lost, or damaged, are never taken for the log's end: who lacks what was in them does not lead, and says which it is. Method: a pair in mode log whose leader is
/// away, and its slots in a directory, where a test can do to them what it likes.
final class PairSlotTests: XCTestCase {
    override func setUp() { continueAfterFailure = false }

    private struct Damage {
        let name: String
        /// What `/readyz` and the log say of it.
        let words: String
        /// From the present slots of the generation, to what is put in their place; nil: nothing.
        let make: (_ slots: [(number: Int, bytes: Data)], _ middle: Int) -> [(number: Int, bytes: Data?)]
    }

    private func folder(_ pair: Pair) throws -> URL {
        let all = pair.folder.appendingPathComponent("log/slots")
        let generation = try XCTUnwrap(FileManager.default.contentsOfDirectory(atPath: all.path).filter { Int($0) != nil }.max())
        return all.appendingPathComponent(generation)
    }

    private func slots(in folder: URL) throws -> [(number: Int, bytes: Data)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap { Int($0) }.sorted().map { ($0, try Data(contentsOf: slot($0, in: folder))) }
    }

    private func slot(_ number: Int, in folder: URL) -> URL {
        let digits = String(number)
        return folder.appendingPathComponent(String(repeating: "0", count: 19 - digits.count) + digits)
    }

    private func write(_ changes: [(number: Int, bytes: Data?)], in folder: URL) throws {
        for (number, bytes) in changes {
            let place = slot(number, in: folder)
            try? FileManager.default.removeItem(at: place)
            try bytes?.write(to: place)
        }
    }

    /// A pair whose leader is gone after it has filled slots, with its directory put aside.
    private func withoutLeader(_ pair: Pair) throws -> (leader: Pair.Node, standby: Pair.Node, sent: [String], away: URL) {
        let (leader, standby) = try pair.begin()
        let sent = PairLoad.acknowledged(pair, "A") { load in
            load.more(10)
            standby.kill()
            XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""mode":"log""#) == true })
            load.more(40)
            leader.kill()
        }
        let away = leader.data.appendingPathExtension("away")
        try FileManager.default.moveItem(at: leader.data, to: away)
        return (leader, standby, sent, away)
    }

    private func waitsFor(_ words: String, _ node: Pair.Node, _ message: String) {
        XCTAssertTrue(Patience.until { !node.isRunning || node.ready?.status == 200 || node.ready?.text.contains(words) == true }, "\(message): \(node.ready?.text ?? "no answer")\n\(node.logText.suffix(2_000))")
        XCTAssertEqual(node.ready?.status, 503, "\(message): it leads")
        XCTAssertTrue(Patience.until { node.logText.contains(words) }, "\(message): \(node.logText.suffix(2_000))")
    }

    /// Slots of another pair at the same numbers.
    private func strangers(_ numbers: ClosedRange<Int>) throws -> [(number: Int, bytes: Data)] {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby) = try pair.begin()
        standby.kill()
        // Before there is a load: its first slot has a lower number than those.
        XCTAssertTrue(Patience.until { leader.ready?.text.contains(#""mode":"log""#) == true })
        // Kept as they come: what is archived meanwhile is removed.
        var seen: [Int: Data] = [:]
        _ = PairLoad.acknowledged(pair, "S") { load in
            let isWhole = Patience.until {
                for slot in (try? slots(in: folder(pair))) ?? [] { seen[slot.number] = slot.bytes }
                return numbers.allSatisfy { seen[$0] != nil }
            }
            XCTAssertTrue(isWhole, "\(numbers): \(seen.keys.sorted()) \(leader.ready?.text ?? "")")
        }
        return seen.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func test_slotThatIsMissingOrDamaged_isNoEnd_whoLacksItWaits_andSaysWhich() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (_, standby, sent, _) = try withoutLeader(pair)
        let folder = try folder(pair)
        let all = try slots(in: folder)
        let middle = all[all.count / 2].number
        let other = try strangers(all[0].number...all[all.count - 1].number)
        let damages: [Damage] = [
            Damage(name: "missing", words: "\(middle) is not there", make: { _, middle in [(middle, nil)] }),
            Damage(name: "the older half missing", words: "is not there, and slot \(middle + 1) is", make: { slots, middle in slots.filter { $0.number <= middle }.map { ($0.number, nil) } }),
            Damage(name: "torn", words: "\(middle) is damaged", make: { slots, middle in [(middle, slots.first { $0.number == middle }?.bytes.dropLast(9))] }),
            Damage(name: "two swapped", words: "\(middle) is damaged", make: { slots, middle in
                let (one, next) = (slots.first { $0.number == middle }?.bytes, slots.first { $0.number == middle + 1 }?.bytes)
                return [(middle, next), (middle + 1, one)]
            }),
            Damage(name: "another store's", words: "slot \(middle) of log.url", make: { _, middle in [(middle, other.first { $0.number == middle }?.bytes)] }),
            Damage(name: "the last is another store's", words: "slot \(all[all.count - 1].number) of log.url", make: { slots, _ in
                let last = slots[slots.count - 1].number
                return [(last, other.first { $0.number == last }?.bytes)]
            }),
        ]
        for damage in damages {
            try write(damage.make(all, middle), in: folder)
            try standby.start()
            waitsFor(damage.words, standby, damage.name)
            standby.kill()
            XCTAssertEqual(try slots(in: folder).filter { slot in !all.contains { $0.number == slot.number } }.count, 0, "\(damage.name): a record was put behind")
            try write(all.map { ($0.number, $0.bytes) }, in: folder)
        }
        // Put back while it waits: it goes on by itself.
        try write([(middle, nil)], in: folder)
        try standby.start()
        waitsFor("\(middle) is not there", standby, "missing again")
        try write([(middle, all.first { $0.number == middle }?.bytes)], in: folder)
        XCTAssertEqual(try pair.leader().name, standby.name)
        try PairLoad.check(pair, has: sent, "once all slots are there")
    }

    /// It has on its disk what the bucket has lost.
    func test_leaderThatComesBack_besideALostSlot_leads_andNothingIsLost() throws {
        let pair = try Pair(hasWitness: false)
        defer { pair.remove() }
        let (leader, standby, sent, away) = try withoutLeader(pair)
        let folder = try folder(pair)
        let all = try slots(in: folder)
        let middle = all[all.count / 2].number
        try write([(middle, nil)], in: folder)
        try standby.start()
        waitsFor("\(middle) is not there", standby, "missing")
        try FileManager.default.moveItem(at: away, to: leader.data)
        try leader.start()
        XCTAssertEqual(try pair.leader().name, leader.name)
        try pair.waitUntilInSync()
        let more = PairLoad.acknowledged(pair, "B") { load in load.more(10) }
        try PairLoad.check(pair, has: sent + more, "beside a slot that is lost")
        try PairLoad.prove(pair, "at the end")
    }
}
