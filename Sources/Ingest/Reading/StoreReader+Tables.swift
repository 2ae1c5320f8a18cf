import ColumnStore
import Documents
import Query

/// Which tables callers see, and what each shows.
extension StoreReader {
    /// A table by the name that callers give it, as a principal sees it.
    ///
    /// - Parameters:
    ///   - beginning: of the reader's walk over pages: nothing later is seen. Nil: all that the snapshot has is seen.
    ///   - instant: of a versioned table: its state of then.
    ///   - page: who bears what is held of versions; nil: a query, or nobody.
    func shownTable(
        _ name: String, _ snapshot: TierBoundary.Snapshot, from beginning: WalkBeginning? = nil, asOf instant: Int64? = nil, as principal: Principal, page: PageMemory? = nil
    ) throws -> any TableSource {
        var known = shownTables(snapshot, from: beginning, as: principal)
        known.page = page
        guard let table = known.table(name, asOf: instant) else { throw Fault.absent(.table(name)) }
        if instant != nil { try checkIsOwnName(name, known) }
        guard instant != nil else { return table }
        switch tables.kind(ofShown: name)?.reading {
        case .versions: return table
        case .rows, nil:
            throw Fault(
                .badParameter, "the table \(name) keeps no versions: it is the same at any instant",
                errors: [.init(pointer: "/as_of", code: "not-versioned", message: "of versioned tables only")])
        }
    }

    /// The one place that decides what of columns a principal sees.
    ///
    /// Every door and every call comes by here, so that what is hidden is hidden in all of them.
    func shownTables(_ snapshot: TierBoundary.Snapshot, from beginning: WalkBeginning? = nil, as principal: Principal) -> ShownTables {
        ShownTables(
            snapshot: snapshot, boundary: boundary, tables: tables, index: index, beginning: beginning ?? snapshot.beginning,
            sensitive: hidden(from: principal))
    }

    /// What of the store a principal may not see; nil where that is nothing.
    func hidden(from principal: Principal) -> SensitiveColumns? {
        if principal.seesSensitive { return nil }
        var sensitive = types.sensitiveColumns
        if sensitive.isEmpty { return nil }
        // Executions of others have what those may see. Each client has been sent what its own say.
        if case .client = principal.rows {} else { sensitive.hide(ExecutionTable.values, of: ExecutionTable.name) }
        return sensitive
    }

    /// Instants, single documents and their versions are asked of a table that keeps them by its own name.
    private func checkIsOwnName(_ name: String, _ known: ShownTables) throws {
        let own = TableName.shown(known.storedName(of: name))
        guard name != own else { return }
        switch tables.kind(ofShown: own)?.reading {
        case .rows, nil: return
        case .versions:
            throw Fault(
                .badParameter, "\(name) is a view of the table \(own), and only \(own) is asked like this",
                errors: [.init(pointer: "/table", code: "not-a-table", message: "name \(own)")])
        }
    }

    func checkIsOwnName(_ name: String) throws {
        let snapshot = boundary.snapshot()
        // Of names alone.
        try checkIsOwnName(name, shownTables(snapshot, as: .nobody))
    }

    /// All rows of a table, by the name that callers give it.
    func history(of name: String, _ snapshot: TierBoundary.Snapshot) -> TieredTable {
        TieredTable(name: tables.storedName(ofShown: name) ?? name, boundary: boundary, tables: tables, snapshot: snapshot)
    }
}

/// The tables and views of one snapshot, by the names that callers give them: `t` and `t_accepted`, and the stored table besides where that has another
/// name, as `t_history`.
///
/// For one principal: `sensitive` is already what that may not see.
struct ShownTables {
    private static let acceptedSuffix = "_accepted"

    let snapshot: TierBoundary.Snapshot
    let boundary: TierBoundary
    let tables: TableColumns
    let index: VersionIndex
    /// Of the reader.
    let beginning: WalkBeginning
    /// The columns that the reader may not see; nil where it may see all.
    let sensitive: SensitiveColumns?
    /// Who bears what is held of versions, where it is no query.
    var page: PageMemory?

    var names: [String] {
        tables.tables.sorted().flatMap { stored in
            let shown = TableName.shown(stored)
            return [shown, shown + Self.acceptedSuffix] + (stored == shown ? [] : [stored])
        }
    }

