import TestSupport
import XCTest

@testable import Ingest

/// Goal: what one page has gone through of a file's changes is not gone through by the next, and each page has all of its own. Method: a list of changes in the place of a file, which
/// notes what is read of it.
final class TakenUpRowsTests: XCTestCase {
    private struct Span: Equatable {
        let after: Int64
        let through: Int64
    }

    /// Every tenth change takes up a row again.
    private func changes(_ span: Span) -> [TakenUpRows.Change] {
        guard span.after < span.through else { return [] }
        return (span.after + 1...span.through).filter { $0 % 10 == 0 }.map { TakenUpRows.Change(sequence: $0, row: $0 / 10) }
    }

    func test_changes_areReadOnce_howeverManyPagesAskForThem() throws {
        let rows = TakenUpRows()
        var spans: [Span] = []
        func check(_ after: Int64, _ through: Int64, reads expected: [Span], line: UInt = #line) throws {
            spans = []
            let found = try rows.changes(after: after, through: through) { after, through in
                spans.append(Span(after: after, through: through))
                return changes(Span(after: after, through: through))
            }
            XCTAssertEqual(found, changes(Span(after: after, through: through)), line: line)
            XCTAssertEqual(spans, expected, line: line)
        }
        try check(100, 100, reads: [])
        try check(100, 200, reads: [Span(after: 100, through: 200)])
        try check(100, 200, reads: [])
        try check(100, 230, reads: [Span(after: 200, through: 230)])
        try check(150, 180, reads: [])
        // A walk that began earlier.
        try check(40, 230, reads: [Span(after: 40, through: 100)])
        // One that begins later, with what lies between.
        try check(300, 340, reads: [Span(after: 230, through: 340)])
        try check(40, 340, reads: [])
    }

    func test_anyOrderOfPages_findsAll() throws {
        var random = SplitMix64(state: 7)
        let rows = TakenUpRows()
        var readCount = 0
        for _ in 0..<200 {
            let after = Int64.random(in: 0..<1_000, using: &random)
            let through = Int64.random(in: after...1_000, using: &random)
            let found = try rows.changes(after: after, through: through) { after, through in
                readCount += Int(through - after)
                return changes(Span(after: after, through: through))
            }
            XCTAssertEqual(found, changes(Span(after: after, through: through)), "\(after) to \(through)")
        }
        XCTAssertLessThanOrEqual(readCount, 1_000, "each once")
    }

    /// Nothing is kept of them, and the caller reads the file.
    func test_moreThanAreKept_areNotTold() throws {
        let rows = TakenUpRows()
        var count = 0
        for _ in 0..<2 {
            let found = try rows.changes(after: 0, through: 1_000_000) { after, through in
                count += 1
                return (0...Int64(TakenUpRows.countMax)).map { TakenUpRows.Change(sequence: $0 + 1, row: $0 + 1) }
            }
            XCTAssertNil(found)
        }
        XCTAssertEqual(count, 2)
        XCTAssertEqual(try rows.changes(after: 0, through: 20) { changes(Span(after: $0, through: $1)) }?.count, 2)
    }
}
