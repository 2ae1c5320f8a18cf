import ColumnStore

/// The Iceberg table `t` of a versioned table, for engines outside: of the files of `t_history` those that hold no old version.
///
/// It has metadata of its own and no data, follows from `t_history` alone, and is made again wherever it does not. Sweeping has taken every
/// superseded row out of its files before, so that it sees one row for each document, the newest in cold (a removal with `removed` true).
struct NewestView {
    /// Of `t_history`.
    let history: ColdTable
    /// Where `t` lies.
    let storage: any ObjectStorage
    /// Snapshots and metadata that were replaced before are removed, in milliseconds since 1970.
    let cutoff: Int64
    /// Versions have higher numbers than this (`Tenure`).
    let floor: Int

    /// Makes the view show what the history has now; does nothing where it does.
    func publish() throws {
        let files = try history.newestFiles()
        // A leader that did not know that it was replaced may have named another one.
        let number = floor == 0 ? try Table.newestVersion(storage) : try Table.versions(storage).last
        // What cannot be read is made anew.
        let present = number.flatMap { try? Table.open(storage, version: $0, floor: floor) }
        let known = present.flatMap { try? Set($0.files().map(\.location)) }
        let wanted = Set(files.map(\.location))
        // Metadata has absolute places: a directory that was moved has none that lead anywhere.
        let isUsable = known != nil && present.map { isSameSchema($0) && !$0.isElsewhere } ?? false
        if known == wanted, isUsable { return }
        let table: Table
        if let present, isUsable {
            table = present
        } else {
            // The files' columns are found by the ids that the history gave them.
            table = try Table.create(
                storage, schema: history.iceberg.schema, sorting: ColdOrder.sorting, grouping: "business_day",
                version: (number ?? 0) + 1, floor: floor, keepsIDs: true
            ).table
        }
        let own = Set(try table.files().map(\.location))
        var change = Table.Change(.overwrite)
        change.added = files.filter { !own.contains($0.location) }
        change.removed = own.subtracting(wanted)
        change.namesOtherTablesFiles = true
        let commit = try table.commit(change)
        // What nothing leads to any more, outside readers' time over.
        guard let ended = try commit.table.expireSnapshots(before: cutoff) else { return }
        try ended.table.delete(ended.obsoleteKeys.filter { $0.hasPrefix("metadata/") }, .named("a view's metadata, replaced and ended"))
    }

    private func isSameSchema(_ table: Table) -> Bool { table.schema == history.iceberg.schema }
}
