import ColumnStore
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a page for which no fields are named has the columns that every table has, but for the history and the document's hash. Method: a ledger and a versioned table,
/// hot and cold.
final class PageFieldsTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """
    private static let common: Set<String> = [
        "client_id", "receipt_id", "business_day", "issued_at", "type", "type_version", "received_at", "state", "completed_at", "ticket_id", "sequence", "content_type",
        "document", "upload_id",
    ]

    /// Each `*` was held against all columns that were named before it: half a million of them, as many as an export may name, took minutes for each page.
    func test_fieldsThatAreNamedAgainAndAgain_areOneEach() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        let all = try fixture.engine.page(PageRequest(fields: ["*"]), as: .admin).schema.fields.map(\.name)
        XCTAssertGreaterThan(all.count, Self.common.count)
        func names(_ fields: [String]) throws -> [String] { try fixture.engine.page(PageRequest(fields: fields), as: .admin).schema.fields.map(\.name) }
        XCTAssertEqual(try names(["state", "*", "state", "*"]), ["state"] + all.filter { $0 != "state" })
        XCTAssertEqual(try names(["state", "type", "state"]), ["state", "type"])
        let many = ["type"] + Array(repeating: "*", count: 500_000) + Array(repeating: "state", count: 500_000)
        XCTAssertEqual(try names(many), ["type"] + all.filter { $0 != "type" })
        XCTAssertThrowsError(try names(["*", "nothing"])) { XCTAssertEqual(($0 as? Fault)?.code, .badParameter) }
    }

    func test_withoutFields_everyTableHasTheCommonColumns() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.taken(#"{"schema":"licence/1","id":"L-1","name":"a"}"#)
        for tier in ["hot", "cold"] {
            if tier == "cold" { _ = try fixture.engine.compact(before: nil) }
            let ledger = try fixture.engine.page(PageRequest(), as: .admin)
            let names = ledger.schema.fields.map(\.name)
            XCTAssertEqual(Set(names), Self.common, tier)
            XCTAssertEqual(names.count, Self.common.count, tier)
            let row = try XCTUnwrap(ledger.batches.first)
            let place = try XCTUnwrap(names.firstIndex(of: "upload_id"))
            XCTAssertEqual(EngineFixture.text(row.columns[place].value(at: 0)), "-", "no upload brought it, \(tier)")
            let versions = try fixture.engine.page(PageRequest(table: "licences"), as: .admin)
            XCTAssertEqual(Set(versions.schema.fields.map(\.name)), Self.common.union(["version", "removed", "valid_to"]), tier)
        }
    }
}
