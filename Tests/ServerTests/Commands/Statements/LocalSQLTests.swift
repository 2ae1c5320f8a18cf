import ColumnStore
import XCTest

@testable import Server

/// Goal: a prompt shows every answer that a query has. Method: documents that a strict reader of JSON refuses, as a page and as lines.
final class LocalSQLTests: XCTestCase {
    private static let depth = JSONParser.depthMax

    func test_documents_withRepeatsAndAsDeepAsTheyMayBe_areShown() throws {
        let sql = try LocalSQL(tables: [], directory: nil, settings: Settings(), threadCount: 1)
        let deep = String(repeating: "[", count: Self.depth) + String(repeating: "]", count: Self.depth)
        let page = try sql.page(#"SELECT '{"a":1,"a":2}'::json, '\#(deep)'::jsonb"#, cursor: nil)
        guard case .array(let rows)? = page["rows"], case .array(let cells)? = rows.first else { return XCTFail("no rows") }
        XCTAssertEqual(cells.map { ResultTable.plain($0) }, [#"{"a":1,"a":2}"#, deep])
        var lines = LineRows(columnCount: 1)
        try lines.add(Array("{\"d\":{\"a\":1,\"a\":\(deep.dropFirst().dropLast())}}\n".utf8)[...]) { _ in }
        XCTAssertEqual(lines.rows.count, 1)
    }
}
