import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what was made before something was hidden is hidden with it, and what was made behind it is not, whatever the clock says of either. Method: an export, an upload's feedback and a
/// refused document on both sides of a version that hides a column, by a clock that is set between, and a start after it.
final class TypePlaceTests: XCTestCase {
    private static let start: Int64 = 1_800_000_000_000_000
    private static let minute: Int64 = 60_000_000

    private func put(_ version: Int, _ more: String, _ engine: Engine) throws {
        let file = #"{"name":"a","version":\#(version),"table":"accounts","format":"json","match":{"/k":"a"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"ssn":{"path":"/ssn","type":"VARCHAR"\#(more)}}}"#
        _ = try engine.putType(name: "a", body: Array(file.utf8))
    }

    /// - Returns: the refused document's ticket.
    private func make(_ id: String, _ fixture: EngineFixture) throws -> String {
        let engine = fixture.engine
        var export = Export(id: id, owner: .contract(ClientID("c1")), name: "a", format: "csv", request: [], createdAt: engine.options.hot.clock.now(), expiresIn: 1)
        try engine.addExport(export)
        (export.state, export.expiresAt, export.rights) = (.done, Int64.max, Export.Rights(scope: .own, seesSensitive: false))
        XCTAssertTrue(try engine.endExport(export))
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.type = "a"
        let upload = try engine.uploads.announce(announcement, id: id, as: EngineFixture.own)
        let rejection = UploadRejection(record: 1, receiptID: nil, violations: [.init(pointer: "/at", code: "c", message: "no time")], columns: Array("{}".utf8))
        XCTAssertTrue(try engine.catalog.change(upload, from: .new, rejections: [rejection]))
        return try XCTUnwrap(fixture.refusal(#"{"k":"a","id":"\#(id)","at":"never","ssn":"SEC1"}"#)?.ticketID)
    }

    /// Of the export, the feedback and the document: whether the contract sees what they say.
    private func isShown(_ id: String, _ ticket: String, _ engine: Engine) throws -> [Bool] {
        let own = EngineFixture.own
        let feedback = try engine.uploads.rejections(of: try engine.uploads.upload(id, as: own), after: 0, limit: 9, as: own, hold: { _ in }).rejections
        let refused = try engine.quarantineEntry(ticket, as: own)
        return [
            try engine.export(id, as: .admin).state == .done, feedback.flatMap(\.violations).map(\.message) == ["no time"], refused.problem.detail != Ticket.notShown,
        ]
    }

    func test_clockThatIsSet_changesNothingOfWhatWasFirst() throws {
        // In minutes: the first version, what is made by it, the version that hides, what is made behind that.
        for instants in [[0, 5, -50, -45], [-600, 5, -50, -45], [-600, -590, 0, -50], [0, 0, 0, 0]] as [[Int64]] {
            let folder = TemporaryDirectory()
            let time = QueueFixture.TestTime(Self.start)
            func set(_ minutes: Int64) { time.jump(Self.start + minutes * Self.minute - time.now) }
            let clock = Clock { time.now }
            let fixture = try EngineFixture(folder.path, clock: clock)
            set(instants[0])
            try put(1, "", fixture.engine)
            set(instants[1])
            let before = try make("before", fixture)
            XCTAssertEqual(try isShown("before", before, fixture.engine), [true, true, true], "\(instants)")
            set(instants[2])
            try put(2, #","sensitive":true"#, fixture.engine)
            set(instants[3])
            let behind = try make("behind", fixture)
            XCTAssertEqual(try isShown("before", before, fixture.engine), [false, false, false], "\(instants)")
            XCTAssertEqual(try isShown("behind", behind, fixture.engine), [true, true, true], "\(instants)")
            let place = fixture.engine.types.place
            try fixture.engine.close()
            let again = try EngineFixture(folder.path, clock: clock)
            XCTAssertEqual(again.engine.types.place, place)
            XCTAssertEqual(try isShown("before", before, again.engine), [false, false, false], "after a start: \(instants)")
            XCTAssertEqual(try isShown("behind", behind, again.engine), [true, true, true], "after a start: \(instants)")
            try again.engine.close()
        }
    }

    /// The versions of a type are in the order of their numbers, and no row is behind a version that is still to come.
    func test_catalogOfBefore_hasTheOrderOfItsInstants() throws {
        let directory = TemporaryDirectory()
        let data = try DataDirectory(path: directory.path)
        let step = try XCTUnwrap(CatalogSchema.migrations.firstIndex { $0.contains("ALTER TABLE types ADD COLUMN place") })
        let tickets = [UInt8(1), 2].map { [UInt8](repeating: $0, count: 16) }
        let reasons = Fault(.invalidDocument, "what is wrong", errors: [.init(pointer: "/a", code: "c", message: "1")])
        do {
            let connection = try SQLiteConnection(path: data.catalogPath, mode: .create)
            try connection.execute("PRAGMA journal_mode=WAL")
            for sql in CatalogSchema.migrations[..<step] { try connection.execute(sql) }
            try connection.execute("""
                INSERT INTO types(name, version, json, put_at) VALUES('a', 1, x'', 100), ('a', 2, x'', 50), ('b', 1, x'', 70);
                INSERT INTO exports(id, name, format, request, created_at, expires_in, state) VALUES('early', 'x', 'csv', x'', 70, 1, 'DONE'), ('late', 'x', 'csv', x'', 500, 1, 'DONE');
                INSERT INTO uploads(id, name, created_at, expires_at, state) VALUES('early', 'x', 70, 1, 'NEW'), ('late', 'x', 500, 1, 'NEW');
                PRAGMA user_version = \(step);
                """)
            for (ticket, receivedAt) in zip(tickets, [70, 500] as [Int64]) {
                let insert = try connection.statement(
                    "INSERT INTO quarantine(ticket, received_at, content_type, sha256, problem, byte_count, document) VALUES(?1, ?2, 'x/y', ?1, ?3, 1, x'07')")
                try insert.bind(1, ticket)
                insert.bind(2, receivedAt)
                try insert.bind(3, FaultText.text(reasons))
                try insert.run()
            }
        }
        let catalog = try Catalog(path: data.catalogPath, clock: Clock { 1_000 })
        func place(_ condition: String) throws -> Int64? { try catalog.read { try $0.integer("SELECT place FROM types WHERE \(condition)") } }
        XCTAssertEqual(try [1, 2].map { try place("name = 'a' AND version = \($0)") }, [100, 100])
        XCTAssertEqual(try place("name = 'b'"), 70)
        XCTAssertEqual(try ["early", "late"].map { try XCTUnwrap(try catalog.export($0)).typesPlace }, [69, 100])
        XCTAssertEqual(try ["early", "late"].map { try XCTUnwrap(try catalog.upload($0)).typesPlace }, [70, 100])
        func put(_ places: (String, Int64)...) throws {
            try catalog.put(places.map { NewType(name: $0, version: 1, json: [], isBuiltIn: false, table: "t", columns: [], place: $1) })
        }
        try put(("c", 101), ("d", 102))
        XCTAssertEqual(try ["c", "d"].map { try place("name = '\($0)'") }, [101, 102])
        XCTAssertThrowsError(try put(("e", 102)), "it is another's")
        XCTAssertThrowsError(try put(("e", 104), ("f", 103)), "the later one comes first")
        XCTAssertNil(try place("name = 'e'"))
        XCTAssertEqual(try catalog.lastTypePlace(), 102)
        // Behind none of those that came since.
        let quarantine = Quarantine(catalog: catalog, limits: Quarantine.Limits())
        let refused = try tickets.map { try XCTUnwrap(try quarantine.entry(try XCTUnwrap(ULID(bytes: $0)))) }
        XCTAssertEqual(refused.map(\.typesPlace), [70, 100])
        XCTAssertEqual(refused.map(\.document), [[7], [7]])
        XCTAssertEqual(refused.map(\.problem.errors), [reasons.errors, reasons.errors])
        XCTAssertEqual(try quarantine.entries(of: .all, below: nil, limit: 9).entries.map(\.typesPlace), [100, 70])
    }

    func test_reasons_keepTheirPlace_besideWhatTheySay() throws {
        for errors in [[], [Fault.Violation(pointer: "/a", code: "c", message: "1")]] as [[Fault.Violation]] {
            let fault = Fault(.invalidDocument, "what is wrong", errors: errors)
            for place in [-1, 0, 7, .max] as [Int64] {
                let text = FaultText.text(fault, typesPlace: place)
                XCTAssertEqual(FaultText.typesPlace(text), place)
                XCTAssertEqual(FaultText.problem(text)?.errors.map(\.message), errors.map(\.message))
                XCTAssertEqual(FaultText.problem(text)?.detail, "what is wrong")
            }
            XCTAssertNil(FaultText.typesPlace(FaultText.text(fault)), "a text of before says none")
        }
    }
}
