import Foundation
import Server
import TestSupport
import XCTest

/// Goal: a key that cannot be read is told apart from none. Method: a file of the system's that nobody may read in its place.
final class AdminKeyTests: XCTestCase {
    func test_keyThatTheSystemRefuses_isNamedWithItsOwner() throws {
        let folder = try TemporaryDirectory()
        XCTAssertNil(try AdminKey.read(in: folder.path))
        let path = AdminKey.path(in: folder.path)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/proc/sys/vm/drop_caches")
        XCTAssertThrowsError(try AdminKey.obtain(in: folder.path, given: nil)) { error in
            XCTAssertTrue("\(error)".hasPrefix(path) && "\(error)".contains("cannot be opened by uid \(geteuid())"), "\(error)")
        }
    }
}
