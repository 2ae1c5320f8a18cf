import ColumnStore
import Query
import XCTest

/// Goal: a statement's text and plan are charged to the memory of all queries, as long as they are there.
final class PlanMemoryTests: XCTestCase {
    private func query(_ count: Int) -> String { "SELECT 1 WHERE " + (0..<count).map { "1 <> \($0 + 2)" }.joined(separator: " AND ") }

    func test_longStatement_isCharged_andGivenBack() throws {
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1))
        let context = QueryContext(catalog: FixedCatalog(tables: []), timeZone: "UTC", now: 0)
        do {
            let prepared = try engine.prepare(query(8_000), in: context)
            XCTAssertGreaterThan(engine.memoryByteCounts.used, 16 << 20)
            withExtendedLifetime(prepared) {}
        }
        XCTAssertEqual(engine.memoryByteCounts.used, 0)
        let short = try engine.prepare(query(10), in: context)
        XCTAssertEqual(engine.memoryByteCounts.used, 0)
        withExtendedLifetime(short) {}
    }

    func test_statementThatFindsNoRoom_isRefused() throws {
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 32 << 20))
        let context = QueryContext(catalog: FixedCatalog(tables: []), timeZone: "UTC", now: 0)
        XCTAssertThrowsError(try engine.prepare(query(8_000), in: context)) { XCTAssertEqual(($0 as? QueryError)?.slug, .spillFull) }
        XCTAssertEqual(engine.memoryByteCounts.used, 0)
        XCTAssertNoThrow(try engine.prepare(query(500), in: context))
    }
}
