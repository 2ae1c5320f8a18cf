internal import ColumnStore
import Glibc
internal import Ingest

/// The file of an export while it is written: hashed on the way, bounded, durable at its end.
///
/// 1. The file has a name from the first byte on, which no row of the catalog leads to until `finish` has returned: a crash leaves it to the sweep.
/// 2. An object that goes before `finish` takes its file along.
/// 3. One thread uses it, its maker's. What other files have is counted as it begins, and again when another export has ended; what is being made beside it, before each piece.
final class ExportFile {
    let path: String
    private let exports: any ExportKeeping
    private let owner: Identity
    private let byteCountMax: Int64
    private let place: ExportSpace.Place
    /// Of files that are there, as the catalog had them when so many places had been left.
    private var present: (own: Int64, all: Int64)
    private var leftCount: Int
    private var descriptor: Int32
    private var hash = SHA256()
    private(set) var byteCount: Int64 = 0
    private var isFinished = false

    /// - Throws: `disk-full` where the file cannot be made; what the catalog or the folder says as the other files are counted.
    /// - Parameters:
    ///   - owner: who asked for it.
    ///   - byteCountMax: of all exports' files together.
    ///   - place: left by whoever gives it.
    init(path: String, exports: any ExportKeeping, owner: Identity, byteCountMax: Int64, place: ExportSpace.Place) throws {
        (self.path, self.exports, self.owner, self.byteCountMax, self.place) = (path, exports, owner, byteCountMax, place)
        leftCount = place.leftCount
        present = try exports.exportByteCounts(of: owner)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { _ = FileRemoval.remove(path, .unpublished) }
    }

    /// - Throws: `spill-full` and `disk-full` before a byte is written, as `take`; `disk-full` for a write that fails, after which the file is of no use; what the catalog says as other files are counted anew.
    func write(_ bytes: [UInt8]) throws {
        try take(bytes.count)
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

    /// Takes room for so many bytes more.
    ///
    /// The disk's own room is looked at each time the file has grown past another 16 MiB: a look is a system call.
    ///
    /// - Throws: `spill-full` where all files, or a contract's, would have more than they may; `disk-full` where the disk has less free than `limits.min_free`; what the catalog says as other files are counted anew.
    private func take(_ count: Int) throws {
        while try !place.take(Int64(count), leftCount: leftCount, { try check(count, beside: $0) }) {
            leftCount = place.leftCount
            present = try exports.exportByteCounts(of: owner)
        }
        guard byteCount / Self.lookByteCount != (byteCount + Int64(count)) / Self.lookByteCount, !exports.hasRoomForExports else { return }
        throw Problem(.diskFull, "less than limits.min_free is free on the disk")
    }

    /// - Parameter making: bytes of other files that are being made.
    private func check(_ count: Int, beside making: Int64) throws {
        let others = present.all + making
        guard others + byteCount + Int64(count) <= byteCountMax else {
            throw Problem(.spillFull, "the files of exports would have more than limits.exports_bytes, \(byteCountMax) bytes, together: delete some, or wait until they expire")
        }
        // All that a contract has must be no more than it leaves free: half of what others' files leave. However many fill theirs, there is room for one more. The administrator has all that is left.
        guard case .contract = owner, byteCount + Int64(count) > max(0, (byteCountMax - others - present.own) / 2) else { return }
        throw Problem(
            .spillFull,
            "the files of this contract's exports would have more than half of what the files of others leave of limits.exports_bytes, \(byteCountMax) bytes: delete some of them, wait until exports expire, or have that limit raised")
    }

    /// A shorter file is never looked at; its own bytes are too few to matter to what must stay free.
    private static let lookByteCount: Int64 = 16 << 20

    /// Another program's writer put the file there: what it is.
    /// Its bytes are read once, for the hash and the count. They are on the disk by now: `take` refuses such a file, and does not keep it from growing.
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
            try take(count)
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
