import ColumnStore
@testable import Ingest
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
        let kept: [[Int64]] = [[3, 10, 11], [4, 1, 2]]
        try LogRetention(place: place, now: LogKeeper.keptMicroseconds - 1).run()
        XCTAssertEqual(try names(place).count, 5, "nothing is a day old")
        let later = LogRetention(place: place, now: 2 * LogKeeper.keptMicroseconds)
        try later.run()
        XCTAssertEqual(try names(place), kept)
        XCTAssertEqual(try place.checkpoints().map(\.epoch), [3])

        // As a run leaves it that ended behind the checkpoints' removal.
        try put(place, epoch: 1, 1, 5)
        try put(place, epoch: 3, 9, 10)
        try later.run()
        XCTAssertEqual(try names(place), kept)
    }
}
