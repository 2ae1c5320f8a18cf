/// Appends values to the body of a page. One type an encoding; `ValueEncoding` names them all.
///
/// An encoding has the functions of the types that it is for; asked for another's it refuses, never writes them as something else.
///
/// Stateless: pages are encoded side by side. `target` is only appended to.
protocol PageValueEncoder {
    /// What the writer tries the encoding for.
    static var types: Set<PhysicalType> { get }

    /// - Parameter booleans: 0 or 1 each.
    static func encode(booleans: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) throws(PageError)

    static func encode(_ values: UnsafeBufferPointer<Int32>, into target: inout [UInt8]) throws(PageError)

    static func encode(_ values: UnsafeBufferPointer<Int64>, into target: inout [UInt8]) throws(PageError)

    static func encode(_ values: UnsafeBufferPointer<Double>, into target: inout [UInt8]) throws(PageError)

    /// As fixed-length big-endian two's complement.
    ///
    /// - Precondition: every value fits `byteCount` bytes, 1…16.
    static func encode(bigEndian values: UnsafeBufferPointer<Int128>, byteCount: Int, into target: inout [UInt8]) throws(PageError)

    /// - Parameter fixedBytes: values of one width, end to end.
    static func encode(fixedBytes: UnsafeRawBufferPointer, into target: inout [UInt8]) throws(PageError)

    /// BYTE_ARRAY.
    ///
    /// - Parameter offsets: one more than values, ascending, within `bytes`; the first need not be 0.
    static func encode(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) throws(PageError)

    /// - Parameter codes: each below 2^`bitWidth`.
    static func encode(codes: UnsafeBufferPointer<UInt32>, bitWidth: Int, into target: inout [UInt8]) throws(PageError)
}

extension PageValueEncoder {
    private static var unsupported: PageError { .unsupported("this encoding of this type") }

    static func encode(booleans: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) throws(PageError) { throw unsupported }

    static func encode(_ values: UnsafeBufferPointer<Int32>, into target: inout [UInt8]) throws(PageError) { throw unsupported }

    static func encode(_ values: UnsafeBufferPointer<Int64>, into target: inout [UInt8]) throws(PageError) { throw unsupported }

    static func encode(_ values: UnsafeBufferPointer<Double>, into target: inout [UInt8]) throws(PageError) { throw unsupported }

    static func encode(bigEndian values: UnsafeBufferPointer<Int128>, byteCount: Int, into target: inout [UInt8]) throws(PageError) {
        throw unsupported
    }

    static func encode(fixedBytes: UnsafeRawBufferPointer, into target: inout [UInt8]) throws(PageError) { throw unsupported }

    static func encode(offsets: UnsafeBufferPointer<Int32>, bytes: UnsafeBufferPointer<UInt8>, into target: inout [UInt8]) throws(PageError) {
        throw unsupported
    }

    static func encode(codes: UnsafeBufferPointer<UInt32>, bitWidth: Int, into target: inout [UInt8]) throws(PageError) { throw unsupported }
}
