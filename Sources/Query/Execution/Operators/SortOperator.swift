import ColumnStore
import Synchronization

/// Rows in order. What does not fit in memory is sorted in runs on disk and merged; a small limit keeps the first rows only.
final class SortOperator: PhysicalOperator, @unchecked Sendable {
    private let keys: [SortKey]
    private let limit: Int?
    private let offset: Int
    private let collected: Mutex<Collected> = Mutex(Collected())
    private var output: (any BatchStream)?

    /// Past this many rows, keeping the first ones apart while reading costs more than one sort at the end.
    private static let topRowCountMax = 50_000

    /// Safe to send: written under the lock, read when all workers are done.
    private struct Collected: @unchecked Sendable {
        var batches: [OrderedRows] = []
        var runs: [SpillFile] = []
        var shares: [MemoryShare] = []
    }

    init(_ input: PhysicalOperator, keys: [SortKey], limit: Int?, offset: Int) {
        self.keys = keys
        self.limit = limit
        self.offset = offset
        super.init(columns: input.columns, inputs: [input])
    }

    override var name: String { limit == nil ? "Sort" : "TopN" }
    override var details: [String] { ["\(keys.count) key(s)"] + (limit.map { ["first \($0) after \(offset)"] } ?? []) }
    override var streamCountMax: Int { 1 }

    override func pushRuntimeFilter(_ id: ColumnID, _ filter: KeyFilter) {
        if limit == nil, offset == 0 { inputs[0].pushRuntimeFilter(id, filter) }
    }

    override func prepare(_ run: QueryRun) throws {
        try super.prepare(run)
        try measured(run) {
            let top = limit.map { $0.addingSaturating(offset) }.flatMap { $0 <= Self.topRowCountMax ? $0 : nil }
            let workers = Mutex<[Collector]>([])
            try run.drain(inputs[0], dividing: true) { _ in
                let collector = try Collector(self, run, top: top)
                workers.withLock { $0.append(collector) }
                return { try collector.take($0) }
            }
            let collectors = workers.withLock { $0 }
            try run.parallel(collectors.count) { index in
                {
                    try collectors[index].finish()
                    return false
                }
            }
            // Some rows are on disk: the others follow, so that all are runs.
            if collected.withLock({ !$0.runs.isEmpty }) { for collector in collectors { try collector.spill() } }
            try merge(run)
        }
    }

