import ColumnStore

/// Reads a path, by precedence climbing: what a text cannot say is refused here, so that a walk meets no such thing.
///
/// One function for each rule of the grammar at `JSONPath`. `token` is the one at hand, and is passed by `advance`.
///
/// Invariants:
/// 1. `depth` levels of `part` are open, `filterDepth` filters and `subscriptDepth` subscripts: `@` and `last` mean something in these alone;
/// 2. a node that is made is no higher than `heightMax`;
/// 3. of patterns there are `patternCount`, for which the meter holds `patternByteCount`.
struct JSONPathParser {
    static let byteCountMax = 64 << 10
    /// Of parentheses within each other, and of items behind each other: a walk's depth follows them.
    static let heightMax = 300
    /// Each is a program of RE2's, of which some take half a second and megabytes.
    static let patternCountMax = 64

    /// Items one behind the other, and whether the last says true or false.
    private struct Part {
        var items: [JSONPath.Item]
        var isPredicate = false

        /// - Precondition: `items` is not empty.
        var node: JSONPath.Node {
            var node = JSONPath.Node(items[items.count - 1], next: nil)
            for item in items.dropLast().reversed() { node = JSONPath.Node(item, next: node) }
            return node
        }
    }

    /// From loosest to tightest.
    private enum Precedence { static let or = 1, and = 2, comparison = 4, additive = 5, multiplicative = 6, sign = 7 }

    private var lexer: JSONPathLexer
    private var token = JSONPathLexer.Token.end
    private var depth = 0
    private var filterDepth = 0
    private var subscriptDepth = 0
    private var patternCount = 0
    private var patternByteCount = 0
    /// Of whoever follows the path; nil where it is only looked whether it is one.
    private let meter: WorkMeter?

    /// - Parameter meter: holds `JSONPath.byteCount` until it is told to `forget`. Nil: it is only looked whether the text is a path, perhaps as a statement is planned; its patterns are
    ///   compiled and not kept, so that nobody can follow it.
    /// - Throws: `.outside` with `.syntax`, or with what its numbers and patterns lack; `.tooLong` for too many; where their memory is not there; `.interrupted` when the statement is over.
    static func parse(_ text: [UInt8], _ meter: WorkMeter? = nil) throws(KernelError) -> JSONPath {
        guard text.count <= byteCountMax else { throw .outside(.tooLong, "a path of JSON takes \(byteCountMax) bytes at most") }
        var parser = JSONPathParser(lexer: JSONPathLexer(text), meter)
        do throws(KernelError) {
            return try parser.path()
        } catch {
            meter?.forget(parser.patternByteCount)
            throw error
        }
    }

    private init(lexer: JSONPathLexer, _ meter: WorkMeter?) { (self.lexer, self.meter) = (lexer, meter) }

    private mutating func path() throws(KernelError) -> JSONPath {
        try advance()
        if token == .end { throw .invalidText("JSONPATH") }
        let isStrict = try accept("strict")
        if !isStrict { _ = try accept("lax") }
        let whole = try part(above: 0)
        guard token == .end else { throw unexpected() }
        return JSONPath(isLax: !isStrict, start: try node(whole), byteCount: patternByteCount)
    }

    // MARK: Tokens

    private mutating func advance() throws(KernelError) { token = try lexer.next() }

    /// Whether this word stands here: in any case, but for those of JSON.
    private func at(_ word: String) -> Bool {
        guard case .word(let text) = token else { return false }
        // These are of JSON, which knows one spelling.
        if word == "true" || word == "false" || word == "null" { return text.elementsEqual(word.utf8) }
        return String(word: text).lowercased() == word
    }

    private func atSign(_ sign: String) -> Bool { token == .sign(sign) }

    private mutating func accept(_ word: String) throws(KernelError) -> Bool {
        guard at(word) else { return false }
        try advance()
        return true
    }

    private mutating func acceptSign(_ sign: String) throws(KernelError) -> Bool {
        guard atSign(sign) else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ sign: String) throws(KernelError) {
        guard try acceptSign(sign) else { throw unexpected() }
    }

    private mutating func expectWord(_ word: String) throws(KernelError) {
        guard try accept(word) else { throw unexpected() }
    }

