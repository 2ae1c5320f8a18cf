import ColumnStore
import Documents
import Synchronization

/// The cold tables of a store: one Iceberg table for each table name, under DATA/warehouse.
///
/// What it holds is not their state: which version of a table counts, the catalog says, and who reads what, `TierBoundary`. Tables change by the
/// compactor's lock alone (`Compactor.exclusively`).
final class ColdTier: Sendable {
    let directory: DataDirectory
    private let catalog: Catalog
    private let calls: any FileSystemCalls
    private let lost: LostAndFound
    /// Of all tables.
    let damage = ColdDamage()
    /// Files whose filters are at hand.
    ///
    /// By location. Grows with the files; a file that was merged away stays in it.
    private let kept = Mutex<Set<String>>([])

    /// Opens another place of tables, as the settings have its endpoint and credentials; nil: in the store's directory.
    let openPlace: @Sendable (String?) throws -> any StorageFactory
    /// Asked before files go: false while something else needs them still.
    let beforeRemoval = Mutex<(@Sendable () -> Bool)?>(nil)
    /// Where others may come to lead; nil: nobody else has the store.
    let tenure: Tenure?

    init(
        directory: DataDirectory, catalog: Catalog, calls: any FileSystemCalls, lost: LostAndFound, tenure: Tenure? = nil,
        openPlace: @escaping @Sendable (String?) throws -> any StorageFactory
    ) throws {
        self.openPlace = openPlace
        self.tenure = tenure
        self.directory = directory
        self.catalog = catalog
        self.calls = calls
        self.lost = lost
        restoredFloor = try catalog.coldFloor()
    }

    /// Before a table is changed, or something of it removed.
    func checkClaim() throws(ColumnStoreError) {
        try tenure?.checkLead()
        try directory.checkClaim()
    }

    /// Of a store that was restored from a log (`Catalog.coldFloor`).
    private let restoredFloor: Int

    /// Its versions have higher numbers.
    ///
    /// 0 where nobody else may lead, and no log has versions of another history.
    var floor: Int { max(tenure?.floor ?? 0, restoredFloor) }

    func storage(_ table: String) throws(ColumnStoreError) -> any ObjectStorage { try directory.cold(table, calls: calls) }

    /// What a table reads by: of its metadata nothing that is not as the catalog has it. What moves and removes objects takes the storage itself.
    func proven(_ storage: any ObjectStorage, of table: String) -> any ObjectStorage {
        ProvenStorage(base: storage, table: table) { [catalog] key in try catalog.coldDigest(of: key, in: table) }
    }

    /// Every cold table at the version that the catalog names, which is proven. A newer metadata file is of a commit that the catalog never
    /// took: it is put aside, and its rows are still in their hot files.
    ///
    /// - Parameter sums: names of tables of sums. One that is damaged is left out: its sums are made again.
    /// - Throws: for a table of rows that cannot be opened at its version.
    func open(sums: Set<String>) throws -> [String: ColdTable] {
        // Of tables that are no more: their names may be wanted anew.
        try removeEnded(ofAbsentAlone: true)
        for known in try catalog.damagedFiles() { damage.note(known, isKept: true) }
        var tables: [String: ColdTable] = [:]
        for (name, version) in try catalog.coldVersions() {
            do { tables[name] = try open(name, version: version) } catch let error as ColumnStoreError where sums.contains(name) && ColdTable.isDamage(error) {
                StoreLog.note("a table of sums cannot be opened", path: name, reason: error.description, level: .warning)
            }
        }
        // Where one cannot be opened, nothing of another is removed either.
        try removeEnded()
        return tables
    }

    /// Before a tenure is counted, of which there are only so many: a start that comes to nothing for a table's sake is tried again and again.
    ///
    /// - Throws: for a table of rows that cannot be opened at the version that the catalog names.
    static func check(_ directory: DataDirectory, _ catalog: Catalog) throws {
        let sums = Set(try catalog.rollupTables().keys)
        for (name, version) in try catalog.coldVersions() where !sums.contains(name) {
            let proven = ProvenStorage(base: try directory.cold(name), table: name) { [catalog] key in try catalog.coldDigest(of: key, in: name) }
            _ = try Table.open(proven, version: version)
        }
    }

