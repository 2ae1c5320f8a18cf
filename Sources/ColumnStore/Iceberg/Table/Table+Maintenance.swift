extension Table {
    /// Ends snapshots older than `cutoff`, but for the current one, those of other branches and tags, and `protected` ones, which
    /// somebody still reads. Metadata files that were replaced before `cutoff` go with them.
    ///
    /// - Parameter cutoff: in milliseconds since 1970; ages count from when the next snapshot, or metadata file, took the place of one, so that no
    ///   file goes within the time of retention after it was replaced. A stamp that the clock has not come to yet counts as `CommitTimes` has it.
    /// - Returns: nil when there is nothing to end.
    public func expireSnapshots(
        before cutoff: Int64, protecting protected: Set<Int64> = [], now: Int64? = nil
    ) throws(ColumnStoreError) -> Commit? {
        let times = CommitTimes(metadata, present: now ?? Self.currentMilliseconds())
        var replacedAt: [Int64: Int64] = [:]
        for (entry, next) in zip(metadata.snapshotLog, metadata.snapshotLog.dropFirst()) {
            replacedAt[entry.snapshotID] = times.time(of: next.timestampMilliseconds)
        }
        let referenced = metadata.referencedSnapshotIDs
        let isKept = { (snapshot: Snapshot) in
            snapshot.id == metadata.currentSnapshotID || protected.contains(snapshot.id) || referenced.contains(snapshot.id)
                || (replacedAt[snapshot.id] ?? times.time(of: snapshot.timestampMilliseconds)) >= cutoff
        }
        guard !metadata.snapshots.allSatisfy(isKept) else { return nil }
        var writer = CommitWriter(table: self, now: now)
        do {
            return try writer.expire(keeping: isKept, metadataSince: cutoff, times)
        } catch {
            writer.removeWritten()
            throw error
        }
    }

    /// Deletes objects that a commit found obsolete, or others that nothing needs. Call it after the catalog names the new version.
    public func delete(_ keys: [String], _ proof: RemovalProof) throws(ColumnStoreError) {
        forget(keys)
        for key in keys { try storage.delete(key, proof) }
    }

    /// Which of these keys this version leads to.
    ///
    /// - Complexity: every manifest of every snapshot is read once.
    package func reached(of keys: [String]) throws(ColumnStoreError) -> [String] {
        if keys.isEmpty { return [] }
        let known = try Reachability.knownKeys(of: self)
        return keys.filter { known.contains($0) }
    }

    /// Objects are about to be deleted by other hands.
    public func forget(_ keys: [String]) { cache.remove(keys.lazy.map { storage.location(of: $0) }) }

    /// What lies in the table's directories and belongs to no unexpired snapshot: files of commits that failed or were never made, and
    /// metadata files that fell out of the log. This is the only place that lists the storage.
    ///
    /// - Parameters:
    ///   - cutoff: younger objects stay: they may belong to a commit in the making.
    ///   - isProtected: says of a key whether it must stay, as a data file must that a commit is about to add.
    public func orphans(
        before cutoff: Int64, isProtected: (String) -> Bool = { _ in false }
    ) throws(ColumnStoreError) -> [StoredObject] {
        let known = try Reachability.knownKeys(of: self)
        // A version that the catalog does not name yet may be taken over at the next start: its metadata file is no orphan.
        let newer = Set(try Self.versions(storage).filter { $0 > version }.map(Self.metadataKey))
        var orphans: [StoredObject] = []
        for prefix in ["data/", "metadata/"] {
            try storage.list(prefix: prefix) { (object) throws(ColumnStoreError) in
                guard object.modifiedMilliseconds < cutoff, !known.contains(object.key), !newer.contains(object.key),
                    !isProtected(object.key)
                else { return }
                orphans.append(object)
            }
        }
        return orphans
    }
}
