import TestSupport
import XCTest

@testable import ColumnStore

/// Every sequence of up to four of the numbers around the ends of 64 and 32 bits, and long ones around the sizes of blocks: decoded as they were encoded, however many
/// are taken or passed over at a time, and their end is reported. A stream that was cut is an error or whole.
final class DeltaIntegerStreamTests: XCTestCase {
    private static let edges: [Int64] = [.min, -1, 0, 1, .max]
    private static let edges32: [Int32] = [.min, -1, 0, 7, .max]

    private static func sequences<Number>(_ values: [Number], upTo length: Int) -> [[Number]] {
        var all: [[Number]] = [], last: [[Number]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { sequence in values.map { sequence + [$0] } }
            all += last
        }
        return all
    }

    private func encoded(_ values: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        values.withUnsafeBufferPointer { DeltaBinaryPackedEncoder.encode($0, into: &bytes) }
        return bytes
    }

    private func encoded(_ values: [Int32]) -> [UInt8] {
        var bytes: [UInt8] = []
        values.withUnsafeBufferPointer { DeltaBinaryPackedEncoder.encode($0, into: &bytes) }
        return bytes
    }

    private func decode<Number: FixedWidthInteger & SignedInteger & BitwiseCopyable>(_ stream: inout DeltaIntegerStream, _ count: Int) throws -> [Number] {
        var values = [Number](repeating: 0, count: max(count, 1))
        try stream.decode(into: &values, count: count)
        return Array(values.prefix(count))
    }

    private func check<Number: FixedWidthInteger & SignedInteger & BitwiseCopyable>(_ values: [Number], _ bytes: [UInt8], steps: [Int]) throws {
        // Something behind it, as in a page of lengths.
        try PaddedPage.read(bytes + [0xEE]) { page in
            for step in steps {
                var stream = try DeltaIntegerStream(page)
                XCTAssertEqual(stream.totalCount, values.count)
                var taken: [Number] = []
                while taken.count < values.count { taken += try decode(&stream, min(step, values.count - taken.count)) as [Number] }
                XCTAssertEqual(taken, values)
                XCTAssertEqual(stream.endPosition, bytes.count)
                XCTAssertThrowsError(try decode(&stream, 1) as [Number])
                // Passed over and taken in turn.
                var other = try DeltaIntegerStream(page), place = 0, isSkipped = true
                while place < values.count {
                    let count = min(step, values.count - place)
                    if isSkipped { try other.skip(count) } else { XCTAssertEqual(try decode(&other, count) as [Number], Array(values[place..<place + count])) }
                    place += count
                    isSkipped.toggle()
                }
            }
        }
    }

    func test_shortSequences_comeBackHoweverTaken() throws {
        for values in Self.sequences(Self.edges, upTo: 4) { try check(values, encoded(values), steps: [1, 2, 4]) }
        for values in Self.sequences(Self.edges32, upTo: 4) { try check(values, encoded(values), steps: [1, 3, 4]) }
        try check([Int64](), encoded([Int64]()), steps: [1])
    }

    func test_sizesAroundBlocks_comeBackHoweverTaken() throws {
        var random = SplitMix64(state: 3)
        for count in [31, 32, 33, 34, 127, 128, 129, 130, 257, 1_100] {
            for width in [0, 1, 7, 33, 64] as [UInt64] {
                let values = (0..<count).map { _ in width == 0 ? 5 : Int64(bitPattern: random.next() >> (64 - width)) }
                try check(values, encoded(values), steps: [1, 31, 32, 100, count])
            }
        }
    }

    func test_everyCut_isAnErrorOrWhole() throws {
        for values in [[3], [3, 4], Array(0..<40), (0..<200).map { $0 * $0 * 977 }] as [[Int64]] {
            let bytes = encoded(values)
            for end in 0..<bytes.count {
                let found: [Int64]? = try PaddedPage.read(Array(bytes[..<end])) { page in
                    do {
                        var stream = try DeltaIntegerStream(page)
                        return try decode(&stream, values.count)
                    } catch is PageError { return nil }
                }
                if let found { XCTAssertEqual(found, values, "cut to \(end) of \(bytes.count)") }
            }
        }
    }

    /// Headers that say what no encoder says.
    func test_headers_thatCannotBe_areErrors() throws {
        func header(_ block: UInt64, _ miniblocks: UInt64, _ count: UInt64) -> [UInt8] {
            var bytes: [UInt8] = []
            for value in [block, miniblocks, count, 0] { bytes.append(varint: value) }
            return bytes + [UInt8](repeating: 0, count: 20)
        }
        for (block, miniblocks, count) in [(0, 1, 1), (12, 1, 1), (128, 0, 1), (128, 3, 1), (128, 256, 1), (64, 16, 1), (1 << 25, 1, 1), (128, 4, 1 << 31)] as [(UInt64, UInt64, UInt64)] {
            try PaddedPage.read(header(block, miniblocks, count)) { page in
                XCTAssertThrowsError(try DeltaIntegerStream(page), "\(block), \(miniblocks), \(count)")
            }
        }
        try PaddedPage.read([UInt8](repeating: 0xFF, count: 30)) { page in XCTAssertThrowsError(try DeltaIntegerStream(page)) }
        try PaddedPage.read([]) { page in XCTAssertThrowsError(try DeltaIntegerStream(page)) }
    }
}
