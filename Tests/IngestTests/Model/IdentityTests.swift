import ColumnStore
import Query
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what is absent opens nothing. Method: rows of two clients in hot and in cold, and each way of reading them, as everybody who may ask.
final class IdentityTests: XCTestCase {
    func test_clientIDs_areTheSameByTheirBytes() {
        let (composed, decomposed) = (ClientID("caf\u{E9}"), ClientID("cafe\u{301}"))
        XCTAssertEqual(composed.text, decomposed.text, "String's own equality takes them for one")
        XCTAssertNotEqual(composed, decomposed)
        XCTAssertEqual(Set([composed, decomposed, ClientID("caf\u{E9}")]).count, 2)
        XCTAssertFalse(RowScope.client(composed).includes(decomposed))
    }

    func test_rows_ofEachPrincipal() {
        XCTAssertEqual(Principal.admin.rows, .all)
        XCTAssertEqual(Principal.operators(.admin, keyID: "k").rows, .all)
        XCTAssertEqual(Principal(clientID: "c1", access: .read, scope: .all).rows, .all)
        XCTAssertEqual(Principal(clientID: "c1", access: .read, scope: .own).rows, .client("c1"))
        // A contract without an id is no contract's: nothing has it.
        XCTAssertEqual(Principal(clientID: "", access: .read, scope: .own).rows, .client(""))
        for principal in [Principal.nobody, .operators(.auditor, keyID: "k"), .operators(.metrics, keyID: "k")] {
            XCTAssertEqual(principal.rows, .none)
            XCTAssertFalse(principal.isAdmin)
            XCTAssertFalse(principal.rows.includes("c1" as String?))
            XCTAssertFalse(principal.rows.includes(nil))
        }
        XCTAssertFalse(RowScope.client("").includes(nil))
        XCTAssertEqual(Set([Principal.admin, .nobody, .operators(.metrics, keyID: "a"), .operators(.metrics, keyID: "b")].map(\.bearer)).count, 4)
    }

    func test_reading_asEverybody_givesTheirRowsAlone() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let cold = try fixture.taken(EngineFixture.receipt("R-1"), as: .admin, client: "c1").summary
        _ = try fixture.engine.compact(before: nil)
        let hot = try fixture.taken(EngineFixture.receipt("R-2"), as: .admin, client: "c2").summary
        let refused = try XCTUnwrap(fixture.refusal(#"{"schema":"pos/1","id":"R-3"}"#)?.ticketID)
        for (principal, ids) in [
            (Principal.admin, ["R-1", "R-2"]), (Principal(clientID: "c3", access: .read, scope: .all), ["R-1", "R-2"]), (EngineFixture.own, ["R-1"]),
            (Principal(clientID: "c2", access: .read, scope: .own), ["R-2"]), (Principal(clientID: "", access: .read, scope: .own), []), (.nobody, []),
            (.operators(.auditor, keyID: "k"), []), (.operators(.metrics, keyID: "k"), []),
        ] {
            let engine = fixture.engine
            XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"]), as: principal), ids)
            XCTAssertEqual(try engine.changes(after: 0, limit: 10, as: principal).changes.map(\.receipt.receiptID), ids)
            XCTAssertEqual(try Self.sql(engine, as: principal), ids.count)
            for receipt in [cold, hot] {
                let isSeen = ids.contains(receipt.receiptID)
                XCTAssertEqual((try? engine.ticket(receipt.ticketID, as: principal)) != nil, isSeen)
                XCTAssertEqual((try? engine.receipt(ReceiptLookup(receiptID: receipt.receiptID), as: principal)) != nil, isSeen)
            }
            XCTAssertEqual((try? engine.ticket(refused, as: principal)) != nil, principal.rows.includes("c1" as String?))
            XCTAssertEqual(try engine.deadLetters(client: nil, cursor: nil, limit: 10, as: principal).letters.count, 0)
        }
    }

    func test_stillSees_lessOfAnything_isNotAll() {
        let whole = Principal(clientID: "c", access: .readWrite, scope: .all, types: ["a"], uses: .init(queues: .some(["q"])), seesSensitive: true)
        func changed(_ change: (inout Principal) -> Void) -> Principal {
            var principal = whole
            change(&principal)
            return principal
        }
        let asMuch = [
            whole, changed { $0.access = .read }, changed { $0.types = nil }, changed { $0.types = ["b", "a"] }, changed { $0.uses = .all },
            changed { $0.uses = .init(queues: .some(["p", "q"]), topics: .some(["t"])) },
        ]
        for principal in asMuch { XCTAssertTrue(principal.stillSees(whatWasSeenBy: whole), "\(principal)") }
        let less = [
            changed { $0.scope = .own }, changed { $0.types = [] }, changed { $0.types = ["b"] }, changed { $0.uses = .none }, changed { $0.uses = .init(queues: .some(["r"]), topics: .all) },
            changed { $0.seesSensitive = false }, Principal(clientID: "d", access: .readWrite, scope: .all, uses: .all, seesSensitive: true), .admin, .nobody,
        ]
        for principal in less { XCTAssertFalse(principal.stillSees(whatWasSeenBy: whole), "\(principal)") }
        XCTAssertFalse(whole.stillSees(whatWasSeenBy: changed { $0.types = nil }))
        XCTAssertFalse(whole.stillSees(whatWasSeenBy: changed { $0.uses = .all }))
        XCTAssertTrue(Principal.admin.stillSees(whatWasSeenBy: .admin))
    }

    /// What may be posted, or done beside asking, shows in no row.
    func test_seesAll_isOfRowsAlone() {
        let whole = Principal(clientID: "c", access: .readWrite, scope: .all, types: ["a"], uses: .all, seesSensitive: true)
        XCTAssertTrue(Principal(clientID: "c", access: .read, scope: .all, types: [], seesSensitive: true).seesAll(of: whole))
        XCTAssertTrue(whole.seesAll(of: Principal(clientID: "c", access: .read, scope: .own)))
        XCTAssertTrue(Principal.admin.seesAll(of: .admin))
        let less = [
            Principal(clientID: "c", access: .readWrite, scope: .own, uses: .all, seesSensitive: true), Principal(clientID: "c", access: .readWrite, scope: .all, uses: .all),
            Principal(clientID: "d", access: .readWrite, scope: .all, uses: .all, seesSensitive: true), .admin, .nobody,
        ]
        for principal in less { XCTAssertFalse(principal.seesAll(of: whole), "\(principal)") }
    }

    private static func sql(_ engine: Engine, as principal: Principal) throws -> Int {
        let table = try XCTUnwrap(try engine.catalog(as: principal, upTo: nil).catalog.entry(named: "receipts"))
        guard case .table(let source, let scope) = table else { return -1 }
        let scan = try source.scan(ScanRequest(projection: ["receipt_id"], scope: scope))
        var count = 0
        while let morsel = try scan.nextMorsel() { while let batch = try morsel.next() { count += batch.rowCount } }
        return count
    }
}
