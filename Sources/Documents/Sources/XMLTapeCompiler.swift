/// Compiles XPaths for tapes, as far as a tape can be asked.
///
/// ```
/// path       := location ('|' location)*
/// location   := ['/' | '//'] step (('/' | '//') step)*
/// step       := '.' | '..' | ['@' | axis] name predicate*            axis: child, attribute, descendant, self
/// predicate  := '[' or ']'         or := and ('or' and)*         and := comparison ('and' comparison)*
/// comparison := operand [('=' | '!=') operand] | 'number(.) = number(.)'
/// operand    := literal | location | '(' or ')' | not(or) | local-name() | contains(a, b) | starts-with(a, b) | translate(a, literal, literal)
/// ```
/// This is XPath 1.0 without numbers, positions and the other axes. Anything else in one path sends all of the type's documents to libxml2's tree.
struct XMLTapeCompiler {
    /// Not an XPath that a tape can be asked.
    private struct Unsupported: Error {}

    private let uris: [String: [String]]
    /// Arrays that `XMLTapePaths` lays down as they are; records name places in them.
    private(set) var steps: [XMLTapePaths.Step] = []
    private(set) var paths: [XMLTapePaths.Path] = []
    private(set) var members: [Int32] = []
    private(set) var predicates: [Int32] = []
    private(set) var operations: [XMLTapePaths.Operation] = []
    private(set) var namespaces: [XMLTapePaths.Namespace] = []
    private(set) var texts: [UInt8] = []

    init(namespaces: [String: [String]]) { uris = namespaces }

    /// Adds the type's paths under their numbers; false when one of them cannot be.
    ///
    /// - Complexity: O(the tokens of all paths).
    mutating func add(_ sources: [XMLPath]) -> Bool {
        do {
            // Their own places first: what they are made of lies behind.
            paths = Array(repeating: XMLTapePaths.Path(kind: .direct), count: sources.count)
            for (number, source) in sources.enumerated() { paths[number] = try path(try XPathLexer(source.text).tokens) }
            return true
        } catch {
            return false
        }
    }

    /// - Returns: the number of a path that is a part of another.
    private mutating func add(_ path: XMLTapePaths.Path) -> Int32 {
        paths.append(path)
        return Int32(paths.count - 1)
    }

    /// Puts a text behind the others.
    private mutating func text(_ text: some StringProtocol) -> XMLTapePaths.Text {
        defer { texts += Array(text.utf8) }
        return XMLTapePaths.Text(offset: Int32(texts.count), count: Int32(text.utf8.count))
    }

    /// A literal's text, without its quotes.
    private mutating func literal(_ token: XPathToken) -> XMLTapePaths.Text { text(token.text.dropFirst().dropLast()) }

    /// An expression of a type: a location path, or several with `|` between.
    private mutating func path(_ tokens: [XPathToken]) throws -> XMLTapePaths.Path {
        let parts = XPathShape.members(tokens)
        guard parts.isEmpty else {
            var numbers: [Int32] = []
            for part in parts { numbers.append(add(try location(part))) }
            defer { members += numbers }
            // As `XMLPath` has it: by what the first of them begins with.
            let isAbsolute = tokens.first?.kind == .slash || tokens.first?.kind == .doubleSlash
            return XMLTapePaths.Path(kind: .union, isAbsolute: isAbsolute, isPlain: false, first: Int32(members.count), count: Int32(numbers.count))
        }
        return try location(tokens)
    }

    /// A location path, with its two ends where it has them.
    private mutating func location(_ tokens: [XPathToken]) throws -> XMLTapePaths.Path {
        var path = try whole(tokens)
        let isPlain = path.isPlain && path.kind != .stepwise
        guard !isPlain, let shape = XPathShape.split(tokens) else { return path }
        if !shape.near.isEmpty { path.near = add(try whole(Array(shape.near))) }
        path.far = add(try whole(shape.far))
        path.parentCount = Int32(shape.parentCount)
        return path
    }

    private mutating func whole(_ tokens: [XPathToken]) throws -> XMLTapePaths.Path {
        var index = 0
        let path = try locationPath(tokens, &index)
        guard index == tokens.count else { throw Unsupported() }
        return path
    }

    // MARK: Steps

    /// The location path that begins at `index`, up to what cannot belong to it.
    private mutating func locationPath(_ tokens: [XPathToken], _ index: inout Int) throws -> XMLTapePaths.Path {
        func kind(_ place: Int) -> XPathToken.Kind? { place < tokens.count ? tokens[place].kind : nil }
        var path = XMLTapePaths.Path(kind: .direct)
        var own: [XMLTapePaths.Step] = []
        var isDescendant = false
        if kind(index) == .slash || kind(index) == .doubleSlash {
            path.isAbsolute = true
            isDescendant = kind(index) == .doubleSlash
            index += 1
            // `/` alone is the document.
            if !isDescendant, !Self.beginsStep(kind(index)) { return path }
        }
        while true {
            var step = try step(tokens, &index)
            if isDescendant {
                guard step.axis == .child else { throw Unsupported() }
                step.axis = .descendant
            }
            own.append(step)
            guard kind(index) == .slash || kind(index) == .doubleSlash else { break }
            isDescendant = kind(index) == .doubleSlash
            index += 1
        }
        path.kind = Self.kind(of: own)
        path.isPlain = own.allSatisfy { $0.predicateCount == 0 }
        path.isAttribute = !path.isAbsolute && own.count == 1 && own[0].axis == .attribute && path.isPlain
        (path.first, path.count) = (Int32(steps.count), Int32(own.count))
        steps += own
        return path
    }

