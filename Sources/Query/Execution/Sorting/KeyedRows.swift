import ColumnStore

/// Rows with their sort keys beside them.
/// Made batch by batch by `SortOperator`, one key a row in the same order.
struct KeyedRows {
    var batch: ColumnBatch
    var keys: ByteArrays
    /// Of each key how many bytes name the partition of the row, where partitions have rows that are not wanted; else empty.
    var prefixes: [Int32] = []

    var byteCount: Int { batch.keptByteCount + keys.byteCount + prefixes.count * 4 }

    /// The rows and the keys as a last column, for a spill file.
    var withKeyColumn: ColumnBatch {
        ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [.text(keys, type: .binary, validity: nil)])
    }

    /// Parts one after another: the first part's rows come first, so that a stable sort keeps their order.
    static func joining(_ parts: [KeyedRows], types: [ColumnType]) -> KeyedRows {
        if parts.count == 1, let only = parts.first { return only }
        let columns = types.indices.map { index in
            Column.concatenating(parts.map { $0.batch.columns[index] }, type: types[index])
        }
        let keys = ByteArrays.joining(parts.map(\.keys))
        return KeyedRows(batch: ColumnBatch(rowCount: keys.count, columns: columns), keys: keys, prefixes: parts.flatMap(\.prefixes))
    }

    /// The rows in order, or the first of them.
    ///
    /// Rows of equal keys stay in the order in which they are. `count` is nil for all.
    ///
    /// - Parameter enough: the row by which texts come to so many bytes is the last but one.
    func sorted(first count: Int?, enough: (columns: [Int], byteCount: Int)? = nil) -> KeyedRows {
        var rows = RowOrder.sorted(keys)
        if let count, count < rows.count { rows.removeLast(rows.count - count) }
        if let enough {
            // The row that brings the texts to their byte count is kept, and one after it: its presence says that
            // there are more.
            let counts = textByteCounts(enough.columns)
            var left = enough.byteCount
            if let last = rows.firstIndex(where: { row in
                left -= counts[Int(row)]
                return left <= 0
            }), last + 2 < rows.count { rows.removeLast(rows.count - last - 2) }
        }
        return KeyedRows(batch: batch.gathering(rows), keys: keys.gathering(rows))
    }

    /// Bytes of each row's texts in some columns: no more than whoever writes them out comes to.
    func textByteCounts(_ places: [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: batch.rowCount)
        for place in places {
            let column = batch.columns[place]
            let validity = column.rowValidity
            for row in counts.indices where validity?[row] ?? true { counts[row] += column.textByteCount(at: row) }
        }
        return counts
    }

    /// Without the rows whose key is above `threshold`.
    /// Rows of the threshold's own key stay: which of them are among the first is for the sort to say.
    func filtered(notAfter threshold: [UInt8]) -> KeyedRows {
        let passing = keys.bytes.withUnsafeBytes { bytes in
            threshold.withUnsafeBytes { threshold in
                Bitmap.computed(count: keys.count) { row in
                    CompareKernels.order(UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: row)]), threshold) <= 0
                }
            }
        }
        return filtered(by: passing)
    }

    /// Without the rows that come behind the last one that is wanted of their partition.
    func filtered(by tops: PartitionTops) -> KeyedRows { filtered(by: tops.passing(keys, prefixes)) }

    private func filtered(by passing: Bitmap) -> KeyedRows {
        if passing.isAllSet { return self }
        let rows = passing.setIndices()
        return KeyedRows(batch: batch.gathering(rows), keys: keys.gathering(rows), prefixes: prefixes.isEmpty ? [] : rows.map { prefixes[Int($0)] })
    }
}

extension Column {
    /// Of a row that is no NULL; 0 of what is no text.
    fileprivate func textByteCount(at row: Int) -> Int {
        switch values {
        case .bytes(let arrays): return arrays.range(at: row).count
        case .dictionary(let codes, let dictionary):
            guard case .bytes(let entries) = dictionary.values.values else { return 0 }
            return entries.range(at: Int(codes[row])).count
        case .constant(.bytes(let bytes)): return bytes.count
        default: return 0
        }
    }
}

