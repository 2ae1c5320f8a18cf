package import Query
import ColumnStore
import Documents

/// The store as SQL sees it.
extension Engine: QueryStore, StoreInventory, ViewAdministration, CursorSealing {
    /// None for whoever does not see all rows: files have everybody's. Nor those with columns that the principal may not see, since files have
    /// their values.
    package func warehouseTables(as principal: Principal) throws -> [String] {
        guard principal.rows == .all else { return [] }
        let snapshot = tier.boundary.snapshot()
        let shown = shownTables(snapshot, as: principal)
        let hidden = hidden(from: principal)
        // Three kinds: tables of rows, what of a versioned table is newest, tables of sums.
        let stored = snapshot.cold.keys.filter { name in hidden.map { TableMask($0, table: name) == nil } ?? true }
        let newest = stored.filter { TableName.kind(of: $0).publishesNewest }.map(TableName.shown)
        let sums = snapshot.rollups.values.filter { $0.table != nil && !shown.isHidden($0) }.map(\.definition.tableName)
        return (stored + newest + sums).sorted()
    }

    /// Nil for one that is not among `warehouseTables`.
    package func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable? {
        guard try warehouseTables(as: principal).contains(name) else { return nil }
        let snapshot = tier.boundary.snapshot()
        if let known = snapshot.warehouse.first(where: { $0.name == name }) { return try WarehouseTable(name, known.table.iceberg) }
        // What of a table is newest: metadata of its own, which names that table's files.
        let storage = try directory.cold(name, calls: options.fileSystem)
        guard let version = try Table.newestVersion(storage) else { return nil }
        let history = snapshot.cold.keys.filter { TableName.kind(of: $0).publishesNewest && TableName.shown($0) == name }
        return try WarehouseTable(name, try Table.open(storage, version: version), others: history.map { try directory.cold($0, calls: options.fileSystem) })
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
