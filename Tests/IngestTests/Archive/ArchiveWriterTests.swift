import Cluster
import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: each record that counts is in a line of the archive once, behind the one before it, whoever writes and whatever the place answers. Method: machines whose records are in memory, and a
/// directory as the place, which loses answers or gives none.
final class ArchiveWriterTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func machine(_ count: Int, _ name: String = "a") -> ArchivedMachine { ArchivedMachine(ArchiveRecords.chain(ArchiveRecords.commits(count)), folder: "\(folder.path)/\(name)") }

    func test_records_areThereOnce_whoeverWrites_andNoneThatDoNotCount() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let all = ArchiveRecords.chain(ArchiveRecords.commits(100))
        let (a, b) = (ArchivedMachine(all, folder: folder.path + "/a"), ArchivedMachine(all, folder: folder.path + "/b"))
        let writers = [ArchiveWriter(place, of: a, clock: .system, segmentByteCount: 700), ArchiveWriter(place, of: b, clock: .system, segmentByteCount: 900)]
        for (count, writer) in [(20, 0), (20, 0), (35, 1), (60, 0), (61, 1), (61, 0), (100, 0), (100, 1)] {
            for (index, machine) in [a, b].enumerated() {
                machine.commit(count)
                // One that was overtaken, and does not know it: it goes on as if it led.
                machine.isLeading = true
                if index == writer { XCTAssertTrue(writers[index].round() || writers[index].round(), writers[index].texts.joined()) }
            }
            XCTAssertEqual(try place.marks(), [1: Array(1...Int64(count))])
        }
        XCTAssertEqual(writers[0].report.archived, 100)
        XCTAssertEqual(try place.store(), ArchivedMachine.identity)
        a.isLeading = false
        XCTAssertFalse(writers[0].round())
        XCTAssertNil(writers[0].report.archived)
        XCTAssertEqual(writers[0].texts, [])
    }

    /// Shorter, and a pair at rest would say that all is there of an instant for which a leader that nobody has confirmed could still answer.
    func test_whatQuietHoursLeaveOut_isNoShorterThanALeaderWithoutProofMayLead() {
        XCTAssertGreaterThanOrEqual(ArchiveWriter.underWayMicroseconds, Int64(Times().proof) * 1_000)
    }

    func test_answersThatAreLost_andAPlaceWithoutAny_leaveNoGap_andAreTold() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(60)
        let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 500)
        machine.commit(5)
        objects.fault = .refuses
        XCTAssertFalse(writer.round())
        XCTAssertTrue(writer.texts.first?.contains("have not been archived") == true, "\(writer.texts)")
        // Each put takes place, and nobody hears of it.
        objects.fault = .losesAnswers
        for count in [5, 20, 40, 60] {
            machine.commit(count)
            for _ in 0..<12 { writer.round() }
        }
        objects.fault = .none
        XCTAssertTrue(writer.round() || writer.round())
        XCTAssertEqual(writer.texts, [])
        XCTAssertEqual(try place.marks(), [1: Array(1...60)])
    }

    func test_pairThatCouldNotSayThatNothingCame_complainsNoMore_onceItHasArchivedWhatCame() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let time = Mutex<Int64>(10_000_000)
        let machine = machine(10)
        machine.commit(9)
        let writer = ArchiveWriter(place, of: machine, clock: Clock { time.withLock { $0 } })
        XCTAssertTrue(writer.round())
        time.withLock { $0 = 3_600_000_000 }
        objects.fault = .refuses
        XCTAssertTrue(writer.round(), "records wait for nothing")
        XCTAssertTrue(writer.texts.joined().contains("could not be said"), "\(writer.texts)")
        objects.fault = .none
        machine.commit(10)
        XCTAssertTrue(writer.round())
        XCTAssertNil(try place.until(1))
        XCTAssertFalse(writer.texts.joined().contains("could not be said"), "\(writer.texts)")
    }

    /// Its proof goes on by the object, while its commits wait for a bucket that takes none: one of before may count after all.
    func test_leaderWithACommitUnderWay_saysOfNoInstantThatAllIsThere_untilItCounts() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let time = Mutex<Int64>(11_000_000)
        let machine = machine(10)
        machine.commit(9)
        let writer = ArchiveWriter(place, of: machine, clock: Clock { time.withLock { $0 } })
        XCTAssertTrue(writer.round())
        // The tenth is of 10 s, long before.
        machine.isUnderWay = true
        time.withLock { $0 = 3_600_000_000 }
        XCTAssertTrue(writer.round())
        XCTAssertNil(try place.until(1))
        machine.commit(10)
        machine.isUnderWay = false
        XCTAssertTrue(writer.round())
        time.withLock { $0 = 7_200_000_000 }
        XCTAssertTrue(writer.round())
        let said = try XCTUnwrap(place.until(1))
        XCTAssertEqual(said.last, machine.records[9].mark)
        XCTAssertEqual(said.at, 7_200_000_000 - ArchiveWriter.underWayMicroseconds)
    }

    /// As in a single server's log: what can never be brought holds up nothing.
    func test_recordsWhoseColdFilesAreDamaged_areArchived_andToldOf() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        for payload in try ColdCommits.payloads(["sales/data/1", "sales/data/2"], of: [1, 2, 3], in: folder.path + "/commits") { try builder.append(.catalog, payload, at: 5) }
        let segment = try XCTUnwrap(builder.finish())
        XCTAssertEqual(segment.records.count, 2)
        let tables = folder.path + "/tables"
        let machine = ArchivedMachine(ArchiveRecords.chain(ReplicaBody.parts(segment.bytes)), folder: folder.path + "/a") { try LocalStorageFactory.files("\(tables)/\($0)") }
        let sales = try LocalStorageFactory.files("\(tables)/sales")
        try sales.put("data/1", [1, 2, 3])
        try sales.put("data/2", [1, 2, 4])
        let writer = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        XCTAssertEqual(writer.report.archived, machine.records.count)
        XCTAssertEqual(writer.texts.count, 1)
        XCTAssertTrue(writer.texts.first?.contains("\(tables)/sales/data/2 does not have the hash") == true, "\(writer.texts)")
        XCTAssertEqual(try (1...2).map { try place.objects.byteCount(of: LogPlace.coldKey("sales", "data/\($0)")) }, [3, nil])
        machine.isLeading = false
        XCTAssertFalse(writer.round())
        XCTAssertEqual(writer.texts, [])
    }

    func test_segments_endWithCommits_andALargeOneIsCut_andGoneOnWith() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let small = ArchiveRecords.commits(3)
        let large = ArchiveRecords.commit(4, at: 4_000_000, byteCount: 700_000)
        XCTAssertGreaterThan(large.count, 10)
        let bodies = small + large + ArchiveRecords.commits(2, from: 5)
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), folder: folder.path + "/a")
        // In the middle of the large one: nothing of it is there before it is whole, but what is too much for one segment.
        for count in stride(from: 3, through: bodies.count, by: 2) + [bodies.count] {
            machine.commit(count)
            // Another process each time.
            let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 20_000)
            XCTAssertTrue(writer.round(), writer.texts.joined())
        }
        XCTAssertEqual(try place.marks(), [1: Array(1...Int64(bodies.count))])
        let segments = try place.segments(of: 1).map { try place.segment(1, $0) }
        XCTAssertTrue(segments.contains { !$0.isWhole })
        XCTAssertEqual(segments.last?.through, 6_000_000)
        XCTAssertEqual(segments.map(\.through), segments.map(\.through).sorted())
    }

    /// A pair at rest makes a record each second.
    func test_recordsThatChangeNothing_waitForOneThatDoes() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let bodies = ArchiveRecords.commits(1) + Array(repeating: [], count: 30) + ArchiveRecords.commits(1, from: 2)
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), folder: folder.path + "/a")
        let writer = ArchiveWriter(place, of: machine, clock: .system)
        for count in 1...31 {
            machine.commit(count)
            XCTAssertTrue(writer.round())
            XCTAssertEqual(writer.report.complete, count)
        }
        XCTAssertEqual(try place.segments(of: 1), [1])
        machine.commit(32)
        XCTAssertTrue(writer.round())
        XCTAssertEqual(try place.segments(of: 1), [1, 2])
        XCTAssertEqual(try place.marks(), [1: Array(1...32)])
    }

    func test_anothersStore_endsIt_andIsSaid() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        try place.claim(try XCTUnwrap(StoreIdentity(String(repeating: "ab", count: 16))))
        let writer = ArchiveWriter(place, of: machine(5), clock: .system)
        XCTAssertFalse(writer.round())
        XCTAssertTrue(writer.texts.first?.contains("has the archive of the store abab") == true, "\(writer.texts)")
        XCTAssertEqual(try place.lines(), [])
    }

    func test_recordsThatHaveGone_andAnotherHistory_beginALine() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let first = machine(30)
        first.commit(10)
        XCTAssertTrue(ArchiveWriter(place, of: first, clock: .system).round())
        // Both machines were put back: other records of the same numbers.
        let other = machine(30, "b")
        let writer = ArchiveWriter(place, of: other, clock: .system)
        XCTAssertTrue(writer.round())
        XCTAssertTrue(writer.texts.first?.contains("another line") == true)
        XCTAssertEqual(try place.marks(), [1: Array(1...10), 2: Array(1...30)])
        // And fewer than the archive has.
        let fewer = machine(8, "c")
        XCTAssertTrue(ArchiveWriter(place, of: fewer, clock: .system).round())
        XCTAssertEqual(try place.marks()[3], Array(1...8))
        // They have gone before they were archived, and there is no checkpoint to begin behind.
        let gone = machine(30, "d")
        gone.commit(10)
        let last = ArchiveWriter(place, of: gone, clock: .system)
        XCTAssertTrue(last.round())
        gone.drop(through: 20)
        gone.commit(30)
        for _ in 0..<2 { XCTAssertFalse(last.round()) }
        XCTAssertTrue(last.texts.first?.contains("this machine has none yet") == true, "\(last.texts)")
        XCTAssertEqual(try place.lines().map(\.number), [1, 2, 3, 4])
    }

    /// Whoever restored the line would begin with it, or wait for records that never come.
    func test_checkpointThatACutOffAttemptHasLeft_isInNoLine_whereItIsOfAnotherHistory() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let mark = Mark(sequence: 5, epoch: 1, hash: .init(high: 1, low: 2))
        let left = ArchiveCheckpoint(line: 1, mark: mark, at: 1, manifest: BackupManifest(number: 1, store: "one", madeAt: 1, warehouse: ""))
        try place.objects.put(left.key, left.bytes)
        // Nor does one that is damaged keep the next line from beginning.
        try place.objects.put(ArchiveCheckpoint.key(2, 5), [1])
        let writer = ArchiveWriter(place, of: machine(10), clock: .system)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        XCTAssertEqual(try place.marks(), [3: Array(1...10)])
    }

    func test_damagedLastSegment_beginsALine() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(20)
        machine.commit(10)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        try place.objects.put(ArchivePlace.segmentKey(1, 1), [1, 2, 3])
        machine.commit(20)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        XCTAssertEqual(try place.lines().map(\.number), [1, 2])
        // One that is longer than any is none either.
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder.path)/LOG/archive/\(ArchivePlace.segmentKey(2, 1))"))
        try file.truncate(atOffset: UInt64(ArchiveSegment.byteCountMax) + 1)
        try file.close()
        let last = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(last.round(), last.texts.joined())
        XCTAssertEqual(try place.lines().map(\.number), [1, 2, 3])
        let doubts = try ArchiveReader(place, instant: nil).doubts
        for line in [1, 2] { XCTAssertTrue(doubts.contains { $0.contains("the last segment of line \(line) is damaged") }, "\(doubts)") }
    }

    func test_answersThatAreTorn_areAskedForAgain_beforeALineBegins() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(20)
        machine.commit(10)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        for key in [ArchivePlace.lineKey(1), ArchivePlace.segmentKey(1, 1)] { objects.tear(key) }
        machine.commit(20)
        let writer = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        XCTAssertEqual(try place.marks(), [1: Array(1...20)])
    }

    /// Its records before the end have gone from the machine, so that nothing that is listed too short could be gone on with: a single answer would begin a line, and with it a gap.
    func test_answersThatLeaveOutALine_orItsSegments_beginNone() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(50)
        for (count, missed) in [(20, ArchivePlace.lineKey(1)), (30, "lines/"), (40, "\(ArchivePlace.folder(of: 1))segments/")] {
            machine.commit(count - 10)
            XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
            machine.drop(through: count - 12)
            machine.commit(count)
            objects.miss(missed)
            let writer = ArchiveWriter(place, of: machine, clock: .system)
            XCTAssertTrue(writer.round(), writer.texts.joined())
            XCTAssertEqual(writer.texts, [])
            XCTAssertEqual(try place.marks(), [1: Array(1...Int64(count))], missed)
        }
    }

    /// An older line whose end this machine knows still could be gone on with: a restore of the newest would lack what came there.
    func test_answersThatLeaveOutTheNewestLine_haveNoOlderOneGoneOnWith() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(40)
        machine.commit(10)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        // Another one begins behind the same records.
        let whole = try place.objects.get(ArchivePlace.segmentKey(1, 1), byteCountMax: ArchiveSegment.byteCountMax)
        try place.objects.put(ArchivePlace.segmentKey(1, 1), [1])
        machine.commit(20)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        try place.objects.put(ArchivePlace.segmentKey(1, 1), whole)
        for (count, missed) in [(30, ArchivePlace.lineKey(2)), (40, "lines/")] {
            machine.commit(count)
            objects.miss(missed)
            let writer = ArchiveWriter(place, of: machine, clock: .system)
            XCTAssertTrue(writer.round(), writer.texts.joined())
            XCTAssertEqual(try place.marks(), [1: Array(1...10), 2: Array(1...Int64(count))], missed)
        }
    }

    /// Nothing could be gone on with, so that one look tells too little; and no two that follow on each other agree.
    func test_endThatIsToldOtherwiseEachTime_isBelievedInNothing_andSaid() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(30)
        machine.commit(20)
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
        machine.drop(through: 25)
        machine.commit(30)
        let lookCount = Mutex(0)
        objects.miss(ArchivePlace.lineKey(1))
        machine.whenAsked {
            let count = lookCount.withLock { count in
                count += 1
                return count
            }
            if count == 2 { objects.miss(ArchivePlace.lineKey(1)) }
        }
        let writer = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertFalse(writer.round())
        XCTAssertEqual(lookCount.withLock { $0 }, 4, "a round ends")
        XCTAssertTrue(writer.texts.joined().contains("its end was told otherwise each time"), "\(writer.texts)")
        machine.whenAsked(nil)
        XCTAssertEqual(try place.lineNumbers(), [1])
        XCTAssertEqual(try place.marks(), [1: Array(1...20)])
    }

    /// The next one would have a number that nobody lists: each leader would begin it, and find that another has.
    func test_lineWithTheLastNumberOfAll_isNamed_andNoneBegunBehindIt() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let key = ArchivePlace.lineKey(ArchivePlace.lineMax)
        try place.objects.put(key, [])
        let writer = ArchiveWriter(place, of: machine(5), clock: .system)
        for _ in 0..<2 { XCTAssertFalse(writer.round()) }
        XCTAssertTrue(writer.texts.joined().contains(key), "\(writer.texts)")
        XCTAssertTrue(writer.texts.joined().contains("is to take it away"), "\(writer.texts)")
        try place.objects.delete(key, .temporary)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        XCTAssertEqual(try place.marks(), [1: Array(1...5)])
    }

    func test_lineWhoseObjectIsNone_keepsNobodyFromGoingOn() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let machine = machine(30)
        try place.objects.put(ArchivePlace.lineKey(7), [])
        machine.commit(10)
        let first = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(first.round(), first.texts.joined())
        XCTAssertEqual(first.report.line, 8)
        try place.objects.put(ArchivePlace.lineKey(9), [1, 2, 3])
        machine.commit(20)
        let second = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(second.round(), second.texts.joined())
        second.checkpointRound()
        XCTAssertEqual(second.texts, [])
        XCTAssertEqual([second.report.line, try place.segments(of: 8).last], [8, 11])
        // One that cannot be gone on with is followed by a number that nobody has.
        try place.objects.put(ArchivePlace.segmentKey(8, 11), [1])
        let third = ArchiveWriter(place, of: machine, clock: .system)
        XCTAssertTrue(third.round(), third.texts.joined())
        XCTAssertEqual(third.report.line, 10)
        XCTAssertEqual(try place.segment(10, 1).last.sequence, 20)
        // A restore does not guess.
        XCTAssertThrowsError(try ArchiveReader(place, instant: nil)) { XCTAssertTrue("\($0)".contains(ArchivePlace.lineKey(7)), "\($0)") }
    }

    /// Whoever went on behind such a number would come to one that is none.
    func test_objectsWithNumbersThatNobodyCountsTo_orOtherNames_arePassedOver_andTold() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let folder = ArchivePlace.folder(of: 1)
        let strangers = [
            "lines/4611686018427387904", "lines/0000001099511627777", "lines/9223372036854775807", "lines/9999999999999999999", "lines/12", "lines/00000000000000000002", "lines/000000000000000000x",
            folder + "segments/4611686018427387904", folder + "segments/1152921504606846977", folder + "segments/9999999999999999999", folder + "segments/7", folder + "segments/0000000000000000000",
            folder + "checkpoints/9223372036854775807/MANIFEST", folder + "checkpoints/1152921504606846977/MANIFEST", folder + "checkpoints/0000000000000000003",
        ]
        for key in strangers { try place.objects.put(key, [1, 2, 3]) }
        let told = Mutex<Set<String>>([])
        StoreLog.observe { event in told.withLock { if event.what.hasPrefix("an object has a name") { $0.insert(event.path) } } }
        defer { StoreLog.observe(nil) }
        let machine = machine(20)
        for count in [10, 20] {
            machine.commit(count)
            let writer = ArchiveWriter(place, of: machine, clock: .system)
            XCTAssertTrue(writer.round(), writer.texts.joined())
            for _ in 0..<2 { writer.checkpointRound() }
            XCTAssertEqual(writer.texts, [])
        }
        XCTAssertEqual(try place.marks(), [1: Array(1...20)])
        XCTAssertEqual(try place.lines().map(\.number), [1])
        XCTAssertEqual(try place.checkpoints(of: 1).count, 0)
        let names = told.withLock { $0 }
        for prefix in ["lines/", folder + "segments/", folder + "checkpoints/"] { XCTAssertTrue(names.contains { $0.contains("/archive/" + prefix) }, "\(prefix) \(names)") }
        for key in strangers { XCTAssertFalse(ArchivePlace.isName(key), key) }
        for key in ["store", ArchivePlace.lineKey(1), ArchivePlace.segmentKey(1, 1 << 60), ArchivePlace.fileKey(1, SHA256.hash([])), ArchiveCheckpoint.key(1, 7), "base/warehouse/t/data/1.parquet"] {
            XCTAssertTrue(ArchivePlace.isName(key), key)
        }
    }
}