extension ByteArrays {
    /// What the arrays take.
    var byteCount: Int { bytes.capacity + offsets.capacity * 4 }

    /// All of them, one after another.
    ///
    /// - Precondition: together they are within reach of 32-bit offsets.
    static func joining(_ parts: [ByteArrays]) -> ByteArrays {
        if parts.count == 1, let only = parts.first { return only }
        var joined = ByteArrays()
        joined.bytes.reserveCapacity(parts.reduce(0) { $0 + $1.bytes.count })
        joined.offsets.reserveCapacity(parts.reduce(1) { $0 + $1.count })
        for part in parts {
            // Offsets of a part are relative to its own bytes: each is moved by what lies before. The leading 0 is there
            // already.
            let base = Int32(joined.bytes.count)
            joined.bytes.append(contentsOf: part.bytes)
            joined.offsets.append(contentsOf: part.offsets.dropFirst().lazy.map { $0 + base })
        }
        return joined
    }
}

/// Rows that lie in several batches, numbered through, and put together by number a few at a time.
/// What a sort hands its answer out of: the rows stay where they came, and only a batch at a time is copied.
struct RowParts {
    private let parts: [ColumnBatch]
    private let types: [ColumnType]
    /// Where the rows of each part begin.
    private let starts: [Int]
    /// What each row takes, where that matters.
    private let byteCounts: [[Int]]?

    /// Of rows that are put together.
    private static let byteCountMax = 4 << 20
    /// Rows of fewer bytes need no counting: a whole batch of them is small.
    private static let smallRowByteCount = 256

    init(_ parts: [ColumnBatch], types: [ColumnType]) {
        self.parts = parts
        self.types = types
        var starts: [Int] = [], next = 0
        for part in parts {
            starts.append(next)
            next += part.rowCount
        }
        self.starts = starts
        // Widths of rows cost a look at each: left out where 8,192 rows of this size are within `byteCountMax` anyhow.
        let isSmall = parts.allSatisfy { part in
            part.columns.allSatisfy(\.isPlain) && part.byteCount <= part.rowCount * Self.smallRowByteCount
        }
        byteCounts = isSmall ? nil : parts.map { $0.rowWidths() }
    }

    /// The part that has a row.
    /// - Complexity: O(log parts).
    private func part(of row: Int32) -> Int {
        var (low, high) = (0, starts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= Int(row) { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Rows of `order` from `place` on, which then stands after them.
    ///
    /// One at least, and as many as come to `targetRowCount` rows or 4 MiB.
    ///
    /// - Parameter order: numbers of rows, through all parts.
    /// - Parameter place: moves on by the rows that were given.
    func next(of order: [Int32], from place: inout Int, to end: Int) -> ColumnBatch {
        let first = place
        let limit = min(place + ColumnBatch.targetRowCount, end)
        place = byteCounts == nil ? limit : place
        if let byteCounts {
            var byteCount = 0
            while place < limit {
                let part = part(of: order[place])
                byteCount += byteCounts[part][Int(order[place]) - starts[part]]
                if byteCount > Self.byteCountMax, place > first { break }
                place += 1
            }
        }
        if parts.count == 1 { return parts[0].gathering(Array(order[first..<place])) }
        return interleaved(order[first..<place])
    }

    /// Gathers from each part the rows that are wanted of it, then brings them into order: each row is copied twice, and a
    /// part of which none is wanted costs nothing.
    private func interleaved(_ order: ArraySlice<Int32>) -> ColumnBatch {
        var picked = [[Int32]](repeating: [], count: parts.count)
        var sources: [Int32] = [], rows: [Int32] = []
        for row in order {
            // The row is the next one picked from its part; where it lies in the part is what `picked` says.
            let part = part(of: row)
            sources.append(Int32(part))
            rows.append(Int32(picked[part].count))
            picked[part].append(row - Int32(starts[part]))
        }
        let columns = types.indices.map { column in
            ChoiceKernels.interleave(
                parts.indices.map { parts[$0].columns[column].gathering(picked[$0]) }, sources: sources, rows: rows, type: types[column])
        }
        return ColumnBatch(rowCount: order.count, columns: columns)
    }
}
