internal import ColumnStore

/// Reads a path:
///
///     path     = ("$" | "$$") step*          in filters "@" step* too
///     step     = "." name | "." "*" | ".." (name | "*" | bracket) | bracket
///     bracket  = "[" ("*" | index ("," index)* | [index] ":" [index] [":" index] | text ("," text)* | "?" filter) "]"
///     text     = "'" … "'" | '"' … '"', in which \ takes the next character as it is
///
/// A name ends before any of . [ ] ( ) , ' " and blanks. Functions of a path (`.length()`) and regular expressions are refused by name.
///
/// After Jayway's JsonPath, whose syntax the states language takes.
struct PathParser {
    /// Handed to a `FilterParser` and back: both read one text.
    private(set) var scanner: Scanner

    /// - Throws: where and why the text is no path; also for a path that is too long.
    static func parse(_ text: String) throws(ExpressionFault) -> Path {
        guard text.utf8.count <= Path.byteCountMax else { throw ExpressionFault(offset: Path.byteCountMax, "a path of more than \(Path.byteCountMax) bytes") }
        var parser = PathParser(Scanner(text))
        let path = try parser.path(isInFilter: false, depth: 0)
        guard parser.scanner.isAtEnd else { throw parser.scanner.fault("text after the path") }
        return path.path
    }

    init(_ scanner: Scanner) { self.scanner = scanner }

    /// - Returns: the path, and whether it begins at a filter's element.
    mutating func path(isInFilter: Bool, depth: Int) throws(ExpressionFault) -> (path: Path, isFromElement: Bool) {
        let start = scanner.position
        var root = Path.Root.data
        var isFromElement = false
        if isInFilter, scanner.take("@") {
            isFromElement = true
        } else {
            guard scanner.take("$") else { throw scanner.fault("a path begins with $") }
            if scanner.take("$") { root = .context }
        }
        var steps: [Path.Step] = []
        while let step = try step(depth: depth) {
            guard steps.count < Path.stepCountMax else { throw scanner.fault("a path of more than \(Path.stepCountMax) steps") }
            steps.append(step)
        }
        return (Path(text: scanner.text(from: start), root: root, steps: steps), isFromElement)
    }

    /// Nil where no further step begins: what stands there is the caller's.
    private mutating func step(depth: Int) throws(ExpressionFault) -> Path.Step? {
        if scanner.take(".") {
            if scanner.take(".") {
                if scanner.current == UInt8(ascii: "[") { return .descend(try bracket(depth: depth)) }
                return .descend(try dotted())
            }
            return try dotted()
        }
        return scanner.current == UInt8(ascii: "[") ? try bracket(depth: depth) : nil
    }

    /// What stands behind a dot.
    private mutating func dotted() throws(ExpressionFault) -> Path.Step {
        if scanner.take("*") { return .wildcard }
        let name = scanner.name()
        guard !name.isEmpty else { throw scanner.fault("a member's name is missing") }
        if scanner.current == UInt8(ascii: "(") { throw scanner.fault("paths have no functions: \(String(decoding: name, as: UTF8.self))()") }
        return .member(name)
    }

    /// - Parameter depth: of filters around this path.
    private mutating func bracket(depth: Int) throws(ExpressionFault) -> Path.Step {
        try scanner.expect("[")
        scanner.skipBlanks()
        let step: Path.Step
        switch scanner.current {
        case UInt8(ascii: "*"):
            scanner.advance()
            step = .wildcard
        case UInt8(ascii: "?"):
            scanner.advance()
            scanner.skipBlanks()
            guard depth < Path.depthMax else { throw scanner.fault("filters nested deeper than \(Path.depthMax)") }
            var parser = FilterParser(scanner, depth: depth + 1)
            step = .filter(try parser.parenthesized())
            scanner = parser.scanner
        case UInt8(ascii: "'"), UInt8(ascii: "\""): step = try names()
        default: step = try numbers()
        }
        scanner.skipBlanks()
        try scanner.expect("]")
        return step
    }

    /// One name in quotes is a member as `.name` is, several are `members`.
    private mutating func names() throws(ExpressionFault) -> Path.Step {
        var names = [try scanner.quoted()]
        scanner.skipBlanks()
        while scanner.take(",") {
            scanner.skipBlanks()
            names.append(try scanner.quoted())
            scanner.skipBlanks()
        }
        return names.count == 1 ? .member(names[0]) : .members(names)
    }

    /// An index, several, or a slice. A slice may lack its bounds, but not go backwards.
    private mutating func numbers() throws(ExpressionFault) -> Path.Step {
        let first = try scanner.integer()
        scanner.skipBlanks()
        if scanner.take(":") {
            scanner.skipBlanks()
            let end = try scanner.integer()
            scanner.skipBlanks()
            var stride = 1
            if scanner.take(":") {
                scanner.skipBlanks()
                stride = try scanner.integer() ?? 1
                // Bounded, so that stepping on from the last element cannot overflow.
                guard (1...1 << 30).contains(stride) else { throw scanner.fault("a slice goes forward") }
            }
            return .slice(first, end, by: stride)
        }
        guard let first else { throw scanner.fault("not a name in quotes, an index, a slice, a wildcard or a filter") }
        var indexes = [first]
        while scanner.take(",") {
            scanner.skipBlanks()
            guard let next = try scanner.integer() else { throw scanner.fault("an index is missing") }
            indexes.append(next)
            scanner.skipBlanks()
        }
        return indexes.count == 1 ? .index(first) : .indexes(indexes)
    }
}

extension Path {
    /// - Throws: where and why the text is no path.
    package init(_ text: String) throws(ExpressionFault) { self = try PathParser.parse(text) }
}
