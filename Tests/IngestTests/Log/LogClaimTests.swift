import ColumnStore
@testable import Ingest
import TestSupport
import XCTest

/// Goal: an epoch that a store has begun is its own, whatever it heard of that, and nobody else's; and one that begins has no checkpoint. Method: a log in a
/// directory, claimed by stores whose notes are as a crash leaves them.
final class LogClaimTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func place(_ name: String = "LOG") throws -> LogPlace { try LogPlace(url: "file://\(folder.path)/\(name)") { _ in LocalStorageFactory() } }

    private func note(_ epoch: Int64, last: Int64 = 0, boot: String = "another", in data: String) throws {
        try LogState(store: "one", epoch: epoch, last: last, hash: LogRecord.noHash, boot: boot).write("\(folder.path)/\(data)")
    }

    private func claim(_ place: LogPlace, _ data: String) throws -> LogClaim {
        let directory = "\(folder.path)/\(data)"
        let recovery = try LogRecovery(directory: directory, store: "one")
        return try LogClaim.take(place, store: "one", in: directory, recovery, known: recovery.next - 1, now: 100)
    }

    func test_epochThatWasBegun_andNotNoted_isGoneOnFrom() throws {
        let place = try place()
        let first = try claim(place, "DATA")
        XCTAssertEqual(first.head.epoch, 1)
        XCTAssertTrue(first.isNew)
        try note(1, in: "DATA")
        try note(1, in: "COPY")
        // Each is ended before it notes what it has begun.
        for epoch in Int64(2)...5 {
            let next = try claim(place, "DATA")
            XCTAssertEqual(next.head.epoch, epoch)
            XCTAssertTrue(next.isNew)
        }
        XCTAssertThrowsError(try claim(place, "COPY")) {
            XCTAssertTrue($0 is LogClaim.Refused && "\($0)".contains("epoch 5") && "\($0)".contains("epoch 1"), "\($0)")
        }
        // Noted, and of this start of the machine: the epoch goes on.
        try note(5, boot: MachineStart.id, in: "DATA")
        let again = try claim(place, "DATA")
        XCTAssertEqual(again.head.epoch, 5)
        XCTAssertFalse(again.isNew)
    }

    /// A head with a wrong digit: records that go on from it could not be read.
    func test_headWithAnotherHash_isRefused_whereTheNumberIsTheSame() throws {
        let place = try place()
        _ = try claim(place, "DATA")
        try note(1, boot: MachineStart.id, in: "DATA")
        let (head, tag) = try XCTUnwrap(try place.head())
        var wrong = head
        wrong.hash[31] ^= 1
        try place.root.swap(LogHead.key, wrong.bytes, ifStill: tag)
        XCTAssertThrowsError(try claim(place, "DATA")) { XCTAssertTrue($0 is LogClaim.Refused && "\($0)".contains("another record 0"), "\($0)") }
        let (damaged, next) = try XCTUnwrap(try place.head())
        XCTAssertEqual(damaged, wrong, "nothing was changed")
        try place.root.swap(LogHead.key, head.bytes, ifStill: next)
        XCTAssertFalse(try claim(place, "DATA").isNew)
    }

    /// A log that is gone, or another place: its records go on from nothing.
    func test_placeThatIsEmpty_beginsAnEpoch_alsoWhereTheSpoolsTellAll() throws {
        try note(3, last: 7, boot: MachineStart.id, in: "DATA")
        let other = try place("OTHER")
        for epoch in [Int64(4), 5] {
            let taken = try claim(other, "DATA")
            XCTAssertEqual([taken.head.epoch, taken.head.last], [epoch, 7])
            XCTAssertTrue(taken.isNew)
        }
    }

    /// Two restores of one log: the later one has it, whichever starts first.
    func test_restoredStore_wantsTheHeadThatItsRestoreHasLeft() throws {
        let place = try place()
        try place.root.create(LogHead.key, LogHead(store: "one", epoch: 1).bytes)
        for data in ["R1", "R2"] {
            let (head, tag) = try XCTUnwrap(try place.head())
            try LogState.restored(LogClaim.next(head, last: 4)).write("\(folder.path)/\(data)")
            _ = try LogClaim.raise(place, head, tag, last: 4, now: 50)
        }
        func refused(_ epoch: Int) {
            XCTAssertThrowsError(try claim(place, "R1")) { XCTAssertTrue("\($0)".contains("epoch \(epoch)") && "\($0)".contains("epoch 2"), "\($0)") }
        }
        refused(3)
        let taken = try claim(place, "R2")
        XCTAssertEqual([taken.head.epoch, taken.head.last], [4, 4])
        XCTAssertTrue(taken.isNew)
        refused(4)
    }

    /// So many records more, at the log's place, after those that the head tells of.
    private func send(_ count: Int64, _ place: LogPlace, after head: LogHead) throws -> (last: Int64, hash: [UInt8]) {
        var builder = LogSegment.Builder(epoch: head.epoch, last: head.last, hash: head.hash, time: head.time)
        for _ in 0..<count { try builder.append(.rows, [1, 2, 3], at: 50) }
        let segment = try XCTUnwrap(builder.finish())
        try place.objects.put(LogPlace.SegmentName(epoch: head.epoch, first: head.last + 1, last: builder.last).key, segment.bytes)
        return (builder.last, builder.hash)
    }

    /// Somebody has removed the head. Whoever holds the store puts it back; whatever a restore has left keeps an older writer from that.
    func test_headThatIsGone_isPutBack_unlessAnotherEpochHasBegun() throws {
        let place = try place()
        var claim = try claim(place, "DATA")
        var end = try send(3, place, after: claim.head)
        try claim.advance(place, last: end.last, hash: end.hash, time: 50, until: 100)
        end = try send(2, place, after: claim.head)
        try place.root.remove(LogHead.key, .temporary)
        try claim.advance(place, last: end.last, hash: end.hash, time: 50, until: 200)
        XCTAssertEqual(try place.head()?.head, claim.head)
        XCTAssertEqual([claim.head.last, claim.head.until], [5, 200])
        let checkpoint = LogCheckpoint(epoch: 2, from: 5, to: 5, at: 0, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        for (key, bytes) in [(LogHead.key(ofEpoch: 1), claim.head.bytes), (checkpoint.key, checkpoint.bytes), (LogPlace.SegmentName(epoch: 2, first: 6, last: 6).key, [1]), (LogPlace.SegmentName(epoch: 1, first: 6, last: 6).key, [1])] as [(String, [UInt8])] {
            try place.root.remove(LogHead.key, .temporary)
            try place.objects.put(key, bytes)
            XCTAssertThrowsError(try claim.advance(place, last: 5, hash: end.hash, time: 50, until: 300), key) { XCTAssertTrue($0 is LogClaim.Refused && "\($0)".contains(key), "\($0)") }
            XCTAssertNil(try place.head(), key)
            try place.objects.delete(key, .temporary)
        }
        // Who has another last record has another log.
        XCTAssertThrowsError(try claim.advance(place, last: 5, hash: LogRecord.noHash, time: 50, until: 300)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound, "\($0)") }
        for name in try place.segments() { try place.objects.delete(name.key, .temporary) }
        // No writer is ended by it: it may be put back yet.
        XCTAssertThrowsError(try claim.advance(place, last: 5, hash: end.hash, time: 50, until: 300)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound, "\($0)") }
        XCTAssertNil(try place.head())
        // A quiet store's last records are in its checkpoint alone.
        let own = LogCheckpoint(epoch: 1, from: 5, to: 5, at: 250, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        try place.objects.put(own.key, own.bytes)
        try claim.advance(place, last: 5, hash: end.hash, time: 50, until: 300)
        XCTAssertEqual(try place.head()?.head, claim.head)
    }

    func test_headThatIsGone_asAServerStarts_isPutBack_ofTheStoreThatKnowsItsEnd() throws {
        let place = try place()
        let first = try claim(place, "DATA")
        let end = try send(3, place, after: first.head)
        for (data, last, hash) in [("EARLIER", Int64(0), LogRecord.noHash), ("DATA", end.last, end.hash)] {
            try LogState(store: "one", epoch: 1, last: last, hash: hash).write("\(folder.path)/\(data)")
        }
        try place.root.remove(LogHead.key, .temporary)
        XCTAssertThrowsError(try claim(place, "EARLIER")) { XCTAssertTrue($0 is LogClaim.Refused && "\($0)".contains("earlier time"), "\($0)") }
        XCTAssertThrowsError(try claim(place, "NEW")) { XCTAssertTrue($0 is LogClaim.Refused && "\($0)".contains("has no log"), "\($0)") }
        XCTAssertNil(try place.head())
        let again = try claim(place, "DATA")
        XCTAssertEqual([again.head.epoch, again.head.last], [1, 3])
        XCTAssertFalse(again.isNew)
        XCTAssertEqual(try place.head()?.head, again.head)
    }
}
