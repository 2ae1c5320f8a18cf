import Glibc

/// A directory other than the store's own, which two processes may write to: one that stood still, and one that was restored from what lies there.
///
/// To read, to compare and to write are three steps, so they are taken under the lock of a file beside the object, `<key>.lock`: of two that swap what both have read, one is refused.
package struct LocalWarehouseRoot: WarehouseRoot {
    let path: String
    /// How long the lock is waited for, and how often it is asked for: whoever has it holds it for a write.
    private let patienceSeconds: Double
    private static let lookMilliseconds: Int32 = 5
    /// No table's name ends so.
    static let lockEnding = ".lock"

    package init(path: String, patienceSeconds: Double = 5) { (self.path, self.patienceSeconds) = (path, patienceSeconds) }

    private var storage: any FileStorage { get throws(ColumnStoreError) { try LocalStorageFactory.files(path) } }

    package func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? {
        do {
            let bytes = try storage.get(key, byteCountMax: 4_096)
            return (bytes, Hexadecimal.text(SHA256.hash(bytes)))
        } catch where error.code == .notFound { return nil }
    }

    package func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try storage.putIfAbsent(key, bytes) }

    package func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) {
        // Before the lock: a place that is not there is not made for it.
        guard try read(key) != nil else { throw replaced(key) }
        let lock = try locked(key)
        defer { close(lock) }
        guard try read(key)?.tag == tag else { throw replaced(key) }
        try storage.put(key, bytes)
    }

    private func replaced(_ key: String) -> ColumnStoreError { ColumnStoreError(.conflict, path: "\(path)/\(key)", "was replaced meanwhile") }

    /// The system lets the lock go with the descriptor, also where the process dies; of one that was stopped, or whose disk gives no answer, it does not.
    ///
    /// - Returns: the descriptor that has it, which the caller closes.
    /// - Throws: `.unavailable` where somebody has it for longer than a write takes.
    private func locked(_ key: String) throws(ColumnStoreError) -> Int32 {
        let name = "\(path)/\(key)\(Self.lockEnding)"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ColumnStoreError.system("open", key: name) }
        let deadline = SteadyClock.seconds() + patienceSeconds
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            guard code == EWOULDBLOCK, SteadyClock.seconds() < deadline else {
                close(descriptor)
                guard code == EWOULDBLOCK else { throw ColumnStoreError(.io, path: name, "lock failed with error \(code)", systemError: code) }
                throw ColumnStoreError(.unavailable, path: name, "another process has the lock and stands still: it may go on at any time, so end it first")
            }
            _ = poll(nil, 0, Self.lookMilliseconds)
        }
        return descriptor
    }

    package func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try storage.delete(key, proof) }

    package func isEmpty() throws(ColumnStoreError) -> Bool {
        var isEmpty = true
        // What a lock has left tells of nobody.
        if access(path, F_OK) == 0 { try storage.list(prefix: "") { if !$0.key.hasSuffix(Self.lockEnding) { isEmpty = false } } }
        return isEmpty
    }
}
