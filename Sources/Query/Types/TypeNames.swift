internal import ColumnStore

/// Types by the names that SQL has for them.
enum TypeNames {
    /// A type that CAST names, and what else the cast must do.
    struct Target {
        var type: ColumnType
        /// VARCHAR(n): an explicit cast cuts to this many characters.
        var lengthMax: Int?
        /// NUMERIC without precision: the scale is whatever the operand has.
        var keepsScale = false
        /// NUMERIC(p, -s): the tens, hundreds … that values are rounded to, as `round` counts digits.
        var roundedDigits: Int?
        /// NUMERIC(p, s) of an s above p, whose values begin with zeros behind the mark: the type by which they are checked, and which nothing has.
        var fitting: ColumnType?
        /// TIMESTAMP(p), TIME(p), INTERVAL(p): digits of a second.
        var secondDigits: Int?
        /// INTERVAL DAY TO MINUTE: what finer is cut off.
        var intervalFields: IntervalText.Fields?
        /// A narrower type of PostgreSQL's, kept as this one: its values must be in its range.
        var narrow: Narrow?

        enum Narrow { case int16, float32 }

        /// CHAR(n): blanks at its end mean nothing, and are not kept.
        var isPadded: Bool { declared == "bpchar" && lengthMax != nil }

        /// What a dialect calls it, where `type` does not tell.
        var declared: String?
        var declaredName: String? {
            switch narrow {
            case .int16: "int2"
            case .float32: "float4"
            case nil: if let declared, let lengthMax { "\(declared)(\(lengthMax))" } else { declared }
            }
        }
    }

    /// The n of a declared CHAR(n); nil of every other type.
    static func paddedLength(_ declared: String) -> Int? {
        declared.hasPrefix("bpchar(") ? Int(declared.dropFirst("bpchar(".count).dropLast()) : nil
    }

    static func target(_ syntax: TypeNameSyntax) throws(QueryError) -> Target {
        guard !syntax.isArray else { throw .unsupported("casts to arrays are not supported", at: syntax.position) }
        let target: Target
        switch syntax.name {
        case "boolean", "bool": target = Target(type: .boolean)
        case "integer", "int", "int4": target = Target(type: .int32)
        case "bigint", "int8": target = Target(type: .int64)
        case "double precision", "double", "float8": target = Target(type: .double)
        case "float":
            guard let bits = syntax.modifiers.first else { return Target(type: .double) }
            guard (1...53).contains(bits), syntax.modifiers.count == 1 else { throw .badSQL("FLOAT(p) needs p from 1 to 53", at: syntax.position).because(.badValue) }
            return Target(type: .double, narrow: bits < 25 ? .float32 : nil)
        case "real", "float4": target = Target(type: .double, narrow: .float32)
        case "smallint", "int2": target = Target(type: .int32, narrow: .int16)
        case "json": target = Target(type: .json(isBinary: false))
        case "jsonb": target = Target(type: .jsonb)
        case "time": return try time(syntax)
        case "jsonpath": target = Target(type: .string, declared: "jsonpath")
        case "name": target = Target(type: .string, declared: "name")
        // In quotes alone: CHAR without them is called `character` by now.
        case "char" where syntax.modifiers.isEmpty: target = Target(type: .string, declared: "char")
        // A text: what reads it finds whether it is any.
        case "xml": target = Target(type: .string, declared: "xml")
        case "bit", "bit varying", "varbit", TypeNameSyntax.bitDigits: return try bits(syntax)
        case "decimal", "numeric", "dec": return try decimal(syntax)
        case "varchar", "character varying", "text", "string", "bpchar": return try text(syntax)
        case "char", "character": return try text(syntax.modifiers.isEmpty ? TypeNameSyntax(name: syntax.name, modifiers: [1], isArray: false, position: syntax.position) : syntax)
        case "bytea", "blob": target = Target(type: .binary)
        case "uuid": target = Target(type: .uuid)
        case "date": target = Target(type: .date)
        case "timestamp": target = Target(type: .timestamp(isUTC: false))
        case "timestamptz", "timestamp with time zone": target = Target(type: .timestampTZ)
        case "interval": target = Target(type: .interval)
        case let name where name.hasPrefix("interval "): return try interval(syntax, String(name.dropFirst(9)))
        case "oid", "regclass": throw .unsupported("the type \(syntax.name.uppercased()) is not supported", at: syntax.position)
        case let name:
            guard let advice = UnsupportedTypes.advice[name] else { throw unknown(syntax) }
            throw .unsupported("the type \(name.uppercased()) is not supported", at: syntax.position, hint: advice)
        }
        if TypeRules.isTimestamp(target.type) || target.type == .interval, syntax.modifiers.count == 1 {
            return timed(target.type, syntax)
        }
        guard syntax.modifiers.isEmpty else {
            throw .badSQL("\(syntax.name.uppercased()) takes no modifier", at: syntax.position)
        }
        return target
    }

