import ColumnStore

/// How buffers of an Arrow stream are compressed. Raw values are those of the format.
package enum ArrowCompression: UInt8, Sendable { case lz4 = 0, zstd = 1 }

/// The buffers of a batch as Arrow lays columns down (format/Columnar.rst): validity as bits, offsets, values, each at a multiple of eight bytes.
///
/// A column is a node (rows, NULLs) and, in this order, its buffers; nested columns follow theirs, depth first:
///
///     BOOLEAN, numbers, moments    validity, values
///     text, bytes                  validity, offsets of 32 bits, bytes
///     list                         validity, offsets, then the element's column
///     struct                       validity, then a column for each member
///
/// A compressed buffer is its plain length (8 bytes, little-endian; -1: as it is) and the bytes.
struct ArrowBody {
    /// Of a column, or of one within it.
    struct Node {
        var count: Int
        var nullCount: Int
    }

    /// Where a buffer lies in `bytes`.
    struct Buffer {
        var offset: Int
        /// Without what fills it up.
        var byteCount: Int
    }

    private(set) var nodes: [Node] = []
    private(set) var buffers: [Buffer] = []
    /// The message's body; its length is a multiple of eight.
    private(set) var bytes: [UInt8] = []
    let rowCount: Int
    let compression: ArrowCompression?
    /// Nil without compression.
    private let compressor: PageCompressor?

    init(rowCount: Int, _ compression: ArrowCompression?, _ compressor: PageCompressor?) {
        (self.rowCount, self.compression, self.compressor) = (rowCount, compression, compressor)
    }

    // MARK: Columns

    /// The codes of a column with a dictionary.
    /// - Throws: `PageError` of the codec.
    mutating func append(codes: [UInt32], validity: Bitmap?) throws {
        begin(codes.count, validity)
        try codes.withUnsafeBytes { (bytes) throws in try add(bytes) }
    }

    /// A column as it lies after `plain`, with all that is within it.
    mutating func append(_ column: Column) throws {
        let flat = Self.plain(column)
        begin(flat.count, flat.validity)
        switch flat.values {
        case .bits(let bits): try add(bits)
        case .int32(let values): try values.withUnsafeBytes { (bytes) throws in try add(bytes) }
        case .double(let values): try values.withUnsafeBytes { (bytes) throws in try add(bytes) }
        case .int64(let values):
            // Decimals are 128 bits wide in Arrow, whatever their digits need.
            if case .decimal = flat.type { return try add(values.map { Int128($0) }) }
            try values.withUnsafeBytes { (bytes) throws in try add(bytes) }
        case .int128(let values): try add(values)
        case .bytes(let arrays):
            try arrays.offsets.withUnsafeBytes { (bytes) throws in try add(bytes) }
            try arrays.bytes.withUnsafeBytes { (bytes) throws in try add(bytes) }
        case .list(let offsets, let element):
            try offsets.withUnsafeBytes { (bytes) throws in try add(bytes) }
            try append(element)
        case .structure(let members): for member in members { try append(member) }
        // `plain` leaves none of these but a constant NULL, which is text there.
        case .interval, .dictionary, .constant: break
        }
    }

    /// Neither constants nor codes, and texts of what Arrow has no type for here.
    static func plain(_ column: Column) -> Column {
        let flat = column.flattened()
        switch column.type {
        case .uuid, .interval, .null: return CellWriter.texts(of: flat)
        case .timestampNanoseconds(let isUTC):
            guard case .int64(let values) = flat.values else { return flat }
            // Nanoseconds become microseconds, rounded down, before 1970 too.
            let cut = values.map { $0 / 1_000 - ($0 % 1_000 < 0 ? 1 : 0) }
            return Column(type: .timestamp(isUTC: isUTC), count: flat.count, validity: flat.validity, values: .int64(cut))
        default: return flat
        }
    }

    // MARK: Buffers

