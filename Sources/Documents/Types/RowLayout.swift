package import ColumnStore

/// The stored columns of one version of a type, and how a row of them lies in bytes: what the hot tier keeps beside a document so
/// that nothing ever parses it again.
///
/// A row, little-endian, without padding:
///
///     row      := validity(column count) value*            one value for each column whose bit is set, in order
///     validity := ceil(n / 8) bytes; bit i % 8 of byte i / 8 is set where value i is present
///     value    := BOOLEAN 1 byte · INTEGER, DATE 4 · BIGINT, TIMESTAMPTZ, DOUBLE 8
///               · DECIMAL 8 to 18 digits of precision, else 16 · VARCHAR, BLOB count and bytes
///               · list: count, then for each member validity(count) value*
///     count    := LEB128, at most 5 bytes
///
/// A list is always present: an absent one has no elements.
///
/// Written by `RowWriter` while a document is read, and by `row(of:)` of rows that are made of others; read into columns by `append`.
package struct RowLayout: Sendable, Equatable {
    /// Scalars, and lists of structs of scalars.
    package let fields: [Field]
    let columns: [ColumnLayout]

    package init(fields: [Field]) {
        self.fields = fields
        columns = fields.map { ColumnLayout($0.type) }
    }

    package static func == (left: RowLayout, right: RowLayout) -> Bool { left.fields == right.fields }
}

/// How a column's values lie.
struct ColumnLayout: Sendable {
    enum Form: UInt8, Sendable, BitwiseCopyable { case byte, int32, int64, int128, double, bytes, list }

    let form: Form
    let isDecimal: Bool
    let members: [ColumnLayout]

    init(_ type: ColumnType) {
        var members: [ColumnLayout] = []
        var isDecimal = false
        switch type {
        case .boolean: form = .byte
        case .int32, .date: form = .int32
        case .double: form = .double
        case .decimal(let precision, _):
            form = precision <= 18 ? .int64 : .int128
            isDecimal = true
        case .string, .binary, .uuid, .json: form = .bytes
        case .list(let element):
            form = .list
            if case .structure(let fields) = element.type { members = fields.map { ColumnLayout($0.type) } }
        default: form = .int64
        }
        self.isDecimal = isDecimal
        self.members = members
    }
}

/// A row whose bytes do not follow its layout: the file that held it is damaged.
package struct RowError: Error, Equatable, Sendable {
    package let offset: Int
}

// MARK: Reading

extension RowLayout {
    /// The row's values, a `Value` each: for rims and tests.
    package func values(of row: UnsafeRawBufferPointer) throws(RowError) -> [Value] {
        var reader = RowReader(bytes: row)
        var values: [Value] = []
        values.reserveCapacity(columns.count)
        let validity = try reader.take((columns.count + 7) / 8)
        for (index, column) in columns.enumerated() {
            values.append(RowReader.isSet(validity, index) ? try reader.value(column) : .null)
        }
        guard reader.offset == row.count else { throw RowError(offset: reader.offset) }
        return values
    }

