import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Rows of two and three keys of few values, NULL among them, taken in by pieces and from others: what is put out is each different row once, whichever key is
/// numbered by itself; where memory is refused, nothing is lost and nothing is there twice.
final class DistinctRowsTests: XCTestCase {
    private static let types: [ColumnType] = [.int64, .string, .double]
    private static let domains: [[Value]] = [
        [.null, .integer(1), .integer(2)], [.null, .string(""), .string("b")], [.double(0.5), .null, .double(.infinity)],
    ]

    private func columns(_ rows: [[Value]], _ keyCount: Int) -> [Column] {
        (0..<keyCount).map { key in
            var builder = ColumnBuilder(type: Self.types[key])
            for row in rows { builder.append(row[key]) }
            return builder.finish()
        }
    }

    private func output(_ table: DistinctRows) -> [[Value]] {
        let output = table.output()
        return output.pieces.flatMap { piece in
            let batch = output.batch(piece)
            return (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } }
        }
    }

    private func allRows(_ keyCount: Int) -> [[Value]] {
        (0..<keyCount).reduce([[]]) { rows, key in rows.flatMap { row in Self.domains[key].map { row + [$0] } } }
    }

    private func check(_ found: [[Value]], _ wanted: [[Value]], _ message: String) {
        XCTAssertEqual(Set(found).count, found.count, "a row twice: \(message)")
        XCTAssertEqual(Set(found), Set(wanted), message)
    }

    func test_takenByPieces_everyRowOnce() {
        for keyCount in 2...3 {
            let all = allRows(keyCount)
            for right in 0..<keyCount {
                var random = SplitMix64(state: UInt64(10 * keyCount + right))
                for count in [0, 1, 2, 5, 40, 200] {
                    let table = DistinctRows(types: Array(Self.types.prefix(keyCount)), right: right)
                    let rows = (0..<count).map { _ in all[Int(random.next() % UInt64(all.count))] }
                    for start in stride(from: 0, to: count, by: 7) {
                        let piece = Array(rows[start..<min(start + 7, count)])
                        XCTAssertTrue(table.take(columns(piece, keyCount), count: piece.count) { _ in true })
                    }
                    XCTAssertEqual(table.count, Set(rows).count)
                    if count > 0 { check(output(table), rows, "\(count) rows, key \(right) of \(keyCount)") }
                }
            }
        }
    }

    func test_absorbedAndRefused_everyRowOnce() {
        let all = allRows(3)
        for split in [1, 9, 14, 26] {
            let (one, other) = (DistinctRows(types: Self.types, right: 1), DistinctRows(types: Self.types, right: 1))
            let (left, right) = (Array(all[..<split]), Array(all[(split / 2)...]))
            XCTAssertTrue(one.take(columns(left, 3), count: left.count) { _ in true })
            XCTAssertTrue(other.take(columns(right, 3), count: right.count) { _ in true })
            // Neither memory for the keys nor for their pairs: the rows that were there stay.
            XCTAssertFalse(one.take(columns(right, 3), count: right.count) { _ in false })
            XCTAssertFalse(one.absorb(other) { _ in false })
            check(output(one), left, "what was refused")
            XCTAssertTrue(one.absorb(other) { _ in true })
            check(output(one), all, "both, from \(split)")
        }
    }

    /// Pairs of which each few bring another number take a page each, on whichever side it is; those of numbers that are there already come to share pages.
    func test_sparse_wherePagesDoNotFill() {
        func table(_ rows: some Collection<(Int64, Int64)>, into table: DistinctRows = DistinctRows(types: [.int64, .int64], right: 1)) -> DistinctRows {
            let columns: [Column] = [.whole(rows.map(\.0), type: .int64, validity: nil), .whole(rows.map(\.1), type: .int64, validity: nil)]
            XCTAssertTrue(table.take(columns, count: rows.count) { _ in true })
            return table
        }
        func isSparse(_ pairs: [(Int64, Int64)]) -> Bool {
            let first = table(pairs[..<(pairs.count / 8)])
            let density = first.density
            let all = table(pairs[(pairs.count / 8)...], into: first)
            XCTAssertEqual(all.count, pairs.count)
            return all.isSparse(since: density)
        }
        let rows = 0..<8_000 as Range<Int64>
        // Left numbers that go on growing, with four right ones in as many pages each: right numbers are given in order by the first 4,000 rows, and come in another one then.
        let growing = rows.map { row in (row / 4, row < 4_000 ? row : (row * 1_237) % 4_000) }
        XCTAssertTrue(isSparse(growing))
        XCTAssertTrue(isSparse(rows.map { (($0 * 7_919) % 1_000, $0) }), "right numbers that go on growing, with any left one")
        XCTAssertFalse(isSparse(rows.map { ($0 % 20, $0) }), "pages that are full at once")
        // 500 by 5,000, each pair once: of 5,000 pages each pair of the first finds an empty one.
        XCTAssertFalse(isSparse(rows.map { (($0 * 7) % 500, ($0 * 1_237) % 4_999) }), "pages that fill")
        // Places are eight pages for each of 2,000: 16,000.
        XCTAssertTrue(table(growing).isSparse(for: 7_999))
        XCTAssertFalse(table(growing).isSparse(for: 8_000))
    }
}
