import ColumnStore
@testable import Ingest
import TestSupport
import XCTest

/// Goal: the records up to an instant come whole and in their order, or there is an error that says what is wrong. Method: a log of three segments in a
/// directory, with each kind of damage done to each of them.
final class LogReaderTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private let epoch: Int64 = 2

    private func records(_ count: Int64, epoch: Int64) -> [LogRecord] {
        var previous = LogRecord.noHash
        return (1...count).map { number in
            let record = LogRecord(epoch: epoch, sequence: number, time: number * 100, kind: .rows, previous: previous, byteCount: 1, payload: [UInt8(number), UInt8(epoch)])
            previous = record.hash
            return record
        }
    }

    private func name(_ records: ArraySlice<LogRecord>, epoch: Int64) throws -> String {
        LogPlace.SegmentName(epoch: epoch, first: try XCTUnwrap(records.first).sequence, last: try XCTUnwrap(records.last).sequence).key
    }

    /// Nine records in three segments, after a checkpoint of nothing.
    private func makeLog(_ name: String) throws -> (place: LogPlace, segments: [String]) {
        let place = try LogPlace(url: "file://\(folder.path)/\(name)") { _ in LocalStorageFactory() }
        let all = records(9, epoch: epoch)
        var segments: [String] = []
        for start in [0, 3, 6] {
            let part = all[start..<start + 3]
            segments.append(try self.name(part, epoch: epoch))
            try place.objects.put(segments[segments.count - 1], LogSegment(records: Array(part)).bytes)
        }
        var head = LogHead(store: "one", epoch: epoch)
        (head.last, head.hash, head.until) = (9, all[8].hash, 1_000)
        try place.root.create(LogHead.key, head.bytes)
        let checkpoint = LogCheckpoint(epoch: epoch, from: 0, to: 0, at: 50, manifest: BackupManifest(number: 1, store: "one", madeAt: 50, warehouse: ""))
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        return (place, segments)
    }

    private func read(_ place: LogPlace, to instant: Int64? = nil) throws -> [Int64] {
        var numbers: [Int64] = []
        _ = try LogReader(place, instant: instant).run { numbers.append($0.sequence) }
        return numbers
    }

    private func message(_ place: LogPlace) -> String {
        do { return "nothing is wrong: \(try read(place))" } catch { return "\(error)" }
    }

    func test_reading_upToAnInstant_givesTheRecordsOfBefore() throws {
        let (place, _) = try makeLog("LOG")
        XCTAssertEqual(try read(place), Array(1...9))
        for instant in Int64(50)...1_000 { XCTAssertEqual(try read(place, to: instant), Array(1..<max(1, min(9, instant / 100) + 1)), "\(instant)") }
        for outside in [Int64(0), 49, 1_001, .max] { XCTAssertThrowsError(try read(place, to: outside), "\(outside)") { XCTAssertTrue($0 is LogReader.Outside, "\($0)") } }
    }

    /// What was merged stands beside what it was merged of, for a while, and alone from then on.
    func test_reading_segmentsThatWereMerged_givesEachRecordOnce() throws {
        let (place, segments) = try makeLog("LOG")
        let all = records(9, epoch: epoch)
        for part in [all[0..<6], all[3..<9], all[0..<9]] {
            try place.objects.put(try name(part, epoch: epoch), LogSegment(records: Array(part)).bytes)
            XCTAssertEqual(try read(place), Array(1...9))
            XCTAssertEqual(try read(place, to: 550), Array(1...5))
        }
        for segment in segments {
            try place.objects.delete(segment, .temporary)
            XCTAssertEqual(try read(place), Array(1...9), "without \(segment)")
        }
    }

    func test_reading_aLogThatIsDamaged_saysHow() throws {
        for index in 0..<3 {
            let (missing, names) = try makeLog("MISSING\(index)")
            try missing.objects.delete(names[index], .temporary)
            XCTAssertTrue(message(missing).contains("a segment is missing: records \(index * 3 + 1) to \(index * 3 + 3)"), message(missing))

            let (torn, _) = try makeLog("TORN\(index)")
            let whole = try torn.objects.get(names[index], byteCountMax: 1 << 20)
            for count in [0, 1, 20, whole.count / 2, whole.count - 1] {
                try torn.objects.put(names[index], Array(whole[..<count]))
                XCTAssertTrue(message(torn).contains("is damaged") && message(torn).contains(names[index]), "\(count): \(message(torn))")
            }

            let (swapped, _) = try makeLog("SWAPPED\(index)")
            let other = names[(index + 1) % 3]
            let mine = try swapped.objects.get(names[index], byteCountMax: 1 << 20)
            try swapped.objects.put(names[index], try swapped.objects.get(other, byteCountMax: 1 << 20))
            try swapped.objects.put(other, mine)
            XCTAssertTrue(message(swapped).contains("has other records than its name says"), message(swapped))

            // Of the same numbers, of another epoch.
            let (foreign, _) = try makeLog("FOREIGN\(index)")
            let former = records(9, epoch: 1)[index * 3..<index * 3 + 3]
            try foreign.objects.put(names[index], LogSegment(records: Array(former)).bytes)
            XCTAssertTrue(message(foreign).contains("has other records than its name says"), message(foreign))

            // Whole in itself, and of this epoch: it does not follow, or is not what the head says.
            let (forged, _) = try makeLog("FORGED\(index)")
            var previous = LogRecord.noHash
            let own = (Int64(index * 3 + 1)...Int64(index * 3 + 3)).map { number in
                let record = LogRecord(epoch: epoch, sequence: number, time: number * 100, kind: .rows, previous: previous, byteCount: 1, payload: [99])
                previous = record.hash
                return record
            }
            try forged.objects.put(names[index], LogSegment(records: own).bytes)
            XCTAssertTrue(message(forged).contains("does not follow from the one before"), message(forged))
        }
    }

    /// A copy of the store was started beside it: what this one had sent before it heard of that lies there still, and begins as what counts.
    func test_reading_segmentsOfTwoWriters_mixesNothing() throws {
        let (place, segments) = try makeLog("LOG")
        let all = records(9, epoch: epoch)
        // Behind record 3, as the other's, up to the middle of its third segment.
        var stray: [LogRecord] = []
        for number in Int64(4)...8 {
            stray.append(
                LogRecord(epoch: epoch, sequence: number, time: number * 100, kind: .rows, previous: stray.last?.hash ?? all[2].hash, byteCount: 1, payload: [99]))
        }
        for count in [1, 2, 4, 5] {
            let part = stray[..<count]
            let key = try name(part, epoch: epoch)
            try place.objects.put(key, LogSegment(records: Array(part)).bytes)
            if count < 3 {
                // What begins alike and goes further is read in its place.
                XCTAssertEqual(try read(place), Array(1...9))
            } else {
                XCTAssertTrue(message(place).contains("two writers have sent to this log") && message(place).contains(segments[2]), message(place))
            }
            // What would tell them apart lies behind the instant.
            XCTAssertThrowsError(try read(place, to: 450)) { XCTAssertTrue("\($0)".contains("two writers have sent to this log"), "\(count): \($0)") }
            try place.objects.delete(key, .temporary)
            XCTAssertEqual(try read(place), Array(1...9))
            XCTAssertEqual(try read(place, to: 450), Array(1...4))
        }
    }

    /// What cannot be read may be another writer's.
    func test_reading_upToAnInstant_besideASegmentThatCannotBeRead_isRefused() throws {
        let (place, segments) = try makeLog("LOG")
        let all = records(9, epoch: epoch)
        try place.objects.put(try name(all[0..<6], epoch: epoch), LogSegment(records: Array(all[0..<6])).bytes)
        XCTAssertEqual(try read(place, to: 450), Array(1...4))
        // It lies within the larger one, which is read in its place.
        let part = segments[1]
        try place.objects.put(part, Array(try place.objects.get(part, byteCountMax: 1 << 20).dropLast()))
        XCTAssertThrowsError(try read(place, to: 450)) { XCTAssertTrue("\($0)".contains("is damaged") && "\($0)".contains(part), "\($0)") }
        XCTAssertEqual(try read(place, to: 350), Array(1...3), "what has no record of that number says nothing of it")
        try place.objects.put(part, try place.objects.get(segments[2], byteCountMax: 1 << 20))
        XCTAssertThrowsError(try read(place, to: 450)) { XCTAssertTrue("\($0)".contains("has other records than its name says") && "\($0)".contains(part), "\($0)") }
        // One that is removed while it is read was needed by nobody any more.
        let reader = try LogReader(place, instant: 450)
        try place.objects.delete(part, .temporary)
        let last = try reader.run { _ in }
        XCTAssertEqual(last?.sequence, 4)
    }

    /// One wrong digit: the records that it leaves out were acknowledged.
    func test_reading_withAHeadOfAnotherRecord_isRefused() throws {
        for from in [Int64(0), 4] {
            let (place, _) = try makeLog("LOG\(from)")
            if from > 0 {
                let checkpoint = LogCheckpoint(epoch: epoch, from: from, to: from, at: from * 100, manifest: BackupManifest(number: 2, store: "one", madeAt: 0, warehouse: ""))
                try place.objects.put(checkpoint.key, checkpoint.bytes)
            }
            XCTAssertEqual(try read(place), Array(from + 1...9))
            // In the middle of a segment, at its end, and what the checkpoint has already.
            for last in from...10 where last != 9 {
                let (head, tag) = try XCTUnwrap(try place.head())
                var wrong = head
                wrong.last = last
                try place.root.swap(LogHead.key, wrong.bytes, ifStill: tag)
                XCTAssertThrowsError(try read(place), "\(last), from \(from)")
            }
            let all = records(9, epoch: epoch)
            // A writer that was ended between a segment and the head.
            for last in max(from, 1)...9 {
                let (head, tag) = try XCTUnwrap(try place.head())
                var right = head
                (right.last, right.hash) = (last, all[Int(last) - 1].hash)
                try place.root.swap(LogHead.key, right.bytes, ifStill: tag)
                XCTAssertEqual(try read(place), Array((from + 1)..<(last + 1)), "\(last), from \(from)")
            }
        }
    }

    /// It is there until a later one has covered it for a day, and nobody begins with it.
    func test_damagedCheckpoint_isPassedOver_whereALaterOneServes() throws {
        let (place, _) = try makeLog("LOG")
        let later = LogCheckpoint(epoch: epoch, from: 4, to: 4, at: 400, manifest: BackupManifest(number: 2, store: "one", madeAt: 0, warehouse: ""))
        try place.objects.put(later.key, later.bytes)
        let first = try XCTUnwrap(try place.checkpoints().first)
        XCTAssertEqual(first.from, 0)
        try place.objects.put(first.key, [7])
        XCTAssertEqual(try read(place), Array(5...9))
        XCTAssertEqual(try read(place, to: 650), [5, 6])
        XCTAssertThrowsError(try read(place, to: 350), "it alone would serve") { XCTAssertTrue("\($0)".contains(first.key), "\($0)") }
        try place.objects.put(first.key, first.bytes)
        XCTAssertEqual(try read(place, to: 350), [1, 2, 3])
        try place.objects.put(later.key, [7])
        XCTAssertThrowsError(try read(place)) { XCTAssertTrue("\($0)".contains(later.key), "\($0)") }
        try place.objects.put(first.key, [7])
        XCTAssertThrowsError(try read(place)) { XCTAssertTrue("\($0)".contains(first.key), "\($0)") }
    }

    func test_headThatTellsOfEpochsBeyondCounting_isReadAllTheSame() throws {
        let (place, _) = try makeLog("FAR")
        let (head, tag) = try XCTUnwrap(try place.head())
        try place.objects.put(LogHead.key(ofEpoch: epoch), head.bytes)
        var far = LogHead(store: "one", epoch: 1 << 61)
        far.until = 1_000
        try place.root.swap(LogHead.key, far.bytes, ifStill: tag)
        XCTAssertEqual(try read(place), Array(1...9))
    }

    /// A machine that was lost before its epoch had a checkpoint: what it wrote is not left out as if it were not there.
    func test_reading_anEpochWithoutACheckpoint_isRefused_andTheOneBeforeIsReadAtAnInstant() throws {
        let (place, _) = try makeLog("LOG")
        let (former, tag) = try XCTUnwrap(try place.head())
        var claim = try LogClaim.raise(place, former, tag, last: 9, now: 1_100)
        // A restore has begun it, and nobody wrote.
        XCTAssertEqual(try read(place), Array(1...9))
        let record = LogRecord(epoch: 3, sequence: 10, time: 1_200, kind: .rows, previous: LogRecord.noHash, byteCount: 1, payload: [1])
        try place.objects.put(LogPlace.SegmentName(epoch: 3, first: 10, last: 10).key, LogSegment(records: [record]).bytes)
        // The head does not know the segment: its writer was ended between the two.
        XCTAssertEqual(try read(place), Array(1...9))
        try claim.advance(place, last: 10, hash: record.hash, time: record.time, until: 1_300)
        let until = InstantText.text(1_000)
        func check(_ epochs: String) {
            XCTAssertThrowsError(try read(place), epochs) { error in
                XCTAssertTrue(error is LogReader.Outside, "\(error)")
                XCTAssertTrue("\(error)".contains("records 10 to 10 of epoch 3") && "\(error)".contains("no checkpoint") && "\(error)".contains("--to \(until)"), "\(epochs): \(error)")
            }
            XCTAssertEqual(try read(place, to: 1_000), Array(1...9), epochs)
            XCTAssertThrowsError(try read(place, to: 1_200), epochs)
        }
        check("2 and 3")
        let (third, next) = try XCTUnwrap(try place.head())
        _ = try LogClaim.raise(place, third, next, last: 10, now: 1_400)
        check("2 to 4")
        // One that its records go on from, and that the log has come to the end of.
        let checkpoint = LogCheckpoint(epoch: 4, from: 10, to: 10, at: 1_400, manifest: BackupManifest(number: 2, store: "one", madeAt: 1_400, warehouse: ""))
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        XCTAssertEqual(try read(place), [])
    }

    func test_mark_ofAStoreWithALog_staysUntilTheNextState() throws {
        let path = folder.path + "/DATA"
        try LogMark.noteBroken(path)
        XCTAssertNil(try LogState.read(path))
        let state = LogState(store: "one", epoch: 3, last: 7, hash: LogRecord.noHash)
        try state.write(path)
        XCTAssertEqual(try LogState.read(path), state)
        for _ in 0..<2 {
            try LogMark.noteBroken(path)
            XCTAssertEqual(try LogState.read(path)?.isBroken, true)
        }
        try state.write(path)
        XCTAssertEqual(try LogState.read(path)?.isBroken, false)
        // One that cannot be read may say that there is a log.
        try FileManager.default.removeItem(atPath: LogState.path(path))
        try FileManager.default.createDirectory(atPath: LogState.path(path), withIntermediateDirectories: true)
        XCTAssertThrowsError(try LogMark.noteBroken(path))
        // Nor is that no log whose folder cannot be looked into.
        let logs = "\(path)/\(LogState.folder)"
        try FileManager.default.removeItem(atPath: logs)
        try FileManager.default.createSymbolicLink(atPath: logs, withDestinationPath: LogState.folder)
        XCTAssertThrowsError(try LogMark.noteBroken(path))
    }
}
