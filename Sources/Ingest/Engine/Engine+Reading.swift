import ColumnStore
package import Documents
package import Query

/// Reads: of the store as it is now.
extension Engine: RowReading, ChangeFeed, VersionKeeping {
    /// Made for each call: a value of references.
    var reader: StoreReader {
        StoreReader(
            boundary: tier.boundary, tables: tier.tables, index: tier.versions, catalog: catalog, types: types, quarantine: quarantine, savedViews: savedViews,
            cursors: cursors, clientsNeedContract: options.clientsNeedContract, explain: { [weak self] steps in self?.explain(steps) ?? steps })
    }

    package func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> ReceiptLookupResult {
        try reader.receipt(lookup, as: principal, hold: hold)
    }
    package func ticket(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Ticket {
        try reader.ticket(ticketID, as: principal, hold: hold)
    }
    package func page(_ request: PageRequest, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Page {
        try reader.page(request, as: principal, hold: hold)
    }
    package func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage { try reader.changes(after: sequence, limit: limit, as: principal) }
    package func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning) {
        try reader.catalog(as: principal, from: beginning)
    }

    package func versions(
        _ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> VersionLookupResult {
        try reader.versions(lookup, limit: limit, cursor: cursor, as: principal, hold: hold)
    }

    /// For parts of the engine that show tables beside the reader: rollups, files of the warehouse.
    func shownTables(_ snapshot: TierBoundary.Snapshot, as principal: Principal) -> ShownTables { reader.shownTables(snapshot, as: principal) }
    func hidden(from principal: Principal) -> SensitiveColumns? { reader.hidden(from: principal) }
    func rows(of asked: String?, for principal: Principal) throws -> RowScope { try reader.rows(of: asked, for: principal) }
    func checkKnown(_ scope: RowScope, _ principal: Principal) throws { try reader.checkKnown(scope, principal) }
    func shown(_ entry: QuarantineEntry, to principal: Principal) -> QuarantineEntry { reader.shown(entry, to: principal) }

    /// A removal is a version without a document, and goes the way of any other. Whether it is the newest that it removes, the writer sees.
    ///
    /// - Parameter completion: called once; with nil where the document is removed, or was before.
    package func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void) {
        // What can be refused is refused before the writer has anything: rights, the table's kind, whose document it is, whether there is one.
        do {
            guard principal.access == .readWrite else {
                throw Fault(.readOnly, "this key may read only; a contract with access read-write may remove documents")
            }
            let reader = reader
            try reader.checkVersioned(lookup.table)
            let snapshot = tier.boundary.snapshot()
            // Before it is asked whose the document is, which rows may have to say.
            if let table = reader.tables.storedName(ofShown: lookup.table), let damaged = snapshot.unreadVersions[table] { throw UnreadableVersions(damaged) }
            let rows = try rows(of: lookup.client, for: principal)
            guard case .one(let key) = try reader.owner(lookup, rows, snapshot) else {
                throw Fault(.badParameter, "several clients have this id: name one", errors: [.init(pointer: "/client", code: "required", message: "several have it")])
            }
            guard let newest = try tier.versions.nearest(key, below: .max, .present) else { throw Fault.absent(.receipt(lookup.receiptID)) }
            if let allowed = principal.types, !allowed.contains(newest.type) {
                throw Fault(.typeNotAllowed, "the contract does not name the type of this document")
            }
            // The removal is of the type and version that the document has now.
            let row = Intake.removal(of: newest, key, now: options.hot.clock.now())
            let submission = Submission(rows: [row], earlier: [nil], generation: snapshot.generation) { answer in
                switch answer {
                case .refused(let problem): completion(problem)
                case .conflicts: completion(Fault(.internalError, "a removal met another document"))
                case .done: completion(nil)
                }
            }
            // One row: where the writer has nothing else to do, it is committed on this thread.
            tier.writer.submit(submission, isAlone: true)
        } catch {
            completion(Intake.problem(error))
        }
    }
}
