extension ColumnType {
    /// The type as SQL and people know it: `DECIMAL(18,4)`, `STRUCT("name" VARCHAR, …)[]`.
    package var sqlName: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .string, .null: "VARCHAR"
        case .binary: "BLOB"
        case .json(let isBinary): isBinary ? "JSONB" : "JSON"
        case .uuid: "UUID"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC): isUTC ? "TIMESTAMPTZ" : "TIMESTAMP"
        case .interval: "INTERVAL"
        case .list(let element): element.type.sqlName + "[]"
        case .structure(let fields):
            "STRUCT(" + fields.map { "\(Self.quoted($0.name)) \($0.type.sqlName)" }.joined(separator: ", ") + ")"
        }
    }

    private static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
