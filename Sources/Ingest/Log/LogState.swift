import ColumnStore
import Glibc

/// DATA/log/state: how far this store's log has come, so that the next start goes on where the last one ended.
struct LogState: Equatable {
    var store: String
    var epoch: Int64
    /// The last record that lies at the log's place.
    var last: Int64
    var hash: [UInt8]
    /// Of the machine's start: what was handed to it and not synced is there while it is the same.
    var boot: String
    /// Whether all that follows `last` is synced in the spools, and nothing came after.
    var isClean = false
    /// Whether the files were changed without the log.
    var isBroken = false

    static let folder = DataDirectory.logName

    static func path(_ directory: String) -> String { "\(directory)/\(folder)/state" }

    private var bytes: [UInt8] {
        Array("""
            till-log-state 1
            store \(store)
            epoch \(epoch)
            last \(last)
            hash \(Hexadecimal.text(hash))
            boot \(boot)
            clean \(isClean ? 1 : 0)
            \(LogMark.name) \(isBroken ? 1 : 0)

            """.utf8)
    }

    init(store: String, epoch: Int64, last: Int64, hash: [UInt8], boot: String = MachineStart.id) {
        (self.store, self.epoch, self.last, self.hash, self.boot) = (store, epoch, last, hash, boot)
    }

    /// - Returns: nil where there is none, or none that can be believed.
    static func read(_ directory: String) -> LogState? {
        guard let text = DataDirectory.text(path(directory)) else { return nil }
        let fields = LogFields(Array(text.utf8))
        guard fields.title == "till-log-state 1", let store = fields["store"], let epoch = fields.number("epoch"), let last = fields.number("last"),
            let hash = fields["hash"].flatMap(Hexadecimal.bytes), hash.count == SHA256.byteCount, let boot = fields["boot"]
        else { return nil }
        var state = LogState(store: store, epoch: epoch, last: last, hash: hash, boot: boot)
        (state.isClean, state.isBroken) = (fields["clean"] == "1", fields[LogMark.name] == "1")
        return state
    }

    /// Takes the place of the one before, whole and durable.
    func write(_ directory: String) throws {
        try DataDirectory.makeDirectories("\(directory)/\(Self.folder)")
        let storage = try LocalStorageFactory.files("\(directory)/\(Self.folder)")
        try storage.put("state", bytes)
    }
}
