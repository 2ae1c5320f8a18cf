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
    /// As other tools write to it. A link to what is not there makes the file, and one that leads to itself is told.
    func test_link_stays_andWhatItNamesIsWritten() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer", link = folder.path + "/link", next = folder.path + "/next", round = folder.path + "/round"
        XCTAssertEqual(symlink("answer", link), 0)
        XCTAssertEqual(symlink(link, next), 0)
        XCTAssertEqual(symlink("round", round), 0)
        for text in ["first", "second"] {
            let file = try PartialFile(next)
            try file.write(Array(text.utf8)[...])
            try file.finish(sha256: nil)
            XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), text)
            var status = stat()
            XCTAssertEqual(lstat(path, &status), 0)
            XCTAssertEqual(status.st_mode & S_IFMT, S_IFREG)
        }
        for place in [link, next] {
            var status = stat()
            XCTAssertEqual(lstat(place, &status), 0)
            XCTAssertEqual(status.st_mode & S_IFMT, S_IFLNK, place)
        }
        XCTAssertThrowsError(try PartialFile(round)) { XCTAssertTrue("\($0)".contains("symbolic links"), "\($0)") }
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)), ["answer", "link", "next", "round"])
    }

    /// What stands in it stays: the descriptor is another's, too, as standard output is.
    func test_descriptorOfTheProcess_isWrittenTo() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer", link = folder.path + "/link"
        try Data("before ".utf8).write(to: URL(fileURLWithPath: path))
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        XCTAssertGreaterThanOrEqual(descriptor, 0)
        defer { close(descriptor) }
        XCTAssertEqual(symlink("/proc/self/fd/\(descriptor)", link), 0)
        let file = try PartialFile(link)
        try file.write(Array("behind".utf8)[...])
        try file.finish(sha256: nil)
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "before behind")
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)), ["answer", "link"])
    }

    /// Opening it would wait for a reader that may never come.
    func test_pipeThatNobodyReads_isToldOf() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/pipe"
        XCTAssertEqual(mkfifo(path, 0o600), 0)
        XCTAssertThrowsError(try PartialFile(path)) { XCTAssertTrue("\($0)".hasSuffix("a pipe that nobody reads: start its reader first"), "\($0)") }
    }
}
