import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an answer leaves once it is kept and proven, in either order, and never for less. Method: both told by hand.
final class ProvenAnswerTests: XCTestCase {
    private final class Asked: CommitReplica {
        let questions = Monitor<[@Sendable (LeadProof) -> Void]>([])
        var isInSlots: Bool { false }
        var isDegraded: Bool { false }
        func begin(_ observer: any ReplicaObserver) {}
        func submit(_ token: Int, _ body: [UInt8]) {}
        func prove(_ body: @escaping @Sendable (LeadProof) -> Void) { questions.withLock { $0.append(body) } }
        func ended(isWhole: Bool) {}
        /// - Returns: whether it was asked.
        func answer(_ proof: LeadProof) -> Bool {
            guard let body = questions.withLock({ $0.popLast() }) else { return false }
            body(proof)
            return true
        }
    }

    private enum Step { case kept, late, proven, unproven, over }

    /// - Returns: what was answered, each with the number of the step at which it was.
    private func answers(_ steps: [Step]) -> [String] {
        let replica = Asked()
        let told = Monitor<[String]>([])
        let at = Monitor(0)
        let answer = ProvenAnswer(replica) { outcome in
            let text = switch outcome {
            case .kept: "kept"
            case .late: "late"
            case .unproven: "unproven"
            case .refused: "refused"
            }
            told.withLock { $0.append("\(text) \(at.withLock { $0 })") }
        }
        answer.prove()
        for (number, step) in steps.enumerated() {
            at.withLock { $0 = number }
            switch step {
            case .kept: answer.take(.kept)
            case .late: answer.take(.late)
            case .proven: XCTAssertTrue(replica.answer(.leads))
            case .unproven: XCTAssertTrue(replica.answer(.unproven))
            case .over: XCTAssertTrue(replica.answer(.leadsNoMore))
            }
        }
        return told.withLock { $0 }
    }

    func test_answer_waitsForBoth() {
        XCTAssertEqual(answers([.kept, .proven]), ["kept 1"])
        XCTAssertEqual(answers([.proven, .kept]), ["kept 1"])
        XCTAssertEqual(answers([.kept]), [])
        XCTAssertEqual(answers([.proven]), [])
        XCTAssertEqual(answers([.late, .proven]), ["late 0"])
        XCTAssertEqual(answers([.unproven, .late]), ["late 1"])
    }

    func test_machineThatLeadsNoMore_saysSo_keptOrNot() {
        XCTAssertEqual(answers([.over]), ["refused 0"])
        XCTAssertEqual(answers([.kept, .over]), ["refused 1"])
        XCTAssertEqual(answers([.kept, .unproven, .over]), ["refused 2"])
        XCTAssertEqual(answers([.late, .over]), ["late 0"])
    }

    func test_question_thatCameToNothing_isPutOnceMore_behindTheRecord() {
        XCTAssertEqual(answers([.unproven, .kept, .proven]), ["kept 2"])
        XCTAssertEqual(answers([.kept, .unproven, .proven]), ["kept 2"])
        XCTAssertEqual(answers([.unproven, .kept, .unproven]), ["unproven 2"])
        XCTAssertEqual(answers([.kept, .unproven, .unproven]), ["unproven 2"])
    }
}
