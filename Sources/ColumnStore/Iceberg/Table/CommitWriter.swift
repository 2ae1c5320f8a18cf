/// One commit in the making: collects what it wrote, so that a failed one can be cleaned up.
///
/// Made for one commit and given up after it; one thread. Every commit goes the same way, without steps that it has nothing for, and each is durable before
/// the next begins:
/// 1. manifests of what is added, carried on or removed (`writeManifest`);
/// 2. the manifest list, with a row for each manifest that has a file of the snapshot (`writeManifestList`);
/// 3. the metadata file of the next version, which is the commit: it fails where another has that version (`publish`);
/// 4. the version hint, for readers without a catalog.
///
/// Up to step 3 nobody sees anything, and `removeWritten` takes all back. A process that ends there leaves files for `Table.orphans`.
struct CommitWriter {
    private let table: Table
    /// Drawn at random. Names of manifests and of the list have it in them, so that two commits never write one key.
    private let snapshotID: Int64
    /// One more than the table's last; a commit that makes no snapshot leaves it to the next.
    private let sequenceNumber: Int64
    /// What the clock says, in milliseconds since 1970; before `now` where it was ahead at an earlier commit.
    private let asked: Int64
    /// The commit's stamp, in milliseconds since 1970.
    private let now: Int64
    /// In the order of writing. Emptied once they belong to a version that is whole, which must not lose them.
    private var written: [WrittenObject] = []

    private var metadata: TableMetadata { table.metadata }
    private var storage: any ObjectStorage { table.storage }

    /// How many metadata files the log names: more are forgotten, and go as orphans.
    private static let metadataLogCountMax = 500

    /// - Parameter now: in milliseconds since 1970; nil asks the clock.
    init(table: Table, now: Int64?) {
        self.table = table
        asked = now ?? Table.currentMilliseconds()
        // Strictly ascending, so that a time names one snapshot, even when the clock is set back.
        self.now = max(asked, table.metadata.lastUpdatedMilliseconds + 1)
        sequenceNumber = table.metadata.lastSequenceNumber + 1
        var id: Int64
        repeat { id = Int64.random(in: 1...Int64.max) } while table.metadata.snapshot(id: id) != nil
        snapshotID = id
    }

    // MARK: Changes of files

    /// Takes files in and out.
    ///
    /// - Throws: as `Table.commit`; the caller then calls `removeWritten`.
    /// - Complexity: O(manifests), and O(entries) of those that lose a file or are small. To find removed files, manifests are read until the last one
    ///   is found.
    mutating func commit(_ change: Table.Change) throws(ColumnStoreError) -> Commit {
        try check(change)
        let before = try metadata.currentSnapshot.map { (snapshot) throws(ColumnStoreError) in try table.manifests(of: snapshot) } ?? []
        var (kept, pool, deleted) = try sift(before, removing: change.removed)
        let removedRowCount = deleted.reduce(0 as Int64) { $0.addingSaturating($1.file.recordCount) }
        let addedRowCount = change.added.reduce(0 as Int64) { $0.addingSaturating($1.recordCount) }
        // The last check before anything is written: no compaction can lose or double a row by a wrong list of files.
        guard change.operation != .replace || removedRowCount == addedRowCount else {
            throw ColumnStoreError(
                .invalidRequest, path: table.metadataLocation,
                "a replacement of \(removedRowCount) rows by \(addedRowCount)")
        }
        // Without numbers: readers inherit the manifest's, which is this commit's.
        pool += change.added.map {
            ManifestEntry(status: .added, snapshotID: snapshotID, sequenceNumber: nil, fileSequenceNumber: nil, file: $0)
        }
        let grouping = ManifestGrouping(field: groupingField)
        try poolSmall(&kept, &pool, grouping)
        var manifests = kept
        for group in grouping.groups(pool) { manifests.append(try writeManifest(group)) }
        // Removed files are named once more, without their bounds, which may hold values that are to be forgotten.
        if !deleted.isEmpty { manifests.append(try writeManifest(deleted)) }
        let summary = summary(change, deleted)
        let snapshot = try writeManifestList(manifests, summary: summary, schemaID: metadata.currentSchemaID)
        var next = nextMetadata(snapshot)
        next.properties.merge(change.properties) { $1 }
        // Earlier metadata files name snapshots that may lead to what was removed: they are forgotten with them, and become obsolete.
        if change.endsHistory {
            next.snapshots = [snapshot]
            next.snapshotLog = next.snapshotLog.suffix(1)
            next.metadataLog = []
        }
        return try publish(next, snapshot)
    }

