@testable import ColumnStore
import TestSupport
import XCTest

/// Every width, from every place, against the bits one by one.
final class BitUnpackingTests: XCTestCase {
    private static let valueCount = 75

    /// Values of each width, packed by `BitPacker`; and the values.
    private func packed(_ width: Int) -> (bytes: [UInt8], values: [UInt64]) {
        var random = SplitMix64(state: UInt64(width))
        let mask: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
        let values = (0..<Self.valueCount).map { _ in random.next() & mask }
        var bytes: [UInt8] = []
        bytes.append(capacity: Self.valueCount * width / 8 + 16) { base in
            var packer = BitPacker(base)
            for value in values { packer.append(value, bitCount: width) }
            return packer.finish()
        }
        return (bytes, values)
    }

    func test_append_everyWidth_laysTheLowestBitFirst() {
        for width in 0...64 {
            let (bytes, values) = packed(width)
            XCTAssertEqual(bytes.count, (Self.valueCount * width + 7) / 8)
            for (index, value) in values.enumerated() {
                for bit in 0..<width {
                    let place = index * width + bit
                    XCTAssertEqual(UInt64(bytes[place >> 3] >> UInt8(place & 7) & 1), value >> UInt64(bit) & 1, "width \(width), value \(index), bit \(bit)")
                }
            }
        }
    }

    func test_unpack_everyWidthFromEveryPlace_givesTheValues() {
        for width in 0...64 {
            let (bytes, values) = packed(width)
            PaddedPage.read(bytes) { source in
                guard let base = source.baseAddress ?? UnsafeRawPointer(bitPattern: 8) else { return }
                for first in 0..<20 {
                    for count in [0, 1, 7, 8, 9, 33, Self.valueCount - first] {
                        var wide = [UInt64](repeating: .max, count: max(count, 1))
                        BitUnpacking.unpack64(base, width: width, first: first, count: count, into: &wide)
                        XCTAssertEqual(Array(wide[..<count]), Array(values[first..<first + count]), "width \(width), \(count) from \(first)")
                        guard width <= 32, width > 0 else { continue }
                        var narrow = [UInt32](repeating: .max, count: max(count, 1))
                        BitUnpacking.unpack(base, width: width, first: first, count: count, into: &narrow)
                        XCTAssertEqual(narrow[..<count].map { UInt64($0) }, Array(values[first..<first + count]), "width \(width), \(count) from \(first)")
                    }
                }
            }
        }
    }
}
