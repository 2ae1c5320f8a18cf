// DELTA_BINARY_PACKED (parquet-format, Encodings.md, 5):
//   header   ULEB128 values a block, ULEB128 miniblocks a block, ULEB128 count of all values, zigzag first value
//   block    zigzag least delta, one byte of bit width for each miniblock, the miniblocks: bit-packed (delta - least)
// Sums wrap around at 64 bits (at 32 for INT32, which the truncation of a 64-bit sum gives as well).
// The header is read by `init`, a block's header when its first miniblock begins, and a miniblock when a value of it is wanted.

/// Reads whole numbers written as packed differences.
///
/// Used for values of INT32 and INT64, and for the lengths of DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY. The source must outlive the stream.
///
/// Invariants:
/// 1. `taken` is at most `totalCount`, and `position` at most the source's byte count.
/// 2. `miniblockLeft` values of the present miniblock are still packed, from bit `miniblockIndex * miniblockWidth` of `miniblockStart` on.
/// 3. Those of them that the stream's count includes are within the source; the last miniblock may be cut after them.
struct DeltaIntegerStream {
    private let source: UnsafeRawBufferPointer
    private let base: UnsafeRawPointer
    /// What the source is the content of, where it is inflated as it is needed.
    private let frame: GrowingFrame?
    /// Values in the stream, as its header says.
    let totalCount: Int
    private let miniblocksPerBlock: Int
    /// A multiple of 8, so that a miniblock fills whole bytes whatever its width.
    private let valuesPerMiniblock: Int
    /// Of the next thing to read: a block header, once all miniblocks of the present block are begun.
    private var position: Int
    /// Values that have been handed out.
    private var taken = 0
    /// The value handed out last, or the first value before any was.
    private var last: Int64
    /// Of the present block: added to every packed difference.
    private var leastDelta: Int64 = 0
    /// Where the present block has its miniblocks' widths, one byte each.
    private var widthsStart = 0
    /// The next miniblock of the present block.
    private var miniblock: Int
    private var miniblockStart = 0
    private var miniblockWidth = 0
    private var miniblockIndex = 0
    private var miniblockLeft = 0

    /// Reads the header.
    ///
    /// - Precondition: `source` has padding after it (see `BitUnpacking`).
    /// - Throws: `.truncated` where the header stops short; `.outOfRange` for a block of no values, of more than 2^24 or of no multiple of 8, for
    ///   miniblocks that do not divide it into multiples of 8, and for more than 2^31 - 1 values; what inflating `frame` throws.
    init(_ source: UnsafeRawBufferPointer, frame: GrowingFrame? = nil) throws(PageError) {
        (self.source, self.frame) = (source, frame)
        if let frame { try frame.require(min(source.count, 4 * Self.varintByteCountMax)) }
        // Safe: as in `HybridDecoder`.
        base = source.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        position = 0
        let valuesPerBlock = try Self.varint(source, &position)
        let miniblockCount = try Self.varint(source, &position)
        let total = try Self.varint(source, &position)
        last = Self.unzigzag(try Self.varint(source, &position))
        guard valuesPerBlock > 0, valuesPerBlock <= 1 << 24, valuesPerBlock % 8 == 0 else {
            throw .outOfRange("the block size of delta encoding", value: Int(clamping: valuesPerBlock))
        }
        guard miniblockCount > 0, miniblockCount <= valuesPerBlock, valuesPerBlock % miniblockCount == 0,
            (valuesPerBlock / miniblockCount) % 8 == 0
        else { throw .outOfRange("the miniblock count of delta encoding", value: Int(clamping: miniblockCount)) }
        guard total <= UInt64(Int32.max) else {
            throw .outOfRange("the value count of delta encoding", value: Int(clamping: total))
        }
        totalCount = Int(total)
        miniblocksPerBlock = Int(miniblockCount)
        valuesPerMiniblock = Int(valuesPerBlock / miniblockCount)
        miniblock = Int(miniblockCount)
    }

    private static let varintByteCountMax = 10

    private static func varint(_ source: UnsafeRawBufferPointer, _ position: inout Int) throws(PageError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < source.count else { throw .truncated("a header of delta encoding") }
            let byte = source[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { throw .outOfRange("a number of delta encoding", value: Int(truncatingIfNeeded: value)) }
        }
    }

