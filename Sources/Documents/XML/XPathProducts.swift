/// Where libxml2 holds the nodes or texts of one set against those of another, one by one, without counting it.
///
/// Of 2.9: `a = b` and `a < b` compare each with each; a union, and a step that may find a node again, look for each new node among those that were found; `contains`
/// goes through one text for each character of the other. Which nodes the sets may hold is known from names; how large they are depends on the document (`XPathCharges`).
struct XPathProduct: Sendable {
    enum Kind: Sendable {
        /// `a = b`, `a < b`.
        case comparison
        /// `a | b` within an expression.
        case union
        /// `a/..` of several nodes.
        case parents
        /// `a/ancestor::b` of several nodes.
        case ancestors
        /// `a/descendant::b`, `a//b` of several nodes.
        case descent
        /// `a/following::b` and the like: each operation may find one more.
        case sideways
        /// `a/following-sibling::b[1]`: from each node one is found.
        case nearest
        /// `contains(a, b)`, `translate(a, b, …)`: for each byte of one text those of the other.
        case texts
    }

    /// What a part of an expression selects at most.
    struct Operand: Sendable {
        /// Local names that end with a NUL, of elements or attributes; nil: nodes of any name.
        var names: [[UInt8]?] = []
        /// Of each of these the name of the element that has it for a child or an attribute; nil: any.
        var holders: [[UInt8]?] = []
        /// The node where the path starts, or the document where it is far.
        var isStart = false
        /// Namespaces that are in force at such nodes, which have no place in the tree.
        var isOfNamespaces = false
        /// Of a constant.
        var byteCount = 0
        /// A text that is made of several nodes; else it is of one.
        var isJoined = false
        /// Whether it may lie outside the node where the path starts.
        var isFar = false
        /// From the node that its condition is asked of.
        var way = XPathWay.below
    }

    var kind: Kind
    var left: Operand
    var right: Operand
    /// The condition that it stands in, among those of the expression; nil outside all.
    var stand: Int?

    /// All of an expression; none of a union of paths, whose members are followed each by itself (`XPathShape.members`).
    ///
    /// - Parameter spelledOut: prefixes whose names libxml2 is given as `*[…]`.
    static func all(_ tokens: [XPathToken], spelledOut: Set<String> = []) -> [XPathProduct] { XPathDemand(tokens, spelledOut: spelledOut).products }
}

/// Finds the products of one expression, and the conditions that they stand in. On matched brackets (`XPathLexer`).
struct XPathProducts {
    let tokens: [XPathToken]
    private let spelledOut: Set<String>
    /// Of each bracket or parenthesis the one that belongs to it; its own place of all others.
    private(set) var partner: [Int]
    /// The bracket or parenthesis around each token, and the bracket; nil outside all.
    private(set) var around: [(opening: Int?, bracket: Int?)] = []
    private(set) var found: [XPathProduct] = []
    private(set) var stands: [XPathStand] = []
    /// Of each bracket that begins a condition its place among `stands`.
    private var standOfBracket: [Int: Int] = [:]

    static let comparisons: Set<String> = ["=", "!=", "<", ">", "<=", ">="]
    private static let wordByteCountMax = 32
    static let logical: Set<String> = ["and", "or"]

    init(_ tokens: [XPathToken], _ spelledOut: Set<String>) {
        (self.tokens, self.spelledOut) = (tokens, spelledOut)
        partner = Array(tokens.indices)
        var open: [Int] = []
        for (index, token) in tokens.enumerated() {
            if token.kind == .closeBracket || token.kind == .closeParenthesis, let start = open.popLast() { (partner[start], partner[index]) = (index, start) }
            around.append((open.last, open.last { tokens[$0].kind == .openBracket }))
            if token.kind == .openBracket || token.kind == .openParenthesis { open.append(index) }
        }
        // From the outside to the inside: the nodes that a condition is evaluated on are known from the conditions around it.
        for index in tokens.indices where tokens[index].kind == .openBracket {
            stands.append(condition(at: index))
            standOfBracket[index] = stands.count - 1
        }
        for index in tokens.indices { look(at: index) }
    }

    /// The condition that a token stands in.
    func stand(_ index: Int) -> Int? { around[index].bracket.flatMap { standOfBracket[$0] } }

    private mutating func look(at index: Int) {
        switch tokens[index].kind {
        case .operation where Self.comparisons.contains(tokens[index].text):
            add(.comparison, before(index, isUnion: false), behind(index, isUnion: false))
        case .pipe: add(.union, before(index, isUnion: true), behind(index, isUnion: true))
        case .function: text(at: index)
        case .doubleDot: step(at: index, .parents, name: nil)
        case .axis where tokens[index].text != "::": axis(at: index)
        case .doubleSlash: step(at: index, .descent, name: descended(index + 1))
        default: break
        }
    }