    /// The stored table that a shown one is of.
    ///
    /// Example: `receipts` for `receipts` and `receipts_accepted`, `t_history` for `t`. The name itself where there is no such table.
    func storedName(of name: String) -> String {
        if tables.contains(name) { return name }
        let base = name.hasSuffix(Self.acceptedSuffix) ? String(name.dropLast(Self.acceptedSuffix.utf8.count)) : name
        return tables.storedName(ofShown: base) ?? base
    }

    /// Nil for a name that no table has. Masked for the reader.
    func table(_ name: String, asOf instant: Int64? = nil) -> (any TableSource)? {
        whole(name, asOf: instant).map { masked($0, storedName(of: name)) }
    }

    private func masked(_ table: any TableSource, _ stored: String) -> any TableSource {
        sensitive.flatMap { TableMask($0, table: stored) }.map { MaskedTable(table, $0) } ?? table
    }

    private func whole(_ name: String, asOf instant: Int64?) -> (any TableSource)? {
        if let own = tables.storedName(ofShown: name) { return shown(own, .present(asOf: instant)) }
        if tables.contains(name) { return shown(name, .all) }
        guard name.hasSuffix(Self.acceptedSuffix) else { return nil }
        return tables.storedName(ofShown: String(name.dropLast(Self.acceptedSuffix.utf8.count))).map { shown($0, .accepted) }
    }

    /// The SELECT that gives the rows of `t_accepted`. Nil of another name, and of versions, among which it would have to find the newest.
    func acceptedQuery(_ name: String) -> String? {
        guard !tables.contains(name), tables.storedName(ofShown: name) == nil, name.hasSuffix(Self.acceptedSuffix) else { return nil }
        let base = String(name.dropLast(Self.acceptedSuffix.utf8.count))
        guard let stored = tables.storedName(ofShown: base), TableName.kind(of: stored).reading == .rows, let source = table(name) else { return nil }
        let columns = source.schema.fields.map { RollupStatement.quoted($0.name) }.joined(separator: ", ")
        return "SELECT \(columns) FROM \(RollupStatement.quoted(base)) WHERE \(Self.acceptedRows)"
    }

    /// What of a stored table is shown.
    private enum Part {
        case all
        /// Under the name that callers give it.
        case present(asOf: Int64?)
        case accepted
    }

    private func shown(_ name: String, _ part: Part) -> any TableSource {
        switch (TableName.kind(of: name).reading, part) {
        case (.rows, .all), (.rows, .present): stored(name)
        case (.rows, .accepted): AcceptedTable(stored(name))
        case (.versions, .all): versioned(name, .history)
        case (.versions, .present(let instant)): versioned(name, instant.map { .asOf($0) } ?? .newest(.newest))
        case (.versions, .accepted): versioned(name, .newest(.accepted))
        }
    }

    private func stored(_ name: String, only: Set<String>? = nil) -> TieredTable {
        TieredTable(name: name, boundary: boundary, tables: tables, snapshot: snapshot, only: only)
    }

    // MARK: Rollups

    /// The rollups over a shown table, and whether that shows accepted rows alone.
    func rollups(of name: String) -> [(state: RollupState, isAccepted: Bool)] {
        guard !snapshot.rollups.isEmpty, let (base, isAccepted) = summable(of: name) else { return [] }
        return snapshot.rollups.values.filter { $0.definition.table == base }.map { ($0, isAccepted) }
    }

    /// The table that can have rollups that a shown one is of, and whether that shows accepted rows alone.
    func summable(of name: String) -> (table: String, isAccepted: Bool)? {
        let isAccepted = !tables.contains(name) && name.hasSuffix(Self.acceptedSuffix)
        let base = isAccepted ? String(name.dropLast(Self.acceptedSuffix.utf8.count)) : name
        return tables.contains(base) && TableName.kind(of: base).noRollups == nil ? (base, isAccepted) : nil
    }

    /// What holds of the rows that `t_accepted` has.
    static let acceptedRows = "state = '\(ReceiptState.complete.rawValue)'"

    /// Whether its sums show what the reader may not see.
    func isHidden(_ state: RollupState) -> Bool {
        let name = state.definition.table
        guard let mask = sensitive.flatMap({ TableMask($0, table: name) }) else { return false }
        guard let paths = try? state.statement.columnsRead(of: name, schema: stored(name).schema) else { return true }
        return paths.contains(where: mask.touches) || state.definition.list.map { mask.columns.contains($0) } ?? false
    }

