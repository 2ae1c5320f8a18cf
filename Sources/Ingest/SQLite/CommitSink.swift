import Synchronization

/// Where the commits of a store's files go beside the files themselves.
///
/// Called on the threads of writers, within SQLite's own commit.
package protocol CommitSink: AnyObject, Sendable {
    /// How much one commit may change, in `ChangeWriter`'s bytes: one with more is refused, and undone.
    var byteCountMax: Int { get }

    /// What a file is called there; nil for one whose commits it does not want.
    func name(of path: String) -> String?

    /// A transaction is about to be made durable, by a thread that has the file's write lock: commits of one file come in their order, and whatever
    /// follows from one comes after it.
    ///
    /// - Parameter changes: `ChangeWriter`'s bytes, lent.
    /// - Returns: the commit's number.
    func prepare(_ file: String, _ changes: UnsafeRawBufferPointer) -> Int64

    /// It is durable, or will never be.
    func resolve(_ number: Int64, isCommitted: Bool)

    /// A commit failed behind its last write (`SQLiteError.leavesDoubt`), which SQLite reports as one that came to nothing: the next one to open the file may find it there all the same.
    func doubt(_ file: String)

    /// Changes were made to a file that its commits do not tell.
    func lose(_ file: String, reason: String)
}

extension CommitSink {
    package var byteCountMax: Int { .max }
}

/// Which directory's commits go where. Connections ask once, as they open a file for writing: so no writer needs to know of it.
package enum CommitSinks {
    private struct Entry {
        let root: String
        weak var sink: (any CommitSink)?
    }
    private static let isUsed = Atomic<Bool>(false)
    private static let entries = Mutex<[Entry]>([])

    /// - Parameter root: absolute, without a slash at its end. Ends with the sink.
    package static func add(_ sink: any CommitSink, root: String) {
        entries.withLock { entries in
            entries.removeAll { $0.sink == nil || $0.root == root }
            entries.append(Entry(root: root, sink: sink))
        }
        isUsed.store(true, ordering: .sequentiallyConsistent)
    }

    package static func remove(root: String) {
        entries.withLock { entries in entries.removeAll { $0.sink == nil || $0.root == root } }
    }

    static func capture(_ path: String) -> CommitCapture? {
        guard isUsed.load(ordering: .acquiring) else { return nil }
        let entry = entries.withLock { $0.first { path.hasPrefix($0.root + "/") } }
        guard let sink = entry?.sink, let name = sink.name(of: path) else { return nil }
        return CommitCapture(sink, file: name)
    }
}
