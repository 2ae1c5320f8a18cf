@testable import Query
import TestSupport
import XCTest

/// Division and rounding of 38-digit decimals against schoolbook arithmetic on digit arrays.
final class DecimalMathTests: XCTestCase {
    /// Non-negative numbers as decimal digits, most significant first.
    private struct Digits: Equatable {
        var digits: [Int]

        init(_ value: UInt128) { digits = String(value).map { Int(String($0)) ?? 0 } }

        mutating func append(zeros: Int) { digits += Array(repeating: 0, count: zeros) }

        /// Quotient rounded half up, by long division with 128-bit remainders doubled only when they fit.
        func divided(by divisor: UInt128) -> [Int] {
            var quotient: [Int] = []
            var remainder: UInt128 = 0
            for digit in digits {
                remainder = remainder * 10 + UInt128(digit)
                quotient.append(Int(remainder / divisor))
                remainder %= divisor
            }
            if remainder >= divisor - remainder {
                var index = quotient.count - 1
                while index >= 0, quotient[index] == 9 {
                    quotient[index] = 0
                    index -= 1
                }
                if index >= 0 { quotient[index] += 1 } else { quotient.insert(1, at: 0) }
            }
            return Array(quotient.drop { $0 == 0 })
        }
    }

    func test_divide_randomOperands_agreesWithLongDivision() {
        var random = SplitMix64(state: 3)
        /// Of any length up to 64 bits.
        func number() -> UInt64 { random.next() >> (random.next() % 64) }
        for _ in 0..<20_000 {
            let left: Int128 = Int128(number()) * Int128(number()) % DecimalMath.greatest
            // A divisor below 2^124 keeps the oracle's remainders within 128 bits.
            let right: Int128 = max(1, Int128(number()) * Int128(number() / 32))
            let (leftScale, rightScale) = (Int(random.next() % 20), Int(random.next() % 20))
            let scale = max(leftScale, 6)
            var digits = Digits(left.magnitude)
            digits.append(zeros: scale - leftScale + rightScale)
            let expected = digits.divided(by: right.magnitude)
            let isNegative = random.next() % 2 == 0
            let result = DecimalMath.divide(isNegative ? -left : left, scale: leftScale, by: right, scale: rightScale, toScale: scale)
            if expected.count > 38 {
                XCTAssertNil(result)
            } else {
                let magnitude = expected.reduce(Int128(0)) { $0 * 10 + Int128($1) }
                XCTAssertEqual(result, isNegative ? -magnitude : magnitude, "\(left) / \(right), scales \(leftScale), \(rightScale)")
            }
        }
    }

    /// What has more than 128 bits on its way.
    func test_wideProductsAndQuotients_areRoundedOrRefused() throws {
        let (tens, half) = (DecimalMath.powers[37], DecimalMath.powers[21] + 5)
        XCTAssertEqual(DecimalMath.multiply(half, tens, dropping: 38), DecimalMath.powers[20] + 1, "a half goes away from zero")
        XCTAssertEqual(DecimalMath.multiply(-half, tens, dropping: 38), -DecimalMath.powers[20] - 1)
        XCTAssertEqual(DecimalMath.multiply(half - 1, tens, dropping: 38), DecimalMath.powers[20])
        // A divisor that is past all of them leaves nothing.
        let divisor = try XCTUnwrap(Int128("12345678901234567890123456789012345678"))
        XCTAssertEqual(DecimalMath.divide(DecimalMath.greatest, scale: 38, by: divisor, scale: 0, toScale: 0), 0)
        // 3.41 · 10^38: more than 128 bits have, by the last digits alone.
        let near = try XCTUnwrap(Int128("87976539589442815249266862170087976540"))
        XCTAssertNil(DecimalMath.divide(3, scale: 0, by: near, scale: 0, toScale: 76))
        XCTAssertEqual(DecimalMath.divide(3, scale: 0, by: near, scale: 0, toScale: 75), DecimalMath.divide(30, scale: 0, by: near, scale: 0, toScale: 74))
    }

    func test_rescale_halves_goAwayFromZero() {
        XCTAssertEqual(DecimalMath.rescale(25, from: 1, to: 0), 3)
        XCTAssertEqual(DecimalMath.rescale(-25, from: 1, to: 0), -3)
        XCTAssertEqual(DecimalMath.rescale(24, from: 1, to: 0), 2)
        XCTAssertNil(DecimalMath.rescale(DecimalMath.greatest, from: 0, to: 1))
        XCTAssertEqual(DecimalMath.rescale(DecimalMath.greatest, from: 38, to: 0), 1)
        XCTAssertEqual(DecimalMath.divide(1, scale: 0, by: 3, scale: 38, toScale: 6), nil)
        XCTAssertEqual(DecimalMath.divide(2, scale: 0, by: Int128(3) * DecimalMath.powers[37], scale: 38, toScale: 6), 6_666_667)
    }

    func test_double_manyDigits_isTheNearest() {
        var random = SplitMix64(state: 5)
        for _ in 0..<2_000 {
            let value = Int128(Int64(bitPattern: random.next())) * Int128(random.next() % 1_000)
            let scale = Int(random.next() % 30)
            var text: [UInt8] = []
            NumberText.appendDecimal(value, scale: scale, to: &text)
            XCTAssertEqual(DecimalMath.double(value, scale: scale), Double(String(decoding: text, as: UTF8.self)))
        }
    }

    /// Ends of words, halves between two doubles and a digit beside them, and numbers of every length.
    func test_double_ofWholeNumbers_isTheNearest() {
        var random = SplitMix64(state: 7)
        var values: [UInt128] = [0, 1, UInt128(UInt64.max), 1 << 64, .max, UInt128(Int128.max)]
        for place in 54...127 {
            let half: UInt128 = 1 << UInt128(place) | 1 << UInt128(place - 53)
            values += [half - 1, half, half + 1, half | 1 << UInt128(place - 52)]
        }
        for count in 1...128 { values.append((UInt128(random.next()) << 64 | UInt128(random.next())) >> UInt128(128 - count)) }
        for value in values {
            XCTAssertEqual(value.double, Double(value))
            let signed = Int128(truncatingIfNeeded: value)
            XCTAssertEqual(signed.double, Double(signed))
        }
        XCTAssertEqual(Int128.min.double, -0x1p127)
    }
}
