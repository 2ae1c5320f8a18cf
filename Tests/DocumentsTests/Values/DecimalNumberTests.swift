import XCTest

@testable import Documents

/// Goal: numbers are compared, hashed and divided by their value, however they are written. Method: small numbers in each of their forms, against whole numbers of ten thousandths.
final class DecimalNumberTests: XCTestCase {
    private struct Known {
        let number: OwnedNumber
        /// Times ten thousand.
        let value: Int
    }

    /// Ways to write m × 10^e, e from -3 to 3.
    private static func forms(_ m: Int, _ e: Int) -> [String] {
        var forms = ["\(m)e\(e)", "\(m)0E\(e - 1)", "0.\(m)e\(e + "\(m)".count)"]
        if e >= 0 {
            let whole = "\(m)" + String(repeating: "0", count: m == 0 ? 0 : e)
            forms += [whole, whole + ".0", "\(m).00e+\(e)"]
        } else {
            let digits = String(repeating: "0", count: max(0, 1 - e - "\(m)".count)) + "\(m)"
            forms.append("\(digits.dropLast(-e)).\(digits.suffix(-e))")
        }
        return forms
    }

    private static func numbers() -> [Known] {
        var numbers: [Known] = []
        for m in [0, 1, 2, 3, 10, 12, 25, 99, 101] {
            for e in -3...2 {
                let value = (0..<(e + 4)).reduce(m) { product, _ in product * 10 }
                for form in forms(m, e) {
                    numbers.append(Known(number: OwnedNumber(Array(form.utf8)), value: value))
                    numbers.append(Known(number: OwnedNumber(Array("-\(form)".utf8)), value: -value))
                }
            }
        }
        return numbers
    }

    private static func hash(_ number: OwnedNumber) -> Int {
        var hasher = Hasher()
        number.number.hash(into: &hasher)
        return hasher.finalize()
    }

    func test_compare_ofEveryPair_isThatOfTheirValues_andEqualOnesHashAlike() {
        let numbers = Self.numbers()
        let hashes = numbers.map { Self.hash($0.number) }
        for (place, one) in numbers.enumerated() {
            for (other, another) in numbers.enumerated() {
                let wanted = one.value < another.value ? -1 : one.value == another.value ? 0 : 1
                if DecimalNumber.compare(one.number.number, another.number.number) != wanted { XCTFail("\(one.number.text) and \(another.number.text)") }
                if wanted == 0, hashes[place] != hashes[other] { XCTFail("hashes of \(one.number.text) and \(another.number.text)") }
            }
        }
    }

    func test_isIntegerAndIsZero_areThoseOfTheValue() {
        for known in Self.numbers() {
            XCTAssertEqual(known.number.number.isInteger, known.value % 10_000 == 0, known.number.text)
            XCTAssertEqual(known.number.number.isZero, known.value == 0, known.number.text)
        }
    }

    func test_isMultiple_ofEveryPair_isThatOfTheirValues() {
        let numbers = Self.numbers()
        for divisor in numbers where divisor.value > 0 {
            for one in numbers where one.number.number.isMultiple(of: divisor.number.number) != (one.value % divisor.value == 0) {
                XCTFail("\(one.number.text) by \(divisor.number.text)")
            }
        }
    }

    func test_compare_ofNumbersBeyondEveryFloat_isExact() {
        let rising = ["-1e400", "-1e399", "-1e-400", "0e999999999999999999999", "1e-401", "1e-400", "123456789012345678901234567890.1", "123456789012345678901234567890.2", "1e399", "9.99e399", "1e400"]
            .map { OwnedNumber(Array($0.utf8)) }
        for (place, one) in rising.enumerated() {
            for (other, another) in rising.enumerated() {
                XCTAssertEqual(DecimalNumber.compare(one.number, another.number), (place - other).signum(), "\(one.text) and \(another.text)")
            }
        }
    }
}
