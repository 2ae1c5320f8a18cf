import ColumnStore
import Documents
import Query

/// Single receipts and tickets.
extension StoreReader {
    /// 1. Hot files by their indexes.
    /// 2. Cold files by bounds and filters, unless the holder of the one identity that is asked for was found.
    /// 3. Of several identities with that id the caller must choose.
    ///
    /// - Parameter hold: as `RowReading`'s.
    /// - Throws: not-found; wrong-client; too-large for more identities than can be listed; what is damaged, as a fault.
    func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> ReceiptLookupResult {
        let scope = try rows(of: lookup.client, for: principal)
        let snapshot = boundary.snapshot()
        switch (tables.kind(ofShown: lookup.table)?.reading, lookup.asOf) {
        case (.versions, _), (_, _?): return try newestVersion(lookup, scope, snapshot, as: principal, hold: hold)
        case (.rows, nil), (nil, nil): break
        }
        try checkIsOwnName(lookup.table)
        let table = try visibleTable(lookup.table, snapshot)
        let id = Array(lookup.receiptID.utf8)
        var found = ReceiptChoices<Place>(of: lookup.receiptID, countMax: choiceCountMax)
        for file in snapshot.files {
            try file.forEachRow(receiptID: id, of: scope, table: lookup.table, day: lookup.day) { row, receipt in
                if receipt.summary.sequence <= snapshot.sequence { try found.add(.hot(file, row), IdentifiedRow(receipt.summary)) }
            }
        }
        // One identity has one holder: with client and day known, and found, cold need not be asked.
        let isOneClient = if case .client = scope { true } else { false }
        let isSettled = isOneClient && lookup.day != nil && found.best.map { $0.row.state != .failed } ?? false
        if !isSettled {
            var filters = [ColumnFilter("receipt_id", .equal(.bytes(id)))]
            filters.append(contentsOf: scope.filters)
            if let day = lookup.day { filters.append(ColumnFilter("business_day", .equal(.integer(Int64(day))))) }
            try ColdLookup.forEachRow(lookup.table, snapshot, filters) { place, row in try found.add(.cold(place), row) }
        }
        guard found.count <= 1 else { return .choices(found.all) }
        guard let best = found.best else { throw Fault.absent(.receipt(lookup.receiptID)) }
        guard let row = try row(best.place, table, snapshot, hold) else { throw Fault.absent(.receipt(lookup.receiptID)) }
        let mask = hidden(from: principal).flatMap { TableMask($0, table: table.name) }
        return .found(schema: table.schema, row: mask?.masked(row, table.schema) ?? row)
    }

    private enum Place {
        case hot(HotFile, Int64)
        case cold(ColdTable.Place)
    }

    func visibleTable(_ name: String, _ snapshot: TierBoundary.Snapshot) throws -> TieredTable {
        guard tables.contains(name) else { throw Fault.absent(.table(name)) }
        return TieredTable(name: name, boundary: boundary, tables: tables, snapshot: snapshot)
    }

    /// All columns of one receipt.
    private func row(
        _ place: Place, _ table: TieredTable, _ snapshot: TierBoundary.Snapshot, _ hold: (_ byteCount: Int) throws -> Void
    ) throws -> ColumnBatch? {
        let projection = table.schema.fields.map { ColumnPath($0.name) }
        let batch: ColumnBatch?
        switch place {
        case .hot(let file, let row):
            try hold(try file.documentByteCount(row: row))
            batch = try HotTable(table: table.name, snapshot: snapshot, schema: table.schema).row(row, of: file, projection: projection)
        case .cold(let place):
            batch = try ReadingRoom.asking(hold) { room in
                try snapshot.cold[table.name]?.row(at: place, projection: projection, schema: table.schema, room: room)
            }
        }
        if let batch { try hold(batch.rowsByteCount) }
        return batch
    }

    // MARK: Tickets

    /// What each byte of a refused document's reasons takes: as one text, cut into its parts, and as reasons.
    private static let heldByteCountPerByteOfReasons = 3