    private func merge(_ run: QueryRun) throws {
        let (batches, runs) = collected.withLock { ($0.batches, $0.runs) }
        let range = offset..<(limit.map { offset.addingSaturating($0) } ?? .max)
        if runs.isEmpty {
            output = SortedStream(batches, types: columns.map(\.type), range: range, cancellation: run.cancellation)
            return
        }
        var readers: [any BatchStream] = []
        for run in runs { readers.append(try run.reader()) }
        measure.spilledBytes.wrappingAdd(runs.reduce(0) { $0 + $1.byteCount }, ordering: .relaxed)
        output = try MergeStream(readers, types: columns.map(\.type), range: range, cancellation: run.cancellation)
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream { output ?? EmptyStream() }

    /// One worker's rows on their way into order.
    private final class Collector: @unchecked Sendable {
        // Safe to share: one worker feeds it; `finish` comes after all workers.
        private let owner: SortOperator
        private let run: QueryRun
        private let evaluators: [Evaluator]
        private let top: Int?
        private let share: MemoryShare
        private var rows: [KeyedRows] = []
        private var rowCount = 0
        private var byteCount = 0
        /// The key of the last row that can still be among the first.
        private var threshold: [UInt8]?

        init(_ owner: SortOperator, _ run: QueryRun, top: Int?) throws {
            self.owner = owner
            self.run = run
            self.top = top
            share = MemoryShare(run.memory)
            var evaluators: [Evaluator] = []
            for key in owner.keys { evaluators.append(try Evaluator(key.expression, layout: owner.inputs[0].layout, context: run.context)) }
            self.evaluators = evaluators
        }

        func take(_ batch: ColumnBatch) throws {
            if top == 0 { return }
            let view = RowView(batch)
            var sortColumns: [SortColumn] = []
            for (evaluator, key) in zip(evaluators, owner.keys) {
                sortColumns.append(
                    SortColumn(try evaluator.evaluate(view), isDescending: key.isDescending, nullsFirst: key.nullsFirst))
            }
            var added = KeyedRows(batch: batch, keys: SortKeys.encode(sortColumns, count: batch.rowCount))
            if let threshold { added = added.filtered(notAfter: threshold) }
            if added.batch.rowCount == 0 { return }
            rows.append(added)
            rowCount += added.batch.rowCount
            byteCount += added.byteCount
            if let top, rowCount > max(4 * top, 2 * ColumnBatch.targetRowCount) { return cut(to: top) }
            // Sorting needs the keys a second time, and the rows once more while they are put in order.
            if !share.resize(to: byteCount * 2) { try spill() }
        }

        private func cut(to top: Int) {
            let sorted = KeyedRows.joining(rows, types: owner.columns.map(\.type)).sorted(first: top)
            rows = [sorted]
            rowCount = sorted.batch.rowCount
            byteCount = sorted.byteCount
            if rowCount == top { threshold = Array(sorted.keys[top - 1]) }
            share.force(to: byteCount * 2)
        }

        /// Writes what is held as one sorted run.
        func spill() throws {
            owner.collected.withLock { $0.batches = [] }
            guard rowCount > 0 else { return }
            let sorted = KeyedRows.joining(rows, types: owner.columns.map(\.type)).sorted(first: nil)
            let file = try SpillFile(run.spill, types: owner.columns.map(\.type) + [.binary])
            for start in stride(from: 0, to: rowCount, by: ColumnBatch.targetRowCount) {
                try run.cancellation.check()
                try file.write(sorted.slice(start..<min(start + ColumnBatch.targetRowCount, rowCount)).withKeyColumn)
            }
            owner.collected.withLock { $0.runs.append(file) }
            rows = []
            rowCount = 0
            byteCount = 0
            share.releaseAll()
        }

        /// Puts the worker's rows in order.
        func finish() throws {
            if let top, rowCount > top { cut(to: top) }
            guard rowCount > 0, owner.collected.withLock({ $0.runs.isEmpty }) else { return }
            let joined = KeyedRows.joining(rows, types: owner.columns.map(\.type))
            rows = [joined]
            let ordered = OrderedRows(rows: joined, order: RowOrder.sorted(joined.keys))
            owner.collected.withLock {
                $0.batches.append(ordered)
                $0.shares.append(share)
            }
        }
    }
}

/// Rows with their sort keys beside them.
struct KeyedRows {
    var batch: ColumnBatch
    var keys: ByteArrays

    var byteCount: Int { batch.byteCount + keys.bytes.count + keys.offsets.count * 4 }

    /// The rows and the keys as a last column, for a spill file.
    var withKeyColumn: ColumnBatch {
        ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [.text(keys, type: .binary, validity: nil)])
    }

    func slice(_ range: Range<Int>) -> KeyedRows { KeyedRows(batch: batch.slice(range), keys: keys.slice(range)) }

    static func joining(_ parts: [KeyedRows], types: [ColumnType]) -> KeyedRows {
        if parts.count == 1, let only = parts.first { return only }
        let columns = types.indices.map { index in
            Column.concatenating(parts.map { $0.batch.columns[index] }, type: types[index])
        }
        var keys = ByteArrays()
        for part in parts {
            let base = Int32(keys.bytes.count)
            keys.bytes.append(contentsOf: part.keys.bytes)
            keys.offsets.append(contentsOf: part.keys.offsets.dropFirst().lazy.map { $0 + base })
        }
        return KeyedRows(batch: ColumnBatch(rowCount: keys.count, columns: columns), keys: keys)
    }

    /// The rows in order, or the first of them.
    func sorted(first count: Int?) -> KeyedRows {
        var rows = RowOrder.sorted(keys)
        if let count, count < rows.count { rows.removeLast(rows.count - count) }
        return KeyedRows(batch: batch.gathering(rows), keys: keys.gathering(rows))
    }

