import ColumnStore

/// SQL's names of types, as results, DESCRIBE and messages show them.
enum TypeName {
    static func sql(_ type: ColumnType) -> String {
        switch type {
        case .boolean: "BOOLEAN"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .string, .null: "VARCHAR"
        case .binary: "BLOB"
        case .uuid: "UUID"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC): isUTC ? "TIMESTAMPTZ" : "TIMESTAMP"
        case .interval: "INTERVAL"
        case .list(let element): sql(element.type) + "[]"
        case .structure(let fields):
            "STRUCT(" + fields.map { "\(quoted($0.name)) \(sql($0.type))" }.joined(separator: ", ") + ")"
        }
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
