import ColumnStore
import Ingest
import XCTest

@testable import Server

/// Goal: what is wrong with a request for an export is said so that it can be mended. Method: bodies, read alone.
final class ExportRequestTests: XCTestCase {
    private func refusal(_ body: String) throws -> String {
        var detail = ""
        XCTAssertThrowsError(try ExportRequest(body: JSONParser.parse(Array(body.utf8)), as: .admin), body) { detail = ($0 as? Problem)?.detail ?? "\($0)" }
        return detail
    }

    func test_sheets_ofAnotherCount_areCounted() throws {
        for count in [0, 101, 5_000] {
            let sheets = [String](repeating: #"{"query":"SELECT 1"}"#, count: count).joined(separator: ",")
            let said = try refusal(#"{"sheets":[\#(sheets)],"format":"xlsx"}"#)
            XCTAssertTrue(said.contains("1 to 100 sheets is wanted, not of \(count)"), said)
        }
        let said = try refusal(#"{"sheets":{"query":"SELECT 1"},"format":"xlsx"}"#)
        XCTAssertTrue(said.contains("1 to 100 sheets is wanted, not an object"), said)
    }
}
