import ColumnStore

/// Reads a text by a template of numbers, as PostgreSQL's to_number does: the template is gone through once, and what of the text stands where it has
/// a digit, a mark or a sign counts. Texts that fit worse are read as there too.
///
/// `digits` are those that were taken, with the mark among them; whatever the template does not ask for is passed over.
///
/// PostgreSQL 15's documentation, section 9.8.
struct NumberReader {
    private let format: NumberFormat
    private let text: ArraySlice<UInt8>
    private var rest: ArraySlice<UInt8>
    /// `-` or `+`; nil until one was found.
    private var sign: UInt8?
    private var digits: [UInt8] = []
    /// Digits taken before the mark, and `fractionCount` those behind it.
    private var wholeCount = 0
    private var fractionCount = 0
    private var hasMark = false

    private init(_ format: NumberFormat, _ text: ArraySlice<UInt8>) { (self.format, self.text, rest) = (format, text, text) }

    /// The number, as digits of `scale`.
    static func read(_ text: ArraySlice<UInt8>, by format: NumberFormat, scale: Int) throws(KernelError) -> Int128 {
        guard !format.isRoman, !format.isScientific else { throw .outside(.notSupported, "to_number reads by no template with RN or EEEE") }
        var reader = NumberReader(format, text)
        for node in format.nodes {
            if reader.rest.isEmpty { break }
            reader.take(node)
        }
        return try reader.number(scale: scale)
    }

    /// - Throws: `.invalidText` without a digit; `.numericOverflow` for more digits than the template has or a NUMERIC holds; `.invalidArgument` for
    ///   more behind the mark than `scale`.
    private func number(scale: Int) throws(KernelError) -> Int128 {
        guard wholeCount + fractionCount > 0 else { throw .invalidText("NUMERIC") }
        let significant = digits.drop { $0 == 0x30 || $0 == UInt8(ascii: ".") }.count
        let whole = digits.prefix { $0 != UInt8(ascii: ".") }.drop { $0 == 0x30 }
        guard whole.count <= format.wholeCount + format.tens, significant <= 2 * DecimalMath.digitCountMax else { throw .numericOverflow }
        // V divides by its tens.
        let exponent = "e-\(format.tens)"
        guard fractionCount + format.tens <= scale else {
            throw .invalidArgument("to_number by a template that is no constant gives \(scale) digits behind the mark")
        }
        let shown = (sign == UInt8(ascii: "-") ? [UInt8(ascii: "-")] : []) + digits + (hasMark && fractionCount == 0 ? [0x30] : []) + Array(exponent.utf8)
        guard case .value(let value) = NumberText.readDecimal(shown, scale: scale), DecimalMath.fits(value) else { throw .numericOverflow }
        return value
    }

    private mutating func take(_ node: NumberFormat.Node) {
        switch node {
        case .digit, .zero: takePlace(isMark: false)
        case .mark: takePlace(isMark: true)
        // With FM no group's mark is looked for.
        case .comma, .group: if format.fills, rest.first == UInt8(ascii: ",") { rest.removeFirst() }
        case .currency: skipOthers(1)
        case .ordinal: if !format.hasMark { skipOthers(2) }
        case .roman: break
        case .minus: takeSign([UInt8(ascii: "-")])
        case .plus: takeSign([UInt8(ascii: "+")])
        case .sign: takeSign([UInt8(ascii: "-"), UInt8(ascii: "+")])
        // A character for each, whatever it is.
        case .literal(let bytes): for byte in bytes where byte & 0xC0 != 0x80 { skipCharacter() }
        }
    }

    private mutating func skipCharacter() { rest = rest.dropFirst().drop { $0 & 0xC0 == 0x80 } }

    /// Passes up to so many characters that could be no part of a number.
    private mutating func skipOthers(_ count: Int) {
        for _ in 0..<count {
            guard let byte = rest.first, !DateTimeTokens.isDigit(byte), !".,+-".utf8.contains(byte) else { return }
            skipCharacter()
        }
    }

    private mutating func takeSign(_ signs: [UInt8]) {
        if let byte = rest.first, signs.contains(byte) {
            sign = byte
            rest.removeFirst()
        } else {
            skipOthers(1)
        }
    }

    private func isSign(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }

    /// Where the template has a digit or the mark: what stands there is taken for either. One character is gone behind it, taken or not.
    private mutating func takePlace(isMark: Bool) {
        if rest.first == 0x20 { rest.removeFirst() }
        if sign == nil, !isMark, wholeCount + fractionCount == 0, let byte = rest.first {
            if isSign(byte) {
                sign = byte
                rest.removeFirst()
            } else if format.hasBracket, byte == UInt8(ascii: "<") {
                sign = UInt8(ascii: "-")
                rest.removeFirst()
            }
        }
        guard let byte = rest.first else { return }
        var isTaken = false
        if DateTimeTokens.isDigit(byte) {
            if hasMark, fractionCount == format.fractionCount {
                rest.removeFirst()
                return
            }
            digits.append(byte)
            if hasMark { fractionCount += 1 } else { wholeCount += 1 }
            isTaken = true
        } else if format.hasMark, !hasMark, byte == UInt8(ascii: ".") {
            digits.append(byte)
            (hasMark, isTaken) = (true, true)
        }
        takeSignBehind(isTaken)
        rest = rest.dropFirst()
    }

    /// S stands right behind the last digit; of MI, PL and SG the place is not known where the number is shorter than the template.
    private mutating func takeSignBehind(_ isTaken: Bool) {
        guard sign == nil, wholeCount + fractionCount > 0 else { return }
        if format.hasSign {
            guard isTaken, let next = rest.dropFirst().first, isSign(next) else { return }
            sign = next
            rest.removeFirst()
        } else if !isTaken, format.hasPlus || format.hasMinus, isSign(rest.first) {
            sign = rest.first
        }
    }
}
