import ColumnStore
import Glibc
import Synchronization

/// DATA/lost+found: files that nothing names and that no proof lets go. Nothing here is ever read or removed by the store.
///
/// Each process puts what it finds into a directory of its own, under the path that it had in DATA: `lost+found/20261121T093000Z-5f0c/hot/…`.
/// What lay elsewhere is under `outside` there.
final class LostAndFound: Sendable {
    private let directory: String
    let calls: any FileSystemCalls
    /// Where this process puts things; nil before the first.
    private let place = Mutex<String?>(nil)
    /// `limits.min_free`, in bytes.
    private let leastBytes: Int64
    private let objects = Mutex(Objects())

    private struct Objects {
        /// Copies whose objects could not be removed, by the objects' places.
        var copies: [String: Copy] = [:]
        /// It was said that there is no room for more.
        var isRoomTold = false
    }

    /// What was copied, and to which name.
    private struct Copy {
        let name: String
        let sha256: [UInt8]
    }

    /// Below DATA. A file system may have a directory of that name of its own, which is its administrator's.
    static let names = ["lost+found", "lost+found.till"]

    init(_ directory: DataDirectory, calls: any FileSystemCalls = LinuxFileSystem(), leastBytes: Int64 = 0) {
        self.directory = directory.path
        self.calls = calls
        self.leastBytes = leastBytes
    }

    /// Of files that lie on a file system of their own, as a warehouse on another disk does: they stay there under a name that nothing reads.
    private static let suffix = ".lost"

    /// Moves a file there, durably. One that is not there counts as put aside.
    ///
    /// Renamed, not copied: a file is in one of the two places whatever happens, and both directories are synced.
    ///
    /// - Throws: `DataDirectory.Failure.io`; the file is then where it was.
    func take(_ path: String, reason: String) throws { try take(path, parts: [""], reason) }

    /// As above, of a database that nobody has open, with its log: the file goes first. A log without its file is opened by nobody and can follow later; a file without its log would be taken for all
    /// that there was. So a call that was cut off is made again.
    ///
    /// - Parameter logFirst: it means another thing without its log, so that the log goes first.
    func takeDatabase(_ path: String, logFirst: Bool = false, reason: String) throws {
        try take(path, parts: logFirst ? ["-wal", "-shm", ""] : ["", "-wal", "-shm", "-journal"], reason)
    }

    /// As above, of an object. One that is no file is copied there, and goes when the copy is durable.
    ///
    /// - Parameter mayStay: it is in nobody's way: where the disk would be full soon with it (`DiskRoom`), it stays where it is.
    func take(_ key: String, of storage: any ObjectStorage, mayStay: Bool = false, reason: String) throws {
        if let files = storage as? any FileStorage { return try take(files.path(of: key), reason: reason) }
        guard let byteCount = try storage.byteCount(of: key) else { return }
        let object = storage.place(of: key)
        do {
            // One that could not be removed comes again and again, and is not copied as often.
            var known = objects.withLock { $0.copies[object] }
            if let former = known, try !isCopy(former, of: key, byteCount, storage) { known = nil }
            if known == nil, mayStay, !hasRoom(for: byteCount) { return tellOfRoom(object, byteCount) }
            let target = try LocalStorageFactory.files(try folder())
            guard let made = try known ?? copy(key, byteCount, of: storage, to: target, mayStay: mayStay) else { return tellOfRoom(object, byteCount) }
            objects.withLock { $0.copies[object] = made }
            try storage.delete(key, .named("a copy of it was put aside: \(target.path(of: made.name))"))
            objects.withLock { $0.copies[object] = nil }
            StoreLog.note("put an object aside", path: object, reason: "\(reason); it is now \(target.path(of: made.name))", level: .warning)
        } catch let fault as FileSystemFault {
            throw DataDirectory.Failure.io(operation: "put aside, \(fault.operation)", path: object, code: fault.code)
        }
    }

    /// - Returns: nil where others have taken the room for it meanwhile.
    private func copy(_ key: String, _ byteCount: Int64, of storage: any ObjectStorage, to target: any FileStorage, mayStay: Bool) throws -> Copy? {
        // Tables have objects of one name.
        let name = try target.byteCount(of: key) == nil ? key : "\(key).\(Self.mark)"
        let sink = try target.create(name)
        var hasher = SHA256()
        var offset: Int64 = 0
        while offset < byteCount {
            if mayStay, !hasRoom(for: byteCount.subtractingSaturating(offset)) {
                sink.abandon()
                return nil
            }
            let end = min(byteCount, offset.addingSaturating(4 << 20))
            let bytes = try storage.get(key, range: offset..<end)
            hasher.update(bytes.span.bytes)
            try sink.write(bytes)
            offset = end
        }
        try sink.commit()
        return Copy(name: name, sha256: hasher.finalize())
    }

