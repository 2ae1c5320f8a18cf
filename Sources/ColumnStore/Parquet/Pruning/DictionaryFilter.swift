/// A filter that tests the entries of a dictionary once, not its rows.
///
/// One owner on one thread.
///
/// A chunk's batches share one dictionary object, so that its entries are tested with the first of them. Columns without codes are handed on to the filter.
///
/// Invariant: `passes` has an element for each entry of `tested`, and `run`, where it is there, is exactly the entries that pass.
struct DictionaryFilter {
    private let filter: ColumnFilter
    private var tested: DictionaryValues?
    /// One byte for each entry of `tested`: 1 when it passes.
    private var passes: [UInt8] = []
    /// The codes that pass, when they lie side by side, as they do in a sorted dictionary for an equality, a range or a prefix.
    private var run: Range<Int>?

    init(_ filter: ColumnFilter) { self.filter = filter }

    /// One bit for each row of `column`.
    ///
    /// NULL never passes but for `.isNull`.
    mutating func select(_ column: Column) -> Bitmap {
        guard case .dictionary(let codes, let dictionary) = column.values else { return filter.select(column) }
        switch filter.test {
        case .isNull, .isNotNull: return filter.select(column)
        default: break
        }
        test(dictionary, column.type)
        let selected: Bitmap
        if let run {
            // All entries pass: no code need be looked at.
            if !run.isEmpty, run.count == dictionary.count { return column.validity ?? Bitmap(repeating: true, count: codes.count) }
            selected = run.isEmpty ? Bitmap(repeating: false, count: codes.count) : Self.select(codes, in: run)
        } else {
            selected = Self.select(codes, passes)
        }
        return column.validity.map { selected & $0 } ?? selected
    }

    /// Whether the filter asks about values, so that rows without one never pass.
    var isOfValues: Bool { if case .isNull = filter.test { false } else { true } }

    /// Whether some entry passes. Where none does, no row can of a chunk whose pages all have codes.
    mutating func passesSome(_ dictionary: DictionaryValues, _ type: ColumnType) -> Bool {
        test(dictionary, type)
        return passes.contains(1)
    }

    /// Tests the entries, unless that was done for the same dictionary.
    private mutating func test(_ dictionary: DictionaryValues, _ type: ColumnType) {
        if tested === dictionary { return }
        let bits = filter.select(dictionary.values.retyped(type))
        passes = (0..<bits.count).map { bits[$0] ? 1 : 0 }
        run = nil
        // The comparison of codes with the ends of a run needs their highest bit.
        if passes.count < 1 << 31 {
            if let first = passes.firstIndex(of: 1), let last = passes.lastIndex(of: 1) {
                if passes[first...last].allSatisfy({ $0 == 1 }) { run = first..<(last + 1) }
            } else {
                run = 0..<0
            }
        }
        tested = dictionary
    }

    /// One bit for each row of a list column: whether some element passes. The elements may be structs of one member.
    ///
    /// - Returns: nil for a column that is no list.
    ///
    /// - Complexity: O(elements), those that pass twice.
    mutating func selectRows(_ column: Column) -> Bitmap? {
        guard case .list(let offsets, var element) = column.values else { return nil }
        while case .structure(let members) = element.values, let only = members.first, members.count == 1 { element = only }
        let passing = select(element)
        var rows = [UInt64](repeating: 0, count: (column.count + 63) / 64)
        var row = 0
        // Elements and rows both ascend: each row is gone past once.
        for index in passing.setIndices() {
            while offsets[row + 1] <= index { row += 1 }
            rows[row >> 6] |= 1 << UInt64(row & 63)
        }
        return Bitmap(words: rows, count: column.count)
    }

    /// Codes of a range. Where few rows pass, most words are seen to be empty by a loop without branches.
    ///
    /// - Precondition: no code, and no bound, has the highest bit.
    private static func select(_ codes: [UInt32], in run: Range<Int>) -> Bitmap {
        let (least, greatest) = (UInt32(run.lowerBound), UInt32(run.upperBound - 1))
        var words = [UInt64](repeating: 0, count: (codes.count + 63) / 64)
        codes.withUnsafeBufferPointer { codes in
            for wordIndex in words.indices {
                let start = wordIndex << 6
                let end = min(start + 64, codes.count)
                // The highest bit is set where a code is outside.
                var outside: UInt32 = ~0
                for row in start..<end { outside &= (codes[row] &- least) | (greatest &- codes[row]) }
                if outside >> 31 == 1 { continue }
                var word: UInt64 = 0
                for row in start..<end {
                    let isOutside = ((codes[row] &- least) | (greatest &- codes[row])) >> 31
                    word |= UInt64(isOutside ^ 1) << UInt64(truncatingIfNeeded: row &- start)
                }
                words[wordIndex] = word
            }
        }
        return Bitmap(words: words, count: codes.count)
    }

    /// Codes by a look-up each, without a branch.
    ///
    /// - Precondition: every code is within `passes`, as an invariant of `Column` says.
    fileprivate static func select(_ codes: [UInt32], _ passes: [UInt8]) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (codes.count + 63) / 64)
        passes.withUnsafeBufferPointer { passes in
            codes.withUnsafeBufferPointer { codes in
                for wordIndex in words.indices {
                    let start = wordIndex << 6
                    let end = min(start + 64, codes.count)
                    var word: UInt64 = 0
                    for row in start..<end { word |= UInt64(passes[Int(codes[row])]) << UInt64(row &- start) }
                    words[wordIndex] = word
                }
            }
        }
        return Bitmap(words: words, count: codes.count)
    }
}

/// A runtime filter that tests the entries of a dictionary once, not its rows.
///
/// One owner on one thread.
///
/// Its test knows no codes and no constants: these are undone here.
struct DictionaryRuntimeFilter {
    private let runtimeFilter: RuntimeFilter
    private var tested: DictionaryValues?
    /// Of the filter when it tested them.
    private var version = 0
    /// One byte for each entry of `tested`: 1 when it passes.
    private var passes: [UInt8] = []

    init(_ runtimeFilter: RuntimeFilter) { self.runtimeFilter = runtimeFilter }

    /// One bit for each row of `column`.
    mutating func select(_ column: Column) -> Bitmap {
        switch column.values {
        case .constant: return runtimeFilter.select(column.flattened())
        case .dictionary(let codes, let dictionary):
            let now = runtimeFilter.version
            if tested !== dictionary || version != now {
                version = now
                let bits = runtimeFilter.select(dictionary.values.retyped(column.type))
                passes = (0..<bits.count).map { bits[$0] ? 1 : 0 }
                tested = dictionary
            }
            let selected = DictionaryFilter.select(codes, passes)
            guard let validity = column.validity else { return selected }
            return runtimeFilter.moving?.takesNulls == true ? selected | ~validity : selected & validity
        default: return runtimeFilter.select(column)
        }
    }
}
