import ColumnStore

/// The rows of one row group that a merge is about to write: from which input each comes, in order. Of each input they follow one another, so that
/// any column can be read again by itself.
///
/// Invariant: the n-th row of a source, in the order of `origins`, is the n-th row of its segments.
struct MergeBlock {
    private struct Source {
        /// Held, so that no other input takes its address while the block names it by that.
        let input: MergeInput
        var file: ParquetFile { input.parquet }
        var segments: [MergeStream.Segment] = []
    }

    private var sources: [Source] = []
    private var places: [ObjectIdentifier: Int] = [:]
    /// Of each row its source.
    private var origins: [UInt16] = []
    private var day: Int32 = 0
    /// What the rows take in the inputs.
    private(set) var byteCount = 0.0
    /// Whether the next row is of another year, and so of another file.
    private(set) var isYearAtEnd = false

    var rowCount: Int { origins.count }

    // MARK: Gathering

    /// Takes the inputs' rows up to `bound`, as many as there is room for.
    ///
    /// - Parameter bound: inclusive.
    /// - Complexity: O(rows · log inputs), and a bisection for each input.
    mutating func append(_ inputs: [MergeInput], through bound: (order: ColdOrder, row: Int), rowCountMax: Int) {
        var heads: [InputHead] = []
        for input in inputs {
            guard let order = input.order else { continue }
            // The input's first row that comes after the bound.
            let end = (input.position..<order.rowCount).partitioningIndex { bound.order.precedes(bound.row, order, $0) }
            guard end > input.position else { continue }
            heads.append(InputHead(input: input, order: order, row: input.position, end: end, place: place(of: input)))
        }
        var queue = MergeQueue(heads)
        while let head = queue.first, rowCount < rowCountMax {
            let day = head.order.days[head.row]
            if origins.isEmpty { self.day = day }
            // Rows are in order of days, so a file's year ends here for all inputs.
            if day != self.day, CompactionPicker.year(day) != CompactionPicker.year(self.day) {
                isYearAtEnd = true
                break
            }
            origins.append(UInt16(head.place))
            queue.advance()
        }
        for head in queue.all { take(head.input, upTo: head.row) }
    }

    private mutating func place(of input: MergeInput) -> Int {
        if let place = places[ObjectIdentifier(input)] { return place }
        places[ObjectIdentifier(input)] = sources.count
        sources.append(Source(input: input))
        return sources.count - 1
    }

    /// Example: rows 10..<20 and then 20..<25 of one row group are one segment, 10..<25.
    private mutating func take(_ input: MergeInput, upTo row: Int) {
        let place = place(of: input)
        let rows = input.firstRow + input.position..<input.firstRow + row
        guard !rows.isEmpty else { return }
        // By the input's bytes for each row, over all columns.
        byteCount += Double(rows.count) * Double(input.file.byteCount) / Double(max(1, input.file.recordCount))
        if let last = sources[place].segments.last, last.rowGroup == input.rowGroup, last.rows.upperBound == rows.lowerBound {
            sources[place].segments[sources[place].segments.count - 1].rows = last.rows.lowerBound..<rows.upperBound
        } else {
            sources[place].segments.append(MergeStream.Segment(rowGroup: input.rowGroup, rows: rows))
        }
        input.take(upTo: row)
    }

    // MARK: Writing

    /// Rows whose values are put in order at a time.
    private static let windowRowCount = 8_192
    private static let windowByteCount = 4 << 20
    /// Of all inputs, what was read and not yet taken.
    private static let aheadByteCount = 16 << 20
    /// Of the row group's documents: so many take more memory than all before them.
    private static let bulkyByteCountMin = 64 << 20

