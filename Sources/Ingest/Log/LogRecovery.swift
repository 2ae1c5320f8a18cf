import ColumnStore
import Glibc

/// Finds out where the log of a store goes on, before its files are changed.
///
/// 1. The note (`LogState`) says what lies at the log's place; spools say what came after, entry by entry.
/// 2. Where the spools cannot be trusted to tell everything, the next start begins an epoch, which owes a checkpoint: files were changed past the log, the
///    machine was started anew without a clean end, a number is in no spool, or a spool is damaged or cannot be read: what stood behind that nobody knows.
/// 3. Of each file the last entry alone may be without its commit: a writer begins a commit once the one before is done. What makes a hot file is not asked: it may be of one that had this name before, and
///    be at the log's place by now; and a file of which it is the last has no row, goes, and is begun anew.
struct LogRecovery {
    /// nil: this store has had none.
    let state: LogState?
    /// Whether the spools tell all that the files have.
    let isWhole: Bool
    /// Whether the log has a checkpoint that the epoch's records go on from, as far as this store has noted.
    let hasCheckpoint: Bool
    /// Spools of the process before, by their first numbers.
    ///
    /// They hold what is to be sent first, in the order of these numbers.
    let spools: [Int64]
    /// The number of the store's next commit: behind all that note and spools have.
    let next: Int64
    /// Of the last commit; of what lies at the log's place the note tells it, since its spools are gone.
    let time: Int64
    /// Commits that were begun and never came to be.
    let withdrawn: Set<Int64>

    /// - Parameters:
    ///   - directory: of the store, which this process has.
    ///   - notes: whether what is found out about commits is written into the spools.
    init(directory: String, store: String, notes: Bool = true) throws {
        let folder = "\(directory)/\(LogState.folder)"
        let state = try LogState.read(directory).flatMap { $0.store == store ? $0 : nil }
        self.state = state
        let names = access(folder, F_OK) == 0 ? try DataDirectory.names(in: folder) : []
        let found = names.compactMap(LogSpool.first).sorted()
        var (next, time) = ((state?.last ?? 0) + 1, state?.time ?? 0)
        var latest: [String: (spool: Int64, entry: LogSpool.Entry)] = [:]
        var withdrawn: Set<Int64> = []
        var (isConnected, isFenced, isDamaged) = (true, false, false)
        for first in found {
            let path = "\(folder)/\(LogSpool.name(first))"
            let bytes: [UInt8]
            // No later start would read more of it, and none would come further.
            do { bytes = try Self.bytes(path) } catch DataDirectory.Failure.io(operation: _, path: _, code: let code) where [ENOENT, EIO].contains(code) {
                StoreLog.note("a spool of the log cannot be read: the log begins an epoch, with a checkpoint", path: path, reason: String(cString: strerror(code)), level: .warning)
                (isConnected, isDamaged) = (false, true)
                continue
            }
            let entries = LogSpool.read(bytes)
            if LogSpool.isDamaged(bytes, behind: entries) {
                StoreLog.note("a spool of the log is damaged: the log begins an epoch, with a checkpoint", path: path, reason: "what stands behind its first \(entries.count) entries is not as it was written", level: .warning)
                (isConnected, isDamaged) = (false, true)
            }
            for entry in entries {
                time = max(time, entry.time)
                // Of what came to nothing, too, which may be in no spool otherwise: a commit with its number would pass for it.
                if entry.sequence > next { isConnected = false }
                next = max(next, entry.sequence + 1)
                guard let kind = entry.kind else {
                    withdrawn.insert(entry.sequence)
                    continue
                }
                // What was changed past the log needs a checkpoint, also where the note does not say so yet.
                if kind == .fence, entry.sequence > state?.last ?? 0 { isFenced = true }
                if kind != .fence, let payload = LogPayload(Array(entry.payload)) { latest[payload.file] = (first, entry) }
            }
        }
        // Before an epoch is begun this process may be killed, too, and the next one may find nothing wrong: a disk gives what it did not, and what is withdrawn below is written over what is damaged.
        if notes, isDamaged { try LogMark.noteBroken(directory) }
        (spools, self.next, self.time) = (found, next, time)
        // What a process wrote without a sync is there as long as the machine runs: the boot's id tells. An id that nobody knows is never the same.
        let isSameBoot = state?.boot == MachineStart.id && !MachineStart.id.isEmpty
        isWhole = state.map { !$0.isBroken && ($0.isClean || isSameBoot) && isConnected } ?? false
        hasCheckpoint = isWhole && state?.hasCheckpoint == true && !isFenced
        for (file, last) in latest where !withdrawn.contains(last.entry.sequence) && state?.isClean != true {
            // Killed between the two, perhaps: the spool has it, and the file may not.
            guard let payload = LogPayload(Array(last.entry.payload)), !Self.makesHotFile(payload), try !ChangeCheck.isMade(payload.changes, in: "\(directory)/\(file)") else { continue }
            withdrawn.insert(last.entry.sequence)
            if notes { try Self.withdraw(last.entry, at: "\(folder)/\(LogSpool.name(last.spool))") }
        }
        self.withdrawn = withdrawn
    }

    /// Whether a hot file without any table gets its first by it.
    private static func makesHotFile(_ payload: LogPayload) -> Bool {
        guard payload.file.hasPrefix("hot/") else { return false }
        var reader = ChangeReader(payload.changes)
        while let change = try? reader.next() { if case .schema(_, isNew: true, version: _) = change { return true } }
        return false
    }

    /// A whole spool, in memory.
    ///
    /// - Throws: `DataDirectory.Failure`.
    static func bytes(_ path: String) throws -> [UInt8] {
        guard let descriptor = Optional(open(path, O_RDONLY | O_CLOEXEC)), descriptor >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw DataDirectory.Failure.io(operation: "fstat", path: path, code: errno) }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { target, count in
            while count < target.count {
                let done = pread(descriptor, target.baseAddress.map { $0 + count }, target.count - count, off_t(count))
                if done < 0, errno == EINTR { continue }
                if done < 0 { failure = errno }
                if done <= 0 { break }
                count += done
            }
        }
        guard failure == 0 else { throw DataDirectory.Failure.io(operation: "read", path: path, code: failure) }
        return bytes
    }

    /// Behind the last whole entry of the spool.
    private static func withdraw(_ entry: LogSpool.Entry, at path: String) throws {
        let end = LogSpool.read(try bytes(path)).last.map { $0.payload.endIndex + 8 } ?? 0
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let parts = LogSpool.frame(sequence: entry.sequence, time: entry.time, kind: LogSpool.withdrawn, [], nothing)
        guard LogSpool.append(descriptor, at: Int64(end), parts, nothing) != nil else { throw DataDirectory.Failure.io(operation: "write", path: path, code: errno) }
    }
}
