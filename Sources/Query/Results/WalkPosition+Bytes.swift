import ColumnStore

/// A position as the fields of a cursor: numbers of 8 bytes, big-endian, then a field for each value of the key, its kind first; then what else the walk's later
/// pages must find as it was, each a field of a kind of its own: the sums that it reads, the views that it reads, the types of the key.
///
///     position = rowCount, tieCount, value…, [sums], [views], [types]
///     value    = 00 NULL | 01 BOOLEAN | 02 whole number | 03 bits of a DOUBLE | 04 decimal, 16 bytes | 05 bytes | 06 months, days, microseconds
///     sums     = 07 bytes
///     views    = 08 bytes
///     types    = 09 bytes
///
/// A cursor never expires: kinds are never given another meaning.
extension WalkPosition {
    /// A key longer than this, with the length before each field, is left out: its cursor would be longer than any that a request may have.
    private static let keyByteCountMax = 2_880
    /// Of a field's length, as cursors lay it down.
    private static let lengthByteCount = 4

    private static let sumsKind: UInt8 = 7, viewsKind: UInt8 = 8, typesKind: UInt8 = 9

    /// Without a key, which is then too large or a list, only `rowCount` says where to go on.
    package var fields: [[UInt8]] {
        var fields = placeFields
        for (kind, code) in [(Self.sumsKind, sumsCode), (Self.viewsKind, viewsCode), (Self.typesKind, typesCode)] {
            if let code { fields.append([kind] + code) }
        }
        return fields
    }

    private var placeFields: [[UInt8]] {
        var keyFields: [[UInt8]] = []
        for value in key ?? [] {
            guard let field = Self.field(value) else { return [Self.bytes(Int64(rowCount)), Self.bytes(0)] }
            keyFields.append(field)
        }
        if key == nil || keyFields.reduce(0, { $0 + Self.lengthByteCount + $1.count }) > Self.keyByteCountMax { return [Self.bytes(Int64(rowCount)), Self.bytes(0)] }
        return [Self.bytes(Int64(rowCount)), Self.bytes(Int64(tieCount))] + keyFields
    }

    /// Nil for fields that are no position.
    /// Fields come from a request: every length is looked at before it is read.
    package init?(fields: some Collection<[UInt8]>) {
        var fields = Array(fields)
        /// The last field, where it is a code of that kind; it is taken off.
        func takeCode(_ kind: UInt8) -> [UInt8]? {
            guard fields.count > 2, let last = fields.last, last.first == kind else { return nil }
            fields.removeLast()
            return Array(last.dropFirst())
        }
        let typesCode = takeCode(Self.typesKind), viewsCode = takeCode(Self.viewsKind), sumsCode = takeCode(Self.sumsKind)
        guard fields.count >= 2, let rowCount = Self.integer(fields[0][...]), let tieCount = Self.integer(fields[1][...]) else { return nil }
        guard rowCount >= 0, tieCount >= 0 else { return nil }
        var key: [Value] = []
        for field in fields.dropFirst(2) {
            guard let value = Self.value(field) else { return nil }
            key.append(value)
        }
        self.init(key: key.isEmpty ? nil : key, tieCount: Int(tieCount), rowCount: Int(rowCount), sumsCode: sumsCode, viewsCode: viewsCode, typesCode: typesCode)
    }

    // MARK: Types

    private static let codeByteCount = 8

    /// By which a later page knows that its key has the types of the first: the first 8 bytes of a SHA-256 over what of each type its values depend on.
    static func code(of types: [ColumnType]) -> [UInt8] { Array(SHA256.hash(types.flatMap(kind)).prefix(codeByteCount)) }

    /// As fixed as the kinds of values. INTEGER and BIGINT are one, as numbers of both are in one order.
    private static func kind(_ type: ColumnType) -> [UInt8] {
        switch type {
        case .null: [0]
        case .boolean: [1]
        case .int32, .int64: [2]
        case .double: [3]
        case .decimal(_, let scale): [4, UInt8(truncatingIfNeeded: scale)]
        case .string: [5]
        case .binary: [6]
        case .uuid: [7]
        case .json(let isBinary): [8, isBinary ? 1 : 0]
        case .date: [9]
        case .time: [10]
        case .timestamp(let isUTC): [11, isUTC ? 1 : 0]
        case .timestampNanoseconds(let isUTC): [12, isUTC ? 1 : 0]
        case .interval: [13]
        case .list: [14]
        case .structure: [15]
        }
    }

    /// Whether its key may be held against columns of these types. One of another number of values is none of theirs: `rowCount` alone counts then.
    ///
    /// Of a cursor of an earlier program, which says no types, the forms of its values must do.
    func suits(_ types: [ColumnType]) -> Bool {
        guard let key, key.count == types.count else { return true }
        if let typesCode, typesCode != Self.code(of: types) { return false }
        return zip(key, types).allSatisfy { Self.isForm($0, of: $1) }
    }

    /// Whether a column of the type can hold the value.
    private static func isForm(_ value: Value, of type: ColumnType) -> Bool {
        switch (value, type) {
        case (.integer(let number), .int32), (.integer(let number), .date): Int32(exactly: number) != nil
        case (.bytes(let bytes), .uuid): bytes.count == 16
        case (.null, _), (.boolean, .boolean), (.double, .double), (.decimal, .decimal), (.interval, .interval), (.list, .list), (.structure, .structure): true
        case (.integer, .int64), (.integer, .time), (.integer, .timestamp), (.integer, .timestampNanoseconds): true
        case (.bytes, .string), (.bytes, .binary), (.bytes, .json): true
        default: false
        }
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.count == 8 else { return nil }
        return Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Nil for a list or a struct.
    private static func field(_ value: Value) -> [UInt8]? {
        switch value {
        case .null: [0]
        case .boolean(let value): [1, value ? 1 : 0]
        case .integer(let value): [2] + bytes(value)
        case .double(let value): [3] + bytes(Int64(bitPattern: value.bitPattern))
        case .decimal(let value): [4] + bytes(Int64(truncatingIfNeeded: value >> 64)) + bytes(Int64(truncatingIfNeeded: value))
        case .bytes(let bytes): [5] + bytes
        case .interval(let value): [6] + bytes(Int64(value.months)) + bytes(Int64(value.days)) + bytes(value.microseconds)
        case .list, .structure: nil
        }
    }

    /// Nil for bytes that are no value.
    private static func value(_ field: [UInt8]) -> Value? {
        let rest = field.dropFirst()
        switch field.first {
        case 0: return rest.isEmpty ? .null : nil
        case 1: return rest.count == 1 ? .boolean(rest.first == 1) : nil
        case 2: return integer(rest).map { .integer($0) }
        case 3: return integer(rest).map { .double(Double(bitPattern: UInt64(bitPattern: $0))) }
        case 4:
            guard rest.count == 16, let high = integer(rest.prefix(8)), let low = integer(rest.suffix(8)) else { return nil }
            return .decimal(Int128(high) << 64 | Int128(UInt64(bitPattern: low)))
        case 5: return .bytes(Array(rest))
        case 6:
            guard rest.count == 24, let months = integer(rest.prefix(8)), let days = integer(rest.dropFirst(8).prefix(8)),
                let microseconds = integer(rest.suffix(8))
            else { return nil }
            return .interval(Interval(months: Int32(truncatingIfNeeded: months), days: Int32(truncatingIfNeeded: days), microseconds: microseconds))
        default: return nil
        }
    }
}
