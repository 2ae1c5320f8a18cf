internal import Cluster
internal import ColumnStore
import Glibc

/// One of the files that a node's records lie in, one after the other:
///
///     file := head entry*        entry := length:uint32 record        numbers with their lowest byte first, a record as `Record.bytes`
///     head := "TILLPAIR1\n" | "TILLPAIR2\n" length:uint32 beginning
///
/// The first head is that of a file that begins with record 1, `records`. Others are `records.<number>`, of their first record; their head is a `Beginning`.
final class RecordSegment: @unchecked Sendable {
    // Proof of Sendable: `RecordFile` has what changes (`end`, `index`) behind its lock; the rest is set once, and reads of a file go on beside each other.
    let path: String
    /// What it goes on from.
    let beginning: Beginning
    /// The first record's place.
    let start: Int64
    let descriptor: Int32
    var end: Int64
    /// Where each `stride`th record begins: its first, its first + stride, ….
    var index: [Int64] = []

    static let stride = 64
    static let title = Array("TILLPAIR1\n".utf8)
    private static let laterTitle = Array("TILLPAIR2\n".utf8)
    private static let name = "records"

    /// The first record's number.
    var first: Int { beginning.mark.sequence + 1 }

    /// The names of a folder's files, by the first record of each.
    static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else { throw RecordFile.Failure("list", folder) }
        defer { closedir(stream) }
        var found: [(first: Int, name: String)] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if name == Self.name { found.append((1, name)) }
            guard name.hasPrefix(Self.name + "."), case let digits = name.dropFirst(Self.name.utf8.count + 1), let first = Int(digits), first > 1, String(first) == digits else { continue }
            found.append((first, name))
        }
        return found.sorted { $0.first < $1.first }.map(\.name)
    }

    /// Makes one without a record, durably, in place of what was there.
    ///
    /// - Returns: its name.
    static func make(_ beginning: Beginning, in files: any FileStorage) throws -> String {
        if beginning == .first {
            try files.put(name, title)
            return name
        }
        let head = beginning.bytes
        let name = "\(Self.name).\(beginning.mark.sequence + 1)"
        try files.put(name, laterTitle + withUnsafeBytes(of: UInt32(clamping: head.count).littleEndian) { Array($0) } + head)
        return name
    }

    /// - Throws: for a file that is none.
    init(opening name: String, in folder: String) throws {
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw RecordFile.Failure("open", path) }
        do {
            (beginning, start) = try Self.head(RecordBytes(descriptor, path), path)
        } catch {
            close(descriptor)
            throw error
        }
        (self.path, self.descriptor, end) = (path, descriptor, start)
    }

    private static func head(_ bytes: RecordBytes, _ path: String) throws -> (beginning: Beginning, start: Int64) {
        let title = try bytes.read(at: 0, count: title.count)
        if title == Self.title { return (.first, Int64(title.count)) }
        guard title == laterTitle else { throw RecordFile.CommandFault("\(path) is no file of a cluster's records") }
        let length = try bytes.length(at: Int64(title.count))
        guard length <= Beginning.byteCountMax else { throw RecordFile.CommandFault("\(path) has no beginning") }
        let head = try bytes.read(at: Int64(title.count + 4), count: length)
        do throws(FrameFault) { return (try Beginning(parsing: head[...]), Int64(title.count + 4 + length)) } catch {
            throw RecordFile.CommandFault("\(path) has no beginning: \(error.reason)")
        }
    }

    deinit { close(descriptor) }

    var bytes: RecordBytes { RecordBytes(descriptor, path) }

    /// Takes a record's place in, that is behind the last one.
    ///
    /// - Parameter byteCount: of its entry.
    func note(_ record: Record, byteCount: Int) {
        // The first, the 65th, the 129th, …
        if (record.sequence - first) % Self.stride == 0 { index.append(end) }
        end += Int64(byteCount)
    }

    /// Where the record that is `count` after its first begins, or would.
    func offset(after count: Int) throws -> Int64 {
        let known = place(after: count)
        return try offset(known.skipped, behind: known.offset, end: end)
    }

    /// The nearest known place before that one, and how many records lie between: less than `stride`. Reads nothing.
    func place(after count: Int) -> (offset: Int64, skipped: Int) {
        guard count < index.count * Self.stride else { return (end, 0) }
        return (index[count / Self.stride], count % Self.stride)
    }

    /// By lengths alone: at most 63 reads of four bytes. Without the lock it tells nothing where the file was changed meanwhile.
    ///
    /// - Parameter end: of the file's records.
    func offset(_ skipped: Int, behind place: Int64, end: Int64) throws -> Int64 {
        var offset = place
        for _ in 0..<skipped where offset < end { offset += Int64(4 + (try bytes.length(at: offset))) }
        return offset
    }
}

/// The bytes of one file of records.
///
/// Reads and writes are at offsets, so that threads share the descriptor; it belongs to whoever made this.
struct RecordBytes {
    private let descriptor: Int32
    private let path: String

    init(_ descriptor: Int32, _ path: String) { (self.descriptor, self.path) = (descriptor, path) }

    var count: Int64 {
        get throws {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw RecordFile.Failure("stat", path) }
            return Int64(status.st_size)
        }
    }

    /// Of an entry: four bytes, the lowest first. Any number may stand there in a damaged file.
    func length(at offset: Int64) throws -> Int {
        let head = try read(at: offset, count: 4)
        return head.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// - Returns: nil for bytes that are no record.
    /// - Throws: where the disk does not give them.
    func entry(at offset: Int64, limit: Int64) throws -> Record? {
        guard limit - offset > 4 else { return nil }
        let length = try length(at: offset)
        // Before memory is taken for it.
        guard length <= Record.bodyByteCountMax + 256, Int64(length) <= limit - offset - 4 else { return nil }
        // What the disk does not give is no end of the records: these are cut back to that.
        guard let bytes = try readIfThere(at: offset + 4, count: length) else { return nil }
        return try? Record(parsing: bytes[...])
    }

    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        guard let bytes = try readIfThere(at: offset, count: count) else { throw RecordFile.Failure("read", path, code: EIO) }
        return bytes
    }

    /// - Returns: nil where the file ends before.
    private func readIfThere(at offset: Int64, count: Int) throws -> [UInt8]? {
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
        guard failure == 0 else { throw RecordFile.Failure("read", path, code: failure) }
        return bytes.count == count ? bytes : nil
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + Int64(done))) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw RecordFile.Failure("write", path) }
            done += count
        }
    }

    func truncate(to byteCount: Int64) throws { guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw RecordFile.Failure("cut back", path) } }

    /// Before a start believes it: what a process that was killed wrote and did not sync is synced. And what a disk once refused to take is asked of the disk itself: after a sync that failed the kernel keeps
    /// pages in memory that it takes for written.
    func settle() throws {
        try sync()
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// A file whose name was taken away is synced without complaint, and is gone with the process.
    func sync() throws {
        guard fdatasync(descriptor) == 0 else { throw RecordFile.Failure("sync", path) }
        guard let nameCount = FileIdentity.nameCount(of: descriptor), nameCount > 0 else { throw RecordFile.Failure("sync", path, code: ENOENT) }
    }
}
