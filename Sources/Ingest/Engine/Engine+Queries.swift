package import Query
import ColumnStore
import Documents

/// The store as SQL sees it.
extension Engine: QueryStore, StoreInventory, ViewAdministration, CursorSealing {
    /// None for whoever does not see all rows: files have everybody's. Nor those with columns that the principal may not see, since files have
    /// their values. Nor what of a versioned table is newest, where the storage cannot be asked for it.
    package func warehouseTables(as principal: Principal) throws -> [String] {
        guard principal.rows == .all else { return [] }
        // Three kinds: tables of rows, what of a versioned table is newest, tables of sums.
        let (stored, sums) = openTables(to: principal)
        // It comes after its history, and for some time not at all where not all versions can be read.
        var isAnswered = true
        let newest = stored.filter { history in
            guard TableName.kind(of: history.name).publishesNewest else { return false }
            // A storage that gives none of one table gives none of the others.
            guard isAnswered else { return compactor.isKnownToShowNewest(of: history) }
            do { return try compactor.showsNewest(of: history) } catch {
                isAnswered = directory.storages.outage == nil
                // Others are there all the same.
                StoreLog.note("a table is not among those that engines outside are told of", path: TableName.shown(history.name), reason: StoreLog.text(error), level: .warning)
                return false
            }
        }
        return (stored.map(\.name) + newest.map { TableName.shown($0.name) } + sums).sorted()
    }

    /// Without what of versioned tables is newest.
    private func openTables(to principal: Principal) -> (stored: [ColdTable], sums: [String]) {
        let snapshot = tier.boundary.snapshot()
        let shown = shownTables(snapshot, as: principal)
        let hidden = hidden(from: principal)
        let stored = snapshot.cold.values.filter { table in hidden.map { TableMask($0, table: table.name) == nil } ?? true }
        return (stored, snapshot.rollups.values.filter { $0.table != nil && !shown.isHidden($0) }.map(\.definition.tableName))
    }

    /// By this one alone: the storage may give no answer of another.
    private func isWarehouseTable(_ name: String, as principal: Principal) throws -> Bool {
        guard principal.rows == .all else { return false }
        let (stored, sums) = openTables(to: principal)
        if sums.contains(name) || stored.contains(where: { $0.name == name }) { return true }
        guard let history = stored.first(where: { TableName.kind(of: $0.name).publishesNewest && TableName.shown($0.name) == name }) else { return false }
        return try compactor.showsNewest(of: history)
    }

    /// Nil for one that is not among `warehouseTables`, but for one that these leave out since the storage gives no answer of it.
    ///
    /// - Throws: what the storage throws of that table.
    package func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable? {
        guard try isWarehouseTable(name, as: principal) else { return nil }
        // A later version may end the metadata of this one, and it go, between the look at what there is and its reading.
        do { if let table = try warehouseTable(name) { return table } } catch let error as ColumnStoreError where error.code == .notFound {}
        return try warehouseTable(name)
    }

    private func warehouseTable(_ name: String) throws -> WarehouseTable? {
        let snapshot = tier.boundary.snapshot()
        if let known = snapshot.warehouse.first(where: { $0.name == name }) { return try WarehouseTable(name, known.table.iceberg) }
        // What of a table is newest: metadata of its own, which names that table's files.
        guard let history = snapshot.cold.values.first(where: { TableName.kind(of: $0.name).publishesNewest && TableName.shown($0.name) == name }),
            let table = try compactor.newest(of: history)
        else { return nil }
        return try WarehouseTable(name, table, others: [try directory.cold(history.name, calls: options.fileSystem)])
    }

    /// By the bytes of their names; `name` is exclusive.
    package func views(after name: String?, limit: Int) -> [SavedView] { savedViews.listed(after: name, limit: limit) }

    package func view(_ name: String) -> SavedView? { savedViews.all[name] }
    package func putView(_ view: SavedView) throws -> PutOutcome { try savedViews.put(view) }
    package func deleteView(_ name: String) throws -> String? { try savedViews.delete(name) }

    package var coldTableNames: [String] { StoreContents(snapshot: tier.boundary.snapshot()).coldTableNames }
    package var compactions: [CompactionRecord] { compactor.records }
    package func snapshots(of table: String) -> [StoredSnapshot] { StoreContents(snapshot: tier.boundary.snapshot()).snapshots(of: table) }

    package func files(of table: String?, as principal: Principal) throws -> [StoredFile] { try reader.files(of: table, as: principal) }

    package func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed]) { statements.note(query, cost, needs: needs) }

    /// - Parameter binding: what the cursor is given for; it opens for the same only.
    package func seal(_ fields: [[UInt8]], binding: [String]) -> String { cursors.encode(fields, binding: binding) }
    package func unseal(_ cursor: String, binding: [String], withFirstVersion: Bool) -> [[UInt8]]? {
        cursors.decode(cursor, binding: binding, withFirstVersion: withFirstVersion)
    }
}
