package import Query
import ColumnStore

/// The store as SQL sees it.
extension Engine: QueryStore, CursorSealing {
    package func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64) {
        let snapshot = tier.boundary.snapshot()
        let bound = sequence ?? snapshot.sequence
        let scope = Self.scope(of: principal.rows, sequence: bound)
        let catalog = StoreCatalog(
            snapshot: snapshot, boundary: tier.boundary, tables: tier.tables, scope: scope, isOwn: principal.rows != .all)
        return (catalog, bound)
    }

    package func seal(_ fields: [[UInt8]], binding: [String]) -> String { cursors.encode(fields, binding: binding) }
    package func unseal(_ cursor: String, binding: [String]) -> [[UInt8]]? { cursors.decode(cursor, binding: binding) }
}

/// Every table and, beside each, its accepted rows: all of one snapshot, so that the parts of a query agree.
private struct StoreCatalog: QueryCatalog {
    private static let acceptedSuffix = "_accepted"

    let snapshot: TierBoundary.Snapshot
    let boundary: TierBoundary
    let tables: TableColumns
    /// Whose rows, and up to which sequence.
    let scope: [ColumnFilter]
    /// Whether `scope` leaves out other clients' rows.
    let isOwn: Bool

    var entryNames: [String] { tables.tables.sorted().flatMap { [$0, $0 + Self.acceptedSuffix] } }

    func entry(named name: String) -> CatalogEntry? {
        guard let source = source(named: name) else { return nil }
        return .table(isOwn ? OwnTable(source) : source, scope: scope)
    }

    private func source(named name: String) -> (any TableSource)? {
        if tables.contains(name) { return table(name) }
        guard name.hasSuffix(Self.acceptedSuffix) else { return nil }
        let base = String(name.dropLast(Self.acceptedSuffix.utf8.count))
        return tables.contains(base) ? AcceptedTable(table(base)) : nil
    }

    private func table(_ name: String) -> TieredTable {
        TieredTable(name: name, boundary: boundary, tables: tables, snapshot: snapshot)
    }
}
