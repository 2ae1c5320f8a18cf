import ColumnStore
import Synchronization

/// Sorted rows cut where partitions begin, so that workers answer a window's calls side by side.
///
/// Some parts more than workers: partitions are of any size, and so are the parts. Rows of one partition are never cut; with only one there is one part.
final class WindowParts: Sendable {
    // Safe to share: nothing changes but the number of the part that comes next.
    private let rows: SortedRows
    private let ranges: [Range<Int>]
    private let cancellation: Cancellation
    private let taken = Atomic<Int>(0)

    /// Fewer rows are no work for several workers, and stay in their order.
    static let rowCountMin = 4 * ColumnBatch.targetRowCount
    private static let partsPerWorker = 4

    /// Nil where one stream is enough.
    /// - Parameter partition: the sort's first keys, of which rows of one part alone have the same values.
    init?(_ rows: SortedRows, by partition: [Expression], _ layout: [ColumnID: Int], _ run: QueryRun) throws {
        guard run.workerCount > 1, !partition.isEmpty, rows.count >= Self.rowCountMin else { return nil }
        let cutter = Cutter(rows: rows, partition: try Evaluator.compile(partition, layout: layout, context: run.context), run: run)
        let count = min(run.workerCount * Self.partsPerWorker, rows.count / ColumnBatch.targetRowCount)
        var cuts = [0]
        for number in 1..<count {
            let wanted = rows.count * number / count
            guard wanted > cuts[cuts.count - 1] else { continue }
            let cut = try cutter.partitionStart(from: wanted)
            if cut < rows.count { cuts.append(cut) }
        }
        if cuts.count == 1 { return nil }
        self.rows = rows
        ranges = zip(cuts, cuts.dropFirst() + [rows.count]).map { $0..<$1 }
        cancellation = run.cancellation
    }

    /// The rows of the next part; nil when all are taken.
    func next() -> SortedStream? {
        let number = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        return number < ranges.count ? SortedStream(rows, range: ranges[number], cancellation: cancellation) : nil
    }

    private struct Cutter {
        let rows: SortedRows
        let partition: [Evaluator]
        let run: QueryRun

        /// The first place from `place` on whose row is of another partition than the one before; the end where none is.
        /// - Complexity: O(log rows), as rows of one partition follow one another.
        func partitionStart(from place: Int) throws -> Int {
            let last = try key(at: place - 1)
            var (low, high) = (place, rows.count)
            while low < high {
                try run.cancellation.check()
                let middle = (low + high) / 2
                if try key(at: middle) == last { low = middle + 1 } else { high = middle }
            }
            return low
        }

        private func key(at place: Int) throws -> [UInt8] {
            var next = place
            let view = RowView(rows.next(from: &next, to: place + 1))
            let keys = try HeldKeys.make(try partition.map { SortColumn(try $0.evaluate(view)) }, count: 1, of: "a window's partitions", run)
            return Array(keys.keys[0])
        }
    }
}