    private func open(_ name: String, version: Int) throws -> ColdTable {
        let storage = try storage(name)
        var iceberg = try Table.open(proven(storage, of: name), version: version, marks: marks, floor: floor)
        try putAsideVersions(after: version, of: name, storage)
        if tenure != nil { try iceberg.renewHint() }
        if iceberg.isElsewhere {
            // The same objects by another name: the table keeps its own.
            let same = try directory.storages.storage(at: iceberg.metadata.location, sameAs: storage, calls: calls)
            iceberg = try same.map { try Table.open(proven($0, of: name), version: version, marks: marks, floor: floor) } ?? settle(iceberg, name)
        }
        return ColdTable(name: name, iceberg: iceberg, damage: damage)
    }

    /// Has at hand what tells without the storage which receipts cold files do not have; nothing where reading waits for no network.
    ///
    /// - Parameter isEnding: asked between two files.
    func keepFilters(of tables: [ColdTable], isEnding: () -> Bool) {
        guard directory.storages.isRemote else { return }
        for table in tables {
            do {
                for file in try table.iceberg.files().reversed() where !kept.withLock({ $0.contains(file.location) }) {
                    if isEnding() { return }
                    try table.iceberg.parquet(file).keepFiltersAtHand()
                    kept.withLock { _ = $0.insert(file.location) }
                }
            } catch {
                // A receipt that needs them asks by itself.
                StoreLog.note("not all filters of cold files are at hand", path: "\(directory.warehouseName)/\(table.name)", reason: StoreLog.text(error), level: .warning)
                // A storage that gives no answer gives none of the others.
                guard Compactor.isOfOneFile(error) else { return }
            }
        }
    }

    var marks: Table.Marks { { [mark = catalog.mark] in mark.properties } }

    /// Whatever of a version can be read is put aside with it: its manifests, and data files a day later, as those that nothing leads to.
    ///
    /// - Parameter version: what the catalog has; 0 for a table that it does not have.
    private func putAsideVersions(after version: Int, of name: String, _ storage: any ObjectStorage) throws {
        // Those of a later tenure are another's, which leads.
        let newer = try Table.versions(storage).filter { $0 > version && $0 < tenure?.ceiling ?? .max }
        guard !newer.isEmpty else { return }
        let known = Set(try catalog.coldObjects(of: name).map(\.object.key))
        // The hint first: outside readers must not be led to a version that goes.
        if version > 0 { try Table.open(storage, version: version).writeHint() }
        for number in newer.reversed() {
            var keys = ["metadata/v\(number).metadata.json"]
            if let table = try? Table.open(storage, version: number), let made = try? table.presentKeys().metadata { keys = made }
            for key in keys where !known.contains(key) {
                try lost.take(key, of: storage, reason: "it is of version \(number) of the table \(name), which the catalog never took")
            }
        }
        if version == 0 { try lost.take("metadata/version-hint.text", of: storage, reason: "the catalog has no table \(name)") }
    }

    /// The directory was moved: a version is made whose paths are those of this place, for readers outside.
    ///
    /// Only metadata is written anew; data files stay, and are named by the paths of the new place.
    private func settle(_ table: Table, _ name: String) throws -> Table {
        let former = table.metadata.location
        let commit = try table.relocate()
        let present = try commit.table.presentKeys()
        let kept = Set(present.metadata + present.data)
        let gone = try catalog.coldObjects(of: name).map(\.object.key).filter { !kept.contains($0) }
        let objects = commit.written.map { Catalog.ColdObject(key: $0.key, kind: .metadata, byteCount: $0.byteCount, sha256: $0.sha256) }
        try catalog.switchToCold([
            Catalog.ColdSwitch(
                table: name, version: commit.table.version, rowCount: try commit.table.counts().rowCount, written: objects, replaced: [],
                obsolete: gone, rollup: try catalog.rollupTables()[name])
        ])
        StoreLog.note("made a table's metadata for its new place", path: commit.table.metadataLocation, reason: "it was at \(former)")
        try removeEnded()
        return commit.table
    }

    /// Shows outside engines what of a table is newest in cold, where its kind has that.
    ///
    /// - Parameter cutoff: in milliseconds since 1970; what was replaced before need not be kept for them.
    /// - Returns: nil for a table of another kind.
    func publishNewest(of history: ColdTable, before cutoff: Int64) throws -> NewestView.Shown? {
        guard TableName.kind(of: history.name).publishesNewest else { return nil }
        return try view(of: history, before: cutoff).publish()
    }

    private func view(of history: ColdTable, before cutoff: Int64) throws -> NewestView {
        NewestView(history: history, storage: try storage(TableName.shown(history.name)), cutoff: cutoff, floor: floor)
    }

