package import Query
import ColumnStore
import Documents

/// The store as SQL sees it.
extension Engine: QueryStore, StoreInventory, ViewAdministration, CursorSealing {
    package func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64) {
        let snapshot = tier.boundary.snapshot()
        let bound = sequence ?? snapshot.sequence
        let scope = Self.scope(of: principal.rows, sequence: bound)
        let shown = shownTables(snapshot, through: bound, as: principal)
        let catalog = StoreCatalog(shown: shown, scope: scope, rows: principal.rows, views: savedViews.all, types: types.registry.snapshot.types)
        return (catalog, bound)
    }

    package func warehouseTables(as principal: Principal) throws -> [String] {
        guard principal.rows == .all else { return [] }
        let snapshot = tier.boundary.snapshot()
        let shown = shownTables(snapshot, as: principal)
        let hidden = hidden(from: principal)
        let stored = snapshot.cold.keys.filter { name in hidden.map { TableMask($0, table: name) == nil } ?? true }
        let newest = stored.filter(TableName.isVersioned).map(TableName.shown)
        let sums = snapshot.rollups.values.filter { $0.table != nil && !shown.isHidden($0) }.map(\.definition.tableName)
        return (stored + newest + sums).sorted()
    }

    package func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable? {
        guard try warehouseTables(as: principal).contains(name) else { return nil }
        let snapshot = tier.boundary.snapshot()
        if let known = snapshot.warehouse.first(where: { $0.name == name }) { return try WarehouseTable(name, known.table.iceberg) }
        // The newest versions of a versioned table: files of its history, with metadata of their own.
        let storage = try directory.cold(name, calls: options.fileSystem)
        guard let version = try Table.newestVersion(storage) else { return nil }
        return try WarehouseTable(name, try Table.open(storage, version: version))
    }

    package func views(after name: String?, limit: Int) -> [SavedView] {
        let all = savedViews.all.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return Array(all.drop { view in name.map { !$0.utf8.lexicographicallyPrecedes(view.name.utf8) } ?? false }.prefix(limit))
    }

    package func view(_ name: String) -> SavedView? { savedViews.all[name] }
    package func putView(_ view: SavedView) throws -> PutOutcome { try savedViews.put(view) }
    package func deleteView(_ name: String) throws -> String? { try savedViews.delete(name) }

    package var coldTableNames: [String] { StoreContents(snapshot: tier.boundary.snapshot()).coldTableNames }
    package var compactions: [CompactionRecord] { compactor.records }
    package func snapshots(of table: String) -> [StoredSnapshot] { StoreContents(snapshot: tier.boundary.snapshot()).snapshots(of: table) }

    package func files(of table: String?, as principal: Principal) throws -> [StoredFile] {
        let snapshot = tier.boundary.snapshot()
        let contents = StoreContents(snapshot: snapshot)
        guard let table else { return contents.hotFiles() }
        let mask = hidden(from: principal).flatMap { TableMask($0, table: table) }
        let shown = shownTables(snapshot, as: principal)
        // Bounds of sums are values of the columns that they are made of.
        let isHidden = snapshot.rollups.values.contains { $0.definition.tableName == table && shown.isHidden($0) }
        return try contents.coldFiles(of: table) { !isHidden && !(mask?.touches(ColumnPath($0)) ?? false) }
    }

    package func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed]) { statements.note(query, cost, needs: needs) }

    package func seal(_ fields: [[UInt8]], binding: [String]) -> String { cursors.encode(fields, binding: binding) }
    package func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]? { cursors.decode(cursor, binding: binding) }
}

/// What callers see of one snapshot, so that the parts of a query agree.
private struct StoreCatalog: QueryCatalog {
    let shown: ShownTables
    /// Whose rows, and up to which sequence.
    let scope: [ColumnFilter]
    let rows: RowScope
    /// Those that somebody has saved, for everybody.
    let views: [String: SavedView]
    /// In force: what they say of columns.
    let types: [DocumentType]
    /// Whether `scope` leaves out other clients' rows.
    var isOwn: Bool { rows != .all }

