/// Objects in a bucket, below a prefix. See `ObjectStorage` for what is promised: creations are conditional puts, so that two writers exclude each other;
/// nothing is renamed; reading lists nothing.
///
/// Any thread may call; a call waits for the network, as long as `BucketOptions` and the caller's `WaitScope` let it. What a call throws of the bucket itself
/// is `.unavailable`, so that nobody takes an object for gone that was not asked for. `docs/decisions/0031-buckets.md` says why it is as it is.
public final class BucketStorage: ObjectStorage {
    let client: BucketClient
    let reader: BucketReader

    /// What was fetched and is not used yet may hold that much, for all tables of a bucket together.
    static let aheadByteCount: Int64 = 128 << 20

    /// - Parameter cache: nil where nothing may be believed that does not come from the bucket itself.
    /// - Parameter client: whose endpoint has the prefix that all keys lie below.
    package convenience init(_ client: BucketClient, cache: RangeCache? = nil) {
        self.init(client, cache: cache, pieces: FetchedPieces(byteCountMax: Self.aheadByteCount))
    }

    /// - Parameter pieces: of other storages, too.
    init(_ client: BucketClient, cache: RangeCache?, pieces: FetchedPieces) {
        self.client = client
        reader = BucketReader(client, cache: cache, pieces: pieces)
    }

    public func location(of key: String) -> String { "\(client.endpoint.location)/\(key)" }

    public func key(ofLocation location: String) -> String? {
        // Spark and Hadoop write the older schemes.
        for scheme in ["s3://", "s3a://", "s3n://"] where location.hasPrefix(scheme) {
            let rest = location.dropFirst(scheme.count)
            let root = client.endpoint.location.dropFirst("s3://".count) + "/"
            return rest.hasPrefix(root) ? String(rest.dropFirst(root.count)) : nil
        }
        return nil
    }

    /// One put with `If-None-Match: *`. What was stored is in the cache then: a commit's manifests are read by the next question.
    public func putIfAbsent(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        do throws(BucketFailure) { try client.put(key, bytes, if: .absent) } catch { throw ColumnStoreError(error, key: location(of: key)) }
        reader.keepWhole(key, bytes)
    }

    /// Without a condition, and never into the cache: only the version hint is replaced.
    public func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        do throws(BucketFailure) { try client.put(key, bytes) } catch { throw ColumnStoreError(error, key: location(of: key)) }
    }

    /// Nothing is asked of the bucket before the first part is full, or the object is committed.
    public func create(_ key: String) throws(ColumnStoreError) -> any ObjectSink {
        try ObjectKey.check(key)
        return BucketObjectSink(client, key: key, path: location(of: key))
    }

    public func get(_ key: String, byteCountMax: Int) throws(ColumnStoreError) -> [UInt8] {
        try ObjectKey.check(key)
        do throws(BucketFailure) { return try reader.whole(WantedObject(key: key, byteCountMax: byteCountMax)) } catch { throw fault(error, key) }
    }

    /// An object that is too long is the caller's limit, and no fault of the bucket.
    private func fault(_ error: BucketFailure, _ key: String) -> ColumnStoreError {
        guard error.code == BucketClient.tooLongCode else { return ColumnStoreError(error, key: location(of: key)) }
        return ColumnStoreError(.overBudget, path: location(of: key), error.detail)
    }

    public func getEach(_ objects: [WantedObject], _ body: (Int, [UInt8]) throws(ColumnStoreError) -> Bool) throws(ColumnStoreError) {
        for object in objects { try ObjectKey.check(object.key) }
        var ahead = ObjectsAhead(reader, objects)
        for (place, object) in objects.enumerated() {
            let bytes: [UInt8]
            do throws(BucketFailure) { bytes = try ahead.next() } catch { throw fault(error, object.key) }
            guard try body(place, bytes) else { return }
        }
    }

    /// From the bucket, whatever the cache has: sums are taken of this.
    public func get(_ key: String, range: Range<Int64>) throws(ColumnStoreError) -> [UInt8] {
        try ObjectKey.check(key)
        if range.isEmpty, range.lowerBound >= 0 { return [] }
        do throws(BucketFailure) { return try client.get(key, range: range).bytes } catch { throw ColumnStoreError(error, key: location(of: key)) }
    }

    /// One request for the object's end, which tells its length, or none where that was expected or the cache has a part of it.
    public func open(_ key: String) throws(ColumnStoreError) -> any RandomAccessBytes {
        try ObjectKey.check(key)
        do throws(BucketFailure) {
            let (byteCount, tag) = try reader.open(key)
            return BucketBytes(reader, key: key, name: location(of: key), byteCount: byteCount, tag: tag)
        } catch { throw ColumnStoreError(error, key: location(of: key)) }
    }

    public func expect(_ ends: [WantedEnd]) { reader.expect(ends) }
    public func forget(_ key: String) { reader.forget(key) }

    /// From the bucket, whatever the cache has.
    public func byteCount(of key: String) throws(ColumnStoreError) -> Int64? {
        try ObjectKey.check(key)
        do throws(BucketFailure) { return try client.head(key)?.byteCount } catch { throw ColumnStoreError(error, key: location(of: key)) }
    }

    /// The bucket first, then what is kept of it here.
    public func delete(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError) {
        try ObjectKey.check(key)
        do throws(BucketFailure) { try client.delete(key) } catch { throw ColumnStoreError(error, key: location(of: key)) }
        reader.forget(key)
        if proof != .temporary { StoreLog.note("removed an object", path: location(of: key), reason: proof.description) }
    }

    public func list(prefix: String, _ body: (StoredObject) throws(ColumnStoreError) -> Void) throws(ColumnStoreError) {
        try client.list(prefix: prefix) { (object) throws(ColumnStoreError) in
            try body(StoredObject(key: object.key, byteCount: object.byteCount, modifiedMilliseconds: object.modifiedMilliseconds))
        }
    }

    /// One request, however many there are.
    public func keys(prefix: String, after key: String, countMax: Int) throws(ColumnStoreError) -> [String] {
        try client.keys(prefix: prefix, after: key, countMax: countMax)
    }
}
