/// Texts as their bytes: neither order nor equality asks a locale.
package enum TextSearch {
    /// -1, 0 or 1, by code points, which is by UTF-8's bytes.
    package static func order(_ left: String, _ right: String) -> Int {
        if left.utf8.elementsEqual(right.utf8) { return 0 }
        return left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
    }

    /// In time linear in both (Knuth, Morris, Pratt, 1977).
    ///
    /// - Complexity: O(text + part), in memory for one number for each byte of the part.
    package static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard !part.isEmpty else { return true }
        // For each place of the part: how much of its beginning ends there. Where the next byte does not fit, the search goes on from that.
        var table = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[index] != part[length] { length = table[length - 1] }
            if part[index] == part[length] { length += 1 }
            table[index] = length
        }
        length = 0
        for byte in text {
            while length > 0, byte != part[length] { length = table[length - 1] }
            if byte == part[length] { length += 1 }
            if length == part.count { return true }
        }
        return false
    }

    /// A text against a pattern in which `*` stands for any characters and `\` takes `*` and `\` as they are (`StringMatches`): linear but for going back to the last star.
    ///
    /// - Throws: when the steps run out: a pattern of many parts may be tried at each place of a text.
    package static func matches(_ text: String, _ pattern: GlobPattern, _ steps: inout Steps) throws(StateError) -> Bool {
        let bytes = Array(text.utf8)
        let signs = pattern.signs
        var (place, sign) = (0, 0)
        var star: (sign: Int, place: Int)?
        while place < bytes.count {
            try steps.charge()
            if sign < signs.count, case .byte(let byte) = signs[sign], byte == bytes[place] {
                place += 1
                sign += 1
            } else if sign < signs.count, case .star = signs[sign] {
                star = (sign, place)
                sign += 1
            // The last star takes one byte more. Those before it need not: what stands between two stars has its first place.
            } else if let last = star {
                star = (last.sign, last.place + 1)
                (place, sign) = (last.place + 1, last.sign + 1)
            } else {
                return false
            }
        }
        while sign < signs.count, case .star = signs[sign] { sign += 1 }
        return sign == signs.count
    }
}

/// A pattern of `StringMatches`, read.
package struct GlobPattern: Sendable, Equatable {
    /// One byte, or any number of them.
    package enum Sign: Sendable, Equatable { case byte(UInt8), star }

    package let signs: [Sign]

    /// nil where a backslash stands before anything but `*` and `\`.
    package init?(_ text: String) {
        var signs: [Sign] = []
        var isEscaped = false
        for byte in text.utf8 {
            if isEscaped {
                guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else { return nil }
                signs.append(.byte(byte))
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                signs.append(byte == UInt8(ascii: "*") ? .star : .byte(byte))
            }
        }
        guard !isEscaped else { return nil }
        self.signs = signs
    }
}
