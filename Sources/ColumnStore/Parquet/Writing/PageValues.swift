/// The values of one leaf in the form in which a chosen encoding takes them, ready to be cut into pages.
///
/// Immutable, shared by the tasks that make pages; NULLs are not among them.
enum PageValues {
    case plain(TypedArray)
    /// Codes into a dictionary in ascending order, so that the bounds of codes are the bounds of values.
    case codes([UInt32], PageDictionary)

    var count: Int {
        switch self {
        case .plain(let values): values.count
        case .codes(let codes, _): codes.count
        }
    }

    /// Appends the values of `range` to `target`.
    ///
    /// - Throws: `.unsupported` for an encoding that the values' type does not have.
    func encode(_ range: Range<Int>, as encoding: ValueEncoding, leaf: WriterLeaf, into target: inout [UInt8]) throws(PageError) {
        let encoder = encoding.encoder
        switch self {
        case .plain(.bits(let bits)):
            // Encoders take a byte for each boolean.
            let booleans = range.map { bits[$0] ? 1 : 0 as UInt8 }
            try Self.withPart(booleans, booleans.indices) { (part) throws(PageError) in try encoder.encode(booleans: part, into: &target) }
        case .plain(.int32(let values)):
            try Self.withPart(values, range) { (part) throws(PageError) in try encoder.encode(part, into: &target) }
        case .plain(.int64(let values)):
            try Self.withPart(values, range) { (part) throws(PageError) in try encoder.encode(part, into: &target) }
        case .plain(.int128(let values)):
            try Self.withPart(values, range) { (part) throws(PageError) in
                try encoder.encode(bigEndian: part, byteCount: leaf.typeLength, into: &target)
            }
        case .plain(.double(let values)):
            try Self.withPart(values, range) { (part) throws(PageError) in try encoder.encode(part, into: &target) }
        case .plain(.interval): throw .unsupported("intervals")
        case .plain(.bytes(let arrays)): try Self.encode(arrays, range, encoder, leaf, &target)
        case .codes(let codes, let dictionary):
            assert(codes[range].allSatisfy { $0 < dictionary.count })
            try Self.withPart(codes, range) { (part) throws(PageError) in
                try encoder.encode(codes: part, bitWidth: dictionary.bitWidth, into: &target)
            }
        }
    }

    /// Lends the values of `range`, without a copy.
    private static func withPart<Element>(
        _ values: [Element], _ range: Range<Int>, _ body: (UnsafeBufferPointer<Element>) throws(PageError) -> Void
    ) throws(PageError) {
        try values.withUnsafeBufferPointer { (values) throws(PageError) in try body(part(values, range)) }
    }

    private static func part<Element>(
        _ values: UnsafeBufferPointer<Element>, _ range: Range<Int>
    ) -> UnsafeBufferPointer<Element> {
        UnsafeBufferPointer(rebasing: values[range])
    }

    /// Byte arrays by their ends, or, of one width, by their bytes alone.
    private static func encode(
        _ arrays: ByteArrays, _ range: Range<Int>, _ encoder: any PageValueEncoder.Type, _ leaf: WriterLeaf, _ target: inout [UInt8]
    ) throws(PageError) {
        try withPart(arrays.offsets, range.lowerBound..<range.upperBound + 1) { (offsets) throws(PageError) in
            try arrays.bytes.withUnsafeBufferPointer { (bytes) throws(PageError) in
                if leaf.physicalType == .fixedLenByteArray {
                    let fixed = UnsafeBufferPointer(rebasing: bytes[Int(offsets[0])..<Int(offsets[range.count])])
                    try encoder.encode(fixedBytes: UnsafeRawBufferPointer(fixed), into: &target)
                } else {
                    try encoder.encode(offsets: offsets, bytes: bytes, into: &target)
                }
            }
        }
    }

    // MARK: Bounds

    /// The least and greatest of `range`; nil when there are none: no values, or nothing but NaN.
    ///
    /// - Complexity: O(range).
    func bounds(_ range: Range<Int>) -> ValueBounds? {
        guard !range.isEmpty else { return nil }
        switch self {
        case .plain(.bits(let bits)):
            let setCount = range.count { bits[$0] }
            return .integer(setCount == range.count ? 1 : 0, setCount > 0 ? 1 : 0)
        case .plain(.int32(let values)):
            let (low, high) = values.withUnsafeBufferPointer { Self.extremes(Self.part($0, range)) }
            return .integer(Int64(low), Int64(high))
        case .plain(.int64(let values)):
            let (low, high) = values.withUnsafeBufferPointer { Self.extremes(Self.part($0, range)) }
            return .integer(low, high)
        case .plain(.int128(let values)):
            let (low, high) = values.withUnsafeBufferPointer { Self.extremes(Self.part($0, range)) }
            return .wide(low, high)
        case .plain(.double(let values)):
            var low = Double.infinity
            var high = -Double.infinity
            var hasNumber = false
            for value in values[range] where !value.isNaN {
                low = Swift.min(low, value)
                high = Swift.max(high, value)
                hasNumber = true
            }
            return hasNumber ? .double(low, high) : nil
        case .plain(.interval): return nil
        case .plain(.bytes(let arrays)): return Self.extremes(arrays, range)
        case .codes(let codes, let dictionary):
            return codes.withUnsafeBufferPointer { dictionary.bounds(Self.part($0, range)) }
        }
    }

