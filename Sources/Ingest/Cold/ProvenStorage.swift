import ColumnStore
import Synchronization

/// The objects of a cold table, with metadata as the catalog knows it: an object that is read whole has the length and the hash that the catalog has of it, or is not believed.
///
/// Nothing else would tell an earlier version's list of files that has come to stand under the newest one's name: it is whole, and leads to a part of the rows.
/// Data files are read by ranges, which are not looked at here: their manifest tells them (`Table.parquet`), and their pages have sums. What the catalog does not
/// have is read as it is: of a version that is being made, or that another made.
///
/// Any thread may call. An object is hashed each time that it is got, and what is decoded of it is kept (`ManifestCache`).
final class ProvenStorage: ObjectStorage {
    typealias Expected = (byteCount: Int64, sha256: [UInt8])

    private let base: any ObjectStorage
    private let table: String
    private let lookUp: @Sendable (_ key: String) throws -> Expected?
    /// What was asked for before, of objects whose names are random: a question over many manifests does not wait for the catalog with each.
    private let kept = Mutex<[String: Expected]>([:])

    private static let keptCountMax = 10_000

    /// - Parameter lookUp: what the catalog has of an object, by its key; nil for one that it does not have.
    init(base: any ObjectStorage, table: String, lookUp: @escaping @Sendable (_ key: String) throws -> Expected?) {
        (self.base, self.table, self.lookUp) = (base, table, lookUp)
    }

    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        try proven(key, try base.get(key, byteCountMax: byteCountMax), byteCountMax: byteCountMax)
    }

    func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) {
        try base.getEach(objects) { (place, bytes) throws(ColumnStoreError) in
            try body(place, try proven(objects[place].key, bytes, byteCountMax: objects[place].byteCountMax))
        }
    }

    /// What differs may be a cache's, of an object that was torn on its way or stood there for a while: the storage itself is asked once more.
    private func proven(_ key: String, _ bytes: [UInt8], byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        guard let expected = try known(key) else { return bytes }
        if Self.isSame(bytes, expected) { return bytes }
        base.forget(key)
        let again = try base.get(key, byteCountMax: byteCountMax)
        if Self.isSame(again, expected) { return again }
        // Nor is this kept: the right object may be put back.
        base.forget(key)
        throw ColumnStoreError(
            .corruptFile, path: base.location(of: key),
            "metadata of the table \(table) has \(again.count) bytes, or another hash, where the catalog has \(expected.byteCount) bytes and their hash: it is not the object that was written")
    }

    private static func isSame(_ bytes: [UInt8], _ expected: Expected) -> Bool {
        Int64(bytes.count) == expected.byteCount && SHA256.hash(bytes) == expected.sha256
    }

    private func known(_ key: String) throws(ColumnStoreError) -> Expected? {
        if let known = kept.withLock({ $0[key] }) { return known }
        let found: Expected?
        do { found = try lookUp(key) } catch {
            // Not of the object: it is neither believed nor called damaged.
            throw ColumnStoreError(.io, path: base.location(of: key), "the catalog does not say what this object of the table \(table) is to be: \(error)")
        }
        // Numbered names may come to be used again, by a version that takes the place of one that was taken back.
        if let found, key.hasSuffix(".avro") {
            kept.withLock { kept in
                if kept.count >= Self.keptCountMax { kept = [:] }
                kept[key] = found
            }
        }
        return found
    }

    // MARK: All else is the base's

    func location(of key: String) -> String { base.location(of: key) }
    func key(ofLocation location: String) -> String? { base.key(ofLocation: location) }
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.putIfAbsent(key, bytes) }
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.put(key, bytes) }
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { try base.create(key) }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try base.get(key, range: range) }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { try base.open(key) }
    func expect(_ ends: [WantedEnd]) { base.expect(ends) }
    func forget(_ key: String) { base.forget(key) }
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try base.byteCount(of: key) }

    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) {
        kept.withLock { _ = $0.removeValue(forKey: key) }
        try base.delete(key, proof)
    }

    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) { try base.list(prefix: prefix, body) }
    func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String] { try base.keys(prefix: prefix, after: key, countMax: countMax) }
}
