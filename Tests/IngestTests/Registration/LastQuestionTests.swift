import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: whatever tells of a step's attempts tells the same number. Method: the engine with a registrar over HTTP that takes a receipt, and then answers no question.
final class LastQuestionTests: XCTestCase {
    private static let type = #"""
        {"name":"t","version":1,"format":"json","match":{"/schema":"t/1"},"receipt_id":"/id","issued_at":"/issued_at","accept_from":null,"columns":{},"register":[["r"]]}
        """#

    func test_attempts_ofAStepWhoseLastWasAQuestion_areTheSameEverywhere() throws {
        let directory = TemporaryDirectory()
        let server = TestHTTPServer { $0.method == "GET" ? .init(status: 500) : .init(status: 202) }
        defer { server.close() }
        let fixture = try EngineFixture(directory.path) { options in
            options.registration.registrars["r"] = RegistrarOptions(
                url: "http://127.0.0.1:\(server.port)/", secret: "s", statusURL: "http://127.0.0.1:\(server.port)/status", lock: 1_000,
                retry: RetryPolicy(backoffMinimum: 1_000, backoffMaximum: 2_000, attemptCountMax: 4))
            do { options.registration.policy = try AddressPolicy(allow: ["127.0.0.1"]) } catch { XCTFail("\(error)") }
        }
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        _ = try fixture.engine.putType(name: "t", body: Array(Self.type.utf8))
        try fixture.engine.startRegistration(callbackBase: "http://127.0.0.1:1")
        let ticket = try fixture.taken(#"{"schema":"t/1","id":"1","issued_at":"2025-01-18T14:03:07Z"}"#).summary.ticketID
        XCTAssertTrue(try Patience.until { try fixture.engine.ticket(ticket, as: .admin).summary?.state == .failed })
        let letter = try XCTUnwrap(try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        XCTAssertEqual(letter.attempts, 4)
        XCTAssertTrue(letter.reason.hasPrefix("no final answer in 4 attempts"), letter.reason)
        let told = try fixture.engine.ticket(ticket, as: .admin)
        XCTAssertEqual(told.steps.map(\.attempts), [4])
        let attempts = told.history.filter { $0.event.hasPrefix("asked") }.compactMap { $0.details.first { $0.name == "attempt" }?.json }
        XCTAssertEqual(attempts, ["2", "3", "4"])
    }
}
