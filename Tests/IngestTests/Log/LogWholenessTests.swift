import ColumnStore
@testable import Ingest
import TestSupport
import XCTest

/// Goal: what somebody has removed from the log's place is missed before a restore needs it, and nothing else is. Method: a log in a directory, each of whose objects is taken away in turn.
final class LogWholenessTests: XCTestCase {
    private let folder = TemporaryDirectory()

    /// Nine records in three segments, a checkpoint of the first two with two files, and a head that tells of eight.
    private func makeLog() throws -> (place: LogPlace, head: LogHead, segments: [String], checkpoint: LogCheckpoint) {
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        var head = LogHead(store: "one", epoch: 2)
        var builder = LogSegment.Builder(epoch: 2, last: 0, hash: LogRecord.noHash)
        var segments: [String] = []
        for first in [Int64(1), 4, 7] {
            for _ in 0..<3 { try builder.append(.rows, [1, 2, 3], at: 50) }
            segments.append(LogPlace.SegmentName(epoch: 2, first: first, last: builder.last).key)
            try place.objects.put(segments[segments.count - 1], try XCTUnwrap(builder.finish()).bytes)
        }
        (head.last, head.until) = (8, 100)
        var manifest = BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: "")
        for name in ["catalog.1.sqlite", "warehouse/receipts/data/a.parquet"] {
            try place.objects.put(LogPlace.base + name, [1, 2, 3])
            manifest.files.append(.init(path: name, name: name, byteCount: 3, sha256: SHA256.hash([1, 2, 3])))
        }
        let checkpoint = LogCheckpoint(epoch: 2, from: 2, to: 3, at: 10, manifest: manifest)
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        return (place, head, segments, checkpoint)
    }

    private func missing(_ place: LogPlace, _ head: LogHead) throws -> String { try LogWholeness(place: place).missing(to: head).joined(separator: "; ") }

    func test_eachObject_isMissed_andWhatIsNotNeededIsNot() throws {
        let (place, head, segments, checkpoint) = try makeLog()
        XCTAssertEqual(try missing(place, head), "")
        let files = checkpoint.manifest.files.map { LogPlace.base + $0.name }
        let said = ["records 3 to 3 are in no segment", "records 4 to 6 are in no segment", "records 7 to 8 are in no segment", files[0], files[1], "has no checkpoint"]
        for (key, words) in zip(segments + files + [checkpoint.key], said) {
            let bytes = try place.objects.get(key, byteCountMax: 1 << 20)
            try place.objects.delete(key, .temporary)
            let gone = try missing(place, head)
            XCTAssertTrue(gone.contains(words), "\(key): \(gone)")
            // One that was torn is as one that is gone.
            if key != checkpoint.key {
                try place.objects.put(key, Array(bytes.prefix(2)))
                let torn = try missing(place, head)
                XCTAssertTrue(torn.contains(words), "\(key), torn: \(torn)")
            }
            try place.objects.put(key, bytes)
            XCTAssertEqual(try missing(place, head), "", key)
        }
        // What was merged stands for its parts.
        let all = try segments.flatMap { try LogSegment(parsing: try place.objects.get($0, byteCountMax: 1 << 20), path: $0).records }
        try place.objects.put(LogPlace.SegmentName(epoch: 2, first: 1, last: 9).key, LogSegment(records: all).bytes)
        for key in segments { try place.objects.delete(key, .temporary) }
        XCTAssertEqual(try missing(place, head), "")
        // A later checkpoint needs none of them.
        try place.objects.delete(LogPlace.SegmentName(epoch: 2, first: 1, last: 9).key, .temporary)
        XCTAssertEqual(try missing(place, head), "records 3 to 8 are in no segment")
        let later = LogCheckpoint(epoch: 2, from: 8, to: 8, at: 90, manifest: checkpoint.manifest)
        try place.objects.put(later.key, later.bytes)
        XCTAssertEqual(try missing(place, head), "")
    }

    func test_keeper_wantsACheckpointForWhatIsMissing_onceAnHour_andSaysIt() throws {
        let options = LogOptions(url: "file://\(folder.path)/LOG", refused: { XCTFail($0) })
        let directory = try DataDirectory(path: "\(folder.path)/DATA")
        let keeper = try LogKeeper(options, directory: directory, store: "one", clock: Clock { 1_800_000_000_000_000 }, clockAheadMax: .max) { _ in LocalStorageFactory() }
        let file = LogPlace.base + "catalog.1.sqlite"
        func checkpoint(isWhole: Bool) throws {
            keeper.checkpoint { place, _, _ in
                if isWhole { try place.objects.put(file, [1]) }
                var manifest = BackupManifest(number: 1, store: "one", madeAt: 0, warehouse: "")
                manifest.files = [.init(path: "catalog.sqlite", name: "catalog.1.sqlite", byteCount: 1, sha256: SHA256.hash([1]))]
                return LogBackup(manifest: manifest, from: 0, to: 0, at: 1_800_000_000_000_000)
            }
            XCTAssertTrue(keeper.settle())
        }
        func texts() -> Int { keeper.texts.filter { $0.contains("lacks what a restore needs") && $0.contains(file) }.count }
        keeper.lookForMissing(at: 0)
        XCTAssertEqual(texts(), 0, "what the epoch owes is known")
        try checkpoint(isWhole: true)
        keeper.lookForMissing(at: 10)
        XCTAssertEqual(texts(), 0)
        XCTAssertFalse(keeper.isCheckpointDue)
        try keeper.place.objects.delete(file, .temporary)
        keeper.lookForMissing(at: 10 + LogKeeper.lookSeconds - 1)
        XCTAssertFalse(keeper.isCheckpointDue, "an hour has not gone by")
        keeper.lookForMissing(at: 10 + LogKeeper.lookSeconds)
        XCTAssertTrue(keeper.isCheckpointDue)
        XCTAssertEqual(texts(), 1)
        // One that mends nothing is not made again and again.
        try checkpoint(isWhole: false)
        keeper.lookForMissing(at: 20 + LogKeeper.lookSeconds)
        XCTAssertFalse(keeper.isCheckpointDue)
        XCTAssertEqual(texts(), 1)
        keeper.lookForMissing(at: 20 + 2 * LogKeeper.lookSeconds)
        XCTAssertTrue(keeper.isCheckpointDue)
        try checkpoint(isWhole: true)
        keeper.lookForMissing(at: 30 + 2 * LogKeeper.lookSeconds)
        XCTAssertFalse(keeper.isCheckpointDue)
        XCTAssertEqual(texts(), 0)
        keeper.stop()
    }
}
