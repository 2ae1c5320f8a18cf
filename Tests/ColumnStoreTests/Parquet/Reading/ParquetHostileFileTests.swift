import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: no bytes crash the reader, hang it or make it take memory past its budget. Method: every truncation of good files, and
/// seeded mutations of all of them, read whole: values or a `ColumnStoreError`, nothing else.
///
/// `FUZZ_SECONDS` makes the mutations run that long.
final class ParquetHostileFileTests: XCTestCase {
    private static let options = ParquetReadOptions(memoryBudgetByteCount: 32 << 20, footerByteCountMax: 4 << 20)
    /// More rows than any sample has: a mutated count may be large and true, and reading it all would only take time.
    private static let rowCountMax = 200_000

    /// - Returns: whether the file was refused.
    private func read(_ bytes: [UInt8], _ name: String) throws -> Bool {
        do {
            let file = try ParquetFile(MemoryBytes(bytes, name: name), options: Self.options)
            let scan = try file.scan()
            var rowCount = 0
            for rowGroup in scan.rowGroups {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() {
                    rowCount += batch.rowCount
                    if let last = batch.columns.last, batch.rowCount > 0 { _ = last.value(at: batch.rowCount - 1) }
                    if rowCount > Self.rowCountMax { return false }
                }
            }
            return false
        } catch let error as ColumnStoreError {
            XCTAssertEqual(error.path, name)
            return true
        }
    }

    func test_everyTruncation_isRefused() throws {
        let names = [
            "alltypes_plain.snappy.parquet", "nested_maps.snappy.parquet", "datapage_v2.snappy.parquet",
            "data_index_bloom_encoding_stats.parquet", "byte_stream_split.zstd.parquet", "list_columns.parquet",
        ]
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: ParquetReferenceTests.good.appendingPathComponent(name)))
            XCTAssertFalse(try read(bytes, name))
            for count in 0..<bytes.count {
                XCTAssertTrue(try read(Array(bytes[..<count]), name), "\(name), \(count) of \(bytes.count) bytes")
            }
        }
    }

    func test_mutationsOfGoodFiles_giveValuesOrErrors() throws {
        let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 0
        let end = Date(timeIntervalSinceNow: seconds)
        let files = try ParquetReferenceTests.files(ParquetReferenceTests.good).map {
            (name: $0.lastPathComponent, bytes: [UInt8](try Data(contentsOf: $0)))
        }
        var random = SplitMix64(state: 0xF022)
        var counts = (total: 0, refused: 0)
        let start = try PeakMemory.reset()
        repeat {
            for (name, bytes) in files where bytes.count < 20_000 || counts.total % 17 == 0 {
                for _ in 0..<100 {
                    let seed = random.next()
                    var mutation = SplitMix64(state: seed)
                    counts.total += 1
                    if try read(Self.mutated(bytes, &mutation), "\(name), seed \(seed)") { counts.refused += 1 }
                }
            }
        } while Date() < end
        XCTAssertGreaterThan(counts.total, 2_000)
        XCTAssertGreaterThan(counts.refused, counts.total / 10)
        XCTAssertLessThan(try PeakMemory.byteCount() - start, 1 << 30)
    }

    /// Pruning reads what a whole scan does not: page indexes, bloom filters, pages out of order.
    func test_mutationsUnderFilters_giveValuesOrErrors() throws {
        let table = RandomTable(batchRowCounts: [600], seed: 3)
        let image = try ParquetScanTests.image(table) {
            $0.pageRowCount = 40
            $0.rowGroupRowCount = 250
            $0.defaultColumn.hasBloomFilter = true
        }
        let row = try XCTUnwrap(ParquetScanTests.rows(table).first { !$0[13].isNull && !$0[8].isNull })
        let requests = [
            ParquetScanRequest(projection: ["lines", "blob"], filters: [ColumnFilter("at", .equal(row[13]))]),
            ParquetScanRequest(projection: ["place", "grid"], filters: [ColumnFilter("key", .equal(row[8]))]),
            ParquetScanRequest(
                projection: ["lines.amount", "lines.code", "uid"], filters: [ColumnFilter("day", .range(lower: nil, upper: .init(.integer(19_001), isInclusive: true)))],
                elementFilters: [ColumnFilter("lines.code", .equal(.string("milk")))]),
        ]
        let seconds = ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap(Double.init) ?? 0
        let end = Date(timeIntervalSinceNow: seconds)
        var random = SplitMix64(state: 0x1DE7)
        var refused = 0
        var total = 0
        repeat {
            for _ in 0..<1_000 {
                let seed = random.next()
                var mutation = SplitMix64(state: seed)
                let request = requests[Int(mutation.next() % 3)]
                // The indexes stand before the footer: more of the end than elsewhere.
                let mutated = Self.mutated(image, &mutation, tail: 16_000)
                total += 1
                do {
                    let scan = try ParquetFile(MemoryBytes(mutated, name: "seed \(seed)"), options: Self.options).scan(request)
                    for part in try scan.parts(workerCount: 1 + Int(mutation.next() % 3), rowCountMin: 50) {
                        let reader = try scan.reader(part)
                        while let batch = try reader.next() { XCTAssertLessThanOrEqual(batch.rowCount, 600) }
                    }
                } catch let error as ColumnStoreError {
                    XCTAssertEqual(error.path, "seed \(seed)")
                    refused += 1
                }
            }
        } while Date() < end
        XCTAssertGreaterThan(refused, total / 20)
    }

    /// Changes a few bytes, the more often the nearer to the end, where the metadata is.
    private static func mutated(_ bytes: [UInt8], _ random: inout SplitMix64, tail: Int = 600) -> [UInt8] {
        var mutated = bytes
        for _ in 0...Int(random.next() % 4) {
            var place = Int(random.next() % UInt64(bytes.count))
            if random.next() % 2 == 0 { place = bytes.count - 1 - Int(random.next() % UInt64(min(bytes.count, tail))) }
            switch random.next() % 4 {
            case 0: mutated[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: mutated[place] ^= 1 << UInt8(random.next() % 8)
            case 2: mutated[place] = [0, 1, 0x7F, 0x80, 0xFF][Int(random.next() % 5)]
            default: mutated[place] = mutated[Int(random.next() % UInt64(bytes.count))]
            }
        }
        return mutated
    }
}
