extension ColumnType {
    /// Types within types that are read; `sqlName` of what the store keeps has far fewer.
    private static let depthMax = 64

    /// What `sqlName` says; nil of any other text. Field IDs, and whether a moment had nanoseconds, are not in it.
    ///
    ///     type    ::= ( word | "DECIMAL(" precision "," scale ")" | "STRUCT(" name " " type { ", " name " " type } ")" ) { "[]" }
    ///     name    ::= in double quotes, a quote within written twice
    ///
    /// Words are in upper case, and blanks stand only where `sqlName` puts them. VARCHAR is `.string`, whichever type wrote it.
    package init?(sqlName: String) {
        var rest = sqlName[...]
        guard let type = Self.read(&rest, depth: 0), rest.isEmpty else { return nil }
        self = type
    }

    /// Takes a type from the front of `rest`; nil leaves `rest` anywhere.
    private static func read(_ rest: inout Substring, depth: Int) -> ColumnType? {
        guard depth < depthMax else { return nil }
        let word = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(word.count)
        guard var type = word == "STRUCT" ? structure(&rest, depth: depth) : word == "DECIMAL" ? decimal(&rest) : plain[String(word)] else { return nil }
        // Each pair of brackets wraps one more list around what was read: bounded apart from structs, which go by recursion.
        var dimensionCount = 0
        while take("[]", &rest) {
            dimensionCount += 1
            guard dimensionCount < depthMax else { return nil }
            type = .list(element: Field("element", type))
        }
        return type
    }

    /// Types without parts, by their names.
    private static let plain: [String: ColumnType] = {
        let all: [ColumnType] = [
            .boolean, .int32, .int64, .double, .string, .binary, .json(isBinary: false), .json(isBinary: true), .uuid, .date, .time, .timestamp(isUTC: false), .timestamp(isUTC: true), .interval,
        ]
        return Dictionary(all.map { ($0.sqlName, $0) }, uniquingKeysWith: { first, _ in first })
    }()

    private static func take(_ sign: String, _ rest: inout Substring) -> Bool {
        guard rest.hasPrefix(sign) else { return false }
        rest = rest.dropFirst(sign.count)
        return true
    }

    /// `(18,4)`
    private static func decimal(_ rest: inout Substring) -> ColumnType? {
        guard take("(", &rest), let end = rest.firstIndex(of: ")") else { return nil }
        let numbers = rest[..<end].split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        rest = rest[rest.index(after: end)...]
        guard numbers.count == 2, let precision = numbers[0], let scale = numbers[1], (1...38).contains(precision), (0...precision).contains(scale) else { return nil }
        return .decimal(precision: precision, scale: scale)
    }

    /// `("name" VARCHAR, …)`
    private static func structure(_ rest: inout Substring, depth: Int) -> ColumnType? {
        guard take("(", &rest) else { return nil }
        var fields: [Field] = []
        while !take(")", &rest) {
            guard fields.isEmpty || take(", ", &rest), let name = name(&rest), take(" ", &rest), let type = read(&rest, depth: depth + 1) else { return nil }
            fields.append(Field(name, type))
        }
        return .structure(fields)
    }

    /// A name in double quotes, in which two are one.
    private static func name(_ rest: inout Substring) -> String? {
        guard take("\"", &rest) else { return nil }
        var name = ""
        while let character = rest.popFirst() {
            if character != "\"" { name.append(character) } else if take("\"", &rest) { name.append(character) } else { return name }
        }
        return nil
    }
}