    /// - Throws: `.invalidRequest` for what no state of the table would allow.
    private func check(_ change: Table.Change) throws(ColumnStoreError) {
        var locations: Set<String> = []
        for file in change.added {
            guard change.namesOtherTablesFiles || storage.key(ofLocation: file.location) != nil else {
                throw ColumnStoreError(.invalidRequest, path: file.location, "lies outside of the table's storage")
            }
            guard locations.insert(file.location).inserted, !change.removed.contains(file.location) else {
                throw ColumnStoreError(.invalidRequest, path: file.location, "added twice, or added and removed in one commit")
            }
        }
        guard change.operation != .append || change.removed.isEmpty else {
            throw ColumnStoreError(.invalidRequest, path: table.metadataLocation, "an append removes nothing")
        }
    }

    /// The column that the caller of `Table.create` wanted files grouped by; nil for none, and for one that the schema lacks.
    private var groupingField: Field? {
        metadata.properties[Table.groupingProperty].flatMap { metadata.currentSchema.schema[$0] }
    }

    /// Manifests that stay as they are, entries that must be written anew since a neighbour goes, and the ones that go.
    ///
    /// - Throws: `.conflict` when one of `removed` is in no manifest: another commit has taken it.
    private func sift(
        _ manifests: [ManifestFile], removing removed: Set<String>
    ) throws(ColumnStoreError) -> (kept: [ManifestFile], pool: [ManifestEntry], deleted: [ManifestEntry]) {
        // What an earlier commit removed was named in its own snapshot, and is named no more.
        let living = manifests.filter { $0.liveFileCount > 0 }
        var kept: [ManifestFile] = []
        var pool: [ManifestEntry] = []
        var deleted: [ManifestEntry] = []
        // Of manifests, each is in one of three states: kept as it is, its entries in the pool and in `deleted`, or not looked at since everything was found.
        var rest = living[...]
        try table.entries(of: removed.isEmpty ? [] : living) { (manifest, entries) throws(ColumnStoreError) in
            rest.removeFirst()
            let live = entries.filter { $0.status != .deleted }
            guard live.contains(where: { removed.contains($0.file.location) }) else {
                kept.append(manifest)
                return true
            }
            for entry in live {
                if removed.contains(entry.file.location) {
                    var gone = entry
                    gone.status = .deleted
                    gone.snapshotID = snapshotID
                    gone.file.lowerBounds = nil
                    gone.file.upperBounds = nil
                    deleted.append(gone)
                } else {
                    pool.append(existing(entry))
                }
            }
            return deleted.count < removed.count
        }
        // What was not reached keeps all its files.
        kept.append(contentsOf: rest)
        guard deleted.count == removed.count else {
            let missing = removed.subtracting(deleted.map(\.file.location)).sorted().first ?? ""
            throw ColumnStoreError(.conflict, path: missing, "is not a file of the table (any more)")
        }
        return (kept, pool, deleted)
    }

    /// The entry in a manifest of this commit: its numbers stay those of the commit that added the file.
    private func existing(_ entry: ManifestEntry) -> ManifestEntry {
        var entry = entry
        entry.status = .existing
        return entry
    }

