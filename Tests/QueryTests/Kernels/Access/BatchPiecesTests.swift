import ColumnStore
import XCTest

@testable import Query

/// Batches of every small size, with work that takes no more than some rows at a time: every row is worked on once and in order, whatever did not fit is tried
/// with fewer, and what fails with one row, or for another reason, is an error.
final class BatchPiecesTests: XCTestCase {
    private func batch(_ count: Int) -> ColumnBatch {
        ColumnBatch(rowCount: count, columns: [Column(type: .int64, count: count, values: .int64((0..<count).map { Int64($0) }))])
    }

    func test_next_whateverFits_takesEveryRowOnceInOrder() throws {
        for count in 0...17 {
            for fitting in 1...18 {
                for said in [1, 3, fitting, 100] {
                    for bound in [1, 2, 5, Int.max] {
                        var pieces = BatchPieces(batch(count), rowCountMax: bound)
                        var taken: [Int64] = []
                        while true {
                            let next = try pieces.next { (piece) throws(QueryError) -> [Int64] in
                                guard piece.rowCount <= fitting else { throw QueryError(tooLargeAt: nil, fittingRowCount: said) }
                                return piece.columns[0].integers() ?? []
                            }
                            guard let (start, rows) = next else { break }
                            XCTAssertEqual(start, taken.count)
                            XCTAssertFalse(rows.isEmpty)
                            taken += rows
                        }
                        XCTAssertEqual(taken, (0..<count).map { Int64($0) }, "\(count) rows, \(fitting) fit, \(said) said")
                        XCTAssertTrue(pieces.isOver)
                    }
                }
            }
        }
    }

    func test_next_ofWhatNeverFits_isTheError() {
        for count in [1, 2, 9] {
            var pieces = BatchPieces(batch(count)), tried: [Int] = []
            XCTAssertThrowsError(
                try pieces.next { (piece) throws(QueryError) in
                    tried.append(piece.rowCount)
                    throw QueryError(tooLargeAt: nil, fittingRowCount: 100)
                })
            XCTAssertEqual(tried.last, 1)
            XCTAssertEqual(tried, tried.sorted(by: >))
        }
        var pieces = BatchPieces(batch(4)), count = 0
        XCTAssertThrowsError(
            try pieces.next { (_) throws(QueryError) in
                count += 1
                throw QueryError(.dataError, "no matter how many")
            })
        XCTAssertEqual(count, 1)
    }

    func test_each_takesAllRows() throws {
        for count in 0...9 {
            var rows: [Int64] = []
            try BatchPieces.each(of: batch(count)) { piece in
                guard piece.rowCount <= 2 else { throw QueryError(tooLargeAt: nil, fittingRowCount: 2) }
                rows += piece.columns[0].integers() ?? []
            }
            XCTAssertEqual(rows, (0..<count).map { Int64($0) })
        }
    }
}
