/// What precedes a bloom filter's bits (parquet.thrift, BloomFilterHeader). The format knows one algorithm (split
/// blocks), one hash (xxHash64) and one compression (none); others make `isSupported` false.
///
///     BloomFilterHeader   1! numBytes   2 algorithm   3 hash   4 compression
///
/// The last three are unions with one member each. A filter of other members is passed over, as if there was none.
public struct BloomFilterHeader: Hashable, Sendable {
    /// Of the bits that follow.
    public var byteCount: Int32
    public var isSupported: Bool

    public init(byteCount: Int32) {
        self.byteCount = byteCount
        isSupported = true
    }
}

extension BloomFilterHeader: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var byteCount: Int32?
        var supportedParts = 0
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32): byteCount = try reader.readI32()
            case (2...4, .structure):
                var member: Int16 = 0
                try reader.enterStruct()
                while let part = try reader.nextField(after: &member) {
                    if part.id == 1 { supportedParts += 1 }
                    try reader.skip(part.type)
                }
            default: try reader.skip(field.type)
            }
        }
        guard let byteCount else { throw .missingField(structure: "BloomFilterHeader", id: 1) }
        guard byteCount >= 0 else { throw .invalidField(structure: "BloomFilterHeader", id: 1, value: Int64(byteCount)) }
        self.byteCount = byteCount
        isSupported = supportedParts == 3
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, byteCount)
        // Each union holds its member number 1, which has no fields.
        for part in 2...4 as ClosedRange<Int16> {
            writer.field(part) { $0.emptyStructure(1) }
        }
    }
}
