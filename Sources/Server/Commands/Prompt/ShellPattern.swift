/// A name with wildcards as psql's `\d` has it: `rec*`, `till.*`, `"Odd".t?`. What stands outside double quotes is in lower case, and `*` and `?` stand for any
/// letters and for one.
struct ShellPattern {
    /// Patterns of LIKE; nil for any. What stands before a schema is the database, the only one there is.
    private(set) var schema: String?
    private(set) var name: String?
    private(set) var hasWildcard = false

    init(_ text: String) {
        var parts = [""]
        var isQuoted = false
        var place = text.startIndex
        while place < text.endIndex {
            let sign = text[place]
            place = text.index(after: place)
            switch sign {
            case "\"":
                let isDoubled = isQuoted && place < text.endIndex && text[place] == "\""
                if isDoubled { place = text.index(after: place) } else { isQuoted.toggle() }
                if isDoubled { parts[parts.count - 1] += "\"" }
            case "." where !isQuoted: parts.append("")
            case "*" where !isQuoted, "?" where !isQuoted:
                parts[parts.count - 1] += sign == "*" ? "%" : "_"
                hasWildcard = true
            case "%", "_", "\\": parts[parts.count - 1] += "\\" + String(sign)
            default: parts[parts.count - 1] += isQuoted ? String(sign) : sign.lowercased()
            }
        }
        name = Self.some(parts[parts.count - 1])
        if parts.count > 1 { schema = Self.some(parts[parts.count - 2]) }
    }

    private static func some(_ part: String) -> String? { part.isEmpty ? nil : part }

    /// A text as SQL writes it.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// What of information_schema it means, to follow other conditions.
    func condition(schema schemaColumn: String = "table_schema", name nameColumn: String) -> String {
        var text = ""
        if let schema { text += " AND \(schemaColumn) LIKE \(Self.quoted(schema))" }
        if let name { text += " AND \(nameColumn) LIKE \(Self.quoted(name))" }
        return text
    }
}
