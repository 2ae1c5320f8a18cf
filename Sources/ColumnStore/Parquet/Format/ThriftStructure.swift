/// A structure of the Parquet format: readable from and writable to Thrift's compact protocol.
///
/// What holds of all that are read:
/// 1. Fields whose id is not known, or whose type is not the format's, are passed over: files may be newer than this reader.
/// 2. A required field that was not there throws `.missingField`. In the tables of the structures its id has a `!`.
public protocol ThriftStructure {
    /// Reads the structure whose first field header is next.
    init(from reader: inout ThriftCompactReader) throws(ThriftError)
    /// Writes the fields in ascending order, without the stop byte.
    func writeFields(to writer: inout ThriftCompactWriter)
}

extension ThriftStructure {
    /// The structure as it stands in a file, with its stop byte.
    public func serialized() -> [UInt8] {
        var writer = ThriftCompactWriter()
        writer.element(structure: writeFields)
        return writer.bytes
    }

    /// Reads one structure from the start of `bytes`.
    ///
    /// - Returns: it, and how many bytes it took.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, memoryByteCountMax: Int = .max
    ) throws(ThriftError) -> (value: Self, byteCount: Int) {
        var reader = ThriftCompactReader(bytes, memoryByteCountMax: memoryByteCountMax)
        let value = try Self(from: &reader)
        return (value, reader.position)
    }

    /// Reads one structure; bytes after it are not looked at.
    public static func parse(_ bytes: [UInt8]) throws(ThriftError) -> Self {
        try bytes.span.withUnsafeBytes { (bytes) throws(ThriftError) in try parse(bytes).value }
    }
}

extension ThriftCompactReader {
    /// Reads a list of structures; memory grows with what is really there, not with the count that the list claims.
    public mutating func readList<Element: ThriftStructure>(of _: Element.Type) throws(ThriftError) -> [Element] {
        let (type, count) = try readListHeader()
        guard type == .structure || count == 0 else { throw .unknownType(type.rawValue) }
        var values: [Element] = []
        values.reserveCapacity(min(count, 256))
        for _ in 0..<count {
            try charge(MemoryLayout<Element>.stride)
            values.append(try Element(from: &self))
        }
        return values
    }

    /// - Throws: `.unknownType` for elements of another type, `.overBudget` before room is taken. So do the lists below.
    public mutating func readI64List() throws(ThriftError) -> [Int64] {
        let (type, count) = try readListHeader()
        // i32 and i64 are the same on the wire.
        guard type == .i64 || type == .i32 || count == 0 else { throw .unknownType(type.rawValue) }
        try charge(count * MemoryLayout<Int64>.stride)
        var values: [Int64] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try readI64()) }
        return values
    }

    public mutating func readI32List() throws(ThriftError) -> [Int32] {
        let (type, count) = try readListHeader()
        guard type == .i32 || count == 0 else { throw .unknownType(type.rawValue) }
        try charge(count * MemoryLayout<Int32>.stride)
        var values: [Int32] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try readI32()) }
        return values
    }

    public mutating func readBinaryList() throws(ThriftError) -> [[UInt8]] {
        let (type, count) = try readListHeader()
        guard type == .binary || count == 0 else { throw .unknownType(type.rawValue) }
        try charge(count * MemoryLayout<[UInt8]>.stride)
        var values: [[UInt8]] = []
        values.reserveCapacity(min(count, 4096))
        for _ in 0..<count { values.append(try readBinary()) }
        return values
    }

    public mutating func readStringList() throws(ThriftError) -> [String] {
        let (type, count) = try readListHeader()
        guard type == .binary || count == 0 else { throw .unknownType(type.rawValue) }
        try charge(count * MemoryLayout<String>.stride)
        var values: [String] = []
        for _ in 0..<count { values.append(try readString()) }
        return values
    }

    public mutating func readBoolList() throws(ThriftError) -> [Bool] {
        let (type, count) = try readListHeader()
        guard type == .booleanTrue || type == .booleanFalse || count == 0 else { throw .unknownType(type.rawValue) }
        try charge(count * MemoryLayout<Bool>.stride)
        var values: [Bool] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try readBoolElement()) }
        return values
    }
}
