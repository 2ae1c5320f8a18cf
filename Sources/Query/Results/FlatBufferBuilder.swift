/// Writes a FlatBuffer (flatbuffers.dev, "internals"): tables with their vtables, strings and vectors, from the last byte to the first, as offsets only point
/// forward. What messages of Arrow need of the format, and no more.
///
/// A table, from its first byte on:
///
///     soffset: Int32   how far before it its vtable stands
///     fields           each at a multiple of its size, in any order
///     vtable = length of the vtable: UInt16, length of the table: UInt16, place of each field in the table: UInt16…, 0 for one that is not there
///
/// Strings and vectors are a length (UInt32) and what they hold; strings end with a zero that does not count. Offsets are
/// UInt32, from where they stand to what they point to.
struct FlatBufferBuilder {
    /// Places count from the buffer's end: the bytes lie the other way round until it is finished.
    typealias Place = Int

    /// The buffer from its last byte on.
    private var reversed: [UInt8] = []
    /// Of the table that is being written: where its fields lie, by number.
    private var slots: [Int: Place] = [:]
    /// Bytes that lay there when the table was begun.
    private var tableStart = 0

    private static let rootAlignment = 8

    /// Room so that what is `alignment` wide stands at a multiple of it once `added` bytes stand before it.
    private mutating func align(_ alignment: Int, before added: Int = 0) {
        while (reversed.count + added) % alignment != 0 { reversed.append(0) }
    }

    /// A number, little-endian once the bytes are turned round.
    private mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        align(MemoryLayout<Number>.size)
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) { reversed.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    /// An offset to what lies at `place`: from where the offset itself will begin.
    private mutating func put(offsetTo place: Place) {
        align(4)
        put(UInt32(truncatingIfNeeded: reversed.count + 4 - place))
    }

    /// - Returns: the place of the string, for `offset`.
    mutating func string(_ text: String) -> Place {
        let bytes = Array(text.utf8)
        align(4, before: bytes.count + 1)
        reversed.append(0)
        reversed.append(contentsOf: bytes.reversed())
        put(UInt32(truncatingIfNeeded: bytes.count))
        return reversed.count
    }

    /// A vector of offsets to tables or strings.
    mutating func vector(_ places: [Place]) -> Place {
        align(4, before: 4 * places.count)
        for place in places.reversed() { put(offsetTo: place) }
        put(UInt32(truncatingIfNeeded: places.count))
        return reversed.count
    }

    /// A vector of structs of two 64-bit numbers.
    mutating func vector(ofPairs pairs: [(Int64, Int64)]) -> Place {
        align(8, before: 16 * pairs.count)
        for pair in pairs.reversed() {
            put(pair.1)
            put(pair.0)
        }
        put(UInt32(truncatingIfNeeded: pairs.count))
        return reversed.count
    }

    // MARK: Tables

    /// A table. Its fields lie the other way round than they are written.
    /// - Parameter fields: writes scalars and offsets; what they point to must be there already.
    /// - Returns: the place of the table.
    mutating func table(_ fields: (inout FlatBufferBuilder) -> Void) -> Place {
        slots = [:]
        tableStart = reversed.count
        fields(&self)
        // Room for the distance to the vtable, which is not known before that stands.
        put(Int32(0))
        let table = reversed.count
        let slotCount = (slots.keys.max() ?? -1) + 1
        for slot in (0..<slotCount).reversed() { put(UInt16(truncatingIfNeeded: slots[slot].map { table - $0 } ?? 0)) }
        put(UInt16(truncatingIfNeeded: table - tableStart))
        put(UInt16(truncatingIfNeeded: 2 * slotCount + 4))
        // The table begins with how far before it its vtable stands.
        let distance = UInt32(truncatingIfNeeded: reversed.count - table)
        for index in 0..<4 { reversed[table - 1 - index] = UInt8(truncatingIfNeeded: distance >> (8 * index)) }
        return table
    }

    /// A field of the table in the making.
    /// - Precondition: within `table`.
    mutating func scalar<Number: FixedWidthInteger>(_ slot: Int, _ number: Number) {
        put(number)
        slots[slot] = reversed.count
    }

    /// A field that points to what lies at `place`.
    mutating func offset(_ slot: Int, _ place: Place) {
        put(offsetTo: place)
        slots[slot] = reversed.count
    }

    /// - Returns: the buffer: first the offset to its root, and a multiple of eight bytes in all.
    consuming func finish(_ root: Place) -> [UInt8] {
        align(Self.rootAlignment, before: 4)
        put(offsetTo: root)
        return reversed.reversed()
    }
}
