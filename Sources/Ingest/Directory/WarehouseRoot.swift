package import ColumnStore
import Glibc

/// What lies above the tables of a warehouse that others may reach too: who has it.
///
/// Objects of a few hundred bytes. `create` and `swap` are conditional: of two who try at once in a bucket one gets `.conflict`.
package protocol WarehouseRoot: Sendable {
    /// - Returns: an object and what tells its content from a later one's; nil where there is none.
    func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)?

    /// - Throws: `.conflict` where there is one.
    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError)

    /// Puts another content in place of the one that was read.
    ///
    /// - Throws: `.conflict` where it is another by now.
    func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError)

    func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError)

    /// Whether nothing lies there, of any store.
    func isEmpty() throws(ColumnStoreError) -> Bool
}

/// By conditional puts.
struct BucketWarehouseRoot: WarehouseRoot {
    let client: BucketClient

    private static let byteCountMax = 4_096

    private func failing<Result>(_ key: String, _ body: () throws(BucketFailure) -> Result) throws(ColumnStoreError) -> Result {
        do throws(BucketFailure) { return try body() } catch { throw ColumnStoreError(error, key: "\(client.endpoint.location)/\(key)") }
    }

    func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? {
        try failing(key) { () throws(BucketFailure) in
            do throws(BucketFailure) {
                let piece = try client.get(key, byteCountMax: Self.byteCountMax)
                return (piece.bytes, piece.head.tag)
            } catch {
                guard error.kind == .notFound else { throw error }
                return nil
            }
        }
    }

    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try failing(key) { () throws(BucketFailure) in _ = try client.put(key, bytes, if: .absent) }
    }

    func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) {
        try failing(key) { () throws(BucketFailure) in _ = try client.put(key, bytes, if: .matches(tag: tag)) }
    }

    func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try BucketStorage(client).delete(key, proof) }

    func isEmpty() throws(ColumnStoreError) -> Bool {
        var isEmpty = true
        do {
            // What probes have left is nothing; the first other object tells.
            try client.list(prefix: "") { (object) throws(ColumnStoreError) in
                if object.key.hasPrefix(BucketProbe.folder + "/") { return }
                isEmpty = false
                throw ColumnStoreError(.conflict, path: object.key, "lies there")
            }
        } catch where !isEmpty {}
        return isEmpty
    }
}

/// A directory other than the store's own. Whoever may write there is one administrator; what a lock would add, the store's own has.
struct LocalWarehouseRoot: WarehouseRoot {
    let path: String

    private var storage: any FileStorage { get throws(ColumnStoreError) { try LocalStorageFactory.files(path) } }

    func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)? {
        do {
            let bytes = try storage.get(key, byteCountMax: 4_096)
            return (bytes, Hexadecimal.text(SHA256.hash(bytes)))
        } catch where error.code == .notFound { return nil }
    }

    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try storage.putIfAbsent(key, bytes) }

    func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError) {
        guard try read(key)?.tag == tag else { throw ColumnStoreError(.conflict, path: "\(path)/\(key)", "was replaced meanwhile") }
        try storage.put(key, bytes)
    }

    func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try storage.delete(key, proof) }

    func isEmpty() throws(ColumnStoreError) -> Bool {
        var isEmpty = true
        if access(path, F_OK) == 0 { try storage.list(prefix: "") { _ in isEmpty = false } }
        return isEmpty
    }
}
