// BYTE_STREAM_SPLIT (parquet-format, Encodings.md, 9): the first bytes of all values, then the second ones, and so on.

/// Numbers whose bytes lie apart by their place: the INT32 values 0x04030201 and 0x14131211 are `01 11 02 12 03 13 04 14`.
///
/// A page has no header: how many values it has follows from its length, which must be a multiple of their width.
struct ByteStreamSplitDecoder: PageValueDecoder {
    static let types: Set<PhysicalType> = [.int32, .int64, .float, .double, .fixedLenByteArray]

    private let base: UnsafeRawPointer
    /// How many values the page has.
    private let stride: Int
    /// Values taken.
    private var position = 0

    /// - Throws: `.outOfRange` for a type without a width, or a page that is no whole number of values.
    init(_ page: PageValueSource) throws(PageError) {
        guard page.width > 0, page.bytes.count % page.width == 0 else {
            throw .outOfRange("the byte count of a BYTE_STREAM_SPLIT page", value: page.bytes.count)
        }
        base = page.base
        stride = page.bytes.count / page.width
    }

    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError) {
        let first = position
        try skip(count)
        target.withMemoryRebound(to: UInt32.self, capacity: count) {
            ByteStreamSplit.join32(base, stride: stride, first: first, count: count, into: $0)
        }
    }

    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError) {
        let first = position
        try skip(count)
        target.withMemoryRebound(to: UInt64.self, capacity: count) {
            ByteStreamSplit.join64(base, stride: stride, first: first, count: count, into: $0)
        }
    }

    /// Put together in `scratch`, where they are good until its next use.
    mutating func takeFixedBytes(_ count: Int, width: Int, scratch: ScratchBytes) throws(PageError) -> UnsafeRawPointer {
        let first = position
        try skip(count)
        let target = try scratch.reserve(count * width)
        ByteStreamSplit.join(
            base, stride: stride, first: first, count: count, width: width, into: target.assumingMemoryBound(to: UInt8.self))
        return UnsafeRawPointer(target)
    }

    mutating func skip(_ count: Int) throws(PageError) {
        guard count <= stride - position else { throw .truncated("values of fixed width") }
        position += count
    }
}

/// Kernels that put the bytes of split values together again. `stride` is the page's value count.
///
/// Byte `k` of value `i` stands at `k * stride + i`.
///
/// - Precondition: `first + count` is at most `stride`; of all, `stride` times the width is within the source.
enum ByteStreamSplit {
    static func join32(_ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, into target: UnsafeMutablePointer<UInt32>) {
        let stream = source.assumingMemoryBound(to: UInt8.self) + first
        let (s0, s1, s2, s3) = (stream, stream + stride, stream + 2 * stride, stream + 3 * stride)
        for index in 0..<count {
            target[index] =
                (UInt32(s0[index]) | UInt32(s1[index]) << 8 | UInt32(s2[index]) << 16 | UInt32(s3[index]) << 24).littleEndian
        }
    }

    /// Eight streams, put together in two halves of 32 bits.
    static func join64(_ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, into target: UnsafeMutablePointer<UInt64>) {
        let stream = source.assumingMemoryBound(to: UInt8.self) + first
        let (s0, s1, s2, s3) = (stream, stream + stride, stream + 2 * stride, stream + 3 * stride)
        let upper = stream + 4 * stride
        let (s4, s5, s6, s7) = (upper, upper + stride, upper + 2 * stride, upper + 3 * stride)
        for index in 0..<count {
            let low = UInt32(s0[index]) | UInt32(s1[index]) << 8 | UInt32(s2[index]) << 16 | UInt32(s3[index]) << 24
            let high = UInt32(s4[index]) | UInt32(s5[index]) << 8 | UInt32(s6[index]) << 16 | UInt32(s7[index]) << 24
            target[index] = (UInt64(low) | UInt64(high) << 32).littleEndian
        }
    }

    /// Values of `width` bytes end to end.
    ///
    /// A pass for each byte of the width, since the number of streams is not known when this is compiled.
    static func join(
        _ source: UnsafeRawPointer, stride: Int, first: Int, count: Int, width: Int, into target: UnsafeMutablePointer<UInt8>
    ) {
        for byte in 0..<width {
            let stream = source.assumingMemoryBound(to: UInt8.self) + (byte * stride + first)
            var place = target + byte
            for index in 0..<count {
                place.pointee = stream[index]
                place += width
            }
        }
    }
}
