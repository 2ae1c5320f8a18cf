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
        byteCount += Double(rows.count) * input.rowByteCount
        if let last = sources[place].segments.last, last.rowGroup == input.rowGroup, last.rows.upperBound == rows.lowerBound {
            sources[place].segments[sources[place].segments.count - 1].rows = last.rows.lowerBound..<rows.upperBound
        } else {
            sources[place].segments.append(MergeStream.Segment(rowGroup: input.rowGroup, rows: rows))
        }
        input.take(upTo: row)
    }

    // MARK: Writing

    /// Rows whose values are put in order at a time, at most.
    private static let windowRowCount = 8_192
    private static let windowByteCount = 4 << 20
    /// A window ends where its values would take more. Its length goes by what rows take on average, and large ones are neighbours: the documents of one client, say.
    static let windowByteCountMax = 64 << 20
    /// Of all inputs, what was read and not yet taken.
    private static let aheadByteCount = 16 << 20
    /// Of the row group's documents: so many take more memory than all before them.
    private static let bulkyByteCountMin = 64 << 20

    /// Writes the rows as a row group, each part of the columns read from all inputs by itself.
    ///
    /// - Parameter windowByteCountMax: smaller in tests.
    func write(
        to writer: ColdFileWriter, _ schema: Schema, windowByteCountMax: Int = MergeBlock.windowByteCountMax, _ isCancelled: () -> Bool
    ) throws {
        try writer.appendRowGroup(rowCount: rowCount, day: day) { part, take in
            if isCancelled() { throw DayCompactor.Cancelled() }
            guard let entry = try ColumnShape([part.path], schema: schema).entries.first else { return }
            var request = ParquetScanRequest(projection: [part.path], schema: schema)
            let rowByteCount = try sources.map { try $0.file.scan(request).inflatedByteCountOfRow }.max() ?? 1
            // The arenas keep what other columns and earlier row groups had in pieces that documents do not fit (docs/decisions/0019-heaps.md).
            if rowByteCount.multipliedSaturating(by: rowCount) >= Self.bulkyByteCountMin { ProcessHeap.giveBack() }
            let window = max(1, min(Self.windowRowCount, Self.windowByteCount / max(1, rowByteCount)))
            request.batchRowCount = max(1, min(window, Self.aheadByteCount / sources.count / max(1, rowByteCount)))
            let single = request.single
            let streams = try sources.map { source in
                MergeStream(try source.file.scan(request), source.segments, type: entry.type) { try source.file.scan(single) }
            }
            var start = 0
            while start < rowCount {
                let column = try rows(start..<min(start + window, rowCount), of: streams, type: entry.type, byteCountMax: windowByteCountMax)
                try take(column)
                start += column.count
            }
        }
    }

    /// How many of some rows come from each of the sources.
    static func counts(_ origins: ArraySlice<UInt16>, _ sourceCount: Int) -> [Int32] {
        var counts = [Int32](repeating: 0, count: sourceCount)
        for origin in origins { counts[Int(origin)] += 1 }
        return counts
    }

    /// Where a window that begins with the first of some rows ends: before the one with which its values would take more than `byteCountMax`, and behind one row at least.
    ///
    /// Values are looked at one by one only where by their bounds they may take more, and no further than the window goes: what is longer is not read for it.
    ///
    /// - Parameters:
    ///   - origins: of the rows, which are the next ones of the streams.
    ///   - counts: of them by stream.
    static func windowEnd(_ origins: ArraySlice<UInt16>, _ counts: [Int32], of streams: [MergeStream], byteCountMax: Int) throws -> Int {
        var bound = 0
        for (stream, count) in zip(streams, counts) where count > 0 && bound <= byteCountMax {
            bound += try stream.byteCountBound(Int(count), upTo: byteCountMax - bound)
        }
        if bound <= byteCountMax { return origins.endIndex }
        var places = streams.map(\.place)
        var byteCount = 0
        for row in origins.indices {
            let origin = Int(origins[row])
            byteCount += try streams[origin].byteCount(at: &places[origin])
            if byteCount > byteCountMax { return max(row, origins.startIndex + 1) }
        }
        return origins.endIndex
    }

    /// The first of these rows, as many as may be laid end to end (`windowEnd`).
    ///
    /// Three passes over `origins`: how many rows come from each source; their values, source behind source; each row's place among those.
    ///
    /// Example: origins 0 1 0 with values a, c of source 0 and b of source 1 are laid down as a c b, and gathered by 0 2 1.
    private func rows(_ wanted: Range<Int>, of streams: [MergeStream], type: ColumnType, byteCountMax: Int) throws -> Column {
        var counts = Self.counts(origins[wanted], streams.count)
        let end = try Self.windowEnd(origins[wanted], counts, of: streams, byteCountMax: byteCountMax)
        let range = wanted.lowerBound..<end
        if range.count < wanted.count { counts = Self.counts(origins[range], streams.count) }
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
/// - Invariant: `position` is the place of the next row in the first of `batches`, and 0 where there is none.
final class MergeStream {
    /// Rows that follow one another in a row group.
    struct Segment {
        let rowGroup: Int
        var rows: Range<Int>
    }

    private let scan: ParquetScan
    private let segments: [Segment]
    private let type: ColumnType
    private let single: (() throws -> ParquetScan)?
    private var nextSegment = 0
    private var reader: NarrowingReader?
    /// Read and not yet taken, at least in part.
    private var batches: [Batch] = []
    private var position = 0

    private struct Batch {
        let column: Column
        /// What each row takes; nil while nobody has asked.
        var widths: [Int]?
    }

    /// A row that is still to be taken.
    struct Place {
        fileprivate var batch = 0
        fileprivate var row: Int
    }

    /// - Parameter single: the same scan with rows one by one, for where so many of them take more memory than reading may; nil where that is the end of it.
    init(_ scan: ParquetScan, _ segments: [Segment], type: ColumnType, single: (() throws -> ParquetScan)? = nil) {
        self.single = single
        self.scan = scan
        self.segments = segments
        self.type = type
    }

    /// Appends the next `count` rows to `pieces`.
    func take(_ count: Int, into pieces: inout [Column]) throws {
        var left = count
        while left > 0 {
            let piece = try next(left)
            pieces.append(piece)
            left -= piece.count
        }
    }

    /// The next rows, those of one batch: `count` at most, and one at least.
    func next(_ count: Int) throws -> Column {
        if batches.isEmpty { try fill() }
        let column = batches[0].column
        let end = min(position + count, column.count)
        let piece = column.slice(position..<end)
        position = end
        if end == column.count {
            batches.removeFirst()
            position = 0
        }
        return piece
    }

    // MARK: What rows take

    /// The next row's.
    var place: Place { Place(row: position) }

    /// No fewer bytes than the next `count` rows take; where it is more than `byteCountMax`, of some of them alone.
    ///
    /// - Complexity: O(batches), which are read.
    func byteCountBound(_ count: Int, upTo byteCountMax: Int) throws -> Int {
        var (rowCount, byteCount, index) = (-position, 0, 0)
        while rowCount < count, byteCount <= byteCountMax {
            if index == batches.count { try fill() }
            rowCount += batches[index].column.count
            byteCount += batches[index].column.flatByteCountBound
            index += 1
        }
        return byteCount
    }

    /// What the row at a place takes, which then is that of the row after it.
    func byteCount(at place: inout Place) throws -> Int {
        if place.batch == batches.count { try fill() }
        let column = batches[place.batch].column
        if batches[place.batch].widths == nil {
            var widths = [Int](repeating: 0, count: column.count)
            column.addWidths(to: &widths)
            batches[place.batch].widths = widths
        }
        let byteCount = batches[place.batch].widths?[place.row] ?? 0
        place.row += 1
        if place.row == column.count { place = Place(batch: place.batch + 1, row: 0) }
        return byteCount
    }

    // MARK: Reading

    /// Reads one more batch.
    ///
    /// - Throws: `.corruptFile` at the end of the segments: the block counts on as many rows as the keys had.
    private func fill() throws {
        while true {
            if let batch = try reader?.next() {
                // A column that an old file lacks is all NULL there; an absent list is an empty one.
                let column = batch.columns[0]
                if case .constant(.null) = column.values, case .list = type {
                    batches.append(Batch(column: ColumnShape.conform(nil, from: nil, to: type, rowCount: batch.rowCount)))
                } else {
                    batches.append(Batch(column: column))
                }
                return
            }
            guard nextSegment < segments.count else {
                throw ColumnStoreError(.corruptFile, path: scan.file.path, "a column has fewer rows than those beside it")
            }
            reader = try NarrowingReader(scan, rowGroup: segments[nextSegment].rowGroup, rows: segments[nextSegment].rows, single: single)
            nextSegment += 1
        }
    }
}
