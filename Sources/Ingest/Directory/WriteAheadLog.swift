import ColumnStore
import Glibc

/// A database's log as it lies on disk, read without SQLite: which pages it holds, and whether something in it has changed.
///
/// SQLite takes a log up to the first frame that does not have its sum, since that is how a crash leaves it; a bit that changes in an
/// older frame would silently end it there. But each transaction is synced before the next begins: so what is broken before a
/// transaction that others follow was whole once. And beside the log of a process that was killed lies its index (`-shm`), which says how many
/// frames were committed: it is raised after a commit's sync. Only where the machine went down too, and took the index with it, can the last
/// transaction not be distinguished from one that a crash cut off.
///
/// https://sqlite.org/walformat.html#the_wal_index_file_format
/// https://sqlite.org/fileformat2.html#walformat
///
/// ```
/// header, 32 bytes: magic (its lowest bit: sums of big-endian words), version, page size, checkpoint, salt (8), sum (8) of the first 24 bytes
/// frame, 24 bytes and a page: page number, pages after the commit (0 within a transaction), salt (8), sum (8) of the header and all frames so far
/// ```
/// Numbers are big-endian, in the index the machine's own.
struct WriteAheadLog {
    /// Pages with a valid, committed frame: those of the file are not looked at for them.
    private(set) var pages: Set<UInt32> = []
    private(set) var fault: String?
    /// The fault is in what was committed: who reads the log as SQLite does loses it.
    private(set) var losesCommits = false
    /// There is none, or an empty one.
    private var isGone = false
    /// As far as the sums go: up to the last frame that ends a transaction.
    private var committedFrameCount = 0

    private static let headerByteCount = 32
    private static let frameHeaderByteCount = 24

