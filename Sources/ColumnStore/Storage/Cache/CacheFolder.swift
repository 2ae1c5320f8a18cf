internal import Glibc

/// The files of the cache: plain ones in one directory that one process at a time uses.
///
/// No index is kept: a file's name says what it is (`CacheName`), its time when it was used. Nothing is synced. Of two threads that write one name at once
/// the second gets `.present`.
final class CacheFolder: Sendable {
    let path: String
    /// The open file LOCK, held as long as this lives; another process that tries is refused at once.
    private let lock: Int32

    /// A file that was found at the start.
    struct Found {
        var name: CacheName
        var byteCount: Int64
        /// When it was last used, or nearly: nanoseconds since 1970.
        var usedAt: Int64
    }

    /// Makes the directory where it is missing, and takes it for this process.
    ///
    /// - Throws: `.io`.
    init(path: String) throws(ColumnStoreError) {
        self.path = path
        var parent = ""
        for part in path.split(separator: "/") {
            parent += "/\(part)"
            guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw ColumnStoreError.system("make the cache's directory", key: parent) }
        }
        lock = Glibc.open("\(path)/LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw ColumnStoreError.system("open", key: "\(path)/LOCK") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw ColumnStoreError(.io, path: path, "another process has this cache: give each server a storage.cache.path of its own")
        }
    }

    deinit { close(lock) }

    func filePath(_ name: CacheName) -> String { "\(path)/\(name.fileName)" }

    /// What is there; what is of no use is removed.
    func files() throws(ColumnStoreError) -> [Found] {
        guard let stream = opendir(path) else { throw ColumnStoreError.system("list", key: path) }
        defer { closedir(stream) }
        var found: [Found] = []
        while let entry = readdir(stream) {
            let text = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            guard text.hasSuffix(CacheName.suffix) else { continue }
            var status = stat()
            guard lstat("\(path)/\(text)", &status) == 0 else { continue }
            // Of another length: it was cut off while it was written.
            guard let name = CacheName(fileName: text), Int64(status.st_size) == Self.byteCount(of: name) else {
                _ = FileRemoval.remove("\(path)/\(text)", .temporary)
                continue
            }
            let used = Int64(status.st_mtim.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(status.st_mtim.tv_nsec))
            found.append(Found(name: name, byteCount: Int64(status.st_size), usedAt: used))
        }
        return found
    }

    /// Of the file of a range.
    static func byteCount(of name: CacheName) -> Int64 {
        Int64(CachedRange.headByteCount(of: name.range.count)).addingSaturating(Int64(name.range.count))
    }

    /// How writing a file ended.
    enum Written {
        case whole
        /// Another thread has written it, or is about to.
        case present
        /// By the disk; nothing of it is there.
        case refused
    }

    /// - Parameter bytes: as long as the name's range.
    func write(_ name: CacheName, _ bytes: UnsafeRawBufferPointer) -> Written {
        let path = filePath(name)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno == EEXIST ? .present : .refused }
        let isWritten = CachedRange.head(name, bytes).withUnsafeBytes { Self.write(descriptor, $0) } && Self.write(descriptor, bytes)
        if close(descriptor) == 0, isWritten { return .whole }
        remove(name)
        return .refused
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Fills `target` from a place in the file.
    ///
    /// - Returns: false when that cannot be.
    func read(_ name: CacheName, at offset: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
        let descriptor = Glibc.open(filePath(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var done = 0
        while done < target.count {
            let count = pread(descriptor, target.baseAddress.map { $0 + done }, target.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Remembers beyond this process that it was used.
    func touch(_ name: CacheName) { utimensat(AT_FDCWD, filePath(name), nil, 0) }

    func remove(_ name: CacheName) { _ = FileRemoval.remove(filePath(name), .temporary) }
}
