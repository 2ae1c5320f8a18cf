package import ColumnStore

// Columns as text, for catalogs and hot files: `name<US>TYPE<RS>` for each, where a nested type brackets its members.
//
//   columns = column*            column = name US type RS
//   type    = BOOLEAN | INTEGER | BIGINT | DOUBLE | DECIMAL(p,s) | VARCHAR | BLOB | DATE | TIMESTAMPTZ
//           | LIST { columns }

/// Reads and writes the columns that a type adds to its table.
///
/// Names have no control characters, so the separators need no escape.
package enum SchemaEncoding {
    private static let unit: Character = "\u{1F}"
    private static let record: Character = "\u{1E}"

    package static func text(_ fields: [Field]) -> String {
        fields.map { "\($0.name)\(unit)\(text($0.type))\(record)" }.joined()
    }

    /// A list with its members in brackets, all else by its name.
    private static func text(_ type: ColumnType) -> String {
        guard case .list(let element) = type else { return type.sqlName }
        return if case .structure(let members) = element.type { "LIST{\(text(members))}" } else { "LIST{}" }
    }

    /// Nil when the text is not what `text` writes.
    ///
    /// - Complexity: O(bytes); depth is bounded by what types may declare, since nothing else is written here.
    package static func fields(_ text: String) -> [Field]? {
        var rest = Substring(text)
        guard let fields = columns(&rest), rest.isEmpty else { return nil }
        return fields
    }

    /// Up to a closing bracket or the end.
    private static func columns(_ rest: inout Substring) -> [Field]? {
        var fields: [Field] = []
        while !rest.isEmpty, rest.first != "}" {
            guard let end = rest.firstIndex(of: unit) else { return nil }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            guard let type = type(&rest), rest.first == record else { return nil }
            rest.removeFirst()
            fields.append(Field(name, type))
        }
        return fields
    }

    /// Stops before the record's separator.
    private static func type(_ rest: inout Substring) -> ColumnType? {
        if rest.hasPrefix("LIST{") {
            rest.removeFirst(5)
            guard let members = columns(&rest), rest.first == "}" else { return nil }
            rest.removeFirst()
            return .list(element: Field("element", .structure(members)))
        }
        let end = rest.firstIndex(of: record) ?? rest.endIndex
        let name = rest[..<end]
        rest = rest[end...]
        switch name {
        case "BOOLEAN": return .boolean
        case "INTEGER": return .int32
        case "BIGINT": return .int64
        case "DOUBLE": return .double
        case "VARCHAR": return .string
        case "BLOB": return .binary
        case "DATE": return .date
        case "TIMESTAMPTZ": return .timestampTZ
        default: break
        }
        guard name.hasPrefix("DECIMAL("), name.hasSuffix(")") else { return nil }
        let parts = name.dropFirst(8).dropLast().split(separator: ",")
        guard parts.count == 2, let precision = Int(parts[0]), let scale = Int(parts[1]) else { return nil }
        guard (1...38).contains(precision), (0...precision).contains(scale) else { return nil }
        return .decimal(precision: precision, scale: scale)
    }
}
