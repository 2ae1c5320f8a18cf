import ColumnStore
import Foundation
import Server
import TestSupport
import XCTest

/// Goal: a machine reads the log without guessing, and nobody waits for who reads it. Method: lines written to a file and to a pipe, read as JSON.
final class LogTests: XCTestCase {
    func test_jsonLine_numbersAndTruthValuesAreJSONs() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("till-log-\(getpid()).ndjson")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        let log = Log(format: .json, level: .info, descriptor: handle.fileDescriptor)
        log.warning("stopped with requests cut off", ["count": .number(3), "isLate": .flag(true), "reason": "415", "big": .number(.max)])
        XCTAssertTrue(log.flush())
        let text = try String(contentsOf: file, encoding: .utf8)
        XCTAssertTrue(text.hasSuffix(#""count":3,"isLate":true,"reason":"415","big":9223372036854775807}"# + "\n"), text)
    }

    /// Whoever shows the log on a terminal reads it, and nothing more.
    func test_textLine_hasNothingThatATerminalObeys() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("till-log-text-\(getpid())")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        defer { withExtendedLifetime(handle) {} }
        let log = Log(format: .text, level: .info, descriptor: handle.fileDescriptor)
        log.info("an event", ["reason": "a\u{1B}[2Jb\u{9B}31mc\u{7F}d\r\ne\u{80}f\u{9F}g\u{A0}h é"])
        XCTAssertTrue(log.flush())
        let text = try String(contentsOf: file, encoding: .utf8)
        XCTAssertTrue(text.hasSuffix("info an event reason=a [2Jb 31mc d  e f g\u{A0}h é\n"), text)
    }

    /// A disk that is full for a while: what it did not take is told once it takes something.
    func test_linesThatCouldNotBeWritten_areCounted() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("till-log-full-\(getpid())")
        defer { try? FileManager.default.removeItem(at: file) }
        let (full, room) = (open("/dev/full", O_WRONLY), open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600))
        let descriptor = dup(full)
        defer { for one in [full, room, descriptor] { close(one) } }
        let log = Log(format: .json, level: .info, descriptor: descriptor)
        for number in 0..<3 {
            log.info("lost", ["number": .number(number)])
            XCTAssertTrue(Patience.until { log.flush() })
        }
        XCTAssertEqual(dup2(room, descriptor), descriptor)
        for number in 0..<2 { log.info("written", ["number": .number(number)]) }
        XCTAssertTrue(Patience.until { log.flush() })
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
        XCTAssertEqual(lines.map { $0["event"]?.text }, ["lines of the log were dropped", "written", "written"])
        XCTAssertEqual(lines.first?["count"]?.integer, 3)
    }

    /// Nobody reads while lines are written, far more than wait; then all that is there is read.
    func test_linesOfAPipeThatNobodyReads_areDropped_andCounted_andKeepTheirOrder() throws {
        var ends: [Int32] = [-1, -1]
        XCTAssertEqual(pipe(&ends), 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer { close(readEnd) }
        let log = Log(format: .json, level: .info, descriptor: writeEnd)
        let lineCount = 6_000
        let isWritten = Monitor(false)
        WorkerThread(name: "writes", isDetached: true) {
            let padding = String(repeating: "x", count: 1_000)
            for number in 0..<lineCount { log.info("a line", ["number": .number(number), "padding": .text(padding)]) }
            isWritten.broadcast { $0 = true }
        }
        XCTAssertEqual(isWritten.wait(seconds: Patience.seconds) { $0 ? true : nil }, true, "a line was waited for")
        XCTAssertFalse(log.flush())

        let received = Monitor<[UInt8]>([])
        let reader = WorkerThread(name: "reads") {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(readEnd, &buffer, buffer.count)
                if count <= 0 { return }
                received.withLock { $0 += buffer[..<count] }
            }
        }
        XCTAssertTrue(Patience.until { log.flush() })
        log.info("the last")
        XCTAssertTrue(Patience.until { log.flush() })
        close(writeEnd)
        reader.join()

        let lines = try received.withLock { $0 }.split(separator: UInt8(ascii: "\n")).map { try JSONParser.parse(Array($0)) }
        var (next, droppedCount) = (0, 0)
        for line in lines.dropLast() {
            if let number = line["number"]?.integer {
                XCTAssertEqual(number, next)
                next = number + 1
            } else {
                XCTAssertEqual(line["event"]?.text, "lines of the log were dropped")
                XCTAssertEqual(line["level"]?.text, "warning")
                let count = try XCTUnwrap(line["count"]?.integer)
                (next, droppedCount) = (next + count, droppedCount + count)
            }
        }
        XCTAssertEqual(next, lineCount, "each line is there, or counted")
        XCTAssertGreaterThan(droppedCount, 0)
        XCTAssertEqual(lines.last?["event"]?.text, "the last")
    }

    func test_level_onlyAFaultOfTheServerIsAnError() {
        let expected: [(Int, Log.Level)] = [
            (201, .debug), (404, .info), (422, .info), (429, .info), (500, .error), (501, .info), (503, .warning), (504, .warning), (505, .info), (507, .warning),
        ]
        for (status, level) in expected { XCTAssertEqual(Log.level(status: status, isSlow: false), level, "\(status)") }
        XCTAssertEqual(Log.level(status: 200, isSlow: true), .info)
    }
}
