import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: files of sums become few, each row is written a few times, and days stay together. Method: days that come one after another, against the bounds.
final class SumsPickerTests: XCTestCase {
    func test_next_daysThatComeOneByOne_fewFiles_fewRewrites_daysTogether() {
        for rows in [10, 5_000, 130_000] as [Int64] {
            var parts: [SumsPicker.Part] = []
            var written: Int64 = 0
            var first: [String: Int32] = [:]
            for day in 0..<1_200 as Range<Int32> {
                parts.append(.init(key: "d\(day)", rowCount: rows, lastDay: day))
                first["d\(day)"] = day
                while true {
                    let chosen = SumsPicker.next(parts)
                    if chosen.isEmpty { break }
                    XCTAssertGreaterThanOrEqual(chosen.count, SumsPicker.countMin)
                    let joined = parts.filter { chosen.contains($0.key) }.sorted { $0.lastDay < $1.lastDay }
                    let (from, to) = (joined.compactMap { first[$0.key] }.min() ?? 0, joined.last?.lastDay ?? 0)
                    XCTAssertFalse(parts.contains { !chosen.contains($0.key) && $0.lastDay > from && $0.lastDay < to }, "no file lies between those that join")
                    let sum = joined.reduce(0) { $0 + $1.rowCount }
                    written += sum
                    parts.removeAll { chosen.contains($0.key) }
                    parts.append(.init(key: "j\(day)-\(written)", rowCount: sum, lastDay: to))
                    first["j\(day)-\(written)"] = from
                }
            }
            XCTAssertLessThan(parts.count, 100, "\(rows) rows a day")
            XCTAssertLessThan(written, rows * 1_200 * 7, "\(rows) rows a day")
        }
    }

    func test_next_largeFiles_stay() {
        let parts = (0..<40).map { SumsPicker.Part(key: "\($0)", rowCount: SumsPicker.settledRowCount, lastDay: $0) }
        XCTAssertEqual(SumsPicker.next(parts), [])
        XCTAssertEqual(SumsPicker.next(Array(parts.prefix(1)) + [.init(key: "small", rowCount: .max, lastDay: .min)]), [])
    }
}
