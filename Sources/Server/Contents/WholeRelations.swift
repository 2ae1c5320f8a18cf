internal import ColumnStore
internal import Documents
internal import Ingest

/// Relations of the store as a whole: for the administrator, and contracts that see all rows.
enum WholeRelations {
    static let all: [StoreRelation] = [queues, contracts, types, files, snapshots, compactions, metrics, audit]

    private static let rowCount = 500
    /// A type file may have 16 MiB.
    private static let typeCount = 1

    private static let queues = StoreRelation("queues", "Queues as they were put, and what is in them.", of: QueueBody.self) { (after: String?, _, parts, _) in
        let found = try parts.store.queues.queues(after: after, limit: rowCount, as: .admin)
        return (found.map { QueueBody($0) }, found.count < rowCount ? nil : found.last?.name)
    }

    private static let contracts = StoreRelation("contracts", "Contracts as they were put, without secrets.", of: ContractBody.self) { (after: String?, _, parts, _) in
        let found = try parts.store.contracts.contracts(after: after, limit: rowCount)
        return (found.map { ContractBody(contract: $0) }, found.count < rowCount ? nil : found.last?.clientID)
    }

    private static let types = StoreRelation("types", "Document types in force.", of: TypeRow.self) { (after: String?, principal, parts, hold) in
        let found = try parts.store.types.types(after: after, limit: typeCount, as: principal)
        // The files are in memory; rows of them are not yet.
        try hold(found.reduce(0) { $0.addingSaturating($1.json.count) })
        return (found.map { TypeRow(type: $0) }, found.count < typeCount ? nil : found.last?.name)
    }

    /// Tables that are still to be asked: hot ones first, for which there is no name.
    private static func ofTables<Body: JSONObject & SendableMetatype>(
        _ name: String, _ comment: String, _ body: Body.Type, hasHot: Bool, _ rows: @escaping @Sendable (String?, Principal, CatalogParts) throws -> [Body]
    ) -> StoreRelation {
        StoreRelation(name, comment, of: body) { (left: ArraySlice<String?>?, principal, parts, _) in
            var left = left ?? ((hasHot ? [nil] : []) + parts.store.inventory.coldTableNames.map { Optional($0) })[...]
            guard let table = left.popFirst() else { return ([], nil) }
            return (try rows(table, principal, parts), left.isEmpty ? nil : left)
        }
    }

    private static let files = ofTables("files", "Hot and cold files.", FileRow.self, hasHot: true) { table, principal, parts in
        try parts.store.inventory.files(of: table, as: principal).map { FileRow(file: $0) }
    }

    private static let snapshots = ofTables("snapshots", "States of cold tables that readers may ask for.", SnapshotRow.self, hasHot: false) { table, _, parts in
        table.map { parts.store.inventory.snapshots(of: $0).map { SnapshotRow(snapshot: $0) } } ?? []
    }

    private static let compactions = StoreRelation("compactions", "Compactions since the start.") { _, parts in parts.store.inventory.compactions.map { CompactionRow(record: $0) } }

    private static let metrics = StoreRelation("metrics", "Figures of the store, as /metrics has them.") { _, parts in parts.store.life.metrics().map { MetricRow(metric: $0) } }

    private static let audit = StoreRelation("audit", "Who did what.", of: AuditBody.self) { (cursor: String?, _, parts, hold) in
        let page = try parts.store.audit.audit(cursor: cursor, limit: rowCount, hold: hold)
        return (page.entries.map { AuditBody(entry: $0) }, page.nextCursor)
    }
}