    private static func beginsStep(_ kind: XPathToken.Kind?) -> Bool {
        switch kind {
        case .dot, .doubleDot, .at, .name, .axis, .nodeType: true
        default: false
        }
    }

    /// How nodes can be met by following one after another.
    ///
    /// What leads up first (`..`, `.`) leads to one node. From there names alone are direct; one `//` is so only where attributes or `.` follow it; a step up
    /// later, or a second `//`, may meet a node twice.
    private static func kind(of steps: [XMLTapePaths.Step]) -> XMLTapePaths.Path.Kind {
        let isDescending = steps.drop { $0.isAnyNode }
        if isDescending.contains(where: { $0.axis == .parent }) { return .stepwise }
        // What leads up has led to one node: from there on it only goes down.
        guard let first = isDescending.firstIndex(where: { $0.axis == .descendant }) else { return .direct }
        let rest = isDescending[(first + 1)...]
        if rest.contains(where: { $0.axis == .descendant }) { return .stepwise }
        return rest.allSatisfy { $0.axis == .attribute || $0.axis == .self } ? .direct : .unordered
    }

    /// The step at `index`, which moves behind it and its predicates.
    private mutating func step(_ tokens: [XPathToken], _ index: inout Int) throws -> XMLTapePaths.Step {
        guard index < tokens.count else { throw Unsupported() }
        var step = XMLTapePaths.Step(axis: .child)
        switch tokens[index].kind {
        case .dot, .doubleDot:
            step.axis = tokens[index].kind == .dot ? .self : .parent
            step.isAnyNode = true
            index += 1
            return step
        case .at:
            step.axis = .attribute
            index += 1
        case .axis:
            switch tokens[index].text {
            case "child": step.axis = .child
            case "attribute": step.axis = .attribute
            case "descendant": step.axis = .descendant
            case "self": step.axis = .self
            default: throw Unsupported()
            }
            index += 1
        case .name: break
        default: throw Unsupported()
        }
        guard index < tokens.count, tokens[index].kind == .name else { throw Unsupported() }
        try name(tokens[index], &step)
        index += 1
        var own: [Int32] = []
        while index < tokens.count, tokens[index].kind == .openBracket {
            index += 1
            let predicate = try truth(tokens, &index)
            guard index < tokens.count, tokens[index].kind == .closeBracket else { throw Unsupported() }
            index += 1
            // `*[local-name()='x']` is a name, whatever its namespace.
            if let wanted = localName(predicate), !step.hasName, own.isEmpty {
                step.hasName = true
                step.name = wanted
                step.nameHash = hash(wanted)
            } else {
                own.append(predicate)
            }
        }
        (step.firstPredicate, step.predicateCount) = (Int32(predicates.count), Int32(own.count))
        predicates += own
        return step
    }

    /// A name without prefix is of no namespace, `*` of any.
    private mutating func name(_ token: XPathToken, _ step: inout XMLTapePaths.Step) throws {
        if token.localName != "*" {
            step.hasName = true
            step.name = text(token.localName)
            step.nameHash = hash(step.name)
        }
        var wanted: [String]
        if let prefix = token.prefix {
            guard let known = uris[prefix] else { throw Unsupported() }
            wanted = known
        } else if token.localName == "*" {
            return
        } else {
            wanted = [""]
        }
        step.firstNamespace = Int32(namespaces.count)
        step.namespaceCount = Int32(wanted.count)
        for uri in wanted {
            let uri = text(uri)
            namespaces.append(XMLTapePaths.Namespace(uri: uri, hash: hash(uri)))
        }
    }

    private func hash(_ text: XMLTapePaths.Text) -> UInt32 { NameHash.hash(Array(texts[Int(text.offset)..<Int(text.offset) + Int(text.count)])) }

    /// The name where an operation is `local-name()='name'`.
    private func localName(_ operation: Int32) -> XMLTapePaths.Text? {
        let operation = operations[Int(operation)]
        guard operation.kind == .equal, operations[Int(operation.left)].kind == .localName, operations[Int(operation.right)].kind == .literal else { return nil }
        return operations[Int(operation.right)].text
    }

    // MARK: Predicates

    private mutating func add(_ operation: XMLTapePaths.Operation) -> Int32 {
        operations.append(operation)
        return Int32(operations.count - 1)
    }

    /// Whether an operator of that text comes next.
    private func isOperator(_ text: String, _ tokens: [XPathToken], _ index: Int) -> Bool {
        index < tokens.count && tokens[index].kind == .operation && tokens[index].text == text
    }

