import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what becomes sensitive is hidden with all documents that hold it, and ends the files that were made of them before. Method: types of one table that are put one after another,
/// an export of a contract and one of the administrator before the last of them, and a start after it.
final class HiddenExportsTests: XCTestCase {
    private static let plain = #""iban":{"path":"/iban","type":"VARCHAR"}"#
    private static let closed = #""iban":{"path":"/iban","type":"VARCHAR","sensitive":true}"#
    private static let other = #""x":{"path":"/x","type":"VARCHAR"}"#
    private static let both = other + "," + closed

    /// A type's next version; nil columns: the type is deleted.
    private typealias Step = (name: String, version: Int, columns: String?)

    private func take(_ step: Step, _ engine: Engine) throws {
        guard let columns = step.columns else { return try engine.types.delete(name: step.name) }
        let file = #"{"name":"\#(step.name)","version":\#(step.version),"table":"accounts","format":"json","match":{"/k":"\#(step.name)"},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{\#(columns)}}"#
        _ = try engine.types.put(name: step.name, json: Array(file.utf8))
    }

    private func addExport(_ id: String, of owner: Identity, to engine: Engine) throws {
        var export = Export(id: id, owner: owner, name: "a", format: "csv", request: [], createdAt: engine.options.hot.clock.now(), expiresIn: 1)
        try engine.addExport(export)
        (export.state, export.expiresAt) = (.done, Int64.max)
        if owner != .administrator { export.rights = Export.Rights(scope: .own, seesSensitive: false) }
        XCTAssertTrue(try engine.endExport(export))
    }

    func test_whatIsHiddenSince_endsFilesOfBefore_afterAStartToo() throws {
        let cases: [(what: String, before: [Step], last: Step, isOver: Bool)] = [
            ("documents of a type, where the column was hidden", [("a", 1, Self.closed), ("b", 1, Self.other)], ("b", 2, Self.both), true),
            ("a column of a type that is gone, by a new one", [("a", 1, Self.plain), ("a", 1, nil)], ("b", 1, Self.closed), true),
            ("a column that a type has no more, by a new one", [("z", 1, Self.plain), ("z", 2, Self.other)], ("b", 1, Self.closed), true),
            ("a column that none has had", [("a", 1, Self.other)], ("b", 1, Self.closed), false),
            ("nothing more", [("a", 1, Self.closed), ("b", 1, Self.other)], ("a", 2, Self.both), false),
        ]
        for (what, before, last, isOver) in cases {
            let folder = TemporaryDirectory()
            let fixture = try EngineFixture(folder.path)
            for step in before { try take(step, fixture.engine) }
            try addExport("theirs", of: .contract(ClientID("c1")), to: fixture.engine)
            try addExport("admin", of: .administrator, to: fixture.engine)
            func states(_ engine: Engine) throws -> [Export.State] { try ["theirs", "admin"].map { try engine.export($0, as: .admin).state } }
            XCTAssertEqual(try states(fixture.engine), [.done, .done], what)
            try take(last, fixture.engine)
            XCTAssertEqual(try states(fixture.engine), [isOver ? .expired : .done, .done], what)
            try fixture.engine.close()
            let again = try EngineFixture(folder.path)
            defer { XCTAssertNoThrow(try again.engine.close()) }
            XCTAssertEqual(try states(again.engine), [isOver ? .expired : .done, .done], "after a start: \(what)")
        }
    }

    /// The type that took it has the column no more, and says nothing of it; its documents are as they were.
    func test_documentOfAColumnThatAnotherTypeHides_isHidden_afterAStartToo() throws {
        let request = PageRequest(table: "accounts", fields: ["receipt_id", "iban", "document", "document_sha256", "history"])
        let reader = Principal(clientID: "c1", access: .read, scope: .own)
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        try take(("z", 1, Self.plain), fixture.engine)
        _ = try fixture.taken(#"{"k":"z","id":"R1","at":"2026-11-02T10:00:00Z","iban":"SEC1"}"#)
        try take(("z", 2, Self.other), fixture.engine)
        XCTAssertTrue(try fixture.walk(request, as: reader).joined().contains(#""iban":"SEC1""#))
        try take(("b", 1, Self.closed), fixture.engine)
        XCTAssertEqual(try fixture.walk(request, as: reader), ["R1|-|-|-|-"])
        XCTAssertTrue(try fixture.walk(request).joined().contains(#""iban":"SEC1""#))
        try fixture.engine.close()
        let again = try EngineFixture(folder.path)
        defer { XCTAssertNoThrow(try again.engine.close()) }
        XCTAssertEqual(try again.walk(request, as: reader), ["R1|-|-|-|-"])
    }
}
