@testable import ColumnStore
import XCTest

/// Goal: what is left out by a page index has no row that passes. Method: every table of six rows in three pages, over NULL and three values.
final class PruningPredicateTests: XCTestCase {
    private static let leaf = LeafDescriptor(
        index: 0, path: "c", element: SchemaElement(name: "c", type: .int32, repetition: .optional), physicalType: .int32,
        greatestDefinitionLevel: 1, elementLevels: [])
    private static let decoder = StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, order: .typeDefined, writer: nil)

    private static func runs(_ bits: Int, _ count: Int) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for row in 0..<count where bits >> row & 1 == 1 {
            if let last = runs.last, last.upperBound == row { runs[runs.count - 1] = last.lowerBound..<(row + 1) } else { runs.append(row..<(row + 1)) }
        }
        return runs
    }

    func test_intersect_everyTwoSetsOfSevenRows_isTheirCommonRows() {
        for one in 0..<128 {
            for other in 0..<128 {
                let found = PruningPredicate.intersect(Self.runs(one, 7), Self.runs(other, 7))
                XCTAssertEqual(found, Self.runs(one & other, 7), "\(one) and \(other)")
            }
        }
    }

    /// Of -1, 1, 5 and -16 as bytes are compared: the least is 1, the greatest -1.
    func test_rowRanges_boundsOfAnotherOrder_leaveOutNothing() {
        let leaf = LeafDescriptor(
            index: 0, path: "c",
            element: SchemaElement(name: "c", type: .fixedLenByteArray, typeLength: 2, repetition: .optional, logicalType: .decimal(precision: 4, scale: 0)),
            physicalType: .fixedLenByteArray, greatestDefinitionLevel: 1, elementLevels: [])
        let decoder = StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, order: .typeDefined, writer: nil)
        let filter = ColumnFilter("c", .range(lower: nil, upper: .init(.decimal(0), isInclusive: false)))
        let index = ColumnIndex(nullPages: [false], minValues: [[0, 1]], maxValues: [[0xFF, 0xFF]], boundaryOrder: .unordered, nullCounts: [0])
        let ranges = PruningPredicate(terms: [.init(filter: filter, decoder: decoder)]).rowRanges(
            rowCount: 4, columnIndex: { _ in index }, locations: { _ in [PageLocation(offset: 4, compressedByteCount: 10, firstRowIndex: 0)] })
        XCTAssertEqual(ranges, [0..<4])
    }

    private static func bytes(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: Int32(value).littleEndian) { [UInt8]($0) } }

    /// As a writer makes it of pages of two rows.
    private static func index(_ rows: [Int64?]) -> ColumnIndex {
        let pages = stride(from: 0, to: rows.count, by: 2).map { rows[$0..<$0 + 2].compactMap { $0 } }
        return ColumnIndex(
            nullPages: pages.map(\.isEmpty), minValues: pages.map { $0.min().map(bytes) ?? [] }, maxValues: pages.map { $0.max().map(bytes) ?? [] },
            boundaryOrder: .unordered, nullCounts: pages.map { Int64(2 - $0.count) })
    }

    func test_rowRanges_everySmallTable_haveEveryRowThatPasses() {
        let path = ColumnPath("c")
        let tests: [ColumnFilter.Test] = [
            .equal(.integer(0)), .equal(.integer(1)), .notEqual(.integer(1)), .oneOf([.integer(0), .integer(2)]), .isNull, .isNotNull,
            .range(lower: .init(.integer(1), isInclusive: true), upper: nil), .range(lower: nil, upper: .init(.integer(1), isInclusive: false)),
        ]
        let choices: [Int64?] = [nil, 0, 1, 2]
        let pages = (0..<3).map { PageLocation(offset: Int64($0) * 10, compressedByteCount: 10, firstRowIndex: Int64($0) * 2) }
        for number in 0..<4_096 {
            let rows = (0..<6).map { choices[number >> (2 * $0) & 3] }
            let index = Self.index(rows)
            let present = rows.enumerated().reduce(0 as UInt64) { $1.element == nil ? $0 : $0 | 1 << UInt64($1.offset) }
            let column = Column(type: .int32, count: 6, validity: Bitmap(words: [present], count: 6), values: .int32(rows.map { Int32($0 ?? 0) }))
            for test in tests {
                let filter = ColumnFilter(path, test)
                let predicate = PruningPredicate(terms: [.init(filter: filter, decoder: Self.decoder)])
                let ranges = predicate.rowRanges(rowCount: 6, columnIndex: { _ in index }, locations: { _ in pages })
                let passing = filter.select(column)
                for page in 0..<3 {
                    let isRead = ranges.contains { $0.contains(page * 2) }
                    XCTAssertEqual(isRead, ranges.contains { $0.contains(page * 2 + 1) }, "a page is read whole: \(rows) \(test)")
                    let passes = passing[page * 2] || passing[page * 2 + 1]
                    if passes { XCTAssertTrue(isRead, "page \(page) of \(rows), \(test)") }
                    // Of what bounds tell exactly, nothing else is read.
                    switch test {
                    case .isNull, .isNotNull, .range, .notEqual: XCTAssertEqual(isRead, passes, "page \(page) of \(rows), \(test)")
                    case .equal, .oneOf, .hasPrefix: break
                    }
                }
            }
        }
    }

    func test_rowRanges_columnThatTheFileLacks_isNullEverywhere() {
        for (test, isRead) in [(ColumnFilter.Test.isNull, true), (.isNotNull, false), (.equal(.integer(1)), false)] {
            let predicate = PruningPredicate(terms: [.init(filter: ColumnFilter(ColumnPath("c"), test), decoder: nil)])
            let group = RowGroupMetadata(columns: [], totalByteCount: 0, rowCount: 4)
            XCTAssertEqual(predicate.canMatch(group), isRead, "\(test)")
        }
    }
}
