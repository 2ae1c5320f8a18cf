/// Bits appended in words and runs, from the lowest up.
///
/// Levels become validity here, packed pages booleans: 64 at a time where the source allows it. Counting on the way spares a pass for "is anything NULL".
///
/// Invariants:
/// 1. `words` has as many words as `count` bits need, and the bits past `count` in the last one are 0.
/// 2. `setCount` of the bits are 1.
struct BitBuilder {
    private var words: [UInt64] = []
    private(set) var count = 0
    /// How many of the bits are 1.
    private(set) var setCount = 0

    var isAllSet: Bool { setCount == count }

    /// Begins anew, and keeps the memory.
    mutating func removeAll() {
        words.removeAll(keepingCapacity: true)
        count = 0
        setCount = 0
    }

    /// Appends the `added` (1…64) lowest bits of `bits`; higher ones are ignored.
    @inline(__always)
    mutating func append(_ bits: UInt64, _ added: Int) {
        let bits = added == 64 ? bits : bits & ((1 << UInt64(added)) &- 1)
        let used = count & 63
        if used == 0 {
            words.append(bits)
        } else {
            words[words.count &- 1] |= bits << UInt64(used)
            if used &+ added > 64 { words.append(bits >> UInt64(64 &- used)) }
        }
        count &+= added
        setCount &+= bits.nonzeroBitCount
    }

    /// - Complexity: O(`added` / 64).
    mutating func append(repeating bit: Bool, _ added: Int) {
        var left = added
        let word: UInt64 = bit ? ~0 : 0
        // The last word is filled up, then whole words follow, then what is left of one.
        if count & 63 != 0, left > 0 {
            let part = min(left, 64 - count & 63)
            append(word, part)
            left -= part
        }
        let whole = left >> 6
        if whole > 0 {
            words.append(contentsOf: repeatElement(word, count: whole))
            count += whole << 6
            if bit { setCount += whole << 6 }
        }
        if left & 63 > 0 { append(word, left & 63) }
    }

    /// Appends `added` bits that stand from bit `first` on, lowest first.
    ///
    /// - Precondition: the source is readable for 8 bytes past the last bit.
    mutating func append(packed source: UnsafeRawPointer, first: Int, _ added: Int) {
        var index = first
        let end = first + added
        while index < end {
            let shift = UInt64(index & 7)
            let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index >> 3, as: UInt64.self)) >> shift
            // A word loaded at a byte boundary holds at least 57 of the wanted bits; 56 keep the next load aligned.
            let part = min(end - index, shift == 0 ? 64 : 56)
            append(word, part)
            index += part
        }
    }

    /// Appends one bit for each byte: whether it is at least `threshold`.
    ///
    /// - Precondition: all bytes and the threshold are below 128, the threshold above 0.
    mutating func append(_ bytes: UnsafePointer<UInt8>, _ added: Int, atLeast threshold: UInt8) {
        let bias = UInt64(0x80 - threshold) &* 0x0101_0101_0101_0101
        let raw = UnsafeRawPointer(bytes)
        var index = 0
        while index + 64 <= added {
            var word: UInt64 = 0
            for part in 0..<8 {
                let eight = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index &+ part &* 8, as: UInt64.self))
                // The top bit of each byte is now the answer; the multiplication gathers the eight into the top byte.
                // Byte i's bit moves by 56 - 7i to bit 56 + i; no two of the 64 partial products meet.
                let answers = ((eight &+ bias) & 0x8080_8080_8080_8080) >> 7
                word |= ((answers &* 0x0102_0408_1020_4080) >> 56) << UInt64(part &* 8)
            }
            append(word, 64)
            index += 64
        }
        if index < added {
            var word: UInt64 = 0
            for bit in 0..<(added - index) { word |= (bytes[index &+ bit] >= threshold ? 1 : 0) << UInt64(bit) }
            append(word, added - index)
        }
    }

    /// - Complexity: O(words).
    mutating func append(contentsOf more: Bitmap) {
        var left = more.count
        for word in more.words {
            append(word, min(64, left))
            left -= 64
        }
    }

    /// The bits from `start` on as words, the first bit lowest.
    ///
    /// - Precondition: `start` is below `count`. Bits past the end are 0.
    @inline(__always)
    func word(at start: Int) -> UInt64 {
        let shift = UInt64(start & 63)
        let low = words[start >> 6] >> shift
        let next = start >> 6 &+ 1
        return shift == 0 || next >= words.count ? low : low | words[next] << (64 &- shift)
    }

    /// The bits so far, which stay.
    var bitmap: Bitmap { Bitmap(words: words, count: count) }

    /// The bits so far; the builder begins anew.
    mutating func finish() -> Bitmap {
        let bitmap = bitmap
        words = []
        count = 0
        setCount = 0
        return bitmap
    }
}