    /// Whether outside engines find the newest versions of a table, as of some time.
    func showsNewest(of history: ColdTable) throws -> Bool { try view(of: history, before: .min).isThere() }

    /// What they find; nil where that is nothing.
    func newest(of history: ColdTable) throws -> Table? { try view(of: history, before: .min).present() }

    /// Removes the files that the catalog says may go: what an end came between.
    func removeEnded(ofAbsentAlone: Bool = false) throws {
        var ended = try catalog.endedCold().sorted { $0.key < $1.key }
        if ended.isEmpty { return }
        let present = Set(try catalog.coldVersions().map(\.table))
        if ofAbsentAlone { ended.removeAll { present.contains($0.key) } }
        // A table that is no more was one of sums, which are made again from rows: nobody else needs them, and their names may be wanted anew.
        let isFree = tenure.map(\.isSettled) ?? (ended.allSatisfy { !present.contains($0.key) } || beforeRemoval.withLock { $0 }?() ?? true)
        for (name, keys) in ended where isFree || tenure == nil && !present.contains(name) {
            try checkClaim()
            let storage = try storage(name)
            for key in keys { try storage.delete(key, .named("no version of the table \(name) leads to it any more")) }
            try catalog.forgetCold(name, keys)
        }
    }

    /// Puts aside what lies among a table's files and is none that the catalog has ever named, and ends what it has.
    ///
    /// - Parameter cutoff: in milliseconds since 1970; what is younger may belong to a commit that is under way.
    func removeOrphans(of name: String, _ iceberg: Table, before cutoff: Int64) throws {
        let orphans = try iceberg.orphans(before: cutoff).map(\.key)
        guard !orphans.isEmpty else { return }
        let known = Set(try catalog.coldObjects(of: name).map(\.object.key))
        let storage = try storage(name)
        for key in orphans where !known.contains(key) {
            try lost.take(key, of: storage, mayStay: true, reason: "the catalog does not know it, and no version of the table \(name) leads to it")
        }
        try catalog.endCold(name, orphans.filter { known.contains($0) })
        try removeEnded()
    }

    /// As above, of what outside engines see of a versioned table: its metadata, of which the catalog knows nothing. Its own earlier versions are removed: one falls out of a full log
    /// with each commit, and a view that was made anew names none of them.
    ///
    /// Nothing is done where it cannot be read what the view leads to.
    func removeOrphans(ofViewOf history: ColdTable, before cutoff: Int64) throws {
        // One of a later tenure says nothing of what its leader is about to commit.
        guard let table = try newest(of: history), table.version < tenure?.ceiling ?? .max else { return }
        let name = TableName.shown(history.name)
        let orphans = try ColdTable.unlessDamaged { try table.orphans(before: cutoff).map(\.key).filter { $0.hasPrefix("metadata/") } } ?? []
        guard !orphans.isEmpty else { return }
        try checkClaim()
        let storage = try storage(name)
        for key in orphans {
            if let version = Table.version(ofKey: key), version < table.version {
                try storage.delete(key, .named("a view's metadata, replaced and ended"))
            } else {
                try lost.take(key, of: storage, mayStay: true, reason: "no version of the view \(name) leads to it")
            }
        }
    }

    /// The table to append to: made when there is none, widened when types have added columns since.
    ///
    /// - Parameter created: takes what was written on the way.
    /// - Parameter columns: the type columns that its rows have by now.
    /// - Returns: a version that no catalog names yet, unless nothing was to be made.
    func prepare(
        _ name: String, present: ColdTable?, columns: [Field], _ created: inout [WrittenObject]
    ) throws -> ColdTable {
        guard let present else {
            // What lies there may be of a first commit that the catalog has.
            try catalog.checkUsable()
            return try create(name, columns, &created)
        }
        // An attempt that failed between its commit and the catalog left a version behind, which would be in this one's way.
        try discardNewerVersions(of: present.iceberg)
        let added = Self.missing(columns, in: present.iceberg.schema.fields, at: [])
        guard !added.isEmpty else { return present }
        let commit = try present.iceberg.addColumns(added)
        created += commit.written
        return present.next(commit.table)
    }

