import ColumnStore
import XCTest

/// Goal: a type that was kept by its name is that type again. Method: names of all kinds are read back; what is no name is nothing.
final class ColumnTypeReadingTests: XCTestCase {
    func test_names_areReadBack() {
        let plain: [ColumnType] = [
            .boolean, .int32, .int64, .double, .decimal(precision: 18, scale: 4), .string, .binary, .json(isBinary: true), .json(isBinary: false), .uuid, .date, .time,
            .timestamp(isUTC: true), .timestamp(isUTC: false), .interval,
        ]
        let row = ColumnType.structure([Field("a", .int32), Field("b \"x\", y", .decimal(precision: 38, scale: 0)), Field("", .list(element: Field("element", .string)))])
        let nested: [ColumnType] = [row, .list(element: Field("element", row)), .list(element: Field("element", .list(element: Field("element", .int64)))), .structure([])]
        for type in plain + nested { XCTAssertEqual(ColumnType(sqlName: type.sqlName), type, type.sqlName) }
    }

    func test_otherTexts_areNoTypes() {
        let deep = String(repeating: "STRUCT(\"a\" ", count: 1_000)
        for text in ["", "TEXT", "integer", "INTEGER ", "INTEGER[", "DECIMAL", "DECIMAL()", "DECIMAL(1)", "DECIMAL(99,1)", "STRUCT", "STRUCT(", "STRUCT(\"a\"", "STRUCT(\"a\" INTEGER", "STRUCT(a INTEGER)", deep,
            "INTEGER" + String(repeating: "[]", count: 1_000)]
        {
            XCTAssertNil(ColumnType(sqlName: text), text)
        }
    }
}
