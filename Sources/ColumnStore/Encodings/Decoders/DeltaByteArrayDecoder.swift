// DELTA_BYTE_ARRAY (7): how many bytes each value shares with the one before, as DELTA_BINARY_PACKED, then the rests as DELTA_LENGTH_BYTE_ARRAY.

/// Strings by what they add to the one before: "axis", "axle", "babble", "babyhood" have the prefixes 0, 2, 0, 3 and the rests
/// "axis", "le", "babble", "yhood".
///
/// Both lists of lengths are decoded when the page is begun; the rests are copied as values are taken. Values must be made in order, since each
/// begins with a part of the last.
///
/// Invariants:
/// 1. `prefixLengths` and `lengths` are equally many.
/// 2. `position` is where the rest of value number `lengthIndex` begins.
/// 3. `previous` is value number `lengthIndex - 1`, empty before the first.
struct DeltaByteArrayDecoder: PageValueDecoder {
    static let types: Set<PhysicalType> = [.byteArray, .fixedLenByteArray]

    private let page: PageValueSource
    private let base: UnsafeRawPointer
    /// Bytes taken, the lengths' among them.
    private var position = 0
    private var prefixLengths: [Int32] = []
    /// Of the rests.
    private var lengths: [Int32] = []
    /// Of both, as long as the decoder is there.
    private let share: BudgetShare
    /// The next one of both.
    private var lengthIndex = 0
    /// The value before.
    ///
    /// A copy: the batch that has it may be handed on before the next values are taken.
    private var previous: [UInt8] = []

    /// - Throws: `.lengthMismatch` where there are more lengths of one kind than of the other, `.outOfRange` where there are more than values,
    ///   `.memoryBudget`; what a damaged stream of lengths throws.
    init(_ page: PageValueSource) throws(PageError) {
        self.page = page
        base = page.base
        share = BudgetShare(of: page.budget)
        if page.bytes.isEmpty, page.valueCount == 0 { return }
        var prefixes = try DeltaIntegerStream(page.bytes)
        prefixLengths = try prefixes.lengths(page.valueCount, share)
        var suffixes = try DeltaIntegerStream(UnsafeRawBufferPointer(rebasing: page.bytes[prefixes.endPosition...]))
        lengths = try suffixes.lengths(page.valueCount, share)
        position = prefixes.endPosition + suffixes.endPosition
        guard lengths.count == prefixLengths.count else {
            throw .lengthMismatch(expected: prefixLengths.count, actual: lengths.count)
        }
    }

    /// - Throws: `.lengthMismatch` for a value of another length than `width`; what `appendByteArrays` throws.
    mutating func takeFixedBytes(_ count: Int, width: Int, scratch: ScratchBytes) throws(PageError) -> UnsafeRawPointer {
        var offsets: [Int32] = [0]
        var bytes: [UInt8] = []
        try appendByteArrays(count, offsets: &offsets, bytes: &bytes)
        for index in 0..<count where Int(offsets[index + 1] - offsets[index]) != width {
            throw .lengthMismatch(expected: width, actual: Int(offsets[index + 1] - offsets[index]))
        }
        let target = try scratch.reserve(count * width)
        bytes.withUnsafeBytes { if let from = $0.baseAddress { target.copyMemory(from: from, byteCount: $0.count) } }
        return UnsafeRawPointer(target)
    }

