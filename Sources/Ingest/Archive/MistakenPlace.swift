import ColumnStore

/// What lies at a URL that was given for a log's, and is none: whoever is in a hurry gives that of something else of the same store.
struct MistakenPlace {
    /// Of the place itself.
    let objects: any ObjectStorage

    private static let wanted = "give the URL that log.url has in the server's configuration"

    /// - Returns: what it is, and what to do; nil where it is nothing that is known.
    /// - Throws: what the place throws.
    func text() throws(ColumnStoreError) -> String? {
        // A standby has no format yet.
        for name in ["FORMAT", "catalog.sqlite"] where try objects.byteCount(of: name) != nil {
            return "is the directory of a store (it has \(name)), and no place of a log: till verify --data proves it. For its log, which lies elsewhere, \(Self.wanted)"
        }
        if try objects.byteCount(of: BackupManifest.key) != nil {
            return "is a backup (it has \(BackupManifest.key)), and no place of a log: till verify --backup proves it, till restore makes a store of it. Of a log's own folder \(LogPlace.base) name the one above; else \(Self.wanted)"
        }
        if try objects.byteCount(of: ArchivePlace.storeKey) != nil { return "is a folder of a pair's archive (it has \(ArchivePlace.storeKey)): name the one above, without archive at its end" }
        return nil
    }
}
