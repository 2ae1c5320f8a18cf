import ColumnStore
import Documents
import Query

/// Single receipts, tickets, and what happened since.
extension StoreReader {
    func receipt(_ lookup: ReceiptLookup, as principal: Principal) throws -> ReceiptLookupResult {
        let scope = try rows(of: lookup.client, for: principal)
        let snapshot = boundary.snapshot()
        if isVersioned(lookup.table) || lookup.asOf != nil { return try newestVersion(lookup, scope, snapshot, as: principal) }
        try checkIsOwnName(lookup.table)
        let table = try visibleTable(lookup.table, snapshot)
        let id = Array(lookup.receiptID.utf8)
        var found: [(place: Place, receipt: StoredReceipt)] = []
        for file in snapshot.files {
            for (row, receipt) in try file.rows(receiptID: id, of: scope, table: lookup.table, day: lookup.day)
            where receipt.summary.sequence <= snapshot.sequence { found.append((.hot(file, row), receipt)) }
        }
        // One identity has one holder: with client and day known, and found, cold need not be asked.
        let isOneClient = if case .client = scope { true } else { false }
        let isSettled = isOneClient && lookup.day != nil && found.contains { $0.receipt.summary.state != .failed }
        if !isSettled {
            var filters = [ColumnFilter("receipt_id", .equal(.bytes(id)))]
            filters.append(contentsOf: scope.filters)
            if let day = lookup.day { filters.append(ColumnFilter("business_day", .equal(.integer(Int64(day))))) }
            found += try ColdLookup.receipts(lookup.table, snapshot, filters).map { (.cold, $0) }
        }
        guard !found.isEmpty else { throw Fault.absent(.receipt(lookup.receiptID)) }
        let choices = Set(found.map { Choice(day: $0.receipt.summary.businessDay, client: Array($0.receipt.summary.clientID.utf8)) })
        guard choices.count == 1 else {
            return .choices(choices.sorted().map { (businessDay: $0.day, clientID: String(decoding: $0.client, as: UTF8.self)) })
        }
        // A FAILED one is shown while nothing else has its identity.
        let held = found.filter { $0.receipt.summary.state != .failed }
        guard let best = (held.isEmpty ? found : held).max(by: { $0.receipt.summary.sequence < $1.receipt.summary.sequence }),
            let row = try row(best.place, best.receipt, table, snapshot)
        else { throw Fault.absent(.receipt(lookup.receiptID)) }
        let mask = hidden(from: principal).flatMap { TableMask($0, table: table.name) }
        return .found(schema: table.schema, row: mask?.masked(row, table.schema) ?? row)
    }

    private enum Place {
        case hot(HotFile, Int64)
        case cold
    }

    private struct Choice: Hashable, Comparable {
        let day: Int32
        let client: [UInt8]
        static func < (left: Choice, right: Choice) -> Bool {
            left.day != right.day ? left.day < right.day : left.client.lexicographicallyPrecedes(right.client)
        }
    }

    func visibleTable(_ name: String, _ snapshot: TierBoundary.Snapshot) throws -> TieredTable {
        guard tables.contains(name) else { throw Fault.absent(.table(name)) }
        return TieredTable(name: name, boundary: boundary, tables: tables, snapshot: snapshot)
    }

    /// All columns of one receipt.
    private func row(
        _ place: Place, _ receipt: StoredReceipt, _ table: TieredTable, _ snapshot: TierBoundary.Snapshot
    ) throws -> ColumnBatch? {
        let projection = table.schema.fields.map { ColumnPath($0.name) }
        switch place {
        case .hot(let file, let row):
            return try HotTable(table: table.name, snapshot: snapshot, schema: table.schema).row(row, of: file, projection: projection)
        case .cold:
            let request = ScanRequest(
                projection: projection,
                filters: [
                    ColumnFilter("business_day", .equal(.integer(Int64(receipt.summary.businessDay)))),
                    ColumnFilter("sequence", .equal(.integer(receipt.summary.sequence))),
                    ColumnFilter("receipt_id", .equal(.string(receipt.summary.receiptID))),
                ], rowCountMax: 1)
            let scan = try table.scan(request)
            while let morsel = try scan.nextMorsel() { if let batch = try morsel.next() { return batch } }
            return nil
        }
    }

    // MARK: Tickets

    func ticket(_ ticketID: String, as principal: Principal) throws -> Ticket {
        let absent = Fault.absent(.ticket(ticketID))
        guard let ticket = ULID(ticketID) else { throw absent }
        let snapshot = boundary.snapshot()
        if let (receipt, history) = try stored(ticket, snapshot) {
            guard principal.rows.includes(receipt.summary.clientID) else { throw absent }
            let ticket = try self.ticket(receipt, history, snapshot)
            return hidden(from: principal)?.isSensitive(type: receipt.summary.type) ?? false ? ticket.withoutRegistrarsWords : ticket
        }
        if let found = try quarantine.entry(ticket), principal.rows.includes(found.clientID) {
            let entry = shown(found, to: principal)
            return Ticket(
                refused: entry, errors: entry.problem.errors,
                history: [HistoryEvent(at: entry.receivedAt, event: "refused")])
        }
        throw absent
    }

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

