import ColumnStore

/// Names and texts as SQL writes them, and format, which puts them into a template.
///
/// format's grammar, as PostgreSQL's (docs, functions-string, section "format"):
///
///   mark      = '%%' | '%' [ position ] { '-' } [ width ] kind
///   position  = digits '$'
///   width     = digits | '*' [ digits '$' ]
///   kind      = 's' | 'I' | 'L'
extension SQLFunction {
    static let quoteIdent = SQLFunction("quote_ident", summary: "a name as SQL writes it, in quotes where it needs them", takes: [.string], runs: .quoteIdent)
    static let quoteLiteral = quoting("quote_literal", summary: "a value as a constant of SQL", .quoteLiteral)
    static let quoteNullable = quoting("quote_nullable", summary: "a value as a constant of SQL, and `NULL` for NULL", .quoteNullable)
    static let format = SQLFunction(
        "format", summary: "a template with values put in: `%s`, `%I` as a name, `%L` as a constant",
        forms: [[.string], [.string, .string, .int32]]
    ) { (call, typing) throws(QueryError) in
        guard !call.arguments.isEmpty else { throw .badSQL("format takes a template", at: call.position) }
        var arguments = [try typing.implicit(call.arguments[0], to: .string, call.name)]
        for value in call.arguments.dropFirst() { arguments.append(try typing.shown(value)) }
        return call.make(.format, arguments, .string)
    }

    /// Takes a value of any type, as its text.
    private static func quoting(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.string], [.int32]]) { (call, typing) throws(QueryError) in
            try call.count(1...1)
            return call.make(function, [try typing.text(call.arguments[0])], .string)
        }
    }
}

extension ScalarFunction {
    static let quoteIdent = quoting("quote_ident", SQLText.name)
    static let quoteLiteral = quoting("quote_literal", SQLText.literal)
    static let quoteNullable = ScalarFunction(
        "quote_nullable", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0].isConstantNull ? .constant(.bytes([]), type: .string, count: call.count) : call[0])
            let validity = call[0].rowValidity
            return try TextKernels.build(count: call.count, validity: nil, call.meter) { (row, builder) throws(KernelError) in
                try builder.append(validity?[row] ?? true ? SQLText.literal(texts[row]) : Array("NULL".utf8))
            }
        })

    private static func quoting(_ symbol: String, _ quote: @escaping @Sendable (ArraySlice<UInt8>) -> [UInt8]) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let texts = TextRows(call[0])
                return try call.texts { (row) throws(KernelError) in
                    try call.meter.step(2 * texts.range(at: row).count)
                    try call.meter.charge(2 * texts.range(at: row).count)
                    return quote(texts[row])
                }
            })
    }

    /// `%s`, `%I`, `%L` and `%%`, with `n$` and a width.
    static let format = ScalarFunction(
        "format", nulls: .first, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let templates = TextRows(call[0]), validity = call[0].rowValidity
            let values = call.columns.dropFirst().map { column in
                (rows: TextRows(column.isConstantNull ? .constant(.bytes([]), type: .string, count: call.count) : column), validity: column.rowValidity)
            }
            return try TextKernels.build(count: call.count, validity: validity, call.meter) { (row, builder) throws(KernelError) in
                try TextKernels.appendFormat(templates[row], count: values.count, to: &builder) { values[$0].validity?[row] ?? true ? values[$0].rows[row] : nil }
            }
        })
}

extension TextKernels {
    /// format's template with its values, of which there are `count`; nil of a NULL.
    static func appendFormat(
        _ template: ArraySlice<UInt8>, count: Int, to builder: inout TextBuilder, _ value: (Int) -> ArraySlice<UInt8>?
    ) throws(KernelError) {
        var next = 0
        var rest = template
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                try builder.append(byte)
                continue
            }
            try builder.step(32)
            let mark = try FormatMark(&rest, next: &next, count: count, value)
            guard let place = mark.argument else {
                try builder.append(UInt8(ascii: "%"))
                continue
            }
            try builder.append(try mark.shown(value(place)))
        }
    }
}

/// One `%…` of a template.
///
/// A mark without a position takes the value after the last one that was taken, be it as a width or by its position.
private struct FormatMark {
    /// From 0; nil of `%%`.
    var argument: Int?
    private var kind: UInt8 = 0
    /// In characters; a text that has more stays whole.
    private var width = 0
    private var isLeft = false
    /// In characters; a wider mark is refused.
    private static let widthMax = 1 << 20