    /// A receipt, hot or cold, else a refused document.
    ///
    /// - Parameter hold: as `RowReading`'s.
    /// - Throws: not-found, also for what the principal may not see.
    func ticket(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Ticket {
        let absent = Fault.absent(.ticket(ticketID))
        guard let ticket = ULID(ticketID) else { throw absent }
        let snapshot = boundary.snapshot()
        if let (receipt, history) = try stored(ticket, snapshot) {
            guard principal.rows.includes(receipt.summary.clientID) else { throw absent }
            let ticket = try self.ticket(receipt, history, snapshot)
            return hidden(from: principal)?.isSensitive(type: receipt.summary.type) ?? false ? ticket.withoutRegistrarsWords : ticket
        }
        // A ticket tells nothing of the document, which may be as long as any. Its reasons may be those of all records of an array.
        let found = try quarantine.entry(
            ticket, withDocument: false, isSeen: { principal.rows.includes($0) },
            hold: { try hold($0.multipliedSaturating(by: Self.heldByteCountPerByteOfReasons)) })
        if let found {
            let entry = shown(found, to: principal)
            return Ticket(
                refused: entry, errors: entry.problem.errors,
                history: [HistoryEvent(at: entry.receivedAt, event: "refused")])
        }
        throw absent
    }

    /// The newest file first: most tickets that are asked for are young.
    private func stored(_ ticket: ULID, _ snapshot: TierBoundary.Snapshot) throws -> (StoredReceipt, ReceiptHistory)? {
        for file in snapshot.files.reversed() {
            if let found = try file.find(ticket: ticket), found.receipt.summary.sequence <= snapshot.sequence {
                // One read for both would be a transaction; the history may be a moment younger than the state.
                var history = try file.history(row: found.row)
                if let damaged = file.damage[found.row] { history.errors.append(damaged.violation) }
                return (found.receipt, history)
            }
        }
        return try coldTicket(ticket, snapshot)
    }

    /// - Complexity: a look into the files of each table whose bounds of tickets have this one.
    func coldTicket(_ ticket: ULID, _ snapshot: TierBoundary.Snapshot) throws -> (StoredReceipt, ReceiptHistory)? {
        for table in snapshot.cold.keys.sorted() {
            if let found = try ColdLookup.find(ticket: ticket, table: table, in: snapshot) { return (found.receipt, found.history) }
        }
        return nil
    }

    private func ticket(_ receipt: StoredReceipt, _ history: ReceiptHistory, _ snapshot: TierBoundary.Snapshot) throws -> Ticket {
        var ticket = Ticket(
            summary: receipt.summary, steps: explain(history.steps), errors: history.errors,
            history: [HistoryEvent(at: receipt.receivedAt, event: "received")])
        // Complete at once: the one event that no history holds.
        if history.steps.isEmpty, let completedAt = receipt.completedAt {
            ticket.history.append(HistoryEvent(at: completedAt, event: receipt.summary.state == .failed ? "failed" : "complete"))
        }
        ticket.history += history.events
        // Of versions none stands in another's place.
        if receipt.summary.state == .failed, TableName.kind(of: receipt.table).holder == .rows {
            ticket.replacedBy = try successor(of: receipt, snapshot)?.summary.ticketID
        }
        return ticket
    }

    /// What came next under the identity of a FAILED receipt, FAILED by now or not, wherever it lies; else what holds the identity, since an
    /// earlier receipt can take it again.
    private func successor(of receipt: StoredReceipt, _ snapshot: TierBoundary.Snapshot) throws -> StoredReceipt? {
        let (identity, own) = (receipt.identity, receipt.summary.sequence)
        let hot = [try HotTier.successor(of: identity, after: own, in: snapshot), try HotTier.find(identity, in: snapshot)].compactMap { $0 }
        let all = hot + (try ColdLookup.receipts(under: identity, snapshot))
        let next = all.filter { $0.summary.sequence > own }.min { $0.summary.sequence < $1.summary.sequence }
        return next ?? all.first { $0.summary.state != .failed }
    }
}

extension IdentifiedRow {
    init(_ summary: ReceiptSummary) {
        self.init(client: Array(summary.clientID.utf8), businessDay: summary.businessDay, state: summary.state, sequence: summary.sequence)
    }
}
