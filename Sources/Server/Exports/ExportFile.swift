internal import ColumnStore
import Glibc
internal import Ingest

/// The file of an export while it is written: hashed on the way, bounded, durable at its end.
///
/// 1. The file has a name from the first byte on, which no row of the catalog leads to until `finish` has returned: a crash leaves it to the sweep.
/// 2. An object that goes before `finish` takes its file along.
/// 3. One thread uses it, the queue's: one export is made at a time, so what other files have is counted once.
final class ExportFile {
    let path: String
    private let exports: any ExportKeeping
    private let byteCountMax: Int64
    /// Of other exports' files.
    private let otherByteCount: Int64
    /// What a contract's file may have; nil of the administrator's, which has all that is left.
    private let shareByteCount: Int64?
    private var descriptor: Int32
    private var hash = SHA256()
    private(set) var byteCount: Int64 = 0
    private var isFinished = false

    /// - Throws: `disk-full` where the file cannot be made; what the catalog or the folder says as the other files are counted.
    /// - Parameters:
    ///   - owner: who asked for it.
    ///   - byteCountMax: of all exports' files together.
    init(path: String, exports: any ExportKeeping, owner: Identity, byteCountMax: Int64) throws {
        self.path = path
        self.exports = exports
        self.byteCountMax = byteCountMax
        let present = try exports.exportByteCounts(of: owner)
        otherByteCount = present.all
        // All that a contract has must be no more than it leaves free: half of what others' files leave. However many fill theirs, there is room for one more.
        if case .contract = owner { shareByteCount = max(0, (byteCountMax - present.all - present.own) / 2) } else { shareByteCount = nil }
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { _ = FileRemoval.remove(path, .unpublished) }
    }

    /// - Throws: `spill-full` and `disk-full` before a byte is written, as `check`; `disk-full` for a write that fails, after which the file is of no use.
    func write(_ bytes: [UInt8]) throws {
        try check(bytes.count)
        hash.update(bytes.span.bytes)
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + start }, bytes.count - start) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(errno) }
            start += count
        }
        byteCount += Int64(bytes.count)
    }

    /// Asks for room for so many bytes more.
    ///
    /// The disk's own room is looked at each time the file has grown past another 16 MiB: a look is a system call.
    ///
    /// - Throws: `spill-full` where all files, or a contract's, would have more than they may; `disk-full` where the disk has less free than `limits.min_free`.
    func check(_ count: Int) throws {
        guard otherByteCount + byteCount + Int64(count) <= byteCountMax else {
            throw Problem(.spillFull, "the files of exports would have more than limits.exports_bytes, \(byteCountMax) bytes, together: delete some, or wait until they expire")
        }
        if let shareByteCount, byteCount + Int64(count) > shareByteCount {
            throw Problem(
                .spillFull,
                "the files of this contract's exports would have more than half of what the files of others leave of limits.exports_bytes, \(byteCountMax) bytes: delete some of them, wait until exports expire, or have that limit raised")
        }
        guard byteCount / Self.lookByteCount != (byteCount + Int64(count)) / Self.lookByteCount, !exports.hasRoomForExports else { return }
        throw Problem(.diskFull, "less than limits.min_free is free on the disk")
    }

    /// A shorter file is never looked at; its own bytes are too few to matter to what must stay free.
    private static let lookByteCount: Int64 = 16 << 20

    /// Another program's writer put the file there: what it is.
    /// Its bytes are read once, for the hash and the count. They are on the disk by now: `check` refuses such a file, and does not keep it from growing.
    func takeWhole() throws {
        close(descriptor)
        // Until here it was open for writing alone; one descriptor reads it now, and syncs it in `finish`.
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(errno) }
            if count == 0 { return }
            try check(count)
            hash.update(Array(buffer[..<count]).span.bytes)
            byteCount += Int64(count)
        }
    }

    /// - Returns: the SHA-256 in hexadecimal digits, once the file is durable.
    func finish() throws -> String {
        // The bytes, and then the name: a row that tells of a file must find it after a power cut.
        guard fsync(descriptor) == 0 else { throw Self.failure(errno) }
        let folder = open(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure(errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw Self.failure(errno) }
        isFinished = true
        return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func failure(_ code: Int32) -> Problem {
        Problem(.diskFull, "the file of the export cannot be written: error \(code)", cause: String(cString: strerror(code)))
    }
}
