/// A place for immutable objects, named by relative keys (`data/a.parquet`): a directory (`Storage/Local`), or a bucket (`S3`).
///
/// Tables rely on this, and a new kind of storage must give it:
/// 1. Every write is durable and whole once its call returns; a reader sees the old state or the new one, never half.
/// 2. `putIfAbsent` and `create` never replace, even against another process: that is how commits exclude each other (on
///    S3: `If-None-Match: *`). A `putIfAbsent` that is tried again may report a conflict with its own first try: commits tell by the bytes.
/// 3. Nothing is ever renamed from one key to another.
/// 4. Reading needs no listing: keys are found by following names from the table's metadata. `list` serves only the removal
///    of orphans.
///
/// Only the version hint is ever replaced; all other objects are written once.
public protocol ObjectStorage: Sendable {
    /// The URL under which outside readers find `key`: `file:///absolute/path` or `s3://bucket/key`, not percent-encoded.
    func location(of key: String) -> String

    /// The key of an object of this storage, from the path in a table's metadata; nil when it lies elsewhere.
    func key(ofLocation location: String) -> String?

    /// Stores `bytes` under a key that must be free.
    ///
    /// - Throws: `.conflict`.
    func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError)

    /// Stores `bytes`, in place of what was there before.
    func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError)

    /// Starts an object that is too large to be held in memory; its key must be free when it is committed.
    func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink

    /// The whole object.
    ///
    /// - Throws: `.notFound`; `.overBudget` when it is longer than `byteCountMax`.
    func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8]

    /// Whole objects, one after the other in this order, until `body` wants no more of them: where that waits for a network, those that come next are on
    /// their way while one is used.
    ///
    /// - Parameter body: gets an object's place in `objects` and its bytes; false ends it.
    /// - Throws: as `get`, once it is that object's turn; what `body` throws.
    func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError)

    /// A part of an object.
    ///
    /// - Throws: `.notFound`; `.corruptFile` when the object ends before the range does.
    func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8]

    /// Opens an object to be read by ranges. Where the system allows it, the object stays readable after its deletion.
    ///
    /// - Throws: `.notFound`.
    func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes

    /// Hints that these objects will be opened soon: where that waits for a network, their ends are fetched side by side. Never fails.
    func expect(_ ends: [WantedEnd])

    /// Drops copies of an object that are cached, since they were found to be wrong: the next read asks the storage itself. Never fails.
    func forget(_ key: String)

    /// The object's size in bytes; nil when there is no such object.
    func byteCount(of key: String) throws(ColumnStoreError) -> Int64?

    /// Removes an object durably. One that isn't there counts as removed.
    func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError)

    /// Calls `body` with every object whose key starts with `prefix`, in no order, unfinished ones included.
    func list(
        prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError)

    /// The first `countMax` keys that start with `prefix` and stand behind `key` in the order of their bytes, in that order, unfinished ones included.
    func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String]
}

extension ObjectStorage {
    public func expect(_ ends: [WantedEnd]) {}
    public func forget(_ key: String) {}

    public func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) {
        for (place, object) in objects.enumerated() {
            guard try body(place, try get(object.key, byteCountMax: object.byteCountMax)) else { return }
        }
    }

    public func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String] {
        var found: [String] = []
        try list(prefix: prefix) { if key.utf8.lexicographicallyPrecedes($0.key.utf8) { found.append($0.key) } }
        return Array(found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.prefix(countMax))
    }

    /// As `location`, for people: a plain path where objects are files.
    package func place(of key: String) -> String {
        let location = location(of: key)
        return location.hasPrefix("file://") ? String(location.dropFirst("file://".utf8.count)) : location
    }

    /// As `putIfAbsent`, but an object of the very same bytes counts as stored: over a network, a put that is sent again since its answer was lost
    /// meets what its first try has stored. For bytes that nobody else writes: metadata has a random id in it.
    ///
    /// - Throws: `.conflict`.
    func putOnce(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        do {
            try putIfAbsent(key, bytes)
        } catch {
            guard error.code == .conflict, let stored = try? get(key, byteCountMax: bytes.count), stored == bytes else { throw error }
        }
    }

    /// Reads an object from end to end.
    ///
    /// - Throws: `.notFound`.
    public func digest(of key: String) throws(ColumnStoreError) -> (byteCount: Int64, sha256: [UInt8]) {
        guard let byteCount = try byteCount(of: key) else { throw ColumnStoreError(.notFound, path: key, "not found") }
        var hasher = SHA256()
        var offset: Int64 = 0
        while offset < byteCount {
            let end = min(byteCount, offset + 4 << 20)
            let bytes = try get(key, range: offset..<end)
            hasher.update(bytes.span.bytes)
            offset = end
        }
        return (byteCount, hasher.finalize())
    }
}

/// An object that is wanted whole.
public struct WantedObject: Sendable {
    public let key: String
    /// Its size in bytes, where the caller knows one: a hint, which may be wrong.
    public let byteCount: Int64?
    /// The bound in bytes beyond which `get` throws `.overBudget`.
    public let byteCountMax: Int

    public init(key: String, byteCount: Int64? = nil, byteCountMax: Int) {
        (self.key, self.byteCount, self.byteCountMax) = (key, byteCount, byteCountMax)
    }
}

/// An object that is opened by its end.
public struct WantedEnd: Sendable {
    public let key: String
    /// About how many bytes of the end are read first: a hint. A storage brings what it brings of every end, and more only up to a bound of its own.
    public let byteCount: Int

    public init(key: String, byteCount: Int = 0) { (self.key, self.byteCount) = (key, byteCount) }
}

/// One object, as a listing shows it.
public struct StoredObject: Sendable, Equatable {
    public let key: String
    public let byteCount: Int64
    /// When it was last written, in milliseconds since 1970.
    public let modifiedMilliseconds: Int64

    public init(key: String, byteCount: Int64, modifiedMilliseconds: Int64) {
        self.key = key
        self.byteCount = byteCount
        self.modifiedMilliseconds = modifiedMilliseconds
    }
}
