import ColumnStore

/// The rows of a partition that does not fit in memory: on disk in their order, with what the window's calls are made of beside them.
///
/// Written by `append` while its rows come, ended by `finish`, read by `LongPartitionStream`.
///
/// Invariants:
/// 1. `rows` and `inputs` have the same rows in the same order; `rowCount` of them.
/// 2. `peerEnds` and then `ends` have, ascending, the row after the last of each group of peers, but for the last group
///    until `finish`.
final class LongPartition {
    /// The rows as they came: read once, when they are put out.
    let rows: SpillFile
    /// Arguments and filter of each call, then the values of the order: read by place.
    let inputs: SpillFile
    let inputTypes: [ColumnType]
    /// For each group of peers the row after its last.
    let peerEnds: SpillFile
    private(set) var rowCount = 0
    private let run: QueryRun
    private let order: [(evaluator: Evaluator, key: SortKey)]
    private let calls: [CallEvaluators]
    /// The order's key of the last row.
    private var lastOrder: [UInt8] = []
    /// Not yet written.
    private var ends: [Int64] = []

    /// - Parameter volume: shared by all such partitions of a window, of which there may be many that are small.
    init(
        _ calls: [CallEvaluators], order: [(evaluator: Evaluator, key: SortKey)], types: [ColumnType], in volume: SpillVolume, _ run: QueryRun
    ) throws {
        self.run = run
        self.calls = calls
        self.order = order
        rows = try SpillFile(run.spill, types: types, in: volume)
        inputTypes = calls.flatMap { call in call.arguments.map(\.type) + (call.filter == nil ? [] : [.boolean]) } + order.map(\.evaluator.type)
        inputs = try SpillFile(run.spill, types: inputTypes, isIndexed: true, in: volume)
        peerEnds = try SpillFile(run.spill, types: [.int64], in: volume)
    }

    var byteCount: Int { rows.byteCount + inputs.byteCount + peerEnds.byteCount }

    /// What the calls are given may be far larger than the rows: then fewer of them at a time.
    func append(_ batch: ColumnBatch) throws {
        try run.cancellation.check()
        try BatchPieces.each(of: batch, appendWhole)
    }

    /// Evaluates the calls' inputs and writes rows and inputs.
    private func appendWhole(_ batch: ColumnBatch) throws {
        let view = RowView(batch)
        var columns: [Column] = []
        for call in calls {
            for argument in call.arguments { columns.append(try argument.evaluate(view).retyped(argument.type)) }
            if let filter = call.filter { columns.append(try filter.evaluate(view)) }
        }
        var sortColumns: [SortColumn] = []
        for (evaluator, key) in order {
            let column = try evaluator.evaluate(view)
            columns.append(column)
            sortColumns.append(SortColumn(column, isDescending: key.isDescending, nullsFirst: key.nullsFirst))
        }
        // All that may fail for want of memory came first.
        try findPeers(try HeldKeys.make(sortColumns, count: batch.rowCount, of: "a window's order", run).keys)
        try inputs.write(ColumnBatch(rowCount: batch.rowCount, columns: columns))
        try rows.write(batch)
        rowCount += batch.rowCount
    }

    /// A group of peers is over when a row's key differs from the one before.
    private func findPeers(_ keys: ByteArrays) throws {
        for row in 0..<keys.count {
            let isPeer = row > 0 ? keys[row].elementsEqual(keys[row - 1]) : rowCount == 0 || keys[0].elementsEqual(lastOrder)
            if !isPeer { ends.append(Int64(rowCount + row)) }
        }
        lastOrder = Array(keys[keys.count - 1])
        if ends.count >= ColumnBatch.targetRowCount { try writeEnds() }
    }

    private func writeEnds() throws {
        guard !ends.isEmpty else { return }
        try peerEnds.write(ColumnBatch(rowCount: ends.count, columns: [.whole(ends, type: .int64, validity: nil)]))
        ends = []
    }

    /// No row comes any more.
    func finish() throws {
        ends.append(Int64(rowCount))
        try writeEnds()
    }
}

/// Reads rows of a spill file by their place; the batch that was read last stays.
final class RowCursor {
    private let file: SpillFile
    private(set) var batch = ColumnBatch(rowCount: 0, columns: [])
    /// The places of its rows.
    private(set) var range = 0..<0
    private var number = -1
    private let cancellation: Cancellation