    private func unexpected() -> KernelError { lexer.misplaced() }

    private static func tooDeep() -> KernelError { .outside(.tooLong, "a path of JSON is nested, or goes on, for more than \(heightMax) items") }

    /// - Throws: `.tooLong` past `heightMax`.
    private func node(_ part: Part) throws(KernelError) -> JSONPath.Node {
        guard part.items.count <= Self.heightMax else { throw Self.tooDeep() }
        let node = part.node
        guard node.height <= Self.heightMax else { throw Self.tooDeep() }
        return node
    }

    /// The part as a value: a condition is none.
    private func value(_ part: Part) throws(KernelError) -> JSONPath.Node {
        guard !part.isPredicate else { throw JSONPathLexer.fault("a condition stands where a value should") }
        return try node(part)
    }

    private func condition(_ part: Part) throws(KernelError) -> JSONPath.Node {
        guard part.isPredicate else { throw JSONPathLexer.fault("a value stands where a condition should") }
        return try node(part)
    }

    // MARK: Operators

    /// An operand with what follows it and binds tighter than `precedence`.
    private mutating func part(above precedence: Int) throws(KernelError) -> Part {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.heightMax else { throw Self.tooDeep() }
        var left = try prefix()
        while true {
            if let sign = arithmetic(), sign.precedence > precedence {
                try advance()
                let right = try part(above: sign.precedence)
                left = Part(items: [.arithmetic(sign.operation, try value(left), try value(right))])
            // A comparison gives a condition, which does not compare with anything.
            } else if precedence < Precedence.comparison, !left.isPredicate, let made = try comparison(left) {
                left = made
            } else if atSign("&&"), precedence < Precedence.and {
                try advance()
                let right = try part(above: Precedence.and)
                left = Part(items: [.and(try condition(left), try condition(right))], isPredicate: true)
            } else if atSign("||"), precedence < Precedence.or {
                try advance()
                let right = try part(above: Precedence.or)
                left = Part(items: [.or(try condition(left), try condition(right))], isPredicate: true)
            } else {
                return left
            }
        }
    }

    /// The operator at hand, not passed.
    private func arithmetic() -> (operation: JSONPath.Arithmetic, precedence: Int)? {
        guard case .sign(let sign) = token, let operation = JSONPath.Arithmetic(rawValue: sign) else { return nil }
        return (operation, operation == .add || operation == .subtract ? Precedence.additive : Precedence.multiplicative)
    }

    /// A comparison, `starts with` or `like_regex` behind a value; nil where none stands.
    private mutating func comparison(_ left: Part) throws(KernelError) -> Part? {
        if case .sign(let sign) = token, let operation = JSONPath.comparison(sign) {
            try advance()
            let right = try part(above: Precedence.comparison)
            return Part(items: [.comparison(operation, try value(left), try value(right))], isPredicate: true)
        }
        if try accept("starts") {
            try expectWord("with")
            let initial: JSONPath.Item
            switch token {
            case .string(let text): initial = .string(text)
            case .variable(let name): initial = .variable(name)
            default: throw unexpected()
            }
            try advance()
            return Part(items: [.startsWith(try value(left), JSONPath.Node(initial, next: nil))], isPredicate: true)
        }
        guard try accept("like_regex") else { return nil }
        guard case .string(let text) = token else { throw unexpected() }
        try advance()
        var flags = ""
        if try accept("flag") {
            guard case .string(let said) = token else { throw unexpected() }
            guard let known = AdvancedPattern.flags(said[...], of: "ismxq") else { throw JSONPathLexer.fault("like_regex has the flags i, s, m, x and q") }
            flags = known
            try advance()
        }
        return Part(items: [.matches(try value(left), try pattern(text, flags: flags))], isPredicate: true)
    }

    private mutating func pattern(_ text: [UInt8], flags: String) throws(KernelError) -> JSONPath.Pattern {
        patternCount += 1
        // Rules that are there go on with more, but none that a document brings.
        let isOfRule = meter.map { $0.cancellation == nil && $0.isPatternWritten } ?? true
        guard patternCount <= Self.patternCountMax || isOfRule && PlanningWork.current == nil else {
            throw .outside(.tooLong, "a path of JSON has \(Self.patternCountMax) patterns at most")
        }
        let pattern = try JSONPath.Pattern(text, flags: flags, meter)
        patternByteCount += pattern.metered?.byteCount ?? 0
        return pattern
    }

