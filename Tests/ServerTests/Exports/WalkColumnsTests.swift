import ColumnStore
import Ingest
import XCTest

@testable import Server

/// Goal: the file of an export has the columns with which its walk began, whatever types are put meanwhile.
final class WalkColumnsTests: XCTestCase {
    private static func list(_ members: [String]) -> ColumnType { .list(element: Field("element", .structure(members.map { Field($0, .string) }))) }

    private func page(_ rows: [[Value]], _ fields: [Field]) -> Page {
        let columns = fields.indices.map { place -> Column in
            var builder = ColumnBuilder(type: fields[place].type)
            for row in rows { builder.append(row[place]) }
            return builder.finish()
        }
        return Page(schema: Schema(fields), batches: [ColumnBatch(rowCount: rows.count, columns: columns)], nextCursor: "next")
    }

    private func rows(_ page: Page) -> [[Value]] {
        page.batches.flatMap { batch in (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } } }
    }

    func test_laterPages_haveTheColumnsAndMembersOfTheFirst() {
        let before = [Field("id", .string), Field("lines", Self.list(["code", "name"])), Field("total", .int64)]
        let first = page([[.string("a"), .list([.structure([.string("1"), .string("one")])]), .integer(1)]], before)
        let columns = WalkColumns(first)
        XCTAssertEqual(rows(columns.shaped(first)), rows(first))
        let since = [Field("id", .string), Field("lines", Self.list(["vat", "code", "name"])), Field("flag", .boolean), Field("total", .int64), Field("zone", .string)]
        let later = columns.shaped(
            page(
                [
                    [.string("b"), .list([.structure([.string("20"), .string("2"), .null]), .structure([.null, .string("3"), .string("three")])]), .boolean(true), .integer(2), .string("z")],
                    [.string("c"), .null, .null, .null, .null], [.string("d"), .list([]), .null, .integer(4), .null],
                ], since))
        XCTAssertEqual(later.schema.fields, before)
        XCTAssertEqual(later.nextCursor, "next")
        XCTAssertEqual(later.batches.map { $0.columns.map(\.type) }, [before.map(\.type)])
        XCTAssertEqual(
            rows(later),
            [
                [.string("b"), .list([.structure([.string("2"), .null]), .structure([.string("3"), .string("three")])]), .integer(2)],
                [.string("c"), .null, .null], [.string("d"), .list([]), .integer(4)],
            ])
    }
}
