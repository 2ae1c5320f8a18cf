@testable import ColumnStore
import TestSupport
import XCTest

/// Decimals of every width with bits at every place, against the bytes summed up; halves against the processor's own.
final class DecimalKernelsTests: XCTestCase {
    private static let numbers: [Int128] = {
        var numbers: [Int128] = [0, 1, -1, 12_345]
        for bit in 0..<127 { numbers += [1 << Int128(bit), -(1 << Int128(bit)), (1 << Int128(bit)) - 1] }
        return numbers + [.max, .min]
    }()

    private func bigEndian(_ value: Int128, _ width: Int) -> [UInt8] {
        (0..<width).map { place in
            let shift = 8 * (width - 1 - place)
            return shift >= 128 ? (value < 0 ? 0xFF : 0) : UInt8(truncatingIfNeeded: value >> Int128(shift))
        }
    }

    private func fits(_ value: Int128, _ width: Int) -> Bool {
        width >= 16 || (value >> Int128(8 * width - 1) == 0 || value >> Int128(8 * width - 1) == -1)
    }

    func test_wideAndNarrow_everyWidth_giveTheNumbers() throws {
        for width in 1...20 {
            let numbers = Self.numbers.filter { fits($0, width) }
            try PaddedPage.read(numbers.flatMap { bigEndian($0, width) }) { source in
                guard let base = source.baseAddress else { return }
                if width <= 16 {
                    var wide = [Int128](repeating: 0, count: numbers.count)
                    DecimalKernels.wide(base, width: width, count: numbers.count, into: &wide)
                    XCTAssertEqual(wide, numbers, "width \(width)")
                }
                for (index, number) in numbers.enumerated() {
                    let bytes = UnsafeRawBufferPointer(rebasing: source[index * width..<(index + 1) * width])
                    XCTAssertEqual(try DecimalKernels.wide(bytes), number)
                    var narrow = [Int64](repeating: 0, count: 1)
                    XCTAssertEqual(DecimalKernels.narrow(base + index * width, width: width, count: 1, into: &narrow), Int64(exactly: number) != nil, "\(number)")
                    if let expected = Int64(exactly: number) { XCTAssertEqual(narrow, [expected]) }
                }
            }
        }
        XCTAssertEqual(try DecimalKernels.wide(UnsafeRawBufferPointer(start: nil, count: 0)), 0)
    }

    func test_wide_pastSixteenBytes_refusesWhatDoesNotFit() {
        for head in [[1, 0], [0, 0x80], [0xFF, 0x7F]] as [[UInt8]] {
            let bytes = head + [UInt8](repeating: 0, count: 15)
            XCTAssertThrowsError(try bytes.withUnsafeBytes { try DecimalKernels.wide($0) }, "\(bytes)")
        }
    }

    func test_half_everyPattern_isTheProcessorsDouble() {
        for bits in UInt16.min...UInt16.max {
            let expected = Double(Float16(bitPattern: bits))
            let found = HalfFloat.double(bits)
            XCTAssert(found.isNaN ? expected.isNaN : found.bitPattern == expected.bitPattern, "\(bits)")
        }
    }
}
