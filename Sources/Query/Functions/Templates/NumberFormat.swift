internal import Glibc
import ColumnStore

/// A template of a number, which to_char writes by and to_number reads by, worked through as PostgreSQL's `NUM_processor` does (formatting.c), whose rules have no shorter telling.
/// to_number refuses RN and EEEE, as it does there.
///
/// | word | what it is |
/// | --- | --- |
/// | 9, 0 | a place for a digit; 0 shows a zero where the number has none |
/// | `.`, D / `,`, G | the decimal mark / a group's mark |
/// | S, MI, PL, SG, PR | the sign at an end or at its place, or in `<>` |
/// | V | places behind it multiply by ten |
/// | FM, TH, RN, EEEE, L | no filling, an ordinal's end, Roman, scientific, a currency's blank |
/// | B, C, SP | nothing |
/// | `"…"` and others | themselves |
///
/// Immutable once it is made: one is used for all rows.
///
/// PostgreSQL 15's documentation, section 9.8.
struct NumberFormat {
    /// What a template is made of, in its order.
    enum Node: Equatable {
        case digit, zero, mark, comma, group, currency, ordinal(isUpper: Bool), roman(isUpper: Bool), minus, plus, sign
        case literal([UInt8])
    }

    /// Where S stands: before the first digit, or behind the mark.
    enum SignPlace { case none, before, after }

    private(set) var nodes: [Node] = []
    /// Places before the mark, and `fractionCount` those behind it.
    private(set) var wholeCount = 0
    private(set) var fractionCount = 0
    /// How many tens V multiplies by.
    private(set) var tens = 0
    private(set) var signPlace = SignPlace.none
    /// Places before S.
    private var wholeCountAtSign = 0
    /// 1-based places of digits from which on, and up to which, a `0` asks for zeros.
    private var zeroStart = 0
    private var zeroEnd = 0
    private(set) var hasMark = false, hasZero = false, fills = true, hasSign = false, hasBracket = false, hasMinus = false, hasPlus = false
    /// V was said: further places are `tens`.
    private var multiplies = false
    /// RN: nothing else of the number is shown.
    private(set) var isRoman = false
    /// EEEE: nothing else of the template is shown.
    private(set) var isScientific = false

    /// - Throws: `.outside(.syntax)` for words that cannot stand together, as PostgreSQL refuses them.
    init(_ template: [UInt8]) throws(KernelError) {
        try FormatTemplate.checkLength(template.count)
        var rest = template[...]
        while let first = rest.first {
            if let word = Self.words.first(where: { rest.starts(with: $0.bytes) }) {
                rest = rest.dropFirst(word.bytes.count)
                try take(word.name, isUpper: word.isUpper)
            } else if first == UInt8(ascii: "\"") {
                nodes.append(.literal(FormatTemplate.quoted(&rest)))
            } else {
                nodes.append(.literal(FormatTemplate.character(&rest)))
            }
        }
    }

    /// Each, but the marks, in capitals or in small letters throughout.
    private static let words: [(name: String, bytes: [UInt8], isUpper: Bool)] =
        [",", ".", "0", "9", "B", "C", "D", "EEEE", "FM", "G", "L", "MI", "PL", "PR", "RN", "SG", "SP", "S", "TH", "V"].flatMap { name in
            [(name, Array(name.utf8), true), (name, Array(name.lowercased().utf8), false)]
        }

