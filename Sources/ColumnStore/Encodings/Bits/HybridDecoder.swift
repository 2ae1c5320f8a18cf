// The hybrid of run lengths and bit packing (parquet-format, Encodings.md, RLE = 3):
//   run      ULEB128 header; lowest bit 0: header >> 1 repeats of one value of ceil(width / 8) bytes;
//            lowest bit 1: (header >> 1) groups of eight bit-packed values

/// Reads levels, dictionary codes and booleans; a run is handled as a run.
///
/// At width 3 `03 88 C6 FA` is one packed group of the values 0 to 7, and `10 05` is eight times 5. How many values there are stands elsewhere: the
/// decoder is asked for as many as the page has. The source must outlive it.
///
/// Invariants:
/// 1. `position` is at most `byteCount`; it stands after the present run.
/// 2. Of a packed run, the next value begins at bit `packedIndex * width` of `packedStart`, and `runLeft` values are within the source.
/// 3. Of a repeated one, `repeated` is below 2^`width`.
struct HybridDecoder {
    private let source: UnsafeRawPointer
    private let byteCount: Int
    let width: Int
    private var position = 0
    /// Values of the present run not yet taken.
    private var runLeft = 0
    /// Which of the two the present run is: `packedStart` and `packedIndex` say where it stands, or `repeated` what it repeats.
    private var isPacked = false
    private var repeated: UInt32 = 0
    private var packedStart = 0
    private var packedIndex = 0
    /// Where the source is inflated as it is needed: what of, and where it begins in that.
    private let frame: GrowingFrame?
    private let offset: Int

    /// Reads nothing yet.
    ///
    /// - Precondition: `source` has padding after it (see `BitUnpacking`).
    /// - Parameters:
    ///   - width: of a value, in bits: of levels by the schema, of codes by the page's first byte, of booleans 1.
    ///   - offset: where in the content of `frame` the source begins.
    /// - Throws: `.outOfRange` for a width outside 0…32.
    init(_ source: UnsafeRawBufferPointer, width: Int, of frame: GrowingFrame? = nil, at offset: Int = 0) throws(PageError) {
        (self.frame, self.offset) = (frame, offset)
        guard width >= 0, width <= 32 else { throw .outOfRange("the bit width of a run", value: width) }
        // Safe: an empty buffer may have no address; its decoder then never loads, for `byteCount` is 0.
        self.source = source.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        byteCount = source.count
        self.width = width
    }

