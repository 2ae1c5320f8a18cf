import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: the cache gives what the bucket has, or nothing. Method: examples over restarts, random use from many threads, every byte of its files changed.
final class RangeCacheTests: XCTestCase {
    private var folder: TemporaryDirectory?
    private var path: String { (folder?.path ?? "") + "/cache" }

    override func setUpWithError() throws { folder = try TemporaryDirectory() }
    override func tearDown() { folder = nil }

    private static func content(_ object: Int, _ range: Range<Int64>) -> [UInt8] {
        range.map { UInt8(truncatingIfNeeded: ($0 &* 0x9E37_79B9) >> 7) ^ UInt8(truncatingIfNeeded: object) }
    }

    private func keep(_ cache: RangeCache, _ object: Int, _ count: Int64, _ range: Range<Int64>, isLongest: Bool = false) {
        Self.content(object, range).withUnsafeBytes { cache.keep("s3://b/\(object).parquet", byteCount: count, range, $0, isLongest: isLongest) }
    }

    private func read(_ cache: RangeCache, _ object: Int, _ count: Int64, _ range: Range<Int64>) -> [UInt8]? {
        cache.region(of: "s3://b/\(object).parquet", byteCount: count, range).map(\.copied)
    }

    private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "LOCK" }.sorted() }

    func test_keptRange_anyPartOfIt_isGiven_overARestart() throws {
        let length: Int64 = 1_000_000
        do {
            let cache = try RangeCache(path: path, byteCountMax: 1 << 30)
            keep(cache, 1, length, 1_000..<300_000)
            XCTAssertEqual(cache.byteCount(of: "s3://b/1.parquet"), length)
        }
        let cache = try RangeCache(path: path, byteCountMax: 1 << 30)
        for range: Range<Int64> in [1_000..<300_000, 1_000..<1_001, 299_999..<300_000, 66_535..<66_537, 70_000..<200_000] {
            XCTAssertEqual(read(cache, 1, length, range), Self.content(1, range), "\(range)")
        }
        let others: [(Int64, Range<Int64>)] = [(length, 999..<1_001), (length, 299_999..<300_001), (length + 1, 1_000..<1_001), (length, 5..<5)]
        for (count, range) in others { XCTAssertNil(read(cache, 1, count, range), "\(count) \(range)") }
        XCTAssertNil(read(cache, 2, length, 1_000..<1_001))
        cache.forget("s3://b/1.parquet")
        XCTAssertNil(cache.byteCount(of: "s3://b/1.parquet"))
        XCTAssertEqual(try files(), [])
    }

    func test_everyByteChanged_everyLengthCut_neverGivesAnotherContent() throws {
        let (length, range): (Int64, Range<Int64>) = (500, 100..<400)
        do { keep(try RangeCache(path: path, byteCountMax: 1 << 20), 1, length, range) }
        let name = try XCTUnwrap(try files().first)
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        let good = try Data(contentsOf: file)
        for place in 0..<good.count {
            var bad = good
            bad[place] ^= 0x40
            try bad.write(to: file)
            let cache = try RangeCache(path: path, byteCountMax: 1 << 20)
            XCTAssertNil(read(cache, 1, length, 150..<350), "byte \(place)")
            XCTAssertEqual(cache.figures.damagedCount, 1)
            XCTAssertEqual(try files(), [], "what is damaged goes")
        }
        for count in stride(from: 0, to: good.count, by: 7) {
            try good.prefix(count).write(to: file)
            XCTAssertNil(read(try RangeCache(path: path, byteCountMax: 1 << 20), 1, length, 150..<350), "\(count) bytes")
        }
    }

    /// A whole file of another range or object under this one's name.
    func test_swappedFiles_areNotBelieved() throws {
        do {
            let cache = try RangeCache(path: path, byteCountMax: 1 << 20)
            keep(cache, 1, 500, 0..<200)
            keep(cache, 2, 500, 0..<200)
        }
        let urls = try files().map { URL(fileURLWithPath: "\(path)/\($0)") }
        XCTAssertEqual(urls.count, 2)
        let contents = try urls.map { try Data(contentsOf: $0) }
        for (url, content) in zip(urls, contents.reversed()) { try content.write(to: url) }
        let cache = try RangeCache(path: path, byteCountMax: 1 << 20)
        for object in 1...2 { XCTAssertNil(read(cache, object, 500, 0..<200)) }
    }

    func test_strangersInTheFolder_stay_orGoWhenTheyPoseAsRanges() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let object = String(repeating: "a", count: 40)
        let names = ["x.range", "\(object)-5-0-9.range", "\(object)-9223372036854775807-0-9223372036854775807.range", "\(object)-9-5-4.range", "-1-2-3-4.range", "notes.txt"]
        for name in names { try "x".write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
        XCTAssertEqual(try RangeCache(path: path, byteCountMax: 1 << 20).figures.fileCount, 0)
        XCTAssertEqual(try files(), ["notes.txt"])
    }

    func test_full_dropsWhatWasUsedLongestAgo_footersLast() throws {
        let cache = try RangeCache(path: path, byteCountMax: 100_000)
        keep(cache, 0, 10_000, 0..<10_000, isLongest: true)
        for object in 1..<9 { keep(cache, object, 10_000, 0..<10_000) }
        XCTAssertNotNil(read(cache, 1, 10_000, 0..<5))
        for object in 9..<12 { keep(cache, object, 10_000, 0..<10_000) }
        XCTAssertNotNil(read(cache, 0, 10_000, 0..<5), "a footer")
        XCTAssertNotNil(read(cache, 1, 10_000, 0..<5), "used lately")
        XCTAssertNil(read(cache, 2, 10_000, 0..<5))
        XCTAssertNotNil(read(cache, 11, 10_000, 0..<5))
        XCTAssertLessThanOrEqual(cache.figures.heldByteCount, 100_000)
        XCTAssertGreaterThan(cache.figures.evictedByteCount, 0)
        keep(cache, 99, 90_000, 0..<90_000)
        XCTAssertNil(read(cache, 99, 90_000, 0..<5), "one range does not throw out all others")
    }

    /// A question may have read over a file's filters before they are kept.
    func test_whatGoesLast_isKeptBesideARangeThatGoesFirst() throws {
        let cache = try RangeCache(path: path, byteCountMax: 100_000)
        keep(cache, 0, 10_000, 0..<10_000)
        keep(cache, 0, 10_000, 0..<5_000, isLongest: true)
        XCTAssertEqual(try files().count, 2)
        for _ in 0..<2 { keep(cache, 0, 10_000, 1_000..<4_000, isLongest: true) }
        keep(cache, 0, 10_000, 1_000..<4_000)
        XCTAssertEqual(try files().count, 2, "what goes last has it already")
        for object in 1..<12 { keep(cache, object, 10_000, 0..<10_000) }
        XCTAssertEqual(read(cache, 0, 10_000, 0..<5_000), Self.content(0, 0..<5_000))
        XCTAssertNil(read(cache, 0, 10_000, 0..<10_000))
    }

    func test_twoProcesses_cannotHaveIt() throws {
        let first = try RangeCache(path: path, byteCountMax: 1)
        XCTAssertThrowsError(try RangeCache(path: path, byteCountMax: 1)) { XCTAssertTrue("\($0)".contains("storage.cache.path"), "\($0)") }
        withExtendedLifetime(first) {}
    }

    func test_diskThatRefuses_leavesItEmpty() throws {
        let cache = try RangeCache(path: path, byteCountMax: 1 << 20)
        try FileManager.default.removeItem(atPath: path)
        keep(cache, 1, 100, 0..<50)
        XCTAssertNil(read(cache, 1, 100, 0..<50))
    }

    /// As where two threads have fetched the same range, and one is about to write it while the other would.
    func test_rangeThatAnotherIsWriting_isNoRefusalOfTheDisk() throws {
        let cache = try RangeCache(path: path, byteCountMax: 1 << 20)
        keep(cache, 1, 100, 0..<50)
        let name = try XCTUnwrap(try FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasSuffix(".range") })
        let file = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        cache.forget("s3://b/1.parquet")
        try file.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        keep(cache, 1, 100, 0..<50)
        keep(cache, 2, 100, 0..<50)
        XCTAssertEqual(read(cache, 2, 100, 0..<50), Self.content(2, 0..<50))
    }

    func test_randomUse_fromManyThreads_givesTheRightBytesOrNone() throws {
        let cache = try RangeCache(path: path, byteCountMax: 2 << 20)
        let folder = path
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            var random = SplitMix64(state: UInt64(thread))
            for _ in 0..<200 {
                let (object, start) = (Int.random(in: 0..<6, using: &random), Int64.random(in: 0..<400_000, using: &random))
                let range = start..<min(500_000, start + Int64.random(in: 1...80_000, using: &random))
                switch Int.random(in: 0..<16, using: &random) {
                case 0..<6: Self.content(object, range).withUnsafeBytes { cache.keep("s3://b/\(object).parquet", byteCount: 500_000, range, $0) }
                case 6: cache.forget("s3://b/\(object).parquet")
                case 7:
                    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
                    if let name = names?.first(where: { $0.hasSuffix(".range") }) { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
                default:
                    if let region = cache.region(of: "s3://b/\(object).parquet", byteCount: 500_000, range) {
                        XCTAssertEqual(region.copied, Self.content(object, range))
                    }
                }
            }
        }
        XCTAssertLessThanOrEqual(cache.figures.heldByteCount, 2 << 20)
    }
}
