import Glibc

/// A directory other than the store's own. Whoever may write there is one administrator; what a lock would add, the store's own has.
package struct LocalWarehouseRoot: WarehouseRoot {
    let path: String

    package init(path: String) { self.path = path }

    private var storage: any FileStorage { get throws(ColumnStoreError) { try LocalStorageFactory.files(path) } }

    package func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? {
        do {
            let bytes = try storage.get(key, byteCountMax: 4_096)
            return (bytes, Hexadecimal.text(SHA256.hash(bytes)))
        } catch where error.code == .notFound { return nil }
    }

    package func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try storage.putIfAbsent(key, bytes) }

    package func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) {
        guard try read(key)?.tag == tag else { throw ColumnStoreError(.conflict, path: "\(path)/\(key)", "was replaced meanwhile") }
        try storage.put(key, bytes)
    }

    package func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try storage.delete(key, proof) }

    package func isEmpty() throws(ColumnStoreError) -> Bool {
        var isEmpty = true
        if access(path, F_OK) == 0 { try storage.list(prefix: "") { _ in isEmpty = false } }
        return isEmpty
    }
}