    /// Reads a mark, whose `%` is taken off already.
    ///
    /// - Parameters:
    ///   - rest: the template from here on; what the mark takes is removed.
    ///   - next: the place of the value that a mark without a position takes, from 0.
    ///   - count: how many values there are.
    ///   - value: nil of a NULL.
    /// - Throws: `.invalidArgument` for a mark that is none, and for a value that is not there; `.invalidText` for a width that is no INTEGER;
    ///   `.textTooLong` past `widthMax`.
    init(_ rest: inout ArraySlice<UInt8>, next: inout Int, count: Int, _ value: (Int) -> ArraySlice<UInt8>?) throws(KernelError) {
        func number(_ rest: inout ArraySlice<UInt8>) -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.isEmpty ? nil : Int(String(decoding: digits.prefix(9), as: UTF8.self))
        }
        if rest.first == UInt8(ascii: "%") {
            rest.removeFirst()
            return
        }
        var position: Int?
        // Digits are a position only before a `$`; else they are the width, and are read again below.
        let saved = rest
        if let given = number(&rest), rest.first == UInt8(ascii: "$") {
            rest.removeFirst()
            position = given
        } else {
            rest = saved
        }
        while rest.first == UInt8(ascii: "-") {
            rest.removeFirst()
            isLeft = true
        }
        if rest.first == UInt8(ascii: "*") {
            // A value says it, the next one or that of a number.
            rest.removeFirst()
            let saved = rest
            var place = next
            if let given = number(&rest), rest.popFirst() == UInt8(ascii: "$") { place = given - 1 } else { rest = saved }
            guard place >= 0, place < count else { throw .invalidArgument("format has too few arguments") }
            next = place + 1
            guard let said = value(place).map({ Int32(String(decoding: ValueText.trimmed($0), as: UTF8.self)) }) ?? 0 else { throw .invalidText("INTEGER") }
            isLeft = isLeft || said < 0
            width = Int(said.magnitude)
        } else {
            width = number(&rest) ?? 0
        }
        guard width <= Self.widthMax else { throw .textTooLong }
        guard let letter = rest.popFirst(), "sIL".utf8.contains(letter) else { throw .invalidArgument("format knows %s, %I, %L and %%") }
        kind = letter
        let place = position.map { $0 - 1 } ?? next
        guard place >= 0, place < count else { throw .invalidArgument("format has too few arguments") }
        next = place + 1
        argument = place
    }

    /// A value's text in the mark's kind, padded. NULL is nothing as `%s`, and the word as `%L`.
    ///
    /// - Throws: `.outside(.nullName)` for NULL as `%I`.
    func shown(_ value: ArraySlice<UInt8>?) throws(KernelError) -> [UInt8] {
        var text: [UInt8]
        switch kind {
        case UInt8(ascii: "I"):
            guard let value else { throw .outside(.nullName, "format: a name cannot be NULL") }
            text = SQLText.name(value)
        case UInt8(ascii: "L"): text = value.map(SQLText.literal) ?? Array("NULL".utf8)
        default: text = value.map { Array($0) } ?? []
        }
        let missing = width - TextKernels.scalarCount(text[...])
        if missing > 0 {
            let blanks = [UInt8](repeating: 0x20, count: missing)
            text = isLeft ? text + blanks : blanks + text
        }
        return text
    }
}

/// Names and texts as the text of a statement has them.
enum SQLText {
    /// Without quotes where a lexer reads the same name wherever it stands: small letters, digits and `_`, no digit at the start, and no keyword but those
    /// that are not reserved in any way.
    @Sendable static func name(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let isPlain = text.first.map { $0 == UInt8(ascii: "_") || (0x61...0x7A).contains($0) } ?? false
            && text.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        if isPlain, Keywords.mayNameAnything(String(decoding: text, as: UTF8.self)) { return Array(text) }
        return quoted(text, UInt8(ascii: "\""))
    }

    /// `'…'`, or `E'…'` where there is a backslash.
    @Sendable static func literal(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.contains(UInt8(ascii: "\\")) else { return quoted(text, UInt8(ascii: "'")) }
        // Backslashes are doubled first, then quotes; between the two the outer marks of the first are taken off.
        return [UInt8(ascii: "E")] + quoted(quoted(text, UInt8(ascii: "\\")).dropFirst().dropLast(), UInt8(ascii: "'"))
    }

    /// Between marks, with those within doubled.
    private static func quoted(_ text: ArraySlice<UInt8>, _ mark: UInt8) -> [UInt8] {
        var result = [mark]
        for byte in text {
            if byte == mark { result.append(mark) }
            result.append(byte)
        }
        return result + [mark]
    }
}
