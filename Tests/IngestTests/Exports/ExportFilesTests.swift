import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a link leads to the file at every moment of its way to the place that the settings name, and nothing stays there that no export leads to. Method:
/// directories as places, and one that fails.
final class ExportFilesTests: XCTestCase {
    private let directory = TemporaryDirectory()
    private var folder: String { directory.path + "/exports" }
    private var place: String { directory.path + "/place" }

    private func files(store: String = "01STORE") throws -> ExportFiles {
        ExportFiles(folder: folder, store: store, place: try LocalStorageFactory.files(place))
    }

    /// An export that is done, with its file in the folder.
    private func export(_ name: String, _ text: String, in files: ExportFiles) throws -> Export {
        try Data(text.utf8).write(to: URL(fileURLWithPath: try files.path(name)))
        var export = Export(id: "e_1", owner: .administrator, name: "a", format: "csv", request: [], createdAt: 0, expiresIn: 1)
        (export.state, export.fileName, export.byteCount) = (.done, name, Int64(text.utf8.count))
        var hash = SHA256()
        hash.update(Array(text.utf8).span.bytes)
        export.sha256 = Hexadecimal.text(hash.finalize())
        return export
    }

    private func text(_ contents: ExportContents?) throws -> String? {
        switch contents {
        case nil: nil
        case .file(let path): "file " + (try String(contentsOfFile: path, encoding: .utf8))
        case .object(let object): "object " + String(decoding: try object.read(0..<object.byteCount), as: UTF8.self)
        }
    }

