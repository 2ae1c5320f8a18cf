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
}
