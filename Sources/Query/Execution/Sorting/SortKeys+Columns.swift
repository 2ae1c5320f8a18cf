internal import Glibc
import ColumnStore

/// Keys laid down column by column: a loop over rows knows where its values lie and how wide they are, which the walk from value to value asks of each.
extension SortKeys {
    /// All columns of fixed width.
    ///
    /// Nil when a type has no fixed width, or the keys are past 32-bit offsets. Within what
    /// `HeldKeys` allows the types alone decide, so that all batches of a sort go one way. They must: here NULL fills its
    /// column's width with zeros, elsewhere it is its mark alone.
    static func encodeFixed(_ columns: [SortColumn], count: Int) -> ByteArrays? {
        var total = 0
        for key in columns {
            guard let width = width(key.column.type) else { return nil }
            total += width + 1
        }
        guard total * count < Int(Int32.max) else { return nil }
        // Row `r` has its key at `r * total`; a column's part begins `place` bytes further. NULL leaves its value zero.
        var bytes = [UInt8](repeating: 0, count: total * count)
        bytes.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var place = 0
            for key in columns {
                let width = width(key.column.type) ?? 8, first = place
                put(key.flattened, width: width, count: count, to: base) { $0 * total + first }
                place += width + 1
            }
        }
        return ByteArrays(offsets: (0...count).map { Int32($0 * total) }, bytes: bytes)
    }

    /// Columns of fixed width and of texts, as they are laid down row by row. Nil where another type is among them.
    /// - Precondition: the columns are flat, and the keys within reach of 32-bit offsets.
    static func encodePlain(_ columns: [SortColumn], count: Int, dividedAt prefixCount: Int?) -> (keys: ByteArrays, prefixes: [Int32])? {
        // The length of each key, and then where its next column begins.
        var places = [Int32](repeating: 0, count: count)
        var prefixes = prefixCount == 0 ? places : []
        for (place, key) in columns.enumerated() {
            guard addLengths(key, to: &places) else { return nil }
            if place + 1 == prefixCount { prefixes = places }
        }
        var offsets: [Int32] = [0], end: Int32 = 0
        offsets.reserveCapacity(count + 1)
        for row in places.indices {
            let start = end
            end += places[row]
            places[row] = start
            offsets.append(end)
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(end)) { bytes, filled in
            filled = Int(end)
            guard let base = UnsafeMutableRawPointer(bytes.baseAddress) else { return }
            for key in columns {
                if let width = width(key.column.type) {
                    put(key, width: width, count: count, to: base) { Int(places[$0]) }
                    addLengths(key, to: &places)
                } else {
                    putTexts(key, to: base, &places)
                }
            }
        }
        return (ByteArrays(offsets: offsets, bytes: bytes), prefixes)
    }

    /// Nil where no row is NULL. A flat column that is one value for all rows has nothing else.
    private static func validity(_ column: Column) -> Bitmap? {
        if case .constant = column.values { return Bitmap(repeating: false, count: column.count) }
        return column.rowValidity
    }

    /// Marks with values; false for a type of neither kind.
    @discardableResult private static func addLengths(_ key: SortColumn, to lengths: inout [Int32]) -> Bool {
        let validity = validity(key.column)
        if let width = width(key.column.type) {
            let whole = Int32(1 + width)
            for row in lengths.indices { lengths[row] += validity?[row] ?? true ? whole : 1 }
            return true
        }
        guard !key.column.type.isJSON else { return false }
        switch key.column.values {
        case .constant: for row in lengths.indices { lengths[row] += 1 }
        case .bytes(let arrays):
            let hasZeros = hasZeros(arrays)
            for row in lengths.indices {
                lengths[row] += 1
                if !(validity?[row] ?? true) { continue }
                lengths[row] += Int32(2 + arrays.range(at: row).count + (hasZeros ? arrays[row].reduce(0) { $0 + ($1 == 0 ? 1 : 0) } : 0))
            }
        default: return false
        }
        return true
    }

    private static func hasZeros(_ arrays: ByteArrays) -> Bool {
        let used = Int(arrays.offsets[0])..<Int(arrays.offsets[arrays.count])
        return arrays.bytes.withUnsafeBytes { bytes in bytes.baseAddress.map { memchr($0 + used.lowerBound, 0, used.count) != nil } ?? false }
    }

    /// Writes the mark of each row and, but for NULL, its value.
    @inline(__always)
    private static func put(_ key: SortColumn, width: Int, count: Int, to base: UnsafeMutableRawPointer, at start: (Int) -> Int) {
        let validity = validity(key.column), null: UInt8 = key.nullsFirst ? 0 : 2
        let flip: UInt64 = key.isDescending ? .max : 0
        @inline(__always) func put(_ write: (UnsafeMutableRawPointer, Int) -> Void) {
            for row in 0..<count {
                let place = base + start(row)
                guard validity?[row] ?? true else {
                    place.storeBytes(of: null, as: UInt8.self)
                    continue
                }
                place.storeBytes(of: 1, as: UInt8.self)
                write(place + 1, row)
            }
        }
        switch key.column.values {
        case .int32(let values) where width == 4:
            put { $0.storeBytes(of: (UInt32(bitPattern: values[$1]) ^ 0x8000_0000 ^ UInt32(truncatingIfNeeded: flip)).bigEndian, as: UInt32.self) }
        case .int64(let values) where width == 8:
            put { $0.storeBytes(of: (UInt64(bitPattern: values[$1]) ^ 1 << 63 ^ flip).bigEndian, as: UInt64.self) }
        case .double(let values) where width == 8:
            put { $0.storeBytes(of: (ordered(values[$1]) ^ flip).bigEndian, as: UInt64.self) }
        default:
            let column = key.column
            put { place, row in
                let value = key.isDescending ? ~ordered(column, row) : ordered(column, row)
                // The low bytes, the highest of them first.
                withUnsafeBytes(of: value.bigEndian) { place.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[($0.count - width)...]).baseAddress ?? UnsafeRawPointer(place), byteCount: width) }
            }
        }
    }

    /// Texts with their ends. A zero becomes 0 1; most texts have none.
    private static func putTexts(_ key: SortColumn, to base: UnsafeMutableRawPointer, _ starts: inout [Int32]) {
        let validity = validity(key.column), null: UInt8 = key.nullsFirst ? 0 : 2
        guard case .bytes(let arrays) = key.column.values else {
            for row in starts.indices {
                (base + Int(starts[row])).storeBytes(of: null, as: UInt8.self)
                starts[row] += 1
            }
            return
        }
        let hasZeros = hasZeros(arrays)
        arrays.bytes.withUnsafeBytes { texts in
            for row in starts.indices {
                var place = base + Int(starts[row])
                guard validity?[row] ?? true else {
                    place.storeBytes(of: null, as: UInt8.self)
                    starts[row] += 1
                    continue
                }
                place.storeBytes(of: 1, as: UInt8.self)
                place += 1
                let first = place, text = texts[arrays.range(at: row)]
                if hasZeros {
                    for byte in text {
                        place.storeBytes(of: byte, as: UInt8.self)
                        place += 1
                        if byte != 0 { continue }
                        place.storeBytes(of: 1, as: UInt8.self)
                        place += 1
                    }
                } else if let source = UnsafeRawBufferPointer(rebasing: text).baseAddress {
                    place.copyMemory(from: source, byteCount: text.count)
                    place += text.count
                }
                place.storeBytes(of: 0, as: UInt16.self)
                place += 2
                if key.isDescending {
                    let value = UnsafeMutableRawBufferPointer(start: first, count: place - first)
                    for index in value.indices { value[index] = ~value[index] }
                }
                starts[row] += Int32(place - first + 1)
            }
        }
    }
}
