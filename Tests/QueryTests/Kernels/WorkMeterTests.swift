import ColumnStore
import Foundation
import Query
import XCTest

/// Goal: whatever a statement makes of its rows, it stays within its memory, ends when it is cancelled, and answers when one row at a time fits.
///
/// Method: the statements that once ended the process or outgrew it, under a memory of 16 MiB. What is held beyond is seen in the process.
final class WorkMeterTests: XCTestCase {
    private let fixture = QueryFixture(
        settings: QueryEngine.Settings(threadCount: 2, memoryByteCountMax: 48 << 20, queryMemoryByteCountMax: 16 << 20))

    func test_textsOfABatch_pastItsMemory_areTakenFewerRowsAtATime() throws {
        // 60 MB a batch, of a memory of 16 MiB; and some rows of a second one.
        let rows = "FROM generate_series(1,2500) g(g), (SELECT repeat('x',30000) AS x FROM generate_series(1,1)) t"
        XCTAssertEqual(try fixture.rows("SELECT max(length(x || g::text)) \(rows)"), "30004")
        XCTAssertEqual(try fixture.rows("SELECT max(length(coalesce(nullif(x || g::text, ''), 'a'))) \(rows)"), "30004")
        XCTAssertEqual(try fixture.rows("SELECT max(length(CASE WHEN g > 10 THEN x || g::text ELSE 'a' END)) \(rows)"), "30004")
        XCTAssertEqual(try fixture.rows("SELECT count(*) \(rows) WHERE x || g::text LIKE '%x77'"), "1")
        XCTAssertEqual(try fixture.rows("SELECT max(length(greatest(x || g::text, x || (g + 1)::text))) \(rows)"), "30004")
        XCTAssertEqual(try fixture.rows("SELECT max(list_count(ARRAY[x || g::text, x])) \(rows)"), "2")
    }

    func test_oneRow_pastItsMemory_isRefused() throws {
        for call in [
            "replace(repeat('a', 6000000), 'a', repeat('b', 60000) || n)", "regexp_replace(repeat('a', 6000000) || n, 'a', repeat('b', 60000), 'g')",
            "repeat('ab', 30000000 + n)", "lpad('a', 60000000 + n)", "rpad(n::text, 60000000, 'xy')",
            "concat(x, x, x, x, x, x, x, x)", "x || x || x || x", "to_char(n, x)", "upper(x || x || x)",
            "reverse(x || x || x)", "x::text || (x || x)",
        ] {
            let from = "FROM (SELECT n, repeat('9', 4000000) || n AS x FROM generate_series(1, 3) n(n)) t"
            let error = fixture.error("SELECT length(\(call)) \(from)")
            XCTAssertEqual(error?.slug, .dataError, "\(call): \(String(describing: error))")
        }
    }

    func test_constants_areNotSpreadOut() throws {
        XCTAssertEqual(try fixture.batches("SELECT repeat('x', 3000000) FROM generate_series(1, 800) n").batches.reduce(0) { $0 + $1.rowCount }, 800)
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM generate_series(1, 8000) n(n) WHERE n::text <> repeat('x', 6000000)"), "8000")
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM generate_series(1, 3) n(n) WHERE length(trim(n::text, repeat('b', 2000000) || n)) = 0"), "3")
    }

    /// Each line of a document of nearly a megabyte beside the document.
    func test_unnest_besideALargeText_isNotCopiedForEachElement() throws {
        let field = Field("lines", .list(element: Field("element", .structure([Field("amount", .int64)]))))
        let lines = Value.list((0..<9_500).map { .structure([.integer(Int64($0))]) })
        let document = Value.bytes([UInt8](repeating: 0x78, count: 880_000))
        var fixture = fixture
        fixture.catalog = FixedCatalog(tables: [
            ("receipts", QueryFixture.table([Field("document", .binary), field], [[document, lines], [document, lines]]))
        ])
        let (_, batches) = try fixture.batches("SELECT r.document, l.amount FROM receipts r, UNNEST(r.lines) l")
        XCTAssertEqual(batches.reduce(0) { $0 + $1.rowCount }, 19_000)
        for batch in batches { XCTAssertLessThanOrEqual(batch.rowCount, ColumnBatch.targetByteCount / 880_000) }
        XCTAssertEqual(
            try fixture.rows("SELECT count(*), sum(l.amount), max(length(r.document)) FROM receipts r, UNNEST(r.lines) l"),
            "19000,90240500,880000")
        XCTAssertEqual(
            try fixture.rows("SELECT count(*) FROM receipts r, UNNEST(r.lines) l, generate_series(1, 3) n(n) WHERE length(r.document) > l.amount * n"),
            "57000")
    }

    /// Work within one row, which would take from minutes to years: it ends when the query is cancelled.
    func test_cancelling_reachesIntoOneRow() throws {
        for call in [
            "x LIKE '%_' || repeat('a', 500000) || 'b%'", "length(regexp_replace(x, 'a(.*c)?', 'z', 'g'))",
            "length(reverse(reverse(reverse(reverse(reverse(x))))))",
        ] {
            let context = QueryContext(catalog: fixture.catalog, parameters: [], timeZone: "UTC", now: fixture.now)
            let cancellation = Cancellation(timeLimitSeconds: 0.5)
            let text = "SELECT \(call) FROM (SELECT repeat('a', 5000000) || n AS x FROM generate_series(1, 1) n(n)) t"
            let stream = try fixture.engine.execute(try fixture.engine.prepare(text, in: context), cancellation: cancellation)
            XCTAssertThrowsError(try stream.next(), call) { error in
                let slug = (error as? QueryError)?.slug
                XCTAssertTrue(slug == .queryTimeout || slug == .dataError, "\(call): \(error)")
            }
            // The row's own work ends too, and gives its thread back: the next query gets one.
            XCTAssertEqual(try fixture.rows("SELECT count(*) FROM generate_series(1, 3) n"), "3")
        }
    }

    /// Whatever the part and the times, the text is the part so often.
    func test_repeat_ofManyLengths_isWhole() throws {
        for (length, times) in [(1, 16_384), (1, 16_385), (1, 40_000), (3, 5_461), (3, 5_462), (3, 20_001), (16_384, 2), (16_385, 2), (20_000, 3)] {
            let part = String((0..<length).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
            let found = try fixture.rows("SELECT repeat($1, n) FROM generate_series(\(times), \(times)) n(n)", parameters: [.string(part)])
            XCTAssertTrue(found == String(repeating: part, count: times), "\(length) bytes \(times) times")
        }
    }

    func test_lowerInParts_keepsCharactersWhole() throws {
        let text = String(repeating: "ЖÄ€𐐀x", count: 40_000)
        let parameter = [QueryParameter.string(text)]
        XCTAssertEqual(try fixture.rows("SELECT lower($1 || n) FROM generate_series(1, 1) n(n)", parameters: parameter), text.lowercased() + "1")
    }
}
