/// Which objects a table's metadata leads to: what may be deleted after a commit, and what is an orphan.
///
/// From a version: metadata file and its log → snapshots → manifest lists → manifests → data files. Nothing is listed here; `Table.orphans` compares a
/// listing with `knownKeys`.
struct Reachability {
    /// The version that a commit started from.
    let before: Table
    let after: Table

    /// What `before` leads to and `after` doesn't, metadata files included.
    ///
    /// Objects outside the table's storage are left out: they are another table's.
    ///
    /// - Complexity: manifest lists of all snapshots; entries of manifests that end with the ended snapshots, and, as long as some of their files are not
    ///   found again, of those that stay. Nothing but O(snapshots) when no snapshot ends.
    func obsoleteKeys() throws(ColumnStoreError) -> [String] {
        let keptIDs = Set(after.metadata.snapshots.map(\.id))
        let ended = before.metadata.snapshots.filter { !keptIDs.contains($0.id) }
        var keys: [String] = []
        let keptMetadata = Set(after.metadata.metadataLog.map(\.location))
        var oldMetadata = before.metadata.metadataLog.map(\.location)
        if !keptMetadata.contains(before.metadataLocation) { oldMetadata.append(before.metadataLocation) }
        // A log that was only cut to its length keeps its files for the removal of orphans.
        if !ended.isEmpty {
            keys += oldMetadata.filter { !keptMetadata.contains($0) }.compactMap { before.storage.key(ofLocation: $0) }
        }
        guard !ended.isEmpty else { return keys }
        var keptManifests: [String: ManifestFile] = [:]
        try after.manifests(of: after.metadata.snapshots) { (_, manifests) in
            for manifest in manifests { keptManifests[manifest.location] = manifest }
        }
        var endedManifests: [String: ManifestFile] = [:]
        try before.manifests(of: ended) { (snapshot, manifests) in
            keys += [before.storage.key(ofLocation: snapshot.manifestList)].compactMap { $0 }
            for manifest in manifests where keptManifests[manifest.location] == nil { endedManifests[manifest.location] = manifest }
        }
        // Only files of manifests that end can end; all others are named by one that stays.
        // A manifest that was written anew has left its other files to the new one, so that being in an ended manifest is not enough.
        var candidates: Set<String> = []
        try before.entries(of: Array(endedManifests.values)) { (manifest, entries) in
            for entry in entries { candidates.insert(entry.file.location) }
            keys += [before.storage.key(ofLocation: manifest.location)].compactMap { $0 }
            return true
        }
        try after.entries(of: candidates.isEmpty ? [] : Array(keptManifests.values)) { (_, entries) in
            for entry in entries where entry.status != .deleted { candidates.remove(entry.file.location) }
            return !candidates.isEmpty
        }
        keys += candidates.compactMap { before.storage.key(ofLocation: $0) }
        return keys
    }

    /// Keys by a 64-bit hash: a file more or less that shares one is only kept too long.
    ///
    /// There may be a million files: eight bytes for each are kept, and not its name.
    struct KnownKeys {
        private var hashes: Set<UInt64> = []

        func contains(_ key: String) -> Bool { hashes.contains(Self.hash(key)) }
        mutating func insert(_ key: String?) { if let key { hashes.insert(Self.hash(key)) } }

        private static func hash(_ key: String) -> UInt64 {
            Array(key.utf8).withUnsafeBytes { XXHash64.hash($0) }
        }
    }

    /// Everything that a table's present metadata leads to, the metadata itself and its log included.
    ///
    /// - Complexity: every manifest of every snapshot is read once.
    static func knownKeys(of table: Table) throws(ColumnStoreError) -> KnownKeys {
        var known = KnownKeys()
        known.insert(Table.hintKey)
        known.insert(Table.metadataKey(table.version))
        for entry in table.metadata.metadataLog { known.insert(table.storage.key(ofLocation: entry.location)) }
        var seen: Set<String> = []
        var distinct: [ManifestFile] = []
        try table.manifests(of: table.metadata.snapshots) { (snapshot, manifests) in
            known.insert(table.storage.key(ofLocation: snapshot.manifestList))
            distinct += manifests.filter { seen.insert($0.location).inserted }
        }
        try table.entries(of: distinct) { (manifest, entries) in
            known.insert(table.storage.key(ofLocation: manifest.location))
            for entry in entries where entry.status != .deleted { known.insert(table.storage.key(ofLocation: entry.file.location)) }
            return true
        }
        return known
    }
}
