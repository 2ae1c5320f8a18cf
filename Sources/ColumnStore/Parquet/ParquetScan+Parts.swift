/// A piece of a scan's work: the rows of one row group, or some of them. Parts are independent: each is read by a reader of its own.
public struct ScanPart: Hashable, Sendable {
    public let rowGroup: Int
    /// Within the row group; nil for all of it.
    public let rows: Range<Int>?
}

extension ParquetScan {
    /// The scan's row groups, in order; those at the end are cut into a part for each worker, where their pages are indexed, as many as it takes for
    /// workers that take one part after another to be done at about the same time.
    ///
    /// - Parameter rowCountMin: parts are no smaller: each reads the dictionaries anew, and the pages that its ends lie in.
    /// - Throws: `.corruptFile`, `.io`, of an offset index.
    public func parts(workerCount: Int, rowCountMin: Int = 16_384) throws -> [ScanPart] {
        let counts = rowGroups.map { Int(file.metadata.rowGroups[$0].rowCount) }
        let wholeCount = counts.count - Self.cutCount(counts, workerCount: max(1, workerCount), rowCountMin: max(1, rowCountMin))
        var parts = rowGroups.prefix(wholeCount).map { ScanPart(rowGroup: $0, rows: nil) }
        for (rowGroup, rows) in zip(rowGroups, counts).dropFirst(wholeCount) {
            let partCount = min(workerCount, rows / max(1, rowCountMin))
            let cuts = partCount < 2 ? [] : try cuts(of: rowGroup, rows: rows, partCount: partCount)
            let ends = [0] + cuts + [rows]
            for (start, end) in zip(ends, ends.dropFirst()) {
                parts.append(ScanPart(rowGroup: rowGroup, rows: cuts.isEmpty ? nil : start..<end))
            }
        }
        return parts
    }

    /// How many row groups at the end to cut: the fewest with which the last worker ends within a fiftieth of the earliest that it can be.
    private static func cutCount(_ counts: [Int], workerCount: Int, rowCountMin: Int) -> Int {
        guard workerCount > 1 else { return 0 }
        let ends = (0...min(counts.count, workerCount + 1)).map { cutCount in
            var loads = [Int](repeating: 0, count: workerCount)
            for (index, rows) in counts.enumerated() {
                let partCount = index < counts.count - cutCount ? 1 : max(1, min(workerCount, rows / rowCountMin))
                for part in 0..<partCount {
                    // Who is done first takes the next one.
                    let next = loads.indices.min { loads[$0] < loads[$1] } ?? 0
                    loads[next] += rows * (part + 1) / partCount - rows * part / partCount
                }
            }
            return loads.max() ?? 0
        }
        let best = ends.min() ?? 0
        return ends.firstIndex { $0 <= best + best / 50 } ?? 0
    }

    /// Begins to read one part. The reader belongs to one thread.
    public func reader(_ part: ScanPart) throws -> RowGroupReader {
        try RowGroupReader(scan: self, rowGroup: part.rowGroup, rows: part.rows)
    }

    /// Rows at which to cut a row group, each near to where equal parts would end, where the pages that go across are smallest: those are
    /// inflated twice. None when a column's pages are not indexed.
    private func cuts(of rowGroup: Int, rows: Int, partCount: Int) throws -> [Int] {
        let budget = DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount)
        let descriptors = leaves.map(\.descriptor)
        let indexes = PageIndexReader(file: file, rowGroup: rowGroup, leaves: descriptors, filtered: [], budget: budget)
        var pages: [[PageLocation]] = []
        for leaf in descriptors {
            guard let found = try indexes.locations(leaf, file.layout(rowGroup: rowGroup, leaf: leaf)) else { return [] }
            pages.append(found)
        }
        let starts = Set(pages.joined().map { Int($0.firstRowIndex) }).sorted()
        var cuts: [Int] = []
        for index in 1..<partCount {
            let ideal = rows * index / partCount
            let reach = rows / partCount / 10
            let best = starts.lazy.filter { abs($0 - ideal) <= reach && $0 > cuts.last ?? 0 }
                .map { (row: $0, cost: Self.crossedByteCount(pages, at: $0), distance: abs($0 - ideal)) }
                .min { ($0.cost, $0.distance) < ($1.cost, $1.distance) }
            if let best { cuts.append(best.row) }
        }
        return cuts
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
