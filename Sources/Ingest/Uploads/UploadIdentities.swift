import ColumnStore
import Glibc

/// Which documents of versioned tables a file has brought, and with which record first: an id that comes twice in one upload is a fault of the later one.
///
/// A file beside the upload's own, for as many ids as there may be. Nothing of it is synced: after a crash of the program alone it is as it was, and after
/// one of the machine it is made anew from the records before.
final class UploadIdentities {
    private let connection: SQLiteConnection
    private let path: String

    /// - Parameter wanted: records before are known in it; where they are not, it is made anew.
    /// - Returns: with whether it knows them.
    static func open(_ path: String, wanted position: Int64) throws -> (UploadIdentities, knows: Bool) {
        if position > 0, let known = try? UploadIdentities(path, mode: .readWrite), try known.connection.integer("PRAGMA user_version") == Int64(bootNumber) { return (known, true) }
        remove(path)
        let made = try UploadIdentities(path, mode: .create)
        try made.connection.execute("CREATE TABLE ids(key BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID; PRAGMA user_version = \(bootNumber)")
        return (made, position == 0)
    }

    private init(_ path: String, mode: SQLiteConnection.Mode) throws {
        self.path = path
        connection = try SQLiteConnection(path: path, mode: mode)
        try connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-4096")
    }

    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
            _ = FileRemoval.remove(path + suffix, .named("ids of an upload that are not needed any more"))
            SQLiteFileSystem.noteDeleted(path + suffix)
        }
    }

    func inTransaction<Result>(_ body: () throws -> Result) throws -> Result { try connection.transaction(body) }

    /// Notes which record brought an identity, unless one has.
    ///
    /// - Returns: the record that brought it first, which may be this one.
    func first(_ identity: ReceiptIdentity, record: Int) throws -> Int {
        let key = Self.key(identity)
        let insert = try connection.statement("INSERT OR IGNORE INTO ids(key, record) VALUES(?1, ?2)")
        try insert.bind(1, key)
        insert.bind(2, Int64(record))
        try insert.run()
        if connection.changeCount > 0 { return record }
        let select = try connection.statement("SELECT record FROM ids WHERE key = ?1")
        defer { select.reset() }
        try select.bind(1, key)
        return try select.step() ? Int(clamping: select.int64(0)) : record
    }

    /// 16 bytes: of a hundred million ids no two meet.
    private static func key(_ identity: ReceiptIdentity) -> [UInt8] {
        var text: [UInt8] = []
        for part in [Array(identity.table.utf8), identity.client, identity.receipt] {
            withUnsafeBytes(of: UInt32(clamping: part.count).littleEndian) { text.append(contentsOf: $0) }
            text += part
        }
        return Array(SHA256.hash(text).prefix(16))
    }

    /// Of the machine's present run.
    private static let bootNumber: Int32 = {
        let descriptor = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = descriptor < 0 ? 0 : bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if descriptor >= 0 { close(descriptor) }
        return SHA256.hash(Array(bytes.prefix(max(0, count)))).prefix(4).reduce(Int32(0)) { $0 << 8 | Int32($1) } & Int32.max | 1
    }()
}
