/// Tokens of an XPath 1.0 expression (section 3.7): enough to rewrite names and to recognise plain paths.
///
/// https://www.w3.org/TR/1999/REC-xpath-19991116/. Read when a type comes, by `XMLPath` (prefixes become namespaces, plain paths are followed
/// without libxml2), `XMLTapeCompiler` and `XPathReads`; what it lets through still has to be accepted by libxml2.
struct XPathToken: Equatable {
    enum Kind: Equatable {
        // `axis` is a name with `::` behind it; the `::` is no part of its text.
        case slash, doubleSlash, dot, doubleDot, at, openBracket, closeBracket, openParenthesis, closeParenthesis, comma, axis, pipe, star
        /// A name test: prefix (or none) and local name or `*`.
        case name
        case function, nodeType, variable, literal, number, operation
    }
    var kind: Kind
    /// As it is written, quotes of a literal included.
    var text: String
    /// Of a name test.
    ///
    /// Nil for a name without one.
    var prefix: String?
    var localName: String = ""
}

/// Splits an expression, and refuses what a type may not have: unknown functions, variables, brackets that do not match or nest too deep, `sum()`
/// of binary floats.
struct XPathLexer {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private(set) var tokens: [XPathToken] = []

    private let allowsSum: Bool

    /// - Parameter allowsSum: whether numbers may be added as XPath does, in binary.
    /// - Throws: what is wrong first, in words for the type's owner.
    init(_ text: String, allowsSum: Bool = false) throws(TypeFileFault) {
        scalars = Array(text.unicodeScalars)
        self.allowsSum = allowsSum
        while true {
            while let scalar = peek(), Self.isBlank(scalar) { index += 1 }
            guard let scalar = peek() else { break }
            try lex(scalar)
        }
        // Brackets are matched here once, so that those who walk the tokens may count them blindly.
        var open: [XPathToken.Kind] = []
        for token in tokens {
            switch token.kind {
            case .openParenthesis, .openBracket:
                open.append(token.kind)
                // libxml2 takes a dozen frames of stack for each.
                guard open.count <= Self.nestingMax else { throw TypeFileFault("parentheses and brackets of the XPath nest deeper than \(Self.nestingMax)") }
            case .closeParenthesis: guard open.popLast() == .openParenthesis else { throw TypeFileFault("the XPath's parentheses do not match") }
            case .closeBracket: guard open.popLast() == .openBracket else { throw TypeFileFault("the XPath's brackets do not match") }
            default: break
            }
        }
        guard open.isEmpty else { throw TypeFileFault("a parenthesis or bracket of the XPath is not closed") }
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? { index + distance < scalars.count ? scalars[index + distance] : nil }

    private mutating func add(_ kind: XPathToken.Kind, _ count: Int) {
        tokens.append(XPathToken(kind: kind, text: text(index, index + count)))
        index += count
    }

    private func text(_ start: Int, _ end: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<end])
        return String(text)
    }

    /// Longest token first, as the specification has it.
    private mutating func lex(_ scalar: Unicode.Scalar) throws(TypeFileFault) {
        switch scalar {
        case "/": peek(1) == "/" ? add(.doubleSlash, 2) : add(.slash, 1)
        case "." where peek(1) == ".": add(.doubleDot, 2)
        case "." where !Self.isDigit(peek(1)): add(.dot, 1)
        case "@": add(.at, 1)
        case "[": add(.openBracket, 1)
        case "]": add(.closeBracket, 1)
        case "(": add(.openParenthesis, 1)
        case ")": add(.closeParenthesis, 1)
        case ",": add(.comma, 1)
        case "|": add(.pipe, 1)
        case ":" where peek(1) == ":": add(.axis, 2)
        case "+", "-", "=": add(.operation, 1)
        case "!", "<", ">":
            guard scalar != "!" || peek(1) == "=" else { throw TypeFileFault("'!' stands alone in the XPath") }
            add(.operation, peek(1) == "=" ? 2 : 1)
        // `*` multiplies behind an operand, and is a name test elsewhere.
        case "*": followsOperand ? add(.operation, 1) : addName(prefix: nil, count: 1)
        case "'", "\"":
            guard let length = scalars[(index + 1)...].firstIndex(of: scalar).map({ $0 - index + 1 }) else {
                throw TypeFileFault("a quote in the XPath is not closed")
            }
            add(.literal, length)
        case "$": throw TypeFileFault("variables have no value in the XPath of a type")
        case "0"..."9", ".":
            var length = 1
            while let next = peek(length), Self.isDigit(next) || next == "." { length += 1 }
            add(.number, length)
        default: try lexName()
        }
    }

    /// Whether a `*` or a name here is an operator (section 3.7: there is a preceding token, and it is none of these).
    ///
    /// `div div div` is a name, an operator, a name.
    private var followsOperand: Bool {
        switch tokens.last?.kind {
        case nil, .at, .axis, .openParenthesis, .openBracket, .comma, .operation, .slash, .doubleSlash, .pipe: false
        default: true
        }
    }

    /// Of parentheses and brackets together.
    static let nestingMax = 64

    /// XPath 1.0, section 4.
    ///
    /// All of its functions; extensions of libxml2 are not among them.
    private static let functions: Set<String> = [
        "last", "position", "count", "id", "local-name", "namespace-uri", "name", "string", "concat", "starts-with", "contains",
        "substring-before", "substring-after", "substring", "string-length", "normalize-space", "translate", "boolean", "not", "true", "false",
        "lang", "number", "sum", "floor", "ceiling", "round",
    ]

    /// What may stand between tokens (ExprWhitespace): the blanks of XML.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" }

    private static func isDigit(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ("0"..."9").contains($0) } ?? false }

    /// A coarse form of XML's NameStartChar: what it takes too much of libxml2 refuses.
    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.value >= 0x80 && scalar.properties.isXIDStart
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        isNameStart(scalar) || isDigit(scalar) || scalar == "-" || scalar == "." || scalar.value >= 0x80 && scalar.properties.isXIDContinue
    }

    /// 0 where no name begins.
    private func nameLength(at start: Int) -> Int {
        guard start < scalars.count, Self.isNameStart(scalars[start]) else { return 0 }
        var end = start + 1
        while end < scalars.count, Self.isNamePart(scalars[end]) { end += 1 }
        return end - start
    }

    private mutating func addName(prefix: String?, count: Int) {
        let start = index
        index += count
        let local = text(start, index)
        tokens.append(XPathToken(kind: .name, text: prefix.map { "\($0):\(local)" } ?? local, prefix: prefix, localName: local))
    }

    /// A name is, in this order: an operator behind an operand, a prefixed name test, a node type or function before `(`, an axis before `::`, a
    /// name test.
    private mutating func lexName() throws(TypeFileFault) {
        let length = nameLength(at: index)
        guard length > 0 else { throw TypeFileFault("the XPath has '\(scalars[index])' where nothing such can stand") }
        let name = text(index, index + length)
        if followsOperand {
            guard ["and", "or", "div", "mod"].contains(name) else { throw TypeFileFault("the XPath has '\(name)' where an operator should be") }
            return add(.operation, length)
        }
        // `prefix:local` or `prefix:*`, but not `axis::`.
        if index + length + 1 < scalars.count, scalars[index + length] == ":", scalars[index + length + 1] != ":" {
            index += length + 1
            let isStar = peek() == "*"
            let localLength = isStar ? 1 : nameLength(at: index)
            guard localLength > 0 else { throw TypeFileFault("the XPath has a prefix without a name: '\(name):'") }
            return addName(prefix: name, count: localLength)
        }
        // Blanks may stand before the parenthesis and the colons.
        var next = index + length
        while next < scalars.count, Self.isBlank(scalars[next]) { next += 1 }
        if next < scalars.count, scalars[next] == "(" {
            if ["node", "text", "comment", "processing-instruction"].contains(name) { return add(.nodeType, length) }
            guard Self.functions.contains(name) else { throw TypeFileFault("XPath 1.0 has no function \(name)()") }
            guard name != "sum" || allowsSum else { throw TypeFileFault("XPath's sum() adds binary floats: use \"sum\": path, which is exact") }
            return add(.function, length)
        }
        if next + 1 < scalars.count, scalars[next] == ":", scalars[next + 1] == ":" {
            tokens.append(XPathToken(kind: .axis, text: name))
            index = next + 2
            return
        }
        addName(prefix: nil, count: length)
    }
}