    /// Without the rows whose key is above `threshold`.
    func filtered(notAfter threshold: [UInt8]) -> KeyedRows {
        let passing = keys.bytes.withUnsafeBytes { bytes in
            threshold.withUnsafeBytes { threshold in
                Bitmap.computed(count: keys.count) { row in
                    CompareKernels.order(UnsafeRawBufferPointer(rebasing: bytes[keys.range(at: row)]), threshold) <= 0
                }
            }
        }
        if passing.isAllSet { return self }
        let rows = passing.setIndices()
        return KeyedRows(batch: batch.gathering(rows), keys: keys.gathering(rows))
    }
}

/// Rows with the order that they are to come in.
struct OrderedRows {
    let rows: KeyedRows
    let order: [Int32]
}

/// Rows in memory, put in order batch by batch as they are pulled.
private final class SortedStream: BatchStream {
    private let rows: KeyedRows
    private let order: [Int32]
    private var place: Int
    private let end: Int
    private let cancellation: Cancellation

    /// - Parameter parts: each in its order, which are merged here.
    init(_ parts: [OrderedRows], types: [ColumnType], range: Range<Int>, cancellation: Cancellation) {
        rows = KeyedRows.joining(parts.map(\.rows), types: types)
        var start: Int32 = 0
        var orders: [[Int32]] = []
        for part in parts {
            orders.append(start == 0 ? part.order : part.order.map { $0 + start })
            start += Int32(part.order.count)
        }
        while orders.count > 1 {
            var merged: [[Int32]] = []
            for index in stride(from: 0, to: orders.count, by: 2) {
                merged.append(index + 1 < orders.count ? RowOrder.merged(orders[index], orders[index + 1], rows.keys) : orders[index])
            }
            orders = merged
        }
        order = orders.first ?? []
        place = min(range.lowerBound, order.count)
        end = min(range.upperBound, order.count)
        self.cancellation = cancellation
    }

    func next() throws -> ColumnBatch? {
        guard place < end else { return nil }
        try cancellation.check()
        let stop = min(place + ColumnBatch.targetRowCount, end)
        defer { place = stop }
        return rows.batch.gathering(Array(order[place..<stop]))
    }
}

/// Sorted runs merged by their keys.
private final class MergeStream: BatchStream {
    private struct Head {
        var reader: any BatchStream
        var batch: ColumnBatch
        var keys: ByteArrays
        var row = 0
        /// Rows picked from `batch` since the last output.
        var picked: [Int32] = []
    }

    private var heads: [Head] = []
    private let types: [ColumnType]
    private var skip: Int
    private var remaining: Int
    private let cancellation: Cancellation
    private var sources: [Int32] = []
    private var rows: [Int32] = []

    init(_ readers: [any BatchStream], types: [ColumnType], range: Range<Int>, cancellation: Cancellation) throws {
        self.types = types
        skip = range.lowerBound
        remaining = range.count
        self.cancellation = cancellation
        for reader in readers {
            if let batch = try reader.next() { heads.append(Head(reader: reader, batch: batch, keys: Self.keys(batch))) }
        }
    }

    private static func keys(_ batch: ColumnBatch) -> ByteArrays { batch.columns[batch.columns.count - 1].byteArrays() }

    func next() throws -> ColumnBatch? {
        try cancellation.check()
        while remaining > 0, let index = least() {
            if skip > 0 {
                skip -= 1
            } else {
                sources.append(Int32(index))
                rows.append(Int32(heads[index].picked.count))
                heads[index].picked.append(Int32(heads[index].row))
                remaining -= 1
            }
            heads[index].row += 1
            let isFull = sources.count == ColumnBatch.targetRowCount
            guard heads[index].row == heads[index].batch.rowCount else {
                if isFull { return flush() }
                continue
            }
            let output = sources.isEmpty ? nil : flush()
            if let batch = try heads[index].reader.next() {
                heads[index].batch = batch
                heads[index].keys = Self.keys(batch)
                heads[index].row = 0
            } else {
                heads.remove(at: index)
            }
            if let output { return output }
        }
        return sources.isEmpty ? nil : flush()
    }

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

    private func flush() -> ColumnBatch {
        let columns = types.indices.map { column in
            ChoiceKernels.interleave(
                heads.map { $0.batch.columns[column].gathering($0.picked) }, sources: sources, rows: rows, type: types[column])
        }
        let batch = ColumnBatch(rowCount: sources.count, columns: columns)
        sources = []
        rows = []
        for index in heads.indices { heads[index].picked = [] }
        return batch
    }
}