    /// A sign, `!`, or a start with its accessors.
    private mutating func prefix() throws(KernelError) -> Part {
        if atSign("-") || atSign("+") {
            let isNegative = atSign("-")
            try advance()
            let operand = try part(above: Precedence.sign)
            // `-1` is a number by itself.
            if operand.items.count == 1, case .number(let digits) = operand.items[0] {
                return Part(items: [.number(isNegative ? JSONPathNumber.negated(digits) : digits)])
            }
            return Part(items: [.sign(isNegative: isNegative, try value(operand))])
        }
        if try acceptSign("!") {
            // Nothing else may be denied without parentheses.
            guard atSign("(") || at("exists") else { throw unexpected() }
            let operand = try delimited()
            return Part(items: [.not(try condition(operand))], isPredicate: true)
        }
        var part = try start()
        while let item = try accessor() {
            guard part.items.count < Self.heightMax else { throw Self.tooDeep() }
            part = Part(items: part.items + [item])
        }
        return part
    }

    /// `( … )` or `exists ( … )`.
    private mutating func delimited() throws(KernelError) -> Part {
        if try accept("exists") {
            try expect("(")
            let inner = try value(try part(above: 0))
            try expect(")")
            return Part(items: [.exists(inner)], isPredicate: true)
        }
        try expect("(")
        let inner = try part(above: 0)
        try expect(")")
        return inner
    }

    /// What a path begins with, or a condition in parentheses, perhaps with `is unknown` behind it.
    private mutating func start() throws(KernelError) -> Part {
        if atSign("(") || at("exists") {
            let isExists = at("exists")
            let inner = try delimited()
            guard !isExists, inner.isPredicate, at("is") else { return inner }
            try advance()
            try expectWord("unknown")
            return Part(items: [.isUnknown(try node(inner))], isPredicate: true)
        }
        let item: JSONPath.Item
        switch token {
        case .sign("$"): item = .root
        case .sign("@"):
            guard filterDepth > 0 else { throw JSONPathLexer.fault("@ means something within a filter only") }
            item = .current
        case .number(let digits): item = .number(digits)
        case .string(let text): item = .string(text)
        case .variable(let name): item = .variable(name)
        default:
            if at("null") {
                item = .null
            } else if at("true") || at("false") {
                item = .boolean(at("true"))
            } else if at("last") {
                guard subscriptDepth > 0 else { throw JSONPathLexer.fault("last means something within a subscript only") }
                item = .last
            } else {
                throw unexpected()
            }
        }
        try advance()
        return Part(items: [item])
    }

    // MARK: Accessors

    /// A subscript, filter, member or method; nil where none stands.
    private mutating func accessor() throws(KernelError) -> JSONPath.Item? {
        if try acceptSign("[") { return try elements() }
        if try acceptSign("?") {
            try expect("(")
            filterDepth += 1
            defer { filterDepth -= 1 }
            let test = try condition(try part(above: 0))
            try expect(")")
            return .filter(test)
        }
        guard try acceptSign(".") else { return nil }
        if try acceptSign("*") { return .anyMember }
        if try acceptSign("**") { return try anyDepth() }
        let name: [UInt8]
        switch token {
        case .string(let text):
            try advance()
            return .member(text)
        case .word(let text): name = text
        default: throw unexpected()
        }
        try advance()
        // A name is a method only where brackets follow it.
        guard atSign("("), let method = JSONPath.Method(rawValue: String(word: name).lowercased()) else { return .member(name) }
        try advance()
        if method == .datetime, case .string(let template) = token {
            try advance()
            try expect(")")
            return .moment(template: template)
        }
        try expect(")")
        return .method(method)
    }

