@testable import ColumnStore
import Foundation
import Glibc
import TestSupport
import XCTest

/// A large file goes in steps, and only if nobody reads it.
final class FileRemovalTests: XCTestCase {
    /// Two and a half steps of a file, sparse.
    private static let byteCount = FileRemoval.stepByteCount * 5 / 2

    private func makeFile(in directory: TemporaryDirectory, _ name: String = "large") throws -> String {
        let path = directory.path + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        XCTAssertGreaterThanOrEqual(descriptor, 0)
        XCTAssertEqual(ftruncate(descriptor, off_t(Self.byteCount)), 0)
        XCTAssertEqual(pwrite(descriptor, "end", 3, off_t(Self.byteCount - 3)), 3)
        close(descriptor)
        return path
    }

    /// A descriptor that doesn't count as an open file.
    private func watch(_ path: String) -> Int32 { open(path, 0o10_000_000 | O_CLOEXEC) }

    private func size(_ descriptor: Int32) -> Int {
        var status = stat()
        XCTAssertEqual(fstat(descriptor, &status), 0)
        return Int(status.st_size)
    }

    func test_remove_large_nameGoesAtOnceAndSpaceSoon() throws {
        let directory = try TemporaryDirectory()
        let path = try makeFile(in: directory)
        let watcher = watch(path)
        defer { close(watcher) }
        XCTAssertEqual(FileRemoval.remove(path, .temporary), 0)
        XCTAssertEqual(access(path, F_OK), -1)
        Patience.until { size(watcher) == 0 }
        XCTAssertEqual(size(watcher), 0)
    }

    func test_remove_large_withoutAThread_goesAtOnce() throws {
        let directory = try TemporaryDirectory()
        let path = try makeFile(in: directory)
        XCTAssertEqual(WorkerThread.$areRefused.withValue(true) { FileRemoval.remove(path, .temporary) }, 0)
        XCTAssertEqual(access(path, F_OK), -1)
        // The next one has a thread again.
        let other = try makeFile(in: directory, "other")
        let watcher = watch(other)
        defer { close(watcher) }
        XCTAssertEqual(FileRemoval.remove(other, .temporary), 0)
        Patience.until { size(watcher) == 0 }
        XCTAssertEqual(size(watcher), 0)
    }

    func test_shorten_whileSomebodyReads_keepsTheBytes() throws {
        let directory = try TemporaryDirectory()
        let path = try makeFile(in: directory)
        let reader = open(path, O_RDONLY | O_CLOEXEC)
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(writer) }
        XCTAssertEqual(unlink(path), 0)
        FileRemoval.shorten(writer)
        var end = [UInt8](repeating: 0, count: 3)
        XCTAssertEqual(pread(reader, &end, 3, off_t(Self.byteCount - 3)), 3)
        XCTAssertEqual(end, Array("end".utf8))
        close(reader)
        FileRemoval.shorten(writer)
        XCTAssertEqual(size(writer), 0)
    }

    func test_remove_otherName_keepsTheBytes() throws {
        let directory = try TemporaryDirectory()
        let path = try makeFile(in: directory)
        let other = directory.path + "/other"
        XCTAssertEqual(link(path, other), 0)
        XCTAssertEqual(FileRemoval.remove(path, .temporary), 0)
        let watcher = watch(other)
        defer { close(watcher) }
        XCTAssertEqual(size(watcher), Self.byteCount)
    }

    /// Neither a thread nor a descriptor for each: removing many is no reason to run out of them.
    func test_remove_manyLarge_keepsThreadsAndDescriptorsFew() throws {
        let directory = try TemporaryDirectory()
        func count(_ folder: String) throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/" + folder).count }
        let (threads, descriptors) = (try count("task"), try count("fd"))
        let paths = try (0..<FileRemoval.waitingCountMax + 40).map { try makeFile(in: directory, "large\($0)") }
        for path in paths { XCTAssertEqual(FileRemoval.remove(path, .temporary), 0) }
        XCTAssertLessThanOrEqual(try count("task"), threads + 2)
        XCTAssertLessThanOrEqual(try count("fd"), descriptors + FileRemoval.waitingCountMax + 2)
        try Patience.until { try count("fd") <= descriptors + 1 }
        XCTAssertLessThanOrEqual(try count("fd"), descriptors + 1)
    }

    func test_remove_missing_givesTheCode() throws {
        XCTAssertEqual(FileRemoval.remove(try TemporaryDirectory().path + "/none", .temporary), ENOENT)
    }
}
