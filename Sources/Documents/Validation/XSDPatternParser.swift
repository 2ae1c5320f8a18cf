/// Reads a regular expression of XML Schema (part 2, appendix F) as far as `XSDPattern` looks at it, or one of ECMA-262 as far as `PatternCost` does.
///
/// Grammar, by descent:
///
///     choice  = branch *( "|" branch )
///     branch  = *( atom [ quantifier ] )
///     atom    = character / "." / escape / class / "(" choice ")"
///     quantifier = "?" / "*" / "+" / "{" n [ "," [ m ] ] "}"
///
/// Differences of the two: in XML Schema a pattern is anchored on both sides and `^` and `$` are characters; in ECMA-262 a quantifier may have a
/// `?` behind it, groups may have names, and `^` and `$` are anchors, of which only those at the ends are understood.
struct XSDPatternParser {
    /// Unicode scalars, not characters: a combining mark is a character of its own to both syntaxes.
    private let scalars: [Unicode.Scalar]
    private let isECMA: Bool
    private var index = 0
    private var depth = 0
    /// Atoms so far.
    private var placeCount = 0
    /// Each takes stack.
    private static let depthMax = 64
    private static let placeCountMax = 20_000

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        isECMA = false
    }

    private init(ecma scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        isECMA = true
    }

    /// Nil for what has anchors elsewhere than at its ends, and for what is not looked at.
    ///
    /// - Returns: the pattern without the anchors at its ends, and which of them it had.
    static func ofECMA(_ text: String) -> (node: XSDPattern.Node, isAnchoredAtStart: Bool, isAnchoredAtEnd: Bool)? {
        var scalars = Array(text.unicodeScalars)
        let isAnchoredAtStart = scalars.first == "^"
        if isAnchoredAtStart { scalars.removeFirst() }
        // `\$` is a dollar, `\\$` a backslash before the anchor: an even number of backslashes.
        let isAnchoredAtEnd = scalars.last == "$" && scalars.dropLast().reversed().prefix { $0 == "\\" }.count % 2 == 0
        if isAnchoredAtEnd { scalars.removeLast() }
        var parser = XSDPatternParser(ecma: scalars)
        guard let node = parser.parse() else { return nil }
        // An anchor is of one branch alone; what stands in brackets is a sequence.
        if case .choice = node, isAnchoredAtStart || isAnchoredAtEnd { return nil }
        return (node, isAnchoredAtStart, isAnchoredAtEnd)
    }

    /// Nil for what is no such expression, or nests too deep.
    mutating func parse() -> XSDPattern.Node? {
        guard let node = choice(), index == scalars.count else { return nil }
        return node
    }

    /// The scalar at hand; nil at the end.
    var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }
    /// The one behind it.
    var peek: Unicode.Scalar? { index + 1 < scalars.count ? scalars[index + 1] : nil }
    mutating func advance() { index += 1 }

    /// Goes past the next one if it is this.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    private mutating func choice() -> XSDPattern.Node? {
        guard depth < Self.depthMax else { return nil }
        depth += 1
        defer { depth -= 1 }
        var branches: [XSDPattern.Node] = []
        repeat {
            var pieces: [XSDPattern.Node] = []
            while let scalar = next, scalar != "|", scalar != ")" {
                guard let atom = atom(), let piece = quantified(atom) else { return nil }
                pieces.append(piece)
            }
            branches.append(pieces.count == 1 ? pieces[0] : pieces.isEmpty ? .empty : .sequence(pieces))
        } while take("|")
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    /// An atom with what stands behind it.
    private mutating func quantified(_ atom: XSDPattern.Node) -> XSDPattern.Node? {
        let start = index
        let piece = counted(atom)
        // Which of the matches it is makes no difference to whether there is one.
        if isECMA, index > start { _ = take("?") }
        return piece
    }

    private mutating func counted(_ atom: XSDPattern.Node) -> XSDPattern.Node? {
        switch next {
        case "?": index += 1; return .loop(atom, least: 0, most: 1)
        case "*": index += 1; return .loop(atom, least: 0, most: nil)
        case "+": index += 1; return .loop(atom, least: 1, most: nil)
        case "{":
            index += 1
            guard let least = number() else { return nil }
            if take("}") { return .loop(atom, least: least, most: least) }
            guard take(",") else { return nil }
            if take("}") { return .loop(atom, least: least, most: nil) }
            guard let most = number(), take("}") else { return nil }
            return .loop(atom, least: least, most: most)
        default: return atom
        }
    }

    /// Nil without a digit; past 2^30 it stays there.
    private mutating func number() -> Int? {
        var value = 0
        let start = index
        while let digit = next?.properties.numericType == .decimal ? next.flatMap({ Int(String($0)) }) : nil {
            value = min(value * 10 + digit, 1 << 30)
            index += 1
        }
        return index > start ? value : nil
    }

    /// One character, class or group. Nil for what is none, and past the bound.
    private mutating func atom() -> XSDPattern.Node? {
        placeCount += 1
        guard placeCount <= Self.placeCountMax, let scalar = next else { return nil }
        index += 1
        switch scalar {
        case "(":
            if isECMA, take("?"), !skipGroupKind() { return nil }
            guard let node = choice(), take(")") else { return nil }
            return isECMA ? .sequence([node]) : node
        case "[": return (isECMA ? characterClassOfECMA() : characterClass()).map { .place($0) }
        case "^", "$", "?", "*", "+", "{":
            if isECMA { return nil }
            return .place(Self.set(String(scalar)))
        // Any character but ends of lines.
        case ".":
            var line = XSDPattern.Characters()
            line.insert(0x0A)
            line.insert(0x0D)
            return .place(line.inverted)
        case "\\": return (isECMA ? escapeOfECMA(isInClass: false) : escape()).map { .place($0) }
        default:
            var set = XSDPattern.Characters()
            set.insert(scalar.value)
            return .place(set)
        }
    }

    private static func set(_ text: String) -> XSDPattern.Characters {
        var set = XSDPattern.Characters()
        for scalar in text.unicodeScalars { set.insert(scalar.value) }
        return set
    }

    /// After the backslash: XML Schema's escapes (appendix F.1.1).
    private mutating func escape() -> XSDPattern.Characters? {
        guard let letter = next else { return nil }
        index += 1
        switch letter {
        case "n": return Self.set("\n")
        case "r": return Self.set("\r")
        case "t": return Self.set("\t")
        case "d", "D":
            var digits = Self.set("0123456789")
            (digits.hasOther, digits.isVague) = (true, true)
            if letter == "d" { return digits }
            // Of the digits of other scripts, which are none of these, nothing is known.
            var others = Self.set("0123456789").inverted
            others.isVague = true
            return others
        case "s", "S": return letter == "s" ? Self.set(" \t\n\r") : Self.set(" \t\n\r").inverted
        case "p", "P":
            guard take("{") else { return nil }
            while let scalar = next, scalar != "}" {
                index += 1
                if scalar == "{" { return nil }
            }
            return take("}") ? .all : nil
        // Sets of letters that need not be distinguished.
        case "i", "I", "c", "C", "w", "W": return .all
        default:
            var set = XSDPattern.Characters()
            set.insert(letter.value)
            return set
        }
    }

    /// After its bracket. A subtraction is read and left out: the set is then too large, which is no harm.
    private mutating func characterClass() -> XSDPattern.Characters? {
        guard depth < Self.depthMax else { return nil }
        depth += 1
        defer { depth -= 1 }
        let isInverted = take("^")
        var isVague = false
        var set = XSDPattern.Characters()
        while let scalar = next, scalar != "]" {
            index += 1
            if scalar == "-", take("[") {
                guard characterClass() != nil else { return nil }
                set.isVague = true
                continue
            }
            if scalar == "\\" {
                // A set that is too large must not become one that is too small when it is turned round.
                if isInverted, let letter = next, "pPiIcCwWDS".unicodeScalars.contains(letter) { isVague = true }
                guard let escaped = escape() else { return nil }
                set.formUnion(escaped)
                continue
            }
            guard next == "-", index + 1 < scalars.count, scalars[index + 1] != "]", scalars[index + 1] != "[" else {
                set.insert(scalar.value)
                continue
            }
            index += 1
            _ = take("\\")
            guard let last = next else { return nil }
            index += 1
            if last.value > 127 { (set.hasOther, set.isVague) = (true, true) }
            if scalar.value <= 127 { for value in scalar.value...max(scalar.value, min(last.value, 127)) { set.insert(value) } }
        }
        guard take("]") else { return nil }
        return isVague ? .all : isInverted ? set.inverted : set
    }
}
