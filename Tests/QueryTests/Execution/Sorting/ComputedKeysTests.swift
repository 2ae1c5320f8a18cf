import ColumnStore
import Foundation
import Query
import XCTest

/// Goal: keys computed from texts that lie in a large dictionary are computed, whatever little memory the query has: answers that are kept to save work
/// give way to the work itself.
///
/// Method: statements over 12,000 rows with one dictionary, whose answers come to more than the memory, under 1 MiB and under memory for all.
final class ComputedKeysTests: XCTestCase {
    private static let rowCount = 12_000

    /// `g` has 10,000 different texts, and NULL here and there.
    private static func table() -> MemoryTable {
        let entryCount = 10_000
        var entries = ColumnBuilder(type: .string)
        for entry in 0..<entryCount { entries.append(.string("word \(entry * 7_919 % 99_991) \(String(repeating: "x", count: 150 + entry % 11))")) }
        let dictionary = DictionaryValues(values: entries.finish())
        var batches: [ColumnBatch] = []
        for start in stride(from: 0, to: rowCount, by: 8_192) {
            let rows = start..<min(rowCount, start + 8_192)
            var numbers = ColumnBuilder(type: .int32)
            for row in rows { numbers.append(.integer(Int64(row))) }
            var validity = Bitmap(repeating: true, count: rows.count)
            for row in rows where row % 17 == 0 { validity[row - start] = false }
            let texts = Column(type: .string, count: rows.count, validity: validity, values: .dictionary(codes: rows.map { UInt32($0 * 31 % entryCount) }, dictionary))
            batches.append(ColumnBatch(rowCount: rows.count, columns: [numbers.finish(), texts]))
        }
        return MemoryTable(schema: Schema([Field("id", .int32), Field("g", .string)]), batches: batches)
    }

    private static func fixture(_ memory: Int, threads: Int) -> QueryFixture {
        QueryFixture(
            [("a", table())],
            settings: QueryEngine.Settings(
                threadCount: threads, memoryByteCountMax: 512 << 20, queryMemoryByteCountMax: memory, spillDirectory: FileManager.default.temporaryDirectory.path))
    }

    private func check(_ queries: [String], line: UInt = #line) throws {
        let whole = Self.fixture(256 << 20, threads: 2)
        let narrow = [1, 2].map { Self.fixture(1 << 20, threads: $0) }
        for query in queries {
            let all = try whole.rows(query)
            // Their texts are too long to be shown.
            for (index, fixture) in narrow.enumerated() { XCTAssertTrue(try fixture.rows(query) == all, "\(query) on \(index + 1) threads", line: line) }
        }
    }

    func test_keysOfAnOrder() throws {
        try check([
            "SELECT id, g FROM a ORDER BY (g || g) DESC, id",
            "SELECT id, row_number() OVER (PARTITION BY id % 50 ORDER BY (g || g) DESC, id) FROM a ORDER BY id",
            "SELECT id, sum(id) OVER (PARTITION BY id % 50 ORDER BY (g || g) DESC, id) FROM a ORDER BY id",
            "SELECT id, lag(g || 'y') OVER (PARTITION BY upper(g || g) ORDER BY id) FROM a ORDER BY id",
        ])
    }

    func test_keysOfGroups() throws {
        try check([
            "SELECT count(*), sum(length(x)) FROM (SELECT DISTINCT g || g AS x FROM a) t", "SELECT count(*), sum(n) FROM (SELECT g || g, count(*) AS n FROM a GROUP BY 1) t",
            "SELECT count(*) FROM (SELECT g || id FROM a EXCEPT ALL SELECT 'x' || g FROM a) t", "SELECT count(*) FROM (SELECT g || 'x' FROM a INTERSECT SELECT g || 'x' FROM a) t",
        ])
    }

    func test_keysOfAJoin() throws {
        try check(["SELECT count(*), sum(length(x)) FROM (SELECT g || g AS x FROM a) s JOIN (SELECT g || g AS y, id FROM a) t ON x = y AND id % 2 = 0"])
    }
}
