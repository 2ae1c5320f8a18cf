// Avro 1.11, "Binary Encoding":
//   null              nothing
//   boolean           1 byte, 0 or 1
//   int, long, enum   zigzag varint: 0 → 00, -1 → 01, 1 → 02, 64 → 80 01
//   float, double     4 or 8 bytes, little-endian
//   bytes, string     long length, then as many bytes
//   fixed             its bytes
//   record            its fields, in the schema's order, with nothing between them
//   union             long place of the branch, then the branch's value
//   array, map        blocks of (long count, items), ended by a count of 0; a count below 0 stands for its opposite and is followed by
//                     the block's size in bytes. An item of a map is a string key and a value.

/// Reads values of Avro's binary encoding from the bytes of one block, distrusting each length.
///
/// 1. `offset ≤ end ≤ bytes.count`: every length is compared with what remains before `offset` moves.
/// 2. Nothing is allocated for a count that is merely claimed: arrays grow by an item at a time, to `itemCountMax`, byte arrays take what is really there.
/// 3. After a throw `offset` lies anywhere: whoever decodes gives up the file.
package struct AvroDecoder {
    /// The whole file, or one decompressed block; a block that is not compressed is decoded where it lies, without a copy.
    let bytes: [UInt8]
    /// The next byte to be read.
    private(set) var offset: Int
    /// One past the last byte that belongs to this decoder.
    let end: Int

    init(bytes: [UInt8], range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    init(bytes: [UInt8]) {
        self.init(bytes: bytes, range: 0..<bytes.count)
    }

    var remaining: Int { end - offset }

    /// A zigzag varint of at most ten bytes.
    mutating func long() throws(AvroFault) -> Int64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < end else { throw .truncated }
            let byte = bytes[offset]
            offset += 1
            // Nine bytes hold 63 bits: of the tenth only the lowest bit fits.
            if shift == 63, byte > 1 { throw .outOfRange("varint") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        // Zigzag, undone: the lowest bit is the sign, the others the magnitude (one less where it is negative).
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func int() throws(AvroFault) -> Int32 {
        guard let value = Int32(exactly: try long()) else { throw .outOfRange("int") }
        return value
    }

    mutating func boolean() throws(AvroFault) -> Bool {
        guard offset < end else { throw .truncated }
        let byte = bytes[offset]
        offset += 1
        guard byte <= 1 else { throw .outOfRange("boolean") }
        return byte == 1
    }

    /// A length that the rest of the block can hold.
    mutating func length() throws(AvroFault) -> Int {
        let value = try long()
        guard value >= 0 else { throw .outOfRange("length") }
        guard value <= Int64(remaining) else { throw .truncated }
        return Int(value)
    }

    mutating func byteArray() throws(AvroFault) -> [UInt8] {
        let count = try length()
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// - Throws: `.notUTF8` besides what `length` throws.
    mutating func string() throws(AvroFault) -> String {
        let count = try length()
        guard let string = String(validating: bytes[offset..<offset + count], as: UTF8.self) else { throw .notUTF8 }
        offset += count
        return string
    }

    mutating func skip(byteCount: Int) throws(AvroFault) {
        guard byteCount >= 0, byteCount <= remaining else { throw .truncated }
        offset += byteCount
    }

    /// The number of items of an array's or map's next block; 0 at its end.
    mutating func blockItemCount() throws(AvroFault) -> Int {
        var count = try long()
        if count < 0 {
            // A negative count is followed by the block's size, which only a reader that skips needs.
            guard count != .min else { throw .outOfRange("item count") }
            count = -count
            _ = try length()
        }
        // Items of manifests take at least a byte each; a larger count would only spin on empty ones.
        guard count <= Int64(remaining) else { throw .outOfRange("item count") }
        return Int(count)
    }

    /// Of a map by field id, or of split offsets: a file that is read has 100,000 leaves at most (`SchemaReader`). An item of two bytes may be one of forty in memory, and a
    /// block has millions of them: what an entry takes is asked only once it is there.
    static let itemCountMax = 1 << 17

    /// As `blockItemCount`, of an array or map that is kept whole.
    ///
    /// - Parameter count: of the items before.
    /// - Throws: `.outOfRange` for more than `itemCountMax` with those before.
    private mutating func keptItemCount(after count: Int) throws(AvroFault) -> Int {
        let more = try blockItemCount()
        guard more <= Self.itemCountMax - count else { throw .outOfRange("item count") }
        return more
    }

    /// The branch of a union that follows; a type that is no union is its own branch.
    mutating func branch(of type: AvroType) throws(AvroFault) -> AvroType {
        guard case .union(let branches) = type else { return type }
        let index = try long()
        guard index >= 0, index < Int64(branches.count) else { throw .outOfRange("union branch") }
        return branches[Int(index)]
    }

    /// Passes over one value of `type`, a field that the reader does not know.
    package mutating func skip(_ type: AvroType) throws(AvroFault) {
        switch type {
        case .null: return
        case .boolean: try skip(byteCount: 1)
        case .int, .long, .enumeration: _ = try long()
        case .float: try skip(byteCount: 4)
        case .double: try skip(byteCount: 8)
        case .bytes, .string: try skip(byteCount: try length())
        case .fixed(let byteCount): try skip(byteCount: byteCount)
        case .union: try skip(try branch(of: type))
        case .record(let fields):
            for field in fields { try skip(field.type) }
        case .array(let item):
            // Items of no bytes are passed over at once: a block may claim as many as there are bytes left, and the next one again.
            let isEmpty = item.byteCountMin == 0
            while case let count = try blockItemCount(), count > 0 {
                for _ in 0..<(isEmpty ? 0 : count) { try skip(item) }
            }
        case .map(let value):
            while case let count = try blockItemCount(), count > 0 {
                for _ in 0..<count {
                    try skip(byteCount: try length())
                    try skip(value)
                }
            }
        }
    }

    // MARK: Values of a field whose type the writer chose: nil for null, an error for another kind

    /// Of an int or a long.
    mutating func optionalLong(_ field: AvroField) throws(AvroFault) -> Int64? {
        switch try branch(of: field.type) {
        case .null: return nil
        case .int, .long: return try long()
        default: throw .wrongType(field: field.name)
        }
    }

    /// Of an int, or of a long whose value fits.
    mutating func optionalInt(_ field: AvroField) throws(AvroFault) -> Int32? {
        guard let value = try optionalLong(field) else { return nil }
        guard let narrow = Int32(exactly: value) else { throw .outOfRange(field.name) }
        return narrow
    }

    mutating func optionalString(_ field: AvroField) throws(AvroFault) -> String? {
        switch try branch(of: field.type) {
        case .null: return nil
        case .string: return try string()
        default: throw .wrongType(field: field.name)
        }
    }

    /// Of bytes or a string, which are encoded alike.
    mutating func optionalBytes(_ field: AvroField) throws(AvroFault) -> [UInt8]? {
        switch try branch(of: field.type) {
        case .null: return nil
        case .bytes, .string: return try byteArray()
        default: throw .wrongType(field: field.name)
        }
    }

    /// The items of an array of longs or ints.
    ///
    /// - Throws: `.wrongType` for a null among the items, too; `.outOfRange` for more than `itemCountMax`.
    mutating func optionalLongs(_ field: AvroField) throws(AvroFault) -> [Int64]? {
        switch try branch(of: field.type) {
        case .null: return nil
        case .array(let item):
            let itemField = AvroField(name: field.name, id: nil, type: item)
            var values: [Int64] = []
            while case let count = try keptItemCount(after: values.count), count > 0 {
                for _ in 0..<count {
                    guard let value = try optionalLong(itemField) else { throw .wrongType(field: field.name) }
                    values.append(value)
                }
            }
            return values
        default: throw .wrongType(field: field.name)
        }
    }

    // An int-keyed map is an array of records of key and value.

    /// A map of numbers by field id, in whatever order the writer put them.
    ///
    /// - Throws: `.outOfRange` for more pairs than `itemCountMax`, besides what their bytes throw.
    /// - Complexity: O(n) where ids ascend, O(n log n) elsewhere.
    mutating func optionalCounts(_ field: AvroField) throws(AvroFault) -> FieldCounts? {
        guard let value = try mapValueType(field) else { return nil }
        switch value {
        case .int, .long: break
        default: throw .wrongType(field: field.name)
        }
        var pairs: [(id: Int32, value: Int64)] = []
        while case let count = try keptItemCount(after: pairs.count), count > 0 {
            for _ in 0..<count { pairs.append((try int(), try long())) }
        }
        return FieldCounts(FieldOrder.ascending(pairs))
    }

    /// A map of bytes by field id. As `optionalCounts`.
    mutating func optionalBounds(_ field: AvroField) throws(AvroFault) -> FieldBounds? {
        guard let value = try mapValueType(field) else { return nil }
        switch value {
        case .bytes, .string: break
        default: throw .wrongType(field: field.name)
        }
        var pairs: [(id: Int32, value: [UInt8])] = []
        while case let count = try keptItemCount(after: pairs.count), count > 0 {
            for _ in 0..<count { pairs.append((try int(), try byteArray())) }
        }
        return FieldBounds(FieldOrder.ascending(pairs))
    }

    /// The type of a map's values; nil for null. Every writer puts the key first, and neither key nor value can be null.
    private mutating func mapValueType(_ field: AvroField) throws(AvroFault) -> AvroType? {
        switch try branch(of: field.type) {
        case .null: return nil
        case .array(.record(let members)):
            guard members.count == 2, members[0].name == "key", case .int = members[0].type, members[1].name == "value" else {
                throw .wrongType(field: field.name)
            }
            return members[1].type
        default: throw .wrongType(field: field.name)
        }
    }
}
