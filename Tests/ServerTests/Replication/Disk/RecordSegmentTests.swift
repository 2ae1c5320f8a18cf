import Foundation
import Glibc
import TestSupport
import XCTest

@testable import Server

/// Goal: what a disk does not give is distinguished from what is no record. Method: a piece of this process's memory as a file, of which a part is behind the end of the file that it is mapped from.
final class RecordSegmentTests: XCTestCase {
    func test_bytesThatCannotBeRead_areNoEndOfTheRecords() throws {
        let folder = try Project.temporaryFolder("till-segment")
        defer { try? FileManager.default.removeItem(at: folder) }
        let page = Int(getpagesize())
        // An entry of a hundred bytes begins eight before its end.
        let path = folder.appendingPathComponent("page").path
        try Data([UInt8](repeating: 0, count: page - 8) + [100, 0, 0, 0, 1, 2, 3, 4]).write(to: URL(fileURLWithPath: path))
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let memory = try XCTUnwrap(mmap(nil, 2 * page, PROT_READ, MAP_SHARED, file, 0))
        defer { munmap(memory, 2 * page) }
        let own = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        defer { close(own) }
        let place = Int64(Int(bitPattern: memory) + page - 8)
        XCTAssertThrowsError(try RecordBytes(own, "memory").entry(at: place, limit: place + 1_000)) { XCTAssertTrue($0 is RecordFile.Failure, "\($0)") }
        // Of a file that ends there it is the end.
        XCTAssertNil(try RecordBytes(file, path).entry(at: Int64(page - 8), limit: Int64(page + 1_000)))
    }

    /// Its sync would succeed, and be worth nothing.
    func test_sync_ofAFileWithoutAName_isRefused() throws {
        let folder = try Project.temporaryFolder("till-segment")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("records").path
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let bytes = RecordBytes(descriptor, path)
        try bytes.write([1, 2, 3], at: 0)
        try bytes.sync()
        XCTAssertEqual(unlink(path), 0)
        try bytes.write([4], at: 3)
        XCTAssertThrowsError(try bytes.sync()) { XCTAssertTrue("\($0)".contains(path), "\($0)") }
    }
}
