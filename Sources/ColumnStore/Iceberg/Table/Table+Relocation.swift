/// A storage whose objects were moved or copied from another directory, and whose metadata still names them there.
///
/// Locations are translated on the way in only: what is written names the place where the table is now. All else is the base's.
public struct RelocatedStorage: ObjectStorage {
    let base: any ObjectStorage
    /// Where the objects were, without a slash at its end.
    private let formerLocation: String

    private init(_ base: any ObjectStorage, formerLocation: String) {
        self.base = base
        self.formerLocation = formerLocation
    }

    /// The storage to read a table with: `storage` itself, unless its metadata says that it was elsewhere.
    static func reading(_ metadata: TableMetadata, in storage: any ObjectStorage) -> any ObjectStorage {
        let here = storage.location(of: "x").dropLast(2)
        guard metadata.location != here else { return storage }
        return RelocatedStorage(storage, formerLocation: metadata.location)
    }

    public func location(of key: String) -> String { base.location(of: key) }

    public func key(ofLocation location: String) -> String? {
        if let key = base.key(ofLocation: location) { return key }
        let prefix = "\(formerLocation)/"
        return location.hasPrefix(prefix) ? String(location.dropFirst(prefix.count)) : nil
    }

    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.putIfAbsent(key, bytes) }
    public func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) { try base.put(key, bytes) }
    public func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { try base.create(key) }
    public func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] { try base.get(key, byteCountMax: byteCountMax) }
    public func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) { try base.getEach(objects, body) }
    public func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try base.get(key, range: range) }
    public func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { try base.open(key) }
    public func expect(_ ends: [WantedEnd]) { base.expect(ends) }
    public func forget(_ key: String) { base.forget(key) }
    public func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try base.byteCount(of: key) }
    public func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) { try base.delete(key, proof) }
    public func list(
        prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) { try base.list(prefix: prefix, body) }
    public func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String] { try base.keys(prefix: prefix, after: key, countMax: countMax) }
}

extension Table {
    /// Whether its metadata names another place than where it was found: who reads it by that alone finds nothing.
    public var isElsewhere: Bool { storage is RelocatedStorage }

    /// The objects that make up the present version, and nothing older: the metadata file, the manifest list, its manifests, their data
    /// files.
    public func presentKeys() throws(ColumnStoreError) -> (metadata: [String], data: [String]) {
        var metadata = [Self.metadataKey(version)]
        var data: [String] = []
        guard let snapshot = self.metadata.currentSnapshot else { return (metadata, data) }
        metadata.append(try ownKey(snapshot.manifestList))
        let manifests = try manifests(of: snapshot)
        for manifest in manifests { metadata.append(try ownKey(manifest.location)) }
        try entries(of: manifests.filter { $0.liveFileCount > 0 }) { (_, entries) throws(ColumnStoreError) in
            for entry in entries where entry.status != .deleted { data.append(try ownKey(entry.file.location)) }
            return true
        }
        return (metadata, data)
    }

    /// Makes a version that names every file where the storage has it now, and knows no earlier snapshot: what a copy of the table
    /// needs, since the format wants absolute paths and a copy lacks what older snapshots lead to.
    ///
    /// The rows, their files and the ids of columns stay as they are.
    public func relocate(now: Int64? = nil) throws(ColumnStoreError) -> Commit {
        var writer = CommitWriter(table: self, now: now)
        do {
            return try writer.relocate()
        } catch {
            writer.removeWritten()
            throw error
        }
    }
}
