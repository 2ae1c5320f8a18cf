import ColumnStore

/// What a join knows of the keys on its right side, for the scan that the left side's column comes from.
///
/// Made once the right side is read (`JoinTable`), pushed down by operators (`pushRuntimeFilter`), given to sources by
/// `ScanOperator`. It may let rows through that match nothing, and never keeps one back that does.
struct JoinRuntimeFilter: Sendable {
    /// The values, when they are few, or their range.
    /// Sources prune files, row groups and pages by it.
    let bounds: ColumnFilter.Test
    /// Nil when `bounds` says all.
    /// What each row that is read is tested by.
    let keys: RuntimeFilterKeys?
    /// About how many different keys there are.
    let keyCount: Int

    /// The filter as a source takes it, for its column at `path`.
    func runtimeFilter(_ path: ColumnPath) -> RuntimeFilter {
        guard let keys else {
            let filter = ColumnFilter(path, bounds)
            return RuntimeFilter(path, bounds: bounds) { filter.select($0) }
        }
        return RuntimeFilter(path, bounds: bounds) { keys.select($0) }
    }

    /// So many values are worth testing one by one against statistics and bloom filters; more are a range.
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
        // Only as many as tell that there are too many.
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
        let keys = RuntimeFilterKeys(values, least: least, greatest: greatest, isDense: isOrdered)
        self.keys = keys
        keyCount = keys.keyCount
    }

    /// Of texts; nil when there is none.
    /// The range is by bytes, as statistics of files are.
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
        keys = RuntimeFilterKeys(texts)
        keyCount = texts.count
    }
}
