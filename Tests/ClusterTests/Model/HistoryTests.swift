import Cluster
import XCTest

/// Goal: where two logs part is found from their epochs alone, and where some were forgotten it is said up to where nobody can say. Method: small logs, all of them, against a comparison record by record.
final class HistoryTests: XCTestCase {
    func test_common_ofAllSmallLogs_agreesWithAComparisonOfEpochs() {
        // Logs of up to five records whose epochs rise, as digits.
        let logs = (0...5).flatMap { count in Self.rising(count, from: 1, to: 4) }
        for left in logs {
            for right in logs {
                let length = min(left.count, right.count)
                let oracle = (0..<length).last { left[$0] == right[$0] }.map { $0 + 1 } ?? 0
                XCTAssertEqual(History.common(Self.history(left), Self.history(right)), oracle...oracle, "\(left) and \(right)")
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

    /// Five epochs, each of one leader that goes on from any record there was: the logs are all ways from the first record to any.
    func test_common_ofLogsThatHaveForgottenEpochs_isNeverMoreThanTheyHave_andIsSoughtNoFurtherThanItMayBe() {
        var (compared, unsure) = (0, 0)
        Self.eachWorld { logs in
            let told = logs.map { log in
                // All; what is sent to others; and what a disk tells that has its records from the middle on.
                let whole = Self.history(log)
                return [whole, whole.shortened(keeping: 3, through: log.count), whole.shortened(keeping: 3, through: log.count - 1)]
            }
            for (left, one) in logs.enumerated() {
                for (right, other) in logs.enumerated() where left <= right {
                    let truth = zip(one, other).prefix { $0 == $1 }.count
                    for mine in told[left] {
                        for theirs in told[right] {
                            let found = History.common(mine, theirs, keeping: 3)
                            compared += 1
                            if found.count > 1 { unsure += 1 }
                            // Record 1 tells whether two logs are of one cluster.
                            guard found.contains(truth), found == History.common(theirs, mine, keeping: 3), (found.lowerBound == 0) == (truth == 0) else {
                                return XCTFail("\(one) as \(mine) and \(other) as \(theirs) have \(truth) in common, not \(found)")
                            }
                            if mine == told[left][0], theirs == told[right][0], max(mine.spans.count, theirs.spans.count) < 3 { XCTAssertEqual(found, truth...truth) }
                        }
                    }
                }
            }
        }
        XCTAssertGreaterThan(compared, 10_000)
        XCTAssertGreaterThan(unsure, 100)
    }

    func test_has_ofALogThatHasForgottenEpochs_saysNoRecordOfAnother_andMayHaveEachOfItsOwn() {
        Self.eachWorld { logs in
            for log in logs {
                let whole = Self.history(log)
                for (count, sequence) in [(3, log.count), (3, log.count - 1), (4, log.count)] {
                    let history = whole.shortened(keeping: count, through: sequence)
                    for other in logs {
                        guard let epoch = other.last else { continue }
                        let mark = Mark(sequence: other.count, epoch: epoch, hash: .zero)
                        let isOwn = whole.has(mark)
                        if history.has(mark) && !isOwn || isOwn && !history.mayHave(mark, keeping: 3) || isOwn && mark.sequence >= sequence && !history.has(mark) {
                            return XCTFail("\(log) as \(history): \(mark)")
                        }
                    }
                }
            }
        }
    }

    func test_forget_keepsTheFirstEpochAndTheLast_andWhatOthersAreToldCanBeRead() {
        let spans = (1...40_000).map { History.Span(epoch: $0 * 2, first: $0 * 3 - 2) }
        guard let history = History(spans: spans, last: 120_000) else { return XCTFail("it is no history") }
        let told = history.shortened(through: history.last)
        XCTAssertEqual(told.spans.count, Bounds.epochsKept)
        XCTAssertEqual(told.spans.first, spans.first)
        XCTAssertEqual(told.spans.dropFirst(2), spans.suffix(Bounds.epochsKept - 2))
        XCTAssertEqual(told.spans[1], History.Span(epoch: spans[40_000 - Bounds.epochsKept + 1].epoch, first: 4))
        XCTAssertEqual(told.shortened(through: told.last), told)
        XCTAssertNotNil(History(spans: told.spans, last: told.last), "versions before read it, too")
    }

    /// Logs of one world at a time: in each epoch its leader's records go on from one that was there, or from none.
    private static func eachWorld(_ body: ([[Int]]) -> Void) {
        func grow(_ logs: [[Int]], _ epoch: Int) {
            guard epoch <= 5 else { return body(logs) }
            for log in logs {
                // Two records where it is early, so that an epoch can be left in its middle.
                for count in 1...(epoch <= 2 ? 2 : 1) {
                    grow(logs + (1...count).map { log + Array(repeating: epoch, count: $0) }, epoch + 1)
                }
            }
        }
        grow([[]], 1)
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
