import Foundation
import Server
import XCTest

/// Goal: a machine reads the log without guessing. Method: lines written to a file, read as JSON.
final class LogTests: XCTestCase {
    func test_jsonLine_numbersAndTruthValuesAreJSONs() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("till-log-\(getpid()).ndjson")
        XCTAssertTrue(FileManager.default.createFile(atPath: file.path, contents: nil))
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        let log = Log(format: .json, level: .info, descriptor: handle.fileDescriptor)
        log.warning("stopped with requests cut off", ["count": .number(3), "isLate": .flag(true), "reason": "415", "big": .number(.max)])
        let text = try String(contentsOf: file, encoding: .utf8)
        XCTAssertTrue(text.hasSuffix(#""count":3,"isLate":true,"reason":"415","big":9223372036854775807}"# + "\n"), text)
    }

    func test_level_onlyAFaultOfTheServerIsAnError() {
        let expected: [(Int, Log.Level)] = [
            (201, .debug), (404, .info), (422, .info), (429, .info), (500, .error), (501, .info), (503, .warning), (504, .warning), (505, .info), (507, .warning),
        ]
        for (status, level) in expected { XCTAssertEqual(Log.level(status: status, isSlow: false), level, "\(status)") }
        XCTAssertEqual(Log.level(status: 200, isSlow: true), .info)
    }
}
