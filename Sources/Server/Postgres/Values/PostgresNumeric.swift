// NUMERIC in binary (PostgreSQL 15, src/backend/utils/adt/numeric.c, numeric_send):
//
//     Int16 count of digits, Int16 weight of the first, UInt16 sign, UInt16 scale, then so many Int16 from 0 to 9999
//
// A digit of weight w counts 10000^w. The scale is how many decimal digits are shown behind the point.

internal import ColumnStore

/// A number of any length in digits of base 10,000, as PostgreSQL keeps it.
package struct PostgresNumeric: Equatable, Sendable {
    /// On the wire: do not renumber.
    package enum Sign: UInt16, Sendable {
        case positive = 0x0000, negative = 0x4000, notANumber = 0xC000, infinity = 0xD000, negativeInfinity = 0xF000
    }

    /// Of decimal digits on each side of the point. PostgreSQL's own are 131,072 and 16,383; but eight bytes may claim so many, each to be written, and no column has
    /// more than 38.
    package static let decimalsMax = 1_024
    private static let weightMax = decimalsMax / 4, digitsMax = 2 * weightMax + 2

    package private(set) var sign: Sign
    package private(set) var weight: Int16
    package private(set) var scale: Int
    /// Neither the first nor the last is 0.
    package private(set) var digits: [UInt16]

    /// Zeros at the ends go, and what stands behind the scale.
    ///
    /// - Precondition: each of `digits` is below 10,000, and `scale` within 0…`decimalsMax`.
    package init(sign: Sign, weight: Int16, scale: Int, digits: [UInt16]) {
        self.sign = sign
        self.scale = scale
        var weight = Int(weight)
        var kept = digits
        // Digits that the scale does not show: whole ones, then the rest of the last one.
        let shown = max(0, weight + 1 + (scale + 3) / 4)
        if kept.count > shown { kept.removeLast(kept.count - shown) }
        if scale % 4 > 0, kept.count == shown, let last = kept.last {
            let unit: UInt16 = [1, 1_000, 100, 10][scale % 4]
            kept[kept.count - 1] = last / unit * unit
        }
        while kept.last == 0 { kept.removeLast() }
        let zeros = kept.prefix { $0 == 0 }.count
        kept.removeFirst(zeros)
        weight -= zeros
        self.digits = kept
        self.weight = kept.isEmpty ? 0 : Int16(clamping: weight)
        if kept.isEmpty, sign == .negative { self.sign = .positive }
    }

    package static let notANumber = PostgresNumeric(sign: .notANumber, weight: 0, scale: 0, digits: [])

    /// - Precondition: `scale` within 0…38, as decimals of columns have.
    package init(_ unscaled: Int128, scale: Int) {
        var magnitude = unscaled.magnitude
        // The point must stand between two digits of base 10,000.
        let gap = (4 - scale % 4) % 4
        var digits: [UInt16] = []
        if gap > 0 {
            let first: UInt128 = [1, 10, 100, 1_000][4 - gap]
            let (rest, part) = magnitude.quotientAndRemainder(dividingBy: first)
            digits.append(UInt16(truncatingIfNeeded: part * ([1, 10, 100, 1_000][gap] as UInt128)))
            magnitude = rest
        }
        while magnitude > 0 {
            let (rest, part) = magnitude.quotientAndRemainder(dividingBy: 10_000)
            digits.append(UInt16(truncatingIfNeeded: part))
            magnitude = rest
        }
        let weight = digits.count - (scale + 3) / 4 - 1
        self.init(sign: unscaled < 0 ? .negative : .positive, weight: Int16(clamping: weight), scale: scale, digits: digits.reversed())
    }

    /// A number of a column in binary, without a number of any length in between: a copy has millions of them.
    ///
    /// - Precondition: `scale` within 0…18.
    package static func appendBinary(_ unscaled: Int64, scale: Int, to bytes: inout [UInt8]) {
        var magnitude = unscaled.magnitude
        // As above; at most nineteen digits of a decimal are five or six of 10,000.
        let places = (scale + 3) / 4
        var digits = (0 as UInt16, 0 as UInt16, 0 as UInt16, 0 as UInt16, 0 as UInt16, 0 as UInt16)
        withUnsafeMutableBytes(of: &digits) { storage in
            let digits = storage.bindMemory(to: UInt16.self)
            var count = 0
            if scale % 4 > 0 {
                let first: UInt64 = scale % 4 == 1 ? 10 : scale % 4 == 2 ? 100 : 1_000
                let (rest, part) = magnitude.quotientAndRemainder(dividingBy: first)
                digits[0] = UInt16(truncatingIfNeeded: part * (10_000 / first))
                (magnitude, count) = (rest, 1)
            }
            while magnitude > 0 {
                let (rest, part) = magnitude.quotientAndRemainder(dividingBy: 10_000)
                digits[count] = UInt16(truncatingIfNeeded: part)
                (magnitude, count) = (rest, count + 1)
            }
            var least = 0
            while least < count, digits[least] == 0 { least += 1 }
            let shown = count - least
            func integer(_ value: UInt16) {
                bytes.append(UInt8(truncatingIfNeeded: value >> 8))
                bytes.append(UInt8(truncatingIfNeeded: value))
            }
            integer(UInt16(truncatingIfNeeded: shown))
            integer(UInt16(bitPattern: shown == 0 ? 0 : Int16(truncatingIfNeeded: count - places - 1)))
            integer(unscaled < 0 ? Sign.negative.rawValue : Sign.positive.rawValue)
            integer(UInt16(truncatingIfNeeded: scale))
            for place in stride(from: count - 1, through: least, by: -1) { integer(digits[place]) }
        }
    }

    /// Nil past 38 digits, and for what is no number.
    package var decimal: (unscaled: Int128, scale: Int)? {
        guard sign == .positive || sign == .negative, scale <= 38 else { return nil }
        var value: Int128 = 0
        let count = max(0, Int(weight) + 1 + (scale + 3) / 4)
        for index in 0..<count {
            var digit = index < digits.count ? Int128(digits[index]) : 0
            var factor: Int128 = 10_000
            if index == count - 1, scale % 4 > 0 {
                // The scale ends within the last one.
                factor = [1, 10, 100, 1_000][scale % 4]
                digit /= [1, 1_000, 100, 10][scale % 4]
            }
            guard let next = value.multipliedOrNil(by: factor)?.addingOrNil(digit) else { return nil }
            value = next
        }
        guard value < NumericBound.thirtyEightDigits else { return nil }
        return (sign == .negative ? 0 - value : value, scale)
    }

    // MARK: Text

    package func appendText(to text: inout [UInt8]) {
        switch sign {
        case .notANumber: text += "NaN".utf8
        case .infinity: text += "Infinity".utf8
        case .negativeInfinity: text += "-Infinity".utf8
        case .positive, .negative: appendDigits(to: &text)
        }
    }

    private func appendDigits(to text: inout [UInt8]) {
        if sign == .negative { text.append(UInt8(ascii: "-")) }
        func digit(_ index: Int) -> Int { digits.indices.contains(index) ? Int(digits[index]) : 0 }
        if weight < 0 {
            text.append(UInt8(ascii: "0"))
        } else {
            for index in 0...Int(weight) {
                if index == 0 { text += String(digit(0)).utf8 } else { Calendar.appendPadded(digit(index), width: 4, to: &text) }
            }
        }
        guard scale > 0 else { return }
        text.append(UInt8(ascii: "."))
        let start = text.count
        // Below 0 stand those that a weight far below leaves before the first one.
        var index = Int(weight) + 1
        while text.count - start < scale {
            Calendar.appendPadded(digit(index), width: 4, to: &text)
            index += 1
        }
        text.removeLast(text.count - start - scale)
    }

    /// Nil for what is no number. An exponent is taken, as PostgreSQL takes it.
    package init?(text: some Collection<UInt8>) {
        switch String(word: text).lowercased() {
        case "nan": self = .notANumber
        case "infinity", "inf", "+infinity", "+inf": self.init(sign: .infinity, weight: 0, scale: 0, digits: [])
        case "-infinity", "-inf": self.init(sign: .negativeInfinity, weight: 0, scale: 0, digits: [])
        default:
            guard let number = Self.read(text) else { return nil }
            self = number
        }
    }

    private static func read(_ text: some Collection<UInt8>) -> PostgresNumeric? {
        var rest = Array(text)[...]
        var isNegative = false
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            rest.removeFirst()
        }
        let whole = rest.prefix { (0x30...0x39).contains($0) }
        rest.removeFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix { (0x30...0x39).contains($0) }
            rest.removeFirst(fraction.count)
        }
        guard !(whole.isEmpty && fraction.isEmpty) else { return nil }
        var exponent = 0
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            guard let value = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), value.magnitude <= 150_000 else { return nil }
            exponent = value
            rest = []
        }
        guard rest.isEmpty else { return nil }
        return make(isNegative, Array(whole) + Array(fraction), point: whole.count + exponent, scale: max(0, fraction.count - exponent))
    }

    /// - Parameter point: how many of the decimal digits stand before it; may lie outside of them.
    private static func make(_ isNegative: Bool, _ decimals: [UInt8], point: Int, scale: Int) -> PostgresNumeric? {
        guard scale <= decimalsMax, point <= decimalsMax, decimals.count <= 2 * decimalsMax else { return nil }
        // Zeros before, so that the point stands between two digits of base 10,000.
        let lead = ((-point) % 4 + 4) % 4
        let padded = [UInt8](repeating: 0x30, count: lead) + decimals
        var digits: [UInt16] = []
        for start in stride(from: 0, to: padded.count, by: 4) {
            let part = padded[start..<min(start + 4, padded.count)]
            let value = part.reduce(0 as UInt16) { $0 * 10 + UInt16($1 &- 0x30) }
            digits.append(value * ([1_000, 100, 10, 1] as [UInt16])[part.count - 1])
        }
        return PostgresNumeric(sign: isNegative ? .negative : .positive, weight: Int16(clamping: (lead + point) / 4 - 1), scale: scale, digits: digits)
    }

    // MARK: Binary

    package func appendBinary(to bytes: inout [UInt8]) {
        // PostgreSQL's infinities have 32 there, a bit of their mark, and it is its bytes that these are.
        let shown: UInt16 = sign == .infinity || sign == .negativeInfinity ? 32 : UInt16(scale)
        for part in [UInt16(digits.count), UInt16(bitPattern: weight), sign.rawValue, shown] + digits {
            bytes.append(UInt8(truncatingIfNeeded: part >> 8))
            bytes.append(UInt8(truncatingIfNeeded: part))
        }
    }

    package init(_ reader: inout WireReader) throws(PostgresFault) {
        let count = Int(try reader.integer(UInt16.self))
        let weight = try reader.integer(Int16.self)
        let mark = try reader.integer(UInt16.self)
        let scale = Int(try reader.integer(UInt16.self))
        guard let sign = Sign(rawValue: mark) else { throw PostgresFault(.invalidBinaryRepresentation, "invalid sign in external \"numeric\" value") }
        guard scale <= 0x3FFF else { throw PostgresFault(.invalidBinaryRepresentation, "invalid scale in external \"numeric\" value") }
        guard count <= Self.digitsMax, scale <= Self.decimalsMax, (0 - Self.weightMax...Self.weightMax).contains(Int(weight)) else {
            throw PostgresFault(.numericOutOfRange, "value overflows numeric format")
        }
        var digits: [UInt16] = []
        for _ in 0..<count {
            let digit = try reader.integer(UInt16.self)
            guard digit < 10_000 else { throw PostgresFault(.invalidBinaryRepresentation, "invalid digit in external \"numeric\" value") }
            digits.append(digit)
        }
        let isNumber = sign == .positive || sign == .negative
        self.init(sign: sign, weight: weight, scale: isNumber ? scale : 0, digits: isNumber ? digits : [])
    }
}

private enum NumericBound {
    static let thirtyEightDigits: Int128 = (0..<38).reduce(1) { power, _ in power * 10 }
}
