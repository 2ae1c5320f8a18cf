internal import ColumnStore

/// Batches written aside and read back in order.
///
/// First all is written, by one thread at a time, then it is read: `reader` ends the writing, or `finish` where several
/// threads read. A file's bytes lie in one volume in extents, since other files of the operator are written between them:
///
///     file:   [0 ........... 70 KiB) [70 KiB ........ 150 KiB)
///     volume: offset 4 MiB           offset 9 MiB
///
/// Invariants:
/// 1. `extents` ascend in `start` without gaps and end where `buffer` begins; each holds whole batches.
/// 2. `byteCount` counts written and buffered bytes, `rowCount` their rows.
/// 3. `batchStarts` has an entry a batch when `isIndexed`, else none.
final class SpillFile {
    private let volume: SpillVolume
    /// Of the columns of every batch; they are not in the file.
    private let types: [ColumnType]
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0
    private(set) var rowCount = 0

    /// Where its bytes from `start` on lie in the volume.
    /// A run of the file that lies in one piece.
    private struct Extent {
        let start: Int
        let offset: Int
        var byteCount: Int
    }

    private var extents: [Extent] = []

    /// Of the largest batch, as it is when it is read.
    private(set) var batchByteCountMax = 0

    /// A query may have thousands of files: what waits in each of them is little.
    static let bufferByteCountMax = 1 << 16
    private let bufferByteCount: Int
    /// Rows that are read back together, where one row is no larger: of each file of a merge there are so many in memory.
    static let pieceByteCountMax = 1 << 20

    /// Where each batch begins, in bytes and rows, of a file that is read by place.
    private var batchStarts: [(offset: Int, row: Int)] = []
    private let isIndexed: Bool

    /// - Parameter types: of the batches that will be written.
    /// - Parameter bufferByteCount: bytes that wait in memory before they are written together.
    /// - Parameter isIndexed: whether batches will be asked for by row, by `batchNumber` and `batch`.
    /// - Parameter volume: where the batches lie, beside those of other files; nil is one of its own.
    /// - Throws: `spillFull` when the volume cannot be made.
    init(
        _ space: SpillSpace, types: [ColumnType], bufferByteCount: Int = bufferByteCountMax, isIndexed: Bool = false, in volume: SpillVolume? = nil
    ) throws(QueryError) {
        self.isIndexed = isIndexed
        self.bufferByteCount = bufferByteCount
        self.types = types
        if let volume { self.volume = volume } else { self.volume = try SpillVolume(space) }
    }

    deinit { for extent in extents { volume.free(extent.offset..<(extent.offset + extent.byteCount)) } }

    /// Takes rows in; a batch of more than `pieceByteCountMax` bytes becomes several. What is shared (a dictionary, a
    /// constant) is laid out.
    /// - Throws: `spillFull`.
    func write(_ batch: ColumnBatch) throws(QueryError) {
        for piece in batch.pieces(byteCountMax: Self.pieceByteCountMax) { try append(batch.slice(piece)) }
    }

    private func append(_ batch: ColumnBatch) throws(QueryError) {
        let before = buffer.count
        if isIndexed { batchStarts.append((byteCount, rowCount)) }
        SpillFormat.append(batch, to: &buffer)
        byteCount += buffer.count - before
        batchByteCountMax = max(batchByteCountMax, buffer.count - before)
        rowCount += batch.rowCount
        if buffer.count >= bufferByteCount { try flush() }
    }

    /// What is written together are whole batches.
    private func flush() throws(QueryError) {
        guard !buffer.isEmpty else { return }
        let offset = try volume.append(buffer)
        // Nobody wrote to the volume since: the extent grows.
        if let last = extents.last, last.offset + last.byteCount == offset {
            extents[extents.count - 1].byteCount += buffer.count
        } else {
            extents.append(Extent(start: byteCount - buffer.count, offset: offset, byteCount: buffer.count))
        }
        buffer = []
    }

    /// Ends the writing: for a file that several threads are to read, of which only the first would find bytes to write.
    /// - Throws: `spillFull` when the last bytes cannot be written.
    func finish() throws(QueryError) { try flush() }

    /// Reads from the first batch on; writing is over. Several readers may walk the file side by side.
    /// - Throws: `spillFull` when the last bytes cannot be written.
    func reader() throws(QueryError) -> SpillReader {
        try flush()
        return SpillReader(self, types: types)
    }

    // MARK: By place

    /// The batch of an indexed file that has the row.
    /// - Complexity: O(log batches).
    /// - Precondition: the file is indexed and has a batch.
    func batchNumber(of row: Int) -> Int {
        var (low, high) = (0, batchStarts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if batchStarts[middle].row <= row { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// About what rows of an indexed file take: each as the others of its batch, which is small or has one row.
    func rowsByteCount(_ rows: Range<Int>) -> Int {
        guard !rows.isEmpty else { return 0 }
        var sum = 0
        for number in batchNumber(of: rows.lowerBound)...batchNumber(of: rows.upperBound - 1) {
            let start = batchStarts[number], end = number + 1 < batchStarts.count ? batchStarts[number + 1] : (offset: byteCount, row: rowCount)
            let taken = min(rows.upperBound, end.row) - max(rows.lowerBound, start.row)
            sum += (end.offset - start.offset) * taken / max(1, end.row - start.row)
        }
        return sum
    }

    /// The number within the file of a batch's first row.
    func firstRow(of batch: Int) -> Int { batchStarts[batch].row }

    /// Reads one batch of an indexed file.
    func batch(_ number: Int) throws(QueryError) -> ColumnBatch {
        try flush()
        var header = [UInt8](repeating: 0, count: SpillFormat.headerByteCount)
        try read(at: batchStarts[number].offset, into: &header)
        var body = [UInt8](repeating: 0, count: SpillFormat.bodyByteCount(header))
        try read(at: batchStarts[number].offset + header.count, into: &body)
        return SpillFormat.batch(header: header, body: body, types: types)
    }

    /// Fills `target` with the file's bytes from `start` on.
    ///
    /// - Precondition: the bytes are of one batch.
    fileprivate func read(at start: Int, into target: inout [UInt8]) throws(QueryError) {
        var (low, high) = (0, extents.count - 1)
        // The last extent that begins at or before `start`.
        while low < high {
            let middle = (low + high + 1) / 2
            if extents[middle].start <= start { low = middle } else { high = middle - 1 }
        }
        try volume.read(at: extents[low].offset + start - extents[low].start, into: &target)
    }
}

/// Walks a spill file.
/// Holds the file as long as it is there; each reader has its own place.
final class SpillReader: BatchStream {
    private let file: SpillFile
    private let types: [ColumnType]
    private var offset = 0

    fileprivate init(_ file: SpillFile, types: [ColumnType]) {
        self.file = file
        self.types = types
    }

    func next() throws -> ColumnBatch? {
        guard offset < file.byteCount else { return nil }
        var header = [UInt8](repeating: 0, count: SpillFormat.headerByteCount)
        try file.read(at: offset, into: &header)
        var body = [UInt8](repeating: 0, count: SpillFormat.bodyByteCount(header))
        try file.read(at: offset + header.count, into: &body)
        offset += header.count + body.count
        return SpillFormat.batch(header: header, body: body, types: types)
    }
}
