import ColumnStore

/// The Iceberg table `t` of a versioned table, for engines outside: of the files of `t_history` those that hold no old version.
///
/// It has metadata of its own and no data, follows from `t_history` alone, and is made again wherever it does not. Sweeping has taken every
/// superseded row out of its files before, so that it sees one row for each document, the newest in cold (a removal with `removed` true). Where a file cannot be swept it stays
/// as it was, and one that is not there yet is made with that file's old rows.
struct NewestView {
    /// Of `t_history`.
    let history: ColdTable
    /// Where `t` lies.
    let storage: any ObjectStorage
    /// Snapshots and metadata that were replaced before are removed, in milliseconds since 1970.
    let cutoff: Int64
    /// Versions have higher numbers than this (`Tenure`).
    let floor: Int
    /// What the clock says, in milliseconds since 1970; nil for what it does. Another in tests.
    var now: Int64?

    /// What a view shows once it was published.
    struct Shown {
        /// When the first of its snapshots was made that were replaced and have not ended, in milliseconds since 1970; nil where the present one is alone, and `.min` where nobody knows of
        /// one of them. Each leads to files that the history had then.
        let earliest: Int64?

        /// Stamps ascend, and after a clock that was ahead they say nothing. When such a snapshot was made the next one says too late: the history may have changed in between.
        ///
        /// - Parameter now: what the clock says, in milliseconds since 1970.
        init(_ metadata: TableMetadata, now: Int64) {
            var (earliest, later): (Int64?, Int64) = (nil, now)
            for snapshot in metadata.snapshots.sorted(by: { $0.timestampMilliseconds > $1.timestampMilliseconds }) {
                let said = snapshot.saidMilliseconds ?? snapshot.timestampMilliseconds
                // No snapshot was made after those that follow it: one of the clocks was wrong.
                let isKnown = said <= later
                if isKnown { later = said }
                if snapshot.id != metadata.currentSnapshotID { earliest = min(earliest ?? .max, isKnown ? said : .min) }
            }
            self.earliest = earliest
        }
    }

    private func shown(_ table: Table) -> Shown { Shown(table.metadata, now: now ?? Clock.system.now() / 1_000) }

    /// The view as it was published last, whoever asks for it; nil where there is none that can be read, at the place that it is of.
    func present() throws -> Table? {
        guard let present = try newest().table, !present.isElsewhere else { return nil }
        return present
    }

    /// Whether there is one, with its list of files.
    func isThere() throws -> Bool {
        guard let present = try present() else { return false }
        return try ColdTable.unlessDamaged { try present.files() } != nil
    }

    /// Nil for a table that cannot be read.
    private func newest() throws -> (number: Int?, table: Table?) {
        // A leader that did not know that it was replaced may have named another one.
        let number = floor == 0 ? try Table.newestVersion(storage) : try Table.versions(storage).last
        return (number, try number.flatMap { number in try ColdTable.unlessDamaged { try Table.open(storage, version: number, floor: floor) } })
    }

    /// Makes the view show what the history has now; does nothing where it does.
    ///
    /// - Returns: what it shows then.
    /// - Throws: where nothing can be written. What the view has then stays, and the next compaction comes again.
    func publish() throws -> Shown {
        let files = try history.newestFiles()
        // What cannot be read is made anew.
        let (number, present) = try newest()
        let known = try present.flatMap { table in try ColdTable.unlessDamaged { try Set(table.files().map(\.location)) } }
        let wanted = Set(files.map(\.location))
        // Metadata has absolute places: a directory that was moved has none that lead anywhere.
        guard let present, let known, !present.isElsewhere, present.canAdopt(history.iceberg.schema) else {
            // The files' columns are found by the ids that the history gave them.
            let table = try Table.draft(
                storage, schema: history.iceberg.schema, sorting: ColdOrder.sorting, grouping: "business_day", after: number ?? 0, floor: floor, keepsIDs: true, now: now)
            var change = change(files, from: [])
            change.endsHistory = true
            return shown(try table.commit(change, now: now).table)
        }
        // It stays the table that readers have open: what types have added since comes to it as to the history, and nobody sees it without its rows.
        var table = present
        if table.schema != history.iceberg.schema { table = try table.adopt(history.iceberg.schema, now: now).table }
        if known != wanted { table = try table.commit(change(files, from: known), now: now).table }
        // Whoever goes by the hint alone must not be led by one that another leader has left.
        if floor != 0 { try table.renewHint() }
        // What nothing leads to any more, outside readers' time over.
        guard let ended = try table.expireSnapshots(before: cutoff, now: now) else { return shown(table) }
        try ended.table.delete(ended.obsoleteKeys.filter { $0.hasPrefix("metadata/") }, .named("a view's metadata, replaced and ended"))
        return shown(ended.table)
    }

    /// An overwrite that adds and takes out what differs; the data files belong to the history, and are never removed by the view.
    private func change(_ files: [DataFile], from known: Set<String>) -> Table.Change {
        var change = Table.Change(.overwrite)
        change.added = files.filter { !known.contains($0.location) }
        change.removed = known.subtracting(files.map(\.location))
        change.namesOtherTablesFiles = true
        return change
    }
}