    private mutating func add(_ kind: XPathProduct.Kind, _ left: Range<Int>, _ right: Range<Int>) {
        guard var one = nodes(left), var other = nodes(right) else { return }
        (one.isFar, other.isFar) = (readsFar(outside: right), readsFar(outside: left))
        found.append(XPathProduct(kind: kind, left: one, right: other, stand: stand(right.lowerBound - 1)))
    }

    // MARK: Operands

    func isOpening(_ index: Int) -> Bool { tokens[index].kind == .openBracket || tokens[index].kind == .openParenthesis }

    /// Whether an operand ends here: at the edge of what is in brackets, and at an operator. A union is one operand but of its own bar.
    func endsOperand(_ index: Int, isUnion: Bool) -> Bool {
        switch tokens[index].kind {
        case .comma, .operation: true
        case .pipe: isUnion
        default: false
        }
    }

    func before(_ index: Int, isUnion: Bool) -> Range<Int> {
        var start = index
        // What stands before a bar is all that the bars before it have joined.
        while start > 0, !isOpening(start - 1), !endsOperand(start - 1, isUnion: false) { start = min(start - 1, partner[start - 1]) }
        return start..<index
    }

    func behind(_ index: Int, isUnion: Bool) -> Range<Int> {
        var end = index + 1
        while end < tokens.count, tokens[end].kind != .closeBracket, tokens[end].kind != .closeParenthesis, !endsOperand(end, isUnion: isUnion) { end = max(end, partner[end]) + 1 }
        return (index + 1)..<end
    }

    /// Whether an operand is reckoned with, so that it is a number.
    private func isOfArithmetic(_ range: Range<Int>) -> Bool {
        func reckons(_ index: Int) -> Bool {
            tokens.indices.contains(index) && tokens[index].kind == .operation && !Self.comparisons.contains(tokens[index].text) && !Self.logical.contains(tokens[index].text)
        }
        return reckons(range.lowerBound - 1) || reckons(range.upperBound)
    }

    /// Nil for what is one node at most, or none: a constant, a number, what a function makes.
    private func nodes(_ range: Range<Int>) -> XPathProduct.Operand? {
        guard let first = range.first, !isOfArithmetic(range) else { return nil }
        switch tokens[first].kind {
        case .literal, .number: return nil
        // All others make texts, numbers and truths.
        case .function where tokens[first].text != "id": return nil
        default: return isSingle(range) ? nil : selected(range)
        }
    }