    /// One word: it counts its places, and refuses what cannot stand beside it.
    private mutating func take(_ word: String, isUpper: Bool) throws(KernelError) {
        if isScientific { throw Self.fault("EEEE stands last, and once") }
        switch word {
        case "9":
            if hasBracket { throw Self.fault("9 must stand before PR") }
            if multiplies { tens += 1 } else if hasMark { fractionCount += 1 } else { wholeCount += 1 }
            nodes.append(.digit)
        case "0":
            if hasBracket { throw Self.fault("0 must stand before PR") }
            // Zeros are asked for from the first 0 on, unless that stands behind the mark.
            if !hasZero, !hasMark { (hasZero, zeroStart) = (true, wholeCount + 1) }
            if hasMark { fractionCount += 1 } else { wholeCount += 1 }
            zeroEnd = wholeCount + fractionCount
            nodes.append(.zero)
        case ".", "D":
            if hasMark || multiplies { throw Self.fault("a template has one decimal mark, and none beside V") }
            hasMark = true
            nodes.append(.mark)
        case "FM": fills = false
        case ",": nodes.append(.comma)
        case "G": nodes.append(.group)
        case "L": nodes.append(.currency)
        case "TH": nodes.append(.ordinal(isUpper: isUpper))
        case "V":
            if hasMark { throw Self.fault("a template has one decimal mark, and none beside V") }
            multiplies = true
        case "B", "C", "SP": break
        case "S", "MI", "PL", "SG", "PR": try takeSign(word)
        case "RN":
            isRoman = true
            nodes.append(.roman(isUpper: isUpper))
        default:
            guard fills, !hasSign, !hasBracket, !hasMinus, !hasPlus, !isRoman, !multiplies else { throw Self.fault("EEEE stands beside digits and a decimal mark alone") }
            isScientific = true
        }
    }

    private mutating func takeSign(_ word: String) throws(KernelError) {
        if hasSign || (word == "S" || word == "PR") && (hasMinus || hasPlus) || (word == "S" && hasBracket) {
            throw Self.fault("S, PR and MI, PL, SG cannot stand together")
        }
        switch word {
        case "S":
            hasSign = true
            if !hasMark { (signPlace, wholeCountAtSign) = (.before, wholeCount) } else { signPlace = .after }
        case "MI":
            hasMinus = true
            nodes.append(.minus)
        case "PL":
            hasPlus = true
            nodes.append(.plus)
        case "SG":
            (hasMinus, hasPlus) = (true, true)
            nodes.append(.sign)
        default: hasBracket = true
        }
    }

    static func fault(_ reason: String) -> KernelError { .outside(.syntax, "in the template of a number \(reason)") }

    // MARK: Writing