    /// Whether a commit that adds files reads the manifest: one without a living file ends with it, and one of many stays as it is.
    static func isSmall(_ manifest: ManifestFile) -> Bool { manifest.liveFileCount > 0 && manifest.liveFileCount < ManifestGrouping.entryCountMin }

    /// Takes small manifests of the widths that are being written into the pool, so that their number stays in proportion.
    ///
    /// Only those whose files are of a width that the pool has: a commit of days leaves small manifests of years alone. One that is taken in ends with
    /// this snapshot, its entries go on in another.
    private func poolSmall(
        _ kept: inout [ManifestFile], _ pool: inout [ManifestEntry], _ grouping: ManifestGrouping
    ) throws(ColumnStoreError) {
        let widths = Set(pool.map { grouping.widthClass($0.file) })
        var pooled: Set<String> = []
        try table.entries(of: kept.filter(Self.isSmall)) { (manifest, entries) throws(ColumnStoreError) in
            let live = entries.filter { $0.status != .deleted }
            if let first = live.first, widths.contains(grouping.widthClass(first.file)) {
                pool += live.map(existing)
                pooled.insert(manifest.location)
            }
            return true
        }
        kept.removeAll { pooled.contains($0.location) }
    }

    /// The snapshot's summary: the caller's own entries, then counts under the names that the specification gives ("Optional Snapshot Summary Fields").
    ///
    /// Totals go on from the snapshot before; where that has none they count from 0.
    private func summary(_ change: Table.Change, _ deleted: [ManifestEntry]) -> [String: String] {
        func total(_ name: String, _ added: Int64, _ removed: Int64) -> String {
            let before = metadata.currentSnapshot?.summary[name].flatMap { Int64($0) } ?? 0
            return String(before.addingSaturating(added).subtractingSaturating(removed))
        }
        let addedRows = change.added.reduce(0 as Int64) { $0.addingSaturating($1.recordCount) }
        let addedBytes = change.added.reduce(0 as Int64) { $0.addingSaturating($1.byteCount) }
        let removedRows = deleted.reduce(0 as Int64) { $0.addingSaturating($1.file.recordCount) }
        let removedBytes = deleted.reduce(0 as Int64) { $0.addingSaturating($1.file.byteCount) }
        var summary = change.summary
        if asked < now { summary[CommitTimes.summaryName] = String(asked) }
        summary["operation"] = change.operation.rawValue
        summary["added-data-files"] = String(change.added.count)
        summary["added-records"] = String(addedRows)
        summary["added-files-size"] = String(addedBytes)
        if !deleted.isEmpty {
            summary["deleted-data-files"] = String(deleted.count)
            summary["deleted-records"] = String(removedRows)
            summary["removed-files-size"] = String(removedBytes)
        }
        summary["total-data-files"] = total("total-data-files", Int64(change.added.count), Int64(deleted.count))
        summary["total-records"] = total("total-records", addedRows, removedRows)
        summary["total-files-size"] = total("total-files-size", addedBytes, removedBytes)
        for name in ["total-delete-files", "total-position-deletes", "total-equality-deletes"] { summary[name] = "0" }
        return summary
    }

    // MARK: Changes of the schema

    /// A new schema and, where there are rows, a snapshot with it at once: one reader takes the snapshot's schema for the table's.
    /// - Parameter lastColumnID: the greatest id that the table has ever given.
    mutating func commit(schema: Schema, lastColumnID: Int32) throws(ColumnStoreError) -> Commit {
        let id = (metadata.schemas.map(\.id).max() ?? 0) + 1
        let tableSchema = TableSchema(id: id, schema: schema)
        var next: TableMetadata
        var snapshot: Snapshot?
        if let current = metadata.currentSnapshot {
            let manifests = try table.manifests(of: current).filter { $0.liveFileCount > 0 }
            var change = Table.Change(.append)
            change.summary["till.added-schema"] = String(id)
            let made = try writeManifestList(manifests, summary: summary(change, []), schemaID: id)
            next = nextMetadata(made)
            snapshot = made
        } else {
            next = nextMetadata(nil)
        }
        next.schemas.append(tableSchema)
        next.currentSchemaID = id
        next.lastColumnID = lastColumnID
        return try publish(next, snapshot)
    }

