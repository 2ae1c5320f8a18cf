@testable import ColumnStore
import Glibc
import TestSupport
import XCTest

/// What a name leads to, by the system's own numbers.
final class FileIdentityTests: XCTestCase {
    private func makeFile(_ path: String) -> Int32 { open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }

    func test_path_leadsToTheSameFileUnderEachOfItsNames() throws {
        let directory = try TemporaryDirectory()
        let (first, second, other) = (directory.path + "/first", directory.path + "/second", directory.path + "/other")
        for path in [first, other] { close(makeFile(path)) }
        XCTAssertEqual(link(first, second), 0)
        let identity = try XCTUnwrap(FileIdentity(path: first))
        XCTAssertEqual(FileIdentity(path: second), identity)
        XCTAssertNotEqual(FileIdentity(path: other), identity)
        XCTAssertEqual(rename(other, first), 0)
        XCTAssertNotEqual(FileIdentity(path: first), identity, "another file has the name by now")
        XCTAssertEqual(FileIdentity(path: second), identity)
    }

    func test_path_thatLeadsNowhereSaysWhy() throws {
        let directory = try TemporaryDirectory()
        close(makeFile(directory.path + "/file"))
        XCTAssertNil(FileIdentity(path: directory.path + "/missing"))
        XCTAssertEqual(errno, ENOENT)
        XCTAssertNil(FileIdentity(path: directory.path + "/file/below"))
        XCTAssertEqual(errno, ENOTDIR)
    }

    /// As `stat` has them, which asks for more.
    func test_nameCount_isThatOfTheOpenFile() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        let descriptor = makeFile(path)
        defer { close(descriptor) }
        XCTAssertEqual(FileIdentity.nameCount(of: descriptor), 1)
        XCTAssertEqual(link(path, path + "2"), 0)
        XCTAssertEqual(FileIdentity.nameCount(of: descriptor), 2)
        XCTAssertEqual(unlink(path), 0)
        XCTAssertEqual(unlink(path + "2"), 0)
        XCTAssertEqual(FileIdentity.nameCount(of: descriptor), 0)
        XCTAssertNil(FileIdentity.nameCount(of: -1))
        XCTAssertEqual(errno, EBADF)
    }
}
