internal import CXML2

/// A pattern of an XSD in other words, by which libxml2 matches what the pattern means.
///
/// libxml2 (2.9.14, and each version until 2026) takes some texts for others where one may go two ways: it counts the turns of `{n,m}` of both ways together, and lets a loop of a group with which a way
/// ends go on behind the other ways. `[0-9]{2}|[0-9]{8}` takes nine digits, `(ab?){1,2}b` refuses `ab`, `a(,a)*|b` takes `b,a`. So counted loops are written out, and an empty group stands behind a group
/// that a branch ends with. A pattern without choices and without loops of groups is matched as it is meant, and stays as it is.
///
///     x{2} ► xx        x{1,3} ► x(x(x)?)?        x{2,} ► xxx*        (a)*|b ► (a)*()|b
///
/// Grammar, by descent: `XSDPatternParser`, which reads what characters a class has; here it is copied.
struct XSDPatternText {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    /// There is a choice, or a loop of a group.
    private var mayGoTwoWays = false

    /// Characters and classes of what is written: a loop that would take more stays as it is, as do those that nest too deep.
    private static let placeCountMax = 1_000
    /// Groups within each other: libxml2 reads fifty.
    private static let depthMax = 45
    /// Of the pattern as it comes: each takes stack.
    private static let nestingMax = 20

    /// A piece as it is written out.
    private struct Part {
        var scalars: [Unicode.Scalar] = []
        var placeCount = 0
        /// Groups within each other.
        var depth = 0
        var endsWithGroup = false

        mutating func append(_ next: Part) {
            scalars += next.scalars
            placeCount += next.placeCount
            depth = max(depth, next.depth)
            endsWithGroup = next.endsWithGroup
        }

        mutating func append(_ text: String) { scalars += text.unicodeScalars }

        /// In brackets, with what may stand behind them.
        func grouped(_ quantifier: String = "") -> Part {
            var part = Part(placeCount: max(placeCount, 1), depth: depth + 1, endsWithGroup: true)
            part.append("(")
            part.scalars += scalars
            part.append(")" + quantifier)
            return part
        }
    }

    private init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

    /// - Parameter pattern: as the XSD has it, references of XML resolved.
    /// - Returns: nil for a pattern that stays as it is, what is none among them.
    static func rewritten(_ pattern: String) -> String? {
        var text = XSDPatternText(pattern)
        guard let whole = text.choice(0), text.index == text.scalars.count, text.mayGoTwoWays, whole.depth <= depthMax else { return nil }
        var written = String.UnicodeScalarView()
        written.append(contentsOf: whole.scalars)
        guard String(written) != pattern, let compiled = xmlRegexpCompile(String(written)) else { return nil }
        xmlRegFreeRegexp(compiled)
        return String(written)
    }

    private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        index += 1
        return true
    }

    /// - Parameter depth: of the groups around it.
    private mutating func choice(_ depth: Int) -> Part? {
        guard depth <= Self.nestingMax else { return nil }
        var branches: [Part] = []
        var placeCount = 0
        repeat {
            var branch = Part()
            while let scalar = next, scalar != "|", scalar != ")" {
                guard let piece = piece(depth) else { return nil }
                branch.append(piece)
                placeCount += piece.placeCount
                guard placeCount <= Self.placeCountMax else { return nil }
            }
            branches.append(branch)
        } while take("|")
        if branches.count > 1 { mayGoTwoWays = true }
        var whole = Part()
        for (place, branch) in branches.enumerated() {
            if place > 0 { whole.append("|") }
            whole.append(branch)
            if branch.endsWithGroup, branches.count > 1 || depth > 0 { whole.append("()") }
        }
        return whole
    }

    /// An atom with what stands behind it.
    private mutating func piece(_ depth: Int) -> Part? {
        guard var atom = atom(depth) else { return nil }
        let start = index
        guard let quantifier = next, ["?", "*", "+", "{"].contains(quantifier) else { return atom }
        if atom.endsWithGroup { mayGoTwoWays = true }
        index += 1
        guard quantifier == "{" else {
            atom.scalars.append(quantifier)
            return atom
        }
        guard let least = number() else { return nil }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}"), least <= most ?? least else { return nil }
        if let part = Self.writtenOut(atom, least, most) { return part }
        atom.scalars += scalars[start..<index]
        return atom
    }

    /// Nil where it would be too long or too deep.
    ///
    /// - Parameter most: nil for without end.
    private static func writtenOut(_ atom: Part, _ least: Int, _ most: Int?) -> Part? {
        let optionalCount = most.map { $0 - least } ?? 0
        let count = most ?? least + 1
        guard count <= placeCountMax, atom.placeCount * count <= placeCountMax, atom.depth + optionalCount < depthMax else { return nil }
        var part = Part()
        for _ in 0..<least { part.append(atom) }
        guard most != nil else {
            part.append(atom)
            part.append("*")
            return part
        }
        // From within: each turn has the ones behind it in its group.
        var rest: Part?
        for _ in 0..<optionalCount {
            var turn = atom
            if let inner = rest { turn.append(inner) }
            rest = turn.grouped("?")
        }
        if let rest { part.append(rest) }
        return count == 0 ? Part().grouped() : part
    }

    /// Nil without a digit; past 2^30 it stays there.
    private mutating func number() -> Int? {
        let start = index
        var value = 0
        while let digit = next, (0x30...0x39).contains(digit.value) {
            value = min(value * 10 + Int(digit.value - 0x30), 1 << 30)
            index += 1
        }
        return index > start ? value : nil
    }

    /// One character, class or group.
    private mutating func atom(_ depth: Int) -> Part? {
        guard let scalar = next else { return nil }
        let start = index
        index += 1
        switch scalar {
        case "(":
            guard let inner = choice(depth + 1), take(")") else { return nil }
            return inner.grouped()
        case "[": guard skipClass(0) else { return nil }
        case "\\": guard skipEscape() else { return nil }
        case "?", "*", "+", "{", "}": return nil
        default: break
        }
        return Part(scalars: Array(scalars[start..<index]), placeCount: 1)
    }

    /// After its bracket.
    ///
    /// A class may have another one taken from it: `[a-z-[aeiou]]`.
    private mutating func skipClass(_ depth: Int) -> Bool {
        guard depth <= Self.nestingMax else { return false }
        while let scalar = next, scalar != "]" {
            index += 1
            if scalar == "\\", !skipEscape() { return false }
            if scalar == "[", !skipClass(depth + 1) { return false }
        }
        return take("]")
    }

    /// After the backslash.
    private mutating func skipEscape() -> Bool {
        guard let letter = next else { return false }
        index += 1
        guard letter == "p" || letter == "P", take("{") else { return true }
        while let scalar = next, scalar != "}" { index += 1 }
        return take("}")
    }
}
