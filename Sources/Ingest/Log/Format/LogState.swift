import ColumnStore
import Glibc

/// DATA/log/state: how far this store's log has come, so that the next start goes on where the last one ended.
struct LogState: Equatable {
    var store: String
    var epoch: Int64
    /// The last record that lies at the log's place.
    var last: Int64
    var hash: [UInt8]
    /// Of the last record, in microseconds since 1970; 0 before the epoch's first, and where an earlier version has noted this.
    var time: Int64 = 0
    /// Of the machine's start: what was handed to it and not synced is there while it is the same.
    var boot: String
    /// Whether all that follows `last` is synced in the spools, and nothing came after.
    var isClean = false
    /// Whether the files were changed without the log.
    var isBroken = false
    /// Whether the epoch's records go on from a checkpoint that the log has: said only once it is there, so that a start after a crash knows what it owes.
    var hasCheckpoint = false
    /// Whether something was changed that no commit tells, and that no checkpoint has yet.
    var wantsCheckpoint = false
    /// The mark of the head with which this store is about to begin the next epoch: a crash, or an answer that was lost, leaves the head and not the note of it.
    var claiming: String?
    /// A restore has left this, and no server has written the log since.
    var isRestored = false

    static let folder = DataDirectory.logName

    static func path(_ directory: String) -> String { "\(directory)/\(folder)/state" }

    private var bytes: [UInt8] {
        Array("""
            till-log-state 1
            store \(store)
            epoch \(epoch)
            last \(last)
            hash \(Hexadecimal.text(hash))
            time \(time)
            boot \(boot)
            clean \(isClean ? 1 : 0)
            \(LogMark.name) \(isBroken ? 1 : 0)
            checkpoint \(hasCheckpoint ? 1 : 0)
            wanted \(wantsCheckpoint ? 1 : 0)
            restored \(isRestored ? 1 : 0)

            """.utf8) + Array((claiming.map { "claiming \($0)\n" } ?? "").utf8)
    }

    init(store: String, epoch: Int64, last: Int64, hash: [UInt8], boot: String = MachineStart.id) {
        (self.store, self.epoch, self.last, self.hash, self.boot) = (store, epoch, last, hash, boot)
    }

    /// What a restore leaves: the epoch that it has raised the log to, and a machine's start that is none, so that the first start begins an epoch of its own.
    static func restored(_ head: LogHead) -> LogState {
        var state = LogState(store: head.store, epoch: head.epoch, last: head.last, hash: head.hash, boot: "none")
        state.isRestored = true
        return state
    }

    /// - Returns: nil where there is none, or none that can be believed.
    /// - Throws: `DataDirectory.Failure` where the disk does not give it: a store that has noted nothing takes over a log that has gone on without it.
    static func read(_ directory: String) throws -> LogState? {
        guard let text = try DataDirectory.textIfThere(path(directory)) else { return nil }
        let fields = LogFields(Array(text.utf8))
        guard fields.title == "till-log-state 1", let store = fields["store"], let epoch = fields.number("epoch"), let last = fields.number("last"),
            let hash = fields["hash"].flatMap(Hexadecimal.bytes), hash.count == SHA256.byteCount, let boot = fields["boot"]
        else { return nil }
        var state = LogState(store: store, epoch: epoch, last: last, hash: hash, boot: boot)
        state.time = fields.number("time") ?? 0
        (state.isClean, state.isBroken) = (fields["clean"] == "1", fields[LogMark.name] == "1")
        (state.hasCheckpoint, state.wantsCheckpoint) = (fields["checkpoint"] == "1", fields["wanted"] == "1")
        (state.isRestored, state.claiming) = (fields["restored"] == "1", fields["claiming"])
        return state
    }

    /// Takes the place of the one before, whole and durable.
    ///
    /// The file is small and is written with each segment; `LogMark` changes its one byte in place where a disk has no room for more.
    func write(_ directory: String) throws {
        try DataDirectory.makeDirectories("\(directory)/\(Self.folder)")
        let storage = try LocalStorageFactory.files("\(directory)/\(Self.folder)")
        try storage.put("state", bytes)
    }
}
