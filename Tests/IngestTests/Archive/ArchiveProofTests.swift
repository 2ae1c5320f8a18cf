import Cluster
import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: an archive that is whole is found to be, and of one that is not the object is named. Method: the records of a real engine in an archive with a checkpoint, each of whose objects is damaged
/// and taken away.
final class ArchiveProofTests: XCTestCase {
    private let folder = TemporaryDirectory()

    /// Some segments, and a checkpoint in the midst of them.
    private func archive() throws -> (place: ArchivePlace, checkpoint: ArchiveCheckpoint) {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(folder.path + "/lead") { $0.replica = recorder }
        for number in 0..<8 {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: number * 400)))
            let kept = Monitor(false)
            fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
            XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        }
        let store = try XCTUnwrap(StoreIdentity(fixture.engine.catalog.storeID))
        try fixture.engine.close()
        let machine = ArchivedMachine(ArchiveRecords.chain(recorder.bodies), store: store, folder: folder.path + "/a")
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 2_000)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        try machine.fold(through: machine.records.count / 2)
        var made: ArchiveCheckpoint?
        _ = try machine.checkpoint(unless: { false }) { folder, files, mark in
            made = try ArchiveCheckpoints(place, of: machine, clock: .system).put(folder, files, mark, line: 1, at: Clock.system.now(), store)
        }
        return (place, try XCTUnwrap(made))
    }

    private func faults(_ place: ArchivePlace) throws -> [String] { try ArchiveProof(place).run().report.findings.map(\.description) }

    func test_archive_thatIsWhole_hasNoFault_andIsTold() throws {
        let (place, checkpoint) = try archive()
        try place.objects.put("lines/12", [1])
        let proven = try ArchiveProof(place).run()
        XCTAssertEqual(proven.report.findings.map(\.description), [])
        XCTAssertEqual(proven.report.strangers, [place.name("lines/12")])
        XCTAssertGreaterThan(proven.report.fileCount, checkpoint.storeFiles.count + 2)
        let segments = try place.segments(of: 1).count
        XCTAssertEqual(proven.texts.count, 2)
        XCTAssertTrue(proven.texts[0].contains(try XCTUnwrap(place.store()).text), proven.texts[0])
        XCTAssertTrue(proven.texts[1].hasPrefix("line 1: records 1 to ") && proven.texts[1].contains("in \(segments) segments, checkpoints of the records \(checkpoint.mark.sequence)"), proven.texts[1])
    }

    func test_eachObject_damagedOrGone_isNamed() throws {
        let (place, checkpoint) = try archive()
        var keys: [String] = []
        try place.objects.list(prefix: "") { keys.append($0.key) }
        let segments = try place.segments(of: 1).map { ArchivePlace.segmentKey(1, $0) }
        XCTAssertGreaterThan(segments.count, 4)
        // A checkpoint stands for the first, and of the last nobody knows that it was there; nor of a checkpoint.
        let unmissed = [segments[0], segments[segments.count - 1], checkpoint.key]
        for key in keys.sorted() {
            let whole = try place.objects.get(key, byteCountMax: 1 << 24)
            var changed = whole
            changed[changed.count / 2] ^= 1
            for damaged in [changed, Array(whole.dropLast()), []] {
                try place.objects.put(key, damaged)
                XCTAssertTrue(try faults(place).contains { $0.contains(key) }, "\(key), \(damaged.count) of \(whole.count) bytes")
            }
            try place.objects.delete(key, .temporary)
            if !unmissed.contains(key) { XCTAssertNotEqual(try faults(place), [], key) }
            try place.objects.put(key, whole)
        }
        XCTAssertEqual(try faults(place), [])
    }

    /// Each of them is as it was written: together they are no archive.
    func test_objectsThatDoNotBelongTogether_areNamed() throws {
        let (place, checkpoint) = try archive()
        let whole = checkpoint.bytes
        let other = Mark(sequence: checkpoint.mark.sequence, epoch: checkpoint.mark.epoch, hash: .init(high: 1, low: 2))
        try place.objects.put(checkpoint.key, ArchiveCheckpoint(line: 1, mark: other, at: checkpoint.at, manifest: checkpoint.manifest).bytes)
        XCTAssertTrue(try faults(place).contains { $0.contains("is of another record \(other.sequence) than") })
        let beyond = Mark(sequence: 1 << 40, epoch: 1, hash: .init(high: 1, low: 2))
        let late = ArchiveCheckpoint(line: 1, mark: beyond, at: checkpoint.at, manifest: checkpoint.manifest)
        try place.objects.put(checkpoint.key, whole)
        try place.objects.put(late.key, late.bytes)
        XCTAssertTrue(try faults(place).contains { $0.contains("is of a record that the line does not reach") })
        try place.objects.delete(late.key, .temporary)
        // A segment of another history of the same numbers.
        let first = try XCTUnwrap(try place.segments(of: 1).dropFirst(2).first)
        let segment = try place.segment(1, first)
        let former = ArchiveRecords.chain(ArchiveRecords.commits(1, from: 1), epoch: 7)[0].mark
        let previous = Mark(sequence: segment.previous.sequence, epoch: 7, hash: former.hash)
        let records = ArchiveRecords.chain(Array(repeating: [], count: segment.records.count), after: previous, epoch: 7)
        try place.objects.put(ArchivePlace.segmentKey(1, first), try ArchiveSegment(after: previous, before: segment.before, through: segment.through, isWhole: true, records: records).bytes())
        XCTAssertTrue(try faults(place).contains { $0.contains(ArchivePlace.segmentKey(1, first)) && $0.contains("does not follow from the segment before it") })
    }

    func test_placeWithoutAnswers_isAnError_andNoFault() throws {
        let (place, objects) = try UnsurePlace.archive(folder.path + "/AWAY")
        try place.claim(try XCTUnwrap(ArchivedMachine.identity))
        objects.fault = .refuses
        XCTAssertThrowsError(try ArchiveProof(place).run()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unavailable) }
    }
}
