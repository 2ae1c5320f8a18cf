import Cluster
import XCTest

/// Goal: where two logs part is found from their epochs alone. Method: small logs, all of them, against a comparison record by record.
final class HistoryTests: XCTestCase {
    func test_common_ofAllSmallLogs_agreesWithAComparisonOfEpochs() {
        // Logs of up to five records whose epochs rise, as digits.
        let logs = (0...5).flatMap { count in Self.rising(count, from: 1, to: 4) }
        for left in logs {
            for right in logs {
                let length = min(left.count, right.count)
                let oracle = (0..<length).last { left[$0] == right[$0] }.map { $0 + 1 } ?? 0
                XCTAssertEqual(History.common(Self.history(left), Self.history(right)), oracle, "\(left) and \(right)")
            }
        }
    }

    func test_cut_thenAppend_isAsIfItHadNeverBeen() {
        for log in Self.rising(5, from: 1, to: 3) {
            for count in 0...5 {
                var history = Self.history(log)
                history.cut(to: count)
                XCTAssertEqual(history, Self.history(Array(log.prefix(count))))
                XCTAssertEqual(history.epoch(at: count), count == 0 ? 0 : log[count - 1])
                XCTAssertNil(history.epoch(at: count + 1))
            }
        }
    }

    private static func rising(_ count: Int, from least: Int, to most: Int) -> [[Int]] {
        guard count > 0 else { return [[]] }
        return (least...most).flatMap { first in rising(count - 1, from: first, to: most).map { [first] + $0 } }
    }

    private static func history(_ epochs: [Int]) -> History {
        var (history, mark) = (History(), Mark.start)
        for epoch in epochs {
            let record = Record(after: mark, epoch: epoch, kind: .rows, level: 1, body: [])
            history.append(record)
            mark = record.mark
        }
        return history
    }
}
