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

    /// Whether texts may be made of nodes that lie outside the one where the path starts.
    ///
    /// A text is made by a function that takes a string or number of nodes, or by an operator. Where such nodes lie outside, a path of one receipt
    /// may read the text of a whole envelope.
    static func readsFarTexts(_ tokens: [XPathToken]) -> Bool {
        let makesTexts = tokens.contains { $0.kind == .function && !["not", "count", "position", "last", "true", "false"].contains($0.text) || $0.kind == .operation }
        guard makesTexts else { return false }
        // Axes that stay within the node.
        let near: Set<String> = ["child", "attribute", "self", "descendant", "descendant-or-self"]
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .doubleDot: return true
            case .axis where token.text != "::" && !near.contains(token.text): return true
            case .slash, .doubleSlash:
                // A slash with nothing of a path before it begins at the document.
                guard index > 0 else { return true }
                switch tokens[index - 1].kind {
                case .openBracket, .openParenthesis, .comma, .operation, .pipe: return true
                default: break
                }
            default: break
            }
        }
        return false
    }
}
