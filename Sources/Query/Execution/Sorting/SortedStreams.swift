import ColumnStore
import Synchronization

/// Rows with the order that they are to come in.
/// One worker's, when all of them are in memory.
struct OrderedRows {
    /// Numbered through: `order` and `keys` count all chunks' rows from 0.
    let chunks: [ColumnBatch]
    let keys: ByteArrays
    let order: [Int32]
}

/// The rows of several workers in memory, with the one order of them all; `RowParts` copies them.
struct SortedRows {
    private let rows: RowParts
    private let order: [Int32]
    var count: Int { order.count }

    /// Fewer rows are merged by one worker.
    private static let sharedRowCountMin = 50_000

    /// Merges the orders two and two, in log(parts) passes over numbers alone; rows are not moved.
    ///
    /// - Parameter parts: each in its order, which are merged here.
    init(_ parts: [OrderedRows], types: [ColumnType], _ run: QueryRun) throws {
        rows = RowParts(parts.flatMap(\.chunks), types: types)
        let keys = ByteArrays.joining(parts.map(\.keys))
        var start: Int32 = 0
        var orders: [[Int32]] = []
        for part in parts {
            orders.append(start == 0 ? part.order : part.order.map { $0 + start })
            // Rows that nobody wants are in no order.
            start += Int32(part.keys.count)
        }
        while orders.count > 1 {
            var merged: [[Int32]] = []
            for index in stride(from: 0, to: orders.count, by: 2) {
                merged.append(index + 1 < orders.count ? try Self.merged(orders[index], orders[index + 1], keys, run) : orders[index])
            }
            orders = merged
        }
        order = orders.first ?? []
    }

    /// Two orders as one, by all workers: each has its part of the first, and of the other what comes before the next part's first row.
    private static func merged(_ one: [Int32], _ other: [Int32], _ keys: ByteArrays, _ run: QueryRun) throws -> [Int32] {
        guard run.workerCount > 1, one.count + other.count >= sharedRowCountMin else { return RowOrder.merged(one, other, keys) }
        let starts = (0...run.workerCount).map { worker -> (Int, Int) in
            let place = one.count * worker / run.workerCount
            return (place, worker == 0 ? 0 : place < one.count ? RowOrder.countBefore(one[place], in: other, keys) : other.count)
        }
        let pieces = Mutex<[[Int32]]>(Array(repeating: [], count: run.workerCount))
        try run.parallel(run.workerCount) { worker in
            let (from, to) = (starts[worker], starts[worker + 1])
            return {
                let piece = RowOrder.merged(Array(one[from.0..<to.0]), Array(other[from.1..<to.1]), keys)
                pieces.withLock { $0[worker] = piece }
                return false
            }
        }
        return pieces.withLock { Array($0.joined()) }
    }

    /// Rows by their places in the order: as many from `place` on as `RowParts.next` gives together.
    func next(from place: inout Int, to end: Int) -> ColumnBatch { rows.next(of: order, from: &place, to: end) }
}

/// Rows in memory, put in order batch by batch as they are pulled.
final class SortedStream: BatchStream {
    private let rows: SortedRows
    private var place: Int
    private let end: Int
    private let cancellation: Cancellation

    /// - Parameter range: places in the order that are put out: OFFSET and LIMIT, or one of several streams' part.
    init(_ rows: SortedRows, range: Range<Int>, cancellation: Cancellation) {
        self.rows = rows
        place = min(range.lowerBound, rows.count)
        end = min(range.upperBound, rows.count)
        self.cancellation = cancellation
    }

    func next() throws -> ColumnBatch? {
        guard place < end else { return nil }
        try cancellation.check()
        return rows.next(from: &place, to: end)
    }
}

