/// Escapes of PostgreSQL's advanced regular expressions that RE2 writes otherwise: `\\b` is a backspace there and `\\y` the edge of a word, `\\m` and `\\M` where
/// one begins and ends, `\\e` is escape, `\\B` a backslash and `\\Z` the end of the text. What RE2 has no equal for is left to be refused, and what
/// PostgreSQL has not means what it means to RE2.
///
/// | PostgreSQL (section 9.7.3) | RE2 |
/// | --- | --- |
/// | `\\w`, `\\s`, `[:alpha:]` … | sets with Unicode's classes, as a database in UTF-8 with the locale `C.UTF-8` has them |
/// | `\\y`, `\\Y` | `\\b`, `\\B` |
/// | `\\m`, `\\M`, `[[:<:]]`, `[[:>:]]` | `\\b` beside a letter of a word; elsewhere the whole pattern is ICU's |
/// | `k`, `[k]` without regard to case | `(?-i:[kK])`: Unicode folds the sign for kelvin too |
/// | `\\b`, `\\e`, `\\B`, `\\Z` | `\\x08`, `\\x1b`, `\\\\`, `\\z` |
/// | `\\x41`, `\\u0041`, `\\U00000041`, `\\cX` | `\\x{41}` |
/// | `[.a.]`, `[=a=]` in a set | the character |
/// | flags n, p, w, s | `(?m-s)`, `(?-s)`, `(?m)`, nothing |
enum AdvancedPattern {
    /// What a pattern is for.
    enum Use {
        /// An operator or function of a query, where an edge of a word that is left may be ICU's.
        case query
        /// A path of JSON in a query: paths have no ICU.
        case path
        /// A type's rule or a condition of events, a path in one too: there is no ICU, and what was taken once goes on, `\\C` too.
        case rule
    }

