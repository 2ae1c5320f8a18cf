/// Builds a column value by value. Typed appends for loops that know their type, `append(_: Value)` for rims.
public struct ColumnBuilder: Sendable {
    public let type: ColumnType
    public private(set) var count = 0
    private var validity: Bitmap?
    private var form: Form
    // One array of these is in use, by `form`. Stored apart, not as payloads of an enum: taking a payload out to append to it and
    // putting it back copied the whole array for each value in release builds.
    private var bits = Bitmap()
    private var int32s: [Int32] = []
    private var int64s: [Int64] = []
    private var int128s: [Int128] = []
    private var doubles: [Double] = []
    private var intervals: [Interval] = []
    private var arrays = ByteArrays()
    private var offsets: [Int32] = [0]
    /// A list's element, or a struct's members.
    private var children: [ColumnBuilder] = []

    private enum Form: Sendable { case bits, int32, int64, int128, double, interval, bytes, list, structure, null }

    public init(type: ColumnType) {
        self.type = type
        switch type {
        case .boolean: form = .bits
        case .int32, .date: form = .int32
        case .int64, .time, .timestamp, .timestampNanoseconds, .decimal: form = .int64
        case .double: form = .double
        case .interval: form = .interval
        case .string, .binary, .uuid: form = .bytes
        case .list(let element):
            form = .list
            children = [ColumnBuilder(type: element.type)]
        case .structure(let fields):
            form = .structure
            children = fields.map { ColumnBuilder(type: $0.type) }
        case .null: form = .null
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
        switch form {
        case .bits: bits.append(false)
        case .int32: int32s.append(0)
        case .int64: int64s.append(0)
        case .int128: int128s.append(0)
        case .double: doubles.append(0)
        case .interval: intervals.append(Interval())
        case .bytes: arrays.append(EmptyCollection())
        case .list: offsets.append(Int32(children[0].count))
        case .structure: for index in children.indices { children[index].appendNull() }
        case .null: break
        }
    }

    /// - Precondition: the column is BOOLEAN.
    public mutating func append(boolean: Bool) {
        precondition(form == .bits, "not a BOOLEAN column")
        bits.append(boolean)
        appended()
    }

    /// INTEGER, BIGINT, DATE, TIME, TIMESTAMP, and DECIMAL's digits.
    /// - Precondition: the column is one of those; the value fits in it.
    public mutating func append(integer: Int64) {
        switch form {
        case .int32: int32s.append(Int32(integer))
        case .int64: int64s.append(integer)
        case .int128: int128s.append(Int128(integer))
        default: preconditionFailure("not a column of whole numbers")
        }
        appended()
    }

    /// The digits of a decimal at the column's scale.
    /// - Precondition: the column is DECIMAL.
    public mutating func append(decimal: Int128) {
        if let narrow = Int64(exactly: decimal) { return append(integer: narrow) }
        switch form {
        case .int64: widen()
        case .int128: break
        default: preconditionFailure("not a DECIMAL column")
        }
        int128s.append(decimal)
        appended()
    }

    private mutating func widen() {
        int128s = int64s.map { Int128($0) }
        int64s = []
        form = .int128
    }

    /// - Precondition: the column is DOUBLE.
    public mutating func append(double: Double) {
        precondition(form == .double, "not a DOUBLE column")
        doubles.append(double)
        appended()
    }

    /// - Precondition: the column is INTERVAL.
    public mutating func append(interval: Interval) {
        precondition(form == .interval, "not an INTERVAL column")
        intervals.append(interval)
        appended()
    }

    /// - Precondition: the column is VARCHAR, BLOB or UUID.
    public mutating func append(bytes: some Collection<UInt8>) {
        precondition(form == .bytes, "not a column of bytes")
        arrays.append(bytes)
        appended()
    }

    /// As the generic one, for callers in other modules, where that is not specialised.
    public mutating func append(bytes: UnsafeRawBufferPointer) {
        precondition(form == .bytes, "not a column of bytes")
        arrays.append(bytes)
        appended()
    }

    /// Appends one list row: `fill` appends the elements.
    /// - Precondition: the column is a list.
    public mutating func appendList<Failure: Error>(_ fill: (inout ColumnBuilder) throws(Failure) -> Void) throws(Failure) {
        precondition(form == .list, "not a list column")
        defer {
            offsets.append(Int32(children[0].count))
            appended()
        }
        try fill(&children[0])
    }

    /// Appends one struct row: `fill` appends one value to each member's builder.
    /// - Precondition: the column is a struct, and every member has grown by one.
    public mutating func appendStructure<Failure: Error>(
        _ fill: (inout [ColumnBuilder]) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(form == .structure, "not a struct column")
        try fill(&children)
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
        case .interval(let value): append(interval: value)
        case .list(let values):
            appendList { element in for value in values { element.append(value) } }
        case .structure(let values):
            appendStructure { members in for index in members.indices { members[index].append(values[index]) } }
        }
    }

    /// All rows of a column of the same type.
    /// Makes room for rows that are about to be appended, and for the bytes of their texts.
    mutating func reserve(rowCount: Int, byteCount: Int) {
        switch form {
        case .int32: int32s.reserveCapacity(rowCount)
        case .int64: int64s.reserveCapacity(rowCount)
        case .double: doubles.reserveCapacity(rowCount)
        case .bytes:
            arrays.offsets.reserveCapacity(rowCount + 1)
            arrays.bytes.reserveCapacity(byteCount)
        default: break
        }
    }

    public mutating func append(contentsOf column: Column) {
        switch column.values {
        case .constant(.null):
            for _ in 0..<column.count { appendNull() }
            return
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
        join(column.values)
    }

    private mutating func join(_ added: Column.Values) {
        switch (form, added) {
        case (.bits, .bits(let more)): bits.append(contentsOf: more)
        case (.int32, .int32(let more)): int32s.append(contentsOf: more)
        case (.int64, .int64(let more)): int64s.append(contentsOf: more)
        case (.int64, .int128(let more)):
            widen()
            int128s.append(contentsOf: more)
        case (.int128, .int64(let more)): int128s.append(contentsOf: more.lazy.map { Int128($0) })
        case (.int128, .int128(let more)): int128s.append(contentsOf: more)
        case (.double, .double(let more)): doubles.append(contentsOf: more)
        case (.interval, .interval(let more)): intervals.append(contentsOf: more)
        case (.bytes, .bytes(let more)):
            let base = Int32(arrays.bytes.count)
            arrays.bytes.append(contentsOf: more.bytes)
            arrays.offsets.append(contentsOf: more.offsets.dropFirst().lazy.map { $0 + base })
        case (.list, .list(let moreOffsets, let more)):
            let base = Int32(children[0].count)
            offsets.append(contentsOf: moreOffsets.dropFirst().lazy.map { $0 + base })
            children[0].append(contentsOf: more)
        case (.structure, .structure(let more)):
            for index in children.indices { children[index].append(contentsOf: more[index]) }
        default: preconditionFailure("columns of different types")
        }
    }

    /// The column built so far; the builder is then empty and can begin anew.
    public mutating func finish() -> Column {
        let values: Column.Values
        switch form {
        case .bits: values = .bits(bits)
        case .int32: values = .int32(int32s)
        case .int64: values = .int64(int64s)
        case .int128: values = .int128(int128s)
        case .double: values = .double(doubles)
        case .interval: values = .interval(intervals)
        case .bytes: values = .bytes(arrays)
        case .list: values = .list(offsets: offsets, element: children[0].finish())
        case .structure:
            var finished: [Column] = []
            for index in children.indices { finished.append(children[index].finish()) }
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
