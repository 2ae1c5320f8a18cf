/// The name of a selected column without alias, as PostgreSQL gives it.
enum OutputNames {
    static func name(of expression: ExpressionSyntax) -> String { chosen(expression) ?? "?column?" }

    private static let internalTypeNames = [
        "integer": "int4", "int": "int4", "bigint": "int8", "double precision": "float8", "double": "float8", "float": "float8",
        "decimal": "numeric", "dec": "numeric", "boolean": "bool", "timestamp with time zone": "timestamptz",
        "character varying": "varchar", "blob": "bytea", "smallint": "int2", "real": "float4", "char": "bpchar", "character": "bpchar",
    ]

    private static func chosen(_ expression: ExpressionSyntax) -> String? {
        switch expression.kind {
        case .name(let parts): return parts.last?.text
        case .field(_, let name): return name.text
        case .element(let owner, _), .slice(let owner, _, _): return chosen(owner)
        case .function(let call):
            return ["current_date", "current_timestamp", "localtimestamp"].contains(call.name.text)
                ? call.name.text : call.name.text == "strpos" ? "position" : call.name.text
        case .collated(let operand, _): return chosen(operand)
        case .cast(let operand, let type): return chosen(operand) ?? typeName(type)
        case .typedString(let type, _): return typeName(type)
        case .interval: return "interval"
        case .boolean: return "bool"
        case .caseWhen(_, _, let otherwise):
            if let otherwise, case .name(let parts) = otherwise.kind { return parts.last?.text }
            return "case"
        case .exists: return "exists"
        case .array, .arrayQuery: return "array"
        case .row: return "row"
        case .atTimeZone: return "timezone"
        case .scalarQuery(let query): return name(ofFirstColumn: query.body)
        default: return nil
        }
    }

    private static func typeName(_ type: TypeNameSyntax) -> String { type.name.hasPrefix("interval ") ? "interval" : internalTypeNames[type.name] ?? type.name }

    private static func name(ofFirstColumn body: QueryBody) -> String? {
        switch body {
        case .select(let select):
            guard let item = select.items.first else { return nil }
            return item.alias?.text ?? chosen(item.expression)
        case .values: return "column1"
        case .nested(let query): return name(ofFirstColumn: query.body)
        case .setOperation(_, _, let left, _, _): return name(ofFirstColumn: left)
        }
    }
}
