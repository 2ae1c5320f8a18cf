/// The name of a selected column without alias, as PostgreSQL gives it.
///
/// PostgreSQL's `FigureColname`: a column its last name, a call its function, a cast what is cast or else its type, anything else `?column?`.
enum OutputNames {
    static func name(of expression: ExpressionSyntax) -> String { chosen(expression)?.text ?? "?column?" }

    /// Names of types as PostgreSQL's catalog has them.
    private static let internalTypeNames = [
        "integer": "int4", "int": "int4", "bigint": "int8", "double precision": "float8", "double": "float8", "float": "float8",
        "decimal": "numeric", "dec": "numeric", "boolean": "bool", "timestamp with time zone": "timestamptz",
        "character varying": "varchar", "blob": "bytea", "smallint": "int2", "real": "float4", "character": "bpchar", "bit varying": "varbit",
    ]

    /// A name, and whether it is the value's own: that of a type or of CASE gives way to the next one further out.
    private static func chosen(_ expression: ExpressionSyntax) -> (text: String, isOwn: Bool)? {
        switch expression.kind {
        case .name(let parts), .star(let parts): return parts.last.map { ($0.text, true) }
        case .field(_, let name): return (name.text, true)
        case .element(let owner, _), .slice(let owner, _): return chosen(owner)
        case .function(let call):
            return (call.columnName ?? call.name.text, true)
        case .collated(let operand, _): return chosen(operand)
        case .cast(_, let type) where type.columnName != nil: return type.columnName.map { ($0, true) }
        case .cast(_, let type) where type.name == TypeNameSyntax.bitDigits: return nil
        case .cast(let operand, let type):
            if let own = chosen(operand), own.isOwn { return own }
            return (typeName(type), false)
        case .typedString(let type, _): return (typeName(type), false)
        case .interval: return ("interval", false)
        case .caseWhen(_, _, let otherwise):
            if let otherwise, let own = chosen(otherwise), own.isOwn { return own }
            return ("case", false)
        case .exists: return ("exists", true)
        case .array, .arrayQuery: return ("array", true)
        case .row: return ("row", true)
        case .atTimeZone: return ("timezone", true)
        case .scalarQuery(let query): return name(ofFirstColumn: query.body).map { ($0, true) }
        default: return nil
        }
    }

    /// An interval's fields are no part of its name, and FLOAT(24) is a REAL.
    private static func typeName(_ type: TypeNameSyntax) -> String {
        if type.name == "float", let bits = type.modifiers.first, bits < 25 { return "float4" }
        return type.name.hasPrefix("interval ") ? "interval" : internalTypeNames[type.name] ?? type.name
    }

    /// A subquery is called as its first column is.
    private static func name(ofFirstColumn body: QueryBody) -> String? {
        switch body {
        case .select(let select):
            guard let item = select.items.first else { return nil }
            return item.alias?.text ?? chosen(item.expression)?.text
        case .values: return "column1"
        case .nested(let query): return name(ofFirstColumn: query.body)
        case .setOperation(_, _, let left, _, _): return name(ofFirstColumn: left)
        }
    }
}
