import Cluster
import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a store restored from an archive to an instant has what was taken by then, and nothing after. Method: a real engine whose clock the test sets, its records archived in random cuts by two
/// machines in turn, which let records go, fold checkpoints and begin lines; each instant between two receipts restored, and the receipts held against those that were taken by then.
final class ArchiveRestoreTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private static let start: Int64 = 1_795_000_000_000_000
    private static let second: Int64 = 1_000_000

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// The bodies of a store's records; receipt `n` was taken `n` seconds after the start.
    ///
    /// - Parameter apart: each receipt is kept before the next one comes, so that no record has both.
    private func lead(_ count: Int, apart: Bool = false) throws -> (bodies: [[UInt8]], store: StoreIdentity) {
        let (recorder, now) = (CommitRecorder(), TestClock(Self.start))
        let fixture = try EngineFixture(path("lead"), clock: now.clock) { $0.replica = recorder }
        for number in 0..<count {
            now.set(Self.start + Int64(number) * Self.second)
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: number % 7 == 3 ? 200_000 : number * 40)))
            // What comes of it is committed as late.
            now.set(Self.start + Int64(number) * Self.second + Self.second / 4)
            if apart { waitUntilKept(fixture) }
        }
        waitUntilKept(fixture)
        let store = try XCTUnwrap(StoreIdentity(fixture.engine.catalog.storeID))
        try fixture.engine.close()
        return (recorder.bodies, store)
    }

    private func waitUntilKept(_ fixture: EngineFixture) {
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    private final class TestClock: Sendable {
        private let time: Mutex<Int64>
        init(_ time: Int64) { self.time = Mutex(time) }
        var clock: Clock { Clock { [self] in time.withLock { $0 } } }
        func set(_ time: Int64) { self.time.withLock { $0 = time } }
    }

    /// With leaders that change in the middle of commits, whose parts count for nothing.
    private func records(_ bodies: [[UInt8]], _ random: inout SplitMix64) -> [Record] {
        var (records, mark, epoch) = ([Record](), Mark.start, 1)
        func add(_ kind: Record.Kind, _ body: [UInt8]) {
            records.append(Record(after: mark, epoch: epoch, kind: kind, level: 1, body: body))
            mark = records[records.count - 1].mark
        }
        var isWhole = true
        for body in bodies {
            if isWhole, Int.random(in: 0..<12, using: &random) == 0 {
                if Bool.random(using: &random) { add(.rows, [1] + (0..<500).map { UInt8(truncatingIfNeeded: $0) }) }
                epoch += Int.random(in: 1...3, using: &random)
                add(.fence, [])
            }
            if isWhole, Int.random(in: 0..<9, using: &random) == 0 { add(.noop, []) }
            // The mode of the pair changes within a tenure, and within a commit: the epoch rises, and no fence says so.
            if body.count > 4, body[0] == 2, Int.random(in: 0..<4, using: &random) == 0 {
                add(.rows, [1] + body[1...3])
                if Bool.random(using: &random) { epoch += 1 }
                if Bool.random(using: &random) { add(.noop, []) }
                add(.rows, [2] + body[4...])
            } else {
                add(.rows, body)
            }
            isWhole = body.first != 1
        }
        return records
    }

    private func restore(_ place: ArchivePlace, to instant: Int64?, _ name: String) throws -> ArchiveRestore.Summary {
        try ArchiveRestore(place, instant: instant, directory: path(name), storages: LocalStorageFactory()).run()
    }

    private func receipts(_ name: String) throws -> [Int] {
        let fixture = try EngineFixture(path(name))
        defer { try? fixture.engine.close() }
        return try EngineFixture.walk(fixture.engine, PageRequest(range: .all, fields: ["receipt_id"], limit: 1_000)).compactMap { Int($0.dropFirst(2)) }.sorted()
    }

    func test_randomHistories_areRestoredToEachInstant() throws {
        for round in 0..<3 {
            let seed = UInt64.random(in: 0 ... .max)
            var random = SplitMix64(state: seed)
            try? FileManager.default.removeItem(atPath: folder.path + "/lead")
            let count = 18
            let (bodies, store) = try lead(count)
            let all = records(bodies, &random)
            let (place, objects) = try UnsurePlace.archive(path("LOG\(round)"))
            let machines = ["a", "b"].map { ArchivedMachine(all, store: store, folder: path("\($0)\(round)")) }
            let clock = TestClock(Self.start)
            var writers = machines.map { ArchiveWriter(place, of: $0, clock: clock.clock, segmentByteCount: Int.random(in: 1_000...60_000, using: &random)) }
            var (committed, current) = (0, 0)
            while committed < all.count || machines[current].committed?.sequence != all.count {
                committed = min(all.count, committed + Int.random(in: 1...max(2, all.count / 6), using: &random))
                for machine in machines { machine.commit(committed) }
                switch Int.random(in: 0..<6, using: &random) {
                case 0: current = 1 - current
                case 1: writers[current] = ArchiveWriter(place, of: machines[current], clock: clock.clock, segmentByteCount: Int.random(in: 1_000...60_000, using: &random))
                case 2: objects.fault = .losesAnswers
                default: break
                }
                for (index, machine) in machines.enumerated() { machine.isLeading = index == current }
                for _ in 0..<3 { writers[current].round() }
                objects.fault = .none
                // Lets records go that the archive has, and now and then such as it does not have: a line begins.
                if Bool.random(using: &random) {
                    let machine = machines[current]
                    try machine.fold(through: committed)
                    let archived = writers[current].report.archived ?? 0
                    machine.drop(through: min(machine.checkpointRecord, Int.random(in: 0..<4, using: &random) == 0 ? committed : archived))
                }
            }
            for _ in 0..<4 { writers[current].round() }
            XCTAssertEqual(writers[current].report.archived, all.count, "seed \(seed): \(writers[current].texts)")
            let end = try restore(place, to: nil, "END\(round)")
            XCTAssertEqual(try receipts("END\(round)"), Array(0..<count), "seed \(seed)")
            XCTAssertFalse(ReplicaStore.isMember(path("END\(round)")))
            XCTAssertFalse(FileManager.default.fileExists(atPath: path("END\(round)/cluster")))
            XCTAssertGreaterThan(end.files.fileCount, 1)
            var served = 0
            for number in 0..<count {
                let instant = Self.start + Int64(number) * Self.second + Self.second / 2
                let name = "AT\(round)-\(number)"
                do { _ = try restore(place, to: instant, name) } catch let outside as LogReader.Outside {
                    // Between two lines, or behind the last commit.
                    let lines = try place.lines()
                    XCTAssertTrue(lines.count > 1 || number == count - 1, "seed \(seed), receipt \(number): \(outside)")
                    XCTAssertFalse(FileManager.default.fileExists(atPath: path(name)))
                    continue
                }
                XCTAssertEqual(try receipts(name), Array(0...number), "seed \(seed), receipt \(number)")
                try FileManager.default.removeItem(atPath: path(name))
                served += 1
            }
            XCTAssertGreaterThan(served, 0, "seed \(seed)")
        }
    }

    /// An archive of one line that begins with record 1, and has a checkpoint behind which records have gone.
    private func archive(_ count: Int, _ clock: Clock = .system) throws -> (place: ArchivePlace, machine: ArchivedMachine, store: StoreIdentity) {
        let (bodies, store) = try lead(count)
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        let writer = ArchiveWriter(place, of: machine, clock: clock, segmentByteCount: 3_000)
        machine.commit(bodies.count)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        return (place, machine, store)
    }

    func test_missingOrDamagedSegments_areNamed_andNothingIsMade() throws {
        let (place, _, _) = try archive(9)
        let firsts = try place.segments(of: 1)
        XCTAssertGreaterThan(firsts.count, 4)
        for index in [0, 2, firsts.count - 2] {
            let key = ArchivePlace.segmentKey(1, firsts[index])
            let whole = try place.objects.get(key, byteCountMax: 1 << 20)
            try place.objects.delete(key, .temporary)
            XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains(index == 0 ? "first record" : "records \(firsts[index]) to \(firsts[index + 1] - 1) are in none"), "\($0)") }
            var changed = whole
            changed[changed.count / 2] ^= 1
            for damaged in [changed, Array(whole.dropLast()), []] {
                try place.objects.put(key, damaged)
                XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains(key), "\($0)") }
            }
            try place.objects.put(key, try place.objects.get(ArchivePlace.segmentKey(1, firsts[index + 1]), byteCountMax: 1 << 20))
            XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains("other records than its name says"), "\($0)") }
            try place.objects.put(key, whole)
            XCTAssertFalse(FileManager.default.fileExists(atPath: path("X")))
        }
        for outside in [Self.start - 3_600 * Self.second, .max, 1] {
            XCTAssertThrowsError(try restore(place, to: outside, "X")) { XCTAssertTrue($0 is LogReader.Outside, "\($0)") }
        }
        _ = try restore(place, to: nil, "X")
        XCTAssertEqual(try receipts("X"), Array(0..<9))
        XCTAssertThrowsError(try restore(place, to: nil, "X"), "it is not empty")
        // Asking for the archive of a log of a single server, or of nothing, is an error that says so.
        func isThere(_ name: String) throws -> Bool { try ArchivePlace(url: "file://\(path(name))") { _ in LocalStorageFactory() }.isThere() }
        XCTAssertTrue(try isThere("LOG"))
        XCTAssertFalse(try isThere("NONE"))
        try Data("till-log 1\n".utf8).write(to: URL(fileURLWithPath: path("LOG/head")))
        XCTAssertThrowsError(try isThere("LOG")) { XCTAssertTrue("\($0)".contains("has the log of a single server"), "\($0)") }
    }

    /// One request after the other a restore of a day would take hours. Beyond an instant none is used.
    func test_segmentsAreAskedForTogether_withTheirSizes_andUsedUpToTheInstant() throws {
        let (bodies, store) = try lead(6, apart: true)
        let (place, objects) = try UnsurePlace.archive(path("LOG"))
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 100).round())
        let firsts = try place.segments(of: 1)
        _ = objects.takeTogether()
        _ = try restore(place, to: nil, "END")
        let wanted = objects.takeTogether()
        XCTAssertEqual(wanted.map(\.key), firsts.map { ArchivePlace.segmentKey(1, $0) })
        XCTAssertEqual(wanted.map(\.byteCount), try wanted.map { try place.objects.byteCount(of: $0.key) })
        XCTAssertEqual(try receipts("END"), Array(0..<6))
        // What lies behind the instant is damaged, but for the end, which says how far the line goes.
        let behind = ArchivePlace.segmentKey(1, firsts[firsts.count - 2])
        try place.objects.put(behind, [1])
        _ = try restore(place, to: Self.start + Self.second / 2, "EARLY")
        XCTAssertEqual(try receipts("EARLY"), [0])
        try place.objects.delete(behind, .temporary)
        XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains("are in none"), "\($0)") }
    }

    func test_lineBehindACheckpoint_isRestored_andADamagedFileOfItIsNamed() throws {
        let (place, machine, store) = try archive(6)
        try machine.fold(through: machine.records.count / 2)
        let record = machine.checkpointRecord
        machine.drop(through: record)
        // Everything that was there is lost; what is left is what this machine has.
        for line in try place.lines() { for first in try place.segments(of: line.number) { try place.objects.delete(ArchivePlace.segmentKey(line.number, first), .temporary) } }
        let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 3_000)
        XCTAssertTrue(writer.round() || writer.round(), writer.texts.joined())
        let line = try XCTUnwrap(try place.lines().last)
        XCTAssertEqual([line.number, Int64(line.base.sequence)], [2, Int64(record)])
        let checkpoint = try place.checkpoint(2, Int64(record))
        XCTAssertEqual(checkpoint.at, line.at)
        let end = try restore(place, to: nil, "END")
        XCTAssertEqual(try receipts("END"), Array(0..<6))
        XCTAssertEqual([end.line, Int64(end.checkpoint ?? 0), end.record, end.madeAt], [2, Int64(record), Int64(machine.records.count), end.lastAt])
        XCTAssertEqual(checkpoint.manifest.store, store.text)
        for file in checkpoint.storeFiles {
            let whole = try place.objects.get(file.name, byteCountMax: 1 << 26)
            var changed = whole
            changed[changed.count / 2] ^= 1
            try place.objects.put(file.name, changed)
            XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains(file.name), "\($0)") }
            XCTAssertFalse(FileManager.default.fileExists(atPath: path("X")))
            try place.objects.put(file.name, whole)
        }
        // The instant of the checkpoint, and one before it.
        _ = try restore(place, to: checkpoint.at, "AT")
        XCTAssertThrowsError(try restore(place, to: Self.start - 1, "X")) { XCTAssertTrue($0 is LogReader.Outside, "\($0)") }
        // Of a line whose end is damaged nobody knows how far it went.
        try place.objects.put(ArchivePlace.segmentKey(2, try XCTUnwrap(try place.segments(of: 2).last)), [1])
        XCTAssertThrowsError(try restore(place, to: Self.start - 1, "X")) { XCTAssertTrue("\($0)".contains("its last segment, which is damaged, does not tell"), "\($0)") }
    }

    /// The newest checkpoint is of no use in each way that one can be: what is older makes the same store, and that is said.
    func test_damagedCheckpoint_leavesTheOlderOne_andTheFirstRecord() throws {
        let (place, machine, store) = try archive(6)
        let checkpoints = ArchiveCheckpoints(place, of: machine, clock: .system)
        var made: [ArchiveCheckpoint] = []
        for part in [3, 2] {
            try machine.fold(through: machine.records.count / part)
            let mark = machine.records[machine.checkpointRecord - 1].mark
            let first = try XCTUnwrap(place.segments(of: 1).last { $0 <= Int64(mark.sequence) })
            made.append(try checkpoints.put(machine.folder, CheckpointFiles.list(machine.folder), mark, line: 1, at: place.segment(1, first).through, store))
        }
        XCTAssertLessThan(made[0].mark.sequence, made[1].mark.sequence)
        func restored(_ name: String) throws -> ArchiveRestore.Summary {
            let summary = try restore(place, to: nil, name)
            XCTAssertEqual(try receipts(name), Array(0..<6))
            try FileManager.default.removeItem(atPath: path(name))
            return summary
        }
        XCTAssertEqual(try restored("WHOLE").doubts, [])
        let older = Set(made[0].storeFiles.map(\.name))
        let own = try XCTUnwrap(made[1].storeFiles.first { !older.contains($0.name) }, "a file that the older one does not have")
        for key in [own.name, made[1].key] {
            let whole = try place.objects.get(key, byteCountMax: 1 << 26)
            var changed = whole
            changed[changed.count / 2] ^= 1
            for damaged in [changed, Array(whole.dropLast()), nil] as [[UInt8]?] {
                if let damaged { try place.objects.put(key, damaged) } else { try place.objects.delete(key, .temporary) }
                let summary = try restored("OLDER")
                // One whose object is gone is none that anybody knows of.
                if key == made[1].key, damaged == nil { XCTAssertEqual(summary.doubts, []) } else {
                    XCTAssertEqual(summary.doubts.count, 1)
                    XCTAssertTrue(summary.doubts.joined().contains(key) && summary.doubts.joined().contains("record \(made[0].mark.sequence)"), "\(summary.doubts)")
                }
            }
            try place.objects.put(key, whole)
        }
        // Both.
        for checkpoint in made { try place.objects.put(checkpoint.key, [1]) }
        let first = try restored("FIRST")
        XCTAssertEqual(first.doubts.count, 2)
        XCTAssertTrue(first.doubts.joined().contains("its first record"), "\(first.doubts)")
        // And nothing before them.
        try place.objects.delete(ArchivePlace.segmentKey(1, 1), .temporary)
        XCTAssertThrowsError(try restore(place, to: nil, "X")) { XCTAssertTrue("\($0)".contains(made[1].key), "\($0)") }
        XCTAssertFalse(FileManager.default.fileExists(atPath: path("X")))
    }

    func test_instantBehindTheLineOfThen_isOutside_thoughAnEarlierOnesClockWasAhead() throws {
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let clock = TestClock(Self.second)
        let first = ArchivedMachine(ArchiveRecords.chain(ArchiveRecords.commits(10)), folder: path("a"))
        XCTAssertTrue(ArchiveWriter(place, of: first, clock: clock.clock).round())
        clock.set(4 * Self.second)
        let other = ArchivedMachine(ArchiveRecords.chain(ArchiveRecords.commit(1, at: 4 * Self.second) + ArchiveRecords.commit(2, at: 5 * Self.second)), folder: path("b"))
        XCTAssertTrue(ArchiveWriter(place, of: other, clock: clock.clock).round())
        XCTAssertEqual(try place.lines().map(\.begun), [Self.second, 4 * Self.second])
        for (seconds, line) in [(Int64(2), Int64(1)), (4, 2), (5, 2)] { XCTAssertEqual(try ArchiveReader(place, instant: seconds * Self.second).line.number, line) }
        XCTAssertThrowsError(try ArchiveReader(place, instant: 7 * Self.second), "the first line has commits up to 10 s, and none of the second's") { XCTAssertTrue($0 is LogReader.Outside, "\($0)") }
        let newest = try ArchiveReader(place, instant: nil)
        XCTAssertEqual(newest.line.number, 2)
        // A restore without an instant names what the first line has, and how to have it.
        XCTAssertEqual(newest.doubts.count, 1)
        XCTAssertTrue(newest.doubts.joined().contains("line 1 such up to 1970-01-01T00:00:10.000000Z") && newest.doubts.joined().contains("--to 1970-01-01T00:00:03.999999Z"), "\(newest.doubts)")
        XCTAssertEqual(try ArchiveReader(place, instant: 4 * Self.second - 1).line.number, 1)
        try place.objects.put(ArchivePlace.segmentKey(1, try XCTUnwrap(place.segments(of: 1).last)), [1])
        XCTAssertTrue(try ArchiveReader(place, instant: nil).doubts.joined().contains("the last segment of line 1 is damaged"))
    }

    func test_instantOfQuietHours_isServed_onceThePairHasSaidThatNothingCame() throws {
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let clock = TestClock(11 * Self.second)
        let machine = ArchivedMachine(ArchiveRecords.chain(ArchiveRecords.commits(10)), folder: path("a"))
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 40)
        XCTAssertTrue(writer.round())
        XCTAssertGreaterThan(try place.segments(of: 1).count, 1)
        let quiet = 3_600 * Self.second
        func isOutside(_ instant: Int64) -> Bool {
            do { return try ArchiveReader(place, instant: instant).line.number != 1 } catch { return error is LogReader.Outside }
        }
        XCTAssertTrue(isOutside(quiet))
        clock.set(quiet + ArchiveWriter.underWayMicroseconds)
        // Whoever finds out that another leads says nothing.
        machine.whenAsked { machine.isLeading = false }
        XCTAssertTrue(writer.round())
        XCTAssertNil(try place.until(1))
        machine.whenAsked(nil)
        machine.isLeading = true
        XCTAssertTrue(writer.round())
        XCTAssertEqual(try place.until(1), ArchiveUntil(line: 1, last: try XCTUnwrap(machine.records.last).mark, at: quiet))
        XCTAssertFalse(isOutside(quiet))
        XCTAssertTrue(isOutside(quiet + 1))
        // Not each time: it is one more request.
        clock.set(quiet + ArchiveWriter.underWayMicroseconds + Self.second)
        XCTAssertTrue(writer.round())
        XCTAssertEqual(try place.until(1)?.at, quiet)
        // The line has lost its end since: what is there tells no quiet hours. Nor does what is damaged, or another line's.
        let said = try place.objects.get(ArchivePlace.untilKey(1), byteCountMax: 4_096)
        for bytes in [[1], Array(said.dropLast()), ArchiveUntil(line: 2, last: machine.records[9].mark, at: quiet).bytes] {
            try place.objects.put(ArchivePlace.untilKey(1), bytes)
            XCTAssertTrue(isOutside(quiet))
        }
        try place.objects.put(ArchivePlace.untilKey(1), said)
        XCTAssertFalse(isOutside(quiet))
        try place.objects.delete(ArchivePlace.segmentKey(1, try XCTUnwrap(place.segments(of: 1).last)), .temporary)
        XCTAssertTrue(isOutside(quiet))
        XCTAssertEqual(try ArchiveReader(place, instant: 2 * Self.second).line.number, 1)
    }

    func test_pairAtRestWhoseClockIsAhead_claimsNothingThatIsToCome_andOneThatIsBehindSaysSo() throws {
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let clock = TestClock(1_001 * Self.second)
        let machine = ArchivedMachine(ArchiveRecords.chain(ArchiveRecords.commit(1, at: 1_000 * Self.second)), folder: path("a"))
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock)
        XCTAssertTrue(writer.round())
        clock.set(900 * Self.second)
        XCTAssertTrue(writer.round())
        XCTAssertTrue(writer.texts.joined().contains("this machine's clock is 100 s behind the last commit of the archive"), "\(writer.texts)")
        XCTAssertNil(try place.until(1))
        let now = Clock.system.now()
        clock.set(now + 3_650 * LogKeeper.keptMicroseconds)
        XCTAssertTrue(writer.round())
        XCTAssertFalse(writer.texts.joined().contains("behind the last commit"), "\(writer.texts)")
        XCTAssertGreaterThan(try XCTUnwrap(place.until(1)).at, now + 3_600 * LogKeeper.keptMicroseconds)
        XCTAssertEqual(try ArchiveReader(place, instant: now - LogKeeper.keptMicroseconds).line.number, 1)
        XCTAssertThrowsError(try ArchiveReader(place, instant: now + LogKeeper.keptMicroseconds), "by the place's clock nobody can know that") { XCTAssertTrue($0 is LogReader.Outside, "\($0)") }
        // Who leads next may have a clock that is right, or somewhat behind: the last seconds are left to that one.
        var left: Int64 = 0
        try place.objects.list(prefix: ArchivePlace.untilKey(1)) { left = $0.modifiedMilliseconds * 1_000 - ArchiveWriter.underWayMicroseconds }
        XCTAssertEqual(try ArchiveReader(place, instant: left).line.number, 1)
        XCTAssertThrowsError(try ArchiveReader(place, instant: left + 1)) { XCTAssertTrue($0 is LogReader.Outside, "\($0)") }
    }

    /// The place was away: the machine's own checkpoint has gone beyond what is archived.
    func test_checkpointBeyondTheArchive_isNotRead_untilThatHasComeAfterIt() throws {
        let (bodies, store) = try lead(6)
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        machine.commit(bodies.count / 2)
        let clock = TestClock(Clock.system.now())
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max).round())
        // Nor does what bears the name of a record that never was keep one from being made.
        let stranger = Int64(1) << 50
        try place.objects.put(ArchiveCheckpoint.key(1, stranger), [1])
        try machine.fold(through: bodies.count)
        clock.set(Clock.system.now() + LogKeeper.keptMicroseconds + Self.second)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        for _ in 0..<3 { writer.checkpointRound() }
        XCTAssertEqual(machine.readCount, 0)
        machine.commit(bodies.count)
        XCTAssertTrue(writer.round())
        // The other machine is empty, and waits for it.
        machine.isCheckpointWanted = true
        writer.checkpointRound()
        XCTAssertEqual(machine.readCount, 0)
        machine.isCheckpointWanted = false
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertEqual(machine.readCount, 1, writer.texts.joined())
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord, Int(stranger)])
    }

    /// The other machine comes empty in the middle of an upload: it is sent the checkpoint first, and nobody has to hear that the upload was given up.
    func test_checkpointThatIsBeingSent_givesWay_toAMachineThatNeedsIt() throws {
        let (bodies, store) = try lead(6)
        let (place, objects) = try UnsurePlace.archive(path("LOG"))
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        let clock = TestClock(Clock.system.now())
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max).round())
        try machine.fold(through: bodies.count)
        XCTAssertGreaterThan(try CheckpointFiles.list(machine.folder).count, 1)
        clock.set(Clock.system.now() + LogKeeper.keptMicroseconds + Self.second)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        func fileCount() throws -> Int {
            var count = 0
            try place.objects.list(prefix: "\(ArchivePlace.folder(of: 1))files/") { _ in count += 1 }
            return count
        }
        objects.whenCreating { [machine] key in if key.contains("/files/") { machine.isCheckpointWanted = true } }
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertEqual(machine.readCount, 1, "it was begun, and not again while the other machine waits")
        XCTAssertEqual([try fileCount(), try place.checkpoints(of: 1).count], [0, 0])
        XCTAssertEqual(writer.texts, [])
        objects.whenCreating(nil)
        machine.isCheckpointWanted = false
        writer.checkpointRound()
        XCTAssertEqual(machine.readCount, 2)
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord])
        XCTAssertEqual(writer.texts, [])
    }

    /// Two that work on, each by its own word the only one: a copy of the store was founded with the `log.url` of the pair.
    func test_lineOfAnother_besideOneThatIsWritten_keepsAllThatIsThere_andIsTold() throws {
        let clock = TestClock(Self.start - 3_600 * Self.second)
        let (place, machine, store) = try archive(6, clock.clock)
        try machine.fold(through: machine.records.count)
        clock.set(Clock.system.now() + 3 * LogKeeper.keptMicroseconds)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        let before = try place.segments(of: 1)
        XCTAssertGreaterThan(before.count, 2)
        let other = ArchiveLine(number: 2, store: store, base: .start, at: 0, begun: clock.clock.now())
        try place.objects.put(ArchivePlace.lineKey(2), other.bytes)
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord])
        XCTAssertEqual(writer.texts.count, 1)
        XCTAssertTrue(writer.texts.joined().contains("was begun by another while this machine writes to line 1"), "\(writer.texts)")
        XCTAssertEqual(try place.segments(of: 1), before)
    }

    /// By it all is three days old, and what the instants of the last day need would go.
    func test_clockThatIsAheadOfThePlaces_removesNothing_andIsTold() throws {
        let clock = TestClock(Self.start - 3_600 * Self.second)
        let (place, machine, _) = try archive(6, clock.clock)
        try machine.fold(through: machine.records.count)
        clock.set(Clock.system.now() + 3 * LogKeeper.keptMicroseconds)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000)
        XCTAssertTrue(writer.round())
        let before = try place.segments(of: 1)
        XCTAssertGreaterThan(before.count, 2)
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord])
        XCTAssertEqual(try place.segments(of: 1), before)
        XCTAssertEqual(writer.texts.count, 1)
        XCTAssertTrue(writer.texts.joined().contains("s ahead of the place's"), "\(writer.texts)")
        XCTAssertGreaterThan(writer.clockAheadSeconds, 2 * 86_400)
        // Nor indefinitely: another leads, and makes checkpoints by a clock of its own.
        machine.isLeading = false
        writer.round()
        writer.checkpointRound()
        XCTAssertEqual(writer.texts, [])
        XCTAssertEqual(writer.clockAheadSeconds, 0)
    }

    /// A checkpoint may be a day away as a process begins to lead.
    func test_clockThatIsAhead_isToldWithTheFirstSegment() throws {
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let (bodies, store) = try lead(2)
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        let clock = TestClock(Clock.system.now() + 3 * LogKeeper.keptMicroseconds)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000)
        XCTAssertEqual(writer.clockAheadSeconds, 0)
        XCTAssertTrue(writer.round())
        XCTAssertGreaterThan(writer.clockAheadSeconds, 2 * 86_400)
        XCTAssertEqual(writer.texts.filter { $0.contains("s ahead of the place's") }.count, 1, "\(writer.texts)")
        // Set right, and the next one to lead.
        machine.isLeading = false
        writer.round()
        XCTAssertEqual(writer.texts, [])
        XCTAssertEqual(writer.clockAheadSeconds, 0)
    }

    /// Behind a segment that is damaged nothing can be restored until a checkpoint has come after it.
    func test_checkpointWhoseSegmentIsDamaged_isMadeFurtherOn() throws {
        let (bodies, store) = try lead(6)
        let (place, _) = try UnsurePlace.archive(path("LOG"))
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: path("a"))
        machine.commit(bodies.count / 2)
        let clock = TestClock(Clock.system.now())
        XCTAssertTrue(ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max).round())
        clock.set(Clock.system.now() + LogKeeper.keptMicroseconds + Self.second)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        try machine.fold(through: try XCTUnwrap(writer.report.archived))
        let first = try XCTUnwrap(try place.segments(of: 1).last { $0 <= Int64(machine.checkpointRecord) })
        try place.objects.put(ArchivePlace.segmentKey(1, first), [1])
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertTrue(writer.texts.joined().contains("no checkpoint of the archive could be made"), "\(writer.texts)")
        machine.commit(bodies.count)
        XCTAssertTrue(writer.round())
        let end = try XCTUnwrap(writer.report.archived)
        XCTAssertGreaterThan(end, machine.checkpointRecord)
        machine.isSlow = true
        XCTAssertTrue(Patience.until {
            writer.checkpointRound()
            return machine.asked == end
        })
        try machine.fold(through: end)
        XCTAssertTrue(try Patience.until {
            writer.checkpointRound()
            return try !place.checkpoints(of: 1).isEmpty
        })
        XCTAssertEqual(writer.texts, [])
        _ = try restore(place, to: nil, "END")
        XCTAssertEqual(try receipts("END"), Array(0..<6))
    }

    /// A steady pair with few bytes: by itself its own checkpoint would go on in weeks, and a restore would read as many segments.
    func test_checkpointThatIsDue_hasAllThatIsArchivedByThen() throws {
        let (place, machine, _) = try archive(6)
        machine.isSlow = true
        let clock = TestClock(Clock.system.now() + LogKeeper.keptMicroseconds + Self.second)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        for _ in 0..<3 { writer.checkpointRound() }
        XCTAssertEqual(machine.asked, machine.records.count)
        XCTAssertEqual([machine.readCount, try place.checkpoints(of: 1).count], [0, 0])
        try machine.fold(through: machine.records.count)
        for _ in 0..<3 { writer.checkpointRound() }
        XCTAssertEqual(writer.texts, [])
        XCTAssertEqual(machine.readCount, 1, "one a day")
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.records.count])
        let end = try restore(place, to: nil, "END")
        XCTAssertEqual(end.commitCount, 0)
        XCTAssertEqual(try receipts("END"), Array(0..<6))
    }

    /// One a day: of a leader that has just begun, too, where the last one is a day old.
    func test_checkpoint_isMadeOnceOneIsDue_andWhatItCoversGoesADayLater() throws {
        let clock = TestClock(Self.start - 3_600 * Self.second)
        let (place, machine, _) = try archive(6, clock.clock)
        try machine.fold(through: machine.records.count / 2)
        var writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        writer.checkpointRound()
        XCTAssertEqual(try place.checkpoints(of: 1).count, 0, "its line is new")
        // A day after the line was begun, and less than one after the commits.
        clock.set(Self.start - 1_800 * Self.second + LogKeeper.keptMicroseconds)
        writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        writer.checkpointRound()
        XCTAssertEqual(try place.checkpoints(of: 1).count, 0, "nobody knows yet how far it is")
        XCTAssertTrue(writer.round())
        for _ in 0..<2 { writer.checkpointRound() }
        XCTAssertEqual(writer.texts, [])
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord])
        let before = try place.segments(of: 1)
        XCTAssertEqual(before.first, 1)
        let whole = try restore(place, to: nil, "WHOLE")
        XCTAssertEqual(try receipts("WHOLE"), Array(0..<6))
        // Instants before it are still known from the first record.
        _ = try restore(place, to: Self.start + Self.second / 2, "EARLY")
        XCTAssertEqual(try receipts("EARLY"), [0])
        try machine.fold(through: machine.records.count)
        clock.set(Clock.system.now() + 3 * LogKeeper.keptMicroseconds)
        writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 3_000, clockAheadMax: .max)
        XCTAssertTrue(writer.round())
        writer.checkpointRound()
        XCTAssertEqual(writer.texts, [])
        // By the clock that is three days ahead the last one covers all but the last segment.
        XCTAssertEqual(try place.checkpoints(of: 1).map { Int($0.record) }, [machine.checkpointRecord])
        XCTAssertLessThan(try place.segments(of: 1).count, before.count)
        let last = try restore(place, to: nil, "LAST")
        XCTAssertEqual(try receipts("LAST"), Array(0..<6))
        XCTAssertLessThan(last.commitCount, whole.commitCount)
    }
}
