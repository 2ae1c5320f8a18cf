@testable import ColumnStore
import XCTest

/// Every choice of few ranges: each is within a merged one, bytes are right, and nothing is read twice or for a gap that is too long.
final class CoalescedRangesTests: XCTestCase {
    private static let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    /// Apart, as chunks are: neighbours with no gap, one of the most that is read through, and one above it.
    private static let all: [Range<Int64>] = {
        let gap = CoalescedRanges.gapByteCountMax
        return [0..<100, 100..<200, (200 + gap)..<(300 + gap), (301 + 2 * gap)..<(400 + 2 * gap), 7..<7]
    }()

    func test_region_everyChoiceOfRanges_holdsThem() throws {
        let file = Self.bytes.withUnsafeBytes { MemoryBytes($0, name: "bytes") }
        for choice in 0..<(1 << Self.all.count) {
            let wanted = Self.all.indices.filter { choice >> $0 & 1 == 1 }.map { Self.all[$0] }
            for most in [150, 1 << 20] as [Int64] {
                let budget = DecodeBudget(byteCountMax: 1 << 20)
                do {
                    let ranges = CoalescedRanges(file: file, wanted: wanted.reversed(), mergedByteCountMax: most, budget: budget)
                    for range in wanted where !range.isEmpty {
                        let found = try XCTUnwrap(try ranges.region(around: range), "\(range) of \(wanted)")
                        let start = Int(range.lowerBound - found.start)
                        XCTAssertEqual(Array(found.region.bytes[start..<start + range.count]), Array(Self.bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
                    }
                    let readCount = ranges.readCount
                    for range in wanted where !range.isEmpty { _ = try ranges.region(around: range) }
                    XCTAssertEqual(ranges.readCount, readCount, "read again")
                    XCTAssertLessThanOrEqual(readCount, wanted.count)
                    XCTAssertEqual(budget.held, ranges.readByteCount)
                    XCTAssertNil(try ranges.region(around: 390_000..<390_001))
                }
                XCTAssertEqual(budget.held, 0, "given back")
            }
        }
    }

    func test_region_gaps_areReadThroughUpToTheMost() throws {
        let file = Self.bytes.withUnsafeBytes { MemoryBytes($0, name: "bytes") }
        func reads(_ wanted: [Range<Int64>], most: Int64 = 1 << 20) throws -> Int {
            let ranges = CoalescedRanges(file: file, wanted: wanted, mergedByteCountMax: most, budget: .unlimited)
            for range in wanted { _ = try ranges.region(around: range) }
            return ranges.readCount
        }
        XCTAssertEqual(try reads([Self.all[0], Self.all[1]]), 1)
        XCTAssertEqual(try reads([Self.all[1], Self.all[2]]), 1)
        XCTAssertEqual(try reads([Self.all[2], Self.all[3]]), 2)
        XCTAssertEqual(try reads([Self.all[0], Self.all[1]], most: 199), 2)
    }

    func test_region_pastTheBudget_throwsAndHoldsNothing() throws {
        let file = Self.bytes.withUnsafeBytes { MemoryBytes($0, name: "bytes") }
        let budget = DecodeBudget(byteCountMax: 99)
        let ranges = CoalescedRanges(file: file, wanted: [0..<100], mergedByteCountMax: 1 << 20, budget: budget)
        XCTAssertThrowsError(try ranges.region(around: 0..<10)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
        XCTAssertEqual(budget.held, 0)
    }
}
