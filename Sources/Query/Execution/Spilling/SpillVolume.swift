internal import Glibc
internal import ColumnStore
internal import Synchronization

/// A file of intermediate rows, which several spill files may share: a query opens few descriptors, however many parts and runs it writes.
/// It has no name: it is gone with its descriptor, crash or not.
///
/// Bytes are only ever appended; where they lie is for `SpillFile` to know. Safe from any thread: `pread` and `pwrite` name
/// their place, and `append` takes it from an atomic end before it writes.
final class SpillVolume: Sendable {
    let space: SpillSpace
    private let descriptor: Int32
    /// Bytes that were promised to writers so far: the file's length once they are done.
    private let end = Atomic<Int>(0)

    /// - Throws: `spillFull` when the directory takes no file.
    init(_ space: SpillSpace) throws(QueryError) {
        self.space = space
        var template = Array((space.directory + "/till-spill-XXXXXX").utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure("mkstemp") }
        // A process that is started meanwhile must not inherit it: the blocks would stay taken for as long as that runs.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(descriptor) }

    /// - Precondition: `errno` is still that of the call.
    private static func failure(_ call: String) -> QueryError {
        let code = errno
        let isFull = FileSystemFault.isOfRoom(code)
        return QueryError(.spillFull, isFull ? "the disk for intermediate rows is full" : "\(call) failed on the spill file: error \(code)")
    }

    /// Writes bytes behind all others.
    /// - Returns: where they lie.
    /// - Throws: `spillFull` when queries have no disk left, or the disk has none; the promised range then stays a hole.
    func append(_ bytes: [UInt8]) throws(QueryError) -> Int {
        try space.take(bytes.count)
        let offset = end.wrappingAdd(bytes.count, ordering: .relaxed).oldValue
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(offset + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                space.give(bytes.count)
                throw Self.failure("write")
            }
            written += count
        }
        return offset
    }

    /// Fills all of `target`; an end before that is an error, since nobody asks for bytes that were not written.
    func read(at offset: Int, into target: inout [UInt8]) throws(QueryError) {
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

    /// Gives the disk's blocks back that nobody reads any more, where the file system can; else they go with the file.
    func free(_ range: Range<Int>) {
        FileBlocks.free(range, of: descriptor)
        space.give(range.count)
    }
}
