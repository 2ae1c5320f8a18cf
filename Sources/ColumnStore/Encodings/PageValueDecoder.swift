/// The values of one page while they are taken from it, in whatever encoding but a dictionary's.
///
/// Invariant: `source` is alive and padded (see `BitUnpacking`) as long as the page is the current one of its reader.
struct PageValueDecoder {
    enum Kind {
        case plain
        case rleBooleans
        case delta
        case deltaLength
        case deltaBytes
        case byteStreamSplit
        case dictionary
    }

    let kind: Kind
    private let source: UnsafeRawBufferPointer
    private let base: UnsafeRawPointer
    /// Bytes taken; bits of PLAIN booleans; values of BYTE_STREAM_SPLIT.
    private var position = 0
    /// Of BYTE_STREAM_SPLIT: how many values the page has.
    private var stride = 0
    private var hybrid: HybridDecoder?
    private var delta: DeltaBinaryPackedDecoder?
    private var lengths: [Int32] = []
    private var prefixLengths: [Int32] = []
    /// The next one of `lengths`.
    private var lengthIndex = 0
    /// The value before, of DELTA_BYTE_ARRAY.
    private var previous: [UInt8] = []

    /// - Parameters:
    ///   - valueCount: at most as many values as may be taken.
    ///   - width: bytes of a value of fixed width, else 0.
    init(
        _ source: UnsafeRawBufferPointer, encoding: PageEncoding, type: PhysicalType, width: Int, valueCount: Int,
        budget: DecodeBudget
    ) throws(PageError) {
        self.source = source
        // Safe: as in `HybridDecoder`.
        base = source.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        switch (encoding, type) {
        case (.plain, _): kind = .plain
        case (.plainDictionary, _), (.rleDictionary, _):
            kind = .dictionary
            // A page of NULLs alone may be empty.
            guard let bitWidth = source.first else {
                hybrid = try HybridDecoder(source, width: 0)
                return
            }
            hybrid = try HybridDecoder(UnsafeRawBufferPointer(rebasing: source[1...]), width: Int(bitWidth))
        case (.rle, .boolean):
            kind = .rleBooleans
            guard source.count >= 4 else {
                if valueCount > 0, source.isEmpty { hybrid = try HybridDecoder(source, width: 1); return }
                throw .truncated("the length of RLE booleans")
            }
            let byteCount = Int(UInt32(littleEndian: source.loadUnaligned(as: UInt32.self)))
            guard byteCount <= source.count - 4 else {
                throw .lengthMismatch(expected: byteCount, actual: source.count - 4)
            }
            hybrid = try HybridDecoder(UnsafeRawBufferPointer(rebasing: source[4..<4 + byteCount]), width: 1)
        case (.deltaBinaryPacked, .int32), (.deltaBinaryPacked, .int64):
            kind = .delta
            if !source.isEmpty || valueCount > 0 { delta = try DeltaBinaryPackedDecoder(source) }
        case (.deltaLengthByteArray, .byteArray):
            kind = .deltaLength
            if !source.isEmpty || valueCount > 0 { try readLengths(valueCount, budget) }
        case (.deltaByteArray, .byteArray), (.deltaByteArray, .fixedLenByteArray):
            kind = .deltaBytes
            if !source.isEmpty || valueCount > 0 { try readPrefixes(valueCount, budget) }
        case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
            (.byteStreamSplit, .double), (.byteStreamSplit, .fixedLenByteArray):
            kind = .byteStreamSplit
            guard width > 0, source.count % width == 0 else {
                throw .outOfRange("the byte count of a BYTE_STREAM_SPLIT page", value: source.count)
            }
            stride = source.count / width
        default: throw .unsupported("this encoding of this type")
        }
    }

    /// A page without values.
    static var empty: PageValueDecoder { PageValueDecoder() }

    private init() {
        kind = .plain
        source = UnsafeRawBufferPointer(start: nil, count: 0)
        // Safe: as in `HybridDecoder`.
        base = UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
    }

    /// What a value takes on average, were `valueCount` left; nil where the page does not have the values whole.
    func byteCount(perValueOf valueCount: Int) -> Int? {
        (kind == .plain || kind == .deltaLength) && valueCount > 0 ? (source.count - position) / valueCount : nil
    }

