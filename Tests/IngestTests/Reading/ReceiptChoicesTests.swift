import ColumnStore
import Documents
import XCTest

@testable import Ingest

/// Goal: of an id that many days and clients have no more is kept than can be listed, and of one identity the right row is shown. Method: rows in every order.
final class ReceiptChoicesTests: XCTestCase {
    private func row(_ client: String, _ day: Int32, _ sequence: Int64, _ state: ReceiptState = .complete) -> IdentifiedRow {
        IdentifiedRow(client: Array(client.utf8), businessDay: day, state: state, sequence: sequence)
    }

    func test_choices_areListedByDayAndClient_upToABound() throws {
        var choices = ReceiptChoices<Int>(of: "R", countMax: 3)
        for (place, row) in [row("c2", 5, 1), row("c1", 5, 2), row("c2", 4, 3), row("c2", 5, 4, .failed)].enumerated() { try choices.add(place, row) }
        XCTAssertEqual(choices.count, 3)
        XCTAssertEqual(choices.all.map { "\($0.businessDay) \($0.clientID)" }, ["4 c2", "5 c1", "5 c2"])
        XCTAssertThrowsError(try choices.add(4, row("c1", 6, 5))) { error in XCTAssertEqual((error as? Fault)?.code, .tooLarge) }
    }

    func test_clientsOfADocumentWithVersions_areNoMoreThanAnAnswerLists() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let type = #"{"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id"}"#
        _ = try fixture.engine.putType(name: "licence", body: Array(type.utf8))
        for client in ["c2", "c1"] { _ = try fixture.taken(#"{"schema":"licence/1","id":"L-1"}"#, as: .admin, client: client) }
        var reader = fixture.engine.reader
        let lookup = ReceiptLookup(receiptID: "L-1", table: "licences")
        guard case .choices(let newest) = try reader.receipt(lookup, as: .admin, hold: { _ in }) else { return XCTFail("no choices") }
        XCTAssertEqual(newest.map(\.clientID), ["c1", "c2"])
        guard case .choices(let owners) = try reader.versions(lookup, limit: 10, cursor: nil, as: .admin, hold: { _ in }) else { return XCTFail("no choices") }
        XCTAssertEqual(owners, ["c1", "c2"])
        reader.choiceCountMax = 1
        XCTAssertThrowsError(try reader.receipt(lookup, as: .admin, hold: { _ in })) { XCTAssertEqual(($0 as? Fault)?.code, .tooLarge, "\($0)") }
        XCTAssertThrowsError(try reader.versions(lookup, limit: 10, cursor: nil, as: .admin, hold: { _ in })) { error in
            XCTAssertEqual((error as? Fault)?.code, .tooLarge, "\(error)")
            XCTAssertEqual((error as? Fault)?.detail, "more than 1 clients have a receipt L-1: say whose it is", "no day makes them fewer")
        }
    }

    func test_best_isTheLast_ofThoseThatHoldTheIdentity_elseOfThoseThatFailed() throws {
        let failed = [row("c1", 1, 1, .failed), row("c1", 1, 7, .failed), row("c1", 1, 3, .failed)]
        let held = [row("c1", 1, 5), row("c1", 1, 6, .processing), row("c1", 1, 4)]
        for (rows, best) in [(failed, Int64(7)), (failed + held, 6), (held + failed, 6), ([], nil)] as [([IdentifiedRow], Int64?)] {
            var choices = ReceiptChoices<Int>(of: "R", countMax: 10)
            for (place, row) in rows.enumerated() { try choices.add(place, row) }
            XCTAssertEqual(choices.best?.row.sequence, best)
            XCTAssertEqual(choices.best.map { rows[$0.place].sequence }, best)
        }
    }

    /// In one pass over cold files: those of every client would come along where ids begin anew each day.
    func test_rowsOfSeveralIdentities_areThoseOfTheirClients() {
        let identities = ["c1", "c2", "c1"].map { ReceiptIdentity(table: "receipts", client: Array($0.utf8), receipt: [0x31], businessDay: 7) }
        let tests = Dictionary(uniqueKeysWithValues: ColdLookup.filters(of: identities).map { ($0.path, $0.test) })
        guard case .oneOf(let clients)? = tests["client_id"], case .oneOf(let days)? = tests["business_day"], case .oneOf(let ids)? = tests["receipt_id"] else {
            return XCTFail("\(tests)")
        }
        XCTAssertEqual(Set(clients), [.bytes(Array("c1".utf8)), .bytes(Array("c2".utf8))])
        XCTAssertEqual(days, [.integer(7)])
        XCTAssertEqual(ids, [.bytes([0x31])])
    }
}
