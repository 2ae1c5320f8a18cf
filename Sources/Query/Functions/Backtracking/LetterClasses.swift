import ColumnStore

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

    /// Letters that Unicode folds to one with others than their own two cases: RE2 and ICU take all of them for one letter, PostgreSQL only `cases`.
    ///
    /// The sign for kelvin and a k, the two small sigmas, letters of old books, and letters of two in three cases. Those that lie in one row are `from...to`.
    static let widelyFolded: Set<UInt32> = {
        let ranges: [ClosedRange<UInt32>] = [
            0x4B...0x4B, 0x53...0x53, 0x6B...0x6B, 0x73...0x73, 0xB5...0xB5, 0xC5...0xC5, 0xDF...0xDF, 0xE5...0xE5, 0x131...0x131, 0x17F...0x17F, 0x1C4...0x1CC, 0x1F1...0x1F3,
            0x345...0x345, 0x392...0x392, 0x395...0x395, 0x398...0x39A, 0x39C...0x39C, 0x3A0...0x3A1, 0x3A3...0x3A3, 0x3A6...0x3A6, 0x3A9...0x3A9, 0x3B2...0x3B2, 0x3B5...0x3B5,
            0x3B8...0x3BA, 0x3BC...0x3BC, 0x3C0...0x3C3, 0x3C6...0x3C6, 0x3C9...0x3C9, 0x3D0...0x3D1, 0x3D5...0x3D6, 0x3F0...0x3F1, 0x3F4...0x3F5, 0x412...0x412, 0x414...0x414,
            0x41E...0x41E, 0x421...0x422, 0x42A...0x42A, 0x432...0x432, 0x434...0x434, 0x43E...0x43E, 0x441...0x442, 0x44A...0x44A, 0x462...0x463, 0x1C80...0x1C88, 0x1E60...0x1E61,
            0x1E9B...0x1E9B, 0x1FBE...0x1FBE, 0x2126...0x2126, 0x212A...0x212B, 0xA64A...0xA64B,
        ]
        return Set(ranges.flatMap { Array($0) })
    }()

    /// The letters of other cases of those in `ranges` that lie in none of them themselves, ascending, those in one row together.
    ///
    /// A pattern may have thousands of sets: each is walked by rows of letters, and not letter by letter.
    static func otherCases(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        let sorted = disjoint(ranges)
        /// The one of `sorted` that ends at `value` or behind it.
        func next(_ value: UInt32) -> ClosedRange<UInt32>? {
            let place = sorted.partitioningIndex { $0.upperBound >= value }
            return place < sorted.count ? sorted[place] : nil
        }
        var found: Set<UInt32> = []
        for range in sorted {
            for row in rows {
                if row.first > range.upperBound { break }
                if row.last < range.lowerBound { continue }
                // The row's letters within the range; none where it passes over it.
                let behind = row.first >= range.lowerBound ? 0 : (range.lowerBound - row.first + row.stride - 1) / row.stride * row.stride
                let first = row.first + behind, last = min(row.last, range.upperBound)
                guard first <= last else { continue }
                let (lowest, highest) = (row.other(first), row.other(last))
                // All others are named too.
                if let own = next(lowest), own.lowerBound <= lowest, own.upperBound >= highest { continue }
                for value in Swift.stride(from: first, through: last, by: Int(row.stride)) {
                    let other = row.other(value)
                    if !(next(other)?.contains(other) ?? false) { found.insert(other) }
                }
            }
        }
        return found.sorted().reduce(into: []) { result, value in
            if let last = result.last, last.upperBound + 1 == value { result[result.count - 1] = last.lowerBound...value } else { result.append(value...value) }
        }
    }

    /// The same characters, ascending, with gaps between the ranges.
    private static func disjoint(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        if ranges.count < 2 { return ranges }
        return ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { result, range in
            // No character's number is the type's last.
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
    }

    /// Characters each of which has another case so far from it as the first: `first`, `first + stride` … `last`.
    private struct CaseRow {
        let first: UInt32
        var last: UInt32
        var stride: UInt32
        let distance: Int64

        func other(_ value: UInt32) -> UInt32 { UInt32(clamping: Int64(value) + distance) }
    }

    /// All characters that have another case, by where their rows begin; none lies further on.
    private static let rows: [CaseRow] = {
        var rows: [CaseRow] = [], open: [Int64: Int] = [:]
        for value in UInt32(0x41)...0x1E943 {
            for other in LetterClasses.cases(value).dropFirst() {
                let distance = Int64(other) - Int64(value)
                // Capitals and small letters may take turns.
                if let place = open[distance], value - rows[place].last <= 2, rows[place].first == rows[place].last || value - rows[place].last == rows[place].stride {
                    rows[place].stride = value - rows[place].last
                    rows[place].last = value
                } else {
                    open[distance] = rows.count
                    rows.append(CaseRow(first: value, last: value, stride: 1, distance: distance))
                }
            }
        }
        return rows
    }()
}