    init(_ file: SpillFile, _ cancellation: Cancellation) { (self.file, self.cancellation) = (file, cancellation) }

    /// Makes `batch` the one that has the row. Each row that is asked for may lie in another, so that cancellation is looked at before one is read.
    func load(_ row: Int) throws {
        if range.contains(row) { return }
        try cancellation.check()
        let found = file.batchNumber(of: row)
        batch = try file.batch(found)
        (number, range) = (found, file.firstRow(of: found)..<(file.firstRow(of: found) + batch.rowCount))
    }

    /// Rows one after another, as one batch.
    /// - Parameter types: of the file's columns.
    func joined(_ wanted: Range<Int>, types: [ColumnType]) throws -> ColumnBatch {
        var parts: [ColumnBatch] = []
        try each(wanted) { batch, rows in parts.append(batch.slice(rows)) }
        let columns = types.indices.map { index in Column.concatenating(parts.map { $0.columns[index] }, type: types[index]) }
        return ColumnBatch(rowCount: wanted.count, columns: columns)
    }

    /// As `joined`, of one column: the others may be far larger.
    func joined(_ wanted: Range<Int>, column: Int, type: ColumnType) throws -> Column {
        var parts: [Column] = []
        try each(wanted) { batch, rows in parts.append(batch.columns[column].slice(rows)) }
        return Column.concatenating(parts, type: type)
    }

    /// The batches that rows one after another lie in, and which rows of each they are.
    private func each(_ wanted: Range<Int>, _ body: (ColumnBatch, Range<Int>) -> Void) throws {
        var row = wanted.lowerBound
        while row < wanted.upperBound {
            try load(row)
            let end = min(range.upperBound, wanted.upperBound)
            body(batch, (row - range.lowerBound)..<(end - range.lowerBound))
            row = end
        }
    }

    /// Values of a column at some places, NULL for -1; nil where several take more bytes than that.
    ///
    /// Each batch is read once, whatever the order of the places.
    ///
    /// - Parameter places: by row of the answer.
    func gathering(_ places: [Int], column: Int, type: ColumnType, within byteCountMax: Int) throws -> Column? {
        var pickedByBatch: [Int: [(row: Int, place: Int)]] = [:]
        for (row, place) in places.enumerated() where place >= 0 { pickedByBatch[file.batchNumber(of: place), default: []].append((row, place)) }
        var sources = [Int32](repeating: -1, count: places.count)
        var rows = [Int32](repeating: 0, count: places.count)
        var parts: [Column] = []
        var byteCount = 0
        for (_, picked) in pickedByBatch.sorted(by: { $0.key < $1.key }) {
            try load(picked[0].place)
            let source = batch.columns[column], own = picked.map { Int32($0.place - range.lowerBound) }
            // Asked before they are copied: all may want the one that is largest.
            var widths = [Int](repeating: 0, count: source.count)
            source.addWidths(to: &widths)
            for row in own { byteCount = byteCount.addingSaturating(widths[Int(row)]) }
            if byteCount > byteCountMax, places.count > 1 { return nil }
            let part = source.gathering(own)
            for (index, entry) in picked.enumerated() { (sources[entry.row], rows[entry.row]) = (Int32(parts.count), Int32(index)) }
            parts.append(part)
        }
        if parts.isEmpty { return .constant(.null, type: type, count: places.count) }
        return ChoiceKernels.interleave(parts, sources: sources, rows: rows, type: type)
    }
}

/// Walks the groups of peers of a long partition, row by row.
/// Rows are asked for in order: it never goes back.
struct PeerWalk {
    private let reader: SpillReader
    private var ends: [Int64] = []
    private var next = 0
    /// Of the group that the row is of.
    private(set) var start = 0
    private(set) var end = 0
    private(set) var number = -1

    init(_ partition: LongPartition) throws { reader = try partition.peerEnds.reader() }

    mutating func advance(to row: Int) throws {
        while row >= end {
            if next == ends.count {
                guard let batch = try reader.next() else { return }
                (ends, next) = (batch.columns[0].integers() ?? [], 0)
            }
            (start, end, number) = (end, Int(ends[next]), number + 1)
            next += 1
        }
    }
}