    /// Reads the header of the next run, and a repeated value.
    ///
    /// The run may be of no values; then the next one is read by the caller. Each takes a byte at least, so that this ends.
    ///
    /// - Throws: `.truncated` at the end of the source, `.outOfRange` for a header or a value of too many bits; what inflating throws.
    private mutating func nextRun() throws(PageError) {
        if width == 0, position >= byteCount {
            // A dictionary of one entry needs no bits, and some writers then write no runs either.
            (isPacked, repeated, runLeft) = (false, 0, Int.max)
            return
        }
        // Six bytes of a header and four of a value at most.
        if let frame { try frame.require(offset + min(byteCount, position + 10)) }
        var header: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard position < byteCount else { throw .truncated("a run of levels or codes") }
            let byte = source.load(fromByteOffset: position, as: UInt8.self)
            position += 1
            header |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
            if shift > 35 { throw .outOfRange("a run's header", value: Int(truncatingIfNeeded: header)) }
        }
        let length = Int(header >> 1)
        isPacked = header & 1 == 1
        if isPacked {
            // Values of no bits are all alike, and writers store those as a run; parquet-mr alone packs up to eight of them.
            // More groups mean that bits were lost.
            if width == 0, length > 1 { throw .outOfRange("the bit width of packed codes", value: 0) }
            // Length is below 2^41, width at most 32: no overflow. The last run may stop short of whole groups.
            let needed = length * width
            let available = byteCount - position
            runLeft = needed <= available ? length * 8 : available * 8 / max(width, 1)
            packedStart = position
            packedIndex = 0
            position += min(needed, available)
            if let frame { try frame.require(offset + position) }
        } else {
            let valueByteCount = (width + 7) / 8
            guard valueByteCount <= byteCount - position else { throw .truncated("a run of levels or codes") }
            // The value's bytes are little-endian, as many as its width needs.
            repeated = 0
            for index in 0..<valueByteCount {
                repeated |= UInt32(source.load(fromByteOffset: position + index, as: UInt8.self)) << UInt32(index * 8)
            }
            if width < 32, repeated >> UInt32(width) != 0 {
                throw .outOfRange("a run's value", value: Int(repeated))
            }
            position += valueByteCount
            runLeft = length
        }
    }

    /// Decodes `count` values, all of which must be below `limit`.
    ///
    /// - Parameter limit: the dictionary's entries; with 0 every code is refused.
    /// - Throws: `.outOfRange` for a code past the limit, `.truncated` where the source has fewer values.
    /// - Complexity: O(`count`).
    mutating func decode(
        into target: UnsafeMutablePointer<UInt32>, count: Int, limit: UInt32
    ) throws(PageError) {
        var done = 0
        while done < count {
            if runLeft == 0 {
                try nextRun()
                continue
            }
            let part = min(runLeft, count - done)
            if isPacked {
                BitUnpacking.unpack(source + packedStart, width: width, first: packedIndex, count: part, into: target + done)
                packedIndex += part
                // Where all numbers of this width are below the limit there is nothing to look for.
                if width == 32 || UInt32(1) << UInt32(width) > limit { try Self.check(target + done, part, below: limit) }
            } else {
                guard repeated < limit else { throw .outOfRange("a dictionary code", value: Int(repeated)) }
                (target + done).update(repeating: repeated, count: part)
            }
            runLeft -= part
            done += part
        }
    }

    /// Refuses codes past the limit: a pass of one subtraction and two ORs without branches, and the exact search for the message only where that says so.
    private static func check(_ codes: UnsafePointer<UInt32>, _ count: Int, below limit: UInt32) throws(PageError) {
        if limit >> 31 == 0, limit > 0 {
            // The highest bit comes out where a code has it, or is above the last that is allowed.
            var excess: UInt32 = 0
            for index in 0..<count { excess |= codes[index] | (limit &- 1 &- codes[index]) }
            if excess >> 31 == 0 { return }
        }
        var greatest: UInt32 = 0
        for index in 0..<count { greatest = max(greatest, codes[index]) }
        if greatest >= limit { throw .outOfRange("a dictionary code", value: Int(greatest)) }
    }

    /// Decodes `count` levels, none above `greatest`.
    ///
    /// - Precondition: the width is at most 7, and what `greatest` needs.
    ///
    /// - Throws: `.outOfRange` for a level above `greatest`, `.truncated` where the source has fewer values.
    mutating func decodeLevels(
        into target: UnsafeMutablePointer<UInt8>, count: Int, greatest: UInt8
    ) throws(PageError) {
        var done = 0
        while done < count {
            if runLeft == 0 {
                try nextRun()
                continue
            }
            let part = min(runLeft, count - done)
            if isPacked {
                if width == 1 {
                    BitUnpacking.unpackBits(source + packedStart, first: packedIndex, count: part, into: target + done)
                } else {
                    BitUnpacking.unpack(source + packedStart, width: width, first: packedIndex, count: part, into: target + done)
                }
                packedIndex += part
            } else {
                // Fits: a run's value is below 2^width.
                (target + done).update(repeating: UInt8(truncatingIfNeeded: repeated), count: part)
            }
            runLeft -= part
            done += part
        }
        if UInt8(1) << UInt8(width) - 1 > greatest, LevelKernels.countAtLeast(target, count, greatest + 1) > 0 {
            throw .outOfRange("a level", value: Int(greatest) + 1)
        }
    }

    /// Appends `count` values of width 1 as bits.
    ///
    /// - Throws: `.truncated` where the source has fewer.
    mutating func appendBits(_ count: Int, to bits: inout BitBuilder) throws(PageError) {
        var left = count
        while left > 0 {
            if runLeft == 0 {
                try nextRun()
                continue
            }
            let part = min(runLeft, left)
            if isPacked {
                bits.append(packed: source + packedStart, first: packedIndex, part)
                packedIndex += part
            } else {
                bits.append(repeating: repeated != 0, part)
            }
            runLeft -= part
            left -= part
        }
    }

    /// Values left of the run at hand; above 0 after `uniformRun`.
    var currentRunCount: Int { runLeft }

    /// How many of the next values (at most `count`) are one run of `value`, without taking them; 0 when the next run is
    /// packed or of another value.
    ///
    /// It may read the header of the next run. A caller who learns that all of a page is one run need not decode it at all.
    mutating func uniformRun(of value: UInt32, atMost count: Int) throws(PageError) -> Int {
        if count == 0 { return 0 }
        while runLeft == 0 { try nextRun() }
        return !isPacked && repeated == value ? min(runLeft, count) : 0
    }

    /// Passes over `count` values.
    ///
    /// - Throws: `.truncated` where the source has fewer.
    /// - Complexity: O(runs passed), whatever they hold.
    mutating func skip(_ count: Int) throws(PageError) {
        var left = count
        while left > 0 {
            if runLeft == 0 {
                try nextRun()
                continue
            }
            let part = min(runLeft, left)
            if isPacked { packedIndex += part }
            runLeft -= part
            left -= part
        }
    }
}

/// Levels as the first version of the format packed them: no runs, the first value in the highest bits.
///
/// BIT_PACKED (4), which the format deprecates: values from the most significant bit on. The numbers 0 to 7 at width 3 are `05 39 77`, where the hybrid
/// has `88 C6 FA`. Read alone; rare enough that it goes value by value.
enum BitPackedLevels {
    /// What `count` levels take; the format writes no length before them.
    static func byteCount(count: Int, width: Int) -> Int { (count * width + 7) / 8 }

    /// - Precondition: `source` holds `byteCount(count:width:)` bytes; the width is at most 7.
    /// - Throws: `.outOfRange` for a level above `greatest`.
    static func decode(
        _ source: UnsafeRawBufferPointer, width: Int, count: Int, greatest: UInt8, into target: UnsafeMutablePointer<UInt8>
    ) throws(PageError) {
        var buffer: UInt32 = 0
        var bitCount = 0
        var position = 0
        for index in 0..<count {
            // `buffer` has `bitCount` bits that are not taken yet, below others that are; at most 14 of them matter.
            if bitCount < width {
                buffer = buffer << 8 | UInt32(source[position])
                position += 1
                bitCount += 8
            }
            bitCount -= width
            let level = UInt8(truncatingIfNeeded: buffer >> UInt32(bitCount)) & (1 << UInt8(width) - 1)
            guard level <= greatest else { throw .outOfRange("a level", value: Int(level)) }
            target[index] = level
        }
    }
}
