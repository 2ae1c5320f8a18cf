import ColumnStore
@testable import Query
import Synchronization
import XCTest

/// Goal: a table that a catalog makes of rows is made once for a statement, however often it is named, and charged as long as a plan has it. Method: a catalog that counts what it is asked for.
final class MadeTablesTests: XCTestCase {
    private final class Counted: QueryCatalog {
        let makeCount = Mutex(0), lookCount = Mutex(0)
        var entryNames: [String] { ["seen"] }
        var schemas: [CatalogSchema] { [CatalogSchema(name: "own", entryNames: ["texts"])] }

        func entry(named name: String) throws -> CatalogEntry? {
            lookCount.withLock { $0 += 1 }
            return name == "seen" ? .table(MemoryTable(schema: Schema([Field("n", .int32)]), batches: []), scope: []) : nil
        }

        /// Twelve mebibytes.
        func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? {
            guard schema == "own", name == "texts" else { return nil }
            makeCount.withLock { $0 += 1 }
            var builder = ColumnBuilder(type: .string)
            for _ in 0..<12 { builder.append(.string(String(repeating: "x", count: 1 << 20))) }
            return .table(MemoryTable(schema: Schema([Field("text", .string)]), batches: [ColumnBatch(rowCount: 12, columns: [builder.finish()])]), scope: [])
        }
    }

    private func union(_ query: String, _ count: Int) -> String { [String](repeating: query, count: count).joined(separator: " UNION ALL ") }

    func test_tables_areMadeOnceForAStatement() throws {
        let catalog = Counted()
        let context = QueryContext(catalog: catalog, now: 0)
        _ = try Binder.bind(union("SELECT text FROM own.texts", 40), in: context)
        XCTAssertEqual(catalog.makeCount.withLock { $0 }, 1)
        XCTAssertGreaterThan(context.made.byteCount, 12 << 20)
        XCTAssertLessThan(context.made.byteCount, 24 << 20)
        // Another statement's are its own.
        _ = try Binder.bind("SELECT text FROM own.texts", in: QueryContext(catalog: catalog, now: 0))
        XCTAssertEqual(catalog.makeCount.withLock { $0 }, 2)
    }

    func test_informationSchema_isMadeOnceForAStatement() throws {
        func lookCount(_ count: Int) throws -> Int {
            let catalog = Counted()
            _ = try Binder.bind(union("SELECT table_name FROM information_schema.tables", count), in: QueryContext(catalog: catalog, now: 0))
            return catalog.lookCount.withLock { $0 }
        }
        XCTAssertGreaterThan(try lookCount(1), 0)
        XCTAssertEqual(try lookCount(20), try lookCount(1))
    }

    func test_tables_areChargedWhileAPlanHasThem() throws {
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1))
        var prepared: PreparedQuery?
        do {
            var context = QueryContext(catalog: Counted(), now: 0)
            context.made = MadeTables(engine.memoryOnBehalf(atMost: .max))
            prepared = try engine.prepare(union("SELECT text FROM own.texts", 10), in: context)
        }
        XCTAssertGreaterThan(engine.memoryByteCounts.used, 12 << 20)
        XCTAssertLessThan(engine.memoryByteCounts.used, 24 << 20)
        withExtendedLifetime(prepared) {}
        prepared = nil
        XCTAssertEqual(engine.memoryByteCounts.used, 0)
    }

    func test_tableThatFindsNoRoom_isRefused() throws {
        // An eighth of it is less than the table.
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 64 << 20))
        do {
            var context = QueryContext(catalog: Counted(), now: 0)
            context.made = MadeTables(engine.memoryOnBehalf(atMost: .max))
            XCTAssertThrowsError(try engine.prepare("SELECT text FROM own.texts", in: context)) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .spillFull)
                XCTAssertNotNil((error as? QueryError)?.position)
            }
        }
        XCTAssertEqual(engine.memoryByteCounts.used, 0)
    }
}
