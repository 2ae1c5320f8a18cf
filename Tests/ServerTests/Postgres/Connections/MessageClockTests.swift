import XCTest

@testable import Server

/// Goal: a message has its time from its first byte on, and no other's. Method: a clock that the test sets, and a decoder that says which message it is at.
final class MessageClockTests: XCTestCase {
    func test_deadline_isOfTheMessage_howeverItsBytesCome() {
        let deadlines = PostgresConnection.Deadlines(startup: 1, message: 60, byteRate: 1_000)
        var clock = MessageClock()
        XCTAssertEqual(clock.deadline(of: 0, byteCount: 0, at: 10, deadlines), 70)
        XCTAssertEqual(clock.deadline(of: 0, byteCount: 2_000, at: 50, deadlines), 72, "it began at 10")
        XCTAssertEqual(clock.deadline(of: 1, byteCount: 0, at: 500, deadlines), 560)
    }

    /// What was wrong is behind as well: what comes minutes later has not begun with it.
    func test_decoder_countsMessagesThatWereWrong() throws {
        var decoder = FrontendDecoder()
        decoder.phase = .session
        // A Describe of neither a statement nor a portal, of which a part comes first.
        let wrong: [UInt8] = [UInt8(ascii: "D"), 0, 0, 0, 6, UInt8(ascii: "?"), 0]
        decoder.append(wrong.prefix(3))
        XCTAssertNil(try decoder.next())
        XCTAssertEqual(decoder.passedCount, 0)
        decoder.append(wrong.dropFirst(3))
        XCTAssertThrowsError(try decoder.next()) { XCTAssertNotEqual(($0 as? PostgresFault)?.severity, .fatal) }
        XCTAssertEqual(decoder.passedCount, 1)
        decoder.append([UInt8(ascii: "S"), 0, 0, 0, 4])
        XCTAssertEqual(try decoder.next(), .sync)
        XCTAssertEqual(decoder.passedCount, 2)
    }
}
