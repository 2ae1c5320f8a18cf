import ColumnStore
import XCTest

@testable import Ingest

/// Goal: an endpoint's answer means what the page of registration says, and no call is repeated that may have arrived. Method: every status, to a call and to a question, and every failure.
final class EndpointAnswerTests: XCTestCase {
    private func answer(_ result: Result<OutgoingResponse, OutgoingFailure>, isQuestion: Bool) -> String {
        let answer = EndpointAnswer<String>(
            result, toQuestion: isQuestion, nowSeconds: 0, decision: { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }, refusal: { status, _ in "refused with \(status)" })
        switch answer {
        case .final(let decision): return decision
        case .inProgress: return "in progress"
        case .neverSeen: return "never seen"
        case .failed(_, let retryAfter, let mayHaveArrived): return "failed, again after \(retryAfter ?? -1), \(mayHaveArrived ? "may have" : "has not") arrived"
        }
    }

    private func wanted(_ status: Int, isQuestion: Bool, hasBody: Bool, again: Int) -> String {
        switch status {
        case 200: hasBody ? "yes" : "failed, again after \(again), may have arrived"
        case 202: "in progress"
        case 404 where isQuestion: "never seen"
        case 408, 429: "failed, again after \(again), has not arrived"
        case 400...499: isQuestion ? "failed, again after \(again), has not arrived" : "refused with \(status)"
        case 500...: "failed, again after \(again), may have arrived"
        default: "failed, again after \(again), has not arrived"
        }
    }

    func test_init_ofEveryStatus_isWhatTheTableSays() {
        for status in 100...599 {
            for isQuestion in [false, true] {
                for (header, again) in [("5", 5_000_000), ("never", -1), ("-3", 0), ("99999999999", 86_400_000_000)] {
                    for body in ["", "yes"] {
                        let response = OutgoingResponse(status: status, headers: ["retry-after": header], body: Array(body.utf8))
                        XCTAssertEqual(
                            answer(.success(response), isQuestion: isQuestion), wanted(status, isQuestion: isQuestion, hasBody: !body.isEmpty, again: again), "\(status), \(header)")
                    }
                }
            }
        }
    }

    func test_init_ofFailures_hasArrivedUnlessNothingWasSent() {
        for (failure, hasNot) in [(OutgoingFailure.addressRefused, true), (.notConnected("no route"), true), (.timedOut, false), (.broken("reset"), false), (.closed, false)] {
            for isQuestion in [false, true] {
                XCTAssertEqual(answer(.failure(failure), isQuestion: isQuestion), "failed, again after -1, \(hasNot ? "has not" : "may have") arrived", "\(failure)")
            }
        }
    }
}
