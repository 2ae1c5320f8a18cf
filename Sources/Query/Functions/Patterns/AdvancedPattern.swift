/// Escapes of PostgreSQL's advanced regular expressions that RE2 writes otherwise: `\\b` is a backspace there and `\\y` the edge of a word, `\\m` and `\\M` where
/// one begins and ends, `\\e` is escape, `\\B` a backslash and `\\Z` the end of the text. What RE2 has no equal for is left to be refused.
///
/// | PostgreSQL (section 9.7.3) | RE2 |
/// | --- | --- |
/// | `\\w`, `\\s`, `[:alpha:]` … | sets with Unicode's classes, as a database in UTF-8 with the locale `C.UTF-8` has them |
/// | `\\y`, `\\Y` | `\\b`, `\\B` |
/// | `\\m`, `\\M`, `[[:<:]]`, `[[:>:]]` | `\\b` beside a letter of a word; elsewhere the whole pattern is ICU's |
/// | `\\b`, `\\e`, `\\B`, `\\Z` | `\\x08`, `\\x1b`, `\\\\`, `\\z` |
/// | `\\x41`, `\\u0041`, `\\U00000041`, `\\cX` | `\\x{41}` |
/// | `[.a.]`, `[=a=]` in a set | the character |
/// | flags n, p, w, s | `(?m-s)`, `(?-s)`, `(?m)`, nothing |
enum AdvancedPattern {
    /// The pattern as RE2 writes it.
    ///
    /// Classes of characters and `\\w`, `\\s` are Unicode's there, as a database in UTF-8 has them, and ASCII's in RE2.
    ///
    /// - Parameter isTest: whether it only matters that the pattern matches, and not what: an edge of a word where the pattern begins or ends may then take the character
    ///   beside the word. Elsewhere RE2 sees letters of ASCII only.
    /// - Parameter flags: of `flags`; which case counts is not said here.
    /// - Throws: for a collating element of more than one character, and for a quantifier behind what only says where a match may be.
    static func translated(_ pattern: [UInt8], isTest: Bool = false, flags: String = "") throws(RegularExpression.Fault) -> [UInt8] {
        if flags.contains("q") { return literal(pattern) }
        // The last of those that say what line ends are.
        let lines = flags.last { "nmpws".contains($0) }.map { $0 == "m" ? "n" : $0 } ?? "s"
        let plain = flags.last { "xt".contains($0) } == "x" ? withoutComments(pattern) : pattern
        let head: String = switch lines {
        case "n": "(?m-s)"
        case "p": "(?-s)"
        case "w": "(?m)"
        default: ""
        }
        return Array(head.utf8) + (try translated(plain, isTest: isTest, excludesLineEnds: lines == "n" || lines == "p"))
    }

    /// Of functions that look for matches: n or m for `^` and `$` at each line, and neither dots nor sets that leave something out taking its end; p for the latter alone, w
    /// for the former; s for none of it; x for patterns with blanks and comments; q for one that is no pattern, but the text itself; t for the default.
    static let flags = "icnmpwsxqt"

    /// The text of an argument that says flags; nil where it says one that is none of `known`. Flags are letters of ASCII, each a byte.
    static func flags(_ text: ArraySlice<UInt8>, of known: String) -> String? {
        text.allSatisfy(known.utf8.contains) ? String(decoding: text, as: UTF8.self) : nil
    }

