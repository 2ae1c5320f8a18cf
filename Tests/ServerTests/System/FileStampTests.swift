import Foundation
import TestSupport
import XCTest

@testable import Server

final class FileStampTests: XCTestCase {
    /// Who may read a file can change without a byte of it, and without its time.
    func test_stampOfAFileWhoseRightsChange_isAnother() throws {
        let folder = try Project.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("key.pem").path
        XCTAssertNil(FileStamp(path: path))
        XCTAssertTrue(FileManager.default.createFile(atPath: path, contents: Data("a".utf8)))
        let stamp = try XCTUnwrap(FileStamp(path: path))
        XCTAssertEqual(FileStamp(path: path), stamp)
        var mode = 0o600
        // A file system's clock has ticks of some milliseconds.
        let isAnother = try Patience.until {
            mode ^= 0o040
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            return FileStamp(path: path) != stamp
        }
        XCTAssertTrue(isAnother)
    }
}