    /// NaNs of `range`; 0 for all but doubles. Sorted behind the numbers of a dictionary, they are known by their codes.
    func nanCount(_ range: Range<Int>) -> Int {
        switch self {
        case .plain(.double(let values)): values[range].count(where: \.isNaN)
        case .codes(let codes, .doubles(_, let numberCount)): codes[range].count { Int($0) >= numberCount }
        case .plain, .codes: 0
        }
    }

    @inline(__always)
    private static func extremes<Element: FixedWidthInteger>(_ values: UnsafeBufferPointer<Element>) -> (Element, Element) {
        var low = Element.max
        var high = Element.min
        for value in values {
            low = Swift.min(low, value)
            high = Swift.max(high, value)
        }
        return (low, high)
    }

    /// By bytes, unsigned: the order of the format and of SQL.
    private static func extremes(_ arrays: ByteArrays, _ range: Range<Int>) -> ValueBounds {
        arrays.bytes.withUnsafeBytes { bytes in
            var low = range.lowerBound
            var high = range.lowerBound
            for index in range.dropFirst() {
                if ByteOrder.precedes(bytes, arrays.range(at: index), arrays.range(at: low)) { low = index }
                if ByteOrder.precedes(bytes, arrays.range(at: high), arrays.range(at: index)) { high = index }
            }
            return .bytes(Array(arrays[low]), Array(arrays[high]))
        }
    }
}

/// The dictionary of a column chunk, in ascending order.
///
/// Invariant: codes that go with it are places in it. Ascending, so that the least code of a page is its least value; distinct by their bits.
enum PageDictionary {
    /// With the hash of each entry.
    case bytes(ByteArrays, hashes: [UInt64])
    /// Of an INT32 or INT64 column, or (`isWide`) of a decimal of more digits than its values have.
    case integers([Int64], isWide: Bool)
    /// Those that are numbers first, then the NaNs.
    case doubles([Double], numberCount: Int)

    var count: Int {
        switch self {
        case .bytes(let entries, _): entries.count
        case .integers(let entries, _): entries.count
        case .doubles(let entries, _): entries.count
        }
    }

    /// Of a code.
    /// A dictionary of one entry needs no bits.
    var bitWidth: Int { RunLengthEncoder.bitWidth(max: max(count - 1, 0)) }

    /// The bounds of the values behind `codes`.
    func bounds(_ codes: UnsafeBufferPointer<UInt32>) -> ValueBounds? {
        var low = UInt32.max
        var high: UInt32 = 0
        for code in codes {
            low = min(low, code)
            high = max(high, code)
        }
        switch self {
        case .bytes(let entries, _): return .bytes(Array(entries[Int(low)]), Array(entries[Int(high)]))
        case .integers(let entries, let isWide):
            let (least, greatest) = (entries[Int(low)], entries[Int(high)])
            return isWide ? .wide(Int128(least), Int128(greatest)) : .integer(least, greatest)
        case .doubles(let entries, let numberCount):
            guard Int(low) < numberCount else { return nil }
            if Int(high) >= numberCount {
                high = low
                for code in codes where Int(code) < numberCount { high = max(high, code) }
            }
            return .double(entries[Int(low)], entries[Int(high)])
        }
    }

    /// The dictionary page's body.
    ///
    /// PLAIN, as the leaf's physical type has its values.
    func encoded(_ leaf: WriterLeaf) throws(PageError) -> [UInt8] {
        var target: [UInt8] = []
        switch self {
        case .bytes(let entries, _):
            try PageValues.plain(.bytes(entries)).encode(0..<entries.count, as: .plain, leaf: leaf, into: &target)
        case .integers(let entries, let isWide):
            if isWide {
                let wide = entries.map { Int128($0) }
                wide.withUnsafeBufferPointer { PlainEncoder.encode(bigEndian: $0, byteCount: leaf.typeLength, into: &target) }
            } else if leaf.physicalType == .int32 {
                let narrow = entries.map { Int32(truncatingIfNeeded: $0) }
                narrow.withUnsafeBufferPointer { PlainEncoder.encode($0, into: &target) }
            } else {
                entries.withUnsafeBufferPointer { PlainEncoder.encode($0, into: &target) }
            }
        case .doubles(let entries, _):
            entries.withUnsafeBufferPointer { PlainEncoder.encode($0, into: &target) }
        }
        return target
    }

