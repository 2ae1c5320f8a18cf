internal import CXML2

/// An XPath 1.0 expression of a type, compiled once: plain paths for a walk of our own (libxml2 takes microseconds for each), the rest
/// for libxml2.
///
/// Safe to share: a compiled expression is read-only but for the cache of a function's address, which every thread fills alike.
final class XMLPath: @unchecked Sendable {
    /// A step of a plain path.
    struct Step: Sendable {
        enum Axis: Sendable { case child, descendant, attribute, parent, `self` }
        var axis: Axis
        /// NUL-terminated; empty for any.
        var localName: [UInt8]
        /// Namespaces of which it takes any, each NUL-terminated (one that is empty: none). Nil: whatever the namespace.
        var namespaces: [[UInt8]]?
    }

    let text: String
    /// A plain path: its steps, from the context node or, if absolute, from the document.
    let steps: [Step]?
    let isAbsolute: Bool
    /// A plain path that may meet nodes out of document order, or twice, once there are several.
    let needsOrder: Bool
    /// Owned. There for plain paths, too: one that finds several nodes out of order is followed by libxml2.
    let compiled: xmlXPathCompExprPtr?
    /// A union's members: libxml2 looks for each node of one among all of the other.
    let members: [XMLPath]
    /// For a path that goes down, up and down again, or begins at the document: its two ends.
    let split: Split?
    /// How far the path goes up from what libxml2 finds.
    let parentCount: Int
    /// What it does that libxml2 does not count.
    let demand: XPathDemand
    /// Prefixes that libxml2 must know, with their namespaces.
    let namespaces: [(prefix: String, uri: String)]

    /// - Parameter namespaces: of the type: a prefix stands for any of several; "" among them is no namespace.
    /// - Parameter isOfType: a type's path gives exact numbers, or is refused.
    /// - Throws: the reason that the text is no XPath, or names an unknown prefix.
    convenience init(_ text: String, namespaces: [String: [String]], isOfType: Bool = true) throws(TypeFileFault) {
        guard text.utf8.count <= 4_096 else { throw TypeFileFault("an XPath of more than 4,096 bytes") }
        guard !text.utf8.contains(0) else { throw TypeFileFault("an XPath with a NUL") }
        let tokens = try XPathLexer(text, allowsSum: !isOfType).tokens
        guard !tokens.isEmpty else { throw TypeFileFault("an empty XPath") }
        for token in tokens {
            if let prefix = token.prefix, namespaces[prefix] == nil, prefix != "xml" {
                throw TypeFileFault("the prefix '\(prefix)' is not among the \(isOfType ? "type's " : "")namespaces")
            }
        }
        try self.init(tokens, text, namespaces)
    }

    private init(_ tokens: [XPathToken], _ text: String, _ namespaces: [String: [String]]) throws(TypeFileFault) {
        self.text = text
        var members: [XMLPath] = []
        for member in XPathShape.members(tokens) { members.append(try XMLPath(member, text, namespaces)) }
        self.members = members
        let spelledOut = Set(namespaces.filter { Self.isSpelledOut($0.value) }.keys)
        let uriByteCount = namespaces.values.joined().map(\.utf8.count).max() ?? 0
        XMLReader.initialiseLibrary()
        let takesPatterns = xmlHasFeature(XML_WITH_PATTERN) != 0
        func demand(_ tokens: some Sequence<XPathToken>, isOnce: Bool = false) -> XPathDemand {
            XPathDemand(Array(tokens), spelledOut: spelledOut, uriByteCount: uriByteCount, isOnce: isOnce, takesPatterns: takesPatterns)
        }
        let rising = XPathShape.rising(tokens)
        self.demand = demand(rising.path)
        if let plain = PlainPath(tokens, namespaces: namespaces) {
            steps = plain.steps
            isAbsolute = plain.isAbsolute
            needsOrder = plain.steps.dropLast().contains { $0.axis == .descendant }
        } else {
            steps = nil
            isAbsolute = tokens.first?.kind == .slash || tokens.first?.kind == .doubleSlash
            needsOrder = false
        }
        let context = xmlXPathNewContext(nil)
        defer { xmlXPathFreeContext(context) }
        func compile(_ tokens: some Sequence<XPathToken>) -> xmlXPathCompExprPtr? { xmlXPathCtxtCompile(context, Self.rewritten(tokens, namespaces)) }
        (compiled, parentCount) = (compile(rising.path), rising.parentCount)
        let shape = steps == nil ? XPathShape.split(tokens) : nil
        let farRising = XPathShape.rising(shape?.far ?? [])
        if let shape, let far = compile(farRising.path) {
            split = Split(
                near: shape.near.isEmpty ? nil : compile(shape.near), nearDemand: demand(shape.near), parentCount: shape.parentCount, far: far,
                farParentCount: farRising.parentCount, farDemand: demand(farRising.path, isOnce: isAbsolute))
        } else {
            split = nil
        }
        guard compiled != nil else { throw TypeFileFault("not an XPath 1.0 expression") }
        self.namespaces = namespaces.compactMap { prefix, uris in uris.count == 1 && !uris[0].isEmpty ? (prefix, uris[0]) : nil }
    }

    deinit {
        for expression in [compiled, split?.near, split?.far] { if let expression { xmlXPathFreeCompExpr(expression) } }
    }

    struct Split {
        /// From the context node to one node; nil when that is the context node, or the document where the path is absolute.
        let near: xmlXPathCompExprPtr?
        let nearDemand: XPathDemand
        /// How far up the far end begins from there.
        let parentCount: Int
        /// The same for all nodes that lead to one ancestor.
        let far: xmlXPathCompExprPtr
        let farParentCount: Int
        let farDemand: XPathDemand
    }

    /// Whether a prefix of these namespaces is spelled out.
    private static func isSpelledOut(_ uris: [String]) -> Bool { uris.count != 1 || uris[0].isEmpty }

    /// The expression in which a prefix of several namespaces (or of none) is spelled out, since libxml2 knows one namespace for a prefix.
    ///
    /// `r:order` of two namespaces becomes `*[local-name()='order' and (namespace-uri()='u1' or namespace-uri()='u2')]`.
    private static func rewritten(_ tokens: some Sequence<XPathToken>, _ namespaces: [String: [String]]) -> String {
        var text = ""
        // A pattern has no axes.
        var spellsAxis = XPathShape.pattern(Array(tokens)) == .ways
        for token in tokens {
            if spellsAxis, token.kind == .name {
                text += "child:: "
                spellsAxis = false
            }
            guard token.kind == .name, let prefix = token.prefix, let uris = namespaces[prefix], isSpelledOut(uris) else {
                text += token.kind == .axis && token.text != "::" ? token.text + ":: " : token.text + " "
                continue
            }
            let tests = uris.map { uri in
                // An XPath literal has no escapes; a namespace with both kinds of quotes is refused where namespaces are read.
                uri.contains("'") ? "namespace-uri()=\"\(uri)\"" : "namespace-uri()='\(uri)'"
            }
            let name = token.localName == "*" ? "" : "local-name()='\(token.localName)' and "
            text += "*[\(name)(\(tests.joined(separator: " or ")))] "
        }
        return text
    }
}

/// Recognises paths of child, attribute, parent and descendant steps whose only predicates are `[local-name()='x']`.
private struct PlainPath {
    var steps: [XMLPath.Step] = []
    var isAbsolute = false