    func coldTicket(_ ticket: ULID, _ snapshot: TierBoundary.Snapshot) throws -> (StoredReceipt, ReceiptHistory)? {
        for table in snapshot.cold.keys.sorted() {
            if let found = try ColdLookup.find(ticket: ticket, table: table, in: snapshot) {
                return (found, try ColdLookup.history(found, in: snapshot))
            }
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
        if receipt.summary.state == .failed {
            let identity = receipt.identity
            let next = try HotTier.successor(of: identity, after: receipt.summary.sequence, in: snapshot)
                ?? HotTier.find(identity, in: snapshot) ?? ColdLookup.find(identity, in: snapshot)
            ticket.replacedBy = next?.summary.ticketID
        }
        return ticket
    }

    // MARK: Changes

    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage {
        let snapshot = boundary.snapshot()
        let scope = principal.rows
        var changes: [ChangePage.Change] = []
        var low = max(0, sequence)
        // Sequences are dense but for other clients' rows: windows that grow find the next ones without reading all that follows.
        var width = Int64(max(limit, 1_000)) * 2
        while low < snapshot.sequence, changes.count < limit {
            var high = snapshot.sequence - low > width ? low + width : snapshot.sequence
            var lowest = LowestChanges(limit: limit - changes.count)
            // A window that turns out to hold many more is begun anew as a narrower one, which holds enough.
            while try !collect(after: low, through: high, of: scope, snapshot, &lowest) {
                high = lowest.bound
                lowest = LowestChanges(limit: limit - changes.count)
            }
            changes += lowest.sorted()
            low = high
            width = width.multipliedSaturating(by: 4)
        }
        // At the end of what there is, the next call begins behind it, whoever's rows it was.
        let isFull = changes.count == limit
        return ChangePage(changes: changes, nextAfter: isFull ? changes.last?.sequence ?? sequence : max(sequence, snapshot.sequence))
    }

    /// The lowest changes of a window, of which twice as many as wanted are in memory at a time.
    struct LowestChanges {
        private let limit: Int
        private var changes: [ChangePage.Change] = []
        /// Set when there were more: up to here are enough.
        private(set) var bound = Int64.max

        init(limit: Int) { self.limit = limit }

        /// - Returns: false when the window holds more than need be collected.
        mutating func add(_ change: ChangePage.Change) -> Bool {
            changes.append(change)
            guard changes.count > 2 * limit else { return true }
            bound = changes.map(\.sequence).sorted()[limit - 1]
            return false
        }

        /// One more than there is room for, so that too many show.
        var roomCount: Int { 2 * limit + 1 - changes.count }

        func sorted() -> [ChangePage.Change] { Array(changes.sorted { $0.sequence < $1.sequence }.prefix(limit)) }
    }

    /// The changes of a window.
    ///
    /// - Returns: false when there are too many; `lowest.bound` says how far to go then.
    private func collect(
        after low: Int64, through high: Int64, of rows: RowScope, _ snapshot: TierBoundary.Snapshot, _ lowest: inout LowestChanges
    ) throws -> Bool {
        var scope = [
            ColumnFilter("sequence", .range(lower: .init(.integer(low), isInclusive: false), upper: .init(.integer(high), isInclusive: true)))
        ]
        scope.append(contentsOf: rows.filters)
        var hot = snapshot
        hot.cold = [:]
        var cold = snapshot
        cold.files = []
        for (table, isHot) in tables.tables.flatMap({ [($0, true), ($0, false)] }) {
            if !isHot, snapshot.cold[table] == nil { continue }
            let source = TieredTable(name: table, boundary: boundary, tables: tables, snapshot: isHot ? hot : cold)
            let scan = try source.scan(ScanRequest(projection: Self.changeColumns(of: table), scope: scope))
            while let morsel = try scan.nextMorsel() {
                while let batch = try morsel.next() {
                    for row in 0..<batch.rowCount {
                        var receipt = try ColdLookup.receipt(batch, row, table: table)
                        // No receipts: nobody waits to hear of them.
                        if receipt.summary.type == TableName.executionType { continue }
                        // What became final later did so by an event of its own; in cold there is only the end.
                        if isHot, receipt.completedAt != receipt.receivedAt { receipt.summary.state = .processing }
                        var change = ChangePage.Change(
                            sequence: receipt.summary.sequence, at: receipt.receivedAt, event: Self.event(receipt.summary.state), receipt: receipt.summary)
                        change.version = Self.version(batch, row)
                        if !lowest.add(change) { return false }
                    }
                }
            }
        }
        for file in snapshot.files {
            for event in try file.events(after: low, through: high, of: rows, limit: lowest.roomCount) {
                var summary = event.receipt.summary
                // As of then: it may have changed since.
                summary.state = ReceiptState.allCases.first { Self.event($0) == event.event } ?? summary.state
                if !lowest.add(ChangePage.Change(sequence: event.sequence, at: event.at, event: event.event, receipt: summary)) { return false }
            }
        }
        return true
    }

    /// What a change is made of: of a versioned table which version it is, behind the columns of every table.
    private static func changeColumns(of table: String) -> [ColumnPath] {
        guard TableName.isVersioned(table) else { return ColdLookup.columns }
        return ColdLookup.columns + [ColumnPath(VersionColumns.version.name), ColumnPath(VersionColumns.removed.name)]
    }

    /// Of a row of `changeColumns`; nil in a ledger.
    private static func version(_ batch: ColumnBatch, _ row: Int) -> (number: Int32, isRemoval: Bool)? {
        let columns = batch.columns.dropFirst(ColdLookup.columns.count)
        guard let first = columns.first, let last = columns.last, case .integer(let number) = first.value(at: row) else { return nil }
        return (Int32(clamping: number), last.value(at: row) == .boolean(true))
    }

    private static func event(_ state: ReceiptState) -> String { "receipt.\(state.rawValue.lowercased())" }
}
