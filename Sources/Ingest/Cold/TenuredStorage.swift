import ColumnStore

/// The objects of a cold table while one process of a cluster leads: as they are, but for what a leader that has lost its lead must not do (`Tenure`).
struct TenuredStorage: ObjectStorage {
    let base: any ObjectStorage
    let tenure: Tenure

    func location(of key: String) -> String { base.location(of: key) }
    func key(ofLocation location: String) -> String? { base.key(ofLocation: location) }

    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        if let version = Table.version(ofKey: key) { try tenure.checkMaking(version: version) }
        try base.putIfAbsent(key, bytes)
    }

    /// The version hint alone is ever replaced.
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try tenure.checkLead()
        try base.put(key, bytes)
    }

    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) {
        if let version = Table.version(ofKey: key), version >= tenure.ceiling {
            throw ColumnStoreError(.unavailable, path: base.location(of: key), "is a later leader's: it is not removed")
        }
        try tenure.checkLead()
        try base.delete(key, proof)
    }

    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink { try base.create(key) }
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] { try base.get(key, byteCountMax: byteCountMax) }
    func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) { try base.getEach(objects, body) }
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] { try base.get(key, range: range) }
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes { try base.open(key) }
    func expect(_ ends: [WantedEnd]) { base.expect(ends) }
    func forget(_ key: String) { base.forget(key) }
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64? { try base.byteCount(of: key) }
    func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) { try base.list(prefix: prefix, body) }
}

/// Storages of a cluster's cold tables, for one tenure.
struct TenuredStorageFactory: StorageFactory {
    let base: any StorageFactory
    let tenure: Tenure

    var location: String? { base.location }
    var root: (any WarehouseRoot)? { base.root }
    var objects: (any ObjectStorage)? { base.objects }
    func check() throws(ColumnStoreError) { try base.check() }
    func fault() throws(ColumnStoreError) -> ColumnStoreError? { try base.fault() }
    func classFault(_ name: String, afterDays: Int) -> String? { base.classFault(name, afterDays: afterDays) }
    var requests: BucketCounters.Figures? { base.requests }
    var cacheFigures: CacheFigures? { base.cacheFigures }
    var isRemote: Bool { base.isRemote }
    var outage: (reason: String, since: Int64)? { base.outage }
    var writeRefusal: String? { base.writeRefusal }
    func tables(in warehouse: String) throws -> [String] { try base.tables(in: warehouse) }

    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        TenuredStorage(base: try base.storage(of: table, in: warehouse, calls: calls), tenure: tenure)
    }

    /// A pair's tables lie at one place for all their life.
    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }
}
