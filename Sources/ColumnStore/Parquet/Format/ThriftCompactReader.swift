// Thrift's compact protocol, as Parquet's footers, page headers and indexes use it (thrift-compact-protocol.md):
//   field header  high nibble: distance from the previous field id (0: a zigzag varint id follows), low nibble: type
//   booleans      in the field header's type; one byte as elements of a list
//   i16/i32/i64   zigzag varints; i8 one byte; double 8 bytes, little-endian
//   binary        varint length, bytes
//   list, set     one byte (count in the high nibble, 15: a varint count follows; element type in the low nibble)
//   map           varint count, then, unless 0, one byte with both types
//   structure     its fields, then a byte 0; nothing stands before the first
// A zigzag varint has the sign in its lowest bit, and seven bits a byte from the lowest on: -3 is 5, 300 is `D8 04`.

/// What can be wrong with Thrift bytes. Facts only; the opener of the file adds the place.
public enum ThriftError: Error, Equatable, Sendable {
    case truncated
    case varintTooLong
    case unknownType(UInt8)
    case lengthOutOfRange(Int)
    case nestedTooDeep
    /// What the bytes mean would take more memory than the caller allows.
    case overBudget(allowed: Int)
    /// A field that the format requires is absent, or has another type.
    case missingField(structure: PageError.Part, id: Int16)
    /// A field has a value that its meaning rules out.
    case invalidField(structure: PageError.Part, id: Int16, value: Int64)
}

/// The wire types of the compact protocol.
public enum ThriftType: UInt8, Sendable {
    case booleanTrue = 1
    case booleanFalse = 2
    case i8 = 3
    case i16 = 4
    case i32 = 5
    case i64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case map = 11
    case structure = 12
    case uuid = 13
}

public struct ThriftFieldHeader: Sendable {
    public let id: Int16
    public let type: ThriftType
}

/// Reads Thrift values in order from bytes that the caller keeps alive; every length is checked before it is believed.
///
/// One owner; after a throw it is of no use.
///
/// Invariants:
/// 1. `position` is at most the bytes' count.
/// 2. `depth` counts the structures that are entered and not left, `depthMax` at most; what is passed over counts with its lists and maps.
/// 3. What was charged is at most `memoryByteCountMax`.
public struct ThriftCompactReader {
    /// Deeper nesting is no Parquet structure, and skipping it recursively would eat the stack.
    public static let depthMax = 32

    private let bytes: UnsafeRawBufferPointer
    /// Bytes consumed so far.
    public private(set) var position: Int
    private var depth = 0
    private let memoryByteCountMax: Int
    /// What was charged so far.
    private(set) var memoryByteCount = 0

