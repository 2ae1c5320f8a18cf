import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: no text of a client's holds its thread by its combining marks. Method: half a million of them, out of order, wherever the door looks for a word or a name: one comparison
/// of Strings would take minutes, and the test would not end.
final class MarksOfQuestionsTests: XCTestCase {
    private static let marks = "a" + String(repeating: "\u{301}\u{316}", count: 250_000)

    func test_parameters_areReadAsWhatTheyAre() {
        let types: [PostgresType] = [.numeric, .float8, .bool, .int4, .date, .time, .timestamp, .interval, .uuid, .oid]
        for type in types {
            for text in [Self.marks, "1 " + Self.marks] {
                XCTAssertThrowsError(try BoundParameters.read([Array(text.utf8)], formats: [], types: [type.rawValue]), "\(type)") { XCTAssertTrue($0 is PostgresFault) }
            }
        }
        XCTAssertNoThrow(try BoundParameters.read([Array("{\(Self.marks),null}".utf8)], formats: [], types: [PostgresType.text.arrayType]))
    }

    func test_names_areNotThere() throws {
        let catalog = SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7, settings: try SessionSettings([], user: "shop")))
        for registry in ["regclass", "regtype", "regnamespace", "regrole", "regproc", "regprocedure"] {
            for name in [Self.marks, "public." + Self.marks, Self.marks + "(int4)", "int4" + String(repeating: "[]", count: 2_000_000)] {
                XCTAssertNil(try catalog.object(named: name, in: registry), registry)
                XCTAssertThrowsError(try BoundParameters.read([Array(name.utf8)], formats: [], types: [PostgresType.regclass.rawValue]) { try catalog.object(named: $0, in: $1) })
            }
        }
        XCTAssertNotNil(try catalog.object(named: "pg_class", in: "regclass"))
        XCTAssertNotNil(try catalog.object(named: "lower(text)", in: "regprocedure"))
    }

    func test_texts_areComparedWithNoWord() throws {
        XCTAssertFalse(PreparedQuestion(text: "SELECT '\(Self.marks)'", start: 0).mayHaveParameters)
        XCTAssertTrue(PreparedQuestion(text: "SELECT '\(Self.marks)', $1", start: 0).mayHaveParameters)
        XCTAssertEqual(SystemRights.fault([Self.marks], of: "has_schema_privilege", roles: [])?.place, 0)
        XCTAssertEqual(SystemRights.fault([nil, Self.marks, "SELECT"], of: "has_table_privilege", roles: [])?.place, 1)
        XCTAssertNil(SystemRights.fault([nil, "receipts", "SELECT"], of: "has_table_privilege", roles: []))
        let changes = [Self.marks, "b"].map { SettingChange(name: "application_name", value: $0, isLocal: false) }
        XCTAssertNotEqual(changes[0], changes[1])
        XCTAssertEqual(changes[0], changes[0])
        XCTAssertNotEqual(changes[1], SettingChange(name: "application_name", value: nil, isLocal: false))
    }

    func test_explainedExecute_tellsItsForm() throws {
        let session = PostgresSession(try SessionSettings([], user: "shop"))
        func type(_ options: String) -> UInt32? { session.columns(of: .explain(options: options, name: "q", arguments: []), or: []).first?.type }
        XCTAssertEqual(type("EXPLAIN (FORMAT '\(Self.marks)')"), PostgresType.text.rawValue)
        XCTAssertEqual(type("EXPLAIN (FORMAT JSON)"), PostgresType.json.rawValue)
        XCTAssertEqual(type("explain (analyze, format 'json')"), PostgresType.json.rawValue)
        XCTAssertEqual(type("EXPLAIN ANALYZE"), PostgresType.text.rawValue)
    }
}