    private static func time(_ syntax: TypeNameSyntax) throws(QueryError) -> Target {
        guard syntax.modifiers.count <= 1 else { throw .badSQL("TIME takes one modifier", at: syntax.position) }
        return timed(.time, syntax)
    }

    /// With digits of a second, of which there are six at most, and an interval's fields.
    private static func timed(_ type: ColumnType, _ syntax: TypeNameSyntax, fields: IntervalText.Fields? = nil) -> Target {
        var target = Target(type: type, secondDigits: digits(syntax), intervalFields: fields)
        target.declared = DeclaredType.time(type, digits: syntax.modifiers.first.map { min($0, 6) }, fields: fields?.bits)
        return target
    }

    /// Nil for all six, as there are no more.
    private static func digits(_ syntax: TypeNameSyntax) -> Int? { syntax.modifiers.first.flatMap { $0 < 6 ? $0 : nil } }

    private static func interval(_ syntax: TypeNameSyntax, _ fields: String) throws(QueryError) -> Target {
        guard let named = IntervalText.Fields(rawValue: fields) else { throw .badSQL("INTERVAL has no fields \(fields.uppercased())", at: syntax.position) }
        return timed(.interval, syntax, fields: named)
    }

    private static let known = [
        "boolean", "integer", "int", "bigint", "double", "decimal", "numeric", "varchar", "text", "bytea", "blob", "date",
        "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "time", "smallint", "real",
    ]

    private static func unknown(_ syntax: TypeNameSyntax) -> QueryError {
        let meant = NameSuggestion.closest(to: syntax.name, among: known)
        return .badSQL(
            "there is no type \(SyntaxPrinter.name(syntax.name))", at: syntax.position,
            hint: meant.map { "did you mean \($0.uppercased())?" }).because(.undefinedType)
    }

    /// PostgreSQL's own.
    private static let precisionMax = 1_000

    private static func decimal(_ syntax: TypeNameSyntax) throws(QueryError) -> Target {
        guard let precision = syntax.modifiers.first else { return Target(type: .decimal38(scale: 0), keepsScale: true) }
        let scale = syntax.modifiers.count > 1 ? syntax.modifiers[1] : 0
        guard syntax.modifiers.count <= 2, (1...precisionMax).contains(precision), (-precisionMax...precisionMax).contains(scale) else {
            throw .badSQL("DECIMAL(p, s) needs p from 1 to \(precisionMax) and s from -\(precisionMax) to \(precisionMax)", at: syntax.position).because(.badValue)
        }
        if scale < 0 { return Target(type: .decimal(precision: min(precision - scale, TypeRules.digitCountMax), scale: 0), roundedDigits: scale) }
        guard scale <= TypeRules.digitCountMax else { throw .unsupported("a DECIMAL has at most \(TypeRules.digitCountMax) digits here", at: syntax.position) }
        if scale > precision { return Target(type: .decimal38(scale: scale), fitting: .decimal(precision: precision, scale: scale)) }
        // A value of more digits than there are here is refused where it comes.
        return Target(type: .decimal(precision: min(precision, TypeRules.digitCountMax), scale: scale))
    }

    /// More bits PostgreSQL has in no type's name.
    private static let bitCountMax = 83_886_080

    private static func bits(_ syntax: TypeNameSyntax) throws(QueryError) -> Target {
        let declared = syntax.name == "bit varying" || syntax.name == "varbit" ? "varbit" : "bit"
        guard let length = syntax.modifiers.first else { return Target(type: .string, declared: declared) }
        guard syntax.modifiers.count == 1, (1...bitCountMax).contains(length) else {
            throw .badSQL("\(syntax.name.uppercased())(n) needs n from 1 to \(bitCountMax)", at: syntax.position).because(.badValue)
        }
        return Target(type: .string, lengthMax: length, declared: declared)
    }

    private static func text(_ syntax: TypeNameSyntax) throws(QueryError) -> Target {
        let declared: String? = switch syntax.name {
        case "varchar", "character varying": "varchar"
        case "bpchar", "char", "character": "bpchar"
        default: nil
        }
        guard let length = syntax.modifiers.first else { return Target(type: .string, declared: declared) }
        guard syntax.modifiers.count == 1, syntax.name != "text", (1...10_485_760).contains(length) else {
            throw .badSQL("VARCHAR(n) needs n from 1 to 10485760", at: syntax.position).because(.badValue)
        }
        return Target(type: .string, lengthMax: length, declared: declared)
    }
}
