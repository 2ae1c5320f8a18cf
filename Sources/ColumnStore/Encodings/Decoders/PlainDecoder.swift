// PLAIN (parquet-format, Encodings.md, 0): values of fixed width end to end, little-endian; byte arrays after their length in 4 bytes; booleans as
// bits, the first one lowest.

/// Every type. Numbers are copied as they lie, and fixed bytes lent without a copy: the machine is little-endian, as the format is.
struct PlainDecoder: PageValueDecoder {
    static let types = Set(PhysicalType.allCases)
    static let growsAlong = true

    private let page: PageValueSource
    private let base: UnsafeRawPointer
    /// Bytes taken; of booleans bits.
    private var position = 0

    init(_ page: PageValueSource) {
        self.page = page
        base = page.base
    }

    /// Of a page without values.
    static func empty(_ budget: DecodeBudget) -> PlainDecoder {
        PlainDecoder(
            PageValueSource(bytes: UnsafeRawBufferPointer(start: nil, count: 0), type: .byteArray, width: 0, valueCount: 0, budget: budget))
    }

    func byteCount(perValueOf valueCount: Int) -> Int? {
        valueCount > 0 ? (page.bytes.count - position) / valueCount : nil
    }

    mutating func appendBooleans(_ count: Int, to bits: inout BitBuilder) throws(PageError) {
        let first = position
        try skipBooleans(count)
        try page.require((position + 7) / 8)
        bits.append(packed: base, first: first, count)
    }

    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError) {
        UnsafeMutableRawPointer(target).copyMemory(from: try take(count, width: 4), byteCount: count * 4)
    }

    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError) {
        UnsafeMutableRawPointer(target).copyMemory(from: try take(count, width: 8), byteCount: count * 8)
    }

    /// Where they lie in the page, good as long as that.
    mutating func takeFixedBytes(_ count: Int, width: Int, scratch: ScratchBytes) throws(PageError) -> UnsafeRawPointer {
        try take(count, width: width)
    }

    /// Passes over `count` values of `width` bytes and says where they stand, end to end.
    private mutating func take(_ count: Int, width: Int) throws(PageError) -> UnsafeRawPointer {
        let start = position
        try skipFixed(count, width: width)
        try page.require(position)
        return base + start
    }

    private mutating func skipFixed(_ count: Int, width: Int) throws(PageError) {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, byteCount <= page.bytes.count - position else { throw .truncated("values of fixed width") }
        position += byteCount
    }

    mutating func skip(_ count: Int) throws(PageError) {
        switch page.type {
        case .boolean: try skipBooleans(count)
        case .byteArray: try skipByteArrays(count)
        case .int32, .int64, .int96, .float, .double, .fixedLenByteArray: try skipFixed(count, width: page.width)
        }
    }

    private mutating func skipBooleans(_ count: Int) throws(PageError) {
        guard position + count <= page.bytes.count * 8 else { throw .truncated("booleans") }
        position += count
    }

    /// Goes from length to length: nothing says where a value lies but the ones before it.
    private mutating func skipByteArrays(_ count: Int) throws(PageError) {
        var cursor = position
        for _ in 0..<count {
            guard page.bytes.count - cursor >= 4 else { throw .truncated("the length of a byte array") }
            try page.require(cursor + 4)
            let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: cursor, as: UInt32.self)))
            guard length <= page.bytes.count - cursor - 4 else {
                throw .lengthMismatch(expected: length, actual: page.bytes.count - cursor - 4)
            }
            cursor += 4 + length
        }
        position = cursor
    }

    // MARK: Byte arrays

    /// Two passes: the lengths (four bytes before each value), checked; then the copies into room made once.
    /// - Throws: `.truncated` or `.lengthMismatch` where a length or a value reaches past the page, `.memoryBudget` past the budget or 2 GiB.
    mutating func appendByteArrays(_ count: Int, offsets: inout [Int32], bytes: inout [UInt8]) throws(PageError) {
        let start = bytes.count
        let first = position
        let end = page.bytes.count
        let (base, frame) = (base, page.frame)
        // Values and their lengths stay within the page, so their sum does too.
        guard start + (end - first) <= Int(Int32.max) else {
            throw .memoryBudget(needed: start + (end - first), allowed: Int(Int32.max))
        }
        var cursor = first
        try offsets.append(addingCapacity: count) { (span: inout OutputSpan<Int32>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (target, filled) throws(PageError) in
                // Offsets are the running ends: `offsets` has `start` as its last entry already.
                var total = start
                for index in 0..<count {
                    guard end &- cursor >= 4 else { throw .truncated("the length of a byte array") }
                    if let frame { try frame.require(cursor &+ 4) }
                    let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: cursor, as: UInt32.self)))
                    cursor &+= 4
                    guard length <= end &- cursor else { throw .lengthMismatch(expected: length, actual: end - cursor) }
                    cursor &+= length
                    total &+= length
                    target[index] = Int32(truncatingIfNeeded: total)
                }
                filled = count
            }
        }
        try page.require(cursor)
        position = cursor
        // What was passed over, without the four bytes of each length.
        let total = cursor - first - 4 * count
        try page.budget.require(total)
        let firstOffset = offsets.count - count
        bytes.append(addingCapacity: total) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                if let target = target.baseAddress {
                    offsets.withUnsafeBufferPointer {
                        Self.copy(base + first, ends: $0, from: firstOffset, count, start: start, total, into: target)
                    }
                }
                filled = total
            }
        }
    }

    /// Short values are copied as 16 bytes, whatever their length, while the target has room for that.
    ///
    /// So a short one takes two loads and two stores, without a call and without a loop over its length.
    ///
    /// - Parameters:
    ///   - source: the length of the first value.
    ///   - ends: from `first` on, where each value ends in the target plus `start`.
    @inline(__always)
    private static func copy(
        _ source: UnsafeRawPointer, ends: UnsafeBufferPointer<Int32>, from first: Int, _ count: Int, start: Int, _ total: Int,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        var source = source
        var place = 0
        let target = UnsafeMutableRawPointer(target)
        for index in 0..<count {
            let end = Int(ends[first &+ index]) &- start
            let length = end &- place
            source += 4
            if length <= 16, place &+ 16 <= total {
                // Safe: the source is padded, the target has 16 bytes from `place` on; the next copy overwrites the rest.
                let low = source.loadUnaligned(as: UInt64.self)
                let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                target.storeBytes(of: low, toByteOffset: place, as: UInt64.self)
                target.storeBytes(of: high, toByteOffset: place &+ 8, as: UInt64.self)
            } else {
                (target + place).copyMemory(from: source, byteCount: length)
            }
            source += length
            place = end
        }
    }
}