    /// Places of the range that stand in none of its brackets; those of a bracket's own are left out.
    func outer(_ range: Range<Int>) -> [Int] {
        var places: [Int] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if isOpening(index) {
                index = partner[index] + 1
            } else {
                places.append(index)
                index += 1
            }
        }
        return places
    }

    /// `.`, `../..`, `@a`, `../@a`, and a child by its number: `a[1]`.
    func isSingle(_ range: Range<Int>) -> Bool {
        let places = outer(range)
        let isNumbered = range.count > 3 && tokens[range.upperBound - 1].kind == .closeBracket && partner[range.upperBound - 1] == range.upperBound - 3 && tokens[range.upperBound - 2].kind == .number
        if isNumbered, places.count == 1, tokens[places[0]].kind == .name { return true }
        guard places.count == range.count else { return false }
        return places.allSatisfy { place in
            switch tokens[place].kind {
            case .dot, .doubleDot: true
            case .slash: place > range.lowerBound
            case .at: true
            case .name: place > range.lowerBound && tokens[place - 1].kind == .at && tokens[place].localName != "*"
            default: false
            }
        }
    }

    func name(_ place: Int?) -> [UInt8]? {
        guard let place, tokens[place].kind == .name, tokens[place].localName != "*" else { return nil }
        // That is a prefix.
        if place > 0, tokens[place - 1].kind == .axis, tokens[place - 1].text == "namespace" { return nil }
        return Array(tokens[place].localName.utf8) + [0]
    }

    /// Whether anything outside `part` leads out of the node where the path starts.
    private func readsFar(outside part: Range<Int>) -> Bool {
        tokens.indices.contains { index in
            if part.contains(index) { return false }
            switch tokens[index].kind {
            case .doubleDot: return true
            case .axis: return tokens[index].text != "::" && !Self.near.contains(tokens[index].text)
            case .slash, .doubleSlash: return index == 0 || begins(index)
            case .function: return tokens[index].text == "id"
            default: return false
            }
        }
    }

    static let near: Set<String> = ["child", "attribute", "self", "descendant", "descendant-or-self", "namespace"]

    /// Whether a path begins here.
    func begins(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        switch tokens[index - 1].kind {
        case .openBracket, .openParenthesis, .comma, .operation, .pipe: return true
        default: return false
        }
    }

    // MARK: Steps

    private mutating func axis(at index: Int) {
        let next = index + 1 < tokens.count ? index + 1 : nil
        switch tokens[index].text {
        case "parent": step(at: index, .parents, name: name(next))
        case "ancestor", "ancestor-or-self": step(at: index, .ancestors, name: name(next))
        case "descendant", "descendant-or-self": step(at: index, .descent, name: name(next))
        case "following", "preceding", "following-sibling", "preceding-sibling": step(at: index, .sideways, name: name(next))
        default: break
        }
    }

    /// What a step behind `//` finds. libxml2 makes one of both, `descendant::b`, where the name has no condition; else `//` finds all nodes before it is asked for.
    private func descended(_ index: Int) -> [UInt8]? {
        guard index < tokens.count, tokens[index].kind == .name, index + 1 == tokens.count || tokens[index + 1].kind != .openBracket else { return nil }
        return tokens[index].prefix.map(spelledOut.contains) == true ? nil : name(index)
    }

    /// A step behind others. From one node each is found once.
    private mutating func step(at index: Int, _ kind: XPathProduct.Kind, name: [UInt8]?) {
        guard !begins(index) else { return }
        let end = tokens[index].kind == .doubleSlash || tokens[index - 1].kind != .slash ? index : index - 1
        var start = end
        while start > 0, !isOpening(start - 1), !endsOperand(start - 1, isUnion: true) { start = min(start - 1, partner[start - 1]) }
        let path = start..<end
        // `/a/..`: a document has one root.
        let isRoot = path.count <= 2 && (path.first.map { tokens[$0].kind == .slash } ?? true)
        guard !path.isEmpty, !isRoot, !isSingle(path) else { return }
        var (left, kind) = (selected(path), kind)
        left.isFar = readsFar(outside: tokens.endIndex..<tokens.endIndex)
        if kind != .parents, tokens[index].kind == .axis, isNumbered(stepAt: index) { kind = .nearest }
        found.append(XPathProduct(kind: kind, left: left, right: XPathProduct.Operand(names: [name], isFar: left.isFar, way: left.way), stand: stand(index)))
    }

    /// Whether a step has a number among its conditions, `following-sibling::a[1]`: one node at most is left from each that it starts from.
    private func isNumbered(stepAt axis: Int) -> Bool {
        var index = axis + 2
        // Of a node type there are parentheses.
        if index < tokens.count, tokens[index].kind == .openParenthesis { index = partner[index] + 1 }
        while index < tokens.count, tokens[index].kind == .openBracket {
            if partner[index] == index + 2, tokens[index + 1].kind == .number { return true }
            index = partner[index] + 1
        }
        return false
    }

    // MARK: Texts

    private mutating func text(at index: Int) {
        guard ["contains", "substring-before", "substring-after", "translate"].contains(tokens[index].text) else { return }
        let arguments = arguments(of: index)
        guard arguments.count > 1 else { return }
        let sought = text(arguments[1])
        // A word takes no more than reading the other text does.
        if sought.names.isEmpty, sought.byteCount < Self.wordByteCountMax { return }
        found.append(XPathProduct(kind: .texts, left: text(arguments[0]), right: sought, stand: stand(index)))
    }

    /// What a function is given; none where it is given nothing.
    func arguments(of function: Int) -> [Range<Int>] {
        guard function + 1 < tokens.count, tokens[function + 1].kind == .openParenthesis, partner[function + 1] > function + 2 else { return [] }
        let end = partner[function + 1]
        var arguments: [Range<Int>] = []
        var start = function + 2
        for place in outer(start..<end) where tokens[place].kind == .comma {
            arguments.append(start..<place)
            start = place + 1
        }
        arguments.append(start..<end)
        return arguments
    }

    /// What an argument says as a text.
    private func text(_ range: Range<Int>) -> XPathProduct.Operand {
        let isFar = readsFar(outside: tokens.endIndex..<tokens.endIndex)
        if range.count == 1, let first = range.first, tokens[first].kind == .literal { return XPathProduct.Operand(byteCount: tokens[first].text.utf8.count) }
        guard let first = range.first, tokens[first].kind != .function || tokens[first].text == "id" else { return made(range, isFar) }
        var operand = selected(range)
        operand.isFar = isFar
        return operand
    }

    /// What a function makes of its arguments: no more than all that they say.
    private func made(_ range: Range<Int>, _ isFar: Bool) -> XPathProduct.Operand {
        let constants = range.reduce(0) { tokens[$1].kind == .literal ? $0 + tokens[$1].text.utf8.count : $0 }
        let isOfNodes = range.contains { place in
            switch tokens[place].kind {
            case .name, .dot, .doubleDot, .star, .nodeType: true
            default: false
            }
        }
        return XPathProduct.Operand(names: isOfNodes ? [nil] : [], byteCount: constants, isJoined: true, isFar: isFar, way: isOfNodes ? way(range) : .below)
    }
}