    /// Writes the rows as a row group, each part of the columns read from all inputs by itself.
    func write(to writer: ColdFileWriter, _ schema: Schema, _ isCancelled: () -> Bool) throws {
        try writer.appendRowGroup(rowCount: rowCount, day: day) { part, take in
            if isCancelled() { throw DayCompactor.Cancelled() }
            guard let entry = try ColumnShape([part.path], schema: schema).entries.first else { return }
            var request = ParquetScanRequest(projection: [part.path], schema: schema)
            let rowByteCount = try sources.map { try $0.file.scan(request).inflatedByteCountOfRow }.max() ?? 1
            // The arenas keep what other columns and earlier row groups had in pieces that documents do not fit (docs/decisions/0019-heaps.md).
            if rowByteCount.multipliedSaturating(by: rowCount) >= Self.bulkyByteCountMin { ProcessHeap.giveBack() }
            let window = max(16, min(Self.windowRowCount, Self.windowByteCount / max(1, rowByteCount)))
            request.batchRowCount = max(4, min(window, Self.aheadByteCount / sources.count / max(1, rowByteCount)))
            let streams = try sources.map { MergeStream(try $0.file.scan(request), $0.segments, type: entry.type) }
            for start in stride(from: 0, to: rowCount, by: window) {
                try take(rows(start..<min(start + window, rowCount), of: streams, type: entry.type))
            }
        }
    }

    /// Three passes over `origins`: how many rows come from each source; their values, source behind source; each row's place among those.
    ///
    /// Example: origins 0 1 0 with values a, c of source 0 and b of source 1 are laid down as a c b, and gathered by 0 2 1.
    private func rows(_ range: Range<Int>, of streams: [MergeStream], type: ColumnType) throws -> Column {
        var counts = [Int32](repeating: 0, count: streams.count)
        for row in range { counts[Int(origins[row])] += 1 }
        var pieces: [Column] = []
        // Where each stream's next row stands in the pieces.
        var places = [Int32](repeating: 0, count: streams.count)
        var place: Int32 = 0
        for (index, count) in counts.enumerated() where count > 0 {
            places[index] = place
            place += count
            try streams[index].take(Int(count), into: &pieces)
        }
        let column = Column.concatenating(pieces, type: type)
        if streams.count == 1 { return column }
        var indices: [Int32] = []
        indices.reserveCapacity(range.count)
        for row in range {
            let origin = Int(origins[row])
            indices.append(places[origin])
            places[origin] += 1
        }
        return column.gathering(indices)
    }
}

/// An input's next row in a merge.
private struct InputHead: MergeHead {
    let input: MergeInput
    let order: ColdOrder
    var row: Int
    let end: Int
    let place: Int

    var isAtEnd: Bool { row == end }
    func precedes(_ other: InputHead) -> Bool { order.precedes(row, other.order, other.row) }
    mutating func advance() { row += 1 }
}

/// One part of the columns of an input, read from row to row.
///
/// - Invariant: `position` is the place of the next row in `column`, which is nil where the next batch must be read.
final class MergeStream {
    /// Rows that follow one another in a row group.
    struct Segment {
        let rowGroup: Int
        var rows: Range<Int>
    }

    private let scan: ParquetScan
    private let segments: [Segment]
    private let type: ColumnType
    private var nextSegment = 0
    private var reader: RowGroupReader?
    private var column: Column?
    private var position = 0

    init(_ scan: ParquetScan, _ segments: [Segment], type: ColumnType) {
        self.scan = scan
        self.segments = segments
        self.type = type
    }

    /// Appends the next `count` rows to `pieces`.
    func take(_ count: Int, into pieces: inout [Column]) throws {
        var left = count
        while left > 0 {
            guard let column else {
                try fill()
                continue
            }
            let taken = min(left, column.count - position)
            pieces.append(column.slice(position..<position + taken))
            position += taken
            left -= taken
            if position == column.count { self.column = nil }
        }
    }

    /// - Throws: `.corruptFile` at the end of the segments: the block counts on as many rows as the keys had.
    private func fill() throws {
        if let batch = try reader?.next() {
            // A column that an old file lacks is all NULL there; an absent list is an empty one.
            let column = batch.columns[0]
            if case .constant(.null) = column.values, case .list = type {
                self.column = ColumnShape.conform(nil, from: nil, to: type, rowCount: batch.rowCount)
            } else {
                self.column = column
            }
            position = 0
            return
        }
        guard nextSegment < segments.count else {
            throw ColumnStoreError(.corruptFile, path: scan.file.path, "a column has fewer rows than those beside it")
        }
        reader = try scan.reader(rowGroup: segments[nextSegment].rowGroup, rows: segments[nextSegment].rows)
        nextSegment += 1
    }
}
