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
        XCTAssertTrue(root.split(separator: "/").last?.hasPrefix("till-aside-test-") ?? false, root)
        scratch = nil
        XCTAssertFalse(files.fileExists(atPath: root))
    }

    /// Of a process that was killed: an hour later the next one takes it away, and nothing that is in use, or may come to be.
    func test_folderOfAnEndedProcess_goesWithTheNextOne_andNoOther() throws {
        let files = FileManager.default
        let used = try ScratchFolder("test")
        let parent = URL(fileURLWithPath: used.files.root).deletingLastPathComponent()
        func made(_ word: String, isOld: Bool) throws -> String {
            let path = parent.appendingPathComponent("till-aside-test-\(word)-\(UUID().uuidString.prefix(8))").path
            try files.createDirectory(atPath: path + "/hot", withIntermediateDirectories: true)
            XCTAssertTrue(files.createFile(atPath: path + "/hot/1.sqlite", contents: Data([1])))
            if isOld { try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: path) }
            return path
        }
        let (left, young) = (try made("left", isOld: true), try made("young", isOld: false))
        defer { for path in [left, young] where files.fileExists(atPath: path) { XCTAssertNoThrow(try files.removeItem(atPath: path)) } }
        try files.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -7_200)], ofItemAtPath: used.files.root)
        let next = try ScratchFolder("test")
        XCTAssertFalse(files.fileExists(atPath: left))
        for path in [young, used.files.root, next.files.root] { XCTAssertTrue(files.fileExists(atPath: path), path) }
        withExtendedLifetime((used, next)) {}
    }
}