    /// What a predicate asks for: a truth, or nodes of which there is one. A number would be a position.
    private mutating func truth(_ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        var left = try conjunction(tokens, &index)
        while isOperator("or", tokens, index) {
            index += 1
            left = add(XMLTapePaths.Operation(kind: .or, left: left, right: try conjunction(tokens, &index)))
        }
        return left
    }

    /// `and` binds closer than `or`.
    private mutating func conjunction(_ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        var left = try comparison(tokens, &index)
        while isOperator("and", tokens, index) {
            index += 1
            left = add(XMLTapePaths.Operation(kind: .and, left: left, right: try comparison(tokens, &index)))
        }
        return left
    }

    /// A comparison, or an operand that is asked for by itself: then it must be a truth, or nodes.
    private mutating func comparison(_ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        // The one thing that is asked of numbers: whether a text is one.
        let numbers = tokens[index...].prefix(9)
        let ofNumber: [XPathToken.Kind] = [.function, .openParenthesis, .dot, .closeParenthesis]
        if numbers.map(\.kind) == ofNumber + [.operation] + ofNumber, numbers[index].text == "number", numbers[index + 4].text == "=", numbers[index + 5].text == "number" {
            index += 9
            return add(XMLTapePaths.Operation(kind: .isNumber))
        }
        let left = try operand(tokens, &index)
        for (sign, kind) in [("=", XMLTapePaths.Operation.Kind.equal), ("!=", .unequal)] where isOperator(sign, tokens, index) {
            index += 1
            let right = try operand(tokens, &index)
            guard !isTruth(left), !isTruth(right) else { throw Unsupported() }
            // Nodes, where there are any, stand left: it makes no difference to either.
            let isSwapped = operations[Int(right)].kind == .path && operations[Int(left)].kind != .path
            return add(XMLTapePaths.Operation(kind: kind, left: isSwapped ? right : left, right: isSwapped ? left : right))
        }
        guard isTruth(left) || operations[Int(left)].kind == .path else { throw Unsupported() }
        return left
    }

    /// Whether an operation gives true or false, and no text or nodes.
    private func isTruth(_ operation: Int32) -> Bool {
        switch operations[Int(operation)].kind {
        case .or, .and, .not, .equal, .unequal, .contains, .startsWith, .isNumber: true
        case .path, .literal, .localName, .translated: false
        }
    }

    /// A text, nodes, or a truth in parentheses or of a function.
    private mutating func operand(_ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        guard index < tokens.count else { throw Unsupported() }
        let token = tokens[index]
        switch token.kind {
        case .literal:
            index += 1
            return add(XMLTapePaths.Operation(kind: .literal, text: literal(token)))
        case .openParenthesis:
            index += 1
            let inner = try truth(tokens, &index)
            // In parentheses nodes could go on with steps.
            guard isTruth(inner) else { throw Unsupported() }
            try take(.closeParenthesis, tokens, &index)
            return inner
        case .function:
            index += 1
            try take(.openParenthesis, tokens, &index)
            let call = try call(token.text, tokens, &index)
            try take(.closeParenthesis, tokens, &index)
            return call
        default:
            let path = try locationPath(tokens, &index)
            return add(XMLTapePaths.Operation(kind: .path, path: add(path)))
        }
    }

    /// Moves past a token that must be there.
    private func take(_ kind: XPathToken.Kind, _ tokens: [XPathToken], _ index: inout Int) throws {
        guard index < tokens.count, tokens[index].kind == kind else { throw Unsupported() }
        index += 1
    }

    /// A function's arguments.
    private mutating func call(_ function: String, _ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        switch function {
        case "not": return add(XMLTapePaths.Operation(kind: .not, left: try truth(tokens, &index)))
        case "local-name": return add(XMLTapePaths.Operation(kind: .localName))
        case "contains", "starts-with":
            let left = try textOperand(tokens, &index)
            try take(.comma, tokens, &index)
            let right = try textOperand(tokens, &index)
            return add(XMLTapePaths.Operation(kind: function == "contains" ? .contains : .startsWith, left: left, right: right))
        case "translate":
            let left = try textOperand(tokens, &index)
            var mapped: [XMLTapePaths.Text] = []
            for _ in 0..<2 {
                try take(.comma, tokens, &index)
                guard index < tokens.count, tokens[index].kind == .literal else { throw Unsupported() }
                mapped.append(literal(tokens[index]))
                index += 1
            }
            // Byte for byte.
            guard mapped[0].count == mapped[1].count, isASCII(mapped[0]), isASCII(mapped[1]) else { throw Unsupported() }
            return add(XMLTapePaths.Operation(kind: .translated, left: left, text: mapped[0], other: mapped[1]))
        default: throw Unsupported()
        }
    }

    /// An argument that is read as a text: a truth would be the word `true`.
    private mutating func textOperand(_ tokens: [XPathToken], _ index: inout Int) throws -> Int32 {
        let operand = try operand(tokens, &index)
        guard !isTruth(operand) else { throw Unsupported() }
        return operand
    }

    private func isASCII(_ text: XMLTapePaths.Text) -> Bool { texts[Int(text.offset)..<Int(text.offset) + Int(text.count)].allSatisfy { $0 < 0x80 } }
}
