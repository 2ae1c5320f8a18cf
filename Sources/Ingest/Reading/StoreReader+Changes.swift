import ColumnStore
import Documents
import Query

/// What happened since, in the order of commits.
///
/// A change is an arrival, at its row's sequence, or an event of a row, at its own. Hot rows have both; of cold rows there is one change, the
/// arrival of what was final at once, or else the last event, which their history says (`LateEnds` tells where to look for those).
extension StoreReader {
    /// - Parameters:
    ///   - sequence: exclusive: the last that the caller has.
    ///   - limit: at least 1.
    /// - Returns: changes in order, and from where the next call goes on.
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
            // Too many: up to the `limit`-th lowest of these are enough, and all of those lie in the narrower window.
            bound = changes.map(\.sequence).sorted()[limit - 1]
            return false
        }

        /// One more than there is room for, so that too many show.
        var roomCount: Int { 2 * limit + 1 - changes.count }

        func sorted() -> [ChangePage.Change] { Array(changes.sorted { $0.sequence < $1.sequence }.prefix(limit)) }
    }

    /// The changes of a window.
    ///
    /// - Parameters:
    ///   - low: exclusive.
    ///   - high: inclusive.
    /// - Returns: false when there are too many; `lowest.bound` says how far to go then.
    private func collect(
        after low: Int64, through high: Int64, of rows: RowScope, _ snapshot: TierBoundary.Snapshot, _ lowest: inout LowestChanges
    ) throws -> Bool {
        let arrived = ColumnFilter("sequence", .range(lower: .init(.integer(low), isInclusive: false), upper: .init(.integer(high), isInclusive: true)))
        for table in tables.tables {
            let columns = Self.changeColumns(of: table)
            let hot = try forEachRow(of: table, isHot: true, columns, [arrived] + rows.filters, snapshot) { batch, row in
                var receipt = try ColdLookup.receipt(batch, row, table: table)
                // What became final later did so by an event of its own.
                if receipt.completedAt != receipt.receivedAt { receipt.summary.state = .processing }
                return lowest.add(Self.change(receipt, at: receipt.receivedAt, batch, row))
            }
            let ends = snapshot.lateEnds[table] ?? []
            let near = LateEnds.near(ends, low...high)
            let isCollected = try hot && forEachRow(of: table, isHot: false, columns, [arrived] + rows.filters, snapshot) { batch, row in
                let receipt = try ColdLookup.receipt(batch, row, table: table)
                // In cold there is only the end.
                return Self.isLate(receipt, among: near) || lowest.add(Self.change(receipt, at: receipt.receivedAt, batch, row))
            }
            guard try isCollected && collectLate(table, ends, after: low, through: high, of: rows, snapshot, &lowest) else { return false }
        }
        for file in snapshot.files {
            for event in try file.events(after: low, through: high, of: rows, limit: lowest.roomCount) {
                var summary = event.receipt.summary
                // As of then: it may have changed since.
                summary.state = ReceiptState.allCases.first { Self.event($0) == event.event } ?? summary.state
                if TableName.kind(of: event.receipt.table).changesNameVersions {
                    summary.version = try index.version(event.receipt.versionKey, sequence: summary.sequence)?.version
                }
                if !lowest.add(ChangePage.Change(sequence: event.sequence, at: event.at, event: event.event, receipt: summary)) { return false }
            }
        }
        return true
    }

    /// Cold rows that became final later, at the numbers of their last events: so no reader misses the end of a receipt that it has read of earlier.
    ///
    /// Rows of a part are read by the window of their arrivals and of their ends, both from `LateEnds`, and held against their histories.
    private func collectLate(
        _ table: String, _ ends: [LateEnds], after low: Int64, through high: Int64, of rows: RowScope, _ snapshot: TierBoundary.Snapshot,
        _ lowest: inout LowestChanges
    ) throws -> Bool {
        let columns = Self.changeColumns(of: table) + ["history"]
        for part in LateEnds.apart(ends, after: low, through: high) {
            // Their arrivals come before their ends.
            let (first, last) = (part.receipts.lowerBound, min(part.receipts.upperBound, high))
            if first > last { continue }
            let near = LateEnds.near(ends, first...last)
            let filters = [Self.closed("sequence", first...last), Self.closed("completed_at", part.times)] + rows.filters
            let isCollected = try forEachRow(of: table, isHot: false, columns, filters, snapshot) { batch, row in
                let receipt = try ColdLookup.receipt(batch, row, table: table)
                guard let at = receipt.completedAt, Self.isLate(receipt, among: near), let history = batch.columns.last?.value(at: row),
                    case .bytes(let text) = history
                else { return true }
                // Too much happened for its history to say: the arrival is what is known.
                let sequence = try ReceiptHistory(text: String(decoding: text, as: UTF8.self)).lastChange ?? receipt.summary.sequence
                guard sequence > low, sequence <= high else { return true }
                var change = Self.change(receipt, at: at, batch, row)
                change.sequence = sequence
                return lowest.add(change)
            }
            if !isCollected { return false }
        }
        return true
    }

    private static func closed(_ column: ColumnPath, _ range: ClosedRange<Int64>) -> ColumnFilter {
        ColumnFilter(column, .range(lower: .init(.integer(range.lowerBound), isInclusive: true), upper: .init(.integer(range.upperBound), isInclusive: true)))
    }

    /// Whether a cold row is a change at its last event, and not at its arrival.
    private static func isLate(_ receipt: StoredReceipt, among ends: [LateEnds]) -> Bool {
        guard let completedAt = receipt.completedAt, completedAt != receipt.receivedAt else { return false }
        return ends.contains { $0.receipts.contains(receipt.summary.sequence) && $0.times.contains(completedAt) }
    }

    /// Some columns of hot rows or of cold ones.
    ///
    /// - Parameter body: returns whether more are wanted.
    /// - Parameter isHot: which of the two; the other tier is left out of the snapshot.
    /// - Returns: false when it did not want them all.
    private func forEachRow(
        of table: String, isHot: Bool, _ columns: [ColumnPath], _ filters: [ColumnFilter], _ snapshot: TierBoundary.Snapshot,
        _ body: (ColumnBatch, _ row: Int) throws -> Bool
    ) throws -> Bool {
        var part = snapshot
        if isHot { part.cold = [:] } else { part.files = [] }
        if !isHot, snapshot.cold[table] == nil { return true }
        let source = TieredTable(name: table, boundary: boundary, tables: tables, snapshot: part)
        let scan = try source.scan(ScanRequest(projection: columns, scope: filters))
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    // No receipts: nobody waits to hear of them.
                    if case .bytes(let type) = batch.columns[Self.typePlace].value(at: row), type.elementsEqual(TableName.executionType.utf8) { continue }
                    if try !body(batch, row) { return false }
                }
            }
        }
        return true
    }

    private static let typePlace = ColdLookup.columns.firstIndex(of: "type") ?? 0

    private static func change(_ receipt: StoredReceipt, at: Int64, _ batch: ColumnBatch, _ row: Int) -> ChangePage.Change {
        var change = ChangePage.Change(sequence: receipt.summary.sequence, at: at, event: event(receipt.summary.state), receipt: receipt.summary)
        change.version = TableName.kind(of: receipt.table).changesNameVersions ? version(batch, row) : nil
        change.receipt.version = change.version?.number
        return change
    }

    /// What a change is made of: where its kind has that, which version it is, behind the columns of every table.
    private static func changeColumns(of table: String) -> [ColumnPath] {
        guard TableName.kind(of: table).changesNameVersions else { return ColdLookup.columns }
        return ColdLookup.columns + [ColumnPath(VersionColumns.version.name), ColumnPath(VersionColumns.removed.name)]
    }

    /// Of a row of `changeColumns` that has it.
    private static func version(_ batch: ColumnBatch, _ row: Int) -> (number: Int32, isRemoval: Bool)? {
        let columns = batch.columns.dropFirst(ColdLookup.columns.count).prefix(2)
        guard let first = columns.first, let last = columns.last, case .integer(let number) = first.value(at: row) else { return nil }
        return (Int32(clamping: number), last.value(at: row) == .boolean(true))
    }

    private static func event(_ state: ReceiptState) -> String { "receipt.\(state.rawValue.lowercased())" }
}
