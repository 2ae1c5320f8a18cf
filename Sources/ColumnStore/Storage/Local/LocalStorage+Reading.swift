import Glibc

/// Reading: plain system calls, nothing kept between them. Descriptors are closed before a call returns, but for that of `open`, which lives as long as
/// what it gives.
extension LocalStorage {
    public func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        let descriptor = try openForReading(key)
        defer { _ = close(descriptor) }
        let byteCount = try Self.byteCount(descriptor, key: key)
        guard byteCount <= Int64(byteCountMax) else {
            throw ColumnStoreError(.overBudget, path: key, "\(byteCount) bytes, of which at most \(byteCountMax) are read")
        }
        return try Self.read(descriptor, from: 0, byteCount: Int(byteCount), key: key)
    }

    public func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] {
        let descriptor = try openForReading(key)
        defer { _ = close(descriptor) }
        // Asked before memory is taken: the range may come from a file that lies about its neighbour's size.
        let byteCount = try Self.byteCount(descriptor, key: key)
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ColumnStoreError.tooShort(key)
        }
        return try Self.read(descriptor, from: range.lowerBound, byteCount: range.count, key: key)
    }

    public func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes {
        try ObjectKey.check(key)
        return try LocalFileBytes(path: path(of: key))
    }

    public func byteCount(of key: String) throws(ColumnStoreError) -> Int64? {
        try ObjectKey.check(key)
        var status = stat()
        guard stat(path(of: key), &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw ColumnStoreError.system("stat", key: key)
        }
        return Int64(status.st_size)
    }

    /// Walks the directories without recursion, in the order in which the system gives names; links are not followed, and what is neither a file nor a
    /// directory is passed over. Files that are still being written (`.tmp`) are listed, too.
    public func list(
        prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) {
        // The deepest directory that holds every such key; the rest of the prefix filters names.
        let directory = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
        var pending = [directory]
        while let directory = pending.popLast() {
            try listDirectory(directory, prefix: prefix, into: &pending, body)
        }
    }

    private func listDirectory(
        _ directory: String, prefix: String, into pending: inout [String],
        _ body: (StoredObject) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) {
        let path = directory.isEmpty ? root : self.path(of: directory)
        guard let stream = opendir(path) else {
            if errno == ENOENT { return }
            throw ColumnStoreError.system("list", key: directory)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw ColumnStoreError.system("list", key: directory) }
                return
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let key = directory.isEmpty ? name : directory + "/" + name
            var status = stat()
            guard lstat(self.path(of: key), &status) == 0 else {
                if errno == ENOENT { continue }  // removed since
                throw ColumnStoreError.system("stat", key: key)
            }
            if (status.st_mode & S_IFMT) == S_IFDIR {
                // Only directories that can hold such keys: below the prefix, or on the way to it.
                if key.hasPrefix(prefix) || prefix.hasPrefix(key + "/") { pending.append(key) }
            } else if (status.st_mode & S_IFMT) == S_IFREG, key.hasPrefix(prefix) {
                let modified = Int64(status.st_mtim.tv_sec).multipliedSaturating(by: 1_000).addingSaturating(Int64(status.st_mtim.tv_nsec) / 1_000_000)
                try body(
                    StoredObject(key: key, byteCount: Int64(status.st_size), modifiedMilliseconds: modified))
            }
        }
    }

    /// - Throws: `.notFound`, `.io`; `.invalidRequest` for what is no key. The caller closes the descriptor.
    private func openForReading(_ key: String) throws(ColumnStoreError) -> Int32 {
        try ObjectKey.check(key)
        let descriptor = Glibc.open(path(of: key), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ColumnStoreError.system("open", key: key)
        }
        return descriptor
    }

    private static func byteCount(_ descriptor: Int32, key: String) throws(ColumnStoreError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ColumnStoreError.system("stat", key: key)
        }
        return Int64(status.st_size)
    }

    /// Exactly `byteCount` bytes from `offset` on.
    ///
    /// - Throws: `.corruptFile` when the file ends before them, `.io`.
    private static func read(
        _ descriptor: Int32, from offset: Int64, byteCount: Int, key: String
    ) throws(ColumnStoreError) -> [UInt8] {
        var failure: ColumnStoreError?
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            while initialized < byteCount {
                // Safe: the target starts inside the buffer, since initialized is below its count.
                let got = pread(
                    descriptor, buffer.baseAddress! + initialized, byteCount - initialized,
                    off_t(offset) + off_t(initialized))
                if got < 0 {
                    if errno == EINTR { continue }
                    failure = ColumnStoreError.system("read", key: key)
                    return
                }
                if got == 0 {
                    failure = ColumnStoreError.tooShort(key)
                    return
                }
                initialized += got
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
