import ColumnStore
import Documents
import Glibc

/// A file on its way to the disk, as it comes. One owner; letting go of it leaves what has come.
///
/// Bytes go to the disk as they come and are durable after `synchronize`, not before. What a call brought stays only if `isKept`, or after `keep`; else `end`
/// cuts the file back to `start`.
///
/// Until then a mark lies beside the file, as long as what counts of it: all of it a hole, and there under its name from its first instant at that length. So a kill or a power cut that
/// leaves the piece leaves the mark, and `byteCount(at:)` says what was here before it. It is durable before the piece's first byte.
///
/// A piece that was looked at lengthens the mark, and that need not be durable: a power cut leaves an earlier length, by which less counts and never more. So the disk is waited for with the
/// first piece alone. The mark goes once the whole file was looked at, or comes on without sums.
package final class UploadFile: @unchecked Sendable {
    // Proof of Sendable: used by the connection's thread, then by the one thread that has the whole request, then by the one that it is handed on to.

    package let upload: Upload
    package let path: String
    private let byteCountMax: Int64
    private let minFreeBytes: Int64
    private let onEnd: @Sendable () -> Void
    private var descriptor: Int32
    package private(set) var byteCount: Int64
    /// Since the disk's room was looked at: a call's first bytes look, or a file in short calls would never.
    private var looked = UploadFile.lookByteCount
    private var written: Int64 = 0
    /// Behind what earlier calls brought.
    package let start: Int64
    /// Whether what comes stays though its call breaks.
    private var isKept: Bool
    private var isChecked = false

    /// - Parameters:
    ///   - start: 0 to begin anew; else behind what is there, of which no more than that is kept.
    ///   - isKept: whether what comes stays though its call breaks; else only after `keep`.
    ///   - onEnd: called once, when it is let go of.
    init(_ upload: Upload, path: String, from start: Int64, isKept: Bool, byteCountMax: Int64, minFreeBytes: Int64, onEnd: @escaping @Sendable () -> Void) throws {
        (self.upload, self.path, self.byteCountMax, self.minFreeBytes) = (upload, path, byteCountMax, minFreeBytes)
        self.onEnd = onEnd
        (byteCount, self.start, self.isKept) = (start, start, isKept)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            onEnd()
            throw Self.failure(errno)
        }
        guard ftruncate(descriptor, off_t(start)) == 0, lseek(descriptor, 0, SEEK_END) == start else {
            let code = errno
            end()
            throw Self.failure(code)
        }
        written = start
        if isKept {
            Self.unmark(path)
            return
        }
        do { try mark() } catch {
            // All that is here counts, and of this mark nobody knows whether it is durable.
            Self.unmark(path)
            end()
            throw error
        }
    }

    deinit { end() }

    // MARK: What counts

    private static func markPath(_ path: String) -> String { path + ".piece" }
    private static func newMarkPath(_ path: String) -> String { path + ".piece.new" }

    /// Bytes of a file that count: without a piece that comes just now, or was cut off by a kill, and whose sum nobody has looked at.
    static func byteCount(at path: String) -> Int64 {
        var (file, mark) = (stat(), stat())
        guard stat(path, &file) == 0 else { return 0 }
        return stat(markPath(path), &mark) == 0 ? min(Int64(file.st_size), Int64(mark.st_size)) : Int64(file.st_size)
    }

    /// From here on all of the file counts.
    static func unmark(_ path: String) { for name in [markPath(path), newMarkPath(path)] { _ = FileRemoval.remove(name, .temporary) } }

    /// Runs on a connection's thread, of which there are few: the disk is waited for only where there is no mark of this length.
    ///
    /// - Precondition: the file has `start` bytes, so that an earlier mark that is replaced takes nothing away. The name of one that is there is durable.
    private func mark() throws {
        var there = stat()
        // The disk has it with this length, or with one of before, which is less: it only grows until another takes its place.
        if lstat(Self.markPath(path), &there) == 0, Int64(there.st_size) == start { return }
        let made = Self.newMarkPath(path)
        let mark = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard mark >= 0 else { throw Self.failure(errno) }
        defer { close(mark) }
        // Durable before the piece: bytes of that are pushed to the disk as they come, and would count after a power cut that took the mark alone.
        guard ftruncate(mark, off_t(start)) == 0, fsync(mark) == 0, rename(made, Self.markPath(path)) == 0 else { throw Self.failure(errno) }
        try synchronizeFolder()
    }

    private func synchronizeFolder() throws { try DataDirectory.synchronizeDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])) }

    /// The next one may put the file.
    package func end() {
        guard descriptor >= 0 else { return }
        // A piece whose sum nobody has looked at is none. Where it cannot be cut off it is none all the same: the mark stays.
        if !isKept { _ = ftruncate(descriptor, off_t(start)) }
        close(descriptor)
        descriptor = -1
        onEnd()
    }

    /// What has come was looked at, and stays.
    package func keep() {
        if isKept { return }
        isKept = true
        if truncate(Self.markPath(path), off_t(byteCount)) != 0 { Self.unmark(path) }
    }

    private static func failure(_ code: Int32) -> Fault { Fault(.diskFull, "the file cannot be written", cause: "error \(code)") }

    private static let lookByteCount: Int64 = 8 << 20

    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard Int64(bytes.count) <= byteCountMax - byteCount else {
            // What has come of it until now is not the file, though it may be as long.
            try? cut(to: start)
            // What was announced is known to whoever announced it; else the limit.
            if let announced = upload.byteCount, announced == byteCountMax { throw Fault(.uploadMismatch, "the file is longer than the \(announced) bytes that were announced") }
            throw Fault(.tooLarge, "the file is over its limit of \(byteCountMax) bytes")
        }
        looked += Int64(bytes.count)
        if looked >= Self.lookByteCount {
            looked = 0
            guard DataDirectory.freeBytes(path).map({ $0 >= minFreeBytes }) ?? true else { throw Fault(.diskFull, "less than twice limits.min_free is free on the disk, and uploads leave that to documents that come in by themselves: put the file again when there is space") }
            // The disk begins now: all of it at the end would keep everybody's commits waiting.
            _ = posix_fadvise(descriptor, off_t(written), 0, POSIX_FADV_DONTNEED)
            written = byteCount
        }
        var done = 0
        while done < bytes.count {
            let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno) }
            done += count
            byteCount += Int64(count)
        }
    }

    /// Makes it durable.
    ///
    /// The directory's entry, too: the catalog names the file from then on, and a file that a power cut took would be a fault of the store.
    package func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(errno) }
        try synchronizeFolder()
    }

    /// Looks, once, whether this is the file that was announced, and makes it durable. Let go of where it is not.
    ///
    /// - Precondition: what has come is kept. A piece that nobody has kept goes with its call, and is no part of a file.
    /// - Throws: `upload-mismatch` for another file; then it may be put again. `disk-full`, `internal-error` where the disk takes or gives it not.
    package func check() throws {
        if isChecked { return }
        do {
            guard isKept else { throw Fault(.internalError, "the last piece of the file was not kept") }
            if let announced = upload.byteCount, announced != byteCount {
                let found = byteCount
                try cut(to: 0)
                throw Fault(.uploadMismatch, "the file has \(found) bytes, and \(announced) were announced")
            }
            if let announced = upload.sha256 {
                let found = try sha256()
                if found != announced {
                    try cut(to: 0)
                    throw Fault(.uploadMismatch, "the file's SHA-256 is \(found), and \(announced) was announced")
                }
            }
            try synchronize()
        } catch {
            end()
            throw error
        }
        isChecked = true
        Self.unmark(path)
    }

    /// Takes back what came behind a place: a piece whose sum was wrong.
    package func cut(to byteCount: Int64) throws {
        guard ftruncate(descriptor, off_t(byteCount)) == 0, lseek(descriptor, 0, SEEK_END) == byteCount else { throw Self.failure(errno) }
        self.byteCount = byteCount
        written = min(written, byteCount)
    }

    /// The bytes from a place on, a piece at a time.
    package func read(from start: Int64 = 0, _ body: (UnsafeRawBufferPointer) -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        var place = start
        while place < byteCount {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(place)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Fault(.internalError, "an upload's file cannot be read", cause: "\(path): error \(errno)") }
            buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            place += Int64(count)
        }
    }

    /// In hexadecimal digits, of the whole file.
    package func sha256() throws -> String {
        var hash = SHA256()
        try read { hash.update($0.bytes) }
        return Hexadecimal.text(hash.finalize())
    }
}