    /// Whether this process has put aside what the object has now. Whoever looks after the directory may have taken it away since.
    private func isCopy(_ copy: Copy, of key: String, _ byteCount: Int64, _ storage: any ObjectStorage) throws -> Bool {
        guard try LocalStorageFactory.files(try folder()).byteCount(of: copy.name) == byteCount else { return false }
        return try storage.digest(of: key).sha256 == copy.sha256
    }

    private func hasRoom(for byteCount: Int64) -> Bool {
        guard let free = DataDirectory.freeBytes(directory) else { return true }
        return !DiskRoom.isFullSoon(free: free.subtractingSaturating(byteCount), least: leastBytes)
    }

    /// Once: it is asked again with each compaction, of each object.
    private func tellOfRoom(_ object: String, _ byteCount: Int64) {
        let isNew = objects.withLock { objects in
            defer { objects.isRoomTold = true }
            return !objects.isRoomTold
        }
        guard isNew else { return }
        StoreLog.note(
            "an object stays where it is", path: object,
            reason: "nothing names it, and with a copy of its \(byteCount >> 10) KiB in \(Self.names[0]) the disk would be full soon; others like it stay, too", level: .warning)
    }

    /// - Parameter parts: of the files that go under one name, what stands behind it: a log stays beside its database.
    private func take(_ path: String, parts: [String], _ reason: String) throws {
        let present = parts.filter { Self.isThere(path + $0) && !(path + $0).hasSuffix(Self.suffix) }
        guard !present.isEmpty else { return }
        do {
            var name = try folder() + "/" + relative(path)
            // What was put aside may come again under its name, and a rename would replace what is there.
            if present.contains(where: { Self.isThere(name + $0) }) { name += "." + Self.mark }
            try makeParents(of: name)
            for part in present { try move(path + part, to: name + part, reason) }
        } catch {
            throw DataDirectory.Failure.io(operation: "put aside, \(error.operation)", path: path, code: error.code)
        }
    }

    private func move(_ path: String, to place: String, _ reason: String) throws(FileSystemFault) {
        var target = place
        do { try calls.rename(path, target) } catch {
            guard error.code == EXDEV else { throw error }
            target = "\(path).\(Self.mark)\(Self.suffix)"
            try calls.rename(path, target)
        }
        try calls.synchronizeDirectory(Self.parent(target))
        try calls.synchronizeDirectory(Self.parent(path))
        StoreLog.note("put a file aside", path: path, reason: "\(reason); it is now \(target)", level: .warning)
    }

    /// Of what does not lie below DATA all of the path: tables have files of one name.
    private func relative(_ path: String) -> String {
        let prefix = directory + "/"
        if path.hasPrefix(prefix) { return String(path.dropFirst(prefix.count)) }
        return (["outside"] + path.split(separator: "/").filter { $0 != "." && $0 != ".." }.map { String($0) }).joined(separator: "/")
    }

    /// Also a link that leads nowhere.
    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static var mark: String { String(UInt32.random(in: 0...UInt32.max), radix: 16) }

    /// This process's own, made with the first thing that is put there.
    private func folder() throws(FileSystemFault) -> String {
        try place.withLock { (place) throws(FileSystemFault) in
            if let place { return place }
            let new = try begin()
            place = new
            return new
        }
    }

    /// A directory with the time and a mark of its own, so that two processes, or two starts within a second, have two.
    private func begin() throws(FileSystemFault) -> String {
        var time = time(nil)
        var parts = tm()
        gmtime_r(&time, &parts)
        func digits(_ value: Int32, _ count: Int = 2) -> String { String(String(Int(value) + 100_000).suffix(count)) }
        let name = digits(parts.tm_year + 1_900, 4) + digits(parts.tm_mon + 1) + digits(parts.tm_mday) + "T" + digits(parts.tm_hour)
            + digits(parts.tm_min) + digits(parts.tm_sec) + "Z-" + Self.mark
        var failure = FileSystemFault(operation: "mkdir", code: EACCES)
        for top in Self.names {
            let place = "\(directory)/\(top)/\(name)"
            do {
                try calls.makeDirectory("\(directory)/\(top)")
                try calls.makeDirectory(place)
                try calls.synchronizeDirectory("\(directory)/\(top)")
                try calls.synchronizeDirectory(directory)
                return place
            } catch {
                guard error.code == EACCES || error.code == EPERM else { throw error }
                failure = error
            }
        }
        throw failure
    }

    /// Each is synced into the one above before the next is made.
    private func makeParents(of path: String) throws(FileSystemFault) {
        var missing: [String] = []
        var parent = Self.parent(path)
        while access(parent, F_OK) != 0 {
            missing.append(parent)
            parent = Self.parent(parent)
        }
        for path in missing.reversed() {
            try calls.makeDirectory(path)
            try calls.synchronizeDirectory(Self.parent(path))
        }
    }

    private static func parent(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/" }
}
