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
            guard case .plain(let plain) = self.type(element.type), !element.type.isNested else { return .plain(.jsonb) }
            return .array(of: plain)
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

    /// - Throws: 54011 for more columns than the protocol has.
    static func fields(_ columns: [ResultColumn]) throws(PostgresFault) -> [WireField] {
        guard columns.count <= countMax else { throw PostgresFault(SQLState(rawValue: "54011"), "an answer has at most \(countMax) columns") }
        return columns.map(described)
    }

    static func described(_ column: ResultColumn) -> WireField {
        let type = type(column.type)
        return WireField(column.name, type: type.number, size: type.size, modifier: modifier(column.type))
    }

    private static func modifier(_ type: ColumnType) -> Int32 {
        switch type {
        case .decimal(let precision, let scale): Int32(clamping: precision << 16 | scale + modifierOffset)
        case .list(let element): element.type.isNested ? -1 : modifier(element.type)
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
        case nil: throw PostgresFault(.featureNotSupported, "parameters of the type \(number) are not supported")
        }
    }

    private static func columnType(_ type: PostgresType) throws(PostgresFault) -> ColumnType? {
        switch type.form {
        case .bool: .boolean
        case .int16, .int32: .int32
        case .int64, .oid: .int64
        case .float32, .float64: .double
        case .numeric: .decimal38(scale: 6)
        case .text, .character, .jsonb: nil
        case .bytes: .binary
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp(isUTC: false)
        case .instant: .timestampTZ
        case .interval: .interval
        case .uuid: .uuid
        case .vector: throw PostgresFault(.featureNotSupported, "parameters of the type \(type) are not supported")
        }
    }
}
