import Documents
import Synchronization
import XCTest

@testable import Ingest

/// Goal: an answer for each receipt, in their order, once. Method: every order in which three results and the end of the body may come.
final class EachResultsTests: XCTestCase {
    private final class Answers: Sendable {
        let all = Mutex<[IntakeOutcome]>([])
        var count: Int { all.withLock { $0.count } }
    }

    private func details(_ results: [Result<Accepted, Fault>]) -> [String] {
        results.map { result in
            if case .failure(let fault) = result { return fault.detail }
            return "taken"
        }
    }

    private func orders(_ items: [Int]) -> [[Int]] {
        if items.isEmpty { return [[]] }
        return items.flatMap { first in orders(items.filter { $0 != first }).map { [first] + $0 } }
    }

    func test_everyOrder_isAnsweredOnce_whenTheLastHasCome() throws {
        for beyondCount in [0, 2] {
            for order in orders([0, 1, 2, 3]) {
                let answers = Answers()
                let results = EachResults { outcome in answers.all.withLock { $0.append(outcome) } }
                XCTAssertEqual(results.reserve(1), 0)
                XCTAssertEqual(results.reserve(2), 1)
                for (turn, event) in order.enumerated() {
                    XCTAssertEqual(answers.count, 0, "\(order): answered before turn \(turn)")
                    if event == 3 {
                        results.finish(beyondCount: beyondCount)
                    } else {
                        results.set(event, .failure(Fault(.notFound, "of \(event)")))
                        // A place that has a result keeps it.
                        if turn < 3 { results.set(event, .failure(Fault(.notFound, "late"))) }
                    }
                }
                XCTAssertEqual(answers.count, 1, "\(order)")
                switch answers.all.withLock({ $0.first }) {
                case .each(let found)?:
                    XCTAssertEqual(beyondCount, 0)
                    XCTAssertEqual(details(found), ["of 0", "of 1", "of 2"], "\(order)")
                case .eachOfMore(let found, let count, nil)?:
                    XCTAssertEqual(count, beyondCount)
                    XCTAssertEqual(details(found), ["of 0", "of 1", "of 2"], "\(order)")
                default: XCTFail("\(order) is answered otherwise")
                }
            }
        }
    }

    func test_linesWithBlanksAmongThem_areAnsweredByTheirNumbers() {
        for (numbers, isPlain) in [([1, 2], true), ([1, 3], false), ([2, 3], false)] {
            let answers = Answers()
            let results = EachResults { outcome in answers.all.withLock { $0.append(outcome) } }
            XCTAssertEqual(results.reserve(2, numbers: numbers), 0)
            XCTAssertEqual([0, 1, 2].map { results.number(of: $0) }, numbers + [3])
            results.finish(beyondCount: 0, numbers: LineNumbers())
            results.set([(1, .failure(Fault(.notFound, "b"))), (0, .failure(Fault(.notFound, "a")))])
            switch answers.all.withLock({ $0.first }) {
            case .each(let found)?:
                XCTAssertTrue(isPlain, "\(numbers)")
                XCTAssertEqual(details(found), ["a", "b"])
            case .eachOfMore(let found, 0, let lines?)?:
                XCTAssertFalse(isPlain, "\(numbers)")
                XCTAssertEqual(details(found), ["a", "b"])
                XCTAssertEqual(lines.results, numbers)
            default: XCTFail("\(numbers) is answered otherwise")
            }
        }
    }

    func test_bodyWithoutReceipts_isAnsweredAtItsEnd() {
        let answers = Answers()
        let results = EachResults { outcome in answers.all.withLock { $0.append(outcome) } }
        XCTAssertEqual(answers.count, 0)
        results.finish(beyondCount: 0)
        XCTAssertEqual(answers.count, 1)
    }
}
