import ColumnStore
import Foundation
@testable import Ingest
import Synchronization
import TestSupport
import XCTest

/// Goal: what no kept checkpoint needs goes, also what a run left that was cut off, and what no checkpoint ever covered in its own epoch. Method: a log in a
/// directory, of names: what is removed is read by nobody.
final class LogRetentionTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func put(_ place: LogPlace, epoch: Int64, _ first: Int64, _ last: Int64) throws {
        try place.objects.put(LogPlace.SegmentName(epoch: epoch, first: first, last: last).key, [0])
    }

    private func names(_ place: LogPlace) throws -> [[Int64]] {
        try place.segments().map { [$0.epoch, $0.first, $0.last] }.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// One segment's bytes under the name of a larger one: what lies within that name is nowhere else.
    func test_segments_withinOneThatHasOtherRecordsThanItsName_stay() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        for number in 1...2 { try builder.append(.rows, [1], at: Int64(number)) }
        let records = try XCTUnwrap(builder.finish()).records
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash) = (2, records[1].hash)
        try place.root.create(LogHead.key, head.bytes)
        for record in records { try place.objects.put(LogPlace.SegmentName(epoch: 1, first: record.sequence, last: record.sequence).key, LogSegment(records: [record]).bytes) }
        let larger = LogPlace.SegmentName(epoch: 1, first: 1, last: 2).key
        try place.objects.put(larger, LogSegment(records: [records[0]]).bytes)
        let later = LogRetention(place: place, now: Clock.system.now() + 10 * LogKeeper.keptMicroseconds)
        try later.run()
        XCTAssertEqual(try names(place), [[1, 1, 1], [1, 1, 2], [1, 2, 2]])
        try place.objects.put(larger, LogSegment(records: records).bytes)
        try later.run()
        XCTAssertEqual(try names(place), [[1, 1, 2]])
    }

    /// Each kill of a server may leave some, and nobody reads them.
    func test_objectsInTheMaking_goOnceTheyAreADayOld() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        try place.root.create(LogHead.key, LogHead(store: "one", epoch: 1).bytes)
        try put(place, epoch: 1, 1, 1)
        let segment = LogPlace.SegmentName(epoch: 1, first: 1, last: 2).key
        let unfinished = [LogHead.key, LogHead.key(ofEpoch: 1), "\(LogCheckpoint.folder)1", segment].map { "\($0).5f-1.tmp" }
        for key in unfinished { try place.objects.put(key, [0]) }
        try place.objects.put("\(segment).5f-1", [0])
        func keys() throws -> Set<String> {
            var keys: Set<String> = []
            try place.objects.list(prefix: "") { keys.insert($0.key) }
            return keys
        }
        let before = try keys()
        XCTAssertTrue(before.isSuperset(of: unfinished))
        try LogRetention(place: place, now: Clock.system.now()).run()
        XCTAssertEqual(try keys(), before, "somebody may be at it")
        try LogRetention(place: place, now: Clock.system.now() + 2 * LogKeeper.keptMicroseconds).run()
        XCTAssertEqual(try keys(), before.subtracting(unfinished))
    }

    /// What one of two writers sent before it heard of the other: it has the numbers of what counts, and is whole in itself.
    func test_segments_withinOneOfAnotherWriter_stay() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        func records(_ payload: UInt8) throws -> [LogRecord] {
            var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
            for number in 1...5 { try builder.append(.rows, [payload], at: Int64(number)) }
            return try XCTUnwrap(builder.finish()).records
        }
        func put(_ records: [LogRecord], _ range: ClosedRange<Int>) throws {
            let name = LogPlace.SegmentName(epoch: 1, first: Int64(range.lowerBound), last: Int64(range.upperBound))
            try place.objects.put(name.key, LogSegment(records: Array(records[(range.lowerBound - 1)...(range.upperBound - 1)])).bytes)
        }
        let (own, others) = (try records(1), try records(2))
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash) = (5, own[4].hash)
        try place.root.create(LogHead.key, head.bytes)
        let later = LogRetention(place: place, now: Clock.system.now() + 10 * LogKeeper.keptMicroseconds)
        // Up to what goes on from it, into that, and to the end.
        for last in [3, 4, 5] {
            for range in [1...2, 3...3, 4...5] { try put(own, range) }
            try put(others, 1...last)
            let before = try names(place)
            try later.run()
            XCTAssertEqual(try names(place), before, "\(last)")
            try place.objects.delete(LogPlace.SegmentName(epoch: 1, first: 1, last: Int64(last)).key, .temporary)
        }
        try put(own, 1...3)
        try later.run()
        XCTAssertEqual(try names(place), [[1, 1, 3], [1, 4, 5]])
        // The other's go on from one another, and what counts is cut elsewhere.
        for name in try place.segments() { try place.objects.delete(name.key, .temporary) }
        for range in [1...2, 3...4, 5...5] { try put(own, range) }
        for range in [1...3, 4...5] { try put(others, range) }
        let before = try names(place)
        try later.run()
        XCTAssertEqual(try names(place), before)
    }

    /// The time of a checkpoint with a digit that is wrong: no hash covers it.
    func test_checkpoint_thatSeemsOlderThanItIs_coversNothing() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        for (from, at, madeAt) in [(Int64(0), day, day), (10, 1, 5 * day)] {
            let checkpoint = LogCheckpoint(epoch: 1, from: from, to: from, at: at, manifest: BackupManifest(number: 1, store: "one", madeAt: madeAt, warehouse: ""))
            try place.objects.put(checkpoint.key, checkpoint.bytes)
        }
        try put(place, epoch: 1, 1, 10)
        try put(place, epoch: 1, 11, 12)
        try LogRetention(place: place, now: 5 * day).run()
        XCTAssertEqual(try place.checkpoints().map(\.from), [0, 10])
        XCTAssertEqual(try names(place), [[1, 1, 10], [1, 11, 12]])
        try LogRetention(place: place, now: 7 * day).run()
        XCTAssertEqual(try place.checkpoints().map(\.from), [10])
        XCTAssertEqual(try names(place), [[1, 11, 12]])
    }

    /// The same digit the other way: what came since may be named by a record alone.
    func test_checkpoint_thatSeemsYoungerThanItIs_letsNothingGoThatCameSince() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        let now = Clock.system.now() + 10 * day
        let checkpoint = LogCheckpoint(epoch: 1, from: 2, to: 2, at: now - 5 * day, manifest: BackupManifest(number: 1, store: "one", madeAt: now - 12 * day, warehouse: ""))
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        try place.objects.put(LogPlace.base + "since", [0])
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try files(place), ["base/since"])
    }

    /// The first of an import's files lies there for hours before the commit that names them all, and a checkpoint may come in between.
    func test_fileThatCameLongBeforeItsCommit_staysForThat() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let (day, now) = (LogKeeper.keptMicroseconds, Clock.system.now())
        try put(place, checkpoint: 2, at: now - 2 * day, file: "a")
        for (name, hours) in [("days", 80), ("hours", 60)] {
            try place.objects.put(LogPlace.base + name, [0])
            let came = Date(timeIntervalSinceNow: -3_600 * Double(hours))
            try FileManager.default.setAttributes([.modificationDate: came], ofItemAtPath: "\(folder.path)/LOG/\(LogPlace.base)\(name)")
        }
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try files(place), ["base/a", "base/hours"])
    }

    /// What a bucket gives no time of is none that came long ago.
    func test_objectsWhoseTimeIsNotTold_stay_andStandForNoOthers() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        let now = Clock.system.now() + 10 * day
        try put(place, checkpoint: 0, at: now - 2 * day, file: "a")
        try place.objects.put(LogPlace.base + "untold", [0])
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        for number in 1...2 { try builder.append(.rows, [1], at: Int64(number)) }
        let records = try XCTUnwrap(builder.finish()).records
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash) = (2, records[1].hash)
        try place.root.create(LogHead.key, head.bytes)
        let larger = LogPlace.SegmentName(epoch: 1, first: 1, last: 2).key
        try place.objects.put(larger, LogSegment(records: records).bytes)
        try place.objects.put(LogPlace.SegmentName(epoch: 1, first: 1, last: 1).key, LogSegment(records: [records[0]]).bytes)
        let unknown: [FileAttributeKey: Any] = [.modificationDate: Date(timeIntervalSince1970: 0)]
        for key in [LogPlace.base + "untold", larger] { try FileManager.default.setAttributes(unknown, ofItemAtPath: "\(folder.path)/LOG/\(key)") }
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try files(place), ["base/a", "base/untold"])
        XCTAssertEqual(try names(place), [[1, 1, 1], [1, 1, 2]])
    }

    func test_checkpoint_ofATimeStillToCome_isTold() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        let now = Clock.system.now()
        try put(place, checkpoint: 2, at: now - 3 * day, file: "a")
        try put(place, checkpoint: 4, at: now + 1_000 * day, file: "b")
        try put(place, checkpoint: 9, at: now - 2 * day, file: "c")
        for first in [Int64(1), 3, 5] { try put(place, epoch: 1, first, first + 1) }
        let told = Mutex<[String]>([])
        StoreLog.observe { event in told.withLock { if event.what.hasPrefix("a checkpoint of the log has a time that is still to come") { $0.append(event.path) } } }
        defer { StoreLog.observe(nil) }
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(told.withLock { $0 }, ["\(place.url)/checkpoints/\(LogNumber.text(1))-\(LogNumber.text(4))-\(LogNumber.text(4))"])
        XCTAssertEqual(try names(place), [[1, 5, 6]], "what it goes on with stays")
    }

    func test_segments_ofEpochsWithoutACheckpoint_andOfARunThatWasCutOff_go() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        for (epoch, from) in [(Int64(1), Int64(0)), (Int64(3), Int64(10))] {
            let checkpoint = LogCheckpoint(
                epoch: epoch, from: from, to: from, at: from, manifest: BackupManifest(number: 1, store: "one", madeAt: from, warehouse: ""))
            try place.objects.put(checkpoint.key, checkpoint.bytes)
        }
        try put(place, epoch: 1, 1, 5)
        try put(place, epoch: 2, 6, 8)
        try put(place, epoch: 3, 9, 10)
        try put(place, epoch: 3, 10, 11)
        try put(place, epoch: 4, 1, 2)
        // Names that none has: numbers beyond counting, and other lengths.
        let strangers = ["log/x", "log/\(LogNumber.text(1))/\(LogNumber.text(1))-4611686018427387904", "log/4611686018427387904/\(LogNumber.text(1))-\(LogNumber.text(2))", "log/\(LogNumber.text(1))/1-2"]
        for key in strangers { try place.objects.put(key, [0]) }
        let told = Mutex<Set<String>>([])
        StoreLog.observe { event in told.withLock { if event.what.hasPrefix("an object has a name that no segment") { $0.insert(event.path) } } }
        defer { StoreLog.observe(nil) }
        let kept: [[Int64]] = [[3, 10, 11], [4, 1, 2]]
        try LogRetention(place: place, now: LogKeeper.keptMicroseconds - 1).run()
        XCTAssertEqual(try names(place).count, 5, "nothing is a day old")
        let later = LogRetention(place: place, now: 2 * LogKeeper.keptMicroseconds)
        try later.run()
        XCTAssertEqual(try names(place), kept)
        XCTAssertEqual(told.withLock { $0 }, try ["\(place.url)/\(XCTUnwrap(strangers.min()))"])
        for key in strangers { XCTAssertNotNil(try place.objects.byteCount(of: key), key) }
        XCTAssertEqual(try place.checkpoints().map(\.epoch), [3])

        // As a run leaves it that ended behind the checkpoints' removal.
        try put(place, epoch: 1, 1, 5)
        try put(place, epoch: 3, 9, 10)
        try later.run()
        XCTAssertEqual(try names(place), kept)
    }

    private func put(_ place: LogPlace, checkpoint from: Int64, at: Int64, file: String) throws {
        var manifest = BackupManifest(number: 1, store: "one", madeAt: at, warehouse: "")
        try place.objects.put(LogPlace.base + file, [0])
        manifest.files = [.init(path: file, name: file, byteCount: 1, sha256: SHA256.hash([0]))]
        let checkpoint = LogCheckpoint(epoch: 1, from: from, to: from, at: at, manifest: manifest)
        try place.objects.put(checkpoint.key, checkpoint.bytes)
    }

    private func files(_ place: LogPlace) throws -> [String] {
        var keys: [String] = []
        try place.objects.list(prefix: LogPlace.base) { keys.append($0.key) }
        return keys.sorted()
    }

    func test_damagedCheckpoint_isGonePast_andFilesStayUntilALaterOneCoversIt() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        let now = Clock.system.now() + 10 * day
        try put(place, checkpoint: 2, at: now - 5 * day, file: "a")
        try put(place, checkpoint: 6, at: now - 2 * day, file: "c")
        for damaged in [Int64(4), 8] { try place.objects.put("checkpoints/\(LogNumber.text(1))-\(LogNumber.text(damaged))-\(LogNumber.text(damaged))", [1]) }
        for first in [Int64(1), 5, 9] { try put(place, epoch: 1, first, first + 3) }
        XCTAssertThrowsError(try place.checkpoints())
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try names(place), [[1, 5, 8], [1, 9, 12]])
        XCTAssertEqual(try files(place), ["base/a", "base/c"], "what the damaged one lists nobody knows")
        try put(place, checkpoint: 9, at: now - 3 * day / 2, file: "d")
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try place.checkpoints().map(\.from), [9], "the damaged one is covered")
        XCTAssertEqual(try names(place), [[1, 9, 12]])
        XCTAssertEqual(try files(place), ["base/d"])
    }

    /// What somebody has taken away, or cut off, a later checkpoint makes up for; instants before that are the earlier one's to tell.
    func test_checkpointThatLacksAFile_coversNothing() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let day = LogKeeper.keptMicroseconds
        let now = Clock.system.now() + 10 * day
        try put(place, checkpoint: 2, at: now - 5 * day, file: "a")
        try put(place, checkpoint: 6, at: now - 2 * day, file: "c")
        for first in [Int64(1), 5, 9] { try put(place, epoch: 1, first, first + 3) }
        let all = try names(place)
        let left: [[UInt8]?] = [nil, [0, 0]]
        for bytes in left {
            try place.objects.delete(LogPlace.base + "c", .temporary)
            if let bytes { try place.objects.put(LogPlace.base + "c", bytes) }
            try LogRetention(place: place, now: now).run()
            XCTAssertEqual(try place.checkpoints().map(\.from), [2, 6])
            XCTAssertEqual(try names(place), all)
            XCTAssertNotNil(try place.objects.byteCount(of: LogPlace.base + "a"))
        }
        try place.objects.put(LogPlace.base + "c", [0])
        try LogRetention(place: place, now: now).run()
        XCTAssertEqual(try place.checkpoints().map(\.from), [6])
        XCTAssertEqual(try names(place), [[1, 5, 8], [1, 9, 12]])
    }

    /// One that has the name of many records, and is none of them or has others, stands for nothing.
    func test_segmentThatIsNotWhatItsNameSays_takesNoOthersPlace() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        try place.root.create(LogHead.key, LogHead(store: "one", epoch: 1).bytes)
        let own = LogSegment(records: [LogRecord(epoch: 1, sequence: 1, time: 1, kind: .rows, previous: LogRecord.noHash, byteCount: 1, payload: [1])]).bytes
        try place.objects.put(LogPlace.SegmentName(epoch: 1, first: 1, last: 1).key, own)
        for bytes in [own, [1, 2, 3]] {
            try place.objects.put(LogPlace.SegmentName(epoch: 1, first: 1, last: 9).key, bytes)
            try LogRetention(place: place, now: Clock.system.now() + 3 * LogKeeper.keptMicroseconds).run()
            XCTAssertEqual(try names(place), [[1, 1, 1], [1, 1, 9]])
        }
        // Nor is one read that is longer than any.
        let name = LogPlace.SegmentName(epoch: 1, first: 1, last: 9).key
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder.path)/LOG/\(name)"))
        try file.truncate(atOffset: UInt64(LogSegment.byteCountMax) + 1)
        try file.close()
        try LogRetention(place: place, now: Clock.system.now() + 3 * LogKeeper.keptMicroseconds).run()
        XCTAssertEqual(try names(place), [[1, 1, 1], [1, 1, 9]])
    }
}