    package func values(of row: [UInt8]) throws(RowError) -> [Value] {
        // Array's own call does not carry a typed error through.
        let result = row.withUnsafeBytes { bytes in
            do throws(RowError) { return Result<[Value], RowError>.success(try values(of: bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Appends the row to `builders`: column `i` to `builders[targets[i]]`.
    ///
    /// - Parameter memberTargets: for each column, where its members stand in the builder's struct (a table's list may have grown
    ///   members that this layout lacks: they become NULL); empty for scalars and for lists of the same members in the same order.
    /// - Throws: where the bytes do not follow the layout; the builders are then of unequal length and of no further use.
    package func append(
        _ row: UnsafeRawBufferPointer, to builders: inout [ColumnBuilder], targets: [Int], memberTargets: [[Int]]
    ) throws(RowError) {
        var reader = RowReader(bytes: row)
        let validity = try reader.take((columns.count + 7) / 8)
        for (index, column) in columns.enumerated() {
            if !RowReader.isSet(validity, index) {
                builders[targets[index]].appendNull()
            } else if column.form == .list {
                try reader.appendList(column, to: &builders[targets[index]], memberTargets: memberTargets[index])
            } else {
                try reader.append(column, to: &builders[targets[index]])
            }
        }
        guard reader.offset == row.count else { throw RowError(offset: reader.offset) }
    }
}

/// Steps through a row's bytes, checking each bound.
///
/// Bytes come from files: whatever they say, a reader ends within them or throws. It is trivial to copy: a copy goes on from the same place.
struct RowReader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func isSet(_ validity: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        validity[index >> 3] & (1 << (index & 7)) != 0
    }

    /// The next bytes, in place.
    mutating func take(_ count: Int) throws(RowError) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - offset >= count else { throw RowError(offset: offset) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws(RowError) -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: type))
    }

    /// LEB128, up to five bytes: 35 bits, of which no more than the bytes left can be meant.
    mutating func count() throws(RowError) -> Int {
        var value = 0
        var shift = 0
        while shift < 35 {
            let byte = try load(UInt8.self)
            value |= Int(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw RowError(offset: offset)
    }

    mutating func value(_ column: ColumnLayout) throws(RowError) -> Value {
        switch column.form {
        case .byte: return .boolean(try load(UInt8.self) != 0)
        case .int32: return .integer(Int64(try load(Int32.self)))
        case .int64:
            let digits = try load(Int64.self)
            return column.isDecimal ? .decimal(Int128(digits)) : .integer(digits)
        case .int128: return .decimal(try load(Int128.self))
        case .double: return .double(Double(bitPattern: try load(UInt64.self)))
        case .bytes: return .bytes(Array(try take(try count())))
        case .list: return .list(try elements(column))
        }
    }

    /// A list's elements, each a structure of its members.
    private mutating func elements(_ column: ColumnLayout) throws(RowError) -> [Value] {
        let rowCount = try elementCount(column)
        var rows = [[Value]](repeating: [], count: rowCount)
        for member in column.members {
            let validity = try take((rowCount + 7) / 8)
            for row in 0..<rowCount { rows[row].append(Self.isSet(validity, row) ? try value(member) : .null) }
        }
        return rows.map { .structure($0) }
    }

    /// A count that the bytes left can hold: each element takes a bit of each member at least.
    private mutating func elementCount(_ column: ColumnLayout) throws(RowError) -> Int {
        let rowCount = try count()
        guard !column.members.isEmpty, rowCount / 8 <= bytes.count - offset else { throw RowError(offset: offset) }
        return rowCount
    }

    /// Appends the value that comes next to its column, without a `Value` on the way.
    mutating func append(_ column: ColumnLayout, to builder: inout ColumnBuilder) throws(RowError) {
        switch column.form {
        case .byte: builder.append(boolean: try load(UInt8.self) != 0)
        case .int32: builder.append(integer: Int64(try load(Int32.self)))
        case .int64:
            let digits = try load(Int64.self)
            if column.isDecimal { builder.append(decimal: Int128(digits)) } else { builder.append(integer: digits) }
        case .int128: builder.append(decimal: try load(Int128.self))
        case .double: builder.append(double: Double(bitPattern: try load(UInt64.self)))
        case .bytes: builder.append(bytes: try take(try count()))
        case .list: throw RowError(offset: offset)
        }
    }

    mutating func appendList(
        _ column: ColumnLayout, to builder: inout ColumnBuilder, memberTargets: [Int]
    ) throws(RowError) {
        let rowCount = try elementCount(column)
        // As the bytes lie: all values of a member, then all of the next.
        try builder.appendList(ofStructures: rowCount) { (members) throws(RowError) in
            var isFilled = memberTargets.isEmpty ? [] : [Bool](repeating: false, count: members.count)
            for (index, member) in column.members.enumerated() {
                let target = memberTargets.isEmpty ? index : memberTargets[index]
                if !memberTargets.isEmpty { isFilled[target] = true }
                try append(member, rowCount: rowCount, to: &members[target])
            }
            for index in isFilled.indices where !isFilled[index] { for _ in 0..<rowCount { members[index].appendNull() } }
        }
    }

    /// A member's values of all elements of a list.
    private mutating func append(_ member: ColumnLayout, rowCount: Int, to builder: inout ColumnBuilder) throws(RowError) {
        let validity = try take((rowCount + 7) / 8)
        // Numbers of 64 bits are most of what lists have, and nearly always all there. Where bytes are missing the way by single values says which.
        let byteCount = rowCount * MemoryLayout<Int64>.size
        if member.form == .int64, Self.areAllSet(validity, rowCount), bytes.count - offset >= byteCount {
            return builder.append(integers: try take(byteCount))
        }
        for row in 0..<rowCount {
            if Self.isSet(validity, row) { try append(member, to: &builder) } else { builder.appendNull() }
        }
    }

    private static func areAllSet(_ validity: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        for index in 0..<count >> 3 where validity[index] != 0xFF { return false }
        let rest: UInt8 = 1 << UInt8(count & 7) - 1
        return rest == 0 || validity[count >> 3] & rest == rest
    }
}