    /// Puts the entries of `encoder` in order and renumbers `codes`.
    ///
    /// - Complexity: O(n log n) comparisons, most of them of two words.
    static func sorted(_ encoder: StringDictionaryEncoder, _ codes: inout [UInt32]) -> PageDictionary {
        let unsorted = encoder.entries
        let order = unsorted.bytes.withUnsafeBytes { bytes in
            // Sixteen bytes after what all share decide nearly every comparison without a look at the strings.
            let shared = ByteOrder.sharedPrefixCount(bytes, unsorted)
            var keys = (0..<unsorted.count).map { entry in
                let range = unsorted.range(at: entry)
                return (
                    first: ByteOrder.word(bytes, range.dropFirst(shared)), second: ByteOrder.word(bytes, range.dropFirst(shared + 8)),
                    entry: Int32(truncatingIfNeeded: entry)
                )
            }
            keys.sort { left, right in
                if left.first != right.first { return left.first < right.first }
                if left.second != right.second { return left.second < right.second }
                return ByteOrder.precedes(bytes, unsorted.range(at: Int(left.entry)), unsorted.range(at: Int(right.entry)))
            }
            return keys.map { Int($0.entry) }
        }
        var entries = ByteArrays()
        entries.bytes.reserveCapacity(unsorted.bytes.count)
        entries.offsets.reserveCapacity(unsorted.offsets.count)
        for entry in order { entries.append(unsorted[entry]) }
        renumber(&codes, order)
        return .bytes(entries, hashes: order.map { encoder.hashes[$0] })
    }

    /// Puts doubles in order, NaNs last, and renumbers `codes`.
    ///
    /// - Parameter patterns: the bits of the doubles.
    static func sortedDoubles(_ patterns: [Int64], _ codes: inout [UInt32]) -> PageDictionary {
        let values = patterns.map { Double(bitPattern: UInt64(bitPattern: $0)) }
        let order = values.indices.sorted { left, right in
            values[left].isNaN || values[right].isNaN ? !values[left].isNaN && values[right].isNaN : values[left] < values[right]
        }
        renumber(&codes, order)
        return .doubles(order.map { values[$0] }, numberCount: values.count - values.count(where: \.isNaN))
    }

    static func sorted(_ unsorted: [Int64], _ codes: inout [UInt32], isWide: Bool) -> PageDictionary {
        var keys = unsorted.enumerated().map { (value: $1, entry: $0) }
        keys.sort { $0.value < $1.value }
        renumber(&codes, keys.map(\.entry))
        return .integers(keys.map(\.value), isWide: isWide)
    }

    /// - Parameter order: by new code, the old one.
    private static func renumber(_ codes: inout [UInt32], _ order: [Int]) {
        var places = [UInt32](repeating: 0, count: order.count)
        for (place, entry) in order.enumerated() { places[entry] = UInt32(truncatingIfNeeded: place) }
        codes.withUnsafeMutableBufferPointer { codes in
            for index in codes.indices { codes[index] = places[Int(codes[index])] }
        }
    }
}

/// The order of byte strings: unsigned, a prefix first.
/// It is the format's order of BYTE_ARRAY, and SQL's of text.
enum ByteOrder {
    /// The first eight bytes as a number that orders as they do; shorter strings are filled up with zeros.
    @inline(__always)
    static func word(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
        if range.count >= 8 { return bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self).byteSwapped }
        var word: UInt64 = 0
        for index in range { word = word << 8 | UInt64(bytes[index]) }
        return range.isEmpty ? 0 : word << UInt64(8 * (8 - range.count))
    }

    /// How many bytes all of `strings` begin with alike.
    ///
    /// - Complexity: O(strings) where they differ early.
    static func sharedPrefixCount(_ bytes: UnsafeRawBufferPointer, _ strings: ByteArrays) -> Int {
        guard strings.count > 0 else { return 0 }
        let first = strings.range(at: 0)
        var shared = first.count
        for index in 1..<max(strings.count, 1) {
            let range = strings.range(at: index)
            var count = 0
            let limit = min(shared, range.count)
            while count < limit, bytes[first.lowerBound + count] == bytes[range.lowerBound + count] { count += 1 }
            shared = count
            if shared == 0 { break }
        }
        return shared
    }

    /// Whether the bytes of `left` come before those of `right`.
    @inline(__always)
    static func precedes(_ bytes: UnsafeRawBufferPointer, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        let count = min(left.count, right.count)
        var index = 0
        // Eight bytes at a time: with the first byte highest, words order as the bytes do.
        while index &+ 8 <= count {
            let one = bytes.loadUnaligned(fromByteOffset: left.lowerBound &+ index, as: UInt64.self)
            let other = bytes.loadUnaligned(fromByteOffset: right.lowerBound &+ index, as: UInt64.self)
            if one != other { return one.byteSwapped < other.byteSwapped }
            index &+= 8
        }
        while index < count {
            let one = bytes[left.lowerBound &+ index]
            let other = bytes[right.lowerBound &+ index]
            if one != other { return one < other }
            index &+= 1
        }
        return left.count < right.count
    }
}
