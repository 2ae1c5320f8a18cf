internal import Glibc

/// A file or object that is read by ranges, from any thread. Its content never changes while it is open.
public protocol RandomAccessBytes: Sendable {
    /// A name for errors: a path, a URL, or what bytes in memory are called.
    var name: String { get }
    /// Bytes of the whole file, as it was when it was opened.
    var byteCount: Int64 { get }
    /// Fills `target` with the bytes from `offset` on.
    ///
    /// - Throws: `.io`, and `.corruptFile` when the range reaches past the end.
    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError)
    /// The bytes from `offset` on, with at least `ByteRegion.paddingByteCount` readable ones after them.
    func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion
    /// Hints that a range will be read soon: where reads wait for a disk or a network, it may be fetched meanwhile. Never fails; bytes
    /// outside of the file are ignored.
    func expect(_ range: Range<Int64>)
    /// Whether a read may wait for a network: then callers hint at several ranges together, and at a little more than they need.
    var waitsForNetwork: Bool { get }
    /// Begins to fetch the ranges of `expect`, without waiting for them.
    func begin()
    /// Keeps a range in a cache on this machine, longer than ranges that are only read; does nothing where reads never wait for a network.
    func keepAtHand(_ range: Range<Int64>) throws(ColumnStoreError)
}

extension RandomAccessBytes {
    public var waitsForNetwork: Bool { false }
    public func begin() {}
    public func keepAtHand(_ range: Range<Int64>) {}
}

/// Bytes read from a file: immutable, shared by reference.
///
/// `bytes` points to memory of the region, or of the one that it is a part of: it is there as long as somebody holds the region, which
/// `withExtendedLifetime` says to the compiler.
public final class ByteRegion: Sendable {
    /// Readable after the last byte, of any value, so that kernels may load whole words at the end.
    public static let paddingByteCount = 64

    // Safe: written once before it is shared, freed when the last reference goes.
    nonisolated(unsafe) public let bytes: UnsafeRawBufferPointer
    /// What keeps borrowed bytes alive; nil when they are given back here.
    private let owner: (any AnyObject & Sendable)?
    // Safe: as `bytes`, which are its beginning.
    nonisolated(unsafe) private let block: UnsafeMutableRawBufferPointer

    /// Allocates `count` bytes and lets `fill` write them.
    public init<Failure: Error>(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = BlockPool.shared.take(count + Self.paddingByteCount)
        let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
        do {
            try fill(target)
        } catch {
            BlockPool.shared.give(memory)
            throw error
        }
        for index in count..<(count + Self.paddingByteCount) { memory[index] = 0 }
        bytes = UnsafeRawBufferPointer(target)
        owner = nil
        block = memory
    }

    /// Borrows a part of another region.
    init(part: Range<Int>, of region: ByteRegion) {
        bytes = UnsafeRawBufferPointer(rebasing: region.bytes[part])
        owner = region
        block = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    /// The bytes as an array. The region itself may go as soon as its last use is over, and with it what `bytes` points to.
    package var copied: [UInt8] { withExtendedLifetime(self) { Array(bytes) } }

    deinit { if owner == nil { BlockPool.shared.give(block) } }
}

extension RandomAccessBytes {
    public func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion {
        try checkRange(at: offset, count: count)
        return try ByteRegion(count: count) { (target) throws(ColumnStoreError) in try read(at: offset, into: target) }
    }

    /// - Throws: `.corruptFile`, since offsets come from the file itself: one that reaches past its end is a fault of it.
    fileprivate func checkRange(at offset: Int64, count: Int) throws(ColumnStoreError) {
        guard offset >= 0, count >= 0, offset <= byteCount, Int64(count) <= byteCount - offset else {
            throw ColumnStoreError(
                .corruptFile, path: name, offset: offset, "\(count) bytes reach past the end at \(byteCount)")
        }
    }
}

/// A local file, read by `pread`. It stays readable after it is unlinked.
public final class LocalFileBytes: RandomAccessBytes {
    public let name: String
    public let byteCount: Int64
    let descriptor: Int32

    /// - Throws: `.notFound`, `.io`, and `.invalidRequest` for what is no plain file.
    public init(path: String) throws(ColumnStoreError) {
        var status = stat()
        // Before it is opened: of a pipe that would wait for whoever writes into it.
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { throw Self.refusal(of: path, status) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw ColumnStoreError(
                code == ENOENT ? .notFound : .io, path: path, "open: \(String(cString: strerror(code)))", systemError: code)
        }
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw ColumnStoreError(.io, path: path, "fstat: \(String(cString: strerror(code)))", systemError: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw Self.refusal(of: path, status)
        }
        self.name = path
        self.byteCount = Int64(status.st_size)
        self.descriptor = descriptor
        // By itself the system reads on past each range, up to 8 MiB here, which belong to columns that are seldom wanted. Who reads on says so.
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
    }

    deinit { close(descriptor) }

    private static func refusal(of path: String, _ status: stat) -> ColumnStoreError {
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        return ColumnStoreError(
            .invalidRequest, path: path,
            isFolder ? "a directory, not a file" : "not a regular file: it is read at places in any order, so what a pipe or device gives must be put into one first")
    }

    public func expect(_ range: Range<Int64>) {
        let range = range.clamped(to: 0..<byteCount)
        guard !range.isEmpty else { return }
        ReadAhead.shared.expect(range, of: self)
    }

    public func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        try checkRange(at: offset, count: target.count)
        var done = 0
        while done < target.count {
            // A piece at a time: what is not in the cache is asked of the disk as a whole, and others wait behind it.
            let piece = min(target.count - done, ReadPace.shared.byteCount)
            let count = pread(descriptor, target.baseAddress.map { $0 + done }, piece, off_t(offset) + off_t(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw ColumnStoreError(.corruptFile, path: name, offset: offset, "the file became shorter while it was read")
            } else if errno != EINTR {
                let code = errno
                throw ColumnStoreError(
                    .io, path: name, offset: offset, "pread: \(String(cString: strerror(code)))", systemError: code)
            }
        }
    }
}

/// A file in memory: ranges of it are lent without a copy.
public final class MemoryBytes: RandomAccessBytes {
    public let name: String
    private let content: ByteRegion
    public var byteCount: Int64 { Int64(content.bytes.count) }

    /// Copies `bytes` once.
    public init(_ bytes: UnsafeRawBufferPointer, name: String) {
        self.name = name
        content = ByteRegion(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    public func expect(_ range: Range<Int64>) {}

    public convenience init(_ bytes: [UInt8], name: String) {
        self.init(copying: bytes, name: name)
    }

    private init(copying bytes: [UInt8], name: String) {
        self.name = name
        content = ByteRegion(count: bytes.count) { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
    }

    public func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        try checkRange(at: offset, count: target.count)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: content.bytes[Int(offset)..<Int(offset) + target.count]))
    }

    public func region(at offset: Int64, count: Int) throws(ColumnStoreError) -> ByteRegion {
        try checkRange(at: offset, count: count)
        return ByteRegion(part: Int(offset)..<Int(offset) + count, of: content)
    }
}
