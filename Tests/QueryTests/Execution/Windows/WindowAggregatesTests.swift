import ColumnStore
import XCTest

@testable import Query

/// Goal: running totals are charged before they are laid down, and rows that FILTER leaves out cost a window's frames nothing.
///
/// Method: one partition under memory that has room for the totals and under memory that has not; frames of many rows of which few are kept.
final class WindowAggregatesTests: XCTestCase {
    private static let rowCount = 100_000

    private func answers(_ function: AggregateFunction, _ type: ColumnType, _ memory: MemoryBudget) throws -> Column {
        let rowCount = Self.rowCount, pool = WorkerPool(threadCount: 1)
        // What partitions and frames take is not asked here.
        let free = QueryRun(pool: pool), run = QueryRun(pool: pool, memory: memory)
        let frame = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
        let call = WindowNode.Call(
            column: OutputColumn(id: ColumnID(1), name: "", type: type), function: .aggregate(function), arguments: [.column(ColumnID(2), .int64)], frame: frame)
        let rows = try WindowRows(partitionKeys: try HeldKeys.make([], count: rowCount, of: "a test", free), order: [], rowCount: rowCount, free)
        let values = Column.whole((0..<Int64(rowCount)).map { $0 }, type: .int64, validity: nil)
        return try WindowAggregates(function, call, [values], nil, try WindowFrames(frame, rows, free.context), run).evaluate()
    }

    func test_runningTotals_areChargedBeforeTheyAreThere() throws {
        let last = Self.rowCount - 1
        let cases: [(AggregateFunction, ColumnType, Int)] = [
            (.sum, .int64, 3 * MemoryLayout<Int128>.stride), (.variance, .double, 2 * MemoryLayout<ExactMoments>.stride),
        ]
        for (function, type, rowByteCount) in cases {
            let wide = MemoryBudget(byteCountMax: 256 << 20), narrow = MemoryBudget(byteCountMax: 4 << 20)
            let answers = try self.answers(function, type, wide)
            XCTAssertEqual(answers.count, Self.rowCount)
            if function == .sum { XCTAssertEqual(answers.value(at: last), .integer(Int64(last * (last + 1) / 2))) }
            XCTAssertGreaterThanOrEqual(wide.peakByteCount, Self.rowCount * rowByteCount, function.rawValue)
            XCTAssertEqual(wide.usedByteCount, 0, function.rawValue)
            XCTAssertThrowsError(try self.answers(function, type, narrow), function.rawValue) { XCTAssertEqual(($0 as? QueryError)?.needsMemory, true) }
            XCTAssertEqual(narrow.usedByteCount, 0, function.rawValue)
        }
    }

    /// Frame by frame there are 1,800,000,000 rows, of which some 120,000 are kept.
    func test_filter_rowsThatItLeavesOut_areNotWalked() throws {
        func query(_ filter: String) -> String {
            """
            SELECT count(*), count(a), sum(cardinality(a)) FROM \
            (SELECT array_agg(g) FILTER (WHERE \(filter)) OVER (ORDER BY g) a FROM generate_series(1, 60000) s(g)) q
            """
        }
        XCTAssertEqual(try QueryFixture().rows(query("g % 20000 = 7")), "60000,59994,119982")
        XCTAssertEqual(try QueryFixture().rows(query("g < 0")), "60000,0,")
    }

    func test_filter_ofFramesInPieces() throws {
        let query = """
            SELECT string_agg(g::text, '-') FILTER (WHERE g % 2 = 0) OVER (ORDER BY g ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW) \
            FROM generate_series(1, 5) s(g) ORDER BY g
            """
        XCTAssertEqual(try QueryFixture().rows(query), "2|4|2-4|2|4")
    }
}
