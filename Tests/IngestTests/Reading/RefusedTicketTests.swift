import ColumnStore
import Documents
import TestSupport
import XCTest

@testable import Ingest

/// Goal: the reasons of a refused document are charged to whoever asks for its ticket, and to nobody else. Method: a ticket, and a `hold` that counts or refuses.
final class RefusedTicketTests: XCTestCase {
    func test_reasons_areAskedForBeforeTheyAreRead_andOfOthersNothingIs() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let refusal = try XCTUnwrap(fixture.refusal(#"{"schema":"pos/1","id":"R-1"}"#))
        let ticket = try XCTUnwrap(refusal.ticketID)
        var asked: [Int] = []
        let told = try fixture.engine.ticket(ticket, as: EngineFixture.own) { asked.append($0) }
        XCTAssertEqual(told.errors, refusal.errors)
        let text = FaultText.text(try XCTUnwrap(told.refused?.problem))
        // As SQLite counts the length of a text.
        XCTAssertGreaterThanOrEqual(try XCTUnwrap(asked.first), 3 * text.unicodeScalars.count, "as text, in parts, and as reasons")
        asked = []
        let other = Principal(clientID: "c2", access: .read, scope: .own)
        XCTAssertThrowsError(
            try fixture.engine.ticket(ticket, as: other) { byteCount in
                asked.append(byteCount)
                throw Fault(.overloaded, "no room")
            }
        ) { XCTAssertEqual(($0 as? Fault)?.code, .notFound, "\($0)") }
        XCTAssertEqual(asked, [], "it would tell that there is one")
        XCTAssertThrowsError(try fixture.engine.ticket(ticket, as: EngineFixture.own) { _ in throw Fault(.overloaded, "no room") }) {
            XCTAssertEqual(($0 as? Fault)?.code, .overloaded, "\($0)")
        }
    }
}
