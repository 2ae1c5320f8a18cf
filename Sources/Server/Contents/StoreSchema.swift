internal import ColumnStore
package import Ingest
package import Query

/// The schema `till`: what the store knows of itself, as tables at every door. Contracts that see their own rows alone have the relations that tell of what
/// is theirs, with their own rows; for them there are no others.
package struct StoreSchema: CatalogExtension {
    static let name = "till"
    private static let relations = OwnRelations.all + WholeRelations.all
    private static let byName = Dictionary(uniqueKeysWithValues: relations.map { ($0.name, $0) })
    private static let byRowsName = Dictionary(uniqueKeysWithValues: relations.map { ($0.rowsName, $0) })

    package init() {}

    package func catalog(over base: any QueryCatalog, as principal: Principal, _ parts: CatalogParts) -> any QueryCatalog {
        Seen(base: base, principal: principal, parts: parts)
    }

    /// With all that `base` has.
    private struct Seen: QueryCatalog {
        let base: any QueryCatalog
        let principal: Principal
        let parts: CatalogParts

        var entryNames: [String] { base.entryNames }
        func entry(named name: String) throws -> CatalogEntry? { try base.entry(named: name) }
        var dialect: (any CatalogDialect)? { base.dialect }
        func rollups(of table: String) -> [RollupOffer] { base.rollups(of: table) }
        func rollupBase(of table: String) -> RollupBase? { base.rollupBase(of: table) }
        func comments(on name: String) -> RelationComments? { base.comments(on: name) }
        var xpath: (any XPathReading)? { base.xpath }

        var schemas: [CatalogSchema] {
            base.schemas + [CatalogSchema(name: StoreSchema.name, entryNames: TicketViews.names + [CommentView.name] + StoreSchema.relations.filter(isSeen).map(\.name))]
        }

        func entry(named name: String, inSchema schema: String) throws -> CatalogEntry? {
            guard schema == StoreSchema.name else { return try base.entry(named: name, inSchema: schema) }
            if TicketViews.names.contains(name) { return .view(query: try TicketViews.query(name, over: base)) }
            if name == CommentView.name { return .view(query: CommentView.query) }
            if name == CommentView.rowsName { return .table(CommentView.table(over: base), scope: []) }
            if let relation = StoreSchema.byName[name], isSeen(relation) { return .view(query: relation.query) }
            guard let relation = StoreSchema.byRowsName[name], isSeen(relation) else { return nil }
            return .table(relation.table(as: principal, parts), scope: [])
        }

        private func isSeen(_ relation: StoreRelation) -> Bool {
            // What of a relation is one's own, the relation decides; nobody at all sees none.
            guard principal.rows != .none else { return false }
            return relation.isForOwn || principal.rows == .all
        }
    }
}
