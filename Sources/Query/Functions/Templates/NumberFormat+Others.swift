internal import Glibc
import ColumnStore

/// Numbers as RN and EEEE have them, past all else that a template says.
extension NumberFormat {
    /// MMMDCCCLXXXVIII is the longest.
    private static let romanWidth = 15
    private static let romans: [(value: Int64, letters: String)] = [
        (1_000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]

    /// In Roman numerals, which there are from 1 to 3999; texts of the template beside them. They have no sign: MI and PL are blanks, and what
    /// stands behind SG is not shown, as PostgreSQL ends its text there.
    func appendRoman(_ value: Value, type: ColumnType, to text: inout [UInt8]) throws(KernelError) {
        var rest = try Self.rounded(value, scale: type.scale), letters = ""
        if (1...3_999).contains(rest) {
            for (value, sign) in Self.romans {
                while rest >= value {
                    letters += sign
                    rest -= value
                }
            }
        } else {
            letters = String(repeating: "#", count: Self.romanWidth)
        }
        for node in nodes {
            switch node {
            case .roman(let isUpper):
                if fills { text.append(contentsOf: repeatElement(0x20, count: Self.romanWidth - letters.utf8.count)) }
                text.append(contentsOf: (isUpper ? letters : letters.lowercased()).utf8)
            case .comma, .group, .minus, .plus: if fills { text.append(0x20) }
            case .sign: return
            case .literal(let bytes): text.append(contentsOf: bytes)
            // The sign of the currency that there is not.
            case .currency: text.append(0x20)
            case .digit, .zero, .mark, .ordinal: break
            }
        }
    }

    /// The number as a whole one; NaN is 0.
    ///
    /// - Throws: `.numericOverflow` past an INTEGER.
    private static func rounded(_ value: Value, scale: Int) throws(KernelError) -> Int64 {
        let whole: Int64? = switch value {
        case .integer(let value): value
        case .decimal(let value): DecimalMath.rescale(value, from: scale, to: 0).flatMap { Int64(exactly: $0) }
        case .double(let value) where value.isNaN: 0
        case .double(let value): Int64(exactly: value.rounded(.toNearestOrEven))
        default: nil
        }
        guard let whole, Int32(exactly: whole) != nil else { throw .numericOverflow }
        return whole
    }

    /// 1.5e+00, with as many digits behind the mark as the template has.
    func appendScientific(_ value: Value, type: ColumnType, to text: inout [UInt8]) throws(KernelError) {
        switch value {
        // PostgreSQL has C print an INTEGER, which rounds a half to the even digit, and rounds a BIGINT as a NUMERIC.
        case .integer(let value) where type == .int32: try appendPrinted(Double(value), to: &text)
        case .integer(let value): appendScientific(Int128(value), scale: 0, to: &text)
        case .decimal(let value): appendScientific(value, scale: type.scale, to: &text)
        case .double(let value) where value.isFinite: try appendPrinted(value, to: &text)
        case .double:
            // No digits: a sign for each place.
            var signs = [UInt8](repeating: UInt8(ascii: "#"), count: wholeCount + fractionCount + 6)
            (signs[0], signs[wholeCount + 1]) = (0x20, UInt8(ascii: "."))
            text.append(contentsOf: signs)
        default: return
        }
    }

    /// As C's `%e`.
    private func appendPrinted(_ value: Double, to text: inout [UInt8]) throws(KernelError) {
        guard fractionCount <= 1_000 else { throw Self.fault("there are more than 1000 digits") }
        if value.sign == .plus { text.append(0x20) }
        text.append(contentsOf: Self.printed(value, fraction: fractionCount, form: "%.*e"))
    }

    /// A decimal by its own digits: one before the mark, `fractionCount` behind it, the last of them rounded.
    private func appendScientific(_ value: Int128, scale: Int, to text: inout [UInt8]) {
        // Safe: a decimal has 38 digits at most.
        let magnitude = Int128(value.magnitude), digitCount = "\(magnitude)".utf8.count
        let exponent = magnitude == 0 ? 0 : digitCount - 1 - scale
        let shown = min(fractionCount, digitCount - 1)
        text.append(value < 0 ? UInt8(ascii: "-") : 0x20)
        NumberText.appendDecimal(DecimalMath.rescale(magnitude, from: digitCount - 1, to: shown) ?? magnitude, scale: shown, to: &text)
        if shown == 0, fractionCount > 0 { text.append(UInt8(ascii: ".")) }
        text.append(contentsOf: repeatElement(0x30, count: fractionCount - shown))
        text.append(contentsOf: (exponent < 0 ? "e-" : "e+").utf8)
        Calendar.appendPadded(Int(exponent.magnitude), width: 2, to: &text)
    }
}
