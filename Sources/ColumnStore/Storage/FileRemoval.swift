internal import CLinux
internal import Glibc
internal import Synchronization

/// Removes files in a way that syncs of other files beside it hardly notice.
///
/// A file system that tells its disk which blocks are free (ext4's `discard`) does so as it commits its journal, and whoever syncs
/// meanwhile waits for all of it: some 60 ms for half a gigabyte, 4 ms for 16 MiB (`docs/decisions/0017-latency.md`). So a large file loses its name
/// at once and its space step by step, each made durable before the next, with pauses between, on a thread of its own. That is for files that
/// were synced: of others a sync would first write what nobody will read.
package enum FileRemoval {
    /// What is given back at a time.
    static let stepByteCount = 16 << 20
    /// For what others want of the disk: a gigabyte takes two seconds.
    private static let pauseMicroseconds: UInt32 = 20_000
    /// Files without a name, open for writing, whose space is to come back, and whether a thread is at it.
    private static let waiting = Mutex((descriptors: [Int32](), isAtWork: false))
    /// Each keeps a descriptor: what comes on top gives its space back at once.
    static let waitingCountMax = 64

    /// Takes away a name and, if it was the file's last, its space. The one place where files of a store end, but for what SQLite does with
    /// its own logs; what went is in the log, with its reason.
    ///
    /// - Returns: the system's code; 0 when the name is gone. Space that is not free by then comes back soon, or when the process ends.
    package static func remove(_ path: String, _ proof: RemovalProof) -> Int32 {
        var status = stat()
        let isLarge = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size > stepByteCount && status.st_nlink == 1
        let descriptor = isLarge ? open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1
        guard unlink(path) == 0 else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            return code
        }
        if descriptor >= 0 { release(descriptor) }
        if proof != .temporary { StoreLog.note("removed a file", path: path, reason: proof.description) }
        return 0
    }

    /// Closes a file that is open for writing and has no name, when one thread for all of them has given its space back.
    private static func release(_ descriptor: Int32) {
        let (isTaken, begins) = waiting.withLock { waiting in
            guard waiting.descriptors.count < waitingCountMax else { return (false, false) }
            waiting.descriptors.append(descriptor)
            defer { waiting.isAtWork = true }
            return (true, !waiting.isAtWork)
        }
        if !isTaken { close(descriptor) }
        guard begins else { return }
        let isBegun = WorkerThread.start(name: "remover") {
            WorkerThread.lowerPriority()
            while let next = next() {
                shorten(next)
                close(next)
            }
        }
        // All at once instead of little by little.
        if !isBegun { while let next = next() { close(next) } }
    }

    private static func next() -> Int32? {
        waiting.withLock { waiting in
            guard waiting.descriptors.isEmpty else { return waiting.descriptors.removeFirst() }
            waiting.isAtWork = false
            return nil
        }
    }

    /// Nothing here may fail for good: what is left goes when the file is closed.
    static func shorten(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        // A reader that has the file open still reads it: a file without a name stays whole for it. The system grants this lease only where there is
        // nobody else.
        guard till_take_write_lease(descriptor) == 0 else { return }
        var end = Int64(status.st_size)
        while end > 0 {
            end = max(0, end - Int64(stepByteCount))
            guard ftruncate(descriptor, off_t(end)) == 0, fsync(descriptor) == 0 else { return }
            usleep(pauseMicroseconds)
        }
    }
}