/// Sorted runs merged by their keys.
///
/// The least head is looked for anew for each row, by a comparison with each: `RunMerger.fanInMax` keeps them few. Of equal
/// keys the earlier run's row comes first.
///
/// Invariants:
/// 1. Each head has a row: `row` is below its batch's row count. A run that has ended is taken out between two outputs.
/// 2. `sources[i]`, `rows[i]` say of row i of the next output which head it is from, and which of that head's `picked`.
final class MergeStream: BatchStream {
    /// A run with the batch that is being read.
    private struct Head {
        var reader: any BatchStream
        var batch: ColumnBatch
        var keys: ByteArrays
        var row = 0
        /// Rows picked from `batch` since the last output.
        var picked: [Int32] = []
        /// About.
        var byteCountPerRow: Int

        init(_ reader: any BatchStream, _ batch: ColumnBatch) {
            (self.reader, self.batch, keys) = (reader, batch, MergeStream.keys(batch))
            byteCountPerRow = batch.byteCount / max(1, batch.rowCount)
        }

        mutating func replace(by batch: ColumnBatch) {
            (self.batch, keys, row) = (batch, MergeStream.keys(batch), 0)
            byteCountPerRow = batch.byteCount / max(1, batch.rowCount)
        }
    }

    private var heads: [Head] = []
    /// The memory of the heads' batches, held as long as the stream is there.
    private let share: MemoryShare?
    private let types: [ColumnType]
    /// Rows still to be passed over, and then to be given.
    private var skip: Int
    private var remaining: Int
    private let cancellation: Cancellation
    private var sources: [Int32] = []
    private var rows: [Int32] = []
    /// Of the rows that are picked.
    private var byteCount = 0
    private static let byteCountMax = 4 << 20

    /// - Parameter readers: of batches whose last column is their keys.
    /// - Parameter types: of the columns to give, the first ones of the batches; with the keys' own to give those, too.
    init(_ readers: [any BatchStream], types: [ColumnType], range: Range<Int>, cancellation: Cancellation, share: MemoryShare? = nil) throws {
        self.types = types
        self.share = share
        skip = range.lowerBound
        remaining = range.count
        self.cancellation = cancellation
        for reader in readers {
            if let batch = try reader.next() { heads.append(Head(reader, batch)) }
        }
    }

    /// The keys lie in the last column.
    fileprivate static func keys(_ batch: ColumnBatch) -> ByteArrays { batch.columns[batch.columns.count - 1].byteArrays() }

    func next() throws -> ColumnBatch? {
        try cancellation.check()
        while remaining > 0, let index = least() {
            if skip > 0 {
                skip -= 1
            } else {
                sources.append(Int32(index))
                rows.append(Int32(heads[index].picked.count))
                heads[index].picked.append(Int32(heads[index].row))
                byteCount += heads[index].byteCountPerRow
                remaining -= 1
            }
            heads[index].row += 1
            let isFull = sources.count == ColumnBatch.targetRowCount || byteCount >= Self.byteCountMax
            guard heads[index].row == heads[index].batch.rowCount else {
                if isFull { return flush() }
                continue
            }
            // Rows that are passed over fill no output: all of OFFSET may be read in here.
            try cancellation.check()
            // A head's batch ends: rows picked from it are put out before the next batch takes its place.
            let output = sources.isEmpty ? nil : flush()
            if let batch = try heads[index].reader.next() {
                heads[index].replace(by: batch)
            } else {
                heads.remove(at: index)
            }
            if let output { return output }
        }
        return sources.isEmpty ? nil : flush()
    }

    /// The head whose row comes first; nil when all have ended.
    private func least() -> Int? {
        guard !heads.isEmpty else { return nil }
        var best = 0
        for index in heads.indices.dropFirst() {
            let order = heads[index].keys.bytes.withUnsafeBytes { one in
                heads[best].keys.bytes.withUnsafeBytes { other in
                    CompareKernels.order(
                        UnsafeRawBufferPointer(rebasing: one[heads[index].keys.range(at: heads[index].row)]),
                        UnsafeRawBufferPointer(rebasing: other[heads[best].keys.range(at: heads[best].row)]))
                }
            }
            if order < 0 { best = index }
        }
        return best
    }

