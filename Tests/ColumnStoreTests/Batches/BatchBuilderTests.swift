import ColumnStore
import XCTest

/// Goal: batches have all rows, each once and in their order, and no more bytes than they may where they have more than one row. Method: all short texts of up to four rows, and all
/// ways to gather three rows of lists, under every bound.
final class BatchBuilderTests: XCTestCase {
    /// Every choice of `count` out of `values`.
    private static func choices<Value>(_ count: Int, of values: [Value]) -> [[Value]] {
        count == 0 ? [[]] : choices(count - 1, of: values).flatMap { head in values.map { head + [$0] } }
    }

    /// - Parameter widths: of all rows, in their order.
    private func check(_ ranges: [Range<Int>], _ widths: [Int], byteCountMax: Int, _ what: String) {
        XCTAssertEqual(ranges.flatMap { Array($0) }, Array(widths.indices), what)
        for range in ranges {
            let byteCount = widths[range].reduce(0, +)
            XCTAssertTrue(range.count == 1 || byteCount <= byteCountMax, "\(what): \(range)")
            // None ends before it must.
            if range.upperBound < widths.count { XCTAssertGreaterThan(byteCount + widths[range.upperBound], byteCountMax, "\(what): \(range)") }
        }
    }

    func test_slices_ofTexts_areAsLargeAsTheyMay() {
        for count in 0...4 {
            for lengths in Self.choices(count, of: [0, 1, 5]) {
                var texts = ByteArrays()
                for length in lengths { texts.append([UInt8](repeating: 0x61, count: length)) }
                let batch = ColumnBatch(rowCount: count, columns: [Column(type: .string, count: count, values: .bytes(texts))])
                // A text's bytes, and its place among them.
                let widths = lengths.map { $0 + 4 }
                XCTAssertEqual(batch.rowWidths(), widths)
                for byteCountMax in 1...40 {
                    check(BatchBuilder(slicing: batch, byteCountMax: byteCountMax).ranges(count), widths, byteCountMax: byteCountMax, "\(lengths), \(byteCountMax) bytes")
                }
            }
        }
    }

    /// A number below zero stands for no row, which takes nothing.
    func test_gatheredRows_ofLists_areAsManyAsFit_inAnyOrder() {
        let numbers = Column(type: .int64, count: 3, values: .int64([1, 2, 3]))
        let lists = Column(type: .list(element: Field("element", .int64)), count: 3, values: .list(offsets: [0, 0, 1, 3], element: numbers))
        let own = [4, 12, 20]
        for rows in Self.choices(3, of: [-1, 0, 1, 2] as [Int32]) {
            for byteCountMax in [1, 4, 8, 12, 16, 20, 24, 32, 60] {
                let builder = BatchBuilder(gathering: [lists], byteCountMax: byteCountMax)
                var ranges: [Range<Int>] = []
                var start = 0
                while start < rows.count {
                    let end = builder.end(of: rows, from: start, to: rows.count)
                    ranges.append(start..<end)
                    start = end
                }
                check(ranges, rows.map { $0 < 0 ? 0 : own[Int($0)] }, byteCountMax: byteCountMax, "\(rows), \(byteCountMax) bytes")
            }
        }
        // What is shared, not copied, is cut nowhere.
        XCTAssertTrue(BatchBuilder(gathering: [numbers], byteCountMax: 1).isWhole)
    }
}
