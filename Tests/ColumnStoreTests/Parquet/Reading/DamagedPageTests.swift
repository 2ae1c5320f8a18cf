@testable import ColumnStore
import Foundation
import XCTest

/// Goal: what was damaged on its way is not taken for values. Method: a bit of each column's last page is flipped; codes past a dictionary's end.
final class DamagedPageTests: XCTestCase {
    func test_flippedBit_isFoundByThePageSum() throws {
        let table = RandomTable(batchRowCounts: [400], seed: 7)
        let bytes = try ParquetScanTests.image(table) {
            $0.codec = .uncompressed
            $0.pageRowCount = 100
        }
        let file = try ParquetScanTests.open(bytes)
        var unnoticed = 0
        for leaf in file.leaves {
            let metadata = try XCTUnwrap(file.metadata.rowGroups[0].columns[leaf.index].metadata)
            let start = min(metadata.dataPageOffset, metadata.dictionaryPageOffset ?? metadata.dataPageOffset)
            var damaged = bytes
            damaged[Int(start + metadata.totalCompressedByteCount) - 1] ^= 1
            let top = try XCTUnwrap(leaf.path.split(separator: ".").first.map(String.init))
            let request = ParquetScanRequest(projection: [ColumnPath(top)])
            XCTAssertThrowsError(try ParquetScanTests.rows(try ParquetScanTests.open(damaged).scan(request)), leaf.path) {
                let error = $0 as? ColumnStoreError
                XCTAssertEqual(error?.code, .corruptFile)
                XCTAssertEqual(error?.path, "image")
                XCTAssertEqual(error?.column, leaf.path)
                XCTAssertNotNil(error?.offset)
            }
            do {
                _ = try ParquetScanTests.rows(try ParquetScanTests.open(damaged, ParquetReadOptions(verifiesChecksums: false)).scan(request))
                unnoticed += 1
            } catch is ColumnStoreError {}
        }
        XCTAssertGreaterThan(unnoticed, 5, "the sums alone find these")
    }

    func test_codesPastTheDictionary_areRefused() throws {
        // A run of four times 5, then a group of eight packed in three bits: 0 to 7.
        let run: [UInt8] = [4 << 1, 5]
        let packed: [UInt8] = [1 << 1 | 1, 0b10_001_000, 0b1_100_011_0, 0b111_110_10]
        for (bytes, count, greatest) in [(run, 4, 5), (packed, 8, 7)] {
            for limit in [greatest, greatest + 1] {
                let padded = bytes + [UInt8](repeating: 0, count: ByteRegion.paddingByteCount)
                try padded.withUnsafeBytes { raw in
                    var decoder = try HybridDecoder(UnsafeRawBufferPointer(rebasing: raw[..<bytes.count]), width: 3)
                    let codes = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
                    defer { codes.deallocate() }
                    do {
                        try decoder.decode(into: codes, count: count, limit: UInt32(limit))
                        XCTAssertEqual(limit, greatest + 1)
                        XCTAssertEqual(codes[count - 1], UInt32(greatest))
                    } catch {
                        XCTAssertEqual(limit, greatest, "\(error)")
                    }
                }
            }
        }
    }
}
