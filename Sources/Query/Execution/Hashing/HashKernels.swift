import ColumnStore

/// Hashes of values, equal for equal values however they lie: in a dictionary, in 64 or 128 bits, as constants.
///
/// Sketches of `approx_count_distinct` keep what `rows` gives of a value, in files of sums, too (`docs/rollups.md`): a
/// value's hash must stay as it is, and so must the order of bytes that it is read in.
///
/// Not of the kind that withstands a chosen collision: who chooses keys can crowd a table, which then is slow, or notices
/// it (`KeyIndex.make`). The order in which tables number values does not depend on hashes.
enum HashKernels {
    /// Multiplies into 128 bits and folds: every bit of the input reaches every bit of the result (after Yi's wyhash).
    @inline(__always)
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    /// Two of wyhash's own constants.
    private static let seed: UInt64 = 0xA076_1D64_78BD_642F
    private static let step: UInt64 = 0xE703_7ED1_A0B4_28DB

    @inline(__always)
    static func hash(_ value: UInt64) -> UInt64 { mix(value ^ seed, step) }

    @inline(__always)
    static func hash(_ value: Int64) -> UInt64 { hash(UInt64(bitPattern: value)) }

    /// As of 64 bits where the value fits them, since one decimal may lie either way.
    static func hash(_ value: Int128) -> UInt64 {
        if let narrow = Int64(exactly: value) { return hash(narrow) }
        return mix(UInt64(truncatingIfNeeded: value) ^ seed, UInt64(truncatingIfNeeded: value >> 64) ^ step)
    }

    /// - Complexity: O(bytes), eight a step; the last, shorter word is filled up with zeros, and the length goes in at the
    ///   beginning and the end.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var place = 0
        while place + 8 <= bytes.count {
            state = mix(state ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self), step)
            place += 8
        }
        if place < bytes.count {
            var tail: UInt64 = 0
            var shift: UInt64 = 0
            while place < bytes.count {
                tail |= UInt64(bytes[place]) << shift
                shift += 8
                place += 1
            }
            state = mix(state ^ tail, step)
        }
        return mix(state, step ^ UInt64(truncatingIfNeeded: bytes.count))
    }

    /// -0 is 0, and all NaNs are one, as they are equal in SQL.
    @inline(__always)
    static func canonicalBits(_ value: Double) -> Int64 {
        if value == 0 { return 0 }
        if value.isNaN { return Int64(bitPattern: Double.nan.bitPattern) }
        return Int64(bitPattern: value.bitPattern)
    }

    /// One hash a row over several columns.
    /// NULL has a hash of its own: it is equal to itself here, as groups and parts of joins want it.
    static func rows(_ columns: [Column], count: Int) -> [UInt64] {
        var hashes = [UInt64](repeating: seed, count: count)
        for column in columns {
            let own = values(column)
            precondition(own.count == count)
            hashes.withUnsafeMutableBufferPointer { hashes in
                own.withUnsafeBufferPointer { own in
                    if let validity = column.rowValidity, !validity.isAllSet {
                        for row in own.indices { hashes[row] = mix(hashes[row] ^ (validity[row] ? own[row] : step), step) }
                    } else {
                        for row in own.indices { hashes[row] = mix(hashes[row] ^ own[row], step) }
                    }
                }
            }
        }
        return hashes
    }

    /// Of one column; what stands under a NULL has some hash, which `rows` does not use.
    private static func values(_ column: Column) -> [UInt64] {
        switch column.values {
        case .int64(let values): return values.map { hash($0) }
        case .int32(let values): return values.map { hash(Int64($0)) }
        case .int128(let values): return values.map { hash($0) }
        case .double(let values): return values.map { hash(canonicalBits($0)) }
        case .bits(let bits): return (0..<column.count).map { hash(Int64(bits[$0] ? 1 : 0)) }
        case .interval(let values): return values.map { hash($0.span) }
        case .bytes where column.type.isJSON: return values(DocumentOrder.keys(column))
        case .bytes(let arrays):
            return [UInt64](unsafeUninitializedCapacity: arrays.count) { hashes, count in
                arrays.bytes.withUnsafeBytes { bytes in
                    arrays.offsets.withUnsafeBufferPointer { offsets in
                        for row in 0..<arrays.count { hashes[row] = hash(UnsafeRawBufferPointer(rebasing: bytes[Int(offsets[row])..<Int(offsets[row + 1])])) }
                    }
                }
                count = arrays.count
            }
        case .dictionary(let codes, let dictionary):
            // Each entry once, when there are no more entries than rows.
            if dictionary.count <= column.count {
                let entries = values(dictionary.values.retyped(column.type))
                return codes.map { entries[Int($0)] }
            }
            return values(column.flattened())
        case .constant(let value):
            if value.isNull { return [UInt64](repeating: step, count: column.count) }
            return [UInt64](repeating: values(Column.constant(value, type: column.type, count: 1).flattened())[0], count: column.count)
        case .list, .structure:
            return (0..<column.count).map { row in
                var key: [UInt8] = []
                ValueKey.append(column.value(at: row), column.type, to: &key)
                return key.withUnsafeBytes { hash($0) }
            }
        }
    }
}

/// A value as bytes that are equal for equal values: keys of nested columns and of documents.
///
/// The bytes are a tag and what follows it:
///
///     value = 00 NULL | 01 BOOLEAN | 02 whole number | 03 decimal's digits | 04 bits of a DOUBLE | 05 span of an INTERVAL, each with 16 bytes
///           | 06 16 bytes of length, bytes | 06 a document's key, as `DocumentOrder` has it | 07, 08 16 bytes of count, values
///
/// Counts and lengths come first, so that no value's bytes are the beginning of another's. For equality alone: the order of
/// such keys means nothing.
enum ValueKey {
    /// - Parameter type: of the value; tells documents from texts.
    static func append(_ value: Value, _ type: ColumnType, to key: inout [UInt8]) {
        func add(_ tag: UInt8, _ number: Int128) {
            key.append(tag)
            withUnsafeBytes(of: number) { key.append(contentsOf: $0) }
        }
        switch value {
        case .null: key.append(0)
        case .boolean(let value): add(1, value ? 1 : 0)
        case .integer(let value): add(2, Int128(value))
        case .decimal(let value): add(3, value)
        case .double(let value): add(4, Int128(HashKernels.canonicalBits(value)))
        case .interval(let value): add(5, value.span)
        case .bytes(let bytes) where type.isJSON:
            key.append(6)
            DocumentOrder.append(bytes[...], to: &key)
        case .bytes(let bytes):
            add(6, Int128(bytes.count))
            key.append(contentsOf: bytes)
        case .list(let elements):
            add(7, Int128(elements.count))
            guard case .list(let field) = type else { return }
            for element in elements { append(element, field.type, to: &key) }
        case .structure(let members):
            add(8, Int128(members.count))
            guard case .structure(let fields) = type else { return }
            for (member, field) in zip(members, fields) { append(member, field.type, to: &key) }
        }
    }
}
