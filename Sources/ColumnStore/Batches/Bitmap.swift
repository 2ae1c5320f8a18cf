/// A row of bits in words of 64, the lowest bit first. As validity, 1 means "not NULL".
///
/// Invariant: bits past `count` in the last word are 0.
///
/// A value: validities, selections and boolean columns are bitmaps, and their words are what kernels go by. Two of the same bits are equal.
public struct Bitmap: Hashable, Sendable {
    /// As many as `count` bits need; bit `i` is bit `i & 63` of word `i >> 6`.
    public private(set) var words: [UInt64]
    public private(set) var count: Int

    public init(repeating bit: Bool, count: Int) {
        self.count = count
        words = Array(repeating: bit ? ~0 : 0, count: (count + 63) / 64)
        if bit { clearTail() }
    }

    /// - Precondition: `words` is as long as `count` bits need. Bits past `count` are cleared.
    public init(words: [UInt64], count: Int) {
        precondition(words.count == (count + 63) / 64)
        self.words = words
        self.count = count
        clearTail()
    }

    public init() {
        words = []
        count = 0
    }

    /// Restores the invariant, after whole words were written.
    private mutating func clearTail() {
        if count & 63 != 0, let last = words.indices.last { words[last] &= (1 << UInt64(count & 63)) - 1 }
    }

    /// - Precondition: `index` is 0 ..< `count`.
    public subscript(index: Int) -> Bool {
        // Other modules ask it once a row.
        @inlinable get {
            precondition(index >= 0 && index < count)
            return words[index >> 6] >> UInt64(index & 63) & 1 != 0
        }
        set {
            precondition(index >= 0 && index < count)
            let mask: UInt64 = 1 << UInt64(index & 63)
            if newValue { words[index >> 6] |= mask } else { words[index >> 6] &= ~mask }
        }
    }

    public mutating func append(_ bit: Bool) {
        if count & 63 == 0 { words.append(0) }
        if bit { words[count >> 6] |= 1 << UInt64(count & 63) }
        count += 1
    }

    /// - Complexity: O(`added`): `BitBuilder` does it by words.
    public mutating func append(repeating bit: Bool, count added: Int) {
        for _ in 0..<added { append(bit) }
    }

    /// Whether bits past `count` are 0, as all that counts and compares words relies on.
    private var isTailClear: Bool { count & 63 == 0 || words[count >> 6] >> UInt64(count & 63) == 0 }

    /// How many bits are 1.
    ///
    /// - Complexity: O(words).
    public var setCount: Int {
        assert(words.count == (count + 63) / 64 && isTailClear)
        return words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    /// The places of the 1 bits, ascending.
    ///
    /// - Precondition: `count` is below 2^31.
    /// - Complexity: O(words and ones).
    public func setIndices() -> [Int32] {
        var indices: [Int32] = []
        indices.reserveCapacity(setCount)
        for wordIndex in words.indices {
            var word = words[wordIndex]
            while word != 0 {
                indices.append(Int32(truncatingIfNeeded: wordIndex << 6 + word.trailingZeroBitCount))
                word &= word &- 1
            }
        }
        return indices
    }

    /// The bits at `indices`, in that order; one may come more than once.
    ///
    /// - Precondition: each index is 0 ..< `count`.
    public func gathering(_ indices: [Int32]) -> Bitmap {
        let bitCount = count, wordCount = (indices.count + 63) / 64
        let result = [UInt64](unsafeUninitializedCapacity: wordCount) { target, filled in
            words.withUnsafeBufferPointer { words in
                indices.withUnsafeBufferPointer { indices in
                    for index in 0..<wordCount {
                        // From the last of its bits, so that a word is made without being read again for each.
                        var word: UInt64 = 0
                        for row in (index << 6..<min(index << 6 + 64, indices.count)).reversed() {
                            let source = Int(indices[row])
                            precondition(source >= 0 && source < bitCount)
                            word = word << 1 | (words[source >> 6] &>> UInt64(truncatingIfNeeded: source)) & 1
                        }
                        target[index] = word
                    }
                }
            }
            filled = wordCount
        }
        return Bitmap(words: result, count: indices.count)
    }

    /// The bits of `range` as a bitmap of its own.
    ///
    /// - Precondition: `range` is within 0 ..< `count`.
    /// - Complexity: O(words of the range).
    public func slice(_ range: Range<Int>) -> Bitmap {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let wordCount = (range.count + 63) / 64
        var result = [UInt64](repeating: 0, count: wordCount)
        let shift = UInt64(range.lowerBound & 63)
        for index in 0..<wordCount {
            let source = range.lowerBound >> 6 + index
            var word = words[source] >> shift
            if shift != 0, source + 1 < words.count { word |= words[source + 1] << (64 - shift) }
            result[index] = word
        }
        return Bitmap(words: result, count: range.count)
    }

    /// - Complexity: O(words of `other`).
    public mutating func append(contentsOf other: Bitmap) {
        if count & 63 == 0 {
            words.append(contentsOf: other.words)
            count += other.count
        } else {
            let shift = UInt64(count & 63)
            let needed = (count + other.count + 63) / 64
            // The low part fills up the last word, the high part begins the next, which may come out empty and is dropped at the end.
            for word in other.words {
                words[words.count - 1] |= word << shift
                words.append(word >> (64 - shift))
            }
            words.removeLast(words.count - needed)
            count += other.count
        }
    }

    /// Bit by bit.
    ///
    /// - Precondition: both have as many bits.
    public static func & (left: Bitmap, right: Bitmap) -> Bitmap { combine(left, right) { $0 & $1 } }
    public static func | (left: Bitmap, right: Bitmap) -> Bitmap { combine(left, right) { $0 | $1 } }
    public static prefix func ~ (bits: Bitmap) -> Bitmap { Bitmap(words: bits.words.map { ~$0 }, count: bits.count) }

    @inline(__always)
    private static func combine(_ left: Bitmap, _ right: Bitmap, _ operation: (UInt64, UInt64) -> UInt64) -> Bitmap {
        precondition(left.count == right.count)
        var words = left.words
        for index in words.indices { words[index] = operation(words[index], right.words[index]) }
        return Bitmap(words: words, count: left.count)
    }
}
