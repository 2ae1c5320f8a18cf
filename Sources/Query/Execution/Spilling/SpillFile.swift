internal import Glibc
internal import ColumnStore
internal import Synchronization

/// Where queries put what does not fit in memory, and how much of it they may.
package final class SpillSpace: Sendable {
    package let directory: String
    package let byteCountMax: Int
    private let used = Atomic<Int>(0)

    package init(directory: String, byteCountMax: Int) {
        self.directory = directory
        self.byteCountMax = byteCountMax
    }

    package var usedByteCount: Int { used.load(ordering: .relaxed) }

    func take(_ byteCount: Int) throws(QueryError) {
        let total = used.wrappingAdd(byteCount, ordering: .relaxed).newValue
        if total > byteCountMax {
            used.wrappingSubtract(byteCount, ordering: .relaxed)
            throw QueryError(.spillFull, "the query needs more disk for its intermediate rows than there is left for queries")
        }
    }

    func give(_ byteCount: Int) { used.wrappingSubtract(byteCount, ordering: .relaxed) }
}

/// Batches written aside and read back in order. The file has no name: it is gone with its descriptor, crash or not.
final class SpillFile {
    private let space: SpillSpace
    private let descriptor: Int32
    private let types: [ColumnType]
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0
    private(set) var rowCount = 0

    /// Of the largest batch, as it is when it is read.
    private(set) var batchByteCountMax = 0

    /// A query may have thousands of files: what waits in each of them is little.
    static let bufferByteCountMax = 1 << 16
    private let bufferByteCount: Int
    /// Rows that are read back together, where one row is no larger: of each file of a merge there are so many in memory.
    private static let pieceByteCountMax = 1 << 20

    init(_ space: SpillSpace, types: [ColumnType], bufferByteCount: Int = bufferByteCountMax) throws(QueryError) {
        self.bufferByteCount = bufferByteCount
        self.space = space
        self.types = types
        var template = Array((space.directory + "/till-spill-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure("mkstemp") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit {
        close(descriptor)
        space.give(byteCount - buffer.count)
    }

    private static func failure(_ call: String) -> QueryError {
        let code = errno
        let isFull = code == ENOSPC || code == EDQUOT
        return QueryError(.spillFull, isFull ? "the disk for intermediate rows is full" : "\(call) failed on the spill file: error \(code)")
    }

    func write(_ batch: ColumnBatch) throws(QueryError) {
        for piece in batch.pieces(byteCountMax: Self.pieceByteCountMax) { try append(batch.slice(piece)) }
    }

    private func append(_ batch: ColumnBatch) throws(QueryError) {
        let before = buffer.count
        SpillFormat.append(batch, to: &buffer)
        byteCount += buffer.count - before
        batchByteCountMax = max(batchByteCountMax, buffer.count - before)
        rowCount += batch.rowCount
        if buffer.count >= bufferByteCount { try flush() }
    }

    private func flush() throws(QueryError) {
        guard !buffer.isEmpty else { return }
        try space.take(buffer.count)
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                space.give(buffer.count)
                throw Self.failure("write")
            }
            written += count
        }
        buffer = []
    }

    /// Reads from the first batch on; writing is over. Several readers may walk the file side by side.
    func reader() throws(QueryError) -> SpillReader {
        try flush()
        return SpillReader(self, types: types)
    }

    fileprivate func read(at offset: Int, into target: inout [UInt8]) throws(QueryError) {
        var filled = 0
        while filled < target.count {
            let count = target.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled, off_t(offset + filled))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("pread") }
            filled += count
        }
    }
}

/// Walks a spill file.
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
