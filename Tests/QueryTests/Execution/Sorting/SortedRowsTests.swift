import ColumnStore
@testable import Query
import TestSupport
import XCTest

/// Goal: what several workers have sorted becomes one order, whoever merges it. Method: numbers at random of which many are equal, with what they were sorted by beside them.
final class SortedRowsTests: XCTestCase {
    /// A worker's numbers in their order, and what was before: rows of equal keys stay in the order of workers, then in their own.
    private func part(_ number: Int64, _ values: [Int64]) -> OrderedRows {
        var keys = ByteArrays()
        for value in values { keys.append(withUnsafeBytes(of: UInt64(value).bigEndian) { Array($0) }) }
        let places = values.indices.map { number * 1_000_000 + Int64($0) }
        let batch = ColumnBatch(
            rowCount: values.count, columns: [.whole(values, type: .int64, validity: nil), .whole(places, type: .int64, validity: nil)])
        return OrderedRows(chunks: [batch], keys: keys, order: RowOrder.sorted(keys))
    }

    private func check(_ counts: [Int], below bound: UInt64, workers: Int, line: UInt = #line) throws {
        var random = SplitMix64(state: 11)
        let values = counts.map { count in (0..<count).map { _ in Int64(random.next() % bound) } }
        let parts = values.enumerated().map { part(Int64($0.offset), $0.element) }
        let rows = try SortedRows(parts, types: [.int64, .int64], QueryRun(pool: WorkerPool(threadCount: workers)))
        var all: [(value: Int64, place: Int64)] = []
        for (number, own) in values.enumerated() { for (row, value) in own.enumerated() { all.append((value, Int64(number * 1_000_000 + row))) } }
        all.sort { $0.value != $1.value ? $0.value < $1.value : $0.place < $1.place }
        XCTAssertEqual(rows.count, all.count, line: line)
        let stream = SortedStream(rows, range: 0..<Int.max, cancellation: Cancellation())
        var found: [[Int64]] = [[], []]
        while let batch = try stream.next() { for column in 0..<2 { found[column] += batch.columns[column].integers() ?? [] } }
        XCTAssertEqual(found[0], all.map(\.value), line: line)
        XCTAssertEqual(found[1], all.map(\.place), line: line)
    }

    func test_parts_becomeOneOrder() throws {
        for workers in 1...3 {
            try check([40_000, 30_000], below: 50, workers: workers)
            try check([40_000, 30_000, 35_000], below: 1 << 40, workers: workers)
            try check([60_000, 1], below: 3, workers: workers)
            try check([1, 60_000], below: 3, workers: workers)
            try check([60_000, 40_000], below: 1, workers: workers)
            try check([100, 200], below: 50, workers: workers)
        }
    }
}
