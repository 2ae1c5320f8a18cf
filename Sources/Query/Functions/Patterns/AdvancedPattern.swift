/// Escapes of PostgreSQL's advanced regular expressions that RE2 writes otherwise: `\\b` is a backspace there and `\\y` the edge of a word, `\\m` and `\\M` where
/// one begins and ends, `\\e` is escape, `\\B` a backslash and `\\Z` the end of the text. What RE2 has no equal for is left to be refused.
enum AdvancedPattern {
    static func translated(_ pattern: [UInt8]) -> [UInt8] {
        guard pattern.contains(UInt8(ascii: "\\")) else { return pattern }
        var result: [UInt8] = [], place = 0
        while place < pattern.count {
            let byte = pattern[place]
            guard byte == UInt8(ascii: "\\"), place + 1 < pattern.count else {
                result.append(byte)
                place += 1
                continue
            }
            let letter = pattern[place + 1]
            let known: String? = switch letter {
            case UInt8(ascii: "b"): "\\x08"
            case UInt8(ascii: "e"): "\\x1b"
            case UInt8(ascii: "B"): "\\\\"
            case UInt8(ascii: "y"): "\\b"
            case UInt8(ascii: "Y"): "\\B"
            case UInt8(ascii: "Z"): "\\z"
            // An edge beside a letter of a word is the one that is meant.
            case UInt8(ascii: "m") where isOfWord(pattern[(place + 2)...]): "\\b"
            case UInt8(ascii: "M") where place > 0 && isWord(pattern[place - 1]) && !isEscape(pattern, before: place): "\\b"
            default: nil
            }
            result += known.map { Array($0.utf8) } ?? [byte, letter]
            place += 2
        }
        return result
    }

    /// Whether a pattern has a lazy quantifier and beside it a greedy one, or `|`, which is greedy.
    static func mixesPreferences(_ pattern: [UInt8]) -> Bool {
        var isLazy = false, isGreedy = false, place = 0
        func at(_ place: Int) -> UInt8? { place < pattern.count ? pattern[place] : nil }
        while let byte = at(place) {
            place += 1
            switch byte {
            case UInt8(ascii: "\\"): place += 1
            case UInt8(ascii: "["): place = behindSet(pattern, place)
            case UInt8(ascii: "(") where at(place) == UInt8(ascii: "?"): place += 1
            case UInt8(ascii: "|"): isGreedy = true
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
                var isFixed = false
                if byte == UInt8(ascii: "{") {
                    guard at(place).map(DateTimeTokens.isDigit) ?? false, let end = pattern[place...].firstIndex(of: UInt8(ascii: "}")) else { continue }
                    // So many, and no other number: it chooses nothing.
                    isFixed = !pattern[place..<end].contains(UInt8(ascii: ","))
                    place = end + 1
                }
                let isFollowed = at(place) == UInt8(ascii: "?")
                if isFollowed { place += 1 }
                if isFixed { continue }
                if isFollowed { isLazy = true } else { isGreedy = true }
            default: break
            }
        }
        return isLazy && isGreedy
    }

    /// The place behind `[…]`, which began before `place`.
    private static func behindSet(_ pattern: [UInt8], _ place: Int) -> Int {
        var place = place
        if place < pattern.count, pattern[place] == UInt8(ascii: "^") { place += 1 }
        // The first bracket that closes is one of the set's own.
        if place < pattern.count, pattern[place] == UInt8(ascii: "]") { place += 1 }
        while place < pattern.count {
            if pattern[place] == UInt8(ascii: "]") { return place + 1 }
            if pattern[place] == UInt8(ascii: "\\") { place += 1 }
            if pattern[place...].starts(with: "[:".utf8), let end = pattern[place...].firstIndex(of: UInt8(ascii: "]")) { place = end }
            place += 1
        }
        return place
    }

    private static func isOfWord(_ rest: ArraySlice<UInt8>) -> Bool {
        if rest.starts(with: "\\w".utf8) { return true }
        // A quantifier could leave the letter out.
        return rest.first.map(isWord) ?? false && !(rest.dropFirst().first.map { "*?{".utf8.contains($0) } ?? false)
    }

    /// Whether the byte before `place` is the letter of an escape.
    private static func isEscape(_ pattern: [UInt8], before place: Int) -> Bool { place > 1 && pattern[place - 2] == UInt8(ascii: "\\") }

    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}
