import ColumnStore
import Documents

/// What answers to reads are made of, whoever has it: the store that leads, or a standby's copy. It changes nothing.
///
/// A value of references; any thread asks, each with a snapshot of its own.
struct StoreReader: Sendable {
    let boundary: TierBoundary
    let tables: TableColumns
    /// Every version of every document of versioned tables.
    let index: VersionIndex
    let catalog: Catalog
    let types: TypeStore
    let quarantine: Quarantine
    let savedViews: SavedViews
    let cursors: CursorCoder
    /// Whether who has no contract is nobody.
    let clientsNeedContract: Bool
    /// What a ticket says of its steps beside what stands in them.
    let explain: @Sendable ([TicketStep]) -> [TicketStep]
    /// It may lack what another has that gave a cursor.
    var isBehind = false
    /// Clients, or days, of one receipt id that an answer lists.
    var choiceCountMax = 10_000

    /// - Throws: storage-unavailable where a walk began over rows that are not here yet.
    func checkReached(_ sequence: Int64, _ snapshot: TierBoundary.Snapshot) throws {
        guard isBehind, sequence > snapshot.sequence else { return }
        throw Fault(.storageUnavailable, "the walk began over rows that this copy does not have yet: go on without Till-Read: stale, or later")
    }

    /// Whose rows are asked for: one client's, or all that the principal sees.
    ///
    /// - Throws: wrong-client where the principal asks for one whose rows it does not see.
    func rows(of asked: String?, for principal: Principal) throws -> RowScope {
        guard let asked = asked.map({ ClientID($0) }) else { return principal.rows }
        guard principal.rows.includes(asked) else { throw Fault(.wrongClient, "this key sees its own client only") }
        return .client(asked)
    }

    /// Where nothing of a client was found: whether there is such a client. The data of one whose contract was deleted stay.
    ///
    /// - Throws: not-found for a client without a contract.
    func checkKnown(_ scope: RowScope, _ principal: Principal) throws {
        guard case .client(let client) = scope, clientsNeedContract, catalog.contract(client.text) == nil, principal.identity != .contract(client) else { return }
        throw Fault(.notFound, "the client \(client) has no contract")
    }

    /// A refused document as a principal sees it: the bytes of a type with sensitive columns, and of no known type where there is any such type,
    /// are for few.
    func shown(_ entry: QuarantineEntry, to principal: Principal) -> QuarantineEntry {
        let type = entry.type.flatMap { types.isKnown($0) ? $0 : nil }
        guard let start = hidden(from: principal)?.start(ofType: type) else { return entry }
        var shown = entry
        (shown.document, shown.isHidden) = ([], true)
        // What was refused before quoted what it found.
        if entry.typesPlace < start {
            shown.problem.detail = Ticket.notShown
            shown.problem.errors = entry.problem.errors.map { .init(pointer: "", code: $0.code, message: Ticket.notShown) }
        }
        return shown
    }
}