    /// - Parameter memoryByteCountMax: what the values may take, structures of lists by their size in memory: a chunk of three bytes is one of
    ///   hundreds there.
    /// - Precondition: `bytes` outlive the reader.
    public init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0, memoryByteCountMax: Int = .max) {
        precondition(position >= 0 && position <= bytes.count)
        self.bytes = bytes
        self.position = position
        self.memoryByteCountMax = memoryByteCountMax
    }

    /// Counts memory before it is taken.
    ///
    /// - Throws: `.overBudget`.
    mutating func charge(_ byteCount: Int) throws(ThriftError) {
        // Below 2^31 elements of a structure's size: far from the end of 64 bits.
        memoryByteCount += byteCount
        if memoryByteCount > memoryByteCountMax { throw .overBudget(allowed: memoryByteCountMax) }
    }

    /// What an array or a string takes beside its content.
    static let allocationByteCount = 48

    public var remaining: Int { bytes.count - position }

    // MARK: Structures

    /// Begins a structure, which has no bytes before its first field. `nextField` leaves it.
    ///
    /// - Throws: `.nestedTooDeep`.
    public mutating func enterStruct() throws(ThriftError) {
        depth += 1
        if depth > Self.depthMax { throw .nestedTooDeep }
    }

    /// The next field of the structure entered last, or nil at its end (which also leaves it).
    ///
    /// - Parameter previous: the id of the field before, 0 at first; kept by the caller.
    ///
    /// - Throws: `.truncated`, `.unknownType`, `.varintTooLong`, `.lengthOutOfRange` for an id past 16 bits.
    public mutating func nextField(after previous: inout Int16) throws(ThriftError) -> ThriftFieldHeader? {
        let header = try readByte()
        if header == 0 {
            depth -= 1
            return nil
        }
        guard let type = ThriftType(rawValue: header & 0x0F) else { throw .unknownType(header & 0x0F) }
        let delta = Int16(header >> 4)
        if delta == 0 {
            previous = try readI16()
        } else {
            let (id, overflow) = previous.addingReportingOverflow(delta)
            if overflow { throw .lengthOutOfRange(Int(delta)) }
            previous = id
        }
        return ThriftFieldHeader(id: previous, type: type)
    }

    /// Passes over the value of a field that the caller does not know.
    ///
    /// A boolean of a field has no bytes of its own, one of a list has one: that is all that tells `skip` from `skipElement`.
    public mutating func skip(_ type: ThriftType) throws(ThriftError) {
        switch type {
        case .booleanTrue, .booleanFalse: break
        default: try skipElement(type)
        }
    }

    private mutating func skipElement(_ type: ThriftType) throws(ThriftError) {
        switch type {
        case .booleanTrue, .booleanFalse, .i8: try advance(1)
        case .i16, .i32, .i64: _ = try readVarint()
        case .double: try advance(8)
        case .uuid: try advance(16)
        case .binary: try advance(try readLength(elementByteCountMin: 1))
        case .list, .set:
            let (elementType, count) = try readListHeader()
            // Each level of lists in lists is one of recursion.
            try enterStruct()
            for _ in 0..<count { try skipElement(elementType) }
            depth -= 1
        case .map: try skipMap()
        case .structure:
            try enterStruct()
            var id: Int16 = 0
            while let field = try nextField(after: &id) { try skip(field.type) }
        }
    }

    private mutating func skipMap() throws(ThriftError) {
        let count = try readLength(elementByteCountMin: 2)
        if count == 0 { return }
        let types = try readByte()
        guard let key = ThriftType(rawValue: types >> 4) else { throw .unknownType(types >> 4) }
        guard let value = ThriftType(rawValue: types & 0x0F) else { throw .unknownType(types & 0x0F) }
        try enterStruct()
        for _ in 0..<count {
            try skipElement(key)
            try skipElement(value)
        }
        depth -= 1
    }

    // MARK: Values

    /// The value of a boolean field, which its header has said.
    public mutating func readBool(_ field: ThriftFieldHeader) -> Bool { field.type == .booleanTrue }

    /// A boolean as an element of a list. Writers disagree on 0 or 2 for false; only 1 is true.
    public mutating func readBoolElement() throws(ThriftError) -> Bool { try readByte() == 1 }

    public mutating func readI8() throws(ThriftError) -> Int8 { Int8(bitPattern: try readByte()) }

    public mutating func readI16() throws(ThriftError) -> Int16 {
        let value = try readI64()
        guard let narrow = Int16(exactly: value) else { throw .lengthOutOfRange(Int(value)) }
        return narrow
    }

    public mutating func readI32() throws(ThriftError) -> Int32 {
        let value = try readI64()
        guard let narrow = Int32(exactly: value) else { throw .lengthOutOfRange(Int(value)) }
        return narrow
    }

    /// Also what an i16 or i32 is on the wire.
    public mutating func readI64() throws(ThriftError) -> Int64 {
        let zigzag = try readVarint()
        return Int64(bitPattern: (zigzag >> 1) ^ (0 &- (zigzag & 1)))
    }

    public mutating func readDouble() throws(ThriftError) -> Double {
        guard remaining >= 8 else { throw .truncated }
        let bits = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        position += 8
        return Double(bitPattern: UInt64(littleEndian: bits))
    }

    /// - Throws: `.lengthOutOfRange` where more bytes are claimed than there are; `.overBudget`.
    public mutating func readBinary() throws(ThriftError) -> [UInt8] {
        let count = try readLength(elementByteCountMin: 1)
        if count > 0 { try charge(count + Self.allocationByteCount) }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        position += count
        return [UInt8](slice)
    }

    /// Text; bytes that are no UTF-8 are repaired, since names serve lookup and display only.
    public mutating func readString() throws(ThriftError) -> String {
        let count = try readLength(elementByteCountMin: 1)
        // Bytes that are no UTF-8 become three each.
        if count > 15 { try charge(3 * count + Self.allocationByteCount) }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        position += count
        return String(decoding: slice, as: UTF8.self)
    }

    /// - Returns: a count no greater than the bytes that are left, since every element takes at least one.
    public mutating func readListHeader() throws(ThriftError) -> (elementType: ThriftType, count: Int) {
        let header = try readByte()
        guard let type = ThriftType(rawValue: header & 0x0F) else {
            // An empty list may carry no type at all.
            if header == 0 { return (.booleanTrue, 0) }
            throw .unknownType(header & 0x0F)
        }
        if header >> 4 < 15 {
            let count = Int(header >> 4)
            if count > remaining { throw .lengthOutOfRange(count) }
            return (type, count)
        }
        return (type, try readLength(elementByteCountMin: 1))
    }

    // MARK: Bytes

    private mutating func readByte() throws(ThriftError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        let byte = bytes[position]
        position += 1
        return byte
    }

    private mutating func advance(_ count: Int) throws(ThriftError) {
        guard count <= remaining else { throw .truncated }
        position += count
    }

    /// A varint as a length, of which every element takes `elementByteCountMin` bytes at least: what cannot be there is refused before room is taken.
    private mutating func readLength(elementByteCountMin: Int) throws(ThriftError) -> Int {
        let raw = try readVarint()
        guard raw <= UInt64(Int32.max) else { throw .lengthOutOfRange(Int(truncatingIfNeeded: raw >> 1)) }
        guard Int(raw) * elementByteCountMin <= remaining else { throw .lengthOutOfRange(Int(raw)) }
        return Int(raw)
    }

    /// - Throws: `.varintTooLong` past ten bytes.
    private mutating func readVarint() throws(ThriftError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { throw .varintTooLong }
        }
    }
}

extension ThriftError {
    /// As the opener of the file reports it.
    var code: ColumnStoreError.Code { if case .overBudget = self { .overBudget } else { .corruptFile } }
}

extension ThriftError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the metadata ends inside a value"
        case .varintTooLong: "a number in the metadata is longer than 64 bits"
        case .unknownType(let type): "the metadata has a value of unknown type \(type)"
        case .lengthOutOfRange(let length): "a length or number in the metadata is out of range: \(length)"
        case .nestedTooDeep: "the metadata nests too deep"
        case .overBudget(let allowed): "the metadata would take more than the \(allowed) bytes of memory that are allowed"
        case .missingField(let structure, let id): "\(structure) lacks its field \(id)"
        case .invalidField(let structure, let id, let value): "field \(id) of \(structure) has the impossible value \(value)"
        }
    }
}
