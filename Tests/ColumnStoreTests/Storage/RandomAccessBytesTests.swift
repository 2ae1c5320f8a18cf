import Foundation
import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: what is read at places in any order is a file. Method: a pipe that nobody writes into, which opening would wait for, and a folder.
final class RandomAccessBytesTests: XCTestCase {
    /// As `till sql --table x=PIPE`, which hung.
    func test_whatIsNoFile_isRefused_andNotWaitedFor() throws {
        let folder = try TemporaryDirectory()
        let pipe = folder.path + "/pipe"
        XCTAssertEqual(mkfifo(pipe, 0o600), 0)
        for (path, words) in [(pipe, "not a regular file: it is read at places in any order"), (folder.path, "a directory, not a file")] {
            XCTAssertThrowsError(try LocalFileBytes(path: path)) { error in
                XCTAssertEqual((error as? ColumnStoreError)?.code, .invalidRequest)
                XCTAssertEqual((error as? ColumnStoreError)?.detail.hasPrefix(words), true, "\(error)")
            }
        }
        XCTAssertThrowsError(try LocalFileBytes(path: folder.path + "/none")) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .notFound) }
    }
}
