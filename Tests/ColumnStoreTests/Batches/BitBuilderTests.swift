@testable import ColumnStore
import TestSupport
import XCTest

/// Bits appended in every way at every place, against bits in an array; and the spreading of values over every pattern of NULLs.
final class BitBuilderTests: XCTestCase {
    private func array(_ bitmap: Bitmap) -> [Bool] { (0..<bitmap.count).map { bitmap[$0] } }

    /// A builder that holds `count` bits, and those bits.
    private func begun(_ count: Int) -> (builder: BitBuilder, bits: [Bool]) {
        var random = SplitMix64(state: UInt64(count))
        let bits = (0..<count).map { _ in random.next() & 1 == 1 }
        var builder = BitBuilder()
        for bit in bits { builder.append(bit ? 1 : 0, 1) }
        return (builder, bits)
    }

    func test_append_everyWayAtEveryPlace_isBitAfterBit() {
        var random = SplitMix64(state: 1)
        let source = (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let sourceBits = (0..<8 * source.count).map { source[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
        let levels = (0..<200).map { _ in UInt8(random.next() % 5) }
        for start in 0...130 {
            for added in [0, 1, 5, 63, 64, 65, 130, 200] {
                var (builder, bits) = begun(start)
                if added > 0, added <= 64 {
                    builder.append(0xDEAD_BEEF_0123_4567, added)
                    bits += (0..<added).map { 0xDEAD_BEEF_0123_4567 as UInt64 >> UInt64($0) & 1 == 1 }
                }
                builder.append(repeating: added % 2 == 0, added)
                bits += [Bool](repeating: added % 2 == 0, count: added)
                let whole = Bitmap(words: begun(added).builder.bitmap.words, count: added)
                builder.append(contentsOf: whole)
                bits += array(whole)
                PaddedPage.read(source) { bytes in
                    if let base = bytes.baseAddress { builder.append(packed: base, first: start % 9, added) }
                }
                bits += sourceBits[start % 9..<start % 9 + added]
                levels.withUnsafeBufferPointer { if let base = $0.baseAddress { builder.append(base, added, atLeast: 3) } }
                bits += levels[..<added].map { $0 >= 3 }
                XCTAssertEqual(array(builder.bitmap), bits, "\(added) after \(start)")
                XCTAssertEqual(builder.setCount, bits.count { $0 })
                for place in stride(from: 0, to: bits.count, by: 17) { XCTAssertEqual(builder.word(at: place) & 1 == 1, bits[place]) }
                XCTAssertEqual(array(builder.finish()), bits)
                XCTAssertEqual(builder.count, 0)
            }
        }
    }

    func test_spread_everyPatternOfNulls_putsValuesUnderTheirBits() throws {
        for count in [0, 1, 2, 5, 9] {
            for pattern in 0..<(1 << count) {
                // At the front, across a word's end, and after a whole word.
                for start in [0, 60, 64] {
                    let valid = (0..<count).map { pattern >> $0 & 1 == 1 }
                    var validity = ValidityBuilder()
                    validity.append(repeating: true, start)
                    for bit in valid { validity.append(repeating: bit, 1) }
                    if !validity.hasNulls { continue }
                    let valueCount = valid.count { $0 }
                    var values = (0..<count).map { $0 < valueCount ? Int32($0 + 1) : 0 }
                    var next: Int32 = 0
                    let expected = valid.map { bit -> Int32 in
                        guard bit else { return -1 }
                        next += 1
                        return next
                    }
                    values.withUnsafeMutableBufferPointer {
                        guard let base = $0.baseAddress else { return }
                        (base + valueCount).update(repeating: -1, count: count - valueCount)
                        NullSpacing.spread(base, valueCount: valueCount, slotCount: count, validity: validity, start: start, filler: -1)
                    }
                    XCTAssertEqual(values, expected, "\(valid) from \(start)")
                    XCTAssertEqual(validity.finish().map(array), [Bool](repeating: true, count: start) + valid)
                }
            }
        }
    }

    func test_validity_withoutNulls_isNone() {
        for count in [0, 1, 64, 65] {
            var validity = ValidityBuilder()
            validity.append(repeating: true, count)
            XCTAssertFalse(validity.hasNulls)
            XCTAssertNil(validity.finish())
            XCTAssertEqual(validity.count, 0)
        }
    }

    func test_gathering_bitsInAnyOrder_isBitAfterBit() {
        var random = SplitMix64(state: 9)
        for count in [1, 63, 64, 65, 300] {
            let bits = begun(count).bits
            var bitmap = Bitmap(repeating: false, count: count)
            for (row, bit) in bits.enumerated() { bitmap[row] = bit }
            for taken in [0, 1, 63, 64, 65, 127, 128, 200] {
                let indices = (0..<taken).map { _ in Int32(random.next() % UInt64(count)) }
                XCTAssertEqual(array(bitmap.gathering(indices)), indices.map { bits[Int($0)] })
                // What lies behind the last bit of a word is 0, as counts of all bits rely on.
                XCTAssertEqual(bitmap.gathering(indices).setCount, indices.reduce(0) { $0 + (bits[Int($1)] ? 1 : 0) })
            }
        }
    }
}