    private mutating func readLengths(_ valueCount: Int, _ budget: DecodeBudget) throws(PageError) {
        var decoder = try DeltaBinaryPackedDecoder(source)
        lengths = try Self.decodeLengths(&decoder, valueCount, budget)
        position = decoder.endPosition
    }

    private mutating func readPrefixes(_ valueCount: Int, _ budget: DecodeBudget) throws(PageError) {
        var prefixes = try DeltaBinaryPackedDecoder(source)
        prefixLengths = try Self.decodeLengths(&prefixes, valueCount, budget)
        let rest = UnsafeRawBufferPointer(rebasing: source[prefixes.endPosition...])
        var suffixes = try DeltaBinaryPackedDecoder(rest)
        lengths = try Self.decodeLengths(&suffixes, valueCount, budget)
        position = prefixes.endPosition + suffixes.endPosition
        guard lengths.count == prefixLengths.count else {
            throw .lengthMismatch(expected: prefixLengths.count, actual: lengths.count)
        }
    }

    private static func decodeLengths(
        _ decoder: inout DeltaBinaryPackedDecoder, _ valueCount: Int, _ budget: DecodeBudget
    ) throws(PageError) -> [Int32] {
        let count = decoder.totalCount
        guard count <= valueCount else { throw .outOfRange("the count of lengths", value: count) }
        try budget.require(count * 8)
        var lengths: [Int32] = []
        try lengths.append(addingCapacity: count) { (span: inout OutputSpan<Int32>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (target, filled) throws(PageError) in
                if let target = target.baseAddress, count > 0 { try decoder.decode(into: target, count: count) }
                filled = count
            }
        }
        return lengths
    }

    // MARK: Dictionary codes and booleans

    mutating func decodeCodes(into target: UnsafeMutablePointer<UInt32>, count: Int, limit: UInt32) throws(PageError) {
        // Safe: a page of codes has a decoder from its start.
        try hybrid?.decode(into: target, count: count, limit: limit)
    }

    mutating func appendBooleans(_ count: Int, to bits: inout BitBuilder) throws(PageError) {
        if kind == .rleBooleans {
            try hybrid?.appendBits(count, to: &bits)
        } else {
            guard position + count <= source.count * 8 else { throw .truncated("booleans") }
            bits.append(packed: base, first: position, count)
            position += count
        }
    }

    // MARK: Fixed widths

    mutating func decode32(into target: UnsafeMutablePointer<Int32>, count: Int) throws(PageError) {
        switch kind {
        case .delta: try decodeDelta(into: target, count: count)
        case .byteStreamSplit:
            try takeSplit(count)
            target.withMemoryRebound(to: UInt32.self, capacity: count) {
                ByteStreamSplit.join32(base, stride: stride, first: position - count, count: count, into: $0)
            }
        default: UnsafeMutableRawPointer(target).copyMemory(from: try take(count, width: 4), byteCount: count * 4)
        }
    }

    mutating func decode64(into target: UnsafeMutablePointer<Int64>, count: Int) throws(PageError) {
        switch kind {
        case .delta: try decodeDelta(into: target, count: count)
        case .byteStreamSplit:
            try takeSplit(count)
            target.withMemoryRebound(to: UInt64.self, capacity: count) {
                ByteStreamSplit.join64(base, stride: stride, first: position - count, count: count, into: $0)
            }
        default: UnsafeMutableRawPointer(target).copyMemory(from: try take(count, width: 8), byteCount: count * 8)
        }
    }

