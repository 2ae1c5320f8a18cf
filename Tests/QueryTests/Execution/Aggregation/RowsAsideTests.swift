import ColumnStore
import Foundation
import Query
import XCTest

/// Goal: percentiles, modes and several DISTINCT aggregates of a group that does not fit in memory give the answers that they give where it fits.
final class RowsAsideTests: XCTestCase {
    private let whole = QueryFixture()
    private let narrow = RowsAsideTests.fixture(2 << 20)

    private static func fixture(_ memory: Int, spill: Int = QueryEngine.Settings().spillByteCountMax) -> QueryFixture {
        QueryFixture(
            settings: QueryEngine.Settings(
                threadCount: 3, memoryByteCountMax: 64 << 20, queryMemoryByteCountMax: memory, spillDirectory: FileManager.default.temporaryDirectory.path, spillByteCountMax: spill))
    }

    func test_groupsThatDoNotFit_answerFromDisk() throws {
        let rows = """
            (SELECT g, (g * 7919) % 99991 AS v, CASE WHEN g % 11 = 0 THEN NULL ELSE ((g * 31) % 65537)::double precision / 8 END AS d, \
            'text ' || (g * 7) % 9001 AS s, CASE WHEN g % 100 = 0 THEN g % 3 ELSE 7 END AS p FROM generate_series(1, 20000) s(g)) q
            """
        let calls = """
            percentile_cont(0.37) WITHIN GROUP (ORDER BY d), percentile_disc(0.5) WITHIN GROUP (ORDER BY v DESC), \
            percentile_disc(1) WITHIN GROUP (ORDER BY s), percentile_cont(0.25) WITHIN GROUP (ORDER BY v) FILTER (WHERE g % 3 = 0)
            """
        let queries = [
            "SELECT \(calls) FROM \(rows)", "SELECT p, \(calls) FROM \(rows) GROUP BY p ORDER BY p",
            "SELECT p, \(calls) FROM \(rows) GROUP BY ROLLUP (p) ORDER BY p", "SELECT mode() WITHIN GROUP (ORDER BY s) FROM \(rows)",
            "SELECT p, mode() WITHIN GROUP (ORDER BY v % 5000) FROM \(rows) GROUP BY p ORDER BY p",
            "SELECT count(DISTINCT v), sum(DISTINCT d), avg(DISTINCT v), count(DISTINCT s) FROM \(rows)",
            "SELECT p, count(DISTINCT v), sum(DISTINCT d), count(DISTINCT s) FROM \(rows) GROUP BY p ORDER BY p",
        ]
        let (narrow, diskless) = (Self.fixture(1 << 20), Self.fixture(1 << 20, spill: 0))
        for query in queries {
            XCTAssertEqual(try narrow.rows(query), try whole.rows(query), query)
            XCTAssertEqual(diskless.error(query)?.slug, .spillFull, "it fits: \(query)")
        }
    }

    func test_lists_areRefused() {
        for call in ["array_agg(g)", "string_agg(repeat('x', 90) || g, ',')", "array_agg(DISTINCT g)"] {
            let error = narrow.error("SELECT \(call) FROM generate_series(1, 300000) s(g)")
            XCTAssertEqual(error?.slug, .spillFull, call)
        }
    }

    /// 32 grouping sets of 32 parts each for every worker were 3,000 files.
    func test_groupingSets_openFewFiles() throws {
        let names = (0..<5).map { "c\($0)" }
        let columns = names.enumerated().map { "g % \($0.offset * 97 + 900) AS \($0.element)" }.joined(separator: ", ")
        let query = "SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM (SELECT \(columns) FROM generate_series(1, 3000) s(g)) q GROUP BY CUBE (\(names.joined(separator: ", ")))) z"
        let before = Self.openFileCount()
        let watch = FileWatch()
        let actual = try narrow.rows(query)
        let most = watch.end()
        XCTAssertEqual(actual, try whole.rows(query))
        XCTAssertLessThan(most - before, 64)
    }

    fileprivate static func openFileCount() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
}

/// The most descriptors that the process has while it watches.
private final class FileWatch: Sendable {
    private let state = Monitor<(most: Int, isOver: Bool)>((0, false))

    init() {
        WorkerThread(name: "files", isDetached: true) { [self] in
            while !state.withLock({ $0.isOver }) {
                let count = RowsAsideTests.openFileCount()
                state.withLock { $0.most = max($0.most, count) }
                usleep(1_000)
            }
        }
    }

    func end() -> Int {
        state.withLock { state in
            state.isOver = true
            return state.most
        }
    }
}
