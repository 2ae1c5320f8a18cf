package import ColumnStore

/// The relations of `information_schema`: there at every door, with all columns that PostgreSQL 15 has.
package enum InformationSchema {
    package struct Relation: Sendable {
        /// PostgreSQL's own, below what users make.
        package let number: Int64
        package let name: String
        package let columns: [Domain]

        package struct Domain: Sendable {
            package let name: String
            package let type: ColumnType
            /// What PostgreSQL calls its type, where `type` does not tell.
            package let declared: String?
        }

        /// The relation with `rows`, each by the names of its columns: NULL where it says nothing.
        func table(_ rows: [[String: Value]]) -> MemoryTable {
            var builders = columns.map { ColumnBuilder(type: $0.type) }
            for row in rows {
                for (index, column) in columns.enumerated() { builders[index].append(row[column.name] ?? .null) }
            }
            let made = builders.indices.map { builders[$0].finish() }
            return MemoryTable(
                schema: Schema(columns.map { Field($0.name, $0.type) }), batches: rows.isEmpty ? [] : [ColumnBatch(rowCount: rows.count, columns: made)],
                declaredTypes: Dictionary(columns.compactMap { column in column.declared.map { (column.name, $0) } }, uniquingKeysWith: { $1 }))
        }
    }

    package static let all: [Relation] = {
        // A line that begins with blanks goes on with the one before.
        InformationSchemaText.all.replacing("\n        ", with: " ").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 2, let number = Int64(words[0]) else { return nil }
            return Relation(number: number, name: String(words[1].dropLast()), columns: words.dropFirst(2).compactMap(domain))
        }
    }()

    package static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// `table_name:i`
    private static func domain(_ word: Substring) -> Relation.Domain? {
        guard let mark = word.lastIndex(of: ":") else { return nil }
        let name = String(word[..<mark])
        return switch word[word.index(after: mark)...] {
        case "i": Relation.Domain(name: name, type: .string, declared: "name")
        case "o": Relation.Domain(name: name, type: .int64, declared: "oid")
        case "a": Relation.Domain(name: name, type: .list(element: Field("element", .string)), declared: nil)
        case "n": Relation.Domain(name: name, type: .int32, declared: nil)
        case "t": Relation.Domain(name: name, type: .timestampTZ, declared: nil)
        default: Relation.Domain(name: name, type: .string, declared: "varchar")
        }
    }
}
