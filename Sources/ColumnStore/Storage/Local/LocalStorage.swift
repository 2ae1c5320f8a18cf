import Glibc
import Synchronization

/// Objects as files below one directory.
///
/// A new object is written aside as `<key>.<n>.tmp`, synced, linked in under its key without replacing, and the directory is
/// synced: killed at any instant, the key is free or holds the whole object. Names that end in `.tmp` are never read.
///
/// 1. A key is never given to a second object but by `put`, which replaces by `rename`: a reader has the old one or the new one whole.
/// 2. What a call has returned from survives a power cut: the file is synced before it gets its name, the directory after.
/// 3. Any thread may call, and other processes may use the same directory: `link` fails for whoever is second.
public final class LocalStorage: ObjectStorage {
    /// Absolute, without a slash at its end.
    public let root: String
    let calls: any FileSystemCalls
    /// Directories known to be there and durable, so that each is made and synced once.
    private let directories = Mutex<Set<String>>([])
    /// With `mark`, which is drawn for each process, the names of files in the making.
    private let temporaryCount = Atomic<UInt64>(0)
    private let mark = UInt64.random(in: 0...UInt64.max)

    /// - Parameter root: absolute or relative to the working directory; made on first use.
    public init(root: String, calls: any FileSystemCalls = LinuxFileSystem()) throws(ColumnStoreError) {
        var absolute = root
        if !root.hasPrefix("/") {
            guard let working = getcwd(nil, 0) else {
                throw ColumnStoreError.system("getcwd", key: root)
            }
            defer { free(working) }
            absolute = String(cString: working) + "/" + root
        }
        self.root = Self.normalised(absolute)
        self.calls = calls
    }

    /// Without `.`, `..`, doubled slashes and a slash at the end: the path is written into files that live for decades.
    private static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    public func location(of key: String) -> String {
        "file://\(root)/\(key)"
    }

    public func key(ofLocation location: String) -> String? {
        // Asked of each file of a table, and there may be a hundred thousand: byte by byte, since characters are compared at a microsecond each.
        var path = location.utf8[...]
        if path.starts(with: "file://".utf8) {
            path = path.dropFirst(7)
        } else if path.starts(with: "file:".utf8) {
            path = path.dropFirst(5)
        }
        let prefix = (root == "/" ? "/" : root + "/").utf8
        guard path.starts(with: prefix) else { return nil }
        return String(path.dropFirst(prefix.count))
    }

    package func path(of key: String) -> String {
        "\(root)/\(key)"
    }

    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        let sink = try LocalObjectSink(storage: self, key: key, replacing: false)
        try sink.write(bytes)
        try sink.commit()
    }

    public func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        let sink = try LocalObjectSink(storage: self, key: key, replacing: true)
        try sink.write(bytes)
        try sink.commit()
    }

    public func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink {
        try LocalObjectSink(storage: self, key: key, replacing: false)
    }

    /// A file that is open stays readable until it is closed (`FileRemoval`).
    public func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        do {
            try calls.unlink(path(of: key), proof)
            try calls.synchronizeDirectory(Self.parent(of: path(of: key)))
        } catch {
            if error.code == ENOENT { return }
            throw ColumnStoreError(error, key: key)
        }
    }

    /// Makes the directories above a file that another library writes by itself.
    public func prepare(_ key: String) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        do { try makeParents(of: path(of: key)) } catch { throw ColumnStoreError(error, key: key) }
    }

    /// Makes a file durable that another library has written.
    public func synchronize(_ key: String) throws(ColumnStoreError) {
        let descriptor = Glibc.open(path(of: key), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ColumnStoreError.system("open", key: key) }
        defer { calls.close(descriptor) }
        do {
            try calls.synchronize(descriptor)
            try calls.synchronizeDirectory(Self.parent(of: path(of: key)))
        } catch { throw ColumnStoreError(error, key: key) }
    }

    /// A name for a file in the making that no other writer uses, nor has used: a crash leaves such files behind, and in a container the
    /// process that comes after it has the same number.
    func temporaryPath(for key: String) -> String {
        let number = temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(path(of: key)).\(String(mark, radix: 16))-\(number).tmp"
    }

    /// Makes the directories above `path`, each durable in its parent.
    ///
    /// - Complexity: one look into a set where the directory is known, else a call or two for each part of the path.
    func makeParents(of path: String) throws(FileSystemFault) {
        let directory = Self.parent(of: path)
        if directories.withLock({ $0.contains(directory) }) { return }
        var missing: [String] = []
        var ancestor = directory
        while ancestor != "/", !Self.isDirectory(ancestor) {
            missing.append(ancestor)
            ancestor = Self.parent(of: ancestor)
        }
        // From the outermost on: a directory that is durable within one that is not would be lost with it.
        for path in missing.reversed() {
            try calls.makeDirectory(path)
            try calls.synchronizeDirectory(Self.parent(of: path))
        }
        directories.withLock { _ = $0.insert(directory) }
    }

    /// All before the last slash; of what lies in the root, and of the root itself, `/`.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
    }
}

