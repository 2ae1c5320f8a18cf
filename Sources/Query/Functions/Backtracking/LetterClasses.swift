/// Classes of characters as a database in UTF-8 with the locale `C.UTF-8` has them, each as the inside of a set: RE2 and ICU read them alike.
enum LetterClasses {
    /// Blanks but for those of no width and those that do not break.
    static let spacesBeyondASCII = "\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}"
    static let word = "0-9A-Za-z_\\p{L}\\p{Nl}\\p{Nd}\\p{Mc}"
    static let space = "\\t-\\r " + spacesBeyondASCII
    /// All others, as RE2 writes them within a set.
    static let noWord =
        "\\x00-/:-@\\[-\\^`{-\\x7f\\p{Mn}\\p{Me}\\p{No}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\x{203f}\\x{2040}\\x{2054}\\x{fe33}\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}\\p{S}\\p{Z}\\p{C}"
    static let noSpace =
        "\\x00-\\x08\\x0e-\\x1f!-\\x{167f}\\x{1681}-\\x{1fff}\\x{2007}\\x{200b}-\\x{2027}\\x{202a}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}"

    /// What the classes have beyond ASCII, as glibc's for UTF-8 (`C.UTF-8`): digits are ASCII's alone.
    static let beyondASCII = [
        "alpha": "\\p{L}\\p{Nl}\\p{Mc}", "alnum": "\\p{L}\\p{Nl}\\p{Nd}\\p{Mc}", "upper": "\\p{Lu}\\p{Lt}", "lower": "\\p{Ll}\\x{aa}\\x{ba}", "word": "\\p{L}\\p{Nl}\\p{Nd}\\p{Mc}",
        "punct": "\\p{P}\\p{S}\\p{No}\\p{Mn}\\p{Me}", "graph": "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}", "print": "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}",
        "space": spacesBeyondASCII, "cntrl": "\\x{80}-\\x{9f}",
    ]

    /// What of ASCII has each of PostgreSQL's names; bounds of ranges.
    static let ofASCII: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F], "blank": [0x09...0x09, 0x20...0x20],
        "cntrl": [0...0x1F, 0x7F...0x7F], "digit": [0x30...0x39], "graph": [0x21...0x7E], "lower": [0x61...0x7A], "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20], "upper": [0x41...0x5A],
        "word": [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A], "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]

    /// Letters, digits and `_` of ASCII.
    static func isWord(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) }

    /// A character in both cases, as far as those are one character each.
    static func cases(_ value: UInt32) -> [UInt32] {
        guard let scalar = Unicode.Scalar(value) else { return [value] }
        let others = [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap { text -> UInt32? in
            text.unicodeScalars.count == 1 ? text.unicodeScalars.first?.value : nil
        }
        return others.reduce(into: [value]) { if !$0.contains($1) { $0.append($1) } }
    }
}
