import ColumnStore
import Glibc
import Synchronization

/// The object `store` above a warehouse that others may reach too: which store has it, and which start of that store was the last.
///
/// Two stores below one prefix would put each other's files aside; two starts of one store, from a copy of its directory, would remove each other's.
/// A start takes the object over by a swap, so that the one before is known to have been left behind.
struct WarehouseOwner: Equatable, Sendable {
    /// The store's id.
    var store: String
    /// Of its catalog, at that start.
    var generation: Int64
    /// Drawn at each start.
    var mark: String
    /// For people.
    var host: String

    static let key = WarehouseKey.owner

    var bytes: [UInt8] { Array("till-warehouse 1\nstore \(store)\ngeneration \(generation)\nmark \(mark)\nhost \(host)\n".utf8) }

    init(store: String, generation: Int64, mark: String = Hexadecimal.text((0..<16).map { _ in .random(in: 0...255) }), host: String = Self.thisHost) {
        (self.store, self.generation, self.mark, self.host) = (store, generation, mark, host)
    }

    /// - Throws: `.corruptFile` for what no store has written.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
        func value(_ name: String) -> String? { lines.first { $0.count == 2 && $0[0] == name }?[1] }
        guard lines.first == ["till-warehouse", "1"], let store = value("store"), let generation = value("generation").flatMap({ Int64($0) }), let mark = value("mark")
        else { throw ColumnStoreError(.corruptFile, path: path, "does not say whose warehouse this is: is it one of a later version of till, or none?") }
        self.init(store: store, generation: generation, mark: mark, host: value("host") ?? "?")
    }

    private static var thisHost: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "?" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// - Returns: nil where no store has the place.
    static func read(_ storages: any StorageFactory) throws(ColumnStoreError) -> (owner: WarehouseOwner, tag: String)? {
        guard let root = storages.root, let found = try root.read(key) else { return nil }
        return (try WarehouseOwner(parsing: found.bytes, path: "\(storages.location ?? "")/\(key)"), found.tag)
    }
}

/// That this process has the warehouse: asked before anything in it is changed or removed.
final class WarehouseClaim: Sendable {
    private let storages: any StorageFactory
    private let own: WarehouseOwner
    private struct Seen {
        /// When it was last seen to be ours, by the steady clock.
        var at: UInt64 = 0
        /// Why it is not ours any more.
        var loss: String?
    }
    private let seen = Mutex(Seen())

    /// Why nothing in the warehouse is changed from here any more; nil while it is ours, as far as is known.
    var loss: String? { seen.withLock { $0.loss } }

    /// One request of a few hundred bytes now and then.
    private static let holdsNanoseconds: UInt64 = 5_000_000_000

    /// Takes the place over from this store's start before.
    ///
    /// - Parameter isOwn: whether the catalog has tables there, whose metadata is proven to be its own: then the place may lack the object that says so.
    /// - Returns: nil where nobody else can be.
    /// - Throws: `DataDirectory.Failure.warehouseTaken`.
    static func take(_ storages: any StorageFactory, store: String, generation: Int64, isOwn: Bool = false) throws -> WarehouseClaim? {
        guard let root = storages.root, let location = storages.location else { return nil }
        let own = WarehouseOwner(store: store, generation: generation)
        for attempt in 0... {
            do {
                if let (owner, tag) = try WarehouseOwner.read(storages) {
                    guard owner.store == store, owner.generation <= generation else {
                        throw DataDirectory.Failure.warehouseTaken(location: location, by: owner.store, own: store, host: owner.host)
                    }
                    try root.swap(WarehouseOwner.key, own.bytes, ifStill: tag)
                } else {
                    guard try isOwn || root.isEmpty() else { throw DataDirectory.Failure.warehouseForeign(location: location) }
                    try root.create(WarehouseOwner.key, own.bytes)
                    if isOwn { StoreLog.note("made the object that says whose the warehouse is anew", path: "\(location)/\(WarehouseOwner.key)", reason: "it was gone", level: .warning) }
                }
                break
            } catch let error as ColumnStoreError where error.code == .conflict && attempt < 3 {
                // Somebody else was as quick: who it is tells the next look.
            }
        }
        return WarehouseClaim(storages, own)
    }

    /// Takes a place that nobody has, also not a start of the same store: what is restored goes to an empty one.
    ///
    /// - Parameter own: drawn by the caller, who may find out by it later whether the place is still its own.
    /// - Throws: `DataDirectory.Failure.warehouseTaken` where somebody else was as quick; what the storage throws, and then it may be taken or not.
    static func takeEmpty(_ storages: any StorageFactory, _ own: WarehouseOwner) throws {
        guard let root = storages.root, let location = storages.location else { return }
        do throws(ColumnStoreError) { try root.create(WarehouseOwner.key, own.bytes) } catch {
            guard error.code == .conflict else { throw error }
            // This very call's, of which an earlier answer was lost, or somebody else's.
            guard let found = try WarehouseOwner.read(storages)?.owner else { throw error }
            guard found == own else { throw DataDirectory.Failure.warehouseTaken(location: location, by: found.store, own: own.store, host: found.host) }
        }
    }

    private init(_ storages: any StorageFactory, _ own: WarehouseOwner) { (self.storages, self.own) = (storages, own) }

    /// - Throws: `.unavailable` when a later start has taken the place over.
    func check() throws(ColumnStoreError) {
        let now = SteadyClock.nanoseconds()
        if seen.withLock({ $0.at > 0 && now &- $0.at < Self.holdsNanoseconds }) { return }
        let found = try WarehouseOwner.read(storages)?.owner
        guard found != own else { return seen.withLock { $0 = Seen(at: now) } }
        let loss = found.map {
            "another process has taken the warehouse over, on the host \($0.host), of the store \($0.store): two servers work on one store, or on copies of it; stop this one or the other"
        } ?? "the object \"\(WarehouseOwner.key)\", which says whose the warehouse is, is gone: a start of this server makes it anew"
        let isNew = seen.withLock { seen in
            defer { seen = Seen(loss: loss) }
            return seen.loss != loss
        }
        if isNew { StoreLog.note("nothing in the warehouse is changed from here any more", path: storages.location ?? "", reason: loss, level: .warning) }
        throw ColumnStoreError(.unavailable, path: storages.location ?? "", loss)
    }
}
