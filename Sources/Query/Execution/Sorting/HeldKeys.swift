import ColumnStore

/// Sort keys of rows at hand, charged to the query's memory before they are laid down and given back with it.
/// How a key lies, `SortKeys` says.
final class HeldKeys {
    let keys: ByteArrays
    /// Of each key how many bytes its first columns take, where they were asked for; else empty.
    let prefixes: [Int32]
    private let memory: MemoryBudget
    /// What was charged: a bound, not what the keys came to.
    private let byteCount: Int

    /// Keys of several batches become one array, whose offsets have 32 bits.
    static let byteCountMax = 1 << 30

    private init(_ columns: [SortColumn], count: Int, dividedAt prefixCount: Int?, byteCount: Int, _ memory: MemoryBudget) {
        self.byteCount = byteCount
        self.memory = memory
        (keys, prefixes) = SortKeys.encode(columns, count: count, dividedAt: prefixCount)
    }

    deinit { memory.release(byteCount) }

    /// Charges what the keys may take at most, then makes them.
    ///
    /// - Parameter columns: one for each key, all of `count` rows.
    /// - Parameter prefixCount: of how many first columns the bytes are counted; nil: of none.
    /// - Parameter what: they order or divide, for the error.
    /// - Throws: what says that an operator's memory is not enough; of several rows, how many to try.
    static func make(_ columns: [SortColumn], count: Int, dividedAt prefixCount: Int? = nil, of what: String, _ run: QueryRun) throws(QueryError) -> HeldKeys {
        let memory = run.memory
        func refused() -> QueryError { .outOfMemory("the sort keys of \(what)", fittingRowCount: count > 1 ? count / 2 : nil) }
        // What lies in a dictionary, or once for all rows, is laid out for the keys.
        guard columns.reduce(0, { $0.addingSaturating($1.column.flatByteCountBound) }) < byteCountMax else { throw refused() }
        let flat = columns.map(\.flattened)
        // What mostly fits is not looked at byte by byte.
        let prefixByteCount = prefixCount == nil ? 0 : 4 * count
        var byteCount = prefixByteCount + SortKeys.byteCountBound(flat, count: count, countsZeros: false)
        if byteCount >= byteCountMax || !memory.reserve(byteCount) {
            byteCount = prefixByteCount + SortKeys.byteCountBound(flat, count: count, countsZeros: true)
            guard byteCount < byteCountMax else { throw refused() }
            if !memory.reserve(byteCount) {
                // So little is not worth an error; the next holder of memory is refused instead.
                guard byteCount <= run.refusedByteCount else { throw refused() }
                memory.force(byteCount)
            }
        }
        return HeldKeys(flat, count: count, dividedAt: prefixCount, byteCount: byteCount, memory)
    }
}
