import ColumnStore

/// Reads an advanced regular expression of PostgreSQL's into its parts, each written as ICU's regular expressions have it.
///
///     pattern  = [ "***:" ] [ "(?" options ")" ] choice
///     choice   = sequence { "|" sequence }
///     sequence = { place | atom [ quantifier ] }
///     place    = "^" | "$" | "\A" | "\Z" | "\m" | "\M" | "\y" | "\Y" | "[[:<:]]" | "[[:>:]]" | "(?" [ "<" ] ( "=" | "!" ) choice ")"
///     atom     = "(" choice ")" | "(?:" choice ")" | "." | "[" set "]" | "\" escape | "\" number | character
///
/// PostgreSQL 15's documentation, section 9.7.3, and `regc_lex.c` where that says no more. What looks around captures nothing, and refers to nothing.
struct PatternReader {
    let bytes: [UInt8]
    var place = 0
    private(set) var ignoresCase: Bool
    private(set) var lines: Lines
    /// Blanks and comments between the parts mean nothing.
    private var isExpanded: Bool
    private var groupCount = 0
    /// Groups whose parentheses have closed: only to those a reference may look back.
    private var closed: Set<Int> = []
    private var depth = 0
    /// How deep parentheses stand within each other.
    private var deepest = 0
    private var isLooking = false
    /// Whether it has what RE2 has not.
    private(set) var looksAroundOrBack = false
    /// What ICU needs for the classes so far, in microseconds, about: nobody can end it meanwhile.
    private var classTime = 0

    /// Deeper patterns are refused: they are read by calls within calls.
    private static let depthMax = 100
    /// As many bytes as RE2 is given.
    private static let readByteCountMax = 16 << 10
    /// In quantifiers.
    static let countMax = 255
    /// Of all classes, in microseconds: those that people write need a hundredth of it.
    private static let classTimeMax = 250_000

    /// How long ICU takes for a class, in microseconds, at most.
    enum ClassTime: Int {
        /// Up to eight properties of characters are put together.
        case plain = 300
        /// The letters of the other case are looked for as well.
        case inBothCases = 2_500
        /// So are those of what has nearly all characters.
        case wideInBothCases = 8_000
    }

    /// What line ends mean.
    struct Lines {
        /// A dot, and a set that leaves something out, do not take them.
        var stopsDots = false
        /// `^` and `$` stand at each of them.
        var anchors = false

        /// - Parameter flag: n and m for both, p for the former, w for the latter; s for none.
        init(_ flag: Character) { (stopsDots, anchors) = ("nmp".contains(flag), "nmw".contains(flag)) }
    }

    private init(_ bytes: [UInt8], ignoringCase: Bool, flags: String) {
        self.bytes = bytes
        ignoresCase = ignoringCase
        lines = Lines(flags.last { "nmpws".contains($0) } ?? "s")
        isExpanded = (flags.last { "xt".contains($0) } ?? "t") == "x"
    }

    /// - Parameter hasEdgeLeft: it has an edge of a word that RE2 has not, which ICU is to find by what stands around it.
    /// - Returns: nil where nothing looks around or back, so that RE2 will do, or says what is wrong.
    /// - Throws: `.outside` for a pattern that does look, and is none or has no equal in ICU.
    static func read(_ pattern: [UInt8], ignoringCase: Bool, flags: String, hasEdgeLeft: Bool = false) throws(KernelError) -> PatternTree? {
        // Of longer ones RE2 says that they are too long.
        guard pattern.count <= Self.readByteCountMax, hasEdgeLeft || mayLook(pattern), !flags.contains("q") else { return nil }
        var reader = PatternReader(pattern, ignoringCase: ignoringCase, flags: flags)
        reader.looksAroundOrBack = hasEdgeLeft
        do throws(KernelError) {
            guard try reader.readOptions() else { return nil }
            let root = try reader.choice()
            guard reader.peek() == nil else { throw bad("parentheses () not balanced") }
            guard reader.looksAroundOrBack else { return nil }
            let countMax = BacktrackingPattern.patternByteCountMax
            guard pattern.count <= countMax else { throw bad("one that looks around or back has \(countMax) bytes at most") }
            guard reader.classTime <= Self.classTimeMax else { throw bad("one that looks around or back has so many classes of characters that it would take too long to read them") }
            return PatternTree(root, groupCount: reader.groupCount, ignoresCase: reader.ignoresCase)
        } catch {
            if reader.looksAroundOrBack { throw error }
            return nil
        }
    }