    /// Whose sums may be seen; nil for none: rollups without clients do not exist for who sees own rows only, nor those of columns that are not shown.
    func sumScope(of state: RollupState, for rows: RowScope) -> [ColumnFilter]? {
        if isHidden(state) { return nil }
        if rows == .all { return [] }
        guard case .client(let id) = rows else { return nil }
        return clientKey(of: state).map { [ColumnFilter(ColumnPath($0), .equal(.bytes(id.bytes)))] }
    }

    /// The key whose value is the client, by which clients see their own sums; nil where there is none, or where it cannot be bound any more.
    private func clientKey(of state: RollupState) -> String? {
        let table = state.definition.table
        return try? state.statement.key(of: "client_id", table: table, schema: stored(table).schema)
    }

    /// Whether a rollup is listed: as in SQL, where the caller has rows there; an auditor reads the declarations of those that clients see.
    func isListed(_ state: RollupState, for rows: RowScope) -> Bool { rows == .none ? clientKey(of: state) != nil : sumScope(of: state, for: rows) != nil }

    /// Partial sums of files that have them, and the rows of those that do not, as one offer to the planner.
    ///
    /// - Parameters:
    ///   - client: whose sums may be seen; nil: all.
    ///   - isAdded: whether the reader of the partial sums adds them up, so that those over fewer keys do as well. Not of one client's own: which sums a file
    ///     has besides depends on what others sent.
    /// - Returns: with a `fault` where there are no sums to read; a query then reads rows.
    func offer(_ state: RollupState, isAccepted: Bool, client: ColumnFilter?, isAdded: Bool) -> RollupOffer {
        let empty = MemoryTable(schema: Schema([]), batches: [])
        var offer = RollupOffer(name: state.definition.name, statement: state.statement, partials: empty, rest: empty)
        offer.table = state.definition.table
        if isAccepted { offer.implied = [Self.acceptedRows] }
        do {
            let view = try snapshot.cold[state.definition.table].flatMap { try state.view(upTo: beginning.sequence, of: $0) }
            if let client { return try ownOffer(offer, state, view.map { ($0.partials, $0.rest) }, isAccepted: isAccepted, client: client) }
            guard let view else {
                let fault = state.waiting.isEmpty ? state.progress.faults.first : nil
                offer.fault = fault.map { "it has the sums of no file: \($0.reason)" } ?? "it has the sums of no file yet"
                return offer
            }
            (offer.partials, offer.rest) = (isAdded ? view.partials.coarsened : view.partials, rest(of: state, only: view.rest, isAccepted: isAccepted))
            offer.coverage = "\(view.coveredCount)/\(state.fileCount)"
            // Hot rows are the same for all.
            offer.rowCount = Int(clamping: state.partRowCount.addingSaturating(state.restRowCount))
        } catch { offer.fault = "its sums cannot be read" }
        return offer
    }

    /// A client's own sums and rows, as one plan whatever files have sums by now: that depends on what others sent.
    ///
    /// - Parameter view: nil as long as there are no sums.
    private func ownOffer(
        _ offer: RollupOffer, _ state: RollupState, _ view: (partials: any TableSource, rest: Set<String>)?, isAccepted: Bool, client: ColumnFilter
    ) throws -> RollupOffer {
        var own = offer
        let table = state.definition.table
        let partials = try view?.partials ?? MemoryTable(schema: Schema(state.statement.fields(of: table, schema: stored(table).schema)), batches: [])
        own.partials = OwnTable(partials)
        own.rest = OwnTable(rest(of: state, only: view?.rest, isAccepted: isAccepted))
        own.partialScope = [client]
        return own
    }

    /// The rows of a rollup's table that are in none of its sums; `only`: the cold files that have them.
    private func rest(of state: RollupState, only: Set<String>?, isAccepted: Bool) -> any TableSource {
        let rest = stored(state.definition.table, only: only)
        return masked(isAccepted ? AcceptedTable(rest) : rest, state.definition.table)
    }

    private func versioned(_ name: String, _ showing: VersionedTable.Showing) -> VersionedTable {
        VersionedTable(stored(name), snapshot, showing, from: beginning, index, page: page)
    }
}