    private func create(_ name: String, _ columns: [Field], _ created: inout [WrittenObject]) throws -> ColdTable {
        let storage = try storage(name)
        // Metadata that no catalog names is of a first commit that was cut off.
        try putAsideVersions(after: 0, of: name, storage)
        let commit = try Table.create(
            proven(storage, of: name), schema: StandardColumns.schema(of: name, typeColumns: columns), sorting: ColdOrder.sorting, grouping: "business_day",
            marks: marks, floor: floor)
        created += commit.written
        return ColdTable(name: name, iceberg: commit.table, damage: damage)
    }

    /// A table of partial sums.
    ///
    /// What it sums is written into its properties, so that a catalog can be made anew from the warehouse.
    func createSums(_ rollup: RollupDefinition, _ fields: [Field], _ created: inout [WrittenObject]) throws -> ColdTable {
        try catalog.checkUsable()
        let storage = try storage(rollup.tableName)
        try putAsideVersions(after: 0, of: rollup.tableName, storage)
        let commit = try Table.create(
            proven(storage, of: rollup.tableName), schema: Schema(fields), sorting: RollupMaker.sorting(rollup, fields),
            properties: [Self.rollupProperty: String(decoding: rollup.json.serialized, as: UTF8.self)], marks: marks, floor: floor)
        created += commit.written
        return ColdTable(name: rollup.tableName, iceberg: commit.table, damage: damage)
    }

    /// Of a table of partial sums: what it sums.
    static let rollupProperty = "till.rollup"

    /// What readers of the directory go by: of a table that is no more.
    func removeHint(of name: String) throws { try storage(name).delete("metadata/version-hint.text", .named("the catalog has no table \(name)")) }

    // MARK: Attempts that failed

    /// Takes back the versions after this one, which attempts have made between their commit and the catalog's.
    ///
    /// - Throws: where the catalog may name one of them after the next start, or this process must not change the table any more.
    func discardNewerVersions(of table: Table) throws {
        try catalog.checkUsable()
        try checkClaim()
        try table.discardNewerVersions()
    }

    /// A table that was made and is not to be, with whatever was committed to it since.
    ///
    /// - Parameter made: as it was made.
    /// - Precondition: no catalog names it.
    func takeBack(_ made: ColdTable) throws {
        try discardNewerVersions(of: made.iceberg)
        let storage = try storage(made.name)
        // The hint first: outside readers must not be led to a version that goes.
        try storage.delete("metadata/version-hint.text", .unpublished)
        try storage.delete("metadata/v\(made.iceberg.version).metadata.json", .unpublished)
    }

    /// Removes versions that a failed move had made, and tables that were made for it.
    ///
    /// - Parameters:
    ///   - prepared: as `prepare` gave them.
    ///   - present: what the catalog names.
    func takeBack(_ prepared: [ColdTable], _ present: [String: ColdTable]) throws {
        for table in prepared {
            if let known = present[table.name] { try discardNewerVersions(of: known.iceberg) } else { try takeBack(table) }
        }
    }

    /// Removes the data files of an attempt that failed, once the versions that may lead to them are gone.
    ///
    /// Where those cannot be taken back, the files stay for the removal of orphans: outside readers may find such a version, whose hint was
    /// written or which was to be withdrawn and was not. Never throws: the attempt's own error is the one to report.
    ///
    /// - Parameter versions: takes them back.
    func clear(_ outputs: [(table: Table, files: [ColdFileWriter.Output])], afterTakingBack versions: () throws -> Void) {
        do {
            try versions()
            for (table, files) in outputs { ColdFileWriter.discard(files, table) }
        } catch {
            StoreLog.note("cannot clear up after a commit that failed", path: directory.warehouseName, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// As above, for a commit to one table.
    ///
    /// - Parameter table: at the version that the catalog names, or one that was made to prepare it.
    func clear(_ outputs: [ColdFileWriter.Output], of table: Table) {
        clear([(table, outputs)]) { try discardNewerVersions(of: table) }
    }

    /// What the table lacks of its types' columns, with where it goes.
    ///
    /// Columns are never taken away or retyped; lists gain members.
    private static func missing(_ wanted: [Field], in present: [Field], at path: [String]) -> [(into: ColumnPath, field: Field)] {
        var missing: [(into: ColumnPath, field: Field)] = []
        for field in wanted {
            guard let known = present.first(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                missing.append((ColumnPath(path), field))
                continue
            }
            if case .list(let element) = field.type, case .structure(let members) = element.type,
                case .list(let knownElement) = known.type, case .structure(let knownMembers) = knownElement.type
            {
                missing += Self.missing(members, in: knownMembers, at: path + [field.name])
            }
        }
        return missing
    }
}
