package import Cluster
internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// A node's own disk: `DATA/cluster/records`, its records from the first one, and `DATA/cluster/promise`, the highest epoch that it has promised.
///
///     records := "TILLPAIR1\n" entry*        entry := length:uint32 record        numbers with their lowest byte first, a record as `Record.bytes`
///
/// Each record has its hash, and that of the one before. What a crash has left at the end that is none was never synced, so nobody was told of it: it is cut off, and kept beside
/// the file as `records.cut-<number>`, where the number is that of the first record it may have had. More than a crash can leave is damage, and no start goes over it.
package final class RecordFile: Sendable {
    private struct State {
        var end: Int64
        /// Where each `stride`th record begins: of 1, of 1 + stride, ….
        var index: [Int64] = []
        var history = History()
        var tail = Mark.start
        var promise = 0
        var recent: [Record] = []
    }

    private let descriptor: Int32
    private let path: String
    private let files: any FileStorage
    private let state: Mutex<State>

    private static let title = Array("TILLPAIR1\n".utf8)
    private static let stride = 64
    /// More is never written between two syncs.
    package static let unsyncedByteCountMax: Int64 = 64 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ operation: String, _ path: String, code: Int32 = errno) { description = "\(operation) \(path): \(String(cString: strerror(code)))" }
    }

    /// - Parameter folder: absolute; there by now.
    /// - Returns: `cut`: how many bytes at the end were no record.
    package static func open(_ folder: String, unsyncedByteCountMax: Int64 = RecordFile.unsyncedByteCountMax) throws -> (file: RecordFile, cut: Int64) {
        let file = try RecordFile(folder)
        return (file, try file.load(unsyncedByteCountMax))
    }

    private init(_ folder: String) throws {
        path = "\(folder)/records"
        files = try LocalStorageFactory.files(folder)
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("open", path) }
        state = Mutex(State(end: 0))
        // One process has it, whoever else has the directory.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFault("another process works on \(folder)")
        }
    }

    deinit { close(descriptor) }

    /// Why a directory cannot be worked on.
    struct CommandFault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private func load(_ unsyncedByteCountMax: Int64) throws -> Int64 {
        try state.withLock { state in
            if try files.byteCount(of: "promise") != nil {
                let text = String(decoding: try files.get("promise", byteCountMax: 64), as: UTF8.self)
                guard let promise = Int(text.prefix { $0 != "\n" }), promise >= 0 else { throw CommandFault("\(path): the promise beside it is none") }
                state.promise = promise
            }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Failure("stat", path) }
            let size = Int64(status.st_size)
            if size < Int64(Self.title.count) {
                try write(Self.title, at: 0)
                state.end = Int64(Self.title.count)
                try truncate(to: state.end)
                guard fsync(descriptor) == 0 else { throw Failure("sync", path) }
                return 0
            }
            guard try bytes(at: 0, count: Self.title.count) == Self.title else { throw CommandFault("\(path) is no file of a cluster's records") }
            state.end = Int64(Self.title.count)
            while let record = try entry(at: state.end, limit: size), record.follows(state.tail) { note(record, &state) }
            guard state.end < size else { return 0 }
            guard size - state.end <= unsyncedByteCountMax else {
                throw CommandFault(
                    "\(path) is damaged at byte \(state.end), in record \(state.tail.sequence + 1), and \(size - state.end) bytes stand behind it: where the other machine has all, put DATA aside and begin with an empty one")
            }
            try files.put("records.cut-\(state.tail.sequence + 1)", try bytes(at: state.end, count: Int(size - state.end)))
            try truncate(to: state.end)
            guard fsync(descriptor) == 0 else { throw Failure("sync", path) }
            return size - state.end
        }
    }

    private func note(_ record: Record, _ state: inout State) {
        if (record.sequence - 1) % Self.stride == 0 { state.index.append(state.end) }
        state.end += Int64(4 + record.bytes.count)
        state.history.append(record)
        state.tail = record.mark
        state.recent.append(record)
        if state.recent.count > 2 * Bounds.recentCountMax { state.recent.removeFirst(Bounds.recentCountMax) }
    }

    /// What the node knows as it starts; its memory of the last records goes with it.
    package func takeDisk() -> Node.Disk {
        state.withLock { state in
            defer { state.recent = [] }
            return Node.Disk(promise: state.promise, history: state.history, tail: state.tail, recent: Array(state.recent.suffix(Bounds.recentCountMax)))
        }
    }

    package var tail: Mark { state.withLock { $0.tail } }

    // MARK: Changes, by the node's thread alone

    package func append(_ records: [Record]) throws {
        try state.withLock { state in
            var bytes: [UInt8] = []
            let start = state.end
            for record in records {
                let own = record.bytes
                withUnsafeBytes(of: UInt32(own.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes += own
                note(record, &state)
            }
            state.recent = []
            try write(bytes, at: start)
        }
    }

    package func cut(to sequence: Int) throws {
        try state.withLock { state in
            guard sequence < state.tail.sequence else { return }
            var (offset, tail) = (Int64(Self.title.count), Mark.start)
            if sequence > 0 {
                let first = (sequence - 1) / Self.stride
                offset = state.index[first]
                for _ in 0..<(sequence - first * Self.stride) {
                    guard let record = try entry(at: offset, limit: state.end) else { throw CommandFault("\(path): a record before \(sequence) is damaged") }
                    (offset, tail) = (offset + Int64(4 + record.bytes.count), record.mark)
                }
            }
            try truncate(to: offset)
            state.end = offset
            state.index.removeLast(state.index.count - (sequence + Self.stride - 1) / Self.stride)
            state.history.cut(to: sequence)
            state.tail = tail
        }
    }

    /// A file whose name was taken away is synced without complaint, and is gone with the process.
    package func sync() throws {
        guard fdatasync(descriptor) == 0 else { throw Failure("sync", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink > 0 else { throw Failure("sync", path, code: ENOENT) }
    }

    /// Durable once it returns.
    package func promise(_ epoch: Int) throws {
        try files.put("promise", Array("\(epoch)\n".utf8))
        state.withLock { $0.promise = epoch }
    }

    // MARK: Reading, from any thread

    /// Some of the records from `first` on; none past the end.
    ///
    /// - Throws: for one that is damaged.
    package func read(from first: Int, count: Int, through last: Int = .max) throws -> [Record] {
        try state.withLock { state in
            guard first >= 1, first <= min(last, state.tail.sequence) else { return [] }
            let start = (first - 1) / Self.stride
            var offset = state.index[start]
            var records: [Record] = []
            for sequence in (start * Self.stride + 1)...min(last, state.tail.sequence) {
                guard records.count < count else { break }
                if sequence < first {
                    offset += Int64(4 + (try length(at: offset)))
                    continue
                }
                guard let record = try entry(at: offset, limit: state.end), record.sequence == sequence else { throw CommandFault("\(path): record \(sequence) is damaged") }
                records.append(record)
                offset += Int64(4 + record.bytes.count)
            }
            return records
        }
    }

    private func length(at offset: Int64) throws -> Int {
        let head = try bytes(at: offset, count: 4)
        return head.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// - Returns: nil for bytes that are no record.
    private func entry(at offset: Int64, limit: Int64) throws -> Record? {
        guard limit - offset > 4 else { return nil }
        let length = try length(at: offset)
        guard length <= Record.bodyByteCountMax + 256, Int64(length) <= limit - offset - 4 else { return nil }
        return try? Record(parsing: try bytes(at: offset + 4, count: length)[...])
    }

    // MARK: The file

    private func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                let done = pread(descriptor, target.baseAddress.map { $0 + filled }, count - filled, off_t(offset + Int64(filled)))
                if done < 0, errno == EINTR { continue }
                if done < 0 { failure = errno }
                if done <= 0 { break }
                filled += done
            }
        }
        guard failure == 0, bytes.count == count else { throw Failure("read", path, code: failure == 0 ? EIO : failure) }
        return bytes
    }

    private func write(_ bytes: [UInt8], at offset: Int64) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + Int64(done))) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure("write", path) }
            done += count
        }
    }

    private func truncate(to byteCount: Int64) throws { guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw Failure("cut back", path) } }
}
