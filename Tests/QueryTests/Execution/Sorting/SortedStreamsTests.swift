import ColumnStore
@testable import Query
import XCTest

/// Goal: a merge of sorted runs ends with its query, however many rows it passes over. Method: runs that count the batches that are read of them, one of which ends the query.
final class SortedStreamsTests: XCTestCase {
    /// Ascending numbers with their keys. The query is cancelled as the second batch is read.
    private final class CancellingRun: BatchStream {
        private(set) var readCount = 0
        private let cancellation: Cancellation
        private static let rowCount = 1_000
        private static let batchCount = 600

        init(_ cancellation: Cancellation) { self.cancellation = cancellation }

        func next() -> ColumnBatch? {
            guard readCount < Self.batchCount else { return nil }
            let first = Int64(readCount * Self.rowCount), numbers = Array(first..<first + Int64(Self.rowCount))
            readCount += 1
            if readCount == 2 { cancellation.cancel() }
            var keys = ByteArrays()
            for number in numbers { keys.append(withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }) }
            return ColumnBatch(rowCount: numbers.count, columns: [.whole(numbers, type: .int64, validity: nil), .text(keys, type: .binary, validity: nil)])
        }
    }

    func test_rowsThatArePassedOver_areReadNoFurther_whenTheQueryIsOver() throws {
        let cancellation = Cancellation(), runs = (0..<2).map { _ in CancellingRun(cancellation) }
        let stream = try MergeStream(runs, types: [.int64], range: 1_000_000..<1_000_001, cancellation: cancellation)
        XCTAssertThrowsError(try stream.next()) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
        // One of each as the merge was made, and the one that ended the query.
        XCTAssertEqual(runs.reduce(0) { $0 + $1.readCount }, 3)
    }
}
