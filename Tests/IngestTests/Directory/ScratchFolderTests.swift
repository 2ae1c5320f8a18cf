import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// Goal: what is made aside is gone with its owner, to the last empty directory, or with the next one where its process was killed. Method: all kinds of things in one, and directories that nobody has.
final class ScratchFolderTests: XCTestCase {
    func test_folder_isGoneWithItsOwner_andAllThatIsInIt() throws {
        var scratch: ScratchFolder? = try ScratchFolder("test")
        let root = try XCTUnwrap(scratch).files.root
        let files = FileManager.default
        for folder in ["hot", "uploads", "a/b/c"] { try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true) }
        for name in ["catalog.sqlite", ".hidden", "hot/1.sqlite", "hot/1.sqlite-wal", "a/b/x"] {
            XCTAssertTrue(files.createFile(atPath: "\(root)/\(name)", contents: Data([1])), name)
        }
        try files.createSymbolicLink(atPath: "\(root)/link", withDestinationPath: "/nowhere")
        let folder = URL(fileURLWithPath: root).deletingLastPathComponent()
        XCTAssertTrue(folder.lastPathComponent.hasPrefix("till-aside-test-"), root)
        scratch = nil
        XCTAssertFalse(files.fileExists(atPath: folder.path))
    }

    /// A program whose reader has gone (`| head`) ends at once, with its objects as they are.
    func test_removeAll_takesFoldersWhoseOwnersStay() throws {
        let scratch = [try ScratchFolder("test"), try ScratchFolder("test")]
        let folders = scratch.map { URL(fileURLWithPath: $0.files.root).deletingLastPathComponent().path }
        for one in scratch { XCTAssertTrue(FileManager.default.createFile(atPath: "\(one.files.root)/versions.sqlite", contents: Data([1]))) }
        ScratchFolder.removeAll()
        for folder in folders { XCTAssertFalse(FileManager.default.fileExists(atPath: folder), folder) }
        withExtendedLifetime(scratch) {}
    }

    /// A folder as a process that was killed leaves it.
    private func left(_ word: String, in parent: URL, mark: String? = nil, isOld: Bool = true, mode: Int = 0o700) throws -> String {
        let files = FileManager.default
        let folder = parent.appendingPathComponent("till-aside-test-\(word)-\(UUID().uuidString.prefix(8))")
        try files.createDirectory(atPath: folder.path + "/files/hot", withIntermediateDirectories: true)
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
        XCTAssertTrue(files.createFile(atPath: folder.path + "/files/hot/1.sqlite", contents: Data([1])))
        XCTAssertTrue(files.createFile(atPath: folder.path + "/mark", contents: Data((mark ?? folder.lastPathComponent).utf8)))
        if isOld { try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: folder.path + "/mark") }
        addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
        return folder.path
    }

    /// Of a process that was killed: an hour later the next one takes it away, and nothing that is in use.
    func test_folderOfAnEndedProcess_goesWithTheNextOne_andNoOther() throws {
        let files = FileManager.default
        let used = try ScratchFolder("test")
        let own = URL(fileURLWithPath: used.files.root).deletingLastPathComponent()
        let parent = own.deletingLastPathComponent()
        XCTAssertEqual(try String(contentsOf: own.appendingPathComponent("mark"), encoding: .utf8), own.lastPathComponent)
        let (old, young) = (try left("old", in: parent), try left("young", in: parent, isOld: false))
        try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: own.appendingPathComponent("mark").path)
        let next = try ScratchFolder("test")
        XCTAssertFalse(files.fileExists(atPath: old))
        for path in [young + "/files/hot/1.sqlite", used.files.root, next.files.root] { XCTAssertTrue(files.fileExists(atPath: path), path) }
        withExtendedLifetime((used, next)) {}
    }

    /// Of such a name, and none that was left: a store that somebody has put aside, a folder under another name than it was made with, one with other things in it, one that others may write to, and
    /// what a link leads to.
    func test_whatHasSuchANameAlone_staysAsItIs() throws {
        let files = FileManager.default
        let used = try ScratchFolder("test")
        let parent = URL(fileURLWithPath: used.files.root).deletingLastPathComponent().deletingLastPathComponent()
        let (store, renamed, more, open, aim) = (
            try left("store", in: parent), try left("renamed", in: parent, mark: "till-aside-test-former"), try left("more", in: parent), try left("open", in: parent, mode: 0o777),
            try left("aim", in: parent, mark: "till-aside-test-aim")
        )
        try files.removeItem(atPath: store + "/mark")
        XCTAssertTrue(files.createFile(atPath: more + "/FORMAT", contents: Data([1])))
        let link = parent.appendingPathComponent("till-aside-test-link-\(UUID().uuidString.prefix(8))")
        XCTAssertTrue(files.createFile(atPath: aim + "/mark", contents: Data(link.lastPathComponent.utf8)))
        try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: aim + "/mark")
        try files.createSymbolicLink(at: link, withDestinationURL: URL(fileURLWithPath: aim))
        defer { XCTAssertNoThrow(try files.removeItem(at: link)) }
        // Links within one that was left go, and not what they lead to.
        let old = try left("old", in: parent)
        try files.createSymbolicLink(atPath: old + "/files/link", withDestinationPath: aim + "/files")
        let next = try ScratchFolder("test")
        XCTAssertFalse(files.fileExists(atPath: old))
        for path in [store, renamed, more, open, aim] { XCTAssertTrue(files.fileExists(atPath: path + "/files/hot/1.sqlite"), path) }
        withExtendedLifetime((used, next)) {}
    }
}
