internal import ColumnStore

/// Reads an expression:
///
///     expression = path | call
///     call       = "States." name "(" [argument ("," argument)*] ")"
///     argument   = path | call | "'" … "'" | number | true | false | null
///
/// In quotes a backslash stands before `'`, `{`, `}` and `\` alone.
///
/// Names of functions and the numbers of their arguments are looked at here, so that a definition with a wrong call is refused as it is put.
struct ExpressionParser {
    private var scanner: Scanner

    /// - Throws: where and why the text is no expression; also for one that is too long.
    static func parse(_ text: String) throws(ExpressionFault) -> Expression {
        guard text.utf8.count <= Expression.byteCountMax else {
            throw ExpressionFault(offset: Expression.byteCountMax, "longer than \(Expression.byteCountMax) bytes")
        }
        var parser = ExpressionParser(scanner: Scanner(text))
        let expression = try parser.expression(depth: 0)
        parser.scanner.skipBlanks()
        guard parser.scanner.isAtEnd else { throw parser.scanner.fault("text after the expression") }
        return expression
    }

    /// - Parameter depth: of calls around it.
    private mutating func expression(depth: Int) throws(ExpressionFault) -> Expression {
        if scanner.current == UInt8(ascii: "$") {
            var parser = PathParser(scanner)
            let path = try parser.path(isInFilter: false, depth: 0).path
            scanner = parser.scanner
            guard path.text.utf8.count <= Path.byteCountMax else { throw scanner.fault("a path of more than \(Path.byteCountMax) bytes") }
            return .path(path)
        }
        return try call(depth: depth)
    }

    /// One call, its arguments and its parentheses.
    private mutating func call(depth: Int) throws(ExpressionFault) -> Expression {
        guard depth < Expression.depthMax else { throw scanner.fault("calls nested deeper than \(Expression.depthMax)") }
        let start = scanner.position
        guard scanner.take("States.") else { throw scanner.fault("neither a path, which begins with $, nor a call of States.…") }
        let name = "States." + String(decoding: scanner.name(), as: UTF8.self)
        guard let function = Intrinsic(rawValue: name) else { throw ExpressionFault(offset: start, "no intrinsic function: \(name)") }
        scanner.skipBlanks()
        try scanner.expect("(")
        scanner.skipBlanks()
        var arguments: [Expression] = []
        while !scanner.take(")") {
            if !arguments.isEmpty {
                guard scanner.take(",") else { throw scanner.fault(", or ) is missing") }
                scanner.skipBlanks()
            }
            arguments.append(try argument(depth: depth + 1))
            scanner.skipBlanks()
        }
        let arity = function.arity
        guard arity.contains(arguments.count) else {
            let wanted = arity.lowerBound == arity.upperBound ? "\(arity.lowerBound)" : "\(arity.lowerBound) to \(arity.upperBound)"
            throw ExpressionFault(offset: start, "\(name) takes \(wanted) argument\(arity == 1...1 ? "" : "s"), not \(arguments.count)")
        }
        return .call(function, arguments)
    }

    /// What may stand between parentheses and commas.
    private mutating func argument(depth: Int) throws(ExpressionFault) -> Expression {
        switch scanner.current {
        case UInt8(ascii: "'"): return .text(try text())
        case UInt8(ascii: "$"), UInt8(ascii: "S"): return try expression(depth: depth)
        default:
            if let number = try scanner.number() { return .literal(.number(number)) }
            if scanner.take("true") { return .literal(.boolean(true)) }
            if scanner.take("false") { return .literal(.boolean(false)) }
            if scanner.take("null") { return .literal(.null) }
            throw scanner.fault("an argument is a path, a call, a number, true, false, null or a text in single quotes")
        }
    }

    /// A text in single quotes, divided at each `{}`: `'a{}b'` is `a` and `b`, `'a\{\}b'` one piece.
    ///
    /// - Precondition: the quote is next.
    private mutating func text() throws(ExpressionFault) -> [String] {
        scanner.advance()
        var pieces: [String] = []
        var piece: [UInt8] = []
        while let byte = scanner.current {
            if scanner.take("'") {
                pieces.append(String(decoding: piece, as: UTF8.self))
                return pieces
            }
            if scanner.take("{}") {
                pieces.append(String(decoding: piece, as: UTF8.self))
                piece = []
                continue
            }
            scanner.advance()
            guard byte == UInt8(ascii: "\\") else {
                piece.append(byte)
                continue
            }
            guard let next = scanner.current, [UInt8(ascii: "'"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\\")].contains(next) else {
                throw scanner.fault(#"a backslash stands before ', {, } or \"#)
            }
            piece.append(next)
            scanner.advance()
        }
        throw scanner.fault("the text ends inside quotes")
    }
}
