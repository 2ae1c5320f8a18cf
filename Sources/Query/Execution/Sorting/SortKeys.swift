internal import Glibc
import ColumnStore

/// A column to order rows by.
/// NULLs stand where `nullsFirst` says, in either direction.
struct SortColumn {
    let column: Column
    let isDescending: Bool
    let nullsFirst: Bool

    init(_ column: Column, isDescending: Bool = false, nullsFirst: Bool = false) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }

    /// With its values where rows are.
    var flattened: SortColumn { SortColumn(column.flattened(), isDescending: isDescending, nullsFirst: nullsFirst) }
}

/// Rows as byte strings whose order is the rows' order: `memcmp` decides, whatever the columns' types and directions.
///
///     key   = (mark, value)…   mark: 0 NULL first, 1 a value, 2 NULL last
///     value = big-endian, sign bit turned; text with 00 as 00 01, ended by 00 00; documents as `DocumentOrder` has them; all bits turned when descending
///
///     list  = (1, mark, value)… 0     a shorter list that begins alike comes first; NULL elements come last
///     row   = (mark, value)… of its members
enum SortKeys {
    /// Who keeps the keys of many rows charges them first: `HeldKeys`.
    ///
    /// One key a row.
    ///
    /// - Precondition: they are within reach of 32-bit offsets.
    static func encode(_ columns: [SortColumn], count: Int) -> ByteArrays { encode(columns, count: count, dividedAt: nil).keys }

    /// - Parameter prefixCount: of how many first columns it is told how many bytes of each key are theirs; nil: of none.
    static func encode(_ columns: [SortColumn], count: Int, dividedAt prefixCount: Int?) -> (keys: ByteArrays, prefixes: [Int32]) {
        if let fixed = encodeFixed(columns, count: count) {
            guard let prefixCount else { return (fixed, []) }
            let prefix = columns.prefix(prefixCount).reduce(0) { $0 + 1 + (width($1.column.type) ?? 0) }
            return (fixed, [Int32](repeating: Int32(prefix), count: count))
        }
        let flat = columns.map(\.flattened)
        if let plain = encodePlain(flat, count: count, dividedAt: prefixCount) { return plain }
        var bytes: [UInt8] = []
        var offsets: [Int32] = [0], prefixes: [Int32] = []
        offsets.reserveCapacity(count + 1)
        if prefixCount != nil { prefixes.reserveCapacity(count) }
        bytes.reserveCapacity(flat.reduce(0) { $0 + $1.column.flatByteCount })
        for row in 0..<count {
            let start = bytes.count
            for (place, key) in flat.enumerated() {
                if place == prefixCount { prefixes.append(Int32(bytes.count - start)) }
                append(key, row, to: &bytes)
            }
            if prefixCount == flat.count { prefixes.append(Int32(bytes.count - start)) }
            offsets.append(Int32(bytes.count))
        }
        return (ByteArrays(offsets: offsets, bytes: bytes), prefixes)
    }

    /// Bytes that the keys of some rows take at most, with their offsets.
    ///
    /// - Parameter countsZeros: whether to look at each byte of texts, of which zeros take two; else every byte may be one.
    /// - Precondition: the columns are flat.
    static func byteCountBound(_ columns: [SortColumn], count: Int, countsZeros: Bool) -> Int {
        columns.reduce((count + 1) * 4) { $0.addingSaturating(byteCountBound($1.column, 0..<count, countsZeros)) }
    }

    private static func byteCountBound(_ column: Column, _ rows: Range<Int>, _ countsZeros: Bool) -> Int {
        switch column.values {
        case .bytes(let arrays) where column.type.isJSON:
            return rows.count * 9 + DocumentOrder.byteCountBound(Int(arrays.offsets[rows.upperBound]) - Int(arrays.offsets[rows.lowerBound]))
        case .bytes(let arrays):
            let text = Int(arrays.offsets[rows.lowerBound])..<Int(arrays.offsets[rows.upperBound])
            let zeroCount = countsZeros ? zeroCount(arrays.bytes, text) : text.count
            // The mark and the two bytes of the end.
            return 3 * rows.count + text.count + zeroCount
        case .list(let offsets, let element):
            let inner = Int(offsets[rows.lowerBound])..<Int(offsets[rows.upperBound])
            // The mark and the final 0; a 1 for each element, whose own mark the elements' bound has.
            return 2 * rows.count + inner.count + byteCountBound(element, inner, countsZeros)
        case .structure(let members): return members.reduce(rows.count) { $0 + byteCountBound($1, rows, countsZeros) }
        case .constant: return rows.count
        default: return rows.count * (1 + (width(column.type) ?? 8))
        }
    }

