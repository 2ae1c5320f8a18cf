/// Builds a column value by value. Typed appends for loops that know their type, `append(_: Value)` for rims.
///
/// One owner. A precondition that is broken traps: what comes from outside is checked before it is appended.
///
/// Invariants, between calls:
/// 1. `validity` is nil until the first NULL, then has `count` bits.
/// 2. `values`, `offsets` or `children` have `count` rows, by `form`; what stands under a NULL is a placeholder.
public struct ColumnBuilder: Sendable {
    public let type: ColumnType
    public private(set) var count = 0
    private var validity: Bitmap?
    private var form: Form
    /// In use where the form is `.values`.
    private var values: TypedArrayBuilder
    /// Of a list: where each row's elements end, after a first 0.
    private var offsets: [Int32] = [0]
    /// A list's element, or a struct's members.
    private var children: [ColumnBuilder] = []

    /// How rows are kept: as values, as lists, as structs, or, of a bare NULL's type, not at all.
    private enum Form: Sendable { case values, list, structure, null }

    /// DECIMAL begins with 64 bits whatever its precision, and widens with the first value that needs it.
    public init(type: ColumnType) {
        self.type = type
        form = .values
        switch type {
        case .boolean: values = TypedArrayBuilder(.bits)
        case .int32, .date: values = TypedArrayBuilder(.int32)
        case .int64, .time, .timestamp, .timestampNanoseconds, .decimal: values = TypedArrayBuilder(.int64)
        case .double: values = TypedArrayBuilder(.double)
        case .interval: values = TypedArrayBuilder(.interval)
        case .string, .binary, .uuid, .json: values = TypedArrayBuilder(.bytes)
        case .list(let element):
            (form, values) = (.list, TypedArrayBuilder(.bits))
            children = [ColumnBuilder(type: element.type)]
        case .structure(let fields):
            (form, values) = (.structure, TypedArrayBuilder(.bits))
            children = fields.map { ColumnBuilder(type: $0.type) }
        case .null: (form, values) = (.null, TypedArrayBuilder(.bits))
        }
    }

    /// About what the rows take in memory.
    ///
    /// - Complexity: O(columns within).
    public var byteCount: Int {
        var byteCount = values.byteCount + offsets.count * MemoryLayout<Int32>.stride
        for index in children.indices { byteCount += children[index].byteCount }
        return byteCount
    }

    private func isOf(_ kind: TypedArray.Kind) -> Bool { form == .values && values.kind == kind }

    /// A NULL of any type: an empty list, a struct whose members are NULL.
    public mutating func appendNull() {
        if validity == nil { validity = Bitmap(repeating: true, count: count) }
        appendPlaceholder()
        validity?.append(false)
        count += 1
    }

    /// Counts a row that is not NULL.
    private mutating func appended() {
        validity?.append(true)
        count += 1
    }

    private mutating func appended(_ added: Int) {
        for _ in 0..<added { validity?.append(true) }
        count += added
    }

    private mutating func appendPlaceholder() {
        switch form {
        case .values: values.appendPlaceholder()
        case .list: offsets.append(Int32(children[0].count))
        case .structure: for index in children.indices { children[index].appendNull() }
        case .null: break
        }
    }

    /// - Precondition: the column is BOOLEAN.
    public mutating func append(boolean: Bool) {
        precondition(isOf(.bits), "not a BOOLEAN column")
        values.bits.append(boolean ? 1 : 0, 1)
        appended()
    }

    /// INTEGER, BIGINT, DATE, TIME, TIMESTAMP, and DECIMAL's digits.
    /// - Precondition: the column is one of those; the value fits in it.
    public mutating func append(integer: Int64) {
        precondition(form == .values, "not a column of whole numbers")
        switch values.kind {
        case .int32: values.int32s.append(Int32(integer))
        case .int64: values.int64s.append(integer)
        case .int128: values.int128s.append(Int128(integer))
        case .bits, .double, .interval, .bytes: preconditionFailure("not a column of whole numbers")
        }
        appended()
    }

    /// As `append(integer:)` of each: whole numbers of 64 bits that lie end to end, wherever they begin, little-endian.
    ///
    /// - Precondition: the column has numbers of 64 bits, or DECIMAL's of 128.
    public mutating func append(integers: UnsafeRawBufferPointer) {
        let added = integers.count / MemoryLayout<Int64>.size
        func number(_ place: Int) -> Int64 { Int64(littleEndian: integers.loadUnaligned(fromByteOffset: place * MemoryLayout<Int64>.size, as: Int64.self)) }
        if isOf(.int64) {
            for place in 0..<added { values.int64s.append(number(place)) }
        } else {
            precondition(isOf(.int128), "not a column of numbers of 64 bits")
            for place in 0..<added { values.int128s.append(Int128(number(place))) }
        }
        appended(added)
    }

