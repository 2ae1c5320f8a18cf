import ColumnStore
import Glibc

/// A database file as it lies on disk, read without SQLite: whether each of its pages has its sum.
///
/// Pages that the log has are left out: theirs are newer, and the log's own sums prove them. Beyond five faults of a file no more are looked for.
enum DatabaseFile {
    private static let faultCountMax = 5
    /// Of the file at a time: whole pages, since both are powers of two.
    private static let readByteCount = 1 << 20

    /// Whether no page of it is there. Not even a new one is so once it has a log: turning the log on writes the first page, and syncs it.
    static func isEmpty(_ path: String) throws -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DataDirectory.Failure.io(operation: "look at", path: path, code: errno) }
        return status.st_size == 0
    }

    /// Takes its log into a file that nobody else has open, and makes the file and its name durable: by itself it is all of it from here on.
    ///
    /// - Parameter path: absolute.
    /// - Throws: `SQLiteError` where its log cannot be taken in, `ColumnStoreError` where the disk does not confirm it.
    static func fold(_ path: String, calls: any FileSystemCalls) throws {
        do {
            let connection = try SQLiteConnection(path: path, mode: .readWrite)
            // A connection that has read nothing has no log yet.
            _ = try connection.integer("PRAGMA user_version")
            try connection.checkpoint(.truncate)
        }
        let parts = path.split(separator: "/")
        let folder = parts.dropLast().reduce("") { "\($0)/\($1)" }
        try LocalStorageFactory.files(folder, calls: calls).synchronize(String(parts.last ?? ""))
    }

    /// Gives each page a sum, in a file that was made before pages had them and that nobody else has open. One that has them, or is not there, stays as it is.
    ///
    /// A header that says there are none, before pages that have theirs, was changed: by that, rows would be read as something else.
    ///
    /// All pages are written anew in one transaction, and copied out of the log with their sums: whenever that is cut off, the file is what it was or has them all.
    static func giveSums(_ path: String) throws {
        guard try lacksSums(path) else { return }
        let connection = try SQLiteConnection(path: path, mode: .create)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; VACUUM")
        try connection.checkpoint(.truncate)
    }

    /// Whether the header says so, and no page belies it: what the log has may be from a start that was giving them.
    private static func lacksSums(_ path: String) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let header = try RawFile.read(descriptor, at: 0, count: 100, path)
        guard header.count == 100, header.starts(with: PageSum.magic), header[20] == 0 else { return false }
        let pageByteCount = Int(header[16]) << 8 | Int(header[17])
        guard pageByteCount >= 512, pageByteCount & (pageByteCount - 1) == 0 else { return false }
        let log = try WriteAheadLog(path: path)
        var number: Int64 = 1
        while true {
            var bytes = try RawFile.read(
                descriptor, at: (number - 1) * Int64(pageByteCount), count: max(readByteCount, pageByteCount), path)
            if bytes.isEmpty { return true }
            // The first page's sum, if it has one, is of the header as it was.
            if number == 1 { bytes[20] = UInt8(PageSum.byteCount) }
            for start in stride(from: 0, to: bytes.count, by: pageByteCount) {
                defer { number += 1 }
                if log?.pages.contains(UInt32(truncatingIfNeeded: number)) == true || start + pageByteCount > bytes.count { continue }
                let page = bytes[start..<start + pageByteCount]
                // One of zeros was never written.
                if page.contains(where: { $0 != 0 }), page.withUnsafeBytes({ PageSum.isRight($0, number: number) }) { return false }
            }
        }
    }

    /// - Parameter isCancelled: asked before each piece of the file.
    /// - Returns: what is wrong with the file or its log, and with which.
    /// - Throws: `CancellationError` where it was cancelled.
    static func faults(_ path: String, unless isCancelled: () -> Bool = { false }) throws -> [Finding] {
        let log = try WriteAheadLog(path: path)
        let own = try faults(path, beside: log, unless: isCancelled)
        let logFault = log?.fault.map { Finding(path: path + "-wal", fault: $0) }
        return [logFault].compactMap { $0 } + own.map { Finding(path: path, fault: $0) }
    }

    /// - Throws: where the file cannot be opened or read, or it was cancelled; what is wrong with its bytes is a fault.
    private static func faults(_ path: String, beside log: WriteAheadLog?, unless isCancelled: () -> Bool) throws -> [String] {
        var faults: [String] = []
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DataDirectory.Failure.opening(path, errno) }
        defer { close(descriptor) }
        let header = try RawFile.read(descriptor, at: 0, count: 100, path)
        if header.isEmpty { return faults + ["is empty"] }
        guard header.count == 100, header.starts(with: PageSum.magic) else { return faults + ["is no SQLite file"] }
        let isFirstInLog = log?.pages.contains(1) ?? false
        // Byte 16 of the header (SQLite file format, 1.3). A size of 65,536, which is written as 1, is none that a store has.
        let pageByteCount = Int(header[16]) << 8 | Int(header[17])
        guard pageByteCount >= 512, pageByteCount & (pageByteCount - 1) == 0 else { return faults + ["has pages of \(pageByteCount) bytes"] }
        guard header.withUnsafeBytes({ PageSum.isUsed($0) }) else {
            return faults + ["its pages have no sums: it was made by an earlier version, or its header was changed"]
        }
        var number: Int64 = 1
        while true {
            if isCancelled() { throw CancellationError() }
            let bytes = try RawFile.read(
                descriptor, at: (number - 1) * Int64(pageByteCount), count: max(readByteCount, pageByteCount), path)
            if bytes.isEmpty { break }
            for start in stride(from: 0, to: bytes.count, by: pageByteCount) {
                defer { number += 1 }
                if log?.pages.contains(UInt32(truncatingIfNeeded: number)) == true { continue }
                let isRight = start + pageByteCount <= bytes.count
                    && bytes.withUnsafeBytes { PageSum.isRight(UnsafeRawBufferPointer(rebasing: $0[start..<start + pageByteCount]), number: number) }
                if !isRight { faults.append("page \(number) does not have its sum") }
                if faults.count >= faultCountMax { return faults }
            }
        }
        // With a log the header in the file may be an earlier one: only without a log must it be right.
        let pageCount = header[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        if log == nil, !isFirstInLog, pageCount != number - 1 { faults.append("has \(number - 1) pages, its header says \(pageCount)") }
        return faults
    }
}
