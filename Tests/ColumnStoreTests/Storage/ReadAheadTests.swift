import Foundation
import TestSupport
import XCTest

@testable import ColumnStore

final class ReadAheadTests: XCTestCase {
    private var path = ""

    override func setUpWithError() throws {
        path = NSTemporaryDirectory() + "read-ahead-\(UUID().uuidString)"
        var bytes = [UInt8](repeating: 0, count: 8 << 20)
        for index in stride(from: 0, to: bytes.count, by: 4_096) { bytes[index] = UInt8(truncatingIfNeeded: index >> 12) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    override func tearDown() { unlink(path) }

    /// The file, with nothing of it in the system's cache.
    private func coldFile() throws -> LocalFileBytes {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        XCTAssertEqual(fsync(descriptor), 0)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        let file = try LocalFileBytes(path: path)
        try XCTSkipIf(file.isCached(0..<file.byteCount), "this file system keeps all files in memory: nothing can be fetched ahead")
        return file
    }

    /// Waits without a bound of its own: a test that hangs is ended by whoever runs it.
    private func waitUntilCached(_ range: Range<Int64>, of file: LocalFileBytes) { XCTAssertTrue(Patience.until(pauseMilliseconds: 1) { file.isCached(range) }) }

    func test_what_is_expected_comes_into_the_cache_and_nothing_beside_it() throws {
        let probe = try LocalFileBytes(path: path)
        _ = try probe.region(at: 0, count: 1)
        try XCTSkipUnless(probe.isCached(0..<1), "this kernel does not say what is in its cache (cachestat, Linux 6.5)")
        let file = try coldFile()
        let wanted: Range<Int64> = (3 << 20)..<((5 << 20) + 17)
        file.expect(wanted)
        waitUntilCached(wanted, of: file)
        XCTAssertFalse(file.isCached(0..<(1 << 20)))
        XCTAssertFalse(file.isCached((7 << 20)..<(8 << 20)))
        XCTAssertEqual(try file.region(at: 3 << 20, count: 1).copied, [UInt8(truncatingIfNeeded: (3 << 20) >> 12)])
    }

    func test_ranges_from_outside_are_cut_to_the_file() throws {
        let file = try LocalFileBytes(path: path)
        for range in [Int64.min..<Int64.max, -5..<0, file.byteCount..<Int64.max, 0..<0, Int64.max - 1..<Int64.max] { file.expect(range) }
        XCTAssertEqual(try file.region(at: file.byteCount - 1, count: 1).bytes.count, 1)
    }

    func test_batches_have_everything_once_and_in_order_and_are_bounded() throws {
        let file = try LocalFileBytes(path: path)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var line = ReadAheadLine()
            var asked: [Range<Int64>] = []
            var taken: [Range<Int64>] = []
            func take() -> Bool {
                let byteCountMax = Int.random(in: ReadPace.byteCountRange, using: &random)
                guard let batch = line.take(Int64(byteCountMax)) else { return false }
                XCTAssertLessThanOrEqual(batch.reduce(0) { $0 + $1.range.count }, byteCountMax)
                for item in batch {
                    // A piece goes on where the last one was cut.
                    if let last = taken.last, last.upperBound == item.range.lowerBound, !asked.contains(where: { $0.lowerBound == item.range.lowerBound }) {
                        taken[taken.count - 1] = last.lowerBound..<item.range.upperBound
                    } else {
                        taken.append(item.range)
                    }
                }
                return true
            }
            for number in 0..<Int.random(in: 1...30, using: &random) {
                // Unlike beginnings, with room between them.
                let start = Int64(number) << 24
                let range = start..<(start + Int64.random(in: 1...(3 << 20), using: &random))
                asked.append(range)
                line.append(range, of: file)
                if Bool.random(using: &random) { _ = take() }
            }
            while take() {}
            XCTAssertEqual(taken, asked)
        }
    }

    func test_no_more_waits_than_may() throws {
        let file = try LocalFileBytes(path: path)
        var line = ReadAheadLine()
        for number in 0..<1_000 { line.append(Int64(number) << 24..<(Int64(number) << 24) + (1 << 20), of: file) }
        var byteCount = 0
        while let batch = line.take(1 << 20) { byteCount += batch.reduce(0) { $0 + $1.range.count } }
        XCTAssertEqual(Int64(byteCount), ReadAheadLine.waitingByteCountMax)
        // What was taken makes room for others.
        for number in 0..<200 {
            line.append(Int64(number) << 24..<(Int64(number) << 24) + (1 << 20), of: file)
            XCTAssertEqual(line.take(1 << 20)?.map(\.range.count), [1 << 20], "\(number)")
        }
        XCTAssertNil(line.take(1 << 20))
    }

    /// A disk of 200 megabytes a second behind four milliseconds gives nothing sooner that is asked for in pieces, and what comes from memory says nothing of a disk.
    func test_pace_ofADiskThatIsFarAway_isNotTheLeast() {
        let pace = ReadPace()
        for _ in 0..<20 { pace.note(byteCount: pace.byteCount, nanoseconds: 4_000_000 + UInt64(pace.byteCount) * 5) }
        XCTAssertGreaterThanOrEqual(pace.byteCount, 256 << 10)
        let slow = ReadPace()
        for _ in 0..<3 { slow.note(byteCount: slow.byteCount, nanoseconds: UInt64(slow.byteCount) * 10) }
        slow.note(byteCount: slow.byteCount, nanoseconds: 10_000)
        XCTAssertEqual(slow.byteCount, 128 << 10)
    }

    func test_pace_isWhatTheDiskGivesInAMillisecondOrTwo() {
        let pace = ReadPace()
        XCTAssertEqual(pace.byteCount, 1 << 20)
        // A hundred megabytes a second: 10.5, 5.2, 2.6 milliseconds, and then 1.3.
        for expected in [512, 256, 128, 128, 128] {
            pace.note(byteCount: pace.byteCount, nanoseconds: UInt64(pace.byteCount) * 10)
            XCTAssertEqual(pace.byteCount, expected << 10)
        }
        // A tenth of that: the least there is.
        for _ in 0..<3 { pace.note(byteCount: pace.byteCount, nanoseconds: UInt64(pace.byteCount) * 100) }
        XCTAssertEqual(pace.byteCount, 64 << 10)
        // What came from the disk in part only says nothing.
        pace.note(byteCount: 4_096, nanoseconds: 100_000)
        pace.note(byteCount: 0, nanoseconds: 0)
        XCTAssertEqual(pace.byteCount, 64 << 10)
        // Two gigabytes a second: 33 microseconds, and at a megabyte half a millisecond.
        for expected in [128, 256, 512, 1_024, 1_024] {
            pace.note(byteCount: pace.byteCount, nanoseconds: UInt64(pace.byteCount) / 2)
            XCTAssertEqual(pace.byteCount, expected << 10)
        }
    }

    func test_read_inPiecesOfThePace_givesWhatIsThere() throws {
        let file = try coldFile()
        let found = try file.region(at: 4_095, count: 5 << 20).copied
        XCTAssertEqual(found.count, 5 << 20)
        for page in [1, 2, 255, 256, 257, 1_279] { XCTAssertEqual(found[page * 4_096 - 4_095], UInt8(truncatingIfNeeded: page), "\(page)") }
    }

    func test_begin_withoutAThread_fetchesNothing_andBeginsLater() {
        let ahead = ReadAhead()
        XCTAssertFalse(WorkerThread.$areRefused.withValue(true) { ahead.begin() })
        XCTAssertTrue(ahead.begin())
    }
}