    /// - Parameter isLive: whether this process has the database open. The index is left alone then: to close a descriptor of it would give up the locks of the whole process on it (fcntl(2)).
    /// - Returns: nil where there is no log, or an empty one.
    init?(path: String, isLive: Bool = false) throws {
        let name = path + "-wal"
        let descriptor = open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT {
                guard !isLive, let fault = try Self.lostWhole(path) else { return nil }
                (self.fault, losesCommits, isGone) = (fault, true, true)
                return
            }
            throw DataDirectory.Failure.opening(name, errno)
        }
        defer { close(descriptor) }
        let header = try Self.read(descriptor, at: 0, count: Self.headerByteCount, name)
        guard header.count == Self.headerByteCount else {
            guard !isLive, let fault = try Self.lostWhole(path) else { return nil }
            (self.fault, losesCommits, isGone) = (fault, true, true)
            return
        }
        try scan(descriptor, header, name)
        if fault == nil, !isLive, let index = Self.index(of: path), index.salt == Array(header[16..<24]), index.frameCount > committedFrameCount {
            fault = "the log can be read up to frame \(committedFrameCount), \(index.frameCount) were committed"
            losesCommits = true
        }
    }

    /// Before a file is opened: SQLite makes the index anew from what of the log it can read, and goes on without the rest.
    ///
    /// - Throws: for a log that has lost something which was committed.
    static func refuseLost(_ path: String) throws {
        guard let log = try WriteAheadLog(path: path), log.losesCommits, let fault = log.fault else { return }
        throw SQLiteError(code: 11, message: "\(fault): what was acknowledged is in it; \(log.advice)", path: path + "-wal")
    }

    /// What a person can do about commits that are lost.
    var advice: String {
        isGone
            ? "put the log back; or move the index `-shm` away too, and what stood only there is lost"
            : "restore the file from a backup, or move its log elsewhere with its index (`-shm`), and what stands only there is lost"
    }

    /// What an index says that has no log beside it. One that a crash of the machine left from an earlier use of the log names no more pages than the
    /// file has: frames are copied into it before a log is cut.
    private static func lostWhole(_ path: String) throws -> String? {
        guard let index = index(of: path), index.frameCount > 0 else { return nil }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let header = try RawFile.read(descriptor, at: 0, count: 32, path)
        guard header.count == 32, word(header, 28) < index.pageCount else { return nil }
        return "the log is empty or gone, \(index.frameCount) of its frames were committed, and the file does not have their pages"
    }

    /// What the log's index says, where it is sound: frames that were committed, the file's pages after them, and of which use of the log.
    private static func index(of path: String) -> (frameCount: Int, pageCount: UInt32, salt: [UInt8])? {
        let descriptor = open(path + "-shm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Two copies of a header of 48 bytes, in the machine's order: the second is written first.
        guard let bytes = try? RawFile.read(descriptor, at: 0, count: 96, path), bytes.count == 96, bytes[..<48] == bytes[48...] else { return nil }
        func word(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) } }
        var sum = Sum(isBigEndian: false)
        sum.add(bytes[..<40])
        guard word(0) == 3_007_000, bytes[12] == 1, sum.first == word(40), sum.second == word(44) else { return nil }
        return (Int(word(16)), word(20), Array(bytes[32..<40]))
    }

    /// Goes through all frames, past the first that is broken, too: what follows it tells whether it was whole once.
    private mutating func scan(_ descriptor: Int32, _ header: [UInt8], _ name: String) throws {
        let magic = Self.word(header, 0)
        let isBigEndian = magic & 1 == 1
        var sum = Sum(isBigEndian: isBigEndian)
        sum.add(header[..<24])
        let pageByteCount = Int(Self.word(header, 8))
        let isSound = magic >> 1 == 0x377f_0682 >> 1 && sum.first == Self.word(header, 24) && sum.second == Self.word(header, 28)
        guard isSound, (512...65_536).contains(pageByteCount), pageByteCount & (pageByteCount - 1) == 0 else {
            // The header is synced before the first frame is written.
            let more = try Self.read(descriptor, at: Int64(Self.headerByteCount), count: Self.frameHeaderByteCount + 512, name)
            if Self.bitCount(header) <= 1, try scanZeros(descriptor, name) { return }
            if more.count == Self.frameHeaderByteCount + 512 {
                fault = "the log's header does not have its sum"
                losesCommits = true
            }
            return
        }
        let salt = header[16..<24]
        var pending: Set<UInt32> = []
        var broken: Int?
        var hasEnd = false
        var frame = 0
        while true {
            let place = Int64(Self.headerByteCount) + Int64(frame) * Int64(Self.frameHeaderByteCount + pageByteCount)
            let bytes = try Self.read(descriptor, at: place, count: Self.frameHeaderByteCount + pageByteCount, name)
            guard bytes.count == Self.frameHeaderByteCount + pageByteCount else {
                if Self.bitCount(bytes) == 1 { fault = Self.zerosFault }
                return
            }
            // The salt changes with each use of the log: frames of an earlier one are left behind its end, and mean nothing.
            let isOurs = bytes[8..<16].elementsEqual(salt)
            let isCommit = Self.word(bytes, 4) != 0
            if broken == nil {
                var next = sum
                next.add(bytes[..<8])
                next.add(bytes[24...])
                if isOurs, next.first == Self.word(bytes, 16), next.second == Self.word(bytes, 20) {
                    sum = next
                    pending.insert(Self.word(bytes, 0))
                    if isCommit {
                        pages.formUnion(pending)
                        pending = []
                        committedFrameCount = frame + 1
                    }
                } else {
                    broken = frame
                    hasEnd = isOurs && isCommit
                    if !isOurs, Self.bitCount(bytes) == 1 {
                        fault = Self.zerosFault
                        return
                    }
                }
            } else if isOurs, let broken {
                if hasEnd {
                    fault = "frame \(broken) of the log does not have its sum, though later transactions follow"
                    losesCommits = true
                    return
                }
                hasEnd = isCommit
            } else if Self.bitCount(bytes) == 1 {
                fault = Self.zerosFault
                return
            }
            frame += 1
        }
    }

    /// Room that was laid down for frames (`WALPreallocation`) and has none is zeros. What is left of a frame that was torn has more than one bit.
    private static let zerosFault = "a bit is set in the zeros behind the log's end"

    /// A log that nobody has begun.
    ///
    /// - Returns: false where it is none.
    private mutating func scanZeros(_ descriptor: Int32, _ name: String) throws -> Bool {
        var bitCount = 0
        var place: Int64 = 0
        while true {
            let bytes = try Self.read(descriptor, at: place, count: 1 << 20, name)
            if bytes.isEmpty { break }
            bitCount += Self.bitCount(bytes)
            if bitCount > 1 { return false }
            place += Int64(bytes.count)
        }
        if bitCount == 1 { fault = Self.zerosFault }
        return true
    }

    /// By words: each start looks at all of a log's room.
    private static func bitCount(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            var (count, place) = (0, 0)
            while place + 8 <= bytes.count {
                count += bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self).nonzeroBitCount
                place += 8
            }
            while place < bytes.count {
                count += bytes[place].nonzeroBitCount
                place += 1
            }
            return count
        }
    }

    /// The sum of https://sqlite.org/fileformat2.html#checksum_algorithm.
    private struct Sum {
        let isBigEndian: Bool
        var first: UInt32 = 0
        var second: UInt32 = 0

        init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

        mutating func add(_ bytes: ArraySlice<UInt8>) {
            bytes.withUnsafeBytes { bytes in
                var place = 0
                while place + 8 <= bytes.count {
                    first = first &+ word(bytes, place) &+ second
                    second = second &+ word(bytes, place + 4) &+ first
                    place += 8
                }
            }
        }

        private func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt32 {
            let value = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
        }
    }

    private static func word(_ bytes: [UInt8], _ place: Int) -> UInt32 {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func read(_ descriptor: Int32, at offset: Int64, count: Int, _ path: String) throws -> [UInt8] {
        try RawFile.read(descriptor, at: offset, count: count, path)
    }
}

/// Reading files that no library reads for us.
enum RawFile {
    /// - Returns: fewer bytes at the end of the file.
    static func read(_ descriptor: Int32, at offset: Int64, count: Int, _ path: String) throws -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                // Safe: the target starts inside the buffer, since initialized is below its count.
                let got = pread(descriptor, buffer.baseAddress! + initialized, count - initialized, off_t(offset) + off_t(initialized))
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { return }
                initialized += got
            }
        }
        guard code == 0 else { throw DataDirectory.Failure.io(operation: "read", path: path, code: code) }
        return bytes
    }
}
