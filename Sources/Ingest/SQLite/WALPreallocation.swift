import Glibc
import Synchronization

/// The room in the write-ahead log of a file: zeros that are laid down ahead of the frames, and kept when the log is begun anew, so that
/// a commit overwrites blocks that are there.
///
/// A sync of a file that has just grown waits for the file system's journal too, which is half of what a small commit takes
/// (`docs/decisions/0017-latency.md`). Frames are recognised by their salts and sums, so zeros, or frames of an earlier use, behind the last one mean
/// nothing to whoever reads the log.
///
/// One connection writes frames; one other thread may fill. They never write the same bytes: whatever lies behind `end` belongs to who has
/// raised `end` past it, under the lock.
///
/// 1. `end` only grows, but for a cut by the connection.
/// 2. `written` is at most what the present use of the log has reached; it falls when the header is written anew.
package final class WALPreallocation: Sendable {
    private let path: String
    private let isClosed = Mutex(false)
    /// Up to here the file is there, or being written. Raised and lowered under the lock only.
    private let end: Atomic<Int64>
    /// Where the frames of the log's present use end.
    private let written: Atomic<Int64>

    /// Written at a time, while a writer that has come to the end waits.
    private static let pieceByteCount = 128 << 10
    /// Synced at a time: a commit beside it waits for so much.
    private static let stepByteCount: Int64 = 1 << 20
    private static let zeros = [UInt8](repeating: 0, count: pieceByteCount)

    /// - Parameter path: of the log, which nobody writes yet.
    init(path: String) {
        self.path = path
        var status = stat()
        let size = stat(path, &status) == 0 ? Int64(status.st_size) : 0
        end = Atomic(size)
        // More than there may be: how much of it counts is not known.
        written = Atomic(size)
    }

    /// Bytes of the file.
    var byteCount: Int64 { end.load(ordering: .acquiring) }
    /// Bytes of it in use.
    var writtenByteCount: Int64 { written.load(ordering: .relaxed) }

    /// Called before the connection writes there.
    func willWrite(_ range: Range<Int64>) {
        // The header comes first in each use of the log, and only one thread writes.
        if range.lowerBound == 0 || range.upperBound > written.load(ordering: .relaxed) { written.store(range.upperBound, ordering: .relaxed) }
        if range.upperBound <= end.load(ordering: .acquiring) { return }
        isClosed.withLock { _ in raise(range.upperBound) }
    }

    /// Called after the connection cut the file.
    func truncated(_ byteCount: Int64) {
        isClosed.withLock { _ in end.store(byteCount, ordering: .releasing) }
        written.store(min(byteCount, writtenByteCount), ordering: .relaxed)
    }

    private func raise(_ new: Int64) { if new > end.load(ordering: .relaxed) { end.store(new, ordering: .releasing) } }

    /// Nothing is filled from here on: the file may be written by others.
    func close() { isClosed.withLock { $0 = true } }

    /// Lays zeros down to `target`, and syncs them. Called by one thread at a time, never by the one that writes.
    ///
    /// - Throws: where the disk has no room, or fails. The log works on without the room.
    func fill(to target: Int64) throws(SQLiteError) {
        guard byteCount < target else { return }
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(SQLiteError.code(ofFailedWrite: errno)) }
        // SQLite has no advisory locks on a log, so closing this descriptor takes none away.
        defer { Glibc.close(descriptor) }
        while byteCount < target {
            let stepEnd = min(target, byteCount + Self.stepByteCount)
            while byteCount < stepEnd {
                let code = isClosed.withLock { isClosed in isClosed ? nil : writeZeros(descriptor) }
                guard let code else { return }
                if code != 0 { throw failure(code) }
            }
            if let refusal = SQLiteFileSystem.observed(path, { $0.willSynchronize($1) }) { throw failure(refusal) }
            // Where it fails, the writer's own next sync fails as well: the system tells everyone who has the file open.
            guard fdatasync(descriptor) == 0 else { throw failure(SQLiteError.ioErrorFsync) }
        }
    }

    /// - Returns: SQLite's code, 0 for success.
    private func writeZeros(_ descriptor: Int32) -> Int32 {
        let start = byteCount
        // Ends where a block does, wherever the writer has come to.
        // Example: from 8,292 on a piece is 131,072 - 100 bytes, which ends at a multiple of 4,096.
        let count = Self.pieceByteCount - Int(start) & 4_095
        let done = Self.zeros.withUnsafeBytes { zeros in
            if let refusal = SQLiteFileSystem.observed(path, { $0.willWrite($1, offset: start, UnsafeRawBufferPointer(rebasing: zeros[..<count])) }) {
                return -Int(refusal)
            }
            return pwrite(descriptor, zeros.baseAddress, count, off_t(start))
        }
        // `done` is the count that was written, -1 for the system's error, or the observer's refusal below zero.
        raise(start + Int64(max(done, 0)))
        return done >= 0 ? 0 : done == -1 ? SQLiteError.code(ofFailedWrite: errno) : Int32(-done)
    }

    private func failure(_ code: Int32) -> SQLiteError {
        SQLiteError(code: code, message: "no zeros could be laid ahead of the log: \(String(cString: strerror(errno)))", path: path)
    }
}