    /// Two passes: ends of all values, checked; then the copies into room made once.
    ///
    /// - Throws: `.truncated` where fewer values are left, `.outOfRange` for a length that cannot be, `.memoryBudget`.
    mutating func appendByteArrays(_ count: Int, offsets: inout [Int32], bytes: inout [UInt8]) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        let start = bytes.count
        let total = try addOffsets(count, start, &offsets)
        try page.budget.require(total)
        let firstOffset = offsets.count - count
        bytes.append(addingCapacity: total) { (span: inout OutputSpan<UInt8>) in
            span.withUnsafeMutableBufferPointer { target, filled in
                if let target = target.baseAddress { copy(count, offsets, firstOffset, start, total, UnsafeMutableRawPointer(target)) }
                filled = total
            }
        }
        if count > 0 { previous = Array(bytes[Int(offsets[offsets.count - 2])...]) }
        lengthIndex += count
    }

    /// Checks every prefix and suffix of the next `count` values and appends their ends.
    ///
    /// Prefixes let a small page grow without bound, each value by all of the one before it: the sum is bounded before room is taken.
    ///
    /// - Returns: how many bytes the values take together.
    private func addOffsets(_ count: Int, _ start: Int, _ offsets: inout [Int32]) throws(PageError) -> Int {
        var previousLength = previous.count
        var total = 0
        var suffixes = 0
        for index in lengthIndex..<(lengthIndex + count) {
            let prefix = Int(prefixLengths[index])
            let suffix = Int(lengths[index])
            guard prefix >= 0, prefix <= previousLength else { throw .outOfRange("a shared prefix's length", value: prefix) }
            guard suffix >= 0, suffix <= page.bytes.count - position - suffixes else {
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

    /// Puts values together at `target`: the beginning of the one before, then the next rest.
    ///
    /// - Precondition: `addOffsets` has checked the lengths.
    private mutating func copy(
        _ count: Int, _ offsets: [Int32], _ firstOffset: Int, _ start: Int, _ total: Int, _ target: UnsafeMutableRawPointer
    ) {
        var place = 0
        var cursor = base + position
        let previous = previous
        previous.withUnsafeBytes { previous in
            var before = previous.baseAddress
            for index in 0..<count {
                let prefix = Int(prefixLengths[lengthIndex + index])
                let suffix = Int(lengths[lengthIndex + index])
                if index > 0, prefix <= 16, suffix <= 16, place + prefix + 16 <= total, let before {
                    // Safe: the value before lies in the target, which has 16 bytes from either place on, and the page is padded; the next copy overwrites what is too much.
                    Self.copySixteen(from: before, to: target + place)
                    Self.copySixteen(from: cursor, to: target + place + prefix)
                } else {
                    if prefix > 0, let before { (target + place).copyMemory(from: before, byteCount: prefix) }
                    (target + place + prefix).copyMemory(from: cursor, byteCount: suffix)
                }
                cursor += suffix
                before = UnsafeRawPointer(target + place)
                place = Int(offsets[firstOffset + index]) - start
            }
        }
        position = cursor - base
    }

    /// Two loads and two stores, whatever the length of a short value.
    @inline(__always)
    private static func copySixteen(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
        let low = source.loadUnaligned(as: UInt64.self)
        let high = source.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        target.storeBytes(of: low, as: UInt64.self)
        target.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
    }

    /// Of the values passed only the last is made, since the next one builds on it: each of its bytes is taken from the rest that brought it.
    ///
    /// - Complexity: O(`count`), and the bytes of one value.
    mutating func skip(_ count: Int) throws(PageError) {
        guard count <= lengths.count - lengthIndex else { throw .truncated("lengths") }
        if count == 0 { return }
        let (byteCount, suffixes) = try lastLength(count)
        try page.budget.require(byteCount)
        let (base, first, end) = (base, lengthIndex, position + suffixes)
        let last = [UInt8](unsafeUninitializedCapacity: byteCount) { target, filled in
            previous.withUnsafeBytes { previous in
                // Of the value at hand, from the last one back, the first `open` bytes are still to be found; those behind its prefix are in its own rest.
                var open = byteCount
                var (index, cursor) = (first + count, end)
                while open > 0, index > first {
                    index -= 1
                    cursor -= Int(lengths[index])
                    let prefix = Int(prefixLengths[index])
                    if prefix >= open { continue }
                    // Safe: a rest lies within the page, and no value is longer than its prefix and its rest.
                    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[prefix..<open])
                        .copyMemory(from: UnsafeRawBufferPointer(start: base + cursor, count: open - prefix))
                    open = prefix
                }
                UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer(rebasing: previous[..<open]))
            }
            filled = byteCount
        }
        previous = last
        position = end
        lengthIndex += count
    }

    /// Checks every prefix and suffix of the next `count` values, as `addOffsets` does.
    ///
    /// - Returns: the length of the last of them, and what all rests take.
    private func lastLength(_ count: Int) throws(PageError) -> (byteCount: Int, suffixes: Int) {
        var length = previous.count
        var suffixes = 0
        let room = page.bytes.count - position
        for index in lengthIndex..<(lengthIndex + count) {
            let prefix = Int(prefixLengths[index])
            let suffix = Int(lengths[index])
            guard prefix >= 0, prefix <= length else { throw .outOfRange("a shared prefix's length", value: prefix) }
            guard suffix >= 0, suffix <= room - suffixes else { throw .outOfRange("a length", value: suffix) }
            suffixes += suffix
            length = prefix + suffix
        }
        return (length, suffixes)
    }
}
