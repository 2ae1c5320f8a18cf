import ColumnStore

/// The files of a folded backup: databases on this machine, all else where the log lies. Only read.
struct LogBackupStorage: ObjectStorage {
    let place: any ObjectStorage
    let scratch: any FileStorage

    static let scratch = "scratch/"

    private func find(_ key: String) -> (storage: any ObjectStorage, key: String) {
        key.hasPrefix(Self.scratch) ? (scratch, String(key.dropFirst(Self.scratch.utf8.count))) : (place, key)
    }

    private var refusal: ColumnStoreError { ColumnStoreError(.unsupportedFeature, path: "", "a log is only read here") }

    // A restore writes to the store's own storages: whatever would change the log is refused.
    func location(of key: String) -> String { find(key).storage.location(of: find(key).key) }
    func key(ofLocation location: String) -> String? { nil }
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { throw refusal }
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { throw refusal }
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { throw refusal }
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] { try find(key).storage.get(find(key).key, byteCountMax: byteCountMax) }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try find(key).storage.get(find(key).key, range: range) }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { try find(key).storage.open(find(key).key) }
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try find(key).storage.byteCount(of: find(key).key) }
    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { throw refusal }
    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) { throw refusal }
}
