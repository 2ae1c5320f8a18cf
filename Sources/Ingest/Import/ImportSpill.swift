import ColumnStore
internal import Documents
internal import Glibc
internal import Synchronization

/// A file without a name in the store's directory that holds a batch's sorted runs: gone with the process, whatever ends it.
///
/// Nothing of it is ever synced or read after the process: runs are appended at places that are taken beforehand, so that threads write side by side.
final class ImportSpill: Sendable {
    private let descriptor: Int32
    private let path: String
    private let end = Atomic<Int>(0)

    /// - Throws: `SQLiteError` of the kind that a full or broken disk has, for `Intake.problem`.
    init(directory: String) throws {
        path = directory
        var descriptor = open(directory, O_RDWR | O_CLOEXEC | Self.temporaryFlag, 0o600)
        if descriptor < 0 {
            // A file system that has no files without names.
            let name = "\(directory)/import-\(getpid()).tmp"
            descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            if descriptor >= 0 { unlink(name) }
        }
        guard descriptor >= 0 else { throw Self.fault("open", path) }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// O_TMPFILE, which Glibc's overlay does not show: its own bit and O_DIRECTORY.
    private static let temporaryFlag: Int32 = 0o20_000_000 | O_DIRECTORY

    var byteCount: Int { end.load(ordering: .relaxed) }

    /// Takes a range of the file for a run of that many bytes.
    func reserve(_ byteCount: Int) -> Int { end.wrappingAdd(byteCount, ordering: .relaxed).oldValue }

    /// - Throws: `disk-full` for a disk that has no room or fails, `internal-error` for what else there is.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.fault("write", path) }
            done += count
        }
    }

    /// Fills `target` as far as the file goes; how much that is.
    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        var done = 0
        while done < target.count {
            let count = pread(descriptor, target.baseAddress.map { $0 + done }, target.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.fault("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    private static func fault(_ operation: String, _ path: String) -> Fault {
        let code = errno
        return Fault(
            FileSystemFault.isOfRoom(code) || code == EIO ? .diskFull : .internalError,
            "cannot \(operation) the import's temporary file in \(path): \(String(cString: strerror(code)))")
    }
}

/// Where records stand in the order of cold files, up to their time: table, day and client as one number.
///
/// ```
/// bits 48…63 table   bits 24…47 day, moved so that the least of 24 bits is 0   bits 0…23 rank of the client
/// ```
enum ImportOrder {
    /// Tables of a batch: `BulkImporter` publishes one that comes near it.
    static let tableCountMax = 1 << 16
    /// Days of the years 1 to 9999 are some 3,652,059, from -719,162 on.
    private static let dayShift: Int32 = 1 << 23

    /// - Parameters:
    ///   - table: below `tableCountMax`.
    ///   - rank: of the client among those that are compared; below 2^24.
    static func key(table: Int, day: Int32, rank: UInt32) -> UInt64 { dayKey(table: table, day: day) << 24 | UInt64(rank) }

    /// The key's upper part. Days that no receipt has are taken for the nearest that 24 bits hold.
    static func dayKey(table: Int, day: Int32) -> UInt64 {
        let moved = min(max(day, -dayShift), dayShift - 1) + dayShift
        return UInt64(table) << 24 | UInt64(UInt32(bitPattern: moved))
    }

    static func day(ofDayKey key: UInt64) -> Int32 { Int32(truncatingIfNeeded: key & 0xFF_FFFF) - dayShift }
    static func table(ofDayKey key: UInt64) -> Int { Int(key >> 24) }

    /// Of equal keys: by time, id, then arrival.
    @inline(__always)
    static func precedes(_ left: ImportRecord, _ right: ImportRecord) -> Bool {
        let (one, other) = (left.issuedAt, right.issuedAt)
        if one != other { return one < other }
        let (id, otherID) = (left.receipt, right.receipt)
        let order = memcmp(left.receiptBase, right.receiptBase, min(id.count, otherID.count))
        if order != 0 { return order < 0 }
        if id.count != otherID.count { return id.count < otherID.count }
        return left.ordinal < right.ordinal
    }
}

/// A sorted run in the spill: where it lies, and where its days begin.
struct ImportRun: Sendable {
    let range: Range<Int>
    /// Ascending, with the offset of the first record of each.
    let days: [(key: UInt64, offset: Int)]

    /// The part of the run that has days from `first` up to `last`.
    func part(_ first: UInt64, through last: UInt64) -> Range<Int> {
        let start = days.partitioningIndex { $0.key >= first }
        let end = days.partitioningIndex { $0.key > last }
        let low = start < days.count ? days[start].offset : range.upperBound
        return low..<(end < days.count ? days[end].offset : range.upperBound)
    }
}

/// Records gathered for one run, in memory.
///
/// It holds the pieces, whose buffers own the bytes; records are views of them. A piece whose records were all refused or doubles is let go of.
struct ImportRunBuilder {
    private(set) var pieces: [ImportPiece] = []
    private(set) var records: [ImportRecord] = []
    private(set) var byteCount = 0

    /// - Parameter kept: records of the piece.
    mutating func add(_ piece: ImportPiece, _ kept: [ImportRecord]) {
        guard !kept.isEmpty else { return }
        pieces.append(piece)
        records.append(contentsOf: kept)
        byteCount += kept.reduce(0) { $0 + $1.byteCount }
    }

    private struct Entry: BitwiseCopyable {
        let key: UInt64
        let record: UnsafeMutableRawPointer
    }

    /// Sorts the records and writes them.
    ///
    /// Entries of 16 bytes are sorted and not records; what is compared beyond the key is looked up in the record. Ranks are those among the run's own
    /// clients: only the order counts, and it is the same in every run.
    ///
    /// - Parameters:
    ///   - clients: by the batch's number of them.
    ///   - tables: the table of each kind.
    func write(to spill: ImportSpill, clients: [[UInt8]], tables: [Int]) throws -> ImportRun {
        let ranks = Self.ranks(records, clients)
        var entries = records.map { record in
            Entry(
                key: ImportOrder.key(table: tables[record.kind], day: record.businessDay, rank: ranks[record.client] ?? 0), record: record.base)
        }
        entries.sort { left, right in
            left.key != right.key
                ? left.key < right.key : ImportOrder.precedes(ImportRecord(base: left.record), ImportRecord(base: right.record))
        }
        let start = spill.reserve(byteCount)
        var days: [(key: UInt64, offset: Int)] = []
        var offset = start
        let buffer = ImportBuffer(capacity: Self.writeByteCount)
        for entry in entries {
            let dayKey = entry.key >> 24
            let count = ImportRecord(base: entry.record).byteCount
            if days.last?.key != dayKey { days.append((dayKey, offset + buffer.count)) }
            if buffer.count > 0, buffer.count + count > Self.writeByteCount {
                try spill.write(UnsafeRawBufferPointer(start: buffer.base, count: buffer.count), at: offset)
                offset += buffer.count
                buffer.removeAll()
            }
            buffer.extend(count).copyMemory(from: entry.record, byteCount: count)
        }
        try spill.write(UnsafeRawBufferPointer(start: buffer.base, count: buffer.count), at: offset)
        withExtendedLifetime(pieces) {}
        return ImportRun(range: start..<start + byteCount, days: days)
    }

    private static let writeByteCount = 1 << 20

    /// The order by bytes of the clients that occur.
    private static func ranks(_ records: [ImportRecord], _ clients: [[UInt8]]) -> [Int: UInt32] {
        var seen = [Bool](repeating: false, count: clients.count)
        var present: [Int] = []
        for record in records where !seen[record.client] {
            seen[record.client] = true
            present.append(record.client)
        }
        present.sort { clients[$0].lexicographicallyPrecedes(clients[$1]) }
        return Dictionary(uniqueKeysWithValues: present.enumerated().map { ($0.element, UInt32($0.offset)) })
    }
}
