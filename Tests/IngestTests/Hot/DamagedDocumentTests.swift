import ColumnStore
import Query
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a document that is damaged on the disk stops nothing but what needs it, and is never taken for one without values.
final class DamagedDocumentTests: XCTestCase {
    private static let damagedIDs: Set<String> = ["R-6", "R-8", "R-10"]

    /// Thirty receipts of one client and ten of another, of which three of the first are damaged: a flipped bit, a cut, other bytes that inflate.
    private func makeStore(_ path: String) throws {
        let fixture = try EngineFixture(path)
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: " \(number)")) }
        let other = Principal(clientID: "c2", access: .readWrite, scope: .own)
        for number in 0..<10 { _ = try fixture.taken(EngineFixture.receipt("O-\(number)"), as: other) }
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last).path
        try fixture.engine.close()
        let connection = try SQLiteConnection(path: hot, mode: .readWrite)
        var flipped = try XCTUnwrap(Self.document(connection, 7))
        flipped[flipped.count / 2] ^= 4
        try Self.set(connection, row: 7, document: flipped)
        try connection.execute("""
            UPDATE rows SET document = substr(document, 1, length(document) / 2) WHERE id = 9;
            UPDATE rows SET (document, coding, document_bytes) = (SELECT document, coding, document_bytes FROM rows WHERE id = 20) WHERE id = 11;
            """)
    }

    private static func document(_ connection: SQLiteConnection, _ row: Int64) throws -> [UInt8]? {
        let statement = try connection.statement("SELECT document FROM rows WHERE id = ?1")
        defer { statement.reset() }
        statement.bind(1, row)
        return try statement.step() ? statement.bytes(0) : nil
    }

    private static func set(_ connection: SQLiteConnection, row: Int64, document: [UInt8]) throws {
        let statement = try connection.statement("UPDATE rows SET document = ?2 WHERE id = ?1")
        statement.bind(1, row)
        try statement.bind(2, document)
        try statement.run()
    }

    private func ids(_ engine: Engine, _ request: ScanRequest) throws -> [String] {
        let scan = try XCTUnwrap(engine.table("receipts")).scan(request)
        var found: [String] = []
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() { found += (0..<batch.rowCount).map { EngineFixture.text(batch.columns[0].value(at: $0)) } }
        }
        return found
    }

    /// What is right of a store with the three, whether their rows are in memory or in a group.
    private func check(_ fixture: EngineFixture, _ place: String) throws {
        let engine = fixture.engine
        XCTAssertEqual(engine.damagedDocuments.map(\.row), [7, 9, 11], place)
        // Everything that needs no document.
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id", "state", "document_sha256"])).count, 40, place)
        XCTAssertEqual(try ids(engine, ScanRequest(projection: ["receipt_id"])).count, 40, place)
        let other = Principal(clientID: "c2", access: .read, scope: .own)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["*"]), as: other).count, 10, "another client's rows, \(place)")
        // What needs theirs says so, and no answer leaves them out.
        func refuses(_ what: String, _ body: () throws -> Void) {
            XCTAssertThrowsError(try body(), "\(what), \(place)") { error in
                XCTAssertTrue((error as? DamagedDocument).map { [7, 9, 11].contains($0.row) } ?? false, "\(what), \(place): \(error)")
            }
        }
        refuses("all columns") { _ = try fixture.walk(PageRequest(fields: ["*"]), as: EngineFixture.own) }
        refuses("documents") { _ = try fixture.walk(PageRequest(fields: ["document"]), as: EngineFixture.own) }
        let total = ColumnFilter("total", .range(lower: .init(.decimal(600_000), isInclusive: true), upper: nil))
        refuses("a column") { _ = try ids(engine, ScanRequest(projection: ["receipt_id", "total"])) }
        refuses("a filter") { _ = try ids(engine, ScanRequest(projection: ["receipt_id"], filters: [total])) }
        var residual = ScanRequest(projection: ["receipt_id"])
        residual.residual = ResidualFilter(columns: ["total"]) { Bitmap(repeating: true, count: $0.rowCount) }
        refuses("a condition") { _ = try ids(engine, residual) }
        // Rows that another filter leaves out are not asked for.
        let own = ColumnFilter("receipt_id", .oneOf([.string("R-1"), .string("R-29")]))
        XCTAssertEqual(try ids(engine, ScanRequest(projection: ["receipt_id", "total"], filters: [total, own])).sorted(), ["R-1", "R-29"], place)
        let client = ColumnFilter("client_id", .equal(.string("c2")))
        XCTAssertEqual(try ids(engine, ScanRequest(projection: ["receipt_id", "total"], scope: [client], filters: [total])).count, 10, place)

        let rows = try fixture.walk(PageRequest(fields: ["receipt_id", "ticket_id"])).map { $0.split(separator: "|").map(String.init) }
        let tickets = Dictionary(rows.map { ($0[0], $0[1]) }) { first, _ in first }
        for id in ["R-5", "R-6", "R-7", "R-8", "R-9", "R-10", "R-11"] {
            let isDamaged = Self.damagedIDs.contains(id)
            // Sent again it would be whole: `RepeatCheckTests`.
            if !isDamaged { XCTAssertTrue(try fixture.taken(EngineFixture.receipt(id, note: " \(id.dropFirst(2))")).isRepeat, "\(id), \(place)") }
            let ticketID = try XCTUnwrap(tickets[id])
            let ticket = try engine.ticket(ticketID, as: EngineFixture.own)
            XCTAssertEqual(ticket.errors.map(\.code), isDamaged ? ["document-damaged"] : [], "\(id), \(place)")
            XCTAssertThrowsError(try engine.ticket(ticketID, as: other))
            if isDamaged {
                refuses(id) { _ = try engine.receipt(ReceiptLookup(receiptID: id), as: EngineFixture.own) }
            } else {
                guard case .found = try engine.receipt(ReceiptLookup(receiptID: id), as: EngineFixture.own) else { return XCTFail("no \(id)") }
            }
        }
    }

    func test_open_damagedDocuments_servesEverythingElse() throws {
        let directory = TemporaryDirectory()
        try makeStore(directory.path)
        var fixture = try EngineFixture(directory.path)
        try check(fixture, "in memory")
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        try check(fixture, "in memory, again")
        try fixture.engine.tier.seal()
        try fixture.engine.tier.flush()
        XCTAssertEqual(fixture.engine.tier.boundary.snapshot().files.first?.allTails.map(\.rowCountInMemory), [0])
        try check(fixture, "laid down")
        try fixture.engine.close()
        fixture = try EngineFixture(directory.path)
        try check(fixture, "laid down, again")
        // The file stays, where it is known what it lacks; others go.
        _ = try fixture.taken(EngineFixture.receipt("R-new"))
        let summary = try fixture.engine.compact(before: nil)
        XCTAssertEqual([summary.filesLeft, summary.filesMoved, summary.rowsMoved], [1, 1, 1])
        try fixture.engine.close()
        let findings = try Verifier(path: directory.path).run().findings.map(\.description)
        for row in [7, 9, 11] { XCTAssertTrue(findings.contains { $0.contains("row \(row), ticket") }, "\(row): \(findings)") }
        XCTAssertFalse(findings.contains { $0.contains("row 8,") || $0.contains("row 12,") }, "\(findings)")
    }

    /// A file that was put back before its columns were laid down is whole again.
    func test_open_documentRestored_isAsBefore() throws {
        let directory = TemporaryDirectory()
        var fixture = try EngineFixture(directory.path)
        for number in 0..<10 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: " \(number)")) }
        let before = try fixture.walk(PageRequest(fields: ["*"]))
        let hot = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last).path
        try fixture.engine.close()
        let document = try SQLiteConnection(path: hot, mode: .readWrite).withDocument(3) { connection, document in
            try Self.set(connection, row: 3, document: document.map { $0 ^ 1 })
        }
        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(fixture.engine.damagedDocuments.map(\.row), [3])
        try fixture.engine.close()
        try Self.set(SQLiteConnection(path: hot, mode: .readWrite), row: 3, document: document)
        fixture = try EngineFixture(directory.path)
        XCTAssertEqual(fixture.engine.damagedDocuments, [])
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["*"])), before)
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }
}

extension SQLiteConnection {
    /// - Returns: the document as it is stored before `body`.
    fileprivate func withDocument(_ row: Int64, _ body: (SQLiteConnection, [UInt8]) throws -> Void) throws -> [UInt8] {
        let statement = try statement("SELECT document FROM rows WHERE id = ?1")
        statement.bind(1, row)
        _ = try statement.step()
        let document = statement.bytes(0)
        statement.reset()
        try body(self, document)
        return document
    }
}
