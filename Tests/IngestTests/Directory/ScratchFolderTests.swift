import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// Goal: what is made aside is gone with its owner, to the last empty directory: where a server's TMPDIR lies nobody else sweeps. Method: all kinds of things in one.
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
        XCTAssertTrue(root.split(separator: "/").last?.hasPrefix("till-test-") ?? false, root)
        scratch = nil
        XCTAssertFalse(files.fileExists(atPath: root))
    }
}
