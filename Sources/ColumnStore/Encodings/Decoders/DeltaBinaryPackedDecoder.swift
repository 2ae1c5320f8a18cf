// DELTA_BINARY_PACKED (5): one stream of packed differences, see `DeltaIntegerStream`.

/// INT32 and INT64 as differences. Passing over values costs as much as taking them.
struct DeltaBinaryPackedDecoder: PageValueDecoder {
    static let types: Set<PhysicalType> = [.int32, .int64]
    static let growsAlong = true

    /// Nil of a page that is empty, and has no values.
    private var stream: DeltaIntegerStream?

    /// - Throws: what a damaged header of the stream throws. An empty page is sound only where it has no values to give.
    init(_ page: PageValueSource) throws(PageError) {
        if !page.bytes.isEmpty || page.valueCount > 0 { stream = try DeltaIntegerStream(page.bytes, frame: page.frame) }
    }

    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError) {
        try decode(into: target, count: count)
    }

    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError) {
        try decode(into: target, count: count)
    }

    @inline(__always)
    private mutating func decode<Target: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        into target: UnsafeMutablePointer<Target>, count: Int
    ) throws(PageError) {
        guard stream != nil else {
            if count > 0 { throw .truncated("delta encoding") }
            return
        }
        try stream?.decode(into: target, count: count)
    }

    mutating func skip(_ count: Int) throws(PageError) {
        guard stream != nil else { throw .truncated("delta encoding") }
        try stream?.skip(count)
    }
}