    /// Nil for what libxml2 has to follow.
    init?(_ tokens: [XPathToken], namespaces: [String: [String]]) {
        var index = 0
        var isDescendant = false
        switch tokens[0].kind {
        case .slash: (isAbsolute, index) = (true, 1)
        case .doubleSlash: (isAbsolute, isDescendant, index) = (true, true, 1)
        default: break
        }
        // `/` alone is the document.
        if index == tokens.count {
            guard isAbsolute, !isDescendant else { return nil }
            return
        }
        while true {
            guard index < tokens.count, var step = Self.step(tokens, &index, namespaces) else { return nil }
            if isDescendant {
                guard step.axis == .child else { return nil }
                step.axis = .descendant
            }
            // After an attribute nothing can follow; a parent step only leads, since further on it could meet a node twice.
            if let last = steps.last {
                if last.axis == .attribute { return nil }
                if step.axis == .parent, last.axis != .parent, last.axis != .self { return nil }
            }
            // A second descendant step would meet nodes twice.
            if step.axis == .descendant, steps.contains(where: { $0.axis == .descendant }) { return nil }
            steps.append(step)
            guard index < tokens.count else { return }
            switch tokens[index].kind {
            case .slash: isDescendant = false
            case .doubleSlash: isDescendant = true
            default: return nil
            }
            index += 1
        }
    }

    /// The step at `index`, which moves behind it; nil for one that is not plain.
    private static func step(_ tokens: [XPathToken], _ index: inout Int, _ namespaces: [String: [String]]) -> XMLPath.Step? {
        switch tokens[index].kind {
        case .dot:
            index += 1
            return XMLPath.Step(axis: .self, localName: [], namespaces: nil)
        case .doubleDot:
            index += 1
            return XMLPath.Step(axis: .parent, localName: [], namespaces: nil)
        case .at:
            index += 1
            return named(.attribute, tokens, &index, namespaces)
        case .axis where tokens[index].text == "child" || tokens[index].text == "attribute":
            index += 1
            return named(tokens[index - 1].text == "child" ? .child : .attribute, tokens, &index, namespaces)
        case .name: return named(.child, tokens, &index, namespaces)
        default: return nil
        }
    }

    /// A step with a name, or with `*`: a prefix says the namespaces; without one a name is of none, and `*` of any.
    private static func named(
        _ axis: XMLPath.Step.Axis, _ tokens: [XPathToken], _ index: inout Int, _ namespaces: [String: [String]]
    ) -> XMLPath.Step? {
        guard index < tokens.count, tokens[index].kind == .name else { return nil }
        let token = tokens[index]
        index += 1
        func terminated(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
        if let prefix = token.prefix {
            guard let uris = namespaces[prefix] else { return nil }
            return XMLPath.Step(axis: axis, localName: token.localName == "*" ? [] : terminated(token.localName), namespaces: uris.map(terminated))
        }
        guard token.localName == "*" else { return XMLPath.Step(axis: axis, localName: terminated(token.localName), namespaces: [[0]]) }
        guard index < tokens.count, tokens[index].kind == .openBracket else { return XMLPath.Step(axis: axis, localName: [], namespaces: nil) }
        // *[local-name()='x']
        let rest = tokens[index...].prefix(6)
        // Six tokens between the star and its closing bracket.
        let kinds: [XPathToken.Kind] = [.openBracket, .function, .openParenthesis, .closeParenthesis, .operation, .literal]
        guard rest.map(\.kind) == kinds, rest[index + 1].text == "local-name", rest[index + 4].text == "=",
            index + 6 < tokens.count, tokens[index + 6].kind == .closeBracket
        else { return nil }
        let literal = tokens[index + 5].text
        index += 7
        return XMLPath.Step(axis: axis, localName: terminated(String(literal.dropFirst().dropLast())), namespaces: nil)
    }
}