    private func names(_ path: String) -> [String] { ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).filter { $0.contains(".") }.sorted() }

    func test_files_areCarried_andRemovedFromBoth() throws {
        let files = try files()
        let export = try export("e_1-a.csv", "one,two", in: files)
        XCTAssertEqual(try text(try files.contents(export)), "file one,two")
        try files.carry([export]) {}
        XCTAssertEqual(names(folder), [])
        XCTAssertEqual(names(place), ["01STORE/e_1-a.csv"])
        XCTAssertEqual(try text(try files.contents(export)), "object one,two")
        // A start does not know what it has carried.
        XCTAssertEqual(try text(try self.files().contents(export)), "object one,two")
        files.remove("e_1-a.csv", "deleted")
        try files.carry([]) {}
        XCTAssertEqual(names(place), [])
        XCTAssertNil(try files.contents(export))
    }

    /// One that was replaced may not know it: what it lists as strays are the next leader's files.
    func test_nothingIsRemoved_byWhoMayNotLead() throws {
        let next = try files()
        let made = try export("e_1-n.csv", "next", in: next)
        try next.carryNow(made) {}
        XCTAssertEqual(names(folder), [])
        let leads = Mutex(false)
        let former = ExportFiles(folder: folder + "-former", store: "01STORE", place: try LocalStorageFactory.files(place)) { leads.withLock { $0 } }
        former.remove("e_1-n.csv", "deleted, and that never counted")
        try former.carry([]) {}
        XCTAssertEqual(names(place), ["01STORE/e_1-n.csv"])
        XCTAssertEqual(try text(try next.contents(made)), "object next")
        leads.withLock { $0 = true }
        try former.carry([]) {}
        XCTAssertEqual(names(place), [])
    }

    /// After a takeover: what was on the other machine only.
    func test_filesThatAreNowhere_areToldOnce() throws {
        let files = try files()
        let (here, there) = (try export("e_1-a.csv", "here", in: files), try export("e_2-b.csv", "there", in: files))
        try files.carryNow(there) {}
        var lost = there
        lost.fileName = "e_3-c.csv"
        XCTAssertEqual(try files.lost([here, there, lost]).map(\.fileName), ["e_3-c.csv"])
        XCTAssertEqual(try files.lost([lost]).count, 0)
        let alone = ExportFiles(folder: folder, store: "01STORE", place: nil)
        XCTAssertEqual(try alone.lost([here, lost]).map(\.fileName), ["e_3-c.csv"])
    }

    func test_strays_ofThisStoreAlone_go() throws {
        let other = try files(store: "01OTHER")
        try other.carry([try export("e_2-b.csv", "other", in: other)]) {}
        let before = try files()
        let kept = try export("e_3-c.csv", "kept", in: before)
        try before.carry([kept, try export("e_4-d.csv", "stray", in: before)]) {}
        _ = try export("e_5-e.csv", "half", in: before)
        let files = try files()
        try files.sweep(named: ["e_3-c.csv"])
        try files.carry([kept]) {}
        XCTAssertEqual(names(place), ["01OTHER/e_2-b.csv", "01STORE/e_3-c.csv"])
        XCTAssertEqual(names(folder), [])
    }

    /// Others are made meanwhile; in a pair one's file is at the place before its row says that it is done.
    func test_filesOfExportsThatAreBeingMade_stay() throws {
        let before = try files()
        let settled = try export("e_1-a.csv", "settled", in: before)
        try before.carryNow(settled) {}
        for name in ["e_2-b.csv", "e_20-c.csv", "e_2.csv"] { _ = try export(name, "half", in: before) }
        let files = try files()
        try files.sweep(named: [], making: ["e_1", "e_2"])
        XCTAssertEqual(names(folder), ["e_2-b.csv"])
        try files.carry([], making: ["e_1", "e_2"]) {}
        XCTAssertEqual(names(place), ["01STORE/e_1-a.csv"])
        XCTAssertEqual(try text(try files.contents(settled)), "object settled")
        let later = try self.files()
        try later.sweep(named: [])
        try later.carry([]) {}
        XCTAssertEqual(names(folder) + names(place), [])
    }

    /// A backup that is served elsewhere with the same settings has the store's id, and not its later exports.
    func test_filesThatALinkMayLeadTo_stay_whoeverDoesNotKnowThem() throws {
        let store = try files()
        let export = try export("e_1-a.csv", "one,two", in: store)
        try store.carry([export]) {}
        let at = Int64(Date().timeIntervalSince1970 * 1_000)
        let copy = ExportFiles(folder: folder + "-copy", store: "01STORE", place: try LocalStorageFactory.files(place), restoredAt: at - 3_600_000)
        try copy.carry([]) {}
        XCTAssertEqual(try text(try store.contents(export)), "object one,two")
        // What had come before that instant it knows, or has removed.
        let later = ExportFiles(folder: folder + "-later", store: "01STORE", place: try LocalStorageFactory.files(place), restoredAt: at + 3_600_000)
        try later.carry([]) {}
        XCTAssertEqual(names(place), [])
    }

    func test_aCopyThatIsThere_isBelieved_ifItIsTheFile() throws {
        let files = try files()
        let export = try export("e_1-a.csv", "one,two", in: files)
        try files.carry([export]) {}
        // As a run that was killed before it removed the file.
        try Data("one,two".utf8).write(to: URL(fileURLWithPath: folder + "/e_1-a.csv"))
        try files.carry([export]) {}
        XCTAssertEqual(names(folder), [])
        try Data("one,two".utf8).write(to: URL(fileURLWithPath: folder + "/e_1-a.csv"))
        try Data("two,one".utf8).write(to: URL(fileURLWithPath: place + "/01STORE/e_1-a.csv"))
        XCTAssertThrowsError(try files.carry([export]) {})
        XCTAssertEqual(try text(try files.contents(export)), "file one,two", "a copy of something else takes no file away")
    }

    /// An export whose file could not be carried before its end fails: what has come to the place by then is nobody's.
    func test_whatIsThereOfAnExportThatFailed_goes() throws {
        let files = try files()
        // Listed by now: no other look finds strays.
        try files.carry([]) {}
        let export = try export("e_1-a.csv", "one,two", in: files)
        try FileManager.default.createDirectory(atPath: place + "/01STORE", withIntermediateDirectories: true)
        try Data("one,t".utf8).write(to: URL(fileURLWithPath: place + "/01STORE/e_1-a.csv"))
        XCTAssertThrowsError(try files.carryNow(export) {})
        try files.carry([]) {}
        XCTAssertEqual(names(place), [])
        XCTAssertEqual(names(folder), [])
    }

    func test_whatIsEndedOnItsWay_staysHere() throws {
        struct Stop: Error {}
        let files = try files()
        let export = try export("e_1-a.csv", "one,two", in: files)
        XCTAssertThrowsError(try files.carry([export]) { throw Stop() })
        XCTAssertEqual(try text(try files.contents(export)), "file one,two")
        XCTAssertEqual(names(place), [])
    }

    func test_withoutAPlace_filesStay() throws {
        let files = ExportFiles(folder: folder, store: "01STORE", place: nil)
        let export = try export("e_1-a.csv", "one,two", in: files)
        try files.carry([export]) { XCTFail("nothing is copied") }
        XCTAssertEqual(try text(try files.contents(export)), "file one,two")
        files.remove("e_1-a.csv", "deleted")
        XCTAssertNil(try files.contents(export))
    }
}