    var entryNames: [String] {
        let names = shown.names
        let views = names.flatMap { table in listsWithView(of: table).map { "\(table)_\($0)" } }.filter { !names.contains($0) }
        let own = names + views + shown.snapshot.rollups.values.filter { scope($0) != nil }.map(\.definition.tableName).sorted()
        guard !self.views.isEmpty else { return own }
        let taken = Set(own)
        return own + self.views.keys.filter { !taken.contains($0) }.sorted()
    }

    func entry(named name: String) -> CatalogEntry? {
        guard let source = shown.table(name) else {
            return listView(name) ?? sums(name).map { .rows($0) } ?? views[name].map { .view(query: $0.fixedQuery) }
        }
        return .table(isOwn ? OwnTable(source) : source, scope: scope)
    }

    func rollups(of table: String) -> [RollupOffer] {
        shown.rollups(of: table).compactMap { state, isAccepted in
            guard let scope = self.scope(state) else { return nil }
            return shown.offer(state, isAccepted: isAccepted, client: scope.first)
        }
    }

    func rollupBase(of table: String) -> RollupBase? {
        guard rows != .none, let (base, isAccepted) = shown.ledger(of: table) else { return nil }
        return RollupBase(table: base, accepted: ShownTables.acceptedRows, isAccepted: isAccepted, client: "client_id", isOwn: isOwn)
    }

    var xpath: (any XPathReading)? { XPathReader.shared }

    func comments(on name: String) -> RelationComments? {
        if shown.names.contains(name) {
            let stored = shown.storedName(of: name)
            let own = TableName.shown(stored)
            let rows = name == own ? nil : name == stored ? "All versions of the documents of \(own)." : "The rows of \(own) that are COMPLETE."
            return ColumnComments(types: types, stored: stored).comments(showing: rows)
        }
        if let (table, list, schema) = listOfView(name) {
            return ColumnComments(types: types, stored: shown.storedName(of: table)).comments(ofList: list, in: table, paths: ListViews.paths(list: list, schema: schema), ordinal: ListViews.ordinal)
        }
        return views[name].map { RelationComments(relation: $0.description) }
    }

    /// Whose sums may be seen; nil for none: rollups without clients do not exist for who sees own rows only, nor those of columns that are not shown.
    private func scope(_ state: RollupState) -> [ColumnFilter]? {
        if shown.isHidden(state) { return nil }
        if rows == .all { return [] }
        guard case .client(let id) = rows else { return nil }
        return state.definition.clientKey.map { [ColumnFilter(ColumnPath($0), .equal(.bytes(id.bytes)))] }
    }

    /// A rollup as a table.
    private func sums(_ name: String) -> RollupRows? {
        guard let state = shown.snapshot.rollups.values.first(where: { $0.definition.tableName == name }), let sumScope = self.scope(state) else { return nil }
        let offer = shown.offer(state, isAccepted: false, client: sumScope.first)
        let hasSums = offer.fault == nil
        guard let all = shown.table(state.definition.table) else { return nil }
        return RollupRows(
            state.statement, of: state.definition.table, partials: hasSums ? offer.partials : nil, sumScope,
            rest: hasSums ? offer.rest : isOwn ? OwnTable(all) : all, scope)
    }

    /// Of what is shown of a table beside it, as `receipts_accepted`, there are no such views.
    private func listsWithView(of table: String) -> [String] {
        guard shown.tables.contains(table) || shown.isVersioned(table), !TableName.isVersioned(table) else { return [] }
        return shown.table(table).map { ListViews.lists(of: $0.schema) } ?? []
    }

    private func listView(_ name: String) -> CatalogEntry? {
        listOfView(name).flatMap { ListViews.query(table: $0.table, list: $0.list, schema: $0.schema) }.map { .view(query: $0) }
    }

    /// The list that a built-in view of that name is over; nil where there is none.
    private func listOfView(_ name: String) -> (table: String, list: String, schema: Schema)? {
        for table in shown.names where name.hasPrefix(table + "_") {
            let list = String(name.dropFirst(table.count + 1))
            guard listsWithView(of: table).contains(list), let schema = shown.table(table)?.schema else { continue }
            return (table, list, schema)
        }
        return nil
    }
}
