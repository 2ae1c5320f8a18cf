/// What a page's values are taken from.
struct PageValueSource {
    /// Padded (see `BitUnpacking`), and alive as long as the page is the current one of its reader.
    let bytes: UnsafeRawBufferPointer
    let type: PhysicalType
    /// Bytes of a value of fixed width, else 0.
    let width: Int
    /// At most as many values as may be taken.
    ///
    /// Of a data page its level pairs: NULLs are counted, and have no value in `bytes`.
    let valueCount: Int
    let budget: DecodeBudget
    /// Where `bytes` are inflated as they are needed: what `bytes` are the content of. Nil where all of them are there.
    var frame: GrowingFrame?

    /// Has the first `end` of the bytes there. Whatever reads them asks first, if its type grows along.
    ///
    /// - Throws: what inflating throws, `.lengthMismatch` where the content is shorter.
    @inline(__always)
    func require(_ end: Int) throws(PageError) {
        if let frame { try frame.require(end) }
    }

    /// Where the bytes begin; an empty page may have no address, and then nothing is loaded.
    var base: UnsafeRawPointer {
        // Safe: as in `HybridDecoder`.
        bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
    }
}

/// The values of one page while they are taken from it, in order. One type an encoding; `ValueEncoding` names them all.
///
/// An encoding has the functions of the types that it is for; asked for the values of another it refuses, never takes them for something else.
/// Each call is one of dynamic dispatch for thousands of values: the loops are within.
///
/// A decoder belongs to one page, one owner and one thread. Targets have room for what is asked for. After a throw neither the decoder nor what the
/// call had begun to fill is of any use.
protocol PageValueDecoder {
    /// What the encoding is for. A page of another type is refused before its decoder is made.
    static var types: Set<PhysicalType> { get }

    /// Whether it asks for bytes before it reads them; of a page for others all are there from the start.
    static var growsAlong: Bool { get }

    /// Reads what stands before the values.
    ///
    /// - Throws: `.truncated`, `.outOfRange` or `.lengthMismatch` for a page that cannot be of this encoding; what inflating throws.
    init(_ page: PageValueSource) throws(PageError)

    /// Whether values are codes into the column chunk's dictionary.
    var isOfCodes: Bool { get }

    /// What a value takes on average, were `valueCount` left; nil where the page does not have the values whole.
    func byteCount(perValueOf valueCount: Int) -> Int?

    /// Passes over values.
    /// - Precondition: `count` is above 0.
    mutating func skip(_ count: Int) throws(PageError)

    /// Codes, each below `limit`.
    /// - Throws: `.outOfRange` for a code that is not, `.truncated` where the page has fewer; `.unsupported` where its values are no codes.
    mutating func decodeCodes(into target: UnsafeMutablePointer<UInt32>, count: Int, limit: UInt32) throws(PageError)

    mutating func appendBooleans(_ count: Int, to bits: inout BitBuilder) throws(PageError)

    /// INT32 and FLOAT.
    /// - Throws: `.truncated` where the page has fewer, `.unsupported` for an encoding that is not of these types; so do the functions below.
    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError)

    /// INT64 and DOUBLE.
    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError)

    /// The next values of a FIXED_LEN_BYTE_ARRAY or INT96, end to end, with padding after them; `scratch` is used when they do not stand so
    /// in the page.
    mutating func takeFixedBytes(_ count: Int, width: Int, scratch: ScratchBytes) throws(PageError) -> UnsafeRawPointer

    /// Appends byte arrays; `offsets` ends with `bytes.count` before and after.
    mutating func appendByteArrays(_ count: Int, offsets: inout [Int32], bytes: inout [UInt8]) throws(PageError)
}

extension PageValueDecoder {
    private static var unsupported: PageError { .unsupported("this encoding of this type") }

    static var growsAlong: Bool { false }
    var isOfCodes: Bool { false }
    func byteCount(perValueOf valueCount: Int) -> Int? { nil }

    mutating func decodeCodes(into target: UnsafeMutablePointer<UInt32>, count: Int, limit: UInt32) throws(PageError) {
        throw Self.unsupported
    }

    mutating func appendBooleans(_ count: Int, to bits: inout BitBuilder) throws(PageError) { throw Self.unsupported }

    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError) { throw Self.unsupported }

    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError) { throw Self.unsupported }

    mutating func takeFixedBytes(_ count: Int, width: Int, scratch: ScratchBytes) throws(PageError) -> UnsafeRawPointer {
        throw Self.unsupported
    }

    mutating func appendByteArrays(_ count: Int, offsets: inout [Int32], bytes: inout [UInt8]) throws(PageError) {
        throw Self.unsupported
    }
}