    /// The digits of a decimal at the column's scale.
    /// - Precondition: the column is DECIMAL.
    public mutating func append(decimal: Int128) {
        if let narrow = Int64(exactly: decimal) { return append(integer: narrow) }
        if isOf(.int64) { values.widen() }
        precondition(isOf(.int128), "not a DECIMAL column")
        values.int128s.append(decimal)
        appended()
    }

    /// - Precondition: the column is DOUBLE.
    public mutating func append(double: Double) {
        precondition(isOf(.double), "not a DOUBLE column")
        values.doubles.append(double)
        appended()
    }

    /// - Precondition: the column is INTERVAL.
    public mutating func append(interval: Interval) {
        precondition(isOf(.interval), "not an INTERVAL column")
        values.intervals.append(interval)
        appended()
    }

    /// - Precondition: the column is VARCHAR, BLOB or UUID.
    public mutating func append(bytes: some Collection<UInt8>) {
        precondition(isOf(.bytes), "not a column of bytes")
        values.arrays.append(bytes)
        appended()
    }

    /// As the generic one, for callers in other modules, where that is not specialised.
    public mutating func append(bytes: UnsafeRawBufferPointer) {
        precondition(isOf(.bytes), "not a column of bytes")
        values.arrays.append(bytes)
        appended()
    }

    /// Appends one list row: `fill` appends the elements.
    /// - Precondition: the column is a list.
    public mutating func appendList<Failure: Error>(_ fill: (inout ColumnBuilder) throws(Failure) -> Void) throws(Failure) {
        precondition(form == .list, "not a list column")
        // Also where `fill` throws: the row is there then, with what was appended to it.
        defer {
            offsets.append(Int32(children[0].count))
            appended()
        }
        try fill(&children[0])
    }

    /// Appends one list row of so many structs: `fill` appends as many values to each member's builder, one member after another.
    /// - Precondition: the column is a list of structs, and every member has grown by `added`.
    public mutating func appendList<Failure: Error>(
        ofStructures added: Int, _ fill: (inout [ColumnBuilder]) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(form == .list && children[0].form == .structure, "not a column of lists of structs")
        // Where it throws, members may be of different lengths, and the builder is of no more use.
        try fill(&children[0].children)
        children[0].appended(added)
        assert(children[0].children.allSatisfy { $0.count == children[0].count }, "members of unequal length")
        offsets.append(Int32(children[0].count))
        appended()
    }

    /// Appends one struct row: `fill` appends one value to each member's builder.
    /// - Precondition: the column is a struct, and every member has grown by one.
    public mutating func appendStructure<Failure: Error>(
        _ fill: (inout [ColumnBuilder]) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(form == .structure, "not a struct column")
        // Where it throws, members may be of different lengths, and the builder is of no more use.
        try fill(&children)
        appended()
    }

    /// For rims: one switch for each value.
    ///
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

    /// Makes room for rows that are about to be appended, and for the bytes of their texts.
    mutating func reserve(rowCount: Int, byteCount: Int) {
        if form == .values { values.reserve(rowCount, byteCount: byteCount) }
    }

    /// All rows of a column of the same type.
    ///
    /// Codes and constants are laid out. Texts stay below 2 GiB together, as do elements in number.
    public mutating func append(contentsOf column: Column) {
        switch column.values {
        case _ where form == .null, .constant(.null):
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

    /// Appends values, where the validity of their rows is there already.
    private mutating func join(_ added: Column.Values) {
        if form == .values, let more = added.typed {
            if case .int128 = more, values.kind == .int64 { values.widen() }
            guard values.append(contentsOf: more) else { preconditionFailure("columns of different types") }
            return
        }
        switch (form, added) {
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
        let finished: Column.Values
        switch form {
        case .values: finished = Column.Values(values.take())
        case .list: finished = .list(offsets: offsets, element: children[0].finish())
        case .structure:
            var members: [Column] = []
            for index in children.indices { members.append(children[index].finish()) }
            finished = .structure(members)
        case .null: finished = .constant(.null)
        }
        let column = Column(type: type, count: count, validity: form == .null ? nil : validity, values: finished)
        self = ColumnBuilder(type: type)
        return column
    }
}
