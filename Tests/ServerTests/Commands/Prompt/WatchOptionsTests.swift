import XCTest

@testable import Server

/// Goal: `\watch` takes psql's words. Method: tables of those that it takes, and of those that would leave somebody to wait for something else.
final class WatchOptionsTests: XCTestCase {
    func test_words_arePsqls() throws {
        let wanted: [(words: [String], seconds: Double, count: Int?, rowCountMin: Int?, text: String)] = [
            ([], 2, nil, nil, "2"), (["1"], 1, nil, nil, "1"), (["i=0.5", "c=3", "m=2"], 0.5, 3, 2, "0.5"), (["5", "count=2"], 5, 2, nil, "5"), (["min_rows=7", "interval=10"], 10, nil, 7, "10"),
        ]
        for (words, seconds, count, rowCountMin, text) in wanted {
            let options = try WatchOptions(words)
            XCTAssertEqual(options.seconds, seconds, "\(words)")
            XCTAssertEqual(options.count, count, "\(words)")
            XCTAssertEqual(options.rowCountMin, rowCountMin, "\(words)")
            XCTAssertEqual(options.secondsText, text, "\(words)")
        }
    }

    func test_words_thatSayNothing_areRefused() {
        for words in [["0"], ["-1"], ["nan"], ["inf"], ["86401"], ["x"], [""], ["c=0"], ["c=-1"], ["c=1.5"], ["c="], ["m=x"], ["x=1"], ["1", "2"], ["1", "i=2"], ["c=1", "count=2"]] {
            XCTAssertThrowsError(try WatchOptions(words), "\(words)") { XCTAssertTrue("\($0)".hasPrefix("\\watch "), "\($0)") }
        }
    }
}
