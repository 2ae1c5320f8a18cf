/// A piece of a scan's work: the rows of one row group, or some of them. Parts are independent: each is read by a reader of its own.
public struct ScanPart: Hashable, Sendable {
    public let rowGroup: Int
    /// Within the row group; nil for all of it.
    public let rows: Range<Int>?

    public init(rowGroup: Int, rows: Range<Int>? = nil) {
        self.rowGroup = rowGroup
        self.rows = rows
    }
}

extension ParquetScan {
    /// The scan's row groups, in order, cut where it takes that for workers that take one part after another to be done at about the same time: at
    /// most a cut for each worker but one, and none where pages are not indexed.
    ///
    /// - Parameter rowCountMin: parts are no smaller: each reads the dictionaries anew, and the pages that its ends lie in.
    /// - Throws: `.corruptFile`, `.io`, of an offset index.
    public func parts(workerCount: Int, rowCountMin: Int = 16_384) throws -> [ScanPart] {
        let counts = rowGroups.map { Int(file.metadata.rowGroups[$0].rowCount) }
        // The rows that each worker has by then. What is next goes to whoever has least, and is cut where that one's even share ends, unless what is over is
        // less than two percent of a share.
        var ends = [Int](repeating: 0, count: max(1, workerCount))
        let share = (counts.reduce(0, +) + ends.count - 1) / ends.count
        let slack = share / 50
        let rowCountMin = max(1, rowCountMin)
        var parts: [ScanPart] = []
        for (rowGroup, rowCount) in zip(rowGroups, counts) {
            var pages: [[PageLocation]]?
            var start = 0
            while start < rowCount {
                // Who is done first takes the next one.
                let next = ends.indices.min { ends[$0] < ends[$1] } ?? 0
                let room = share - ends[next]
                var end = rowCount
                if rowCount - start > room + slack {
                    let found = try pages ?? self.pages(of: rowGroup)
                    pages = found
                    // Where a cut leaves both pieces large enough.
                    let rows = start + rowCountMin..<max(start + rowCountMin, rowCount - rowCountMin + 1)
                    if let cut = Self.cut(found, in: rows, near: start + room, reach: share / 10) {
                        // Pages may lie so that whoever takes the rest is done no earlier.
                        var others = ends
                        others[next] += cut - start
                        if (others.min() ?? 0) + rowCount - cut < ends[next] + rowCount - start - slack { end = cut }
                    }
                }
                parts.append(ScanPart(rowGroup: rowGroup, rows: start == 0 && end == rowCount ? nil : start..<end))
                ends[next] += end - start
                start = end
            }
        }
        return parts
    }

    /// Begins to read one part. The reader belongs to one thread.
    public func reader(_ part: ScanPart) throws -> RowGroupReader {
        try RowGroupReader(scan: self, rowGroup: part.rowGroup, rows: part.rows)
    }

    /// Where the pages of each column lie; empty when those of one are not indexed.
    /// - Throws: as `parts`.
    private func pages(of rowGroup: Int) throws -> [[PageLocation]] {
        let budget = DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount)
        let descriptors = leaves.map(\.descriptor)
        let indexes = PageIndexReader(file: file, rowGroup: rowGroup, leaves: descriptors, filtered: [], budget: budget)
        // Of all columns together.
        let share = indexes.share()
        var pages: [[PageLocation]] = []
        for leaf in descriptors {
            guard let found = try indexes.locations(leaf, file.layout(rowGroup: rowGroup, leaf: leaf), for: share) else { return [] }
            pages.append(found)
        }
        withExtendedLifetime(share) {}
        return pages
    }

    /// The row among `rows`, within `reach` of `ideal`, at which pages begin and those that go across are smallest: they are inflated twice.
    ///
    /// - Returns: nil where no page begins there.
    private static func cut(_ pages: [[PageLocation]], in rows: Range<Int>, near ideal: Int, reach: Int) -> Int? {
        let ideal = min(max(ideal, rows.lowerBound), rows.upperBound)
        return Set(pages.joined().map { Int($0.firstRowIndex) })
            .filter { rows.contains($0) && abs($0 - ideal) <= reach }
            .map { (row: $0, cost: crossedByteCount(pages, at: $0), distance: abs($0 - ideal)) }
            .min { ($0.cost, $0.distance, $0.row) < ($1.cost, $1.distance, $1.row) }?.row
    }

    /// Bytes of the pages that have rows both before `row` and from it on.
    private static func crossedByteCount(_ pages: [[PageLocation]], at row: Int) -> Int {
        var sum = 0
        for locations in pages {
            var low = 0
            var high = locations.count
            while low < high {
                let middle = (low + high) / 2
                if locations[middle].firstRowIndex <= Int64(row) { low = middle + 1 } else { high = middle }
            }
            if low > 0, locations[low - 1].firstRowIndex != Int64(row) { sum += Int(locations[low - 1].compressedByteCount) }
        }
        return sum
    }
}

extension ParquetScan {
    /// Of the columns that it reads of a row group, as they lie in the file.
    public func byteCount(ofRowGroup number: Int) -> Int64 {
        let columns = file.metadata.rowGroups[number].columns
        return leaves.reduce(0) { $0.addingSaturating(max(0, columns[$1.descriptor.index].metadata?.totalCompressedByteCount ?? 0)) }
    }
}
