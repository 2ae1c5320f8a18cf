/// What an XPath's tokens say of the work that it makes.
///
/// For paths of type files, looked at once when a type comes. On matched brackets (`XPathLexer`).
enum XPathShape {
    /// Tokens outside all brackets and parentheses, by their place; nil when those are not a location path's alone.
    ///
    /// - Returns: nil for an expression: arithmetic, comparisons, functions or parentheses at the outermost level.
    private static func outerSteps(_ tokens: [XPathToken]) -> [Int]? {
        var depth = 0
        var outer: [Int] = []
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .openBracket: depth += 1
            case .closeBracket: depth -= 1
            case .openParenthesis:
                guard depth > 0 || index > 0 && tokens[index - 1].kind == .nodeType else { return nil }
                depth += 1
            case .closeParenthesis: depth -= 1
            case .slash, .doubleSlash, .dot, .doubleDot, .at, .name, .axis, .nodeType, .star: if depth == 0 { outer.append(index) }
            default: guard depth > 0 else { return nil }
            }
        }
        return outer
    }

    /// `near/../../far`, `../far` or `/far`: what leads to an ancestor, how far up that is, and what is looked for from there.
    ///
    /// Many lines of a receipt share an ancestor, so what lies beyond it can be found once for all of them instead of once for each
    /// (`docs/decisions/0026-work-of-a-document.md`).
    ///
    /// - Returns: `near` empty where the path begins at the node itself; `far` to be followed from the ancestor, or from the document for an
    ///   absolute path; nil where the path does not rise, or not so.
    static func split(_ tokens: [XPathToken]) -> (near: ArraySlice<XPathToken>, parentCount: Int, far: [XPathToken])? {
        guard let outer = outerSteps(tokens), let first = tokens.first else { return nil }
        if first.kind == .slash || first.kind == .doubleSlash { return (tokens[..<0], 0, tokens) }
        guard let rise = outer.first(where: { tokens[$0].kind == .doubleDot }) else { return nil }
        // A path that begins with `..` has the context node itself for its near end.
        guard rise == 0 || tokens[rise - 1].kind == .slash, rise != 1 else { return nil }
        var index = rise
        var parentCount = 0
        while index < tokens.count, tokens[index].kind == .doubleDot {
            parentCount += 1
            index += 1
            // Behind the last of them stands what is looked for.
            guard index + 1 < tokens.count, tokens[index].kind == .slash || tokens[index].kind == .doubleSlash else { return nil }
            if tokens[index + 1].kind == .doubleDot, tokens[index].kind == .slash { index += 1 } else { break }
        }
        // `..//x` is `.//x` from the ancestor.
        let isDescendant = tokens[index].kind == .doubleSlash
        let start: [XPathToken] = isDescendant ? [XPathToken(kind: .dot, text: "."), XPathToken(kind: .doubleSlash, text: "//")] : []
        return (tokens[..<max(rise - 1, 0)], parentCount, start + tokens[(index + 1)...])
    }

    /// A path without the `/..` at its end, and how many of them there were.
    ///
    /// From `a/b` to `a/b/..` libxml2 looks for each parent among those that were found; each is known by its address.
    static func rising(_ tokens: [XPathToken]) -> (path: ArraySlice<XPathToken>, parentCount: Int) {
        var path = tokens[...], parentCount = 0
        while outerSteps(tokens) != nil, path.count > 2, path.last?.kind == .doubleDot, path[path.endIndex - 2].kind == .slash {
            path = path.dropLast(2)
            parentCount += 1
        }
        // `../..` leads from one node to one.
        let isOfOne = path.allSatisfy { $0.kind == .dot || $0.kind == .doubleDot || $0.kind == .slash }
        return isOfOne ? (tokens[...], 0) : (path, parentCount)
    }

    /// The members of a union of location paths; none where it is something else.
    ///
    /// `a | b/c` has two. Each can then be followed by itself, and their nodes be joined in document order.
    static func members(_ tokens: [XPathToken]) -> [[XPathToken]] {
        var depth = 0
        var members: [[XPathToken]] = [[]]
        for token in tokens {
            switch token.kind {
            case .openBracket, .openParenthesis: depth += 1
            case .closeBracket, .closeParenthesis: depth -= 1
            default: break
            }
            if token.kind == .pipe, depth == 0 { members.append([]) } else { members[members.count - 1].append(token) }
        }
        guard members.count > 1, members.allSatisfy({ !$0.isEmpty && outerSteps($0) != nil }) else { return [] }
        return members
    }

    /// Names between slashes alone, `//a//b`: libxml2 makes a pattern of them, and holds each node of one walk against it.
    enum Pattern: Equatable {
        case none
        /// Of so many names.
        case walk(Int)
        /// libxml2 keeps a state for each way in which elements around a node match, of `//a//a//a//a` and a hundred `a` within each other 160,000 of them (5 seconds): it must not be given
        /// this one as a pattern.
        case ways
    }

    static func pattern(_ tokens: [XPathToken]) -> Pattern {
        let isOfOthers = tokens.contains { token in
            switch token.kind {
            case .openBracket, .openParenthesis, .at, .axis: true
            default: token.prefix != nil
            }
        }
        let separators = tokens.indices.filter { tokens[$0].kind == .slash || tokens[$0].kind == .doubleSlash }
        let descents = separators.filter { tokens[$0].kind == .doubleSlash }
        guard !isOfOthers, !descents.isEmpty, let last = separators.last else { return .none }
        // One behind the first step makes no states but those of elements around a node, if nothing is looked for from what it finds.
        guard descents.allSatisfy({ $0 == 0 || $0 == last }) else { return .ways }
        let names = tokens.filter { $0.kind == .name }
        let isPlain = names.count + separators.count == tokens.count && tokens.last?.kind == .name && names.allSatisfy { isPlainName($0.localName) }
        return isPlain ? .walk(names.count) : descents.count > 1 ? .ways : .none
    }

    /// One that libxml2's patterns have for a name, too.
    private static func isPlainName(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
            default: false
            }
        }
    }
}