/// A column's validity while it is built: nothing but a count until the first NULL.
///
/// Invariant: `bits` has `count` bits, or none, and then nothing was NULL so far.
struct ValidityBuilder {
    private(set) var count = 0
    private var bits = BitBuilder()

    /// Whether bits are kept: then there may be a NULL, and `finish` looks for it.
    var hasNulls: Bool { bits.count > 0 }

    mutating func append(repeating isValid: Bool, _ added: Int) {
        if isValid, bits.count == 0 {
            count += added
            return
        }
        materialise()
        bits.append(repeating: isValid, added)
        count += added
    }

    /// Appends whatever `fill` appends to the bits.
    ///
    /// - Precondition: these are `added` bits, unless `fill` throws; then the builder is of no more use.
    mutating func append(_ added: Int, _ fill: (inout BitBuilder) throws(PageError) -> Void) throws(PageError) {
        materialise()
        try fill(&bits)
        count += added
    }

    /// Lays down the ones that were only counted so far.
    private mutating func materialise() {
        if bits.count < count { bits.append(repeating: true, count - bits.count) }
    }

    /// - Precondition: `hasNulls`.
    @inline(__always)
    func word(at start: Int) -> UInt64 { bits.word(at: start) }

    /// Nil when there is no NULL.
    mutating func finish() -> Bitmap? {
        defer {
            count = 0
            bits.removeAll()
        }
        if bits.count == 0 || bits.isAllSet { return nil }
        return bits.finish()
    }
}

/// Spreading the values of a page over its slots, NULLs between them.
///
/// Values `a b` under the validity 1, 0, 1 become `a`, filler, `b`.
enum NullSpacing {
    /// Moves the `valueCount` values at the start of `target` to the slots whose bits are set, and `filler` to the others,
    /// from the back, since a slot never lies before its value.
    ///
    /// - Precondition: of the `slotCount` bits of `validity` from `start` on, `valueCount` are set.
    @inline(__always)
    static func spread<Element: BitwiseCopyable>(
        _ target: UnsafeMutablePointer<Element>, valueCount: Int, slotCount: Int, validity: borrowing ValidityBuilder,
        start: Int, filler: Element
    ) {
        assert(valueCount <= slotCount && start + slotCount <= validity.count)
        var source = valueCount
        var slot = slotCount
        // Where slots and values left are as many, the values stand where they should.
        while slot > source {
            let base = (slot &- 1) & ~63
            let width = slot &- base
            let mask: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) &- 1
            let word = validity.word(at: start &+ base) & mask
            // 64 slots at a time: all valid, none, or a mixture.
            if word == mask {
                source &-= width
                // Overlapping: from the back.
                var index = width
                while index > 0 {
                    index &-= 1
                    target[base &+ index] = target[source &+ index]
                }
            } else if word == 0 {
                (target + base).update(repeating: filler, count: width)
            } else {
                var index = width
                while index > 0 {
                    index &-= 1
                    let isSet = word >> UInt64(index) & 1 != 0
                    source &-= isSet ? 1 : 0
                    // `source` may be 0 with no value left: the load is of an initialised slot all the same.
                    target[base &+ index] = isSet ? target[source] : filler
                }
            }
            slot = base
        }
    }
}
