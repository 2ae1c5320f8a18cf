import ColumnStore

/// Notes in the catalog of the store that leads what its day files' rows are (`DayDigest`), a while after they came: so it comes to the other machine as all else does, which holds its own files
/// against it as it rejoins.
///
/// A digest goes on from the one that is noted, so that each row is read once. One thread, of low priority.
final class DayDigestKeeper: Sendable {
    private let catalog: Catalog
    private let boundary: TierBoundary
    private let isStopping = Monitor(false)
    private let thread = HeldThread()

    /// Between two looks: rows that came meanwhile are noted together, with one commit of the catalog.
    private static let seconds = 10.0

    init(_ catalog: Catalog, _ boundary: TierBoundary) { (self.catalog, self.boundary) = (catalog, boundary) }

    func start() {
        thread.start(name: "day-digests") { [self] in
            WorkerThread.lowerPriority()
            while isStopping.wait(seconds: Self.seconds, { $0 ? true : nil }) == nil {
                // A file may go while it is read; one that cannot be read is reported by whatever needs it.
                do { try note() } catch { continue }
            }
        }
    }

    func stop() {
        isStopping.broadcast { $0 = true }
        thread.join()
    }

    private var isEnding: Bool { isStopping.withLock { $0 } }

    /// Once.
    ///
    /// Takes up what has come since the last time, and lets go of files that are no more.
    ///
    /// - Throws: `SQLiteError` for a file that cannot be read: nothing is noted then, and the next turn begins where this one did.
    /// - Complexity: O(rows that came since).
    func note() throws {
        let files = boundary.snapshot().files
        let known = try catalog.dayDigests()
        let present = Set(files.map(\.name))
        var next: [String: DayDigest?] = [:]
        // `.some(nil)`: the note is to go. A plain nil would take the name out of `next`.
        for name in known.keys where !present.contains(name) { next[name] = .some(nil) }
        for file in files {
            // As many as the snapshot has.
            let (count, former) = (file.state.rowCount, known[file.name] ?? DayDigest())
            guard count > former.rowCount else { continue }
            var digest = former
            try file.pool.withConnection { try digest.extendInParts($0, through: count) { isEnding } }
            // Half of it is as good, and goes on from there.
            if digest != former { next[file.name] = digest }
            if isEnding { return }
        }
        if !next.isEmpty { try catalog.set(next) }
    }
}

extension Catalog {
    /// By the files' names. A note that is none is left out, and made anew from the first row.
    func dayDigests() throws -> [String: DayDigest] { try read { try Self.dayDigests($0) } }

    static func dayDigests(_ connection: SQLiteConnection) throws -> [String: DayDigest] {
        // `~` stands behind all that a file's name may have, so the two ends are a range of the key's index.
        let select = try connection.statement("SELECT key, value FROM meta WHERE key >= '\(DayDigest.keyPrefix)' AND key < '\(DayDigest.keyPrefix)~'")
        defer { select.reset() }
        var found: [String: DayDigest] = [:]
        while try select.step() { if let digest = DayDigest(select.bytes(1)) { found[String(select.text(0).dropFirst(DayDigest.keyPrefix.count))] = digest } }
        return found
    }

    /// - Parameter digests: by the files' names; nil: there is no such file any more.
    fileprivate func set(_ digests: [String: DayDigest?]) throws {
        try write(isCounted: false) { connection in
            for (name, digest) in digests.sorted(by: { $0.key < $1.key }) {
                let change = try connection.statement(digest == nil ? "DELETE FROM meta WHERE key = ?1" : "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
                try change.bind(1, DayDigest.keyPrefix + name)
                if let digest { try change.bind(2, digest.bytes) }
                try change.run()
            }
        }
    }
}
