import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: an answer goes to the file of its name, whole or not at all, and what is no file stays what it is. Method: a file that was there before, and a pipe with a name.
final class PartialFileTests: XCTestCase {
    func test_file_hasItsPlaceOnceItIsWhole() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer"
        try Data("before".utf8).write(to: URL(fileURLWithPath: path))
        do {
            let left = try PartialFile(path)
            try left.write(Array("half".utf8)[...])
        }
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["answer"])
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "before")
        let file = try PartialFile(path)
        try file.write(Array("whole".utf8)[...])
        try file.finish(sha256: nil)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "whole")
    }

    /// As `\o /dev/null` of root, which made a file of the device.
    func test_whatIsNoFile_isWrittenToAsItIs() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/pipe"
        XCTAssertEqual(mkfifo(path, 0o600), 0)
        // For both ends, so that nobody waits for the other.
        let pipe = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        XCTAssertGreaterThanOrEqual(pipe, 0)
        defer { close(pipe) }
        let file = try PartialFile(path)
        try file.write(Array("one".utf8)[...])
        try file.finish(sha256: nil)
        var buffer = [UInt8](repeating: 0, count: 16)
        XCTAssertEqual(read(pipe, &buffer, buffer.count), 3)
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["pipe"])
        var status = stat()
        XCTAssertEqual(lstat(path, &status), 0)
        XCTAssertEqual(status.st_mode & S_IFMT, S_IFIFO)
        XCTAssertThrowsError(try PartialFile(folder.path)) { XCTAssertTrue("\($0)".hasSuffix(": Is a directory"), "\($0)") }
    }
}