    /// Without what the flag x lets a pattern have between its parts.
    private static func withoutComments(_ pattern: [UInt8]) -> [UInt8] {
        var rest = pattern[...], result: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                result.append(byte)
                if let next = rest.popFirst() { result.append(next) }
                continue
            case UInt8(ascii: "["):
                let end = behindSet(pattern, rest.startIndex)
                result.append(byte)
                result += pattern[rest.startIndex..<end]
                rest = pattern[end...]
                continue
            case UInt8(ascii: "#"):
                rest = rest.drop { $0 != 0x0A }
                continue
            case 0x20, 0x09...0x0D: continue
            default: break
            }
            result.append(byte)
        }
        return result
    }

    /// One walk from left to right: escapes outside and within sets, classes within sets, and everything else as it stands.
    private static func translated(_ given: [UInt8], isTest: Bool, excludesLineEnds: Bool) throws(RegularExpression.Fault) -> [UInt8] {
        let pattern = withShortEdges(given)
        try checkQuantifiers(pattern)
        // Most patterns have nothing to be translated.
        guard pattern.contains(UInt8(ascii: "\\")) || pattern.contains(UInt8(ascii: "[")) else { return pattern }
        var rest = pattern[...], result: [UInt8] = [], isInSet = false, tail: [UInt8] = []
        if isTest { (rest, result, tail) = withEdges(rest) }
        while let byte = rest.first {
            let next = rest.dropFirst().first
            if byte == UInt8(ascii: "\\"), let (code, end) = try character(rest.dropFirst()) {
                result += code
                rest = rest[end...]
            } else if byte == UInt8(ascii: "\\"), let next {
                result += escape(next, isInSet: isInSet, before: pattern[..<rest.startIndex], behind: rest.dropFirst(2)) ?? [byte, next]
                rest = rest.dropFirst(2)
            } else if isInSet {
                if byte == UInt8(ascii: "["), next == UInt8(ascii: ":"), let (name, end) = className(rest) {
                    result += Array(rest[..<end]) + Array((LetterClasses.beyondASCII[name] ?? "").utf8)
                    rest = rest[end...]
                    continue
                }
                if byte == UInt8(ascii: "["), let kind = next, ".=".utf8.contains(kind) {
                    let (element, end) = try collatingElement(rest, kind)
                    result += element
                    rest = rest[end...]
                    continue
                }
                if byte == UInt8(ascii: "]") { isInSet = false }
                result.append(byte)
                rest = rest.dropFirst()
            } else {
                // A bracket that closes is one of the set's own where it is the first.
                let opening = byte != UInt8(ascii: "[") ? 1 : next == UInt8(ascii: "^") ? (rest.dropFirst(2).first == UInt8(ascii: "]") ? 3 : 2) : next == UInt8(ascii: "]") ? 2 : 1
                isInSet = byte == UInt8(ascii: "[")
                result += rest.prefix(opening)
                if isInSet, excludesLineEnds, next == UInt8(ascii: "^") { result += "\\n".utf8 }
                rest = rest.dropFirst(opening)
            }
        }
        return result + tail
    }

    /// `[[:<:]]` and `[[:>:]]`, the older names of `\\m` and `\\M`, as these.
    private static func withShortEdges(_ pattern: [UInt8]) -> [UInt8] {
        // Nearly all patterns have neither.
        guard zip(pattern, pattern.dropFirst(2)).contains(where: { $0 == UInt8(ascii: "[") && $1 == UInt8(ascii: ":") }) else { return pattern }
        var rest = pattern[...], result: [UInt8] = []
        while let byte = rest.first {
            if rest.starts(with: "[[:<:]]".utf8) || rest.starts(with: "[[:>:]]".utf8) {
                result += rest.dropFirst(3).first == UInt8(ascii: "<") ? "\\m".utf8 : "\\M".utf8
                rest = rest.dropFirst(7)
                continue
            }
            // Within a set they are none, and behind a backslash a bracket begins nothing.
            let next = rest.startIndex + 1
            let end = byte == UInt8(ascii: "[") ? behindSet(pattern, next) : byte == UInt8(ascii: "\\") ? min(next + 1, pattern.count) : next
            result += rest[..<end]
            rest = rest[end...]
        }
        return result
    }

    /// What RE2 writes for a backslash and a letter; nil where it writes the same.
    private static func escape(_ letter: UInt8, isInSet: Bool, before: ArraySlice<UInt8>, behind: ArraySlice<UInt8>) -> [UInt8]? {
        let known: String? = switch letter {
        case UInt8(ascii: "w"): isInSet ? wordSet : "[\(wordSet)]"
        case UInt8(ascii: "W"): isInSet ? noWordSet : "[^\(wordSet)]"
        case UInt8(ascii: "s"): isInSet ? spaceSet : "[\(spaceSet)]"
        case UInt8(ascii: "S"): isInSet ? noSpaceSet : "[^\(spaceSet)]"
        case UInt8(ascii: "b"): "\\x08"
        case UInt8(ascii: "e"): "\\x1b"
        case UInt8(ascii: "B"): "\\\\"
        case UInt8(ascii: "y"): "\\b"
        case UInt8(ascii: "Y"): "\\B"
        case UInt8(ascii: "Z"): "\\z"
        // An edge beside a letter of a word is the one that is meant.
        case UInt8(ascii: "m") where isOfWord(behind): "\\b"
        case UInt8(ascii: "M") where before.last.map(LetterClasses.isWord) ?? false && !isEscape(Array(before), before: before.count - 1): "\\b"
        default: nil
        }
        return known.map { Array($0.utf8) }
    }

    /// An edge of a word that the pattern begins with and one that it ends with, beside letters: with the character that stands there, or the end of the text.
    private static func withEdges(_ pattern: ArraySlice<UInt8>) -> (rest: ArraySlice<UInt8>, head: [UInt8], tail: [UInt8]) {
        func isEdge(_ text: ArraySlice<UInt8>, _ letters: String) -> Bool { text.first == UInt8(ascii: "\\") && text.count == 2 && letters.utf8.contains(text.last ?? 0) }
        // An alternative has edges of its own.
        guard !pattern.contains(UInt8(ascii: "|")) else { return (pattern, [], []) }
        var rest = pattern, head: [UInt8] = [], tail: [UInt8] = []
        if isEdge(rest.prefix(2), "ym"), beginsWord(rest.dropFirst(2)) {
            head = Array("(?:^|[^\(wordSet)])".utf8)
            rest = rest.dropFirst(2)
        }
        let before = rest.dropLast(2)
        if isEdge(rest.suffix(2), "yM"), let last = before.last, LetterClasses.isWord(last) || last >= 0x80, !isEscape(Array(before), before: before.count - 1) || before.suffix(2) == Array("\\w".utf8)[...] {
            tail = Array("(?:[^\(wordSet)]|$)".utf8)
            rest = before
        }
        return (rest, head, tail)
    }

    /// Whether a pattern goes on with a character of a word that no quantifier can leave out.
    private static func beginsWord(_ rest: ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, first >= 0x80 else { return isOfWord(rest) }
        let behind = rest.dropFirst().drop { $0 & 0xC0 == 0x80 }.first
        return !(behind.map { "*?{".utf8.contains($0) } ?? false)
    }

    /// Whether a pattern as RE2 writes it has `\\m` or `\\M` still, beside what may be no letter of a word.
    static func hasEdgeLeft(_ translated: [UInt8]) -> Bool {
        var place = 0
        while place + 1 < translated.count {
            guard translated[place] == UInt8(ascii: "\\") else {
                place += 1
                continue
            }
            if translated[place + 1] | 0x20 == UInt8(ascii: "m") { return true }
            place += 2
        }
        return false
    }

    /// The name of `[:name:]` within a set, and the place behind it.
    private static func className(_ rest: ArraySlice<UInt8>) -> (String, Int)? {
        let name = rest.dropFirst(2).prefix { (0x61...0x7A).contains($0) }
        guard rest[name.endIndex...].starts(with: ":]".utf8) else { return nil }
        return (String(decoding: name, as: UTF8.self), name.endIndex + 2)
    }

    private static let wordSet = LetterClasses.word, noWordSet = LetterClasses.noWord
    private static let spaceSet = LetterClasses.space, noSpaceSet = LetterClasses.noSpace

    /// Whether a pattern has a lazy quantifier and beside it a greedy one, or `|`, which is greedy.
    ///
    /// PostgreSQL gives a whole pattern the preference of its first quantifier; RE2 gives each quantifier its own. Where all have one, both agree.
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

    /// The place behind `[…]`, which began before `place`; the pattern's end where no bracket closes.
    static func behindSet(_ pattern: [UInt8], _ place: Int) -> Int {
        var place = place
        if place < pattern.count, pattern[place] == UInt8(ascii: "^") { place += 1 }
        // The first bracket that closes is one of the set's own.
        if place < pattern.count, pattern[place] == UInt8(ascii: "]") { place += 1 }
        while place < pattern.count {
            if pattern[place] == UInt8(ascii: "]") { return place + 1 }
            if pattern[place] == UInt8(ascii: "\\") {
                // Of what stands behind it nothing begins, and nothing may stand there.
                place += 2
                continue
            }
            if pattern[place] == UInt8(ascii: "["), place + 1 < pattern.count, ":.=".utf8.contains(pattern[place + 1]) {
                // `[:name:]`, `[.x.]` or `[=x=]`, whose one character may be a bracket.
                var end = place + 3
                while end + 1 < pattern.count, pattern[end] != pattern[place + 1] || pattern[end + 1] != UInt8(ascii: "]") { end += 1 }
                if end + 1 < pattern.count { place = end + 1 }
            }
            place += 1
        }
        return min(place, pattern.count)
    }

    /// Whether a letter or digit of ASCII, or `\\w`, stands first and must be there.
    private static func isOfWord(_ rest: ArraySlice<UInt8>) -> Bool {
        if rest.starts(with: "\\w".utf8) { return true }
        // A quantifier could leave the letter out.
        return rest.first.map(LetterClasses.isWord) ?? false && !(rest.dropFirst().first.map { "*?{".utf8.contains($0) } ?? false)
    }

    /// Whether the byte before `place` is the letter of an escape.
    private static func isEscape(_ pattern: [UInt8], before place: Int) -> Bool { place > 1 && pattern[place - 2] == UInt8(ascii: "\\") }
}
