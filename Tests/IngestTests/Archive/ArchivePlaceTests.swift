import Cluster
import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what lies at the URL of a log is recognised, and what is missing there is named with what to do. Method: a directory that has one thing more each time.
final class ArchivePlaceTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func message(_ place: ArchivePlace) -> String {
        do { return "it is \(try place.kind())" } catch { return "\(error)" }
    }

    func test_placeWithNeither_saysSo_andWhatToDo() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/NONE")
        let words = message(place)
        XCTAssertTrue(words.contains("neither the log of a single server (head) nor the archive of a pair (archive/store)") && words.contains("log.url"), words)
        XCTAssertThrowsError(try place.kind()) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
    }

    /// A store has a folder `log`, too: it was taken for a log whose head is gone, which the server was to put back.
    func test_placeOfSomethingElse_saysWhatItIs_andWhatToDo() throws {
        for (object, besides, words) in [
            ("FORMAT", "log/spool-1", "the directory of a store (it has FORMAT)"), ("catalog.sqlite", "log/spool-1", "till verify --data proves it"),
            (BackupManifest.key, "checkpoints/one", "till verify --backup proves it"), (ArchivePlace.storeKey, "lines/1", "name the one above, without archive at its end"),
        ] {
            let (place, _) = try UnsurePlace.archive("\(folder.path)/\(object)")
            let files = try LocalStorageFactory.files("\(folder.path)/\(object)")
            for key in [object, besides] { try files.put(key, [1]) }
            XCTAssertTrue(message(place).contains(words), message(place))
            XCTAssertFalse(message(place).contains("start that server"), message(place))
        }
    }

    /// It said that a list failed, and not of what.
    func test_placeThatCannotBeRead_isNamed() throws {
        try LocalStorageFactory.files(folder.path).put("FILE", [1])
        let (place, _) = try UnsurePlace.archive(folder.path + "/FILE")
        let words = message(place)
        XCTAssertTrue(words.hasPrefix("io: ") && words.contains("Not a directory") && words.hasSuffix("[\(place.url)]"), words)
    }

    func test_names_areThoseOfTheArchive_andNoOthers() {
        for key in [ArchivePlace.storeKey, ArchivePlace.lineKey(7), ArchivePlace.segmentKey(7, 1), ArchiveCheckpoint.key(7, 1), ArchivePlace.untilKey(7)] { XCTAssertTrue(ArchivePlace.isName(key), key) }
        for key in ["until", "7/until", "\(ArchivePlace.untilKey(7))/1", "\(ArchivePlace.folder(of: 7))untold"] { XCTAssertFalse(ArchivePlace.isName(key), key) }
    }

    func test_whatIsLeftOfOne_isNamed_andEachIsTold() throws {
        let (place, _) = try UnsurePlace.archive(folder.path + "/PAIR")
        try place.objects.put(ArchivePlace.lineKey(1), [1])
        XCTAssertTrue(message(place).contains("is not there, and lines of a pair's archive are") && message(place).contains("/archive/store]"), message(place))
        try place.claim(try XCTUnwrap(ArchivedMachine.identity))
        XCTAssertEqual(message(place), "it is archive")

        let (lone, _) = try UnsurePlace.archive(folder.path + "/LONE")
        let files = try LocalStorageFactory.files(folder.path + "/LONE")
        try files.put("checkpoints/one", [1])
        XCTAssertTrue(message(lone).contains("is not there, and checkpoints/ of a single server's log is") && message(lone).contains("/head]"), message(lone))
        try files.put(LogHead.key, LogHead(store: "one", epoch: 1).bytes)
        XCTAssertEqual(message(lone), "it is log")
        try LocalStorageFactory.files(folder.path + "/PAIR").put(LogHead.key, [1])
        XCTAssertTrue(message(place).contains("put aside the one that is not wanted"), message(place))
    }
}
