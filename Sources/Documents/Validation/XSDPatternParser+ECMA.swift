/// What ECMA-262's regular expressions (with the `u` flag) write otherwise than XML Schema's. What a pattern may not have was refused before.
///
/// Section 22.2.1 of the standard. RE2 has neither back references nor what looks ahead or behind, so no pattern that comes here has them.
extension XSDPatternParser {
    /// More ranges of characters beyond ASCII than that are many.
    private static let otherRangeCountMax = 8

    /// After `(?`.
    ///
    /// Skips `:` or a name in angle brackets; false for what is no group: what looks ahead or behind.
    mutating func skipGroupKind() -> Bool {
        if take(":") { return true }
        guard take("<") else { return false }
        while let scalar = next {
            advance()
            if scalar == ">" { return true }
        }
        return false
    }

    /// After the backslash. Nil for what stands for no character.
    ///
    /// - Parameter isInClass: whether it stands within brackets, where `\b` is a backspace; outside it is a boundary and no character.
    mutating func escapeOfECMA(isInClass: Bool) -> XSDPattern.Characters? {
        guard let letter = next else { return nil }
        advance()
        switch letter {
        case "d", "D": return Self.oneOf("0123456789", isInverted: letter == "D")
        case "w", "W":
            return Self.oneOf("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", isInverted: letter == "W")
        case "s", "S":
            var set = Self.oneOf(" \t\n\r\u{B}\u{C}", isInverted: letter == "S")
            // Blanks beyond ASCII: which of them does not matter.
            (set.hasOther, set.isVague) = (true, true)
            return set
        case "p", "P":
            guard take("{") else { return nil }
            while let scalar = next, scalar != "}" { advance() }
            guard take("}") else { return nil }
            var set = XSDPattern.Characters.all
            set.isHeavy = true
            return set
        case "b" where isInClass: return Self.oneOf("\u{8}")
        case "b", "B": return nil
        case "n": return Self.oneOf("\n")
        case "r": return Self.oneOf("\r")
        case "t": return Self.oneOf("\t")
        case "v": return Self.oneOf("\u{B}")
        case "f": return Self.oneOf("\u{C}")
        case "0": return Self.oneOf("\0")
        case "c":
            guard let control = next else { return nil }
            advance()
            return Self.oneOf(value: control.value & 0x1F)
        case "x": return hexadecimal(digitCount: 2).map { Self.oneOf(value: $0) }
        case "u":
            if take("{") {
                guard let value = hexadecimal(digitCount: nil), take("}") else { return nil }
                return Self.oneOf(value: value)
            }
            // Halves of a pair stand for one character; two places for it are one too many, which is no harm.
            return hexadecimal(digitCount: 4).map { Self.oneOf(value: $0) }
        default: return Self.oneOf(value: letter.value)
        }
    }

    /// - Parameter digitCount: so many digits, no fewer; nil for one to eight.
    private mutating func hexadecimal(digitCount: Int?) -> UInt32? {
        var value: UInt32 = 0
        var count = 0
        while count < digitCount ?? 8, let digit = next.flatMap({ Character($0).hexDigitValue }) {
            value = value << 4 | UInt32(truncatingIfNeeded: digit)
            count += 1
            advance()
        }
        return count == digitCount || digitCount == nil && count > 0 ? value : nil
    }

    /// After its bracket.
    ///
    /// A range, a member or a set after another up to `]`. Nil for an empty class, which matches nothing.
    mutating func characterClassOfECMA() -> XSDPattern.Characters? {
        let isInverted = take("^")
        var set = XSDPattern.Characters()
        var otherRangeCount = 0
        // Turned round, a set that is too large would become one that is too small.
        var isTooLarge = false
        var isEmpty = true
        while let scalar = next, scalar != "]" {
            isEmpty = false
            // `\d-x` is no range: a hyphen behind a set is itself.
            let isSet = scalar == "\\" && peek.map { "dDwWsSpP".unicodeScalars.contains($0) } ?? false
            guard let first = member() else { return nil }
            if isSet, first.isHeavy { isTooLarge = true }
            guard !isSet, next == "-", let after = peek, after != "]" else {
                if first.hasOther { otherRangeCount += 1 }
                set.formUnion(first)
                continue
            }
            advance()
            guard let last = member() else { return nil }
            if last.hasOther {
                (set.hasOther, set.isVague) = (true, true)
                otherRangeCount += 1
            }
            if let low = first.onlyASCII { for value in low...max(low, last.onlyASCII ?? 127) { set.insert(value) } }
        }
        guard take("]"), !isEmpty else { return nil }
        if isTooLarge || otherRangeCount > Self.otherRangeCountMax { set.isHeavy = true }
        guard isInverted else { return set }
        if isTooLarge {
            var all = XSDPattern.Characters.all
            all.isHeavy = true
            return all
        }
        return set.inverted
    }

    /// One character of a class, or a set behind a backslash.
    private mutating func member() -> XSDPattern.Characters? {
        guard let scalar = next else { return nil }
        advance()
        return scalar == "\\" ? escapeOfECMA(isInClass: true) : Self.oneOf(value: scalar.value)
    }

    private static func oneOf(value: UInt32) -> XSDPattern.Characters {
        var set = XSDPattern.Characters()
        set.insert(value)
        return set
    }

    private static func oneOf(_ text: String, isInverted: Bool = false) -> XSDPattern.Characters {
        var set = XSDPattern.Characters()
        for scalar in text.unicodeScalars { set.insert(scalar.value) }
        return isInverted ? set.inverted : set
    }
}

extension XSDPattern.Characters {
    /// The one character of ASCII that it is.
    fileprivate var onlyASCII: UInt32? {
        guard !hasOther else { return nil }
        if low != 0 { return UInt32(truncatingIfNeeded: low.trailingZeroBitCount) }
        return high == 0 ? nil : UInt32(truncatingIfNeeded: 64 + high.trailingZeroBitCount)
    }
}
