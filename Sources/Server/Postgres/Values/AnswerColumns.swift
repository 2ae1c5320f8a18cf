internal import ColumnStore
internal import Query

/// What a column of an answer is on PostgreSQL's wire.
enum AnswerColumns {
    /// PostgreSQL's own bound: a row's number of columns is an Int16, and its executor goes no further.
    static let countMax = 1_664
    /// Of `typmod`: PostgreSQL counts its header among the length.
    private static let modifierOffset = 4

    /// The wire's type of values of `type`: a nested one is a document in JSON.
    static func type(_ type: ColumnType) -> PostgresColumnType {
        switch type {
        case .list(let element):
            if case .structure = element.type { return .plain(.jsonb) }
            // PostgreSQL's arrays say what they hold, not in how many dimensions.
            return switch self.type(element.type) {
            case .plain(let plain): element.type.isNested ? .plain(plain) : .array(of: plain)
            case let inner: inner
            }
        default: return .plain(plain(type))
        }
    }

    private static func plain(_ type: ColumnType) -> PostgresType {
        switch type {
        case .boolean: .bool
        case .int32: .int4
        case .int64: .int8
        case .double: .float8
        case .decimal: .numeric
        case .string, .null: .text
        case .binary: .bytea
        case .json(let isBinary): isBinary ? .jsonb : .json
        case .uuid: .uuid
        case .date: .date
        case .time: .time
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC): isUTC ? .timestamptz : .timestamp
        case .interval: .interval
        case .list, .structure: .jsonb
        }
    }

    /// Types that catalogs and casts say, by the names that they say them by.
    private static let declared: [String: PostgresColumnType] = {
        var found: [String: PostgresColumnType] = [:]
        let types: [(String, PostgresType)] = [
            ("varchar", .varchar),
            ("oid", .oid), ("xid", .xid), ("name", .name), ("char", .char), ("int2", .int2), ("float4", .float4), ("int2vector", .int2vector),
            ("oidvector", .oidvector), ("pg_node_tree", .nodeTree), ("aclitem", .aclitem), ("record", .record), ("void", .void), ("regproc", .regproc), ("regprocedure", .regprocedure),
            ("regoper", .regoper), ("regoperator", .regoperator), ("regclass", .regclass), ("regtype", .regtype), ("regnamespace", .regnamespace), ("regrole", .regrole), ("regcollation", .regcollation), ("bpchar", .bpchar),
            ("xml", .xml), ("jsonpath", .jsonpath), ("bit", .bit), ("varbit", .varbit), ("pg_lsn", .lsn),
        ]
        for (name, type) in types {
            found[name] = .plain(type)
            if type.arrayType != 0 { found[name + "[]"] = .array(of: type) }
        }
        return found
    }()

    private static let namesByNumber = Dictionary(declared.map { ($1.number, $0) }, uniquingKeysWith: { min($0, $1) })

    /// What declares a type of this number; nil where the type of values tells it.
    static func declaredName(_ number: UInt32) -> String? {
        // Nothing is said of it; it is the number of types that have none, too.
        number == 0 ? nil : namesByNumber[number]
    }

    /// The wire's type of a column: the declared one where its values can be sent as that, else that of its values.
    static func type(_ column: ResultColumn) -> PostgresColumnType {
        guard let name = column.declared, let type = declared[DeclaredType.withoutLength(name)] else { return type(column.type) }
        switch (type, column.type) {
        case (.plain(let plain), let own) where holds(own, plain): return type
        case (.array(let element), .list(let own)) where holds(innermost(own.type), element): return type
        default: return self.type(column.type)
        }
    }

    /// What stands in lists within lists.
    private static func innermost(_ type: ColumnType) -> ColumnType { if case .list(let field) = type { innermost(field.type) } else { type } }

    /// Whether values of `type` go out as `wire`.
    private static func holds(_ type: ColumnType, _ wire: PostgresType) -> Bool {
        switch (wire.form, type) {
        case (.oid, .int64), (.int16, .int32), (.float32, .double), (.text, .string), (.character, .string), (.bits, .string): true
        case (.record, .structure): true
        case (.vector, .list(let element)): element.type == (wire == .oidvector ? .int64 : .int32)
        default: false
        }
    }

    static func described(_ column: ResultColumn) -> WireField {
        let type = type(column)
        return WireField(column.name, type: type.number, size: type.size, modifier: modifier(column))
    }

    private static func modifier(_ column: ResultColumn) -> Int32 {
        guard let name = column.declared, let length = DeclaredType.length(name) else { return modifier(column.type) }
        return Int32(clamping: length.addingReportingOverflow(DeclaredType.saysModifier(name) ? 0 : modifierOffset).partialValue)
    }

    private static func modifier(_ type: ColumnType) -> Int32 {
        switch type {
        case .decimal(let precision, let scale): Int32(clamping: precision << 16 | scale + modifierOffset)
        case .list(let element): modifier(element.type)
        default: -1
        }
    }

    // MARK: Parameters

    /// What a parameter that a client says is of `number` is to a query; nil where its place says it, as for text, which may stand for anything.
    ///
    /// - Throws: 0A000 for a type that no value here has.
    static func parameter(_ number: UInt32) throws(PostgresFault) -> ColumnType? {
        switch PostgresColumnType(number) {
        case .plain(let type)?: return try columnType(type)
        case .array(let element)?: return try .list(element: Field("element", columnType(element) ?? .string))
        case nil: throw refused(number)
        }
    }

    private static func refused(_ number: UInt32) -> PostgresFault {
        let own = SystemType.byNumber[Int64(number)]
        let shown = own?.shown ?? "number \(number)"
        let hint = own.flatMap { UnsupportedTypes.advice[$0.name] } ?? "send it as text"
        return PostgresFault(.featureNotSupported, "parameters of the type \(shown) are not supported", hint: hint.prefix(1).uppercased() + hint.dropFirst() + ".")
    }

    private static func columnType(_ type: PostgresType) throws(PostgresFault) -> ColumnType? {
        switch type.form {
        case .bool: .boolean
        case .int16, .int32: .int32
        case .int64, .oid: .int64
        case .float32, .float64: .double
        case .numeric: .decimal38(scale: 6)
        case .text where type == .json: .json(isBinary: false)
        // Columns of catalogs alone are of it, and have no values.
        case .text where type == .lsn: throw refused(type.rawValue)
        case .text, .character: nil
        case .bits: .string
        case .jsonb: .json(isBinary: true)
        case .bytes: .binary
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp(isUTC: false)
        case .instant: .timestampTZ
        case .interval: .interval
        case .uuid: .uuid
        case .vector, .record: throw PostgresFault(.featureNotSupported, "parameters of the type \(type) are not supported")
        }
    }
}
