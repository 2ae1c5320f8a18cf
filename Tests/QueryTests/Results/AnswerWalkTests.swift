import ColumnStore
import Query
import TestSupport
import XCTest

/// Walks queries page by page: together the pages are the whole answer, each row once, in one order, whatever the page size.
final class AnswerWalkTests: XCTestCase {
    private func fixture() -> QueryFixture {
        var random = SplitMix64(state: 11)
        let words = ["a", "b", "ї", ""]
        let rows = (0..<101).map { index -> [Value] in
            [
                .integer(Int64(index) * 3), random.next() % 5 == 0 ? .null : .string(words[Int(random.next() % 4)]),
                random.next() % 6 == 0 ? .null : .decimal(Int128(random.next() % 50)), .double(Double(random.next() % 3)),
            ]
        }
        let fields = [Field("sequence", .int64), Field("g", .string), Field("d", .decimal(precision: 9, scale: 2)), Field("x", .double)]
        return QueryFixture([("t", QueryFixture.table(fields, rows, batchRowCount: 8))])
    }

    private func cells(_ batches: [ColumnBatch]) -> [[Value]] {
        batches.flatMap { batch in (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } } }
    }

    /// One page, as the server reads it.
    private func page(
        _ query: String, _ fixture: QueryFixture, limit: Int, after position: WalkPosition?
    ) throws -> (rows: [[Value]], next: WalkPosition?) {
        var walk: AnswerWalk?
        let prepared = try fixture.engine.prepare(query, in: QueryContext(catalog: fixture.catalog, now: 0)) { bound in
            let made = AnswerWalk(bound, after: position, rowCountMax: limit)
            walk = made
            return made.bound
        }
        let stream = try fixture.engine.execute(prepared)
        var rows: [[Value]] = []
        let (end, hasMore) = try XCTUnwrap(walk).read(stream) { batch in
            rows += self.cells([batch])
            return (batch.rowCount, isFull: false)
        }
        return (rows, hasMore ? end : nil)
    }

    func test_page_walks_giveTheWholeAnswerOnce() throws {
        let fixture = fixture()
        for query in [
            "SELECT * FROM t", "SELECT g, d FROM t", "SELECT g FROM t WHERE d > 0.1", "SELECT d, x FROM t ORDER BY d DESC, g", "SELECT g AS h FROM t ORDER BY d NULLS FIRST",
            "SELECT g, count(*), sum(d) FROM t GROUP BY g", "SELECT g, x FROM t UNION ALL SELECT g, x FROM t", "SELECT DISTINCT d FROM t ORDER BY d DESC",
            "SELECT d FROM t ORDER BY d LIMIT 33 OFFSET 5", "SELECT a.g, b.d FROM t a JOIN t b ON a.d = b.d WHERE a.x = 1", "SELECT x FROM t LIMIT 40",
            "SELECT * FROM (SELECT d, x FROM t ORDER BY d LIMIT 20) AS s", "SELECT 1", "SELECT d FROM t WHERE false", "SELECT d FROM t LIMIT 0",
            "SELECT upper(g) FROM t ORDER BY 1 DESC, d + 1", "WITH c AS (SELECT g FROM t) SELECT c.g FROM c",
            "SELECT x FROM t UNION ALL SELECT x FROM t ORDER BY x DESC OFFSET 9",
            // Values that are equal and look different, NaN, and values without an order.
            "SELECT CASE WHEN d > 0.2 THEN INTERVAL '1 month' ELSE INTERVAL '30 days' END FROM t UNION ALL SELECT INTERVAL '720 hours' FROM t",
            "SELECT g FROM (SELECT g, d FROM t UNION ALL SELECT g, x FROM t) s ORDER BY CASE WHEN d > 0.2 THEN INTERVAL '1 month' ELSE INTERVAL '30 days' END",
            "SELECT CASE WHEN d > 0.2 THEN 'NaN' ELSE x END FROM t UNION ALL SELECT -x FROM t UNION ALL SELECT x FROM t",
            "SELECT j FROM (SELECT to_jsonb(d) AS j FROM t UNION ALL SELECT to_jsonb(d::DECIMAL(9, 4)) FROM t) s", "SELECT to_jsonb(d) FROM t ORDER BY 1 DESC", "SELECT g FROM t ORDER BY to_jsonb(d), g",
            "SELECT DISTINCT ARRAY[g, upper(g)] FROM t ORDER BY 1", "SELECT g FROM t ORDER BY ARRAY[d, x] DESC", "SELECT ARRAY[d] AS l, count(*) FROM t GROUP BY 1 ORDER BY l",
            "SELECT g, d FROM t ORDER BY d LIMIT (SELECT 33) OFFSET (SELECT 5)", "SELECT d FROM t ORDER BY d OFFSET (SELECT count(*) FROM t) - 9",
            // Rows of one row of the table are distinguished by the places of their elements.
            "SELECT t.g, l.e FROM t, UNNEST(ARRAY[t.d, t.d, 1]) AS l(e)", "SELECT t.g FROM t, UNNEST(ARRAY[1, 1, 1]) AS l(e) WHERE t.x = 1 ORDER BY t.g DESC",
            "SELECT g, e, f FROM t, UNNEST(ARRAY[d, x]) AS l(e), UNNEST(ARRAY[g, 'z']) AS m(f) WHERE x > 0",
            "SELECT g, e FROM t LEFT JOIN UNNEST(CASE WHEN d > 0.2 THEN ARRAY[d, d] END) AS l(e) ON true",
            "SELECT h, n FROM (SELECT upper(g) AS h, e, n FROM t, UNNEST(ARRAY[g, g]) WITH ORDINALITY AS l(e, n)) s WHERE n > 0",
            "SELECT a.l FROM (SELECT g, array_agg(x ORDER BY x) AS l FROM t GROUP BY g, d) a JOIN t ON a.g = t.g WHERE t.x = 0",
        ] {
            let whole = cells(try fixture.batches(query).batches)
            for size in [1, 7, 1_000] {
                if size == 1, whole.count > 120 { continue }
                var walked: [[Value]] = []
                var position: WalkPosition?
                repeat {
                    let page = try page(query, fixture, limit: size, after: position)
                    XCTAssertLessThanOrEqual(page.rows.count, size)
                    walked += page.rows
                    position = page.next
                    if position != nil { XCTAssertFalse(page.rows.isEmpty, "\(query), \(size) a page") }
                    if page.rows.isEmpty { break }
                } while position != nil && walked.count <= whole.count
                XCTAssertEqual(walked.count, whole.count, "\(query), \(size) a page")
                if !query.contains("LIMIT") || query.contains("ORDER BY") {
                    let counted = { (rows: [[Value]]) in Dictionary(rows.map { ("\($0)", 1) }, uniquingKeysWith: +) }
                    XCTAssertEqual(counted(walked), counted(whole), "\(query), \(size) a page")
                }
            }
        }
    }

    /// The last row of a page is another when the next one is read, as a receipt whose state has changed: those behind it come all the same.
    func test_pages_whoseLastRowChangesMeanwhile_leaveOutNoOther() throws {
        let fields = [Field("sequence", .int64), Field("id", .int64), Field("state", .string)]
        func fixture(_ changed: Set<Int64>) -> QueryFixture {
            let rows = (Int64(0)..<20).map { index -> [Value] in [.integer(index), .integer(index / 2), .string(changed.contains(index / 2) ? "COMPLETE" : "PROCESSING")] }
            return QueryFixture([("t", QueryFixture.table(fields, rows, batchRowCount: 3))])
        }
        for query in ["SELECT id, state FROM t UNION ALL SELECT id, state FROM t WHERE false", "SELECT DISTINCT id, state FROM t"] {
            for limit in 1...5 {
                var (ids, changed, position) = ([Value](), Set<Int64>(), WalkPosition?.none)
                repeat {
                    let (rows, next) = try page(query, fixture(changed), limit: limit, after: position)
                    ids += rows.map { $0[0] }
                    position = next
                    if case .integer(let last)? = ids.last { changed.insert(last) }
                } while position != nil && ids.count < 40
                XCTAssertEqual(Set(ids), Set((Int64(0)..<10).map { Value.integer($0) }), "\(query), \(limit) a page")
            }
        }
    }

    /// A cursor has 4,096 characters at most, and four bytes before each field: a key that has no room there is left out, whatever its fields are.
    func test_fields_haveRoomInACursor() {
        let keys: [(key: [Value], isKept: Bool)] = [
            (Array(repeating: .null, count: 500), true), (Array(repeating: .null, count: 700), false), (Array(repeating: .null, count: 1_600), false),
            (Array(repeating: .integer(1), count: 200), true), (Array(repeating: .integer(1), count: 225), false),
            ([.bytes(Array(repeating: 0x78, count: 2_048))], true), ([.bytes(Array(repeating: 0x78, count: 3_000))], false),
        ]
        for (key, isKept) in keys {
            let code = [UInt8](repeating: 1, count: 8)
            let position = WalkPosition(key: key, tieCount: 3, rowCount: 9, sumsCode: Array(repeating: 1, count: 32), viewsCode: code, typesCode: code)
            let fields = position.fields
            // The version, the sequence and the instant of the walk, and what it is signed with.
            let byteCount = fields.reduce(1 + 2 * 12 + 16) { $0 + 4 + $1.count }
            XCTAssertLessThanOrEqual((byteCount * 4 + 2) / 3, 4_096, "\(key.count)")
            XCTAssertEqual(WalkPosition(fields: fields)?.key, isKept ? key : nil, "\(key.count)")
            XCTAssertEqual(WalkPosition(fields: fields)?.rowCount, 9)
            XCTAssertEqual(WalkPosition(fields: fields)?.sumsCode, position.sumsCode)
            XCTAssertEqual(WalkPosition(fields: fields)?.viewsCode, code)
            XCTAssertEqual(WalkPosition(fields: fields)?.typesCode, code)
        }
    }

    /// Under one name a view that was put again may give values of another type: a place among the old ones is none among the new, whatever forms they have.
    func test_position_amongValuesOfOtherTypes_isNotFollowed() throws {
        let fixture = fixture()
        func follows(_ query: String, _ position: WalkPosition) throws -> Bool {
            var isFollowed = false
            _ = try fixture.engine.prepare(query, in: QueryContext(catalog: fixture.catalog, now: 0)) { bound in
                let walk = AnswerWalk(bound, after: position, rowCountMax: 5)
                isFollowed = walk.followsPosition
                return walk.bound
            }
            return isFollowed
        }
        // What an earlier program's cursor tells, which has no types: where the values' forms are other ones.
        for (column, other, isToldByForms) in [
            ("sequence", "sequence::TEXT", true), ("sequence::TEXT", "sequence", true), ("d", "x", true), ("sequence::TEXT", "sequence::TEXT::BYTEA", false),
            ("d", "d::DECIMAL(9, 4)", false), ("sequence", "DATE '2026-01-01' + sequence::INTEGER", false), ("sequence + 3000000000", "sequence::INTEGER", true),
        ] {
            func query(_ column: String) -> String { "SELECT \(column) AS a FROM t ORDER BY a" }
            let found = try XCTUnwrap(page(query(column), fixture, limit: 5, after: nil).next, column)
            let position = try XCTUnwrap(WalkPosition(fields: found.fields), column)
            XCTAssertEqual(position, found, column)
            XCTAssertTrue(try follows(query(column), position), column)
            XCTAssertFalse(try follows(query(other), position), "\(column), then \(other)")
            var earlier = position
            earlier.typesCode = nil
            XCTAssertTrue(try follows(query(column), earlier), column)
            XCTAssertEqual(try follows(query(other), earlier), !isToldByForms, "\(column), then \(other)")
            // Whoever reads the page all the same gets rows, and no end of the process.
            XCTAssertNoThrow(try page(query(other), fixture, limit: 5, after: position), other)
        }
    }

    /// Rows come in another order once they were compacted: a page's last sum must still be found behind on the next.
    func test_pages_sumsOfDoubles_doNotDependOnTheOrderOfRows() throws {
        var random = SplitMix64(state: 23)
        let rows = (0..<900).map { index -> [Value] in
            let size = Double(Int64(random.next() % 2_000_001) - 1_000_000) * [1e-9, 0.1, 1, 1e12][Int(random.next() % 4)]
            return [.integer(Int64(index)), .integer(Int64(random.next() % 30)), .double(size)]
        }
        let fields = [Field("sequence", .int64), Field("g", .int64), Field("x", .double)]
        let fixtures = [rows, rows.reversed()].map { QueryFixture([("t", QueryFixture.table(fields, $0, batchRowCount: 64))]) }
        for query in ["SELECT sum(x), avg(x) FROM t GROUP BY g", "SELECT s FROM (SELECT g, sum(x) AS s FROM t GROUP BY g) q ORDER BY s DESC"] {
            var found: [[Value]] = []
            var position: WalkPosition?
            var turn = 0
            repeat {
                let (rows, next) = try page(query, fixtures[turn % 2], limit: 1, after: position)
                found += rows
                position = next
                turn += 1
            } while position != nil && turn < 100
            XCTAssertEqual(found.count, 30, query)
            XCTAssertEqual(Set(found).count, 30, query)
        }
    }
}
