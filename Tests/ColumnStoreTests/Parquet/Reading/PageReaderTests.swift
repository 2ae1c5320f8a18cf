@testable import ColumnStore
import XCTest

/// Goal: however a column's values are cut into pages, they are the same; pages that contradict their chunk are refused.
///
/// Method: every cut of four rows into pages, of both versions and with pages of no known kind between them, under every choice of NULLs;
/// every wrong count of values.
final class PageReaderTests: XCTestCase {
    private typealias File = HandmadeFile
    private typealias Page = (kind: PageHeader.Kind, body: [UInt8])

    /// The sizes of the pages: bit `i` of `cuts` is a cut after row `i`.
    private static func sizes(_ rowCount: Int, _ cuts: Int) -> [Int] {
        var sizes = [1]
        for row in 0..<(rowCount - 1) {
            if cuts >> row & 1 == 1 { sizes.append(1) } else { sizes[sizes.count - 1] += 1 }
        }
        return sizes
    }

    private static func page(_ rows: ArraySlice<Int32?>, isV2: Bool) -> Page {
        let levels = rows.flatMap { File.run(of: $0 == nil ? 0 : 1, 1) }
        let values = rows.compactMap { $0 }.flatMap { File.littleEndian($0, 4) }
        if !isV2 { return File.page(rows.count, definition: levels, values) }
        let header = DataPageHeaderV2(
            valueCount: Int32(rows.count), nullCount: Int32(rows.filter { $0 == nil }.count), rowCount: Int32(rows.count), encoding: .plain,
            definitionLevelsByteCount: Int32(levels.count), repetitionLevelsByteCount: 0, isCompressed: false)
        return (.dataV2(header), levels + values)
    }

    private static func pages(_ rows: [Int32?], _ cuts: Int, isV2: Bool) -> [Page] {
        var start = 0
        return sizes(rows.count, cuts).map { size in
            defer { start += size }
            return page(rows[start..<(start + size)], isV2: isV2)
        }
    }

    private static func file(_ pages: [Page], valueCount: Int, rowCount: Int) -> HandmadeFile {
        let chunk = File.Chunk(type: .int32, path: ["c"], valueCount: valueCount, pages: pages)
        return HandmadeFile(elements: [File.leaf("c", .int32)], columnCount: 1, rowCount: rowCount, chunks: [chunk])
    }

    private func rows(_ file: HandmadeFile) throws -> [[Value]] { try ParquetScanTests.rows(try ParquetScanTests.open(file.bytes).scan()) }

    func test_advanceAndLoad_everyCutOfFourRows_giveTheSameValues() throws {
        for present in 0..<16 {
            let rows = (0..<4).map { present >> $0 & 1 == 1 ? Int32($0 + 7) : nil }
            let wanted: [[Value]] = rows.map { [$0.map { .integer(Int64($0)) } ?? .null] }
            for cuts in 0..<8 {
                for isV2 in [false, true] {
                    let pages = Self.pages(rows, cuts, isV2: isV2)
                    XCTAssertEqual(try self.rows(Self.file(pages, valueCount: 4, rowCount: 4)), wanted, "NULLs \(present), cuts \(cuts)")
                }
            }
        }
    }

    /// Pages of kinds to come are passed over, wherever they stand.
    func test_advance_pagesOfNoKnownKind_arePassedOver() throws {
        let pages = Self.pages([1, nil, 3], 3, isV2: false)
        for place in 0...pages.count {
            for body in [[], [1, 2, 3]] as [[UInt8]] {
                var all = pages
                all.insert((.other(rawValue: 9), body), at: place)
                // After the last value nothing is looked at.
                XCTAssertEqual(try rows(Self.file(all, valueCount: 3, rowCount: 3)), [[.integer(1)], [.null], [.integer(3)]], "at \(place)")
            }
        }
    }

    func test_advance_countsThatContradictTheChunk_areRefused() {
        for cuts in 0..<4 {
            for isV2 in [false, true] {
                let pages = Self.pages([1, nil, 3], cuts, isV2: isV2)
                var ends: [Int] = []
                for size in Self.sizes(3, cuts) { ends.append((ends.last ?? 0) + size) }
                // Where a page ends, the rest of the chunk is none of its values.
                for wrong in [1, 2, 4, 5] where !ends.contains(wrong) {
                    XCTAssertThrowsError(try rows(Self.file(pages, valueCount: wrong, rowCount: wrong)), "\(wrong) values, cuts \(cuts)") { error in
                        XCTAssertEqual((error as? ColumnStoreError)?.code, .corruptFile)
                    }
                }
            }
        }
    }
}
