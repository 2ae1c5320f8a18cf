internal import ColumnStore
package import Ingest
package import Query

/// The schema `till`: what the store knows of itself, as tables at every door. Contracts that see their own rows alone have the relations that tell of what
/// is theirs, with their own rows; for them there are no others.
package struct StoreSchema: CatalogExtension {
    static let name = "till"
    /// What a standby's copy has not: figures of a server that runs, and what that counts beside the rows.
    private static let ofLeader: Set<String> = ["queues", "usage", "compactions", "metrics"]

    private let relations: [StoreRelation]
    private let byName: [String: StoreRelation]
    private let byRowsName: [String: StoreRelation]

    /// - Parameter isCopy: of a standby's copy, which has what its files tell.
    package init(isCopy: Bool = false) {
        relations = (OwnRelations.all + WholeRelations.all).filter { !isCopy || !Self.ofLeader.contains($0.name) }
        byName = Dictionary(uniqueKeysWithValues: relations.map { ($0.name, $0) })
        byRowsName = Dictionary(uniqueKeysWithValues: relations.map { ($0.rowsName, $0) })
    }

    package func catalog(over base: any QueryCatalog, as principal: Principal, _ parts: CatalogParts) -> any QueryCatalog {
        Seen(base: base, principal: principal, parts: parts, schema: self)
    }

    /// With all that `base` has.
    private struct Seen: QueryCatalog {
        let base: any QueryCatalog
        let principal: Principal
        let parts: CatalogParts
        let schema: StoreSchema

        var entryNames: [String] { base.entryNames }
        func entry(named name: String) throws -> CatalogEntry? { try base.entry(named: name) }
        var dialect: (any CatalogDialect)? { base.dialect }
        func rollups(of table: String) -> [RollupOffer] { base.rollups(of: table) }
        func rollupBase(of table: String) -> RollupBase? { base.rollupBase(of: table) }
        func comments(on name: String) -> RelationComments? { base.comments(on: name) }

        func comments(on name: String, inSchema wanted: String) -> RelationComments? {
            guard wanted == StoreSchema.name else { return base.comments(on: name, inSchema: wanted) }
            return schema.byName[name].flatMap { isSeen($0) ? $0.comments : nil } ?? TicketViews.comments[name] ?? (name == CommentView.name ? CommentView.comments : nil)
        }

        func storedColumns(ofView name: String) -> [Field]? { base.storedColumns(ofView: name) }
        func definition(ofView name: String) -> String? { base.definition(ofView: name) }
        var xpath: (any XPathReading)? { base.xpath }
        var spillOwner: String? { principal.spillOwner }

        var schemas: [CatalogSchema] {
            base.schemas + [CatalogSchema(name: StoreSchema.name, entryNames: TicketViews.names + [CommentView.name] + schema.relations.filter(isSeen).map(\.name))]
        }

        func entry(named name: String, inSchema wanted: String) throws -> CatalogEntry? {
            guard wanted == StoreSchema.name else { return try base.entry(named: name, inSchema: wanted) }
            if TicketViews.names.contains(name) || name == TicketViews.takenName || name == TicketViews.timesName { return .view(query: try TicketViews.query(name, over: base)) }
            if name == CommentView.name { return .view(query: CommentView.query) }
            if name == CommentView.rowsName { return .table(CommentView.table(over: self), scope: []) }
            if let relation = schema.byName[name], isSeen(relation) { return .view(query: relation.query) }
            guard let relation = schema.byRowsName[name], isSeen(relation) else { return nil }
            return .table(relation.table(as: principal, parts), scope: [])
        }

        private func isSeen(_ relation: StoreRelation) -> Bool {
            // What of a relation is one's own, the relation decides; nobody at all sees none.
            guard principal.rows != .none else { return false }
            return relation.isForOwn || principal.rows == .all
        }
    }
}
