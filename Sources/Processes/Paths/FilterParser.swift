internal import ColumnStore

/// Reads what follows `?` in a path:
///
///     filter     = "(" or ")"
///     or         = and ("||" and)*
///     and        = unary ("&&" unary)*
///     unary      = "!" unary | "(" or ")" | operand [operator operand]
///     operand    = "@" … | "$" … | number | text in quotes | true | false | null | "[" [literal ("," literal)*] "]"
///
/// Operators are those of `PathFilter.Operator`. `!` binds closer than `&&`, that closer than `||`.
struct FilterParser {
    private(set) var scanner: Scanner
    /// Of filters, parentheses, negations and lists around the place: recursion ends there.
    private var depth: Int

    /// - Parameter depth: how deep the filter stands.
    init(_ scanner: Scanner, depth: Int) { (self.scanner, self.depth) = (scanner, depth) }

    /// The whole filter, with its parentheses.
    mutating func parenthesized() throws(ExpressionFault) -> PathFilter {
        try scanner.expect("(")
        let filter = try disjunction()
        try scanner.expect(")")
        return filter
    }

    /// One part stands for itself; so do conjunctions: a filter of one comparison is that comparison.
    private mutating func disjunction() throws(ExpressionFault) -> PathFilter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 4 * Path.depthMax else { throw scanner.fault("a filter nested too deep") }
        var parts = [try conjunction()]
        while scanner.take("||") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(ExpressionFault) -> PathFilter {
        var parts = [try unary()]
        while scanner.take("&&") { parts.append(try unary()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func unary() throws(ExpressionFault) -> PathFilter {
        scanner.skipBlanks()
        let filter: PathFilter
        if scanner.take("!") {
            depth += 1
            defer { depth -= 1 }
            guard depth <= 4 * Path.depthMax else { throw scanner.fault("a filter nested too deep") }
            filter = .not(try unary())
        } else if scanner.current == UInt8(ascii: "(") {
            filter = try parenthesized()
        } else {
            filter = try comparison()
        }
        scanner.skipBlanks()
        return filter
    }

    /// A path alone asks whether it finds anything.
    private mutating func comparison() throws(ExpressionFault) -> PathFilter {
        let left = try operand()
        scanner.skipBlanks()
        if scanner.take("=~") { throw scanner.fault("a filter has no regular expressions") }
        guard let sign = try sign() else {
            guard case .path(let path, let isFromElement) = left else { throw scanner.fault("a value that is compared with nothing") }
            return .exists(path, fromElement: isFromElement)
        }
        scanner.skipBlanks()
        return .compare(left, sign, try operand())
    }

    /// The operator; nil where none stands. Words are taken in any case.
    private mutating func sign() throws(ExpressionFault) -> PathFilter.Operator? {
        // Longer signs first: `<` is the beginning of `<=`.
        if scanner.take("==") { return .equal }
        if scanner.take("!=") { return .notEqual }
        if scanner.take("<=") { return .lessOrEqual }
        if scanner.take(">=") { return .greaterOrEqual }
        if scanner.take("<") { return .less }
        if scanner.take(">") { return .greater }
        guard let byte = scanner.current, byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A else { return nil }
        let word = String(decoding: scanner.name(), as: UTF8.self).lowercased()
        guard let sign = PathFilter.Operator(rawValue: word) else { throw scanner.fault("no operator of filters: \(word)") }
        return sign
    }

    /// A path that begins with `@` or `$`, or a literal.
    private mutating func operand() throws(ExpressionFault) -> PathFilter.Operand {
        scanner.skipBlanks()
        if scanner.current == UInt8(ascii: "@") || scanner.current == UInt8(ascii: "$") {
            var parser = PathParser(scanner)
            let (path, isFromElement) = try parser.path(isInFilter: true, depth: depth)
            scanner = parser.scanner
            guard path.root == .data else { throw scanner.fault("a filter sees its element and the state's data, not the context object") }
            return .path(path, fromElement: isFromElement)
        }
        return .literal(try literal())
    }

    /// A value as it is written; lists hold literals alone.
    private mutating func literal() throws(ExpressionFault) -> JSONValue {
        scanner.skipBlanks()
        switch scanner.current {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(String(decoding: try scanner.quoted(), as: UTF8.self))
        case UInt8(ascii: "["):
            depth += 1
            defer { depth -= 1 }
            guard depth <= 4 * Path.depthMax else { throw scanner.fault("a list nested too deep") }
            scanner.advance()
            var elements: [JSONValue] = []
            scanner.skipBlanks()
            while !scanner.take("]") {
                if !elements.isEmpty { try scanner.expect(",") }
                elements.append(try literal())
                scanner.skipBlanks()
            }
            return .array(elements)
        default:
            if let number = try scanner.number() { return .number(number) }
            if scanner.take("true") { return .boolean(true) }
            if scanner.take("false") { return .boolean(false) }
            if scanner.take("null") { return .null }
            throw scanner.fault("neither a path nor a value")
        }
    }
}