/// A file in the making. See `LocalStorage` for the order of steps.
private final class LocalObjectSink: ObjectSink {
    private let storage: LocalStorage
    private let key: String
    private let replacing: Bool
    private let temporaryPath: String
    /// Nil once committed or abandoned.
    private var descriptor: Int32?
    /// Small writes gathered to one call.
    private var buffer: [UInt8] = []
    private var unsyncedByteCount = 0
    private static let bufferByteCount = 1 << 18
    /// A large file is synced as it grows: one sync of half a gigabyte at its end would hold up the small syncs of others, on which
    /// acknowledgements wait. They wait 18 ms beside steps of 32 MiB, 4 beside these, and a gigabyte takes as long either way.
    private static let unsyncedByteCountMax = 4 << 20

    init(storage: LocalStorage, key: String, replacing: Bool) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        self.storage = storage
        self.key = key
        self.replacing = replacing
        temporaryPath = storage.temporaryPath(for: key)
        do {
            try storage.makeParents(of: temporaryPath)
            descriptor = try storage.calls.create(temporaryPath)
        } catch {
            throw ColumnStoreError(error, key: key)
        }
    }

    deinit { abandon() }

    func write(_ bytes: RawSpan) throws(ColumnStoreError) {
        guard let descriptor else { throw ColumnStoreError(.invalidRequest, path: key, "write after the end") }
        do {
            if buffer.count + bytes.byteCount <= Self.bufferByteCount {
                bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
                return
            }
            try flush(descriptor)
            if bytes.byteCount >= Self.bufferByteCount {
                try append(descriptor, bytes)
            } else {
                bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
            }
        } catch {
            abandon()
            throw ColumnStoreError(error, key: key)
        }
    }

    /// The steps of `LocalStorage`: the rest is written, the file synced, named, and the directory synced.
    func commit() throws(ColumnStoreError) {
        guard let descriptor else { throw ColumnStoreError(.invalidRequest, path: key, "commit after the end") }
        let calls = storage.calls
        let target = storage.path(of: key)
        do {
            try flush(descriptor)
            try calls.synchronize(descriptor)
            if replacing {
                try calls.rename(temporaryPath, target)
            } else {
                try calls.link(temporaryPath, target)
            }
        } catch {
            abandon()
            throw ColumnStoreError(error, key: key)
        }
        self.descriptor = nil
        // The name is taken: an error from here on leaves open whether that outlives a power cut.
        calls.close(descriptor)
        do {
            if !replacing { try calls.unlink(temporaryPath, .temporary) }
            try calls.synchronizeDirectory(LocalStorage.parent(of: target))
        } catch {
            throw ColumnStoreError(error, key: key)
        }
    }

    func abandon() {
        guard let descriptor else { return }
        self.descriptor = nil
        storage.calls.close(descriptor)
        do {
            try storage.calls.unlink(temporaryPath, .temporary)
        } catch {
            // The bytes are unreachable either way; the removal of orphans takes the file later.
        }
    }

    /// Writes what was gathered; the buffer keeps its memory.
    private func flush(_ descriptor: Int32) throws(FileSystemFault) {
        var full: [UInt8] = []
        swap(&full, &buffer)
        guard !full.isEmpty else { return }
        try append(descriptor, full.span.bytes)
        full.removeAll(keepingCapacity: true)
        swap(&full, &buffer)
    }

    /// Writes through, and syncs each time as much as `unsyncedByteCountMax` is on its way.
    private func append(_ descriptor: Int32, _ bytes: RawSpan) throws(FileSystemFault) {
        try storage.calls.write(descriptor, bytes)
        unsyncedByteCount += bytes.byteCount
        if unsyncedByteCount >= Self.unsyncedByteCountMax {
            try storage.calls.synchronize(descriptor)
            unsyncedByteCount = 0
        }
    }
}