    /// The node of a column, and its first buffer.
    private mutating func begin(_ count: Int, _ validity: Bitmap?) {
        let nullCount = validity.map { count - $0.setCount } ?? 0
        nodes.append(Node(count: count, nullCount: nullCount))
        // Without a NULL there are no bits to read. Never a failure: bits are not compressed.
        if nullCount == 0 { buffers.append(Buffer(offset: bytes.count, byteCount: 0)) } else if let validity { addPlain(validity) }
    }

    private mutating func add(_ bits: Bitmap) throws {
        try Self.packed(bits).withUnsafeBytes { (bytes) throws in try add(bytes) }
    }

    private mutating func addPlain(_ bits: Bitmap) {
        let packed = Self.packed(bits)
        guard compression != nil else { return packed.withUnsafeBytes { place($0) } }
        // -1 for a length: as it is.
        var whole = [UInt8](repeating: 0xFF, count: 8)
        whole.append(contentsOf: packed)
        whole.withUnsafeBytes { place($0) }
    }

    /// Bits of a bitmap lie as Arrow's: the first row in the lowest bit of the first byte.
    private static func packed(_ bits: Bitmap) -> [UInt8] {
        let byteCount = (bits.count + 7) / 8
        return bits.words.withUnsafeBytes { Array($0.prefix(byteCount)) }
    }

    private mutating func add(_ values: [Int128]) throws {
        // In the order of bytes that the machine has, the lowest first.
        try values.withUnsafeBytes { (bytes) throws in try add(bytes) }
    }

    /// A buffer, compressed where that is asked for; an empty one is empty either way.
    private mutating func add(_ values: UnsafeRawBufferPointer) throws {
        guard let compression, !values.isEmpty else { return place(values) }
        var whole: [UInt8] = withUnsafeBytes(of: Int64(values.count).littleEndian) { Array($0) }
        switch compression {
        case .zstd: _ = try compressor?.compress(values, appendingTo: &whole)
        case .lz4: whole.append(contentsOf: try LZ4Frame.compressed(values, compressor))
        }
        whole.withUnsafeBytes { place($0) }
    }

    /// Puts bytes down as a buffer, filled up to eight.
    private mutating func place(_ values: UnsafeRawBufferPointer) {
        buffers.append(Buffer(offset: bytes.count, byteCount: values.count))
        bytes.append(contentsOf: values)
        while bytes.count % 8 != 0 { bytes.append(0) }
    }
}

/// LZ4's frame format (lz4_Frame_format.md): blocks of at most 4 MiB, each by itself, without checksums.
///
///     frame = header, (size: UInt32 little-endian, block)…, 00000000
private enum LZ4Frame {
    /// Version 1, independent blocks; blocks up to 4 MiB; the second byte of the xxHash32 of those two.
    private static let header: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x60, 0x70, 0x73]
    private static let blockByteCountMax = 4 << 20

    /// A block that does not get shorter goes in as it is.
    static func compressed(_ values: UnsafeRawBufferPointer, _ compressor: PageCompressor?) throws -> [UInt8] {
        var frame = header
        for start in stride(from: 0, to: values.count, by: blockByteCountMax) {
            let block = UnsafeRawBufferPointer(rebasing: values[start..<min(start + blockByteCountMax, values.count)])
            var packed: [UInt8] = []
            _ = try compressor?.compress(block, appendingTo: &packed)
            let isPacked = !packed.isEmpty && packed.count < block.count
            // The highest bit says that a block is as it was.
            var size = UInt32(truncatingIfNeeded: isPacked ? packed.count : block.count)
            if !isPacked { size |= 1 << 31 }
            frame.append(contentsOf: withUnsafeBytes(of: size.littleEndian) { Array($0) })
            frame.append(contentsOf: isPacked ? packed : Array(block))
        }
        frame.append(contentsOf: [0, 0, 0, 0])
        return frame
    }
}
