@testable import ColumnStore
import TestSupport
import XCTest

/// Runs and packed bits: every sequence of few values at width 1, random ones at all widths, taken in every way; and every cut of the bytes.
final class HybridTests: XCTestCase {
    private func encoded(_ values: [UInt32], _ width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        values.withUnsafeBufferPointer { RunLengthEncoder.encode($0, bitWidth: width, into: &bytes) }
        return bytes
    }

    private func decoded(_ bytes: [UInt8], _ width: Int, _ counts: [Int], limit: UInt32 = .max) throws -> [UInt32] {
        try PaddedPage.read(bytes) { source in
            var decoder = try HybridDecoder(source, width: width)
            var values: [UInt32] = []
            for count in counts {
                var part = [UInt32](repeating: 0, count: max(count, 1))
                try decoder.decode(into: &part, count: count, limit: limit)
                values += part[..<count]
            }
            return values
        }
    }

    func test_encode_everySequenceOfBits_comesBack() throws {
        for count in 0...11 {
            for bits in 0..<(1 << count) {
                let values = (0..<count).map { UInt32(bits >> $0 & 1) }
                XCTAssertEqual(try decoded(encoded(values, 1), 1, [count]), values)
            }
        }
    }

    func test_decode_inParts_givesTheSame() throws {
        var random = SplitMix64(state: 3)
        for width in 1...32 {
            let mask: UInt32 = width == 32 ? .max : (1 << UInt32(width)) - 1
            // Runs of all lengths among values that differ.
            var values: [UInt32] = []
            for length in [1, 7, 8, 9, 1, 1, 30, 2, 100, 1] {
                values += [UInt32](repeating: UInt32(truncatingIfNeeded: random.next()) & mask, count: length)
            }
            let bytes = encoded(values, width)
            for part in [1, 3, 8, 50, values.count] {
                let counts = stride(from: 0, to: values.count, by: part).map { min(part, values.count - $0) }
                XCTAssertEqual(try decoded(bytes, width, counts), values, "width \(width), \(part) at a time")
            }
        }
    }

    func test_skipAndBits_standWhereDecodingStands() throws {
        let values = (0..<200).map { UInt32($0 % 13 < 9 ? 1 : $0 & 1) }
        try PaddedPage.read(encoded(values, 1)) { source in
            for skipped in 0...values.count {
                var decoder = try HybridDecoder(source, width: 1)
                try decoder.skip(skipped)
                var bits = BitBuilder()
                try decoder.appendBits(values.count - skipped, to: &bits)
                let bitmap = bits.finish()
                XCTAssertEqual((0..<bitmap.count).map { bitmap[$0] ? 1 : 0 }, Array(values[skipped...]))
            }
        }
    }

    func test_levels_fromEveryPlaceInEveryNumber_areTheBits() throws {
        var random = SplitMix64(state: 8)
        let values = (0..<150).map { UInt32($0 < 40 ? random.next() % 2 : $0 < 90 ? 1 : random.next() % 3 / 2) }
        try PaddedPage.read(encoded(values, 1)) { source in
            for first in 0..<values.count {
                for count in [1, 2, 7, 8, 9, 16, 31, values.count - first] where first + count <= values.count {
                    var decoder = try HybridDecoder(source, width: 1)
                    try decoder.skip(first)
                    // What stands behind the levels stays as it is.
                    var levels = [UInt8](repeating: 9, count: count + 1)
                    try levels.withUnsafeMutableBufferPointer { try decoder.decodeLevels(into: XCTUnwrap($0.baseAddress), count: count, greatest: 1) }
                    XCTAssertEqual(levels, values[first..<first + count].map { UInt8($0) } + [9])
                }
            }
        }
    }

    func test_decode_cutBytesOrCodesPastTheLimit_throw() throws {
        let values = [UInt32](repeating: 5, count: 20) + (0..<40).map { UInt32($0 % 7) }
        let bytes = encoded(values, 3)
        for count in 0..<bytes.count { XCTAssertThrowsError(try decoded(Array(bytes[..<count]), 3, [values.count]), "\(count) bytes") }
        for limit in 0...6 as ClosedRange<UInt32> { XCTAssertThrowsError(try decoded(bytes, 3, [values.count], limit: limit), "limit \(limit)") }
        XCTAssertEqual(try decoded(bytes, 3, [values.count], limit: 7), values)
        XCTAssertThrowsError(try HybridDecoder(UnsafeRawBufferPointer(start: nil, count: 0), width: 33))
    }
}