    /// A pattern that captures and neither looks around nor back, and how deep its parentheses stand within each other.
    ///
    /// - Returns: nil where nothing captures, and where it cannot be read: what RE2 alone has is no pattern of PostgreSQL's.
    static func capturing(_ pattern: [UInt8], ignoringCase: Bool, flags: String) -> (tree: PatternTree, depth: Int)? {
        guard pattern.count <= Self.readByteCountMax, !flags.contains("q") else { return nil }
        var reader = PatternReader(pattern, ignoringCase: ignoringCase, flags: flags)
        do throws(KernelError) {
            guard try reader.readOptions() else { return nil }
            let root = try reader.choice()
            guard reader.peek() == nil, reader.groupCount > 0, !reader.looksAroundOrBack else { return nil }
            return (PatternTree(root, groupCount: reader.groupCount, ignoresCase: reader.ignoresCase), reader.deepest)
        } catch {
            return nil
        }
    }

    /// A glance: nearly all patterns have neither.
    private static func mayLook(_ pattern: [UInt8]) -> Bool {
        zip(pattern, pattern.dropFirst()).contains { one, next in
            one == UInt8(ascii: "(") && next == UInt8(ascii: "?") || one == UInt8(ascii: "\\") && (0x31...0x39).contains(next)
        }
    }

    static func bad(_ reason: String) -> KernelError { .outside(.badPattern, "the pattern is no regular expression: \(reason)") }

    // MARK: Bytes

    func peek(_ distance: Int = 0) -> UInt8? { place + distance < bytes.count ? bytes[place + distance] : nil }

    /// Whether these bytes stand here; they are passed then.
    mutating func take(_ text: String) -> Bool {
        guard bytes[place...].starts(with: text.utf8) else { return false }
        place += text.utf8.count
        return true
    }

    /// The character at hand.
    mutating func scalar() throws(KernelError) -> UInt32 {
        var end = place + 1
        while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        guard place < bytes.count, let scalar = String(decoding: bytes[place..<end], as: UTF8.self).unicodeScalars.first else { throw Self.bad("it ends in the middle") }
        place = end
        return scalar.value
    }

    mutating func count(_ time: ClassTime, _ classCount: Int = 1) { classTime = classTime.addingSaturating(time.rawValue.multipliedSaturating(by: classCount)) }

    // MARK: Structure

    /// What the whole pattern begins with.
    ///
    /// - Returns: false where it is a plain text.
    private mutating func readOptions() throws(KernelError) -> Bool {
        if !take("***:"), bytes.starts(with: "***".utf8) { return false }
        guard peek() == UInt8(ascii: "("), peek(1) == UInt8(ascii: "?"), let letter = peek(2), (0x61...0x7A).contains(letter | 0x20) else { return true }
        place += 2
        while let byte = peek(), byte != UInt8(ascii: ")") {
            place += 1
            switch Character(Unicode.Scalar(byte)) {
            case "i": ignoresCase = true
            case "c": ignoresCase = false
            case "x": isExpanded = true
            case "t": isExpanded = false
            case let flag where "nmpws".contains(flag): lines = Lines(flag)
            // A plain text, or one of the older kinds of patterns.
            case "q", "b", "e": return false
            default: throw Self.bad("invalid embedded option")
            }
        }
        guard take(")") else { throw Self.bad("invalid embedded option") }
        return true
    }

    private mutating func choice() throws(KernelError) -> PatternNode {
        var items = [try sequence()]
        while take("|") { items.append(try sequence()) }
        return items.count == 1 ? items[0] : .choice(items)
    }

