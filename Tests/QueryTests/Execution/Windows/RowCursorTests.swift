import ColumnStore
import Foundation
@testable import Query
import XCTest

/// Goal: rows are read by their places no longer than the query lasts. Method: a file of three batches, and places in each.
final class RowCursorTests: XCTestCase {
    func test_rowsByPlace_areReadUntilTheQueryIsOver() throws {
        let space = SpillSpace(directory: FileManager.default.temporaryDirectory.path, byteCountMax: 1 << 30)
        let file = try SpillFile(space, types: [.int64], isIndexed: true)
        for batch in 0..<3 { try file.write(ColumnBatch(rowCount: 10, columns: [.whole((0..<10).map { Int64(batch * 10 + $0) }, type: .int64, validity: nil)])) }
        let cancellation = Cancellation(), cursor = RowCursor(file, cancellation)
        let found = try XCTUnwrap(try cursor.gathering([25, -1, 3, 14], column: 0, type: .int64, within: 1 << 20))
        XCTAssertEqual((0..<4).map { found.value(at: $0) }, [.integer(25), .null, .integer(3), .integer(14)])
        try cursor.load(12)
        cancellation.cancel()
        // What lies there already costs nothing.
        XCTAssertNoThrow(try cursor.load(19))
        XCTAssertThrowsError(try cursor.gathering([0, 25], column: 0, type: .int64, within: 1 << 20)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
        XCTAssertThrowsError(try cursor.joined(12..<21, types: [.int64])) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
    }
}