    private mutating func decodeDelta<Target: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
        into target: UnsafeMutablePointer<Target>, count: Int
    ) throws(PageError) {
        guard delta != nil else {
            if count > 0 { throw .truncated("delta encoding") }
            return
        }
        try delta?.decode(into: target, count: count)
    }

    /// Passes over `count` PLAIN values of `width` bytes and says where they stand, end to end.
    mutating func take(_ count: Int, width: Int) throws(PageError) -> UnsafeRawPointer {
        let (byteCount, overflow) = count.multipliedReportingOverflow(by: width)
        guard !overflow, byteCount <= source.count - position else { throw .truncated("values of fixed width") }
        defer { position += byteCount }
        return base + position
    }

    private mutating func takeSplit(_ count: Int) throws(PageError) {
        guard count <= stride - position else { throw .truncated("values of fixed width") }
        position += count
    }

    /// The next `count` values of a FIXED_LEN_BYTE_ARRAY or INT96, end to end, with padding after them; `scratch` is used
    /// when they do not stand so in the page.
    mutating func takeFixedBytes(
        _ count: Int, width: Int, scratch: ScratchBytes
    ) throws(PageError) -> UnsafeRawPointer {
        switch kind {
        case .plain: return try take(count, width: width)
        case .byteStreamSplit:
            try takeSplit(count)
            let target = try scratch.reserve(count * width)
            ByteStreamSplit.join(
                base, stride: stride, first: position - count, count: count, width: width,
                into: target.assumingMemoryBound(to: UInt8.self))
            return UnsafeRawPointer(target)
        default:
            var offsets: [Int32] = [0]
            var bytes: [UInt8] = []
            try appendByteArrays(count, offsets: &offsets, bytes: &bytes, budget: scratch.budget)
            for index in 0..<count where Int(offsets[index + 1] - offsets[index]) != width {
                throw .lengthMismatch(expected: width, actual: Int(offsets[index + 1] - offsets[index]))
            }
            let target = try scratch.reserve(count * width)
            bytes.withUnsafeBytes { if let from = $0.baseAddress { target.copyMemory(from: from, byteCount: $0.count) } }
            return UnsafeRawPointer(target)
        }
    }
}

// MARK: Byte arrays

extension PageValueDecoder {
    /// Appends the next `count` byte arrays; `offsets` ends with `bytes.count` before and after.
    mutating func appendByteArrays(
        _ count: Int, offsets: inout [Int32], bytes: inout [UInt8], budget: DecodeBudget
    ) throws(PageError) {
        switch kind {
        case .deltaLength: try appendDeltaLength(count, &offsets, &bytes, budget)
        case .deltaBytes: try appendDeltaBytes(count, &offsets, &bytes, budget)
        default: try appendPlain(count, &offsets, &bytes, budget)
        }
    }

