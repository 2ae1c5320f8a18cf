import ColumnStore
import Documents
import Query

extension StoreReader {
    /// The tables and views as `principal` sees them: own rows only where that is its scope, and none past a walk's beginning.
    ///
    /// - Parameter beginning: nil for everything committed by now.
    /// - Returns: the catalog, and the beginning of a walk over it.
    /// - Throws: storage-unavailable where this copy does not reach that.
    func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning) {
        let snapshot = boundary.snapshot()
        let bound = beginning ?? snapshot.beginning
        try checkReached(bound.sequence, snapshot)
        let scope = Self.scope(of: principal.rows, sequence: bound.sequence)
        let shown = shownTables(snapshot, from: bound, as: principal)
        return (StoreCatalog(shown: shown, scope: scope, rows: principal.rows, views: savedViews.all, types: types.registry.snapshot.types), bound)
    }
}

/// What callers see of one snapshot, so that the parts of a query agree.
///
/// Made for one question of one principal. Names are looked for in this order: tables and their views, built-in views of lists, rollups, saved views.
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

    /// A saved view that has a table's name by now is hidden by it.
    func entry(named name: String) -> CatalogEntry? {
        guard let source = shown.table(name) else {
            return listView(name) ?? sums(name).map { .rows($0) } ?? views[name].map { .view(query: $0.fixedQuery) }
        }
        return .table(isOwn ? OwnTable(source) : source, scope: scope)
    }

    /// Nil where the name means something else by now, or a type is not known.
    func storedColumns(ofView name: String) -> [Field]? { savedView(name)?.fields }

    func definition(ofView name: String) -> String? { savedView(name)?.query ?? shown.acceptedQuery(name) ?? rollupQuery(name) }

    /// The SELECT whose answer a rollup keeps; nil where the name is none's that may be seen.
    private func rollupQuery(_ name: String) -> String? {
        guard shown.table(name) == nil, listView(name) == nil else { return nil }
        return shown.snapshot.rollups.values.first { $0.definition.tableName == name && scope($0) != nil }.map { $0.statement.text(from: $0.definition.table) }
    }

    /// Nil where the name means something else by now.
    private func savedView(_ name: String) -> SavedView? {
        guard let view = views[name], case .view(let query)? = entry(named: name), query == view.fixedQuery else { return nil }
        return view
    }

    func rollups(of table: String) -> [RollupOffer] {
        shown.rollups(of: table).compactMap { state, isAccepted in
            guard let scope = self.scope(state) else { return nil }
            return shown.offer(state, isAccepted: isAccepted, client: scope.first, isAdded: true)
        }
    }

    func rollupBase(of table: String) -> RollupBase? {
        guard rows != .none, let (base, isAccepted) = shown.summable(of: table) else { return nil }
        return RollupBase(table: base, accepted: ShownTables.acceptedRows, isAccepted: isAccepted, client: "client_id", isOwn: isOwn)
    }

    var xpath: (any XPathReading)? { XPathReader.shared }

    func comments(on name: String) -> RelationComments? {
        if shown.names.contains(name) {
            let stored = shown.storedName(of: name)
            let own = TableName.shown(stored)
            let rows = name == own ? nil : name == stored ? "All versions of the documents of \(own)." : "The rows of \(own) that are COMPLETE."
            return ColumnComments(types: types, stored: stored, namesTypes: self.rows == .all).comments(showing: rows)
        }
        if let (table, list, schema) = listOfView(name) {
            return ColumnComments(types: types, stored: shown.storedName(of: table), namesTypes: self.rows == .all)
                .comments(ofList: list, in: table, paths: ListViews.paths(list: list, schema: schema), ordinal: ListViews.ordinal)
        }
        return views[name].map { RelationComments(relation: $0.description) }
    }

    /// Whose sums may be seen.
    private func scope(_ state: RollupState) -> [ColumnFilter]? { shown.sumScope(of: state, for: rows) }

    /// A rollup as a table.
    ///
    /// Its sums where files have them, added to those of rows that no file of sums has.
    private func sums(_ name: String) -> RollupRows? {
        guard let state = shown.snapshot.rollups.values.first(where: { $0.definition.tableName == name }), let sumScope = self.scope(state) else { return nil }
        let offer = shown.offer(state, isAccepted: false, client: sumScope.first, isAdded: false)
        let hasSums = offer.fault == nil
        guard let all = shown.table(state.definition.table) else { return nil }
        return RollupRows(
            state.statement, of: state.definition.table, partials: hasSums ? offer.partials : nil, sumScope,
            rest: hasSums ? offer.rest : isOwn ? OwnTable(all) : all, scope)
    }

    /// Of what is shown of a table beside it, as `receipts_accepted`, there are no such views.
    private func listsWithView(of table: String) -> [String] {
        guard shown.tables.storedName(ofShown: table) != nil else { return [] }
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