    private static func zeroCount(_ bytes: [UInt8], _ range: Range<Int>) -> Int {
        bytes.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[range])
            var (count, place) = (0, 0)
            while place < bytes.count {
                count &+= bytes[place] == 0 ? 1 : 0
                place &+= 1
            }
            return count
        }
    }

    /// Bytes of a value of the type; nil when they vary.
    static func width(_ type: ColumnType) -> Int? {
        switch type {
        case .boolean: 1
        case .int32, .date: 4
        case .int64, .time, .timestamp, .timestampNanoseconds, .double: 8
        // The declared precision decides, so that keys of one column compare across batches.
        case .decimal(let precision, _): precision <= 18 ? 8 : 16
        case .interval: 16
        default: nil
        }
    }

    /// Turning all bits turns the order round, also of values of several lengths: each value ends by itself, none is the
    /// beginning of another.
    private static func append(_ key: SortColumn, _ row: Int, to bytes: inout [UInt8]) {
        if key.column.isNull(at: row) { return bytes.append(key.nullsFirst ? 0 : 2) }
        bytes.append(1)
        let start = bytes.count
        appendValue(key.column, row, to: &bytes)
        if key.isDescending { for place in start..<bytes.count { bytes[place] = ~bytes[place] } }
    }

    /// - Precondition: the row is no NULL, the column flat.
    private static func appendValue(_ column: Column, _ row: Int, to bytes: inout [UInt8]) {
        switch column.values {
        case .bytes(let arrays) where column.type.isJSON: DocumentOrder.append(arrays[row], to: &bytes)
        case .bytes(let arrays):
            // 00 becomes 00 01, so that the end, 00 00, is less than anything that goes on: 'a' < 'a\0' < 'ab'.
            appendEscaped(arrays, row, to: &bytes)
            bytes.append(contentsOf: [0, 0])
        case .list(let offsets, let element):
            for index in Int(offsets[row])..<Int(offsets[row + 1]) {
                bytes.append(1)
                append(SortColumn(element), index, to: &bytes)
            }
            bytes.append(0)
        case .structure(let members): for member in members { append(SortColumn(member), row, to: &bytes) }
        case .constant: break
        default: appendBigEndian(ordered(column, row), width: width(column.type) ?? 8, to: &bytes)
        }
    }

    /// A zero becomes 0 1. What lies between zeros, which are rare, is appended at once.
    private static func appendEscaped(_ arrays: ByteArrays, _ row: Int, to bytes: inout [UInt8]) {
        arrays.bytes.withUnsafeBytes { all in
            var rest = all[arrays.range(at: row)]
            while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, let zero = memchr(base, 0, rest.count) {
                let end = rest.startIndex + (UnsafeRawPointer(zero) - base) + 1
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<end]))
                bytes.append(1)
                rest = rest[end...]
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest))
        }
    }

    /// The low `width` bytes, the highest first.
    private static func appendBigEndian(_ value: UInt128, width: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[($0.count - width)...])) }
    }

    /// The value as an unsigned number in the same order, within its width.
    /// A two's complement number with its sign bit turned: -1 is 7F…FF, 0 is 80…00.
    static func ordered(_ column: Column, _ row: Int) -> UInt128 {
        switch column.values {
        case .bits(let bits): return bits[row] ? 1 : 0
        case .int32(let values): return UInt128(UInt32(bitPattern: values[row]) ^ 0x8000_0000)
        case .int64(let values):
            if width(column.type) == 16 { return UInt128(bitPattern: Int128(values[row])) ^ (1 << 127) }
            return UInt128(UInt64(bitPattern: values[row]) ^ 1 << 63)
        case .int128(let values): return UInt128(bitPattern: values[row]) ^ (1 << 127)
        case .double(let values): return UInt128(ordered(values[row]))
        case .interval(let values): return UInt128(bitPattern: values[row].span) ^ (1 << 127)
        default: return 0
        }
    }

    /// IEEE 754 numbers of one sign are in the order of their bits; those below zero are turned round, the others lifted
    /// above them. NaN comes last, and -0 is 0, as PostgreSQL has it:
    /// <https://www.postgresql.org/docs/15/datatype-numeric.html#DATATYPE-FLOAT>.
    @inline(__always)
    static func ordered(_ value: Double) -> UInt64 {
        let bits = UInt64(bitPattern: HashKernels.canonicalBits(value))
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }
}