    /// Two passes: the lengths (four bytes before each value), checked; then the copies into room made once.
    private mutating func appendPlain(
        _ count: Int, _ offsets: inout [Int32], _ bytes: inout [UInt8], _ budget: DecodeBudget
    ) throws(PageError) {
        let start = bytes.count
        let first = position
        let end = source.count
        let base = base
        // Values and their lengths stay within the page, so their sum does too.
        guard start + (end - first) <= Int(Int32.max) else {
            throw .memoryBudget(needed: start + (end - first), allowed: Int(Int32.max))
        }
        var cursor = first
        try offsets.append(addingCapacity: count) { (span: inout OutputSpan<Int32>) throws(PageError) in
            try span.withUnsafeMutableBufferPointer { (target, filled) throws(PageError) in
                var total = start
                for index in 0..<count {
                    guard end &- cursor >= 4 else { throw .truncated("the length of a byte array") }
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
        position = cursor
        let total = cursor - first - 4 * count
        try budget.require(total)
        let firstOffset = offsets.count - count
        bytes.append(addingCapacity: total) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                if let target = target.baseAddress {
                    offsets.withUnsafeBufferPointer {
                        Self.copyPlain(base + first, ends: $0, from: firstOffset, count, start: start, total, into: target)
                    }
                }
                filled = total
            }
        }
    }

    /// Short values are copied as 16 bytes, whatever their length, while the target has room for that.
    @inline(__always)
    private static func copyPlain(
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

    /// The values stand end to end after the lengths: one copy.
    private mutating func appendDeltaLength(
        _ count: Int, _ offsets: inout [Int32], _ bytes: inout [UInt8], _ budget: DecodeBudget
    ) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        let start = bytes.count
        var total = start
        let available = start + source.count - position
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
        try budget.require(total - start)
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: base + position, count: total - start))
        position += total - start
        lengthIndex += count
    }

    private mutating func appendDeltaBytes(
        _ count: Int, _ offsets: inout [Int32], _ bytes: inout [UInt8], _ budget: DecodeBudget
    ) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        let start = bytes.count
        let total = try addDeltaOffsets(count, start, &offsets)
        try budget.require(total)
        let firstOffset = offsets.count - count
        bytes.append(addingCapacity: total) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                if let target = target.baseAddress { copyDelta(count, offsets, firstOffset, start, UnsafeMutableRawPointer(target)) }
                filled = total
            }
        }
        if count > 0 { previous = Array(bytes[Int(offsets[offsets.count - 2])...]) }
        lengthIndex += count
    }

    /// Checks every prefix and suffix of the next `count` values and appends their ends.
    private func addDeltaOffsets(_ count: Int, _ start: Int, _ offsets: inout [Int32]) throws(PageError) -> Int {
        var previousLength = previous.count
        var total = 0
        var suffixes = 0
        for index in lengthIndex..<(lengthIndex + count) {
            let prefix = Int(prefixLengths[index])
            let suffix = Int(lengths[index])
            guard prefix >= 0, prefix <= previousLength else { throw .outOfRange("a shared prefix's length", value: prefix) }
            guard suffix >= 0, suffix <= source.count - position - suffixes else {
                throw .outOfRange("a length", value: suffix)
            }
            suffixes += suffix
            previousLength = prefix + suffix
            total += previousLength
            guard start + total <= Int(Int32.max) else { throw .memoryBudget(needed: total, allowed: Int(Int32.max)) }
            offsets.append(Int32(truncatingIfNeeded: start + total))
        }
        return total
    }

    /// - Precondition: `addDeltaOffsets` has checked the lengths.
    private mutating func copyDelta(
        _ count: Int, _ offsets: [Int32], _ firstOffset: Int, _ start: Int, _ target: UnsafeMutableRawPointer
    ) {
        var place = 0
        var cursor = base + position
        let previous = previous
        previous.withUnsafeBytes { previous in
            var before = previous.baseAddress
            for index in 0..<count {
                let prefix = Int(prefixLengths[lengthIndex + index])
                let suffix = Int(lengths[lengthIndex + index])
                if prefix > 0, let before { (target + place).copyMemory(from: before, byteCount: prefix) }
                (target + place + prefix).copyMemory(from: cursor, byteCount: suffix)
                cursor += suffix
                before = UnsafeRawPointer(target + place)
                place = Int(offsets[firstOffset + index]) - start
            }
        }
        position = cursor - base
    }
}

// MARK: Skipping

extension PageValueDecoder {
    /// Passes over `count` values of `width` bytes (0 for byte arrays).
    mutating func skip(_ count: Int, type: PhysicalType, width: Int, budget: DecodeBudget) throws(PageError) {
        if count == 0 { return }
        switch kind {
        case .dictionary, .rleBooleans: try hybrid?.skip(count)
        case .delta: try delta?.skip(count)
        case .byteStreamSplit: try takeSplit(count)
        case .deltaLength:
            guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
            for index in lengthIndex..<(lengthIndex + count) {
                let length = Int(lengths[index])
                guard length >= 0, length <= source.count - position else { throw .outOfRange("a length", value: length) }
                position += length
            }
            lengthIndex += count
        case .deltaBytes:
            // Each value builds on the one before: they must be made all the same.
            var left = count
            while left > 0 {
                var offsets: [Int32] = [0]
                var bytes: [UInt8] = []
                let part = min(left, 256)
                try appendDeltaBytes(part, &offsets, &bytes, budget)
                left -= part
            }
        case .plain:
            if type == .boolean {
                guard position + count <= source.count * 8 else { throw .truncated("booleans") }
                position += count
            } else if type == .byteArray {
                try skipPlainByteArrays(count)
            } else {
                _ = try take(count, width: width)
            }
        }
    }

    private mutating func skipPlainByteArrays(_ count: Int) throws(PageError) {
        var cursor = position
        for _ in 0..<count {
            guard source.count - cursor >= 4 else { throw .truncated("the length of a byte array") }
            let length = Int(UInt32(littleEndian: base.loadUnaligned(fromByteOffset: cursor, as: UInt32.self)))
            guard length <= source.count - cursor - 4 else {
                throw .lengthMismatch(expected: length, actual: source.count - cursor - 4)
            }
            cursor += 4 + length
        }
        position = cursor
    }
}