    // MARK: Moving to another place

    /// A version whose one snapshot names every object where it lies. All manifests are written anew, since paths in them are absolute.
    mutating func relocate() throws(ColumnStoreError) -> Commit {
        let base = (storage as? RelocatedStorage)?.base ?? storage
        var snapshot: Snapshot?
        if let current = metadata.currentSnapshot {
            var pool: [ManifestEntry] = []
            try table.entries(of: try table.manifests(of: current).filter { $0.liveFileCount > 0 }) { (_, entries) throws(ColumnStoreError) in
                for entry in entries where entry.status != .deleted {
                    var moved = existing(entry)
                    moved.file.location = storage.location(of: try table.ownKey(entry.file.location))
                    pool.append(moved)
                }
                return true
            }
            var manifests: [ManifestFile] = []
            for group in ManifestGrouping(field: groupingField).groups(pool) { manifests.append(try writeManifest(group)) }
            var change = Table.Change(.replace)
            change.summary["till.relocated"] = "true"
            snapshot = try writeManifestList(manifests, summary: summary(change, []), schemaID: metadata.currentSchemaID)
        }
        var next = nextMetadata(snapshot)
        next.location = String(storage.location(of: "x").dropLast(2))
        next.snapshots = snapshot.map { [$0] } ?? []
        next.snapshotLog = snapshot == nil ? [] : next.snapshotLog.suffix(1)
        next.metadataLog = []
        next.otherRefs = []
        // With a new cache: the old one holds entries under the places that they had.
        let moved = Table(storage: base, version: table.nextVersion, metadata: next, cache: ManifestCache(), marks: table.marks, floor: table.floor)
        let object = try makeNewest(moved)
        return Commit(table: moved, snapshot: snapshot, written: written + [object], obsoleteKeys: [])
    }

    // MARK: Expiry

    /// A version without the snapshots that `isKept` rejects, and without the log's metadata files that were replaced before `cutoff` (milliseconds since 1970).
    ///
    /// - Parameter times: those that are held against `cutoff`.
    /// - Precondition: the current snapshot is kept.
    mutating func expire(keeping isKept: (Snapshot) -> Bool, metadataSince cutoff: Int64, _ times: CommitTimes) throws(ColumnStoreError) -> Commit {
        var next = nextMetadata(nil)
        next.snapshots = metadata.snapshots.filter(isKept)
        let ids = Set(next.snapshots.map(\.id))
        next.snapshotLog = metadata.snapshotLog.reduce(into: []) { log, entry in
            // The log names the snapshot of any time since its first entry. Over a gap it would name one that had been replaced by then: what lies before
            // the gap goes (as the specification wants it), though its snapshot may be kept.
            if ids.contains(entry.snapshotID) { log.append(entry) } else { log = [] }
        }
        // An entry has the time at which its file was written: the next one took its place when that was, and this commit the last one's.
        let log = next.metadataLog
        let replacedAt = log.dropFirst().map { times.time(of: $0.timestampMilliseconds) } + [now]
        next.metadataLog = zip(log, replacedAt).filter { $0.1 >= cutoff }.map(\.0)
        return try publish(next, nil)
    }

    // MARK: Writing

    /// One manifest of `entries`, and its row for the list.
    private mutating func writeManifest(_ entries: [ManifestEntry]) throws(ColumnStoreError) -> ManifestFile {
        let key = "metadata/m\(snapshotID)-\(written.count).avro"
        var (bytes, row) = try ManifestWriter.manifest(
            entries, schema: metadata.currentSchema, snapshotID: snapshotID, sequenceNumber: sequenceNumber,
            specID: metadata.defaultSpecID)
        row.location = storage.location(of: key)
        try put(key, bytes)
        return row
    }

