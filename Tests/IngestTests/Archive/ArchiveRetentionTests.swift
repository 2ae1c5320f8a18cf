import Cluster
import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what no instant of the last day needs goes, and nothing else, also what a run left that was cut off. Method: an archive in a directory, whose files have no content that anybody reads.
final class ArchiveRetentionTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private static let day = LogKeeper.keptMicroseconds

    private func mark(_ sequence: Int) -> Mark { sequence == 0 ? .start : Mark(sequence: sequence, epoch: 1, hash: .init(high: 1, low: 2)) }

    private func put(_ place: ArchivePlace, line: Int64, base: Int, begun: Int64, segments: [Int64]) throws {
        let line = ArchiveLine(number: line, store: try XCTUnwrap(ArchivedMachine.identity), base: mark(base), at: begun, begun: begun)
        try place.objects.put(ArchivePlace.lineKey(line.number), line.bytes)
        for first in segments { try place.objects.put(ArchivePlace.segmentKey(line.number, first), [0]) }
    }

    private func put(_ place: ArchivePlace, line: Int64, checkpoint record: Int, at: Int64, files: [String]) throws {
        var manifest = BackupManifest(number: 1, store: "one", madeAt: at, warehouse: "")
        for file in files {
            let hash = SHA256.hash(Array(file.utf8))
            manifest.files.append(.init(path: "hot/\(file).sqlite", name: ArchivePlace.fileKey(line, hash), byteCount: 1, sha256: hash))
            try place.objects.put(ArchivePlace.fileKey(line, hash), [0])
            let cold = "warehouse/t/\(file)"
            manifest.files.append(.init(path: cold, name: "base/\(cold)", byteCount: 1, sha256: hash))
            try place.objects.put("base/\(cold)", [0])
        }
        let checkpoint = ArchiveCheckpoint(line: line, mark: mark(record), at: at, manifest: manifest)
        try place.objects.put(checkpoint.key, checkpoint.bytes)
    }

    private func files(_ place: ArchivePlace) throws -> (own: Int, cold: [String]) {
        var (own, cold) = (0, [String]())
        try place.objects.list(prefix: "") { object in
            if object.key.contains("/files/") { own += 1 }
            if object.key.hasPrefix("base/") { cold.append(String(object.key.dropFirst("base/warehouse/t/".count))) }
        }
        return (own, cold.sorted())
    }

    func test_versionOfATable_thatAnEarlierHistoryHasMade_isNotTakenForThisOnes() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let (own, other) = (Array("own".utf8), Array("two".utf8))
        for key in ["metadata/v300001.metadata.json", "metadata/snap-1.avro", "data/1.parquet"] { try place.objects.put("base/warehouse/t/\(key)", other) }
        for key in ["metadata/snap-1.avro", "data/1.parquet"] { try place.checkCold("t", key, byteCount: 3, sha256: SHA256.hash(own)) }
        try place.checkCold("t", "metadata/v300001.metadata.json", byteCount: 3, sha256: SHA256.hash(other))
        XCTAssertThrowsError(try place.checkCold("t", "metadata/v300001.metadata.json", byteCount: 3, sha256: SHA256.hash(own))) { XCTAssertTrue("\($0)".contains("v300001"), "\($0)") }
        XCTAssertEqual(try place.objects.get("base/warehouse/t/metadata/v300001.metadata.json", byteCountMax: 3), other)
    }

    /// A store that was restored, and founded as a cluster with the `log.url` of the one that works on.
    func test_lineThatSomebodyStillWrites_stays_andIsTold() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let now = Clock.system.now() + 10 * Self.day
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1, 10])
        try put(place, line: 2, base: 0, begun: now - 7 * Self.day, segments: [1])
        try put(place, line: 2, checkpoint: 20, at: now - 2 * Self.day, files: ["a"])
        let path = "\(folder.path)/LOG/archive/\(ArchivePlace.segmentKey(1, 10))"
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 7_200)], ofItemAtPath: path)
        XCTAssertThrowsError(try ArchiveRetention(place: place, now: now).run()) { XCTAssertTrue("\($0)".contains("line 1 of the archive is written still"), "\($0)") }
        XCTAssertEqual(try place.lines().map(\.number), [1, 2])
        XCTAssertEqual(try place.segments(of: 1), [1, 10])
        // A place that does not tell.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: path)
        XCTAssertThrowsError(try ArchiveRetention(place: place, now: now).run()) { XCTAssertTrue("\($0)".contains("does not say when the segments of line 1 came"), "\($0)") }
        XCTAssertEqual(try place.segments(of: 1), [1, 10])
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 60)], ofItemAtPath: path)
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.lines().map(\.number), [2])
        XCTAssertEqual(try place.segments(of: 1), [])
    }

    /// Whoever began the line, and made its checkpoint, had a clock that was two days behind.
    func test_lineAndCheckpoint_thatHaveComeLessThanADayAgo_coverNothing() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let now = Clock.system.now()
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1, 10])
        try put(place, line: 2, base: 0, begun: now - 2 * Self.day, segments: [1, 10])
        try put(place, line: 2, checkpoint: 9, at: now - 2 * Self.day, files: ["a"])
        func came(_ key: String, daysAgo: Double) throws {
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -86_400 * daysAgo)], ofItemAtPath: "\(folder.path)/LOG/archive/\(key)")
        }
        for key in [ArchivePlace.lineKey(1), ArchivePlace.segmentKey(1, 1), ArchivePlace.segmentKey(1, 10)] { try came(key, daysAgo: 3) }
        func assertAllIsThere(_ what: String) throws {
            try ArchiveRetention(place: place, now: now).run()
            XCTAssertEqual(try place.lines().map(\.number), [1, 2], what)
            XCTAssertEqual(try place.segments(of: 1), [1, 10], what)
            XCTAssertEqual(try place.segments(of: 2), [1, 10], what)
        }
        try assertAllIsThere("the line is new")
        try came(ArchivePlace.lineKey(2), daysAgo: 2)
        try assertAllIsThere("its checkpoint is new")
        try came(ArchiveCheckpoint.key(2, 9), daysAgo: 2)
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.lines().map(\.number), [2])
        XCTAssertEqual(try place.segments(of: 2), [10])
    }

    func test_checkpointThatLacksAFile_coversNothing() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let now = Clock.system.now() + 10 * Self.day
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1, 10, 20])
        try put(place, line: 1, checkpoint: 9, at: now - 8 * Self.day, files: ["a"])
        try put(place, line: 1, checkpoint: 19, at: now - 2 * Self.day, files: ["b"])
        let key = ArchivePlace.fileKey(1, SHA256.hash(Array("b".utf8)))
        try place.objects.delete(key, .temporary)
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.checkpoints(of: 1).map(\.record), [9, 19])
        XCTAssertEqual(try place.segments(of: 1), [10, 20])
        try place.objects.put(key, [0])
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.checkpoints(of: 1).map(\.record), [19])
        XCTAssertEqual(try place.segments(of: 1), [20])
    }

    func test_whatADayDoesNotNeed_goes_andTheRestStays() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        // The place gives its objects the time of this machine.
        let now = Clock.system.now() + 10 * Self.day
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1, 10, 20])
        try put(place, line: 1, checkpoint: 15, at: now - 8 * Self.day, files: ["a"])
        try put(place, line: 2, base: 20, begun: now - 7 * Self.day, segments: [21, 30, 40, 50])
        try put(place, line: 2, checkpoint: 20, at: now - 7 * Self.day, files: ["b"])
        try put(place, line: 2, checkpoint: 39, at: now - 2 * Self.day, files: ["b", "c"])
        try put(place, line: 2, checkpoint: 45, at: now - Self.day / 2, files: ["d"])
        try put(place, line: 3, base: 45, begun: now - Self.day / 4, segments: [46])
        try put(place, line: 3, checkpoint: 45, at: now - 3 * Self.day, files: ["e"])
        for line in [1, 2] as [Int64] { try place.objects.put(ArchivePlace.untilKey(line), ArchiveUntil(line: line, last: mark(20), at: now - Self.day).bytes) }
        try ArchiveRetention(place: place, now: now - 9 * Self.day).run()
        XCTAssertEqual(try place.lines().map(\.number), [1, 2, 3], "no line is a day old")
        for _ in 0..<2 {
            try ArchiveRetention(place: place, now: now).run()
            XCTAssertEqual(try place.lines().map(\.number), [2, 3])
            XCTAssertEqual(try place.segments(of: 1), [])
            XCTAssertNil(try place.until(1))
            XCTAssertNotNil(try place.until(2))
            XCTAssertEqual(try place.checkpoints(of: 1).count, 0)
            XCTAssertEqual(try place.segments(of: 2), [40, 50])
            XCTAssertEqual(try place.checkpoints(of: 2).map(\.record), [39, 45])
            XCTAssertEqual(try place.segments(of: 3), [46])
            XCTAssertEqual(try files(place).cold, ["b", "c", "d", "e"])
            XCTAssertEqual(try files(place).own, 4, "b and c, d; e of another line")
            // As a run leaves it that was cut off.
            try place.objects.put(ArchivePlace.segmentKey(2, 30), [0])
        }
    }

    /// A leader that was overtaken stood still between its proof and its put, for longer than its line was kept.
    func test_whatComesToALineThatIsNoMore_goesADayLater_andLinesThatAreThereStay() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        // The place gives its objects the time of this machine.
        let now = Clock.system.now() + 10 * Self.day
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1])
        try put(place, line: 3, base: 0, begun: now - 7 * Self.day, segments: [1])
        try put(place, line: 3, checkpoint: 20, at: now - 2 * Self.day, files: ["a"])
        try put(place, line: 5, base: 20, begun: now + Self.day / 2, segments: [21])
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.lines().map(\.number), [3, 5])
        // Line 2 never came to be, and line 4 may yet: it is behind the one that tells the day.
        let late = [ArchivePlace.untilKey(1), ArchivePlace.segmentKey(1, 10), ArchivePlace.fileKey(2, SHA256.hash([])), ArchivePlace.untilKey(1) + ".5f-1.tmp"]
        let kept = [ArchivePlace.untilKey(3), ArchivePlace.untilKey(5), ArchivePlace.fileKey(4, SHA256.hash([])), "0-of-nobody"]
        for key in late + kept { try place.objects.put(key, [0]) }
        func present(_ keys: [String]) throws -> [String] {
            var found: Set<String> = []
            try place.objects.list(prefix: "") { found.insert($0.key) }
            return keys.filter { found.contains($0) }
        }
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 9.5 * 86_400)], ofItemAtPath: "\(folder.path)/LOG/archive/\(late[0])")
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try present(late), [late[0]], "half a day old")
        try ArchiveRetention(place: place, now: now + Self.day).run()
        XCTAssertEqual(try present(late), [])
        XCTAssertEqual(try present(kept), kept)
        XCTAssertEqual(try place.segments(of: 3), [1])
        XCTAssertEqual(try place.checkpoints(of: 3).map(\.record), [20])
    }

    /// Each kill of a machine may leave some, and nobody reads them.
    func test_objectsInTheMaking_goOnceTheyAreADayOld() throws {
        let place = try ArchivePlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let now = Clock.system.now()
        try put(place, line: 1, base: 0, begun: now, segments: [1, 10])
        let unfinished = [ArchivePlace.storeKey, ArchivePlace.lineKey(2), ArchivePlace.segmentKey(1, 20), ArchivePlace.untilKey(1), ArchiveCheckpoint.key(1, 15)].map { "\($0).5f-1.tmp" }
        for key in unfinished { try place.objects.put(key, [0]) }
        func keys() throws -> Set<String> {
            var keys: Set<String> = []
            try place.objects.list(prefix: "") { keys.insert($0.key) }
            return keys
        }
        let before = try keys()
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try keys(), before, "somebody may be at it")
        // The line is of a later day than that, and covers nothing.
        try put(place, line: 1, base: 0, begun: now + 2 * Self.day, segments: [])
        try ArchiveRetention(place: place, now: now + 2 * Self.day).run()
        XCTAssertEqual(try keys(), before.subtracting(unfinished))
    }

    func test_damagedCheckpoint_isGonePast_andFilesStayUntilALaterOneCoversIt() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let now = Clock.system.now() + 10 * Self.day
        try put(place, line: 1, base: 0, begun: now - 9 * Self.day, segments: [1, 10, 20, 30])
        try put(place, line: 1, checkpoint: 5, at: now - 5 * Self.day, files: ["a"])
        try put(place, line: 1, checkpoint: 25, at: now - 2 * Self.day, files: ["c"])
        for damaged in [Int64(15), 28] { try place.objects.put(ArchiveCheckpoint.key(1, damaged), [1]) }
        let told = Mutex<[String]>([])
        StoreLog.observe { event in told.withLock { if event.what.hasPrefix("a checkpoint of the archive is damaged") { $0.append(event.path) } } }
        defer { StoreLog.observe(nil) }
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(told.withLock { $0 }, [place.name(ArchiveCheckpoint.key(1, 15)), place.name(ArchiveCheckpoint.key(1, 28))])
        XCTAssertEqual(try place.checkpoints(of: 1).map(\.record), [25, 28])
        XCTAssertEqual(try place.segments(of: 1), [20, 30])
        XCTAssertEqual(try files(place).cold, ["a", "c"], "what the damaged one lists nobody knows")
        try put(place, line: 1, checkpoint: 31, at: now - 3 * Self.day / 2, files: ["d"])
        try ArchiveRetention(place: place, now: now).run()
        XCTAssertEqual(try place.checkpoints(of: 1).map(\.record), [31])
        XCTAssertEqual(try place.segments(of: 1), [30])
        XCTAssertEqual(try files(place).cold, ["d"])
        XCTAssertEqual(try files(place).own, 1)
    }
}