    /// The rows picked since the last output, as a batch.
    private func flush() -> ColumnBatch {
        defer {
            sources = []
            rows = []
            byteCount = 0
            for index in heads.indices { heads[index].picked = [] }
        }
        // A batch as it was read, mostly one row too large to be copied twice.
        if let first = sources.first, sources.allSatisfy({ $0 == first }), sources.count == heads[Int(first)].batch.rowCount {
            return ColumnBatch(rowCount: sources.count, columns: Array(heads[Int(first)].batch.columns.prefix(types.count)))
        }
        let columns = types.indices.map { column in
            ChoiceKernels.interleave(
                heads.map { $0.batch.columns[column].gathering($0.picked) }, sources: sources, rows: rows, type: types[column])
        }
        return ColumnBatch(rowCount: sources.count, columns: columns)
    }
}

/// Brings sorted runs together: as many at once as memory has room for a batch of each, into longer runs where they are more.
struct RunMerger {
    private var runs: [SpillFile]
    private let types: [ColumnType]
    private let run: QueryRun

    /// More heads are compared for each row than further passes cost.
    private static let fanInMax = 64

    /// - Parameter runs: of `types` and a last column with the keys.
    init(_ runs: [SpillFile], types: [ColumnType], _ run: QueryRun) {
        self.runs = runs
        self.types = types
        self.run = run
    }

    /// The rows at the places of `range`, in order.
    /// - Parameter withKeys: whether the keys come along as a last column.
    mutating func stream(_ range: Range<Int>, withKeys: Bool = false) throws -> any BatchStream {
        // Passes that only make runs fewer; the last merge is the stream itself, which is not written.
        while runs.count > fanIn(runs) { try mergeFirst(fanIn(runs)) }
        return try MergeStream(
            readers(runs[...]), types: withKeys ? types + [.binary] : types, range: range, cancellation: run.cancellation, share: hold(runs[...]))
    }

    /// What a merge takes: a batch of each run, and one more as it is read and one as it is written. Batches of common rows are small, and have to
    /// fit; where one row is many megabytes, it is asked whether they do.
    private func hold(_ runs: ArraySlice<SpillFile>) throws -> MemoryShare {
        let largest = runs.reduce(0) { max($0, $1.batchByteCountMax) }
        let byteCount = runs.reduce(2 * largest) { $0.addingSaturating($1.batchByteCountMax) }
        let share = MemoryShare(run.memory)
        if largest <= 2 * SpillFile.pieceByteCountMax {
            share.force(to: byteCount)
        } else if !share.take(byteCount) {
            throw QueryError.outOfMemory("rows of \(largest >> 20) MiB, to bring them into order,")
        }
        return share
    }

    /// All runs as one.
    /// The result has its keys as last column.
    /// - Precondition: there is one at least.
    mutating func single() throws -> SpillFile {
        while runs.count > 1 { try mergeFirst(min(runs.count, fanIn(runs))) }
        return runs[0]
    }

    /// The shortest first would compare less; runs are about equal, and the first stay first among equal keys.
    private mutating func mergeFirst(_ count: Int) throws {
        let merged = try SpillFile(run.spill, types: types + [.binary])
        let stream = try MergeStream(
            readers(runs[..<count]), types: types + [.binary], range: 0..<Int.max, cancellation: run.cancellation, share: hold(runs[..<count]))
        while let batch = try stream.next() { try merged.write(batch) }
        runs.replaceSubrange(..<count, with: [merged])
    }

    private func readers(_ runs: ArraySlice<SpillFile>) throws -> [any BatchStream] {
        var readers: [any BatchStream] = []
        for run in runs { readers.append(try run.reader()) }
        return readers
    }

    /// A batch is there as it was read and as columns.
    /// How many runs may be merged at once: a quarter of the query's budget, two to 64.
    private func fanIn(_ runs: [SpillFile]) -> Int {
        let largest = runs.reduce(1) { max($0, $1.batchByteCountMax) }
        return max(2, min(Self.fanInMax, run.memory.byteCountMax / 4 / (2 * largest)))
    }
}