    /// The pattern as RE2 writes it.
    ///
    /// Classes of characters and `\\w`, `\\s` are Unicode's there, as a database in UTF-8 has them, and ASCII's in RE2.
    ///
    /// - Parameter isTest: whether it only matters that the pattern matches, and not what: an edge of a word where the pattern begins or ends may then take the character
    ///   beside the word. Elsewhere RE2 sees letters of ASCII only.
    /// - Parameter flags: of `flags`; which case counts is not said here.
    /// - Parameter ignoringCase: RE2 is given the pattern without regard to case: what it would take for more cases than PostgreSQL does is written with its own.
    /// - Throws: for what neither PostgreSQL has nor RE2 is to be asked for; for a pattern that is too long.
    static func translated(
        _ pattern: [UInt8], isTest: Bool, flags: String, ignoringCase: Bool, for use: Use
    ) throws(RegularExpression.Fault) -> [UInt8] {
        if flags.contains("q") {
            guard pattern.count <= RegularExpression.patternByteCountMax else { throw RegularExpression.Fault.tooLong }
            return ignoringCase ? PatternTranslation.literal(pattern) : literal(pattern)
        }
        // The last of those that say what line ends are.
        let lines = flags.last { "nmpws".contains($0) }.map { $0 == "m" ? "n" : $0 } ?? "s"
        let plain = flags.last { "xt".contains($0) } == "x" ? withoutComments(pattern) : pattern
        let head: String = switch lines {
        case "n": "(?m-s)"
        case "p": "(?-s)"
        case "w": "(?m)"
        default: ""
        }
        let excludesLineEnds = lines == "n" || lines == "p"
        do throws(RegularExpression.Fault) {
            return Array(head.utf8) + (try translated(plain, isTest: isTest, excludesLineEnds: excludesLineEnds, ignoringCase: ignoringCase, isStrict: true, for: use))
        } catch {
            // No pattern of PostgreSQL's: by contract it has RE2's syntax all the same. RE2's options, names and quoted texts have letters that are none of the pattern's: those are left as
            // they stand.
            return Array(head.utf8) + (try translated(plain, isTest: isTest, excludesLineEnds: excludesLineEnds, ignoringCase: false, isStrict: false, for: use))
        }
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

    /// What of it RE2 writes otherwise; most patterns have nothing of that.
    ///
    /// - Parameter isStrict: what PostgreSQL has not is refused, and not left to RE2.
    private static func translated(
        _ given: [UInt8], isTest: Bool, excludesLineEnds: Bool, ignoringCase: Bool, isStrict: Bool, for use: Use
    ) throws(RegularExpression.Fault) -> [UInt8] {
        var pattern = withShortEdges(given)
        try checkQuantifiers(pattern, isStrict: isStrict)
        if isStrict { pattern = withShortCounts(pattern) }
        guard pattern.contains(UInt8(ascii: "\\")) || pattern.contains(UInt8(ascii: "[")) || ignoringCase && mayBeWidelyFolded(pattern) else {
            guard pattern.count <= RegularExpression.patternByteCountMax else { throw RegularExpression.Fault.tooLong }
            return pattern
        }
        var translation = PatternTranslation(pattern, isTest: isTest, excludesLineEnds: excludesLineEnds, ignoringCase: ignoringCase, isStrict: isStrict, for: use)
        return try translation.run()
    }

    /// A glance: of ASCII these two letters have more than two cases.
    private static func mayBeWidelyFolded(_ pattern: [UInt8]) -> Bool { pattern.contains { $0 >= 0x80 || $0 | 0x20 == UInt8(ascii: "k") || $0 | 0x20 == UInt8(ascii: "s") } }

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

    /// `{2}` for `{02}`, which is a text to RE2.
    ///
    /// - Parameter pattern: one whose quantifiers were looked at.
    private static func withShortCounts(_ pattern: [UInt8]) -> [UInt8] {
        // Nearly all patterns have none.
        func mayBegin(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",") }
        guard zip(pattern, pattern.dropFirst()).contains(where: { mayBegin($0) && $1 == UInt8(ascii: "0") }) else { return pattern }
        var result: [UInt8] = [], place = 0
        while place < pattern.count {
            var end = place + 1
            switch pattern[place] {
            case UInt8(ascii: "\\"): end = min(place + 2, pattern.count)
            case UInt8(ascii: "["): end = behindSet(pattern, end)
            case UInt8(ascii: "{") where end < pattern.count && DateTimeTokens.isDigit(pattern[end]):
                let close = pattern[end...].firstIndex(of: UInt8(ascii: "}")) ?? pattern.count
                let counts = pattern[end..<close].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                result.append(pattern[place])
                for (number, digits) in counts.enumerated() {
                    if number > 0 { result.append(UInt8(ascii: ",")) }
                    // The last one stays where all are zeros.
                    result += digits.dropLast().drop { $0 == UInt8(ascii: "0") }
                    result += digits.suffix(1)
                }
                place = close
                continue
            default: break
            }
            result += pattern[place..<end]
            place = end
        }
        return result
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
}

/// What names single characters in an advanced regular expression, and where quantifiers may not stand.
extension AdvancedPattern {
    /// Every character as itself.
    ///
    /// Signs are escaped, letters and digits are not: a backslash before those would mean something.
    static func literal(_ text: [UInt8]) -> [UInt8] {
        text.flatMap { $0 == 0 ? Array("\\x00".utf8) : $0 < 0x80 && !LetterClasses.isWord($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }

    /// `[.a.]` and `[=a=]` within a set: the one character that they name.
    static func collatingElement(_ rest: ArraySlice<UInt8>, _ kind: UInt8) throws(RegularExpression.Fault) -> ([UInt8], Int) {
        let body = rest.dropFirst(2)
        // The character may be what ends them.
        var end = body.index(body.startIndex, offsetBy: 1, limitedBy: body.endIndex) ?? body.endIndex
        while end < body.endIndex, !body[end...].starts(with: [kind, UInt8(ascii: "]")]) { end += 1 }
        guard end < body.endIndex, TextKernels.scalarCount(body[..<end]) == 1 else {
            throw RegularExpression.Fault(reason: "invalid collating element: [.x.] and [=x=] name one character by itself")
        }
        return (literal(Array(body[..<end])), end + 2)
    }

    /// A backslash with a character's number, or with a letter whose control character is meant: what RE2 writes for it, and the place behind. Nil for others.
    static func character(_ rest: ArraySlice<UInt8>) throws(RegularExpression.Fault) -> ([UInt8], Int)? {
        guard let letter = rest.first else { return nil }
        let body = rest.dropFirst()
        func code(_ digits: ArraySlice<UInt8>) throws(RegularExpression.Fault) -> ([UInt8], Int) {
            let said = digits.drop { $0 == UInt8(ascii: "0") }
            // Of more than six digits no character is.
            guard !digits.isEmpty, said.count <= 6 else { throw RegularExpression.Fault(reason: "invalid escape sequence: \\x, \\u and \\U take a character's number") }
            return (Array("\\x{".utf8) + (said.isEmpty ? [UInt8(ascii: "0")] : Array(said)) + [UInt8(ascii: "}")], digits.endIndex)
        }
        switch letter {
        // All digits that stand there, and not two.
        case UInt8(ascii: "x"): return try code(body.prefix(while: isHexadecimal))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let count = letter == UInt8(ascii: "u") ? 4 : 8, digits = body.prefix(count)
            return try code(digits.count == count && digits.allSatisfy(isHexadecimal) ? digits : [])
        case UInt8(ascii: "c"):
            guard let control = body.first, control < 0x80 else { throw RegularExpression.Fault(reason: "invalid escape sequence: \\c takes a letter") }
            return (Array("\\x{\(String(control & 0x1F, radix: 16))}".utf8), body.startIndex + 1)
        default: return nil
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { DateTimeTokens.isDigit(byte) || (0x41...0x46).contains(byte & 0xDF) }

    /// `2}`, `2,}` or `2,5}`, with counts that PostgreSQL has.
    private static func isBound(_ rest: ArraySlice<UInt8>, isStrict: Bool) -> Bool {
        let least = rest.prefix(while: DateTimeTokens.isDigit)
        var behind = rest[least.endIndex...], most = least
        if behind.first == UInt8(ascii: ",") {
            most = behind.dropFirst().prefix(while: DateTimeTokens.isDigit)
            behind = rest[most.endIndex...]
        }
        return behind.first == UInt8(ascii: "}") && (!isStrict || isCount(least) && isCount(most))
    }

    /// Up to 255; none is no bound.
    private static func isCount(_ digits: ArraySlice<UInt8>) -> Bool {
        let said = digits.drop { $0 == UInt8(ascii: "0") }
        return said.count < 3 || said.count == 3 && said.reduce(0) { 10 * $0 + Int($1 - 0x30) } <= PatternReader.countMax
    }

    /// What may stand behind `(?`: what captures nothing, and what looks around. RE2 knows options and names there, which PostgreSQL does not.
    private static let groups = [":", "=", "!", "<=", "<!"]

    /// RE2 takes a quantifier behind `^` and the like, and passes over it; braces that say no count as themselves; and larger counts.
    ///
    /// - Parameter isStrict: counts and what stands behind `(?` are PostgreSQL's.
    /// - Throws: where PostgreSQL refuses the pattern as well.
    static func checkQuantifiers(_ pattern: [UInt8], isStrict: Bool) throws(RegularExpression.Fault) {
        var place = 0, isBehindPlace = false
        while place < pattern.count {
            let byte = pattern[place]
            place += 1
            let isBounded = byte == UInt8(ascii: "{") && place < pattern.count && DateTimeTokens.isDigit(pattern[place])
            if isBounded, !isBound(pattern[place...], isStrict: isStrict) { throw RegularExpression.Fault(reason: "the count of a quantifier is as {2}, {2,} or {2,5}, and 255 at most") }
            if isStrict, byte == UInt8(ascii: "("), place < pattern.count, pattern[place] == UInt8(ascii: "?"), !groups.contains(where: { pattern[(place + 1)...].starts(with: $0.utf8) }) {
                throw RegularExpression.Fault(reason: "(? stands before a colon, or before what says that it looks around; options stand at the pattern's beginning")
            }
            if isBehindPlace, isBounded || "*+?".utf8.contains(byte) { throw RegularExpression.Fault(reason: "a quantifier stands behind what is no character") }
            isBehindPlace = byte == UInt8(ascii: "^") || byte == UInt8(ascii: "$")
            if byte == UInt8(ascii: "["), place < pattern.count { place = behindSet(pattern, place) }
            if byte == UInt8(ascii: "\\"), place < pattern.count {
                isBehindPlace = "AmMyYZ".utf8.contains(pattern[place])
                place += 1
            }
        }
    }
}
