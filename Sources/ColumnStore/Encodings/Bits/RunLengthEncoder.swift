// RLE / bit-packing hybrid (Parquet encodings, RLE = 3): runs of
//   varint(count << 1), value in ceil(width / 8) bytes                      the same value `count` times
//   varint(groups << 1 | 1), groups × 8 values of `width` bits              values apart

/// Encodes levels, dictionary codes and booleans, whose bit width stands elsewhere.
///
/// Values are below 2^`bitWidth`. Readers know how many there are, so that the last packed run may be filled up with zeros; those before it are whole.
enum RunLengthEncoder {
    /// Shorter runs cost more as runs, since they cut bit-packed groups apart: three bytes, with the header of the group after it, are 24 values of one bit, and whoever
    /// reads a run stops for it, while eight packed values take a step whatever they are.
    ///
    /// - Parameter bitWidth: above 0.
    private static func runLengthMin(_ bitWidth: Int) -> Int { max(8, 32 / bitWidth & ~7) }

    /// Bits that the numbers 0…`max` need; 0 where there is only 0.
    static func bitWidth(max: Int) -> Int { Int.bitWidth - max.leadingZeroBitCount }

    static func encode(_ values: UnsafeBufferPointer<UInt32>, bitWidth: Int, into target: inout [UInt8]) {
        encodeRuns(values, bitWidth, &target)
    }

    static func encode(_ values: UnsafeBufferPointer<UInt8>, bitWidth: Int, into target: inout [UInt8]) {
        encodeRuns(values, bitWidth, &target)
    }

    /// `count` times the same value, as one run.
    static func encodeRun(of value: UInt32, count: Int, bitWidth: Int, into target: inout [UInt8]) {
        guard count > 0 else { return }
        target.append(varint: UInt64(count) << 1)
        for byte in 0..<(bitWidth + 7) / 8 { target.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * byte))) }
    }

    /// Looks for runs that are worth it, and packs what stands between them.
    ///
    /// Values before `literalStart` are written; those from there to `index` wait to be packed. Five of them before a run of twenty take three of
    /// its values to fill their group, and seventeen are left for the run.
    @inline(__always)
    private static func encodeRuns<Element: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafeBufferPointer<Element>, _ bitWidth: Int, _ target: inout [UInt8]
    ) {
        // Values of no bits are all 0: one run, whatever their number.
        if bitWidth == 0 {
            encodeRun(of: 0, count: values.count, bitWidth: 0, into: &target)
            return
        }
        let count = values.count
        let runLengthMin = runLengthMin(bitWidth)
        var literalStart = 0
        var index = 0
        while index < count {
            let value = values[index]
            var runEnd = index &+ 1
            while runEnd < count && values[runEnd] == value { runEnd &+= 1 }
            // Bit-packed values come by eights: a run first fills up the group before it.
            let filling = (0 &- (index &- literalStart)) & 7
            if runEnd &- index >= runLengthMin &+ filling {
                pack(values, literalStart..<(index + filling), bitWidth, &target)
                encodeRun(
                    of: UInt32(truncatingIfNeeded: value), count: runEnd - index - filling, bitWidth: bitWidth,
                    into: &target)
                literalStart = runEnd
            }
            index = runEnd
        }
        pack(values, literalStart..<count, bitWidth, &target)
    }

    /// Packs the values of `range` in groups of eight, the last filled up with zeros.
    @inline(__always)
    private static func pack<Element: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafeBufferPointer<Element>, _ range: Range<Int>, _ bitWidth: Int, _ target: inout [UInt8]
    ) {
        guard !range.isEmpty else { return }
        let groupCount = (range.count + 7) / 8
        target.append(varint: UInt64(groupCount) << 1 | 1)
        // The packer stores whole words: eight bytes more than the groups take.
        target.append(capacity: groupCount * bitWidth + 8) { base in
            var packer = BitPacker(base)
            for index in range { packer.append(UInt64(values[index]), bitCount: bitWidth) }
            let missing = groupCount * 8 - range.count
            for _ in 0..<missing { packer.append(0, bitCount: bitWidth) }
            return packer.finish()
        }
    }
}
