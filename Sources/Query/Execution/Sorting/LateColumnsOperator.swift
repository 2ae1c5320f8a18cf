import ColumnStore
import Synchronization

/// The first rows of a sort with the columns that it did without: these are read here, by the rows' numbers, for the sort's first batch by all workers, for any other as
/// it is asked for.
final class LateColumnsOperator: PreparedOperator, @unchecked Sendable {
    private let scan: ScanOperator
    private let node: LateColumns
    /// Nil until `prepare`.
    private var output: (any BatchStream)?

    /// - Parameter sorted: whose input is `scan`.
    init(_ sorted: SortOperator, _ scan: ScanOperator, _ node: LateColumns) {
        self.scan = scan
        self.node = node
        super.init(columns: node.columns, inputs: [sorted])
    }

    override var streamCountMax: Int { 1 }

    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        try measured(run) {
            let sorted = try inputs[0].stream(run, worker: 0)
            let completion = Completion(scan: scan, node: node, run: run, share: MemoryShare(run.memory))
            let first = try sorted.next()
            var completed: ColumnBatch?
            do {
                if let first { completed = try completion.completed(first, workerCount: run.workerCount) }
            } catch let error as QueryError where error.fittingRowCount != nil {
                // The rows are large together: the stream reads a few at a time.
            }
            output = Stream(completion, sorted, completed: completed, waiting: completed == nil ? first : nil)
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { output ?? EmptyStream() }

    /// Reads what rows lack.
    private struct Completion {
        let scan: ScanOperator
        let node: LateColumns
        let run: QueryRun
        /// Of the rows that were completed last.
        let share: MemoryShare
        /// As they are read, end to end, and in the order of the sort.
        private static let copiesOfRow = 3

        /// The rows of a batch of the sort, in their order, with all columns.
        /// - Throws: `outOfMemory`, with a number of rows that may fit.
        func completed(_ batch: ColumnBatch, workerCount: Int) throws -> ColumnBatch {
            guard case .int64(let numbers)? = batch.columns.last?.flattened().values else { preconditionFailure("rows without numbers") }
            let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
            let ascending = order.map { numbers[$0] }
            let ranges = scan.together(ascending)
            share.releaseAll()
            let reading = Reading(rangeCount: ranges.count, share)
            let step = { [scan, node, run] in
                guard let index = reading.next() else { return false }
                // Readers are bounded by a budget of their own, a batch at a time.
                let batches = try scan.rows(ascending[ranges[index]], node.late) { some in
                    try run.cancellation.check()
                    guard reading.hold(some.flatByteCount.multipliedSaturating(by: Self.copiesOfRow)) else {
                        throw QueryError.outOfMemory("columns of the first rows", fittingRowCount: max(1, batch.rowCount / 2))
                    }
                }
                // The dictionary of a row group may be far larger than what a few rows have of it.
                reading.keep(batches.map { batch in ColumnBatch(rowCount: batch.rowCount, columns: batch.columns.map { $0.flattened() }) }, at: index)
                return true
            }
            // A stream's thread is one of the pool's, which must not wait for the others.
            if workerCount > 1 { try run.parallel(min(workerCount, ranges.count)) { _ in step } } else { while try step() {} }
            let parts = reading.batches
            // A file that is written over while it is read, or whose indexes contradict its pages.
            guard parts.reduce(0, { $0 + $1.rowCount }) == batch.rowCount else {
                throw QueryError(.dataError, "rows of a table that were there are gone: is a file of it being written?")
            }
            // By row of the batch, its place among the ascending ones.
            var places = [Int32](repeating: 0, count: order.count)
            for (place, row) in order.enumerated() { places[row] = Int32(place) }
            let late = node.late.indices.map { column in
                Column.concatenating(parts.map { $0.columns[column] }, type: node.late[column].column.type).gathering(places)
            }
            let all = batch.columns + late
            return ColumnBatch(rowCount: batch.rowCount, columns: node.places.map { all[$0] })
        }
    }

    /// What several workers read of one batch's rows.
    private final class Reading: @unchecked Sendable {
        // Safe to share: the share is charged under the lock.
        private let share: MemoryShare
        private let taken = Atomic<Int>(0)
        private let found: Mutex<[[ColumnBatch]]>
        private let rangeCount: Int

        init(rangeCount: Int, _ share: MemoryShare) {
            self.rangeCount = rangeCount
            self.share = share
            found = Mutex(Array(repeating: [], count: rangeCount))
        }

        /// The next range to read; nil when all are taken.
        func next() -> Int? {
            let index = taken.wrappingAdd(1, ordering: .relaxed).oldValue
            return index < rangeCount ? index : nil
        }

        /// False where there is no memory for so much more.
        func hold(_ byteCount: Int) -> Bool { found.withLock { _ in share.take(byteCount) } }

        func keep(_ batches: [ColumnBatch], at index: Int) { found.withLock { $0[index] = batches } }

        var batches: [ColumnBatch] { found.withLock { $0.flatMap { $0 } } }
    }

    /// Batches of the sort, each completed as it is asked for, in pieces where its rows are large.
    private final class Stream: BatchStream {
        private let completion: Completion
        private let sorted: any BatchStream
        private var completed: ColumnBatch?
        private var pieces: BatchPieces?

        init(_ completion: Completion, _ sorted: any BatchStream, completed: ColumnBatch?, waiting: ColumnBatch?) {
            self.completion = completion
            self.sorted = sorted
            self.completed = completed
            pieces = waiting.map { BatchPieces($0) }
        }

        func next() throws -> ColumnBatch? {
            if let batch = completed {
                completed = nil
                return batch
            }
            while true {
                if pieces == nil {
                    guard let batch = try sorted.next() else { return nil }
                    pieces = BatchPieces(batch)
                }
                if let (_, batch) = try pieces?.next(anyError: { try completion.completed($0, workerCount: 1) }) { return batch }
                pieces = nil
            }
        }
    }
}
