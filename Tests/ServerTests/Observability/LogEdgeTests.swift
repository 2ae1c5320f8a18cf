import XCTest

@testable import Server

/// Goal: a line of the log stands by itself, whatever of the one before went out. Method: writes that take as much as the test says.
final class LogEdgeTests: XCTestCase {
    /// - Parameter room: of each write, how many bytes it takes.
    private func text(_ lines: [String], room: [Int]) -> (text: String, lost: Int) {
        var edge = LogWriter.Edge()
        var (out, lost): ([UInt8], Int) = ([], 0)
        for (line, room) in zip(lines, room) {
            let bytes = edge.bytes(of: Array(line.utf8)).prefix(room)
            out += bytes
            if !edge.note(written: bytes.count, of: Array(line.utf8)) { lost += 1 }
        }
        return (String(decoding: out, as: UTF8.self), lost)
    }

    func test_lineBehindOneThatWasCut_beginsAnew() {
        let all: [(room: [Int], text: String, lost: Int)] = [
            ([9, 9, 9], "one\ntwo\nsix\n", 0), ([2, 9, 9], "on\ntwo\nsix\n", 1), ([0, 9, 9], "two\nsix\n", 1), ([2, 0, 9], "on\nsix\n", 2), ([2, 1, 9], "on\nsix\n", 2),
            ([2, 2, 9], "on\nt\nsix\n", 2), ([2, 4, 9], "on\ntwo\nsix\n", 2), ([9, 3, 9], "one\ntwo\nsix\n", 1),
        ]
        for one in all {
            let found = text(["one\n", "two\n", "six\n"], room: one.room)
            XCTAssertEqual(found.text, one.text, "\(one.room)")
            XCTAssertEqual(found.lost, one.lost, "\(one.room)")
        }
    }
}
