import ColumnStore
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// What each answer of a webhook's receiver means, and what becomes of the event of a receipt whose receiver is gone.
final class WebhookAnswerTests: XCTestCase {
    private func meaning(_ status: Int, headers: [String: String] = [:]) -> String { Self.text(.success(OutgoingResponse(status: status, headers: headers, body: []))) }

    private static func text(_ result: Result<OutgoingResponse, OutgoingFailure>) -> String {
        switch WebhookAnswer(result, nowSeconds: 0) {
        case nil: "nothing"
        case .taken?: "taken"
        case .gone?: "gone"
        case .failed(_, let hostWorks, let retryAfter)?: "again\(retryAfter.map { " after \($0 / 1_000_000) s" } ?? "")\(hostWorks ? ", others as before" : "")"
        }
    }

    func test_answers() {
        for status in [200, 201, 202, 204, 299] { XCTAssertEqual(meaning(status), "taken", "\(status)") }
        for status in [301, 302, 307, 308, 400, 401, 404, 409, 422] { XCTAssertEqual(meaning(status), "again, others as before", "\(status)") }
        for status in [408, 429, 500, 503] { XCTAssertEqual(meaning(status), "again", "\(status)") }
        XCTAssertEqual(meaning(410), "gone")
        XCTAssertEqual(meaning(429, headers: ["retry-after": "7"]), "again after 7 s")
        XCTAssertEqual(Self.text(.failure(.timedOut)), "again")
        XCTAssertEqual(Self.text(.failure(.closed)), "nothing")
    }

    private static let type = #"""
        {"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","columns":{}}
        """#

    func test_receiverThatIsGone_hasADeadLetterAtOnce_whichCanBeTriedAgain() throws {
        let directory = TemporaryDirectory()
        let statuses = Monitor([410])
        let server = TestHTTPServer { _ in .init(status: statuses.withLock { $0.isEmpty ? 204 : $0.removeFirst() }) }
        defer { server.close() }
        let fixture = try EngineFixture(directory.path) { options in
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        _ = try fixture.engine.putType(name: "t", body: Array(Self.type.utf8))
        var contract = Contract(clientID: "c1", access: .readWrite, scope: .own)
        contract.webhook = .init(url: "http://127.0.0.1:\(server.port)/", secret: "s")
        _ = try fixture.engine.putContract(contract)
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        _ = try fixture.taken(#"{"schema":"t/1","id":"R-1","issued_at":"2025-01-18T14:03:07Z"}"#)
        func letters() throws -> [DeadLetter] { try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters }
        let letter = try XCTUnwrap(try Patience.value { try letters().first })
        XCTAssertEqual(letter.attempts, 1)
        XCTAssertTrue(letter.reason.contains("410"), letter.reason)
        try fixture.engine.redrive(letter.id, as: .admin)
        XCTAssertTrue(try Patience.until { try letters().isEmpty && statuses.withLock { $0.isEmpty } })
        try fixture.engine.close()
    }
}
