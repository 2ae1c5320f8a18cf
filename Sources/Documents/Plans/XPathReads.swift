/// What an XPath expression reads: each location path in it, those in predicates and arguments of functions too.
///
/// Where it goes by an axis that is not followed here, or by `id()`, it is taken to read everything.
///
/// A descent over the tokens of `XPathLexer`, whose brackets match. It evaluates nothing: of each path the steps become a pattern, whatever its
/// predicates would leave of the nodes.
///
/// `concat(a/b, c)` has the arguments `a/b` and `c` and no outer path; `a[b = 'x']/c` has the outer path `a/c` and the inner one `a/b`.
///
/// Used where types are compiled; never on a document.
struct XPathReads {
    private let tokens: [XPathToken]
    private var place = 0
    /// Of location paths within predicates and functions.
    private(set) var inner: [PathPattern] = []
    /// Of those within functions that the expression's own value is made by.
    private(set) var arguments: [PathPattern] = []
    /// Of those whose nodes are the expression's.
    private(set) var outer: [PathPattern] = []

    /// - Parameter context: the nodes that the expression starts from.
    init(_ tokens: [XPathToken], from context: [PathPattern]) {
        self.tokens = tokens
        outer = expression(from: context, isPredicate: false)
    }

    private var kind: XPathToken.Kind? { place < tokens.count ? tokens[place].kind : nil }

    private mutating func take(_ wanted: XPathToken.Kind) -> Bool {
        guard kind == wanted else { return false }
        place += 1
        return true
    }

    /// Up to a closing bracket, parenthesis or comma, or the end.
    ///
    /// - Parameter isPredicate: within one, arguments of functions are looked at and not part of the value.
    /// - Returns: what its location paths lead to.
    private mutating func expression(from context: [PathPattern], isPredicate: Bool) -> [PathPattern] {
        var found: [PathPattern] = []
        while let kind {
            switch kind {
            case .closeBracket, .closeParenthesis, .comma: return found
            case .openParenthesis:
                place += 1
                let within = expression(from: context, isPredicate: isPredicate)
                _ = take(.closeParenthesis)
                found += rest(of: within)
            case .function:
                let name = tokens[place].text
                place += 1
                _ = take(.openParenthesis)
                if self.kind == .closeParenthesis, Self.ofContext.contains(name) {
                    inner += context
                    if !isPredicate { arguments += context }
                }
                // Arguments: each an expression of its own, from the same nodes.
                while self.kind != nil, self.kind != .closeParenthesis {
                    let read = expression(from: context, isPredicate: isPredicate)
                    inner += read
                    if !isPredicate { arguments += read }
                    if !take(.comma), self.kind != .closeParenthesis { break }
                }
                _ = take(.closeParenthesis)
                if name == "id" { found += rest(of: [PathPattern(isUnknown: true)]) }
            case .slash, .doubleSlash, .dot, .doubleDot, .at, .name, .axis, .nodeType: found += path(from: context)
            // Operators, literals, numbers.
            default: place += 1
            }
        }
        return found
    }

    /// Functions that read the node itself where they are given nothing: `string()` is `string(.)`.
    private static let ofContext: Set<String> = ["string", "string-length", "normalize-space", "number"]

    /// A location path.
    ///
    /// `/` begins at the document, `//` anywhere in it, all else at the context's nodes.
    private mutating func path(from context: [PathPattern]) -> [PathPattern] {
        var found = context
        if take(.slash) {
            found = [PathPattern()]
            // `/` alone is the document.
            if !startsStep { return found }
        } else if take(.doubleSlash) {
            found = [PathPattern(steps: [.deep])]
        }
        found = step(from: found)
        return rest(of: found)
    }

    private var startsStep: Bool {
        switch kind {
        case .dot, .doubleDot, .at, .name, .axis, .nodeType: true
        default: false
        }
    }

