/// Builds a column value by value. Typed appends for loops that know their type, `append(_: Value)` for rims.
public struct ColumnBuilder: Sendable {
    public let type: ColumnType
    public private(set) var count = 0
    private var validity: Bitmap?
    private var storage: Storage

    private enum Storage: Sendable {
        case bits(Bitmap)
        case int32([Int32])
        case int64([Int64])
        case int128([Int128])
        case double([Double])
        case interval([Interval])
        case bytes(ByteArrays)
        indirect case list(offsets: [Int32], element: ColumnBuilder)
        indirect case structure([ColumnBuilder])
        case null
    }

    public init(type: ColumnType) {
        self.type = type
        switch type {
        case .boolean: storage = .bits(Bitmap())
        case .int32, .date: storage = .int32([])
        case .int64, .time, .timestamp, .timestampNanoseconds, .decimal: storage = .int64([])
        case .double: storage = .double([])
        case .interval: storage = .interval([])
        case .string, .binary, .uuid: storage = .bytes(ByteArrays())
        case .list(let element): storage = .list(offsets: [0], element: ColumnBuilder(type: element.type))
        case .structure(let fields): storage = .structure(fields.map { ColumnBuilder(type: $0.type) })
        case .null: storage = .null
        }
    }

    public mutating func appendNull() {
        if validity == nil { validity = Bitmap(repeating: true, count: count) }
        appendPlaceholder()
        validity?.append(false)
        count += 1
    }

    private mutating func appended() {
        validity?.append(true)
        count += 1
    }

    private mutating func appendPlaceholder() {
        switch storage {
        case .bits(var bits):
            storage = .null
            bits.append(false)
            storage = .bits(bits)
        case .int32(var values):
            storage = .null
            values.append(0)
            storage = .int32(values)
        case .int64(var values):
            storage = .null
            values.append(0)
            storage = .int64(values)
        case .int128(var values):
            storage = .null
            values.append(0)
            storage = .int128(values)
        case .double(var values):
            storage = .null
            values.append(0)
            storage = .double(values)
        case .interval(var values):
            storage = .null
            values.append(Interval())
            storage = .interval(values)
        case .bytes(var arrays):
            storage = .null
            arrays.append([])
            storage = .bytes(arrays)
        case .list(var offsets, let element):
            storage = .null
            offsets.append(Int32(element.count))
            storage = .list(offsets: offsets, element: element)
        case .structure(var members):
            storage = .null
            for index in members.indices { members[index].appendNull() }
            storage = .structure(members)
        case .null: break
        }
    }

    /// - Precondition: the column is BOOLEAN.
    public mutating func append(boolean: Bool) {
        guard case .bits(var bits) = storage else { preconditionFailure("not a BOOLEAN column") }
        storage = .null
        bits.append(boolean)
        storage = .bits(bits)
        appended()
    }

    /// INTEGER, BIGINT, DATE, TIME, TIMESTAMP, and DECIMAL's digits.
    /// - Precondition: the column is one of those; the value fits in it.
    public mutating func append(integer: Int64) {
        switch storage {
        case .int32(var values):
            storage = .null
            values.append(Int32(integer))
            storage = .int32(values)
        case .int64(var values):
            storage = .null
            values.append(integer)
            storage = .int64(values)
        case .int128(var values):
            storage = .null
            values.append(Int128(integer))
            storage = .int128(values)
        default: preconditionFailure("not a column of whole numbers")
        }
        appended()
    }

    /// The digits of a decimal at the column's scale.
    /// - Precondition: the column is DECIMAL.
    public mutating func append(decimal: Int128) {
        if let narrow = Int64(exactly: decimal) { return append(integer: narrow) }
        switch storage {
        case .int64(let narrow):
            storage = .null
            var wide = narrow.map { Int128($0) }
            wide.append(decimal)
            storage = .int128(wide)
        case .int128(var values):
            storage = .null
            values.append(decimal)
            storage = .int128(values)
        default: preconditionFailure("not a DECIMAL column")
        }
        appended()
    }

    /// - Precondition: the column is DOUBLE.
    public mutating func append(double: Double) {
        guard case .double(var values) = storage else { preconditionFailure("not a DOUBLE column") }
        storage = .null
        values.append(double)
        storage = .double(values)
        appended()
    }

    /// - Precondition: the column is VARCHAR, BLOB or UUID.
    public mutating func append(bytes: some Collection<UInt8>) {
        guard case .bytes(var arrays) = storage else { preconditionFailure("not a column of bytes") }
        storage = .null
        arrays.append(bytes)
        storage = .bytes(arrays)
        appended()
    }

