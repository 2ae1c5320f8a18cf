/// A text as a workbook's cell holds it: at most 32,767 characters, with what XML cannot hold escaped (ECMA-376, `ST_Xstring`: `_x001F_`).
///
/// Excel refuses a file with more, or with a control that XML 1.0 does not allow. A text that would be read as an escape
/// has its `_` escaped.
struct WorkbookText {
    /// UTF-8, ended by a NUL.
    let bytes: [UInt8]
    /// The text was longer, and says so at its end.
    let isCut: Bool
    /// Of its longest line, in characters.
    let width: Int

    /// UTF-16 units that a cell of Excel holds.
    static let unitCountMax = 32_767
    /// No column is as wide: longer lines need not be counted.
    private static let widthMax = 100

    /// - Complexity: O(text); most texts are copied as they are.
    init(_ text: some Collection<UInt8>) {
        width = Self.width(text)
        if text.count <= Self.unitCountMax, !Self.needsEscape(text) {
            bytes = Array(text) + [0]
            isCut = false
            return
        }
        // No more of them than a cell holds.
        var scalars: [Unicode.Scalar] = []
        var unitCount = 0
        Self.forEachScalar(of: text) { window, place in
            unitCount += Self.unitCount(window, place)
            if unitCount <= Self.unitCountMax { scalars.append(window[place]) }
        }
        var kept = scalars[...]
        var mark: [UInt8] = []
        if unitCount > Self.unitCountMax {
            mark = Array(" … [cut: \(unitCount) characters]".utf8)
            kept = Self.prefix(scalars, unitCountMax: Self.unitCountMax - mark.count)
        }
        isCut = !mark.isEmpty
        var escaped: [UInt8] = []
        for place in kept.indices { Self.append(kept, place, to: &escaped) }
        bytes = escaped + mark + [0]
    }

    /// Of the longest line among the first 400 bytes.
    private static func width(_ text: some Collection<UInt8>) -> Int {
        var (longest, line) = (0, 0)
        for byte in text.prefix(4 * widthMax) {
            if byte == 0x0A { line = 0 } else if byte & 0xC0 != 0x80 { line += 1 }
            if line > longest { longest = line }
        }
        return min(longest, widthMax)
    }

    /// Controls, U+FFFE, U+FFFF, and what looks like an escape.
    ///
    /// A quick look at bytes: 0xEF begins the UTF-8 of U+FFFE and U+FFFF, and of much else; what it lets through needs
    /// none.
    private static func needsEscape(_ text: some Collection<UInt8>) -> Bool {
        var last: UInt8 = 0
        for byte in text {
            if byte < 0x20 && byte != 0x09 && byte != 0x0A || byte == 0xEF || byte == UInt8(ascii: "x") && last == UInt8(ascii: "_") {
                return true
            }
            last = byte
        }
        return false
    }

    /// Whether the character at a place is written as an escape.
    private static func needsEscape(_ scalars: ArraySlice<Unicode.Scalar>, _ place: Int) -> Bool {
        switch scalars[place].value {
        case 0x09, 0x0A: return false
        case 0..<0x20, 0xFFFE, 0xFFFF: return true
        // `_xHHHH_` would be read as an escape: its first sign is escaped itself.
        case 0x5F:
            guard place + 6 < scalars.endIndex, scalars[place + 1] == "x" else { return false }
            // An escape behind it would lend its own first sign.
            guard scalars[place + 6] == "_" || needsEscape(scalars, place + 6) else { return false }
            return scalars[place + 2..<place + 6].allSatisfy { $0.properties.isASCIIHexDigit }
        default: return false
        }
    }

    /// A character, or its escape of seven: `_x`, four hexadecimal digits, `_`.
    private static func append(_ scalars: ArraySlice<Unicode.Scalar>, _ place: Int, to bytes: inout [UInt8]) {
        let scalar = scalars[place]
        guard needsEscape(scalars, place) else { return bytes.append(contentsOf: String(scalar).utf8) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        bytes.append(contentsOf: "_x\(String(repeating: "0", count: 4 - digits.count))\(digits)_".utf8)
    }

    /// Characters that are looked at together.
    private static let windowCount = 4_096
    /// By so many behind it a character is judged.
    private static let aheadCount = 6

    /// Gives each character with what stands behind it. A text may be as long as a query's memory: few of its characters are there at a time.
    ///
    /// Safe for bytes that are no UTF-8: they become U+FFFD.
    private static func forEachScalar(of text: some Collection<UInt8>, _ body: (_ window: ArraySlice<Unicode.Scalar>, _ place: Int) -> Void) {
        var (bytes, decoder) = (text.makeIterator(), UTF8())
        var window: [Unicode.Scalar] = []
        var isWhole = false
        while !isWhole {
            while !isWhole, window.count < windowCount {
                switch decoder.decode(&bytes) {
                case .scalarValue(let scalar): window.append(scalar)
                case .error: window.append("\u{FFFD}")
                case .emptyInput: isWhole = true
                }
            }
            let end = isWhole ? window.count : window.count - aheadCount
            for place in 0..<end { body(window[...], place) }
            window.removeFirst(end)
        }
    }

    /// As it is written: Excel counts an escape as what it stands for, libxlsxwriter by its signs.
    private static func unitCount(_ scalars: ArraySlice<Unicode.Scalar>, _ place: Int) -> Int {
        needsEscape(scalars, place) ? 7 : scalars[place].value > 0xFFFF ? 2 : 1
    }

    /// The first characters that fit so many units as they are written.
    private static func prefix(_ scalars: [Unicode.Scalar], unitCountMax: Int) -> ArraySlice<Unicode.Scalar> {
        var count = 0
        for place in scalars.indices {
            count += unitCount(scalars[...], place)
            if count > unitCountMax { return scalars[..<place] }
        }
        return scalars[...]
    }
}
