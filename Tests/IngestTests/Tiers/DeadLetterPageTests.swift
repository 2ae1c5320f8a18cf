import ColumnStore
import Documents
import XCTest

@testable import Ingest

/// Goal: a page of dead letters asks for its memory as it grows. Method: letters with long reasons in the catalog, and a `hold` that counts or refuses.
final class DeadLetterPageTests: XCTestCase {
    private struct Refusal: Error {}

    func test_deadLetters_askForTheirMemory_asThePageGrows() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        let reason = String(repeating: "x", count: 10_000)
        let receipt = ReceiptSummary(ticketID: "01JDABCDEFGHJKMNPQRSTVWXYZ", clientID: "c1", receiptID: "R-1", type: "pos-receipt", businessDay: 20_000, state: .complete, sequence: 1)
        try fixture.engine.catalog.add(
            (1...100).map { number in
                let key = DeadLetterKey(day: 20_000, part: 1, isStep: true, number: Int64(number))
                return (key, DeadLetter(id: key.description, kind: .step, name: "tax", at: 0, reason: reason, attempts: 1, receipt: receipt))
            })
        var asked: [Int] = []
        let page = try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 50, as: .admin) { asked.append($0) }
        XCTAssertEqual(page.letters.count, 50)
        XCTAssertNotNil(page.nextCursor)
        XCTAssertLessThan(try XCTUnwrap(asked.first), 3 * 10_000)
        XCTAssertGreaterThan(try XCTUnwrap(asked.last), 2 * 50 * 10_000, "letters, and their text")
        var askedCount = 0
        XCTAssertThrowsError(
            try fixture.engine.deadLetters(client: nil, cursor: nil, limit: 50, as: .admin) { byteCount in
                askedCount += 1
                if byteCount > 100_000 { throw Refusal() }
            }
        ) { XCTAssertTrue($0 is Refusal, "\($0)") }
        XCTAssertLessThan(askedCount, 10, "what is refused ends the reading")
        try fixture.engine.close()
    }

    func test_id_hasOneSpelling() {
        for id in ["2026-11-20-s4096", "2026-11-20.2-w65600"] { XCTAssertEqual(DeadLetterKey(id)?.description, id) }
        for id in ["2026-11-20-s+4096", "2026-11-20-s04096", "2026-11-20.+2-w65600", "2026-11-20.02-w65600", "2026-11-20.1-s4096", "2026-11-20-s-1", "2026-11-20-s0", "2026-11-20-x1"] {
            XCTAssertNil(DeadLetterKey(id), id)
        }
        for name in ["2026-11-20.+2", "2026-11-20.02", "2026-11-20.1"] { XCTAssertNil(HotFileName.parse(name), name) }
    }
}