    private mutating func writeManifestList(
        _ manifests: [ManifestFile], summary: [String: String], schemaID: Int32
    ) throws(ColumnStoreError) -> Snapshot {
        let key = "metadata/snap-\(snapshotID).avro"
        try put(
            key,
            try ManifestWriter.manifestList(
                manifests, snapshotID: snapshotID, parentID: metadata.currentSnapshotID, sequenceNumber: sequenceNumber))
        return Snapshot(
            id: snapshotID, parentID: metadata.currentSnapshotID, sequenceNumber: sequenceNumber,
            timestampMilliseconds: now, manifestList: storage.location(of: key), schemaID: schemaID, summary: summary)
    }

    /// Writes an object that is to be taken back when the commit fails.
    private mutating func put(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError) {
        try storage.putOnce(key, bytes)
        written.append(WrittenObject(key: key, byteCount: Int64(bytes.count), sha256: SHA256.hash(bytes)))
    }

    /// The table's metadata with this commit's time and log entry; with a snapshot, which then is the current one.
    private func nextMetadata(_ snapshot: Snapshot?) -> TableMetadata {
        var next = metadata
        next.lastUpdatedMilliseconds = now
        next.metadataLog.append(
            TableMetadata.MetadataLogEntry(
                location: table.metadataLocation, timestampMilliseconds: metadata.lastUpdatedMilliseconds))
        next.metadataLog = next.metadataLog.suffix(Self.metadataLogCountMax)
        next.properties.merge(Table.readerProperties) { $1 }
        next.properties.merge(table.marks()) { $1 }
        guard let snapshot else { return next }
        next.lastSequenceNumber = sequenceNumber
        next.snapshots.append(snapshot)
        next.currentSnapshotID = snapshot.id
        next.snapshotLog.append(
            TableMetadata.SnapshotLogEntry(snapshotID: snapshot.id, timestampMilliseconds: snapshot.timestampMilliseconds))
        return next
    }

    /// The metadata file makes it so; the hint only tells of it.
    ///
    /// What becomes obsolete is looked up before: after that a failure would leave a commit done and reported as failed.
    private mutating func publish(_ next: TableMetadata, _ snapshot: Snapshot?) throws(ColumnStoreError) -> Commit {
        let table = Table(storage: storage, version: table.nextVersion, metadata: next, cache: table.cache, marks: table.marks, floor: table.floor)
        let obsolete = try Reachability(before: self.table, after: table).obsoleteKeys()
        let object = try makeNewest(table)
        let made = written + [object]
        written = []
        return Commit(table: table, snapshot: snapshot, written: made, obsoleteKeys: obsolete)
    }

    /// The metadata file, and the hint, which others go by.
    ///
    /// - Throws: the version's metadata file is gone then, or all that it leads to stays.
    private mutating func makeNewest(_ table: Table) throws(ColumnStoreError) -> WrittenObject {
        do {
            let object = try table.writeMetadata()
            try table.writeHint()
            return object
        } catch {
            // `written` keeps its objects here: the caller takes them back once no metadata file leads to them.
            // A conflict is another's file; else it may be there, and must go before what it leads to.
            if error.code != .conflict { withdraw(table) }
            throw error
        }
    }

    /// Takes back a metadata file whose commit failed at the last step. Where that fails too, the version is whole, and is found
    /// at the next start.
    private mutating func withdraw(_ table: Table) {
        do {
            try self.table.writeHint()
            try storage.delete(Table.metadataKey(table.version), .unpublished)
        } catch {
            written = []
        }
    }

    /// Takes back what a failed commit wrote.
    func removeWritten() {
        for object in written {
            do {
                try storage.delete(object.key, .unpublished)
            } catch {
                // It goes with the next removal of orphans; the commit's own error is the one to report.
            }
        }
    }
}
