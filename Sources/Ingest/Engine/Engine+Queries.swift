package import Query
import ColumnStore

/// The store as SQL sees it.
extension Engine: QueryStore, CursorSealing {
    package func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64) {
        let snapshot = tier.boundary.snapshot()
        let bound = sequence ?? snapshot.sequence
        let scope = Self.scope(of: principal.rows, sequence: bound)
        let shown = shownTables(snapshot, through: bound, as: principal)
        let catalog = StoreCatalog(shown: shown, scope: scope, isOwn: principal.rows != .all)
        return (catalog, bound)
    }

    package func seal(_ fields: [[UInt8]], binding: [String]) -> String { cursors.encode(fields, binding: binding) }
    package func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]? { cursors.decode(cursor, binding: binding) }
}

/// What callers see of one snapshot, so that the parts of a query agree.
private struct StoreCatalog: QueryCatalog {
    let shown: ShownTables
    /// Whose rows, and up to which sequence.
    let scope: [ColumnFilter]
    /// Whether `scope` leaves out other clients' rows.
    let isOwn: Bool

    var entryNames: [String] {
        let names = shown.names
        return names + names.flatMap { table in listsWithView(of: table).map { "\(table)_\($0)" } }.filter { !names.contains($0) }
    }

    func entry(named name: String) -> CatalogEntry? {
        guard let source = shown.table(name) else { return listView(name) }
        return .table(isOwn ? OwnTable(source) : source, scope: scope)
    }

    /// Of what is shown of a table beside it, as `receipts_accepted`, there are no such views.
    private func listsWithView(of table: String) -> [String] {
        guard shown.tables.contains(table) || shown.isVersioned(table), !TableName.isVersioned(table) else { return [] }
        return shown.table(table).map { ListViews.lists(of: $0.schema) } ?? []
    }

    private func listView(_ name: String) -> CatalogEntry? {
        for table in shown.names where name.hasPrefix(table + "_") {
            let list = String(name.dropFirst(table.count + 1))
            guard listsWithView(of: table).contains(list), let schema = shown.table(table)?.schema else { continue }
            return ListViews.query(table: table, list: list, schema: schema).map { .view(query: $0) }
        }
        return nil
    }
}
