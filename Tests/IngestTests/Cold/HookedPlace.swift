import ColumnStore
import Synchronization

/// Cold tables as files of another place, whose test is asked before an object is got whole, a part of one read, or one removed.
final class HookedPlace: StorageFactory {
    enum Call { case get, read, delete }
    typealias Hook = @Sendable (_ call: Call, _ table: String, _ key: String) throws(ColumnStoreError) -> Void

    private let base: any StorageFactory = LocalStorageFactory()
    private let hook = Mutex<Hook?>(nil)
    private let isSilent = Atomic<Bool>(false)

    var location: String? { base.location }
    var root: (any WarehouseRoot)? { base.root }

    var outage: (reason: String, since: Int64)? { isSilent.load(ordering: .relaxed) ? ("said by the test", 0) : nil }

    /// As a bucket is that gives no answer, or does again.
    func setSilent(_ silent: Bool) { isSilent.store(silent, ordering: .relaxed) }

    /// - Parameter hook: called on the thread of the call, which fails with what it throws.
    func observe(_ hook: Hook?) { self.hook.withLock { $0 = hook } }

    fileprivate func note(_ call: Call, _ table: String, _ key: String) throws(ColumnStoreError) {
        let hook = hook.withLock { $0 }
        try hook?(call, table, key)
    }

    func tables(in warehouse: String) throws -> [String] { try base.tables(in: warehouse) }

    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        HookedStorage(base: try base.storage(of: table, in: warehouse, calls: calls), table: table, place: self)
    }

    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }
}

private struct HookedStorage: ObjectStorage {
    let base: any ObjectStorage
    let table: String
    let place: HookedPlace

    func location(of key: String) -> String { base.location(of: key) }
    func key(ofLocation location: String) -> String? { base.key(ofLocation: location) }
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.putIfAbsent(key, bytes) }
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.put(key, bytes) }
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { try base.create(key) }
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        try place.note(.get, table, key)
        return try base.get(key, byteCountMax: byteCountMax)
    }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try base.get(key, range: range) }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { HookedBytes(base: try base.open(key), table: table, key: key, place: place) }
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try base.byteCount(of: key) }
    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) {
        try place.note(.delete, table, key)
        try base.delete(key, proof)
    }
    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) { try base.list(prefix: prefix, body) }
}

private struct HookedBytes: RandomAccessBytes {
    let base: any RandomAccessBytes
    let table: String
    let key: String
    let place: HookedPlace

    var name: String { base.name }
    var byteCount: Int64 { base.byteCount }
    func expect(_ range: Range<Int64>) { base.expect(range) }
    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        try place.note(.read, table, key)
        try base.read(at: offset, into: target)
    }
}
