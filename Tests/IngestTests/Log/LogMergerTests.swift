import ColumnStore
import Foundation
@testable import Ingest
import TestSupport
import XCTest

/// Goal: what is merged stands for its parts, and a log that breaks off is not merged over the break. Method: segments of one record each, in a directory.
final class LogMergerTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func record(_ number: Int64, epoch: Int64 = 1, after previous: [UInt8]) -> LogRecord {
        LogRecord(epoch: epoch, sequence: number, time: number, kind: .rows, previous: previous, byteCount: 1, payload: [UInt8(truncatingIfNeeded: number)])
    }

    func test_manySmallSegments_areOne_andAreReadWithoutTheirParts() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let merger = LogMerger(place: place)
        var previous = LogRecord.noHash
        for number in Int64(1)...600 {
            let segment = LogSegment(records: [record(number, after: previous)])
            previous = segment.records[0].hash
            try place.objects.put(LogPlace.SegmentName(epoch: 1, first: number, last: number).key, segment.bytes)
            merger.add(segment.records, byteCount: segment.bytes.count)
        }
        try merger.run()
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash, head.until) = (600, previous, 1_000)
        try place.root.create(LogHead.key, head.bytes)
        let checkpoint = LogCheckpoint(epoch: 1, from: 0, to: 0, at: 0, manifest: BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: ""))
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        let merged = try XCTUnwrap(place.segments(of: 1).first { $0.last > $0.first })
        XCTAssertEqual(merged.first, 1)
        XCTAssertGreaterThan(merged.last, 256)
        func read() throws -> [Int64] {
            var numbers: [Int64] = []
            _ = try LogReader(place, instant: nil).run { numbers.append($0.sequence) }
            return numbers
        }
        XCTAssertEqual(try read(), Array(1...600))
        // Not before a day is over.
        try LogRetention(place: place, now: Clock.system.now()).run()
        XCTAssertEqual(try place.segments(of: 1).count, 601)
        try LogRetention(place: place, now: Clock.system.now() + 2 * LogKeeper.keptMicroseconds).run()
        XCTAssertEqual(try place.segments(of: 1).count, 1 + 600 - Int(merged.last))
        XCTAssertEqual(try read(), Array(1...600))
    }

    /// Each is a request, and where answers wait for segments there are twenty in a second. What another process has put is read, as whoever began the log anew would.
    func test_partsThatThisProcessHasPut_goUnread_andOthersDoNot() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let merger = LogMerger(place: place)
        var (previous, records) = (LogRecord.noHash, [LogRecord]())
        for number in Int64(1)...6 {
            records.append(record(number, after: previous))
            previous = records[records.count - 1].hash
        }
        func name(_ range: ClosedRange<Int>) -> LogPlace.SegmentName { .init(epoch: 1, first: Int64(range.lowerBound), last: Int64(range.upperBound)) }
        func put(_ range: ClosedRange<Int>) throws { try place.objects.put(name(range).key, LogSegment(records: Array(records[(range.lowerBound - 1)...(range.upperBound - 1)])).bytes) }
        for range in [1...1, 2...3, 4...5] {
            try put(range)
            merger.add(Array(records[(range.lowerBound - 1)...(range.upperBound - 1)]), byteCount: 100)
        }
        // What does not go on from them ends the group.
        merger.add([record(9, after: LogRecord.noHash)], byteCount: 100)
        try merger.run()
        try put(6...6)
        // Of another writer, with the same numbers.
        try put(2...2)
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash) = (6, previous)
        try place.root.create(LogHead.key, head.bytes)
        for (range, isJoined) in [(1...1, true), (2...3, true), (4...5, true), (2...2, false), (1...3, false), (3...3, false), (6...6, false)] {
            XCTAssertEqual(merger.hasJoined(name(range), into: name(1...5), endingWith: records[4].hash), isJoined, "\(range)")
            XCTAssertFalse(merger.hasJoined(name(range), into: name(1...5), endingWith: records[3].hash), "another lies there by now")
        }
        // What is damaged there shows who reads it.
        for range in [1...1, 2...3, 4...5, 2...2] { try place.objects.put(name(range).key, [0]) }
        let later = Clock.system.now() + 2 * LogKeeper.keptMicroseconds
        try LogRetention(place: place, now: later).run()
        XCTAssertEqual(try place.segments(of: 1).count, 6)
        try LogRetention(place: place, now: later, merger: merger).run()
        XCTAssertEqual(try place.segments(of: 1).map(\.key).sorted(), [1...5, 2...2, 6...6].map { name($0).key })
    }

    /// A store and a copy of it, for a moment: who was overtaken and does not know it yet writes over nothing.
    func test_nameThatIsTaken_isAnotherWriters_andStays() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let one = record(1, after: LogRecord.noHash)
        let two = record(2, after: one.hash)
        let name = LogPlace.SegmentName(epoch: 1, first: 1, last: 2)
        let parts = [1, 2].map { LogPlace.SegmentName(epoch: 1, first: $0, last: $0) }
        func merge() throws -> LogMerger {
            let merger = LogMerger(place: place)
            for records in [[one], [two], [record(9, after: LogRecord.noHash)]] { merger.add(records, byteCount: 100) }
            try merger.run()
            return merger
        }
        try place.objects.put(name.key, [7])
        XCTAssertFalse(try merge().hasJoined(parts[0], into: name, endingWith: two.hash))
        XCTAssertEqual(try place.objects.get(name.key, byteCountMax: 100), [7])
        // Its own, of which it did not hear.
        let bytes = LogSegment(records: [one, two]).bytes
        try place.objects.put(name.key, bytes)
        XCTAssertTrue(try merge().hasJoined(parts[0], into: name, endingWith: two.hash))
        XCTAssertEqual(try place.objects.get(name.key, byteCountMax: bytes.count), bytes)
    }

    /// What is longer than one's own is another's, and no memory is taken for it.
    func test_nameThatIsTaken_byWhatIsTooLong_staysUnread() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let one = record(1, after: LogRecord.noHash)
        let name = LogPlace.SegmentName(epoch: 1, first: 1, last: 2)
        try place.objects.put(name.key, [7])
        let byteCount = off_t(LogSegment.byteCountMax) + 1
        XCTAssertEqual(truncate("\(folder.path)/LOG/\(name.key)", byteCount), 0)
        let merger = LogMerger(place: place)
        for records in [[one], [record(2, after: one.hash)], [record(9, after: LogRecord.noHash)]] { merger.add(records, byteCount: 100) }
        XCTAssertNoThrow(try merger.run())
        XCTAssertEqual(try place.objects.byteCount(of: name.key), Int64(byteCount))
    }

    func test_recordsThatDoNotFollow_orAreOfAnotherEpoch_areNotMerged() throws {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let merger = LogMerger(place: place)
        let one = record(1, after: LogRecord.noHash)
        let two = record(2, after: one.hash)
        for records in [[one], [two], [record(4, after: two.hash)], [record(9, epoch: 2, after: two.hash)], [record(3, after: one.hash)], [record(5, after: LogRecord.noHash)]] {
            merger.add(records, byteCount: 100)
        }
        try merger.run()
        for name in try place.segments(of: 1) { XCTAssertNoThrow(try LogSegment(parsing: place.objects.get(name.key, byteCountMax: 1 << 20), path: name.key)) }
    }

    /// Answers wait for their record, and for a checkpoint where one is needed, and not indefinitely.
    func test_answers_waitForTheirRecord_andAreToldOtherwiseInTheEnd() {
        func outcome(_ answers: LogAnswers, _ number: Int64) -> Monitor<String?> {
            let told = Monitor<String?>(nil)
            answers.wait(for: number) { outcome in told.broadcast { $0 = "\(outcome)" } }
            return told
        }
        let answers = LogAnswers(last: 5, isHeld: true, seconds: 300)
        let (first, second) = (outcome(answers, 5), outcome(answers, 7))
        answers.reach(6, until: 10, isBroken: false)
        XCTAssertNil(first.withLock { $0 }, "no checkpoint yet")
        answers.note(checkpointTo: 6, at: 11)
        XCTAssertNil(first.withLock { $0 }, "the log does not tell the checkpoint's instant yet")
        answers.reach(6, until: 12, isBroken: false)
        XCTAssertEqual(first.wait { $0 }, "kept")
        XCTAssertNil(second.withLock { $0 })
        answers.reach(7, until: 13, isBroken: true)
        XCTAssertNil(second.withLock { $0 }, "changed past the log")
        answers.refuse("taken")
        XCTAssertEqual(second.wait { $0 }, #"refused("taken")"#)
        XCTAssertTrue(answers.isStuck)
        answers.stop()
        let slow = LogAnswers(last: 0, isHeld: false, seconds: 0.01)
        XCTAssertEqual(outcome(slow, 1).wait { $0 }, "late")
        XCTAssertTrue(slow.isStuck)
        slow.reach(1, until: 1, isBroken: false)
        XCTAssertFalse(slow.isStuck)
        XCTAssertEqual(outcome(slow, 1).wait { $0 }, "kept")
        slow.stop()
        XCTAssertEqual(outcome(slow, 2).wait { $0 }, "late")
    }
}
