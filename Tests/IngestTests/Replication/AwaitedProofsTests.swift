import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: nobody waits for a proof indefinitely. Method: questions from many threads while the one who answers ends.
final class AwaitedProofsTests: XCTestCase {
    func test_question_isToldOnce_andAtOnceWhereNobodyAnswersAnyMore() {
        let proofs = AwaitedProofs()
        let told = Monitor<[String]>([])
        func ask(_ name: String) -> Int? { proofs.add { proof in told.withLock { $0.append("\(name) \(proof)") } } }
        XCTAssertEqual([ask("a"), ask("b"), ask("c")], [-1, -2, -3])
        proofs.answer(-2, .unproven)
        proofs.answer(-2, .leads)
        proofs.answer(7, .leads)
        XCTAssertEqual(told.withLock { $0 }, ["b unproven"])
        proofs.end()
        XCTAssertEqual(told.withLock { $0.sorted() }, ["a leadsNoMore", "b unproven", "c leadsNoMore"])
        XCTAssertNil(ask("d"))
        proofs.answer(-1, .leads)
        proofs.end()
        XCTAssertEqual(told.withLock { $0.sorted() }, ["a leadsNoMore", "b unproven", "c leadsNoMore", "d leadsNoMore"])
    }

    func test_questions_besideTheEnd_areToldEach() {
        for _ in 0..<50 {
            let proofs = AwaitedProofs()
            let told = Monitor(0)
            let threads = (0..<4).map { _ in
                WorkerThread(name: "asks") { for _ in 0..<20 { _ = proofs.add { _ in told.broadcast { $0 += 1 } } } }
            }
            proofs.end()
            for thread in threads { thread.join() }
            XCTAssertEqual(told.withLock { $0 }, 80)
        }
    }
}