    /// Appends one list row: `fill` appends the elements.
    /// - Precondition: the column is a list.
    public mutating func appendList<Failure: Error>(_ fill: (inout ColumnBuilder) throws(Failure) -> Void) throws(Failure) {
        guard case .list(var offsets, var element) = storage else { preconditionFailure("not a list column") }
        storage = .null
        defer {
            offsets.append(Int32(element.count))
            storage = .list(offsets: offsets, element: element)
            appended()
        }
        try fill(&element)
    }

    /// Appends one struct row: `fill` appends one value to each member's builder.
    /// - Precondition: the column is a struct, and every member has grown by one.
    public mutating func appendStructure<Failure: Error>(
        _ fill: (inout [ColumnBuilder]) throws(Failure) -> Void
    ) throws(Failure) {
        guard case .structure(var members) = storage else { preconditionFailure("not a struct column") }
        storage = .null
        defer { storage = .structure(members) }
        try fill(&members)
        appended()
    }

    /// - Precondition: `value` is NULL or of the column's type, and fits in it.
    public mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .boolean(let value): append(boolean: value)
        case .integer(let value): append(integer: value)
        case .double(let value): append(double: value)
        case .decimal(let value): append(decimal: value)
        case .bytes(let value): append(bytes: value)
        case .interval(let value):
            guard case .interval(var values) = storage else { preconditionFailure("not an INTERVAL column") }
            storage = .null
            values.append(value)
            storage = .interval(values)
            appended()
        case .list(let values):
            appendList { element in for value in values { element.append(value) } }
        case .structure(let values):
            appendStructure { members in for index in members.indices { members[index].append(values[index]) } }
        }
    }

    /// All rows of a column of the same type.
    public mutating func append(contentsOf column: Column) {
        switch column.values {
        case .dictionary, .constant: return append(contentsOf: column.flattened())
        default: break
        }
        if let added = column.validity {
            if validity == nil { validity = Bitmap(repeating: true, count: count) }
            validity?.append(contentsOf: added)
        } else {
            validity?.append(contentsOf: Bitmap(repeating: true, count: column.count))
        }
        count += column.count
        let mine = storage
        storage = .null
        storage = Self.joined(mine, column.values)
    }

    private static func joined(_ storage: consuming Storage, _ added: Column.Values) -> Storage {
        switch (storage, added) {
        case (.bits(var mine), .bits(let more)):
            mine.append(contentsOf: more)
            return .bits(mine)
        case (.int32(var mine), .int32(let more)):
            mine.append(contentsOf: more)
            return .int32(mine)
        case (.int64(var mine), .int64(let more)):
            mine.append(contentsOf: more)
            return .int64(mine)
        case (.int64(let mine), .int128(let more)): return .int128(mine.map { Int128($0) } + more)
        case (.int128(var mine), .int64(let more)):
            mine.append(contentsOf: more.lazy.map { Int128($0) })
            return .int128(mine)
        case (.int128(var mine), .int128(let more)):
            mine.append(contentsOf: more)
            return .int128(mine)
        case (.double(var mine), .double(let more)):
            mine.append(contentsOf: more)
            return .double(mine)
        case (.interval(var mine), .interval(let more)):
            mine.append(contentsOf: more)
            return .interval(mine)
        case (.bytes(var mine), .bytes(let more)):
            let base = Int32(mine.bytes.count)
            mine.bytes.append(contentsOf: more.bytes)
            mine.offsets.append(contentsOf: more.offsets.dropFirst().lazy.map { $0 + base })
            return .bytes(mine)
        case (.list(var offsets, var element), .list(let moreOffsets, let more)):
            let base = Int32(element.count)
            offsets.append(contentsOf: moreOffsets.dropFirst().lazy.map { $0 + base })
            element.append(contentsOf: more)
            return .list(offsets: offsets, element: element)
        case (.structure(var members), .structure(let more)):
            for index in members.indices { members[index].append(contentsOf: more[index]) }
            return .structure(members)
        default: preconditionFailure("columns of different types")
        }
    }

    /// The column built so far; the builder is then empty and can begin anew.
    public mutating func finish() -> Column {
        let values: Column.Values
        switch storage {
        case .bits(let bits): values = .bits(bits)
        case .int32(let rows): values = .int32(rows)
        case .int64(let rows): values = .int64(rows)
        case .int128(let rows): values = .int128(rows)
        case .double(let rows): values = .double(rows)
        case .interval(let rows): values = .interval(rows)
        case .bytes(let arrays): values = .bytes(arrays)
        case .list(let offsets, var element): values = .list(offsets: offsets, element: element.finish())
        case .structure(var members):
            var finished: [Column] = []
            for index in members.indices { finished.append(members[index].finish()) }
            values = .structure(finished)
        case .null: values = .constant(.null)
        }
        let column: Column
        if case .constant = values {
            column = Column(type: type, count: count, values: values)
        } else {
            column = Column(type: type, count: count, validity: validity, values: values)
        }
        self = ColumnBuilder(type: type)
        return column
    }
}