    /// Writes a number by the template, with `#` in all places where it has too few.
    ///
    /// - Parameter type: of the value; of decimals it has the scale.
    /// - Throws: `.numericOverflow` where V makes it too large, `.invalidArgument` for TH behind what is no digit.
    func append(_ value: Value, type: ColumnType, to text: inout [UInt8]) throws(KernelError) {
        if isScientific { return try appendScientific(value, type: type, to: &text) }
        if isRoman { return try appendRoman(value, type: type, to: &text) }
        guard tens <= DecimalMath.digitCountMax else { throw .numericOverflow }
        var digits: [UInt8] = []
        var fraction = fractionCount
        switch value {
        case .integer(let value): digits = try exact(Int128(value), scale: 0)
        case .decimal(let value): digits = try exact(value, scale: type.scale)
        case .double(let value): (digits, fraction) = try real(value)
        default: return
        }
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }.count
        let room = wholeCount + tens
        // Too many digits: a sign for each place.
        if whole > room {
            digits = [UInt8](repeating: UInt8(ascii: "#"), count: room + fraction + 1)
            digits[room] = UInt8(ascii: ".")
        }
        if let last = digits.last, last < 0x30 || last > 0x39, !hasMark, nodes.contains(.ordinal(isUpper: true)) || nodes.contains(.ordinal(isUpper: false)),
            !isNegative, digits.first != UInt8(ascii: "#")
        {
            throw Self.fault("TH needs digits")
        }
        var writer = Writer(self, number: digits, isNegative: isNegative, blankCount: max(0, room - whole), wholeCount: room, fractionCount: fraction)
        for node in nodes { writer.take(node) }
        // What C leaves behind the end of a number is not shown.
        text.append(contentsOf: writer.output.prefix { $0 != 0 })
    }

    /// The digits of an exact number, rounded to the template's places behind the mark, with a minus before them if it has one.
    private func exact(_ value: Int128, scale: Int) throws(KernelError) -> [UInt8] {
        guard let power = tens == 0 ? value : value.multipliedOrNil(by: DecimalMath.powers[tens]) else { throw .numericOverflow }
        let shown = min(fractionCount, DecimalMath.digitCountMax)
        var digits: [UInt8] = []
        if shown >= scale {
            // Its own digits, and zeros behind: nothing that could need more than 38.
            NumberText.appendDecimal(power, scale: scale, to: &digits)
            if scale == 0, fractionCount > 0 { digits.append(UInt8(ascii: ".")) }
            digits.append(contentsOf: [UInt8](repeating: 0x30, count: fractionCount - scale))
        } else {
            guard let rounded = DecimalMath.rescale(power, from: scale, to: shown) else { throw .numericOverflow }
            NumberText.appendDecimal(rounded, scale: shown, to: &digits)
        }
        return digits
    }

    /// A double has fifteen digits: what a template asks for beyond them is left out.
    private func real(_ value: Double) throws(KernelError) -> (digits: [UInt8], fraction: Int) {
        if !value.isFinite {
            // As PostgreSQL prints them, a letter in the place of a digit, with what is left of fifteen; they may have too many, too.
            let (fractionMax, word) = value.isNaN ? (12, "NaN") : (7, value < 0 ? "-Infinity" : "Infinity")
            return (Array(word.utf8), min(fractionCount, fractionMax))
        }
        let scaled = tens == 0 ? value : value * pow(10, Double(tens))
        guard scaled.isFinite else { throw .numericOverflow }
        let whole = Self.printed(scaled.magnitude, fraction: 0).count
        let fraction = max(0, min(fractionCount, 15 - whole))
        return (Self.printed(scaled, fraction: fraction), fraction)
    }

    /// - Parameter form: C's, with `.*` for `fraction`.
    static func printed(_ value: Double, fraction: Int, form: String = "%.*f") -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 340 + fraction)
        let written = withVaList([Int32(fraction), value]) { vsnprintf(&buffer, buffer.count, form, $0) }
        return buffer.prefix(max(0, Int(written))).map { UInt8(bitPattern: $0) }
    }

    /// One number on its way through the template.
    ///
    /// `number` has no sign. `place` counts the template's places from 0, `digitPlace` the characters of `number` that are written; the first
    /// `blankCount` places have no digit.
    private struct Writer {
        private let format: NumberFormat
        private let number: [UInt8]
        private let isNegative: Bool
        private let blankCount: Int
        private let fills: Bool
        private let hasBracket: Bool
        private let signPlace: SignPlace
        private let zeroStart: Int
        private let placeCount: Int
        private let fractionCount: Int
        /// The place in `number` of the last digit that FM keeps.
        private var lastRelevant: Int?
        private var place = 0
        private var digitPlace = 0
        private var hasDigit = false
        private var wroteSign: Bool
        private(set) var output: [UInt8] = []

        init(_ format: NumberFormat, number: [UInt8], isNegative: Bool, blankCount: Int, wholeCount: Int, fractionCount: Int) {
            self.format = format
            self.number = number
            self.isNegative = isNegative
            self.blankCount = blankCount
            self.fractionCount = fractionCount
            fills = format.fills
            // With a sign of its own PR closes behind a positive number, too, whatever FM says.
            hasBracket = format.hasBracket && (format.fills || isNegative || format.hasPlus || format.hasMinus)
            zeroStart = format.zeroStart - 1
            if format.hasPlus || format.hasMinus {
                wroteSign = format.hasMinus
                signPlace = format.signPlace
            } else {
                wroteSign = !isNegative && !format.fills && !format.hasSign
                signPlace = format.signPlace == .before && wholeCount == format.wholeCountAtSign ? .after : format.signPlace
            }
            if !format.fills, format.hasMark, let mark = number.firstIndex(of: UInt8(ascii: ".")) {
                var last = number.indices.last { $0 > mark && number[$0] != 0x30 } ?? mark
                if format.zeroEnd > blankCount { last = max(last, min(number.count - 1, format.zeroEnd - blankCount)) }
                lastRelevant = last
            }
            placeCount = fractionCount + wholeCount - 1 + (!wroteSign && blankCount == 0 ? 1 : 0)
        }

        mutating func take(_ node: Node) {
            switch node {
            case .digit, .zero, .mark: number(node)
            case .comma, .group: if hasDigit { output.append(UInt8(ascii: ",")) } else if fills { output.append(0x20) }
            case .currency: output.append(0x20)
            case .ordinal(let isUpper):
                guard number.first != UInt8(ascii: "#"), !isNegative, !format.hasMark else { return }
                output.append(contentsOf: FormatTemplate.ordinal(number[...], isUpper: isUpper).utf8)
            case .minus: if isNegative { output.append(UInt8(ascii: "-")) } else if fills { output.append(0x20) }
            case .plus: if !isNegative { output.append(UInt8(ascii: "+")) } else if fills { output.append(0x20) }
            case .sign: output.append(UInt8(ascii: isNegative ? "-" : "+"))
            case .roman: break
            case .literal(let bytes): output.append(contentsOf: bytes)
            }
        }

        /// The zero before the mark of 0.1, for which only a blank is shown.
        private var isAtLoneZero: Bool { !format.hasZero && digitPlace == 0 && number.first == 0x30 && fractionCount != 0 }
        private var endsAtMark: Bool { lastRelevant.map { number[$0] == UInt8(ascii: ".") } ?? false }

        /// One place of the template: a blank, a zero, or the next character of the number, with the sign before the first and behind the last.
        private mutating func number(_ node: Node) {
            if !wroteSign, place >= blankCount || (format.hasZero && zeroStart == place), !isAtLoneZero || endsAtMark { writeSign() }
            if place < blankCount, zeroStart > place || !format.hasZero {
                if fills { output.append(0x20) }
            } else if format.hasZero, place < blankCount, zeroStart <= place {
                output.append(0x30)
                hasDigit = true
            } else {
                writeDigit(node)
                if digitPlace < number.count { digitPlace += 1 }
            }
            var end = placeCount + (blankCount > 0 ? 1 : 0) + (format.hasMark ? 1 : 0)
            if let lastRelevant, lastRelevant == digitPlace { end = place }
            if place + 1 == end {
                if wroteSign, hasBracket {
                    output.append(UInt8(ascii: isNegative ? ">" : " "))
                } else if format.hasSign, signPlace == .after {
                    output.append(UInt8(ascii: isNegative ? "-" : "+"))
                }
            }
            place += 1
        }

        private mutating func writeSign() {
            if format.hasSign {
                guard signPlace == .before else { return }
                output.append(UInt8(ascii: isNegative ? "-" : "+"))
            } else if hasBracket {
                output.append(UInt8(ascii: isNegative ? "<" : " "))
            } else if isNegative {
                output.append(UInt8(ascii: "-"))
            } else if fills {
                output.append(0x20)
            }
            wroteSign = true
        }

        private mutating func writeDigit(_ node: Node) {
            let byte = digitPlace < number.count ? number[digitPlace] : 0
            if byte == UInt8(ascii: ".") {
                if !endsAtMark || !fills { output.append(byte) }
                // A group's mark right behind it is a blank.
                hasDigit = false
            } else if let lastRelevant, digitPlace > lastRelevant, node != .zero {
                return
            } else if isAtLoneZero {
                if fills { output.append(0x20) } else if endsAtMark { output.append(0x30) }
            } else {
                output.append(byte)
                hasDigit = true
            }
        }
    }
}
