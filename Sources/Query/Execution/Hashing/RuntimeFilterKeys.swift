import ColumnStore

/// The keys that a join looks for, as a test of the other side's column. Whole numbers that lie close together are a row of bits: exact.
/// Others are a Bloom filter with all bits of a key in one word, so that a test costs one access to memory (Putze, Sanders, Singler:
/// "Cache-, Hash- and Space-Efficient Bloom Filters", 2007, as their blocked filter with blocks of a word).
struct RuntimeFilterKeys: Sendable {
    private enum Form: Sendable {
        /// Bit `value - base` of the words.
        case exact(base: Int64, words: [UInt64])
        /// The number of words is a power of two.
        case hashed(words: [UInt64])
    }

    private let form: Form
    /// How many keys went in; of a Bloom filter with repeats.
    let keyCount: Int

    /// Bits for each key that an exact set may take; a Bloom filter takes from 16 to 32.
    private static let exactBitsPerKeyMax: UInt64 = 128
    /// Below this many bits an exact set is always small enough: it fits the second-level cache.
    private static let exactBitCountFree: UInt64 = 1 << 23

    /// - Parameters:
    ///   - values: of the keys that are not NULL.
    ///   - isDense: whether they are whole numbers in their order, not bits of other values.
    /// - Precondition: all values lie from `least` to `greatest`.
    init(_ values: [Int64], least: Int64, greatest: Int64, isDense: Bool) {
        let span = UInt64(bitPattern: greatest &- least)
        // At most 2^32 bits, half a gibibyte, however many keys there are.
        if isDense, !values.isEmpty, span < max(Self.exactBitCountFree, UInt64(values.count) * Self.exactBitsPerKeyMax), span < 1 << 32 {
            var words = [UInt64](repeating: 0, count: Int(span >> 6) + 1)
            words.withUnsafeMutableBufferPointer { words in
                for value in values {
                    let bit = UInt64(bitPattern: value &- least)
                    words[Int(bit >> 6)] |= 1 << (bit & 63)
                }
            }
            form = .exact(base: least, words: words)
            keyCount = words.reduce(0) { $0 + $1.nonzeroBitCount }
        } else {
            form = .hashed(words: Self.hashed(values.count) { index in HashKernels.hash(values[index]) })
            keyCount = values.count
        }
    }

    init(_ texts: ByteArrays) {
        keyCount = texts.count
        form = .hashed(
            words: texts.bytes.withUnsafeBytes { bytes in
                Self.hashed(texts.count) { HashKernels.hash(UnsafeRawBufferPointer(rebasing: bytes[texts.range(at: $0)])) }
            })
    }

    /// The word of a key comes from the hash's upper half, the bits in it from its lowest 24.
    @inline(__always)
    private static func hashed(_ count: Int, _ hash: (Int) -> UInt64) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: max(64, count / 4).nextPowerOfTwo)
        let mask = words.count - 1
        words.withUnsafeMutableBufferPointer { words in
            for index in 0..<count {
                let hash = hash(index)
                words[Int(truncatingIfNeeded: hash >> 32) & mask] |= pattern(hash)
            }
        }
        return words
    }

    /// Four bits of a word.
    /// Fewer where two of the six-bit numbers are the same.
    @inline(__always)
    private static func pattern(_ hash: UInt64) -> UInt64 {
        1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
    }

    // MARK: Testing

    /// One bit a row: false only where no key is equal. NULL has none.
    /// - Parameter column: of the keys' type, no dictionary.
    func select(_ column: Column) -> Bitmap {
        let passing: Bitmap
        switch column.values {
        case .int32(let values): passing = select(values) { Int64($0) }
        case .int64(let values): passing = select(values) { $0 }
        case .double(let values): passing = select(values) { HashKernels.canonicalBits($0) }
        case .bytes(let arrays): passing = select(arrays)
        default: return Bitmap(repeating: true, count: column.count)
        }
        return column.validity.map { passing & $0 } ?? passing
    }

    @inline(__always)
    private func select<Element: BitwiseCopyable>(_ values: [Element], _ key: (Element) -> Int64) -> Bitmap {
        values.withUnsafeBufferPointer { values in
            switch form {
            case .exact(let base, let words):
                let bitCount = UInt64(words.count) << 6
                return words.withUnsafeBufferPointer { words in
                    Self.bits(values.count) { row in
                        // A value below the base wraps round to a large number.
                        let bit = UInt64(bitPattern: key(values[row]) &- base)
                        return bit < bitCount ? words[Int(bit >> 6)] >> (bit & 63) & 1 : 0
                    }
                }
            case .hashed(let words):
                let mask = words.count - 1
                return words.withUnsafeBufferPointer { words in
                    Self.bits(values.count) { row in
                        let hash = HashKernels.hash(key(values[row]))
                        let pattern = Self.pattern(hash)
                        return words[Int(truncatingIfNeeded: hash >> 32) & mask] & pattern == pattern ? 1 : 0
                    }
                }
            }
        }
    }

    private func select(_ arrays: ByteArrays) -> Bitmap {
        guard case .hashed(let words) = form else { return Bitmap(repeating: true, count: arrays.count) }
        let mask = words.count - 1
        return arrays.bytes.withUnsafeBytes { bytes in
            Self.bits(arrays.count) { row in
                let hash = HashKernels.hash(UnsafeRawBufferPointer(rebasing: bytes[arrays.range(at: row)]))
                let pattern = Self.pattern(hash)
                return words[Int(truncatingIfNeeded: hash >> 32) & mask] & pattern == pattern ? 1 : 0
            }
        }
    }

    /// 64 rows become a word at a time: `bit` is 0 or 1 for a row.
    @inline(__always)
    private static func bits(_ count: Int, _ bit: (Int) -> UInt64) -> Bitmap {
        let words = [UInt64](unsafeUninitializedCapacity: (count + 63) / 64) { words, initialized in
            for index in words.indices.prefix((count + 63) / 64) {
                let start = index << 6
                var word: UInt64 = 0
                for row in start..<min(start + 64, count) { word |= bit(row) << UInt64(row &- start) }
                words[index] = word
            }
            initialized = (count + 63) / 64
        }
        return Bitmap(words: words, count: count)
    }
}
