@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: pages of all columns end together at every multiple of the page's rows, however rows come and bulky columns are written; between them they
/// are even. Method: the offset indexes of written files.
final class PageCutTests: XCTestCase {
    /// By leaf: the first rows of the pages of a row group.
    private func firstRows(_ file: ParquetFile, rowGroup: Int) throws -> [String: [Int]] {
        let budget = DecodeBudget(byteCountMax: 1 << 30)
        let leaves = try file.scan().leaves.map(\.descriptor)
        let indexes = PageIndexReader(file: file, rowGroup: rowGroup, leaves: leaves, filtered: [], budget: budget)
        var found: [String: [Int]] = [:]
        for leaf in leaves {
            let locations = try XCTUnwrap(indexes.locations(leaf, file.layout(rowGroup: rowGroup, leaf: leaf), for: indexes.share()))
            found[leaf.path.description] = locations.map { Int($0.firstRowIndex) }
        }
        return found
    }

    func test_pagesOfAllColumns_endTogether() throws {
        // Batches that end anywhere.
        let table = RandomTable(batchRowCounts: [50, 288, 5, 640, 128, 389], seed: 51)
        for bulky in [32 << 20] + stride(from: 100, to: 3_000, by: 260) {
            let (bytes, workerCount) = (bulky % 40 == 0 ? 200 : 1 << 20, 1 + bulky % 3)
            let file = try ParquetScanTests.open(
                try ParquetScanTests.image(table) {
                    $0.pageRowCount = 64
                    $0.rowGroupRowCount = 700
                    $0.bulkyByteCount = bulky
                    $0.pageByteCount = bytes
                    $0.workerCount = workerCount
                    $0.columns["blob"] = ColumnWriterOptions(encoding: .only(.plain))
                })
            for (rowGroup, rowCount) in [700, 700, 100].enumerated() {
                for (leaf, rows) in try firstRows(file, rowGroup: rowGroup) {
                    let aligned = Set(stride(from: 0, to: rowCount, by: 64))
                    XCTAssertEqual(aligned.subtracting(rows), [], "\(leaf), bulky at \(bulky), pages of \(bytes)")
                    if bytes > 200 && bulky > 10_000 { XCTAssertEqual(rows.count, aligned.count, leaf) }
                }
            }
        }
    }

    /// Documents of 100 bytes, 1,000 rows between two common ends, pages of at most 30,000 bytes: four even ones, none of them a small rest.
    func test_pagesBetweenCommonEnds_areEven() throws {
        let schema = Schema([Field("id", .int64, isRequired: true), Field("document", .binary, isRequired: true)])
        var documents = ColumnBuilder(type: .binary)
        var ids = ColumnBuilder(type: .int64)
        for row in 0..<2_500 {
            ids.append(integer: Int64(row &* 7_919 % 2_500))
            documents.append(.bytes((0..<96).map { UInt8(truncatingIfNeeded: $0 &* row) }))
        }
        let batch = ColumnBatch(rowCount: 2_500, columns: [ids.finish(), documents.finish()])
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(RandomTable(schema: schema, batches: [batch])) {
                $0.pageRowCount = 1_000
                $0.columns["document"] = ColumnWriterOptions(encoding: .only(.plain), pageByteCount: 30_000)
                $0.columns["id"] = ColumnWriterOptions(encoding: .only(.plain), pageByteCount: 3_000)
            })
        let rows = try firstRows(file, rowGroup: 0)
        XCTAssertEqual(rows["document"], [0, 250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_250])
        XCTAssertEqual(rows["id"], [0, 334, 668, 1_000, 1_334, 1_668, 2_000, 2_250])
    }

    /// Batches of 300 rows, pieces of 1,500 rows of documents: they end at the common ends instead, so that no page is cut short between them.
    func test_piecesOfBulkyColumns_endAtCommonEnds() throws {
        let schema = Schema([Field("document", .binary, isRequired: true)])
        let batches = (0..<10).map { batch in
            var documents = ColumnBuilder(type: .binary)
            for row in 0..<300 { documents.append(.bytes((0..<100).map { UInt8(truncatingIfNeeded: $0 &* (batch &* 300 + row)) })) }
            return ColumnBatch(rowCount: 300, columns: [documents.finish()])
        }
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(RandomTable(schema: schema, batches: batches)) {
                $0.pageRowCount = 1_000
                $0.bulkyByteCount = 150_000
                $0.columns["document"] = ColumnWriterOptions(encoding: .only(.plain))
            })
        XCTAssertEqual(try firstRows(file, rowGroup: 0), ["document": [0, 1_000, 2_000]])
    }

    func test_pagesAndRowGroupsOfNoRows_areRefused() {
        let schema = Schema([Field("id", .int64)])
        for change in [{ $0.pageRowCount = 0 }, { $0.pageByteCount = 0 }, { $0.rowGroupRowCount = -1 }] as [(inout WriterOptions) -> Void] {
            var options = WriterOptions()
            change(&options)
            XCTAssertThrowsError(try FileWriter(schema, options: options, to: MemorySink())) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
            }
        }
    }

    /// What the common ends are for: workers that divide a row group inflate none of its pages twice.
    func test_partsOfARowGroup_haveNoPageInCommon() throws {
        let table = RandomTable(batchRowCounts: [900, 1_100], seed: 52)
        let file = try ParquetScanTests.open(
            try ParquetScanTests.image(table) {
                $0.pageRowCount = 100
                $0.pageByteCount = 700
            })
        func pages(_ workerCount: Int) throws -> (parts: Int, pages: Int) {
            let scan = try file.scan()
            let parts = try scan.parts(workerCount: workerCount, rowCountMin: 100)
            var pageCount = 0
            for part in parts {
                let reader = try scan.reader(part)
                while try reader.next() != nil {}
                pageCount += reader.counters.pageCount
            }
            return (parts.count, pageCount)
        }
        let whole = try pages(1)
        XCTAssertEqual(whole.parts, 1)
        for workerCount in [2, 3, 5] {
            let divided = try pages(workerCount)
            XCTAssertEqual(divided.parts, workerCount)
            XCTAssertEqual(divided.pages, whole.pages)
        }
    }
}