    /// Predicates and further steps of what `found` leads to.
    ///
    /// Shared by paths and by expressions in parentheses, which may have both behind them.
    private mutating func rest(of found: [PathPattern]) -> [PathPattern] {
        var found = found
        while true {
            if take(.openBracket) {
                inner += expression(from: found, isPredicate: true)
                _ = take(.closeBracket)
            } else if take(.slash) {
                found = step(from: found)
            } else if take(.doubleSlash) {
                found = step(from: found.map { $0.appending(.deep) })
            } else {
                return found
            }
        }
    }

    /// One step: the nodes that it leads to from `context`.
    private mutating func step(from context: [PathPattern]) -> [PathPattern] {
        if take(.dot) { return context }
        if take(.doubleDot) { return Self.parents(of: context) }
        var axis = "child"
        if take(.at) {
            axis = "attribute"
        } else if kind == .axis {
            axis = tokens[place].text
            place += 1
        }
        // What is neither a name nor a text: anything that is there.
        let test = test(isAttribute: axis == "attribute") ?? .deep
        // A sibling is a child of the parent; of axes that go anywhere nothing is known.
        switch axis {
        case "child", "attribute": return context.map { $0.appending(test) }
        case "descendant": return context.map { $0.appending(.deep).appending(test) }
        // The node itself may have another name than it had: it stays as it is known.
        case "descendant-or-self": return Self.each(of: context) { [$0, $0.appending(.deep).appending(test)] }
        case "following-sibling", "preceding-sibling": return Self.parents(of: context).map { $0.appending(test) }
        case "parent": return Self.parents(of: context)
        case "self": return context
        default: return context.map { _ in PathPattern(isUnknown: true) }
        }
    }

    /// A name or `text()`; nil for what is not followed.
    ///
    /// Prefixes do not matter: two namespaces with one local name are taken for one.
    private mutating func test(isAttribute: Bool) -> PathPattern.Step? {
        guard let kind else { return nil }
        let token = tokens[place]
        place += 1
        if kind == .name {
            if token.localName == "*" { return isAttribute ? .anyAttribute : namedByPredicate() ?? .anyName }
            return isAttribute ? .attribute(token.localName) : .name(token.localName)
        }
        guard kind == .nodeType else { return nil }
        _ = take(.openParenthesis)
        while self.kind != nil, !take(.closeParenthesis) { place += 1 }
        return token.text == "text" ? .text : nil
    }

    /// `*[local-name()='x']` is a name, whatever its namespace.
    private mutating func namedByPredicate() -> PathPattern.Step? {
        // Seven tokens exactly; anything more is a predicate that is read like others.
        let next = tokens[place...].prefix(7)
        let kinds: [XPathToken.Kind] = [.openBracket, .function, .openParenthesis, .closeParenthesis, .operation, .literal, .closeBracket]
        guard next.map(\.kind) == kinds, tokens[place + 1].text == "local-name", tokens[place + 4].text == "=" else { return nil }
        place += kinds.count
        return .name(String(tokens[place - 2].text.dropFirst().dropLast()))
    }

    /// Each `//..`, and each step along `descendant-or-self`, may lead to twice as many places. Of more than these nothing is said but that they may be anywhere.
    static let placeCountMax = 64

    /// Where a step leads from all of `patterns`, each place once.
    ///
    /// - Parameter next: where it leads from one of them.
    private static func each(of patterns: [PathPattern], _ next: (PathPattern) -> [PathPattern]) -> [PathPattern] {
        var found: [PathPattern] = []
        for pattern in patterns {
            for place in next(pattern) where !found.contains(place) { found.append(place) }
            if found.count > placeCountMax { return [PathPattern(isUnknown: true)] }
        }
        return found
    }

    private static func parents(of patterns: [PathPattern]) -> [PathPattern] { each(of: patterns) { parents($0) } }

    /// The parent of the document is none: such a path is taken to lead anywhere.
    private static func parents(_ pattern: PathPattern) -> [PathPattern] {
        var above = pattern
        guard let last = above.steps.popLast() else { return [PathPattern(isUnknown: true)] }
        // Of a node that lies any steps below: one that does, or, where these are none, what is above the node that they begin at. Above the document is nothing.
        return last == .deep ? [pattern] + (above.steps.isEmpty ? [] : parents(above)) : [above]
    }
}
