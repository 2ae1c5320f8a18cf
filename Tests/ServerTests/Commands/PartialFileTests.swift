import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Ingest
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

    private final class Syncs: FileObserver {
        let paths = Mutex<[String]>([])

        func opened(_ path: String) {}
        func willRead(_ path: String, offset: Int64, count: Int) -> FileRefusal? { nil }
        func willWrite(_ path: String, offset: Int64, _ bytes: UnsafeRawBufferPointer) -> FileRefusal? { nil }
        func willTruncate(_ path: String, byteCount: Int64) -> FileRefusal? { nil }
        func willSynchronize(_ path: String) -> FileRefusal? { nil }
        func deleted(_ path: String, isDurable: Bool) {}
        func synchronizedDirectory(_ path: String) { paths.withLock { $0.append(path) } }
    }

    func test_file_keepsItsPlaceThroughACrashOfTheMachine() throws {
        let folder = try TemporaryDirectory()
        let syncs = Syncs()
        SQLiteFileSystem.observe(syncs)
        defer { SQLiteFileSystem.observe(nil) }
        let file = try PartialFile(folder.path + "/answer")
        try file.write(Array("whole".utf8)[...])
        try file.finish(sha256: nil)
        XCTAssertTrue(syncs.paths.withLock { $0.contains(folder.path) })
    }

    /// Each answer to the same file took it from whoever reads it.
    func test_file_keepsWhoMayReadIt() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer"
        func mode() throws -> Int? { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
        for (before, wanted) in [(nil, 0o600), (0o644, 0o644), (0o640, 0o640)] as [(Int?, Int)] {
            if let before { try FileManager.default.setAttributes([.posixPermissions: before], ofItemAtPath: path) }
            let file = try PartialFile(path)
            try file.write(Array("whole".utf8)[...])
            try file.finish(sha256: nil)
            XCTAssertEqual(try mode(), wanted)
        }
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
    /// As other tools write to it. A link to what is not there makes the file, and one that leads to itself is reported.
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

    /// As `\o /dev/stdout` where standard output is a file, or /dev/fd/3: of two openings each would have a place of its own, and write over what the other wrote.
    func test_descriptorOfTheProcess_isTheSame_notOpenedAnew() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer", link = folder.path + "/link"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        XCTAssertGreaterThanOrEqual(descriptor, 0)
        defer { close(descriptor) }
        XCTAssertEqual(symlink("/dev/fd/\(descriptor)", link), 0)
        for place in ["/dev/fd/\(descriptor)", "/proc/self/fd/\(descriptor)", "/proc/\(getpid())/fd/\(descriptor)", link] {
            XCTAssertEqual(write(descriptor, "before ", 7), 7)
            let file = try PartialFile(place)
            XCTAssertTrue(file.isDirect)
            try file.write(Array("within ".utf8)[...])
            try file.finish(sha256: nil)
            XCTAssertEqual(write(descriptor, "behind\n", 7), 7)
        }
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), String(repeating: "before within behind\n", count: 4))
        XCTAssertEqual(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)), ["answer", "link"])
        // A socket cannot be opened at all.
        var ends: [Int32] = [-1, -1]
        XCTAssertEqual(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends), 0)
        defer { for end in ends { close(end) } }
        let file = try PartialFile("/dev/fd/\(ends[1])")
        try file.write(Array("one".utf8)[...])
        var buffer = [UInt8](repeating: 0, count: 16)
        XCTAssertEqual(read(ends[0], &buffer, buffer.count), 3)
        XCTAssertThrowsError(try PartialFile("/dev/fd/\(Int32.max)")) { XCTAssertTrue("\($0)".hasSuffix(": Bad file descriptor"), "\($0)") }
    }

    /// As `\o FILE`: it is there while the prompt goes on, and stays whatever ends that.
    func test_file_asItComes_hasWhatIsWritten() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/answer"
        try Data("what was before".utf8).write(to: URL(fileURLWithPath: path))
        do {
            let file = try PartialFile(path, asItComes: true)
            try file.write(Array("one ".utf8)[...])
            XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "one ")
            try file.write(Array("two".utf8)[...])
        }
        XCTAssertEqual(try String(contentsOfFile: path, encoding: .utf8), "one two")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: folder.path), ["answer"])
    }

    /// Opening it would wait for a reader that may never come.
    func test_pipeThatNobodyReads_isToldOf() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/pipe"
        XCTAssertEqual(mkfifo(path, 0o600), 0)
        XCTAssertThrowsError(try PartialFile(path)) { XCTAssertTrue("\($0)".hasSuffix("a pipe that nobody reads: start its reader first"), "\($0)") }
    }
}
