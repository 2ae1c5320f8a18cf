import ColumnStore
import XCTest

@testable import Ingest

/// What the catalog is told, it still knows after it was opened anew.
final class CatalogTests: XCTestCase {
    func test_contractsAndKeys_surviveReopening() throws {
        let directory = TemporaryDirectory()
        let data = try DataDirectory(path: directory.path)
        let full = Contract(
            clientID: "АТБ", name: "АТБ-маркет", access: .readWrite, scope: .own, types: ["pos-receipt", "x"], validFrom: 1, validTo: 2,
            ratePerSecond: 2.5, webhook: Contract.Webhook(url: "https://a.example", secret: "s"), callbackHosts: ["a.example", "b.example:8080"])
        let bare = Contract(clientID: "b", access: .read, scope: .all, types: [])
        do {
            let catalog = try Catalog(path: data.catalogPath)
            XCTAssertEqual(try catalog.put(full), .created)
            XCTAssertEqual(try catalog.put(bare), .created)
            XCTAssertEqual(try catalog.put(full), .unchanged)
            _ = try catalog.addKey(of: "АТБ", id: "k1", secretSHA256: [1, 2, 3])
            _ = try catalog.addKey(of: "b", id: "k1", secretSHA256: [4])
            XCTAssertThrowsError(try catalog.addKey(of: "b", id: "k2", secretSHA256: [4]))
            XCTAssertNotNil(catalog.contract(forKeySHA256: [1, 2, 3]))
            try catalog.flushKeyUses()
        }
        let catalog = try Catalog(path: data.catalogPath)
        XCTAssertEqual(catalog.contracts(), [bare, full])
        XCTAssertEqual(catalog.contract(forKeySHA256: [1, 2, 3]), full)
        XCTAssertNotNil(try catalog.keys(of: "АТБ").first?.lastUsedAt)
        XCTAssertTrue(try catalog.deleteContract("АТБ"))
        XCTAssertFalse(try catalog.deleteContract("АТБ"))
        XCTAssertNil(catalog.contract(forKeySHA256: [1, 2, 3]))
        XCTAssertEqual(catalog.contract(forKeySHA256: [4]), bare)
        XCTAssertTrue(try catalog.deleteKey(of: "b", id: "k1"))
        XCTAssertNil(catalog.contract(forKeySHA256: [4]))
        XCTAssertEqual(try Catalog(path: data.catalogPath).contracts(), [bare])
    }

    func test_hotFileNames_areNeverGivenTwice() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        XCTAssertEqual(try catalog.addHotFile(day: 7), 1)
        try catalog.setHotFileState(.moved, day: 7, part: 1)
        XCTAssertEqual(try catalog.addHotFile(day: 7), 2)
        XCTAssertEqual(try catalog.addHotFile(day: 8), 1)
    }

    func test_cursorKey_isMadeOnce() throws {
        let directory = TemporaryDirectory()
        let path = try DataDirectory(path: directory.path).catalogPath
        let key = try Catalog(path: path).cursorKey()
        XCTAssertEqual(key.count, 32)
        XCTAssertEqual(try Catalog(path: path).cursorKey(), key)
    }

    func test_dictionaryNumbers_beginAtTwo() throws {
        let directory = TemporaryDirectory()
        let catalog = try Catalog(path: try DataDirectory(path: directory.path).catalogPath)
        XCTAssertEqual(try catalog.addDictionary(type: "a", bytes: [1]), 2)
        XCTAssertEqual(try catalog.addDictionary(type: "b", bytes: [2]), 3)
        XCTAssertEqual(try catalog.dictionaries().map(\.number), [2, 3])
    }

    func test_schemaText_roundTripsEveryType() throws {
        let fields: [Field] = [
            Field("a", .boolean), Field("b", .int32), Field("c", .int64), Field("d", .double), Field("e", .decimal(precision: 38, scale: 9)),
            Field("ї", .string), Field("g", .binary), Field("h", .date), Field("i", .timestampTZ),
            Field("lines", .list(element: Field("element", .structure([Field("x{}", .string), Field("y", .decimal(precision: 1, scale: 0))])))),
            Field("last", .string),
        ]
        XCTAssertEqual(SchemaEncoding.fields(SchemaEncoding.text(fields)), fields)
        XCTAssertEqual(SchemaEncoding.fields(""), [])
        for text in ["a", "a\u{1F}BOOLEAN", "a\u{1F}NOTHING\u{1E}", "a\u{1F}DECIMAL(39,0)\u{1E}", "a\u{1F}LIST{b\u{1F}DATE\u{1E}\u{1E}"] {
            XCTAssertNil(SchemaEncoding.fields(text), text)
        }
    }

    func test_merge_addsColumnsAndMembers_andRefusesOtherTypes() {
        func list(_ members: [Field]) -> ColumnType { .list(element: Field("element", .structure(members))) }
        let table = [Field("a", .string), Field("l", list([Field("x", .string)]))]
        let merged = SchemaEncoding.merged(table, adding: [Field("l", list([Field("y", .date)])), Field("b", .int32)])
        XCTAssertEqual(merged, [Field("a", .string), Field("l", list([Field("x", .string), Field("y", .date)])), Field("b", .int32)])
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("a", .date)]))
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("l", list([Field("x", .date)]))]))
        XCTAssertNil(SchemaEncoding.merged(table, adding: [Field("l", .string)]))
    }
}
