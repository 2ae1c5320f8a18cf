import ColumnStore

/// What a join knows of the keys on its right side, for the scan that the left side's column comes from.
struct KeyFilter: Sendable {
    /// The values, when they are few, or their range.
    let bounds: ColumnFilter.Test
    /// Nil when `bounds` says all.
    let keys: KeySet?
    /// About how many different keys there are.
    let keyCount: Int

    func runtimeFilter(_ path: ColumnPath) -> RuntimeFilter {
        guard let keys else {
            let filter = ColumnFilter(path, bounds)
            return RuntimeFilter(path, bounds: bounds) { filter.select($0) }
        }
        return RuntimeFilter(path, bounds: bounds) { keys.select($0) }
    }

    private static let listedKeyCountMax = 64

    /// Of whole numbers; nil when there is none.
    /// - Parameters:
    ///   - isDecimal: whether the column is DECIMAL, whose digits these are.
    ///   - isOrdered: whether the numbers are the column's values, and not the bits of a DOUBLE.
    init?(values: [Int64], isDecimal: Bool, isOrdered: Bool) {
        guard var least = values.first else { return nil }
        var greatest = least
        for value in values {
            least = min(least, value)
            greatest = max(greatest, value)
        }
        func wrapped(_ value: Int64) -> Value { isDecimal ? .decimal(Int128(value)) : .integer(value) }
        var listed: Set<Int64> = []
        for value in values {
            listed.insert(value)
            if listed.count > Self.listedKeyCountMax { break }
        }
        if isOrdered, listed.count <= Self.listedKeyCountMax {
            bounds = .oneOf(listed.sorted().map(wrapped))
        } else if isOrdered {
            bounds = .range(lower: .init(wrapped(least), isInclusive: true), upper: .init(wrapped(greatest), isInclusive: true))
        } else {
            bounds = .isNotNull
        }
        let keys = KeySet(values, least: least, greatest: greatest, isDense: isOrdered)
        self.keys = keys
        keyCount = keys.keyCount
    }

    /// Of texts; nil when there is none.
    init?(texts: ByteArrays) {
        guard texts.count > 0 else { return nil }
        var listed: Set<[UInt8]> = []
        for row in 0..<texts.count {
            listed.insert(Array(texts[row]))
            if listed.count > Self.listedKeyCountMax { break }
        }
        if listed.count <= Self.listedKeyCountMax {
            bounds = .oneOf(listed.sorted { $0.lexicographicallyPrecedes($1) }.map { .bytes($0) })
        } else {
            var (least, greatest) = (Array(texts[0]), Array(texts[0]))
            for row in 1..<texts.count {
                let text = texts[row]
                if text.lexicographicallyPrecedes(least) { least = Array(text) }
                if greatest.lexicographicallyPrecedes(text) { greatest = Array(text) }
            }
            bounds = .range(lower: .init(.bytes(least), isInclusive: true), upper: .init(.bytes(greatest), isInclusive: true))
        }
        keys = KeySet(texts)
        keyCount = texts.count
    }
}
