import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: what the catalogs say of a session is what it is, and NULL where PostgreSQL has nothing to say. Method: views and functions over sessions that began with settings of their own.
final class SystemSessionViewsTests: XCTestCase {
    private static let engine = QueryEngine()

    private func catalog(_ settings: SessionSettings) -> SystemCatalog {
        SystemCatalog(FixedCatalog(tables: []), SystemSession(user: "shop", database: "till", processID: 7, settings: settings))
    }

    private func rows(_ query: String, _ context: QueryContext) throws -> [[Value]] {
        let stream = try Self.engine.execute(try Self.engine.prepare(query, in: context))
        var found: [[Value]] = []
        while let batch = try stream.next() { for row in 0..<batch.rowCount { found.append(batch.columns.map { $0.value(at: row) }) } }
        return found
    }

    private func rows(_ query: String, _ settings: SessionSettings? = nil) throws -> [[Value]] {
        try rows(query, QueryContext(catalog: catalog(settings ?? SessionSettings([], user: "shop")), now: 0))
    }

    func test_numbersOfWhatIsNotThere_areNULL() throws {
        XCTAssertEqual(try rows("SELECT leader_pid, backend_xid, backend_xmin, query_id FROM pg_stat_activity"), [[.null, .null, .null, .null]])
        XCTAssertEqual(try rows("SELECT count(*) > 100, count(sourceline) FROM pg_settings"), [[.boolean(true), .integer(0)]])
        XCTAssertEqual(try rows("SELECT s.bits, d.checksum_failures, d.xact_commit FROM pg_stat_ssl s, pg_stat_database d"), [[.null, .null, .integer(0)]])
    }

    func test_settings_sayWhatTheSessionBeganWith() throws {
        var settings = try SessionSettings([.init("work_mem", "8MB")], user: "shop")
        try settings.set("jit", "on")
        XCTAssertEqual(
            try rows("SELECT name, setting, boot_val, reset_val, source FROM pg_settings WHERE name IN ('enable_sort', 'jit', 'work_mem') ORDER BY name", settings),
            [
                [.string("enable_sort"), .string("on"), .string("on"), .string("on"), .string("default")], [.string("jit"), .string("on"), .string("off"), .string("off"), .string("session")],
                [.string("work_mem"), .string("8192"), .string("4096"), .string("8192"), .string("client")],
            ])
        try settings.set("work_mem", "1MB")
        XCTAssertEqual(try rows("SELECT setting, reset_val, source FROM pg_settings WHERE name = 'work_mem'", settings), [[.string("1024"), .string("8192"), .string("session")]])
    }

    func test_clientEncoding_isTheSessions() throws {
        XCTAssertEqual(try rows("SELECT pg_client_encoding()::text"), [[.string("UTF8")]])
        XCTAssertEqual(try rows("SELECT pg_client_encoding()::text", SessionSettings([.init("client_encoding", "sql_ascii")], user: "shop")), [[.string("SQL_ASCII")]])
    }

    func test_times_ofATransaction_ofItsStatement_andOfTheClock() throws {
        let changes = SettingChanges()
        var context = QueryContext(catalog: catalog(try SessionSettings([], user: "shop")), now: 5_000_000)
        context.session = changes
        XCTAssertEqual(try rows("SELECT statement_timestamp(), now()", context), [[.integer(5_000_000), .integer(5_000_000)]])
        changes.came(at: 7_000_000)
        changes.beginPlanning()
        XCTAssertEqual(try rows("SELECT now(), transaction_timestamp()", context), [[.integer(5_000_000), .integer(5_000_000)]])
        XCTAssertFalse(changes.wasMomentSeen)
        XCTAssertEqual(try rows("SELECT statement_timestamp(), now()", context), [[.integer(7_000_000), .integer(5_000_000)]])
        XCTAssertTrue(changes.wasMomentSeen)
        XCTAssertEqual(try rows("SELECT clock_timestamp() > statement_timestamp(), pg_typeof(clock_timestamp())::text", context), [[.boolean(true), .string("timestamp with time zone")]])
        XCTAssertEqual(try rows("SELECT count(clock_timestamp()), min(clock_timestamp()) > now() FROM generate_series(1, 3)", context), [[.integer(3), .boolean(true)]])
        XCTAssertThrowsError(try rows("SELECT till_clock()", context)) { XCTAssertEqual(($0 as? QueryError)?.cause, .undefinedFunction) }
        XCTAssertFalse(try Self.engine.prepare("SELECT clock_timestamp()", in: context).isConstant, "folded it would stand still")
    }
}
