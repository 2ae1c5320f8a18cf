import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// A registrar that nobody waited for any more rejects a receipt, whose dead letter is then tried again.
final class RejectedLateTests: XCTestCase {
    func test_redrive_ofAReceiptThatAnotherHasRejectedMeanwhile_isRefused_andLeavesItFailed() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { options in
            for name in ["a", "b"] { options.registration.registrars[name] = RegistrarOptions(url: "http://127.0.0.1:1/", secret: "s") }
        }
        let type = #"""
            {"name":"sale","version":1,"format":"json","match":{"/schema":"sale/1"},"receipt_id":"/id","issued_at":"/issued_at",
            "columns":{"total":{"path":"/total","type":"DECIMAL(18,4)"}},"register":[["a","b"]]}
            """#
        _ = try fixture.engine.putType(name: "sale", body: Array(type.utf8))
        let ticket = try fixture.taken(#"{"schema":"sale/1","id":"R1","issued_at":"2026-11-18T14:03:07Z","total":1.5}"#).summary.ticketID
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.first)
        func apply(_ action: ProcessChange.Action) throws -> ProcessResult {
            let done = Monitor<Result<ProcessResult, Fault>?>(nil)
            fixture.engine.tier.writer.submit(ProcessChange(file: file, action: action) { result in done.broadcast { $0 = result } })
            return try done.wait { $0 }.get()
        }
        func decided(_ ordinal: Int, _ isAccepted: Bool) -> ProcessChange.Action {
            .outcome(step: ProcessKey.step(row: 1, ordinal: ordinal), StepOutcome(isAccepted: isAccepted, reference: nil, errors: []), HistoryNote("answer"))
        }
        XCTAssertEqual(try apply(.dead(step: ProcessKey.step(row: 1, ordinal: 0), detail: "enough", HistoryNote("exhausted"))), .applied)
        XCTAssertEqual(try apply(decided(1, false)), .applied, "it was cancelled, and is written down")
        let letter = try XCTUnwrap(try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 10, as: .admin).letters.first)
        XCTAssertThrowsError(try fixture.engine.redrive(letter.id, as: .admin)) { XCTAssertEqual(($0 as? Fault)?.code, .contradictingOutcome, "\($0)") }
        // Were it tried again, the first one's acceptance would leave it PROCESSING for good.
        _ = try apply(decided(0, true))
        let after = try fixture.engine.ticket(ticket, as: .admin)
        XCTAssertEqual(after.summary?.state, .failed)
        XCTAssertEqual(after.steps.map(\.state), ["DEAD", "REJECTED"])
        try fixture.engine.close()
    }
}
