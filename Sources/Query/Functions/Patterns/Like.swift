import ColumnStore

/// LIKE and ILIKE: text, pattern, and the escape character where one is given.
///
/// A constant pattern is compiled once for each place and worker; patterns of rows are compiled again where they change from one row to the next.
///
/// PostgreSQL 15's documentation, section 9.7.1.
extension SQLFunction {
    static let like = SQLFunction("like", summary: "whether a text is like a pattern, as `LIKE` says", takes: [.string, .string], gives: .boolean, runs: .like)
    static let notLike = SQLFunction("notlike", summary: "whether a text is not like a pattern, as `NOT LIKE` says", forms: [[.string, .string]]) { (call, typing) throws(QueryError) in
        .not(call.make(.like, try call.typed([.string, .string], typing), .boolean))
    }
}

extension ScalarFunction {
    static let like = matching("LIKE", ignoringCase: false, .pattern)
    static let ilike = matching("ILIKE", ignoringCase: true, nil)

    /// A pattern with an escape of its own as one with the usual escape.
    static let likeEscape = ScalarFunction(
        "like_escape", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let patterns = TextRows(call[0]), escapes = TextRows(call[1])
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(4 * patterns.range(at: row).count)
                try call.meter.charge(3 * patterns.range(at: row).count)
                return LikePattern.escaped(Array(patterns[row]), by: try checked(Array(escapes[row])))
            }
        })

    /// Each byte of a BLOB as the character of its number.
    static let bytesAsCharacters = ScalarFunction(
        "bytes_as_characters", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let bytes = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try call.meter.step(2 * bytes.range(at: row).count)
                try call.meter.charge(2 * bytes.range(at: row).count)
                var text: [UInt8] = []
                text.reserveCapacity(bytes.range(at: row).count)
                for byte in bytes[row] {
                    // In UTF-8 those past ASCII take two bytes.
                    if byte >= 0x80 { text.append(0xC0 | byte >> 6) }
                    text.append(byte < 0x80 ? byte : 0x80 | byte & 0x3F)
                }
                return text
            }
        })

    private static func matching(_ symbol: String, ignoringCase: Bool, _ sourceTest: SourceTest?) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .heavy,
            // A pattern may end in its escape character, and fails then where a text comes as far; a constant one can be looked at.
            failure: .depending { arguments, _ in !(arguments.count > 1 && arguments.dropFirst().allSatisfy(\.isLiteral)) || endsInEscape(arguments) },
            readsConstantsOnce: true,
            traits: Traits(sourceTest: sourceTest, isPatternTest: true),
            kernel: .remembering {
                let memory = PatternMemory()
                return { (call) throws(KernelError) in try match(call, ignoringCase: ignoringCase, memory) }
            })
    }

    private static func endsInEscape(_ arguments: [Expression]) -> Bool {
        guard case .bytes(let pattern)? = arguments[1].literalValue else { return false }
        guard arguments.count > 2 else { return LikePattern.endsInEscape(pattern, escape: Array("\\".utf8)) }
        guard case .bytes(let escape)? = arguments[2].literalValue else { return false }
        return LikePattern.endsInEscape(pattern, escape: escape)
    }

    private static func match(_ call: KernelCall, ignoringCase: Bool, _ memory: PatternMemory) throws(KernelError) -> Column {
        // Without ESCAPE it is a backslash.
        var escape = Array("\\".utf8)
        if let own = call.optional(2) {
            guard case .bytes(let given)? = own.constantValue else { return try matchEach(call, escapes: TextRows(own), ignoringCase: ignoringCase, memory) }
            escape = try checked(given)
        }
        if case .bytes(let text)? = call[1].constantValue {
            return try TextKernels.like(call[0], try memory.like(text, escape: escape, ignoringCase: ignoringCase, call.meter), call.meter)
        }
        return try call.eachPattern { (row, pattern, _) throws(KernelError) in
            try TextKernels.like(row, try memory.like(pattern, escape: escape, ignoringCase: ignoringCase, call.meter), call.meter)
        }
    }

    /// Each row with an escape character of its own.
    private static func matchEach(_ call: KernelCall, escapes: TextRows, ignoringCase: Bool, _ memory: PatternMemory) throws(KernelError) -> Column {
        try call.eachPattern([2]) { (text, pattern, row) throws(KernelError) in
            let escape = try checked(Array(escapes[row]))
            return try TextKernels.like(text, try memory.like(pattern, escape: escape, ignoringCase: ignoringCase, call.meter), call.meter)
        }
    }

    /// - Throws: `.outside(.invalidEscape)` for more than one character.
    private static func checked(_ escape: [UInt8]) throws(KernelError) -> [UInt8] {
        guard TextKernels.scalarCount(escape[...]) <= 1 else { throw .outside(.invalidEscape, "ESCAPE takes one character or none") }
        return escape
    }
}
