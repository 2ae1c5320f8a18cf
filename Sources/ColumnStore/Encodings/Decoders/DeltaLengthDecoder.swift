// DELTA_LENGTH_BYTE_ARRAY (6): all lengths as DELTA_BINARY_PACKED, then all bytes.

/// Strings with their lengths apart: "Hello", "World", "Foobar" are the lengths 5, 5, 6 and then `HelloWorldFoobar`.
///
/// The lengths are decoded when the page is begun. What they sum up to is checked as values are taken.
struct DeltaLengthDecoder: PageValueDecoder {
    static let types: Set<PhysicalType> = [.byteArray]
    static let growsAlong = true

    private let page: PageValueSource
    private let base: UnsafeRawPointer
    /// Bytes taken, the lengths' among them.
    private var position = 0
    private var lengths: [Int32] = []
    /// Of the lengths, as long as the decoder is there.
    private let share: BudgetShare
    /// The next one of `lengths`.
    private var lengthIndex = 0

    /// - Throws: `.outOfRange` where there are more lengths than values, `.memoryBudget`; what a damaged stream of lengths throws.
    init(_ page: PageValueSource) throws(PageError) {
        self.page = page
        base = page.base
        share = BudgetShare(of: page.budget)
        if page.bytes.isEmpty, page.valueCount == 0 { return }
        var stream = try DeltaIntegerStream(page.bytes, frame: page.frame)
        lengths = try stream.lengths(page.valueCount, share)
        position = stream.endPosition
    }

    func byteCount(perValueOf valueCount: Int) -> Int? {
        valueCount > 0 ? (page.bytes.count - position) / valueCount : nil
    }

    /// The values stand end to end after the lengths: one copy.
    ///
    /// - Throws: `.truncated` where fewer values are left, `.lengthMismatch` where they reach past the page, `.memoryBudget`.
    mutating func appendByteArrays(_ count: Int, offsets: inout [Int32], bytes: inout [UInt8]) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        let start = bytes.count
        var total = start
        let available = start + page.bytes.count - position
        offsets.append(addingCapacity: count) { (span: inout OutputSpan<Int32>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                // Checked after the loop: no sum of 2^31 lengths leaves 64 bits.
                lengths.withUnsafeBufferPointer { lengths in
                    for index in 0..<count {
                        total &+= Int(UInt32(bitPattern: lengths[lengthIndex &+ index]))
                        target[index] = Int32(truncatingIfNeeded: total)
                    }
                }
                filled = count
            }
        }
        // A negative length counts as one of more than 2^31.
        guard total <= available else { throw .lengthMismatch(expected: total, actual: available) }
        guard total <= Int(Int32.max) else { throw .memoryBudget(needed: total, allowed: Int(Int32.max)) }
        try page.budget.require(total - start)
        try page.require(position + total - start)
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: base + position, count: total - start))
        position += total - start
        lengthIndex += count
    }

    mutating func skip(_ count: Int) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        for index in lengthIndex..<(lengthIndex + count) {
            let length = Int(lengths[index])
            guard length >= 0, length <= page.bytes.count - position else { throw .outOfRange("a length", value: length) }
            position += length
        }
        lengthIndex += count
    }
}
