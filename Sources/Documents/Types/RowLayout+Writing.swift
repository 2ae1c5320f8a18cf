package import ColumnStore

extension RowLayout {
    /// The bytes of a row of these values: for rows that are made of other rows.
    ///
    /// - Parameter values: one for each field, of its type; elements of lists are structures of its members.
    package func row(of values: [Value]) -> [UInt8] {
        precondition(values.count == columns.count, "a value for each column")
        // An absent list is an empty one.
        let values = zip(columns, values).map { $0.form == .list && $1.isNull ? Value.list([]) : $1 }
        var bytes = Self.validity(values)
        for (column, value) in zip(columns, values) where !value.isNull { Self.append(value, column, to: &bytes) }
        return bytes
    }

    /// A bit for each value, set where it is present.
    private static func validity(_ values: [Value]) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (values.count + 7) / 8)
        for (index, value) in values.enumerated() where !value.isNull { bits[index >> 3] |= 1 << UInt8(index & 7) }
        return bits
    }

    /// By the value's own form: that it is its column's, the caller sees to.
    private static func append(_ value: Value, _ column: ColumnLayout, to bytes: inout [UInt8]) {
        func put(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        switch value {
        case .boolean(let value): bytes.append(value ? 1 : 0)
        case .integer(let value): if column.form == .int32 { put(Int32(truncatingIfNeeded: value)) } else { put(value) }
        case .decimal(let digits): if column.form == .int64 { put(Int64(truncatingIfNeeded: digits)) } else { put(digits) }
        case .double(let value): put(value.bitPattern)
        case .bytes(let text):
            append(count: text.count, to: &bytes)
            bytes += text
        case .list(let elements):
            append(count: elements.count, to: &bytes)
            // Elements are rows here and columns in the bytes: all values of the first member, then all of the next.
            let rows = elements.map { if case .structure(let members) = $0 { members } else { [Value](repeating: .null, count: column.members.count) } }
            for (index, member) in column.members.enumerated() {
                let values = rows.map { index < $0.count ? $0[index] : .null }
                bytes += validity(values)
                for value in values where !value.isNull { append(value, member, to: &bytes) }
            }
        case .null, .structure, .interval: break
        }
    }

    /// LEB128: seven bits a byte, the lowest first, the eighth set where another follows. 300 is AC 02.
    private static func append(count: Int, to bytes: inout [UInt8]) {
        var rest = count
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