    private mutating func sequence() throws(KernelError) -> PatternNode {
        var items: [PatternNode] = []
        while true {
            try skip()
            guard let byte = peek(), byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") else { break }
            let item = try part(byte)
            try skip()
            switch item {
            // A quantifier behind it is refused as the beginning of the next part.
            case .place, .look: items.append(item)
            default: items.append(try quantified(item))
            }
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    /// Passes comments, and blanks where they mean nothing.
    private mutating func skip() throws(KernelError) {
        while true {
            if take("(?#") {
                guard let end = bytes[place...].firstIndex(of: UInt8(ascii: ")")) else { throw Self.bad("parentheses () not balanced") }
                place = end + 1
            } else if isExpanded, let byte = peek(), byte == 0x20 || (0x09...0x0D).contains(byte) {
                place += 1
            } else if isExpanded, take("#") {
                while let byte = peek(), byte != 0x0A { place += 1 }
            } else {
                return
            }
        }
    }

    private mutating func part(_ byte: UInt8) throws(KernelError) -> PatternNode {
        let next = peek(1)
        switch byte {
        case UInt8(ascii: "("): return try parenthesis()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"): throw Self.bad("quantifier operand invalid")
        case UInt8(ascii: "{") where next.map { (0x30...0x39).contains($0) } ?? false: throw Self.bad("quantifier operand invalid")
        default: break
        }
        place += 1
        switch byte {
        case UInt8(ascii: "^"): return .place(lines.anchors ? Self.lineStart : "\\A", isEnd: false)
        case UInt8(ascii: "$"): return lines.anchors ? .place(Self.lineEnd, isEnd: false) : Self.end
        // ICU's dot takes two characters that are one line's end together.
        case UInt8(ascii: "."): return lines.stopsDots ? .character("[^\\n]", LetterSet(0x0A...0x0A).inverted) : .character("[\\x{0}-\\x{10ffff}]", .any)
        case UInt8(ascii: "["): return try set()
        case UInt8(ascii: "\\"): return try escape()
        default:
            place -= 1
            return literal(try scalar())
        }
    }

    private mutating func parenthesis() throws(KernelError) -> PatternNode {
        place += 1
        depth += 1
        deepest = max(deepest, depth)
        guard depth <= Self.depthMax else { throw Self.bad("it nests deeper than \(Self.depthMax)") }
        defer { depth -= 1 }
        if take("?") {
            if take(":") { return .group(nil, try body()) }
            let isAhead = !take("<")
            let isNegative = take("!")
            guard isNegative || take("=") else { throw Self.bad("quantifier operand invalid") }
            looksAroundOrBack = true
            let wasLooking = isLooking
            isLooking = true
            defer { isLooking = wasLooking }
            return .look(isAhead: isAhead, isNegative: isNegative, try body())
        }
        guard !isLooking else { return .group(nil, try body()) }
        groupCount += 1
        let number = groupCount
        let body = try body()
        closed.insert(number)
        return .group(number, body)
    }

    /// Up to the parenthesis that closes.
    private mutating func body() throws(KernelError) -> PatternNode {
        let body = try choice()
        guard take(")") else { throw Self.bad("parentheses () not balanced") }
        return body
    }

    private mutating func quantified(_ item: PatternNode) throws(KernelError) -> PatternNode {
        var (min, max): (Int, Int?)
        switch peek() {
        case UInt8(ascii: "*"): (min, max) = (0, nil)
        case UInt8(ascii: "+"): (min, max) = (1, nil)
        case UInt8(ascii: "?"): (min, max) = (0, 1)
        case UInt8(ascii: "{") where peek(1).map { (0x30...0x39).contains($0) } ?? false:
            place += 1
            min = try bound()
            max = min
            if take(",") { max = peek() == UInt8(ascii: "}") ? nil : try bound() }
            guard peek() == UInt8(ascii: "}"), min <= max ?? Self.countMax else { throw Self.bad("invalid repetition count(s)") }
        default: return item
        }
        place += 1
        let isLazy = take("?")
        // In PostgreSQL a group that is never there has no number to refer to.
        if max == 0, !item.captures.isEmpty { throw .outside(.notSupported, "a group that is there no times is not supported beside what looks around or back") }
        return .repetition(item, min: min, max: max, isLazy: isLazy)
    }

    private mutating func bound() throws(KernelError) -> Int {
        var value = 0
        guard let first = peek(), (0x30...0x39).contains(first) else { throw Self.bad("invalid repetition count(s)") }
        while let byte = peek(), (0x30...0x39).contains(byte) {
            value = value * 10 + Int(byte - 0x30)
            guard value <= Self.countMax else { throw Self.bad("invalid repetition count(s)") }
            place += 1
        }
        return value
    }

    // MARK: Escapes

    private static let word = "[\(LetterClasses.word)]"
    static let wordStart = PatternNode.place("(?<!\(word))(?=\(word))", isEnd: false)
    static let wordEnd = PatternNode.place("(?<=\(word))(?!\(word))", isEnd: false)
    private static let wordEdge = PatternNode.place("(?:(?<!\(word))(?=\(word))|(?<=\(word))(?!\(word)))", isEnd: false)
    private static let noWordEdge = PatternNode.place("(?:(?<!\(word))(?!\(word))|(?<=\(word))(?=\(word)))", isEnd: false)
    private static let lineStart = "(?:\\A|(?<=\\n))"
    private static let lineEnd = "(?:\\z|(?=\\n))"
    private static let end = PatternNode.place("\\z", isEnd: true)

    /// Places as RE2 writes them, by how ICU does. Of edges of words RE2 knows those beside letters of ASCII, as in what `AdvancedPattern` writes.
    static let linearPlaces: [String: String] = {
        var places = ["\\A": "\\A", "\\z": "\\z", lineStart: "(?m:^)", lineEnd: "(?m:$)"]
        for (node, written) in [(wordStart, "\\b"), (wordEnd, "\\b"), (wordEdge, "\\b"), (noWordEdge, "\\B")] {
            if case .place(let text, _) = node { places[text] = written }
        }
        return places
    }()

    /// A place that is written with so many classes.
    mutating func edge(_ place: PatternNode, _ classCount: Int) -> PatternNode {
        count(.plain, classCount)
        return place
    }

    /// Behind a backslash.
    private mutating func escape() throws(KernelError) -> PatternNode {
        guard let letter = peek() else { throw Self.bad("invalid escape \\ sequence") }
        if let value = try escapedCharacter() { return literal(value) }
        if (0x31...0x39).contains(letter) { return try reference() }
        place += 1
        if let name = Self.shorthands[letter | 0x20] {
            count(.plain)
            let (inside, letters) = try Self.classSet(name, ignoringCase: false)
            return letter & 0x20 != 0 ? .character("[\(inside)]", letters) : .character("[^\(inside)]", letters.inverted)
        }
        switch letter {
        case UInt8(ascii: "A"): return .place("\\A", isEnd: false)
        case UInt8(ascii: "Z"): return Self.end
        case UInt8(ascii: "m"): return edge(Self.wordStart, 2)
        case UInt8(ascii: "M"): return edge(Self.wordEnd, 2)
        case UInt8(ascii: "y"): return edge(Self.wordEdge, 4)
        case UInt8(ascii: "Y"): return edge(Self.noWordEdge, 4)
        default: throw Self.bad("invalid escape \\ sequence")
        }
    }

    /// Digits behind a backslash: one alone is a group's number, and more are where there are so many groups; else a character's in octal.
    private mutating func reference() throws(KernelError) -> PatternNode {
        var number = 0, end = place
        while end < bytes.count, (0x30...0x39).contains(bytes[end]), number < 1_000 {
            number = number * 10 + Int(bytes[end] - 0x30)
            end += 1
        }
        guard end == place + 1 || number <= groupCount else { return literal(try self.number(radix: 8, countMax: 3, countMin: 1)) }
        looksAroundOrBack = true
        guard !isLooking, closed.contains(number) else { throw Self.bad("invalid backreference number") }
        place = end
        return .backReference(number)
    }

    private func literal(_ value: UInt32) -> PatternNode {
        let plain = value < 0x80 && LetterClasses.isWord(UInt8(value)) ? String(UnicodeScalar(UInt8(value))) : Self.code(value)
        let cases = ignoresCase ? LetterClasses.cases(value) : [value]
        let letters = cases.reduce(into: LetterSet()) { $0.formUnion(LetterSet($1...$1)) }
        return .character(cases.count == 1 ? plain : "[\(cases.map(Self.code).joined())]", letters)
    }
}