    /// Behind `[`.
    private mutating func elements() throws(KernelError) -> JSONPath.Item {
        if try acceptSign("*") {
            try expect("]")
            return .anyElement
        }
        subscriptDepth += 1
        defer { subscriptDepth -= 1 }
        var places: [JSONPath.Subscript] = []
        repeat {
            let first = try value(try part(above: 0))
            let last = try accept("to") ? try value(try part(above: 0)) : nil
            places.append(JSONPath.Subscript(first: first, last: last))
        } while try acceptSign(",")
        try expect("]")
        return .elements(places)
    }

    /// Behind `.**`.
    ///
    /// Without braces all levels.
    private mutating func anyDepth() throws(KernelError) -> JSONPath.Item {
        guard try acceptSign("{") else { return .anyDepth(first: 0, last: JSONPath.Levels.leaf) }
        let first = try level()
        let last = try accept("to") ? try level() : first
        try expect("}")
        return .anyDepth(first: first, last: last)
    }

    private mutating func level() throws(KernelError) -> Int {
        if try accept("last") { return JSONPath.Levels.leaf }
        guard case .number(let digits) = token else { throw unexpected() }
        guard !digits.contains(UInt8(ascii: ".")) else { throw unexpected() }
        guard let level = Int32(String(decoding: digits, as: UTF8.self)) else { throw .numericOverflow }
        try advance()
        return Int(level)
    }
}

extension JSONPath.Pattern {
    /// - Parameters:
    ///   - flags: i for any case, m for lines that ^ and $ mean, s for dots and sets that take line ends, q for a text that is no pattern.
    ///   - meter: nil where it is only looked whether this is a pattern.
    /// - Throws: `.outside` for unknown flags, for x, and for a pattern that RE2 has not; as `MeteredExpression`.
    init(_ text: [UInt8], flags: String, _ meter: WorkMeter?) throws(KernelError) {
        guard flags.allSatisfy({ "ismxq".contains($0) }) else { throw JSONPathLexer.fault("like_regex has the flags i, s, m, x and q") }
        let isPlain = flags.contains("q"), takesLineEnds = flags.contains("s")
        guard isPlain || !flags.contains("x") else { throw .outside(.notSupported, "the flag x of like_regex is not supported") }
        // XQuery's flags as PostgreSQL's: it is s that is said there, and not that a dot stops.
        let lines = flags.contains("m") ? takesLineEnds ? "w" : "n" : takesLineEnds ? "s" : "p"
        // What is only looked at may be a type's rule: whoever follows the path says what is none of PostgreSQL's.
        let use: AdvancedPattern.Use = meter?.cancellation != nil ? .path : .rule
        let head = try Self.head(text, ignoringCase: flags.contains("i"), flags: isPlain ? "q" : lines, for: use)
        let translated: [UInt8]
        do throws(RegularExpression.Fault) {
            translated = try AdvancedPattern.translated(head.rest, isTest: true, flags: head.flags, ignoringCase: head.ignoringCase, for: use)
        } catch {
            throw MeteredExpression.bad(error)
        }
        if let meter {
            metered = try MeteredExpression(translated, ignoringCase: head.ignoringCase, syntax: .re2, meter)
        } else {
            try Self.check(translated, ignoringCase: head.ignoringCase)
            metered = nil
        }
        self.text = text
        self.flags = "ismxq".filter { flags.contains($0) }
    }

    /// Rules go on with what RE2 has at a pattern's beginning, `(?i:a)` and names among it.
    private static func head(_ text: [UInt8], ignoringCase: Bool, flags: String, for use: AdvancedPattern.Use) throws(KernelError) -> PatternHead {
        do throws(KernelError) { return try PatternHead(text, ignoringCase: ignoringCase, flags: flags) } catch {
            guard use == .rule else { throw error }
            return PatternHead(silent: text, ignoringCase: ignoringCase, flags: flags)
        }
    }

    /// Compiling cannot be interrupted: the statement that is planned may end before it.
    private static func check(_ pattern: [UInt8], ignoringCase: Bool) throws(KernelError) {
        do throws(QueryError) { try PlanningWork.check() } catch { throw .interrupted(error) }
        do throws(RegularExpression.Fault) { _ = try RegularExpression(pattern, ignoringCase: ignoringCase, isTranslated: true) } catch { throw MeteredExpression.bad(error) }
    }
}