    @inline(__always)
    private static func unzigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1))) }

    /// Begins the next miniblock, and before it the next block where all miniblocks of the present one are begun.
    ///
    /// - Throws: `.truncated` where its values are not all there, `.outOfRange` for a width above 64 or a number of more than 64 bits.
    private mutating func nextMiniblock() throws(PageError) {
        if miniblock == miniblocksPerBlock {
            if let frame { try frame.require(min(source.count, position + Self.varintByteCountMax + miniblocksPerBlock)) }
            leastDelta = Self.unzigzag(try Self.varint(source, &position))
            guard miniblocksPerBlock <= source.count - position else { throw .truncated("the widths of delta encoding") }
            widthsStart = position
            position += miniblocksPerBlock
            miniblock = 0
        }
        // Widths of miniblocks that hold no value are never looked at: the format lets writers leave anything there.
        miniblockWidth = Int(source[widthsStart + miniblock])
        guard miniblockWidth <= 64 else { throw .outOfRange("a bit width of delta encoding", value: miniblockWidth) }
        miniblock += 1
        miniblockStart = position
        miniblockIndex = 0
        miniblockLeft = valuesPerMiniblock
        // Of the last miniblock only what its values need must be there.
        let wanted = min(valuesPerMiniblock, totalCount - max(taken, 1))
        guard (wanted * miniblockWidth + 7) / 8 <= source.count - position else {
            throw .truncated("a miniblock of delta encoding")
        }
        position = min(source.count, position + valuesPerMiniblock * miniblockWidth / 8)
        if let frame { try frame.require(position) }
    }

    /// Decodes the next `count` values, each cut to the width of `Target`.
    ///
    /// - Parameter target: has room for `count` values.
    /// - Throws: `.truncated` where the stream has fewer left; what a damaged block or miniblock throws.
    /// - Complexity: O(`count`).
    @inline(__always)
    mutating func decode<Target: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        into target: UnsafeMutablePointer<Target>, count: Int
    ) throws(PageError) {
        guard count <= totalCount - taken else { throw .truncated("delta encoding") }
        var done = 0
        // The header's value comes out first, before any block is begun.
        if taken == 0, count > 0 {
            target[0] = Target(truncatingIfNeeded: last)
            done = 1
            taken = 1
        }
        while done < count {
            if miniblockLeft == 0 { try nextMiniblock() }
            let part = min(miniblockLeft, count - done)
            decodePart(into: target + done, count: part)
            done += part
        }
    }

    /// Sums up `count` packed differences.
    ///
    /// - Precondition: the present miniblock has `count` values left.
    @inline(__always)
    private mutating func decodePart<Target: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        into target: UnsafeMutablePointer<Target>, count: Int
    ) {
        var value = last
        let least = leastDelta
        // All differences are the least one: an arithmetic series, as ascending ids or dates are.
        if miniblockWidth == 0 {
            for index in 0..<count {
                value &+= least
                target[index] = Target(truncatingIfNeeded: value)
            }
        } else {
            unpackDeltas(count) { deltas, done, part in
                for index in 0..<part {
                    value &+= least &+ Int64(bitPattern: deltas[index])
                    target[done &+ index] = Target(truncatingIfNeeded: value)
                }
            }
        }
        passed(count, value)
    }

    /// Hands out the next `count` packed differences, above the least one, some at a time: where they lie, how many came before, how many there are.
    ///
    /// Inlined with its closure, so that a loop over them is as fast as one that is written here.
    @inline(__always)
    private func unpackDeltas(_ count: Int, _ take: (_ deltas: UnsafeMutablePointer<UInt64>, _ done: Int, _ part: Int) -> Void) {
        // 128 differences are 1 KiB of stack, and a multiple of 8, so that unpacking stays at whole groups.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 128) { deltas in
            // Safe: a temporary allocation of more than zero elements has an address.
            let deltas = deltas.baseAddress.unsafelyUnwrapped
            var done = 0
            while done < count {
                let part = min(128, count &- done)
                BitUnpacking.unpack64(base + miniblockStart, width: miniblockWidth, first: miniblockIndex &+ done, count: part, into: deltas)
                take(deltas, done, part)
                done &+= part
            }
        }
    }

    /// Goes on behind `count` values of the miniblock, of which the last is `value`.
    @inline(__always)
    private mutating func passed(_ count: Int, _ value: Int64) {
        last = value
        miniblockIndex += count
        miniblockLeft -= count
        taken += count
    }

    /// Passes over `count` values. Their differences must be summed up all the same, but no value is made.
    ///
    /// - Throws: as `decode`.
    /// - Complexity: O(`count`).
    mutating func skip(_ count: Int) throws(PageError) {
        guard count <= totalCount - taken else { throw .truncated("delta encoding") }
        var left = count
        // The header's value is there already.
        if taken == 0, count > 0 {
            left &-= 1
            taken = 1
        }
        while left > 0 {
            if miniblockLeft == 0 { try nextMiniblock() }
            let part = min(miniblockLeft, left)
            skipPart(part)
            left -= part
        }
    }

    /// - Precondition: the present miniblock has `count` values left.
    private mutating func skipPart(_ count: Int) {
        var sum = leastDelta &* Int64(truncatingIfNeeded: count)
        if miniblockWidth > 0 {
            unpackDeltas(count) { deltas, _, part in
                // Sums do not wait for one another, as values do.
                for index in 0..<part { sum &+= Int64(bitPattern: deltas[index]) }
            }
        }
        passed(count, last &+ sum)
    }

    /// Where the bytes after the stream begin.
    ///
    /// - Precondition: all values have been decoded.
    var endPosition: Int { position }
}

extension DeltaIntegerStream {
    /// All values of the stream, as lengths of at most `valueCount` byte arrays; whether each is in range is for the caller to ask.
    ///
    /// - Parameter share: of who keeps them; a stream of a few bytes may have millions, all alike.
    /// - Throws: `.outOfRange` for more lengths than `valueCount`, `.memoryBudget` before room for them is taken; what decoding throws.
    mutating func lengths(_ valueCount: Int, _ share: BudgetShare) throws(PageError) -> [Int32] {
        let count = totalCount
        guard count <= valueCount else { throw .outOfRange("the count of lengths", value: count) }
        try share.hold(count * MemoryLayout<Int32>.stride)
        var lengths: [Int32] = []
        try lengths.append(addingCapacity: count) { (span: inout OutputSpan<Int32>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (target, filled) throws(PageError) in
                if let target = target.baseAddress, count > 0 { try decode(into: target, count: count) }
                filled = count
            }
        }
        return lengths
    }
}
