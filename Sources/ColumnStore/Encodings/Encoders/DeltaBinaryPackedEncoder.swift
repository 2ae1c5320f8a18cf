// DELTA_BINARY_PACKED (5):
//   varint block size, varint miniblocks in a block, varint value count, zigzag first value,
//   then for each block: zigzag least delta, one byte of bit width for each miniblock, the miniblocks' (delta - least) packed.
// A last miniblock is filled up with zeros; those after it have width 0 and no bytes.

/// Encodes integers by the differences from one to the next; all arithmetic wraps, as the format wants.
enum DeltaBinaryPackedEncoder: PageValueEncoder {
    static let types: Set<PhysicalType> = [.int32, .int64]

    /// Values of a block; the format wants a multiple of 128.
    private static let blockCount = 128
    /// Values of a miniblock, so that a block has four; the format wants a multiple of 32.
    private static let miniblockCount = 32

    static func encode(_ values: UnsafeBufferPointer<Int64>, into target: inout [UInt8]) {
        encodeDeltas(values, &target)
    }

    static func encode(_ values: UnsafeBufferPointer<Int32>, into target: inout [UInt8]) {
        encodeDeltas(values, &target)
    }

    /// Writes the header and the blocks. The first value stands in the header alone; a block has the differences from value to value.
    @inline(__always)
    private static func encodeDeltas<Element: FixedWidthInteger & SignedInteger>(
        _ values: UnsafeBufferPointer<Element>, _ target: inout [UInt8]
    ) {
        target.append(varint: UInt64(blockCount))
        target.append(varint: UInt64(blockCount / miniblockCount))
        target.append(varint: UInt64(values.count))
        target.append(zigzag: Int64(values.first ?? 0))
        guard values.count > 1 else { return }
        withUnsafeTemporaryAllocation(of: Element.self, capacity: blockCount) { deltas in
            var start = 1
            while start < values.count {
                let end = min(start + blockCount, values.count)
                var least = Element.max
                for index in start..<end {
                    // In the values' own width: a difference that overflows comes back right when the reader's sum wraps the other way.
                    let delta = values[index] &- values[index &- 1]
                    deltas[index &- start] = delta
                    least = min(least, delta)
                }
                encodeBlock(UnsafeBufferPointer(rebasing: deltas[..<(end - start)]), least, &target)
                start = end
            }
        }
    }

    /// Writes one block: its least difference, four widths, four miniblocks as far as they have values.
    ///
    /// - Parameter deltas: at most `blockCount`, at least one.
    @inline(__always)
    private static func encodeBlock<Element: FixedWidthInteger & SignedInteger>(
        _ deltas: UnsafeBufferPointer<Element>, _ least: Element, _ target: inout [UInt8]
    ) {
        target.append(zigzag: Int64(least))
        // What lies above the least difference is below 2^32 or 2^64 without a sign: of INT32 the sign's copies are masked out.
        let mask: UInt64 = Element.bitWidth == 64 ? .max : (1 << UInt64(Element.bitWidth)) - 1
        let capacity = blockCount / miniblockCount + blockCount * Element.bitWidth / 8 + 16
        target.append(capacity: capacity) { base in
            var body = base + blockCount / miniblockCount
            for miniblock in 0..<blockCount / miniblockCount {
                let start = miniblock * miniblockCount
                let end = min(start + miniblockCount, deltas.count)
                // The OR of all has the same highest bit as the greatest: that tells the width without comparisons.
                var used: UInt64 = 0
                var index = start
                while index < end {
                    used |= UInt64(truncatingIfNeeded: deltas[index] &- least) & mask
                    index &+= 1
                }
                let width = start < end ? 64 - used.leadingZeroBitCount : 0
                (base + miniblock).storeBytes(of: UInt8(width), as: UInt8.self)
                guard start < end, width > 0 else { continue }
                var packer = BitPacker(body)
                index = start
                while index < end {
                    packer.append(UInt64(truncatingIfNeeded: deltas[index] &- least) & mask, bitCount: width)
                    index &+= 1
                }
                // A miniblock that is begun is whole.
                while index < start &+ miniblockCount {
                    packer.append(0, bitCount: width)
                    index &+= 1
                }
                body += packer.finish()
            }
            return body - base
        }
    }
}
