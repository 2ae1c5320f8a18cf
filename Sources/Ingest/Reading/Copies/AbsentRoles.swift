import ColumnStore
import Documents
import Query

/// What a copy that is only read does not do: each is a refusal, or says that there is nothing. Its doors have no calls for any of it; the schema `till` reads what the copy's catalog tells.
///
/// Each role is a protocol of `Roles/`; what such a copy can answer out of its catalog it does, by `StandbyReading`.
final class AbsentRoles: AuditRecording, Callbacks, ContractAdministration, DeadLetterReview, DocumentIntake, ExportKeeping, FigureKeeping, KeyAdministration, LinkSigning, RefusedDocuments,
    RollupAdministration, SessionKeeping, StoreInventory, StoreLife, StoreMaintenance, TypeAdministration, UsageKeeping, VersionKeeping, ViewAdministration, ChangeFeed
{
    static let fault = Fault(.wrongState, "this node of the cluster does not lead, and only reads")
    private var fault: Fault { Self.fault }
    private let standby: StandbyReading

    // MARK: Calls of the store's life

    let usageMeter: UsageMeter
    init(_ standby: StandbyReading, clock: Clock = .system) { (self.standby, usageMeter) = (standby, UsageMeter(clock: clock)) }
    var isReady: Bool { true }
    var intakeRefusals: [Fault] { [] }
    var degradations: [String] { [] }
    func metrics() -> [Metric] { [] }
    func close() throws {}
    func keep(figures: [UInt8], as name: String) throws {}
    func keptFigures(_ name: String) throws -> [UInt8]? { nil }
    func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal, unless cancellation: Cancellation) throws -> [UsageSpan] {
        guard from == nil, to == nil, !byMonth else { throw fault }
        return try dailyUsage(of: [clientID], as: principal, unless: cancellation).map(\.span)
    }
    func usageClients(as principal: Principal, unless cancellation: Cancellation) throws -> [String] {
        guard let figures = try standby.taken().figures, principal.isAdmin else { throw fault }
        return try figures.clients(unless: cancellation).map(\.text)
    }
    func dailyUsage(of clientIDs: [String], as principal: Principal, unless cancellation: Cancellation) throws -> [(clientID: String, span: UsageSpan)] {
        let isOwn = clientIDs.map { Identity.contract(ClientID($0)) } == [principal.identity]
        guard let figures = try standby.taken().figures, principal.isAdmin || isOwn else { throw fault }
        return UsageSpan.days(of: try figures.usage(of: clientIDs.map { ClientID($0) }, unless: cancellation), clientIDs)
    }
    func begin(_ act: AuditAct) throws -> Int64 { throw fault }
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws { throw fault }
    func audit(cursor: String?, limit: Int, hold: (Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?) {
        try standby.reader.audit(cursor: cursor, limit: limit, hold: hold)
    }
    func begin(_ session: BrowserSession, sha256: [UInt8]) throws { throw fault }
    func session(ofSHA256 hash: [UInt8], letInAt instant: Int64?) -> BrowserSession? { nil }
    func end(sessionOfSHA256 hash: [UInt8]) throws -> Bool { throw fault }
    func forget(sessionOfSHA256 hash: [UInt8]) {}

    // MARK: Documents

    func accept(_ request: IntakeRequest, completion: @escaping @Sendable (IntakeOutcome) -> Void) { completion(.refused(fault)) }
    func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) { completion(.failure(fault)) }
    func versions(_ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (Int) throws -> Void) throws -> VersionLookupResult { throw fault }
    func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void) { completion(fault) }
    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage { throw fault }
    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle { Silence() }
    func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?) {
        try standby.reader.deadLetters(client: client, cursor: cursor, limit: limit, as: principal, hold: hold)
    }
    func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter? { try standby.reader.deadLetter(id, as: principal) }
    func redrive(_ id: String, as principal: Principal) throws { throw fault }
    func deleteDeadLetter(_ id: String) throws { throw fault }
    func deleteDeadLetters(_ filter: DeletionFilter) throws -> DeletionSummary { throw fault }
    func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal,
        hold: (_ byteCount: Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        try standby.reader.quarantine(client: client, received: received, cursor: cursor, limit: limit, withDocuments: withDocuments, as: principal, hold: hold)
    }
    func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (Int) throws -> Void) throws -> QuarantineEntry {
        try standby.reader.quarantineEntry(ticketID, as: principal, hold: hold)
    }
    func deleteQuarantineEntry(_ ticketID: String) throws { throw fault }
    func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary { throw fault }

    private struct Silence: NotificationHandle {
        func cancel() {}
    }

    // MARK: Administration

    let passwordSaltKey: [UInt8] = []
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription] { try standby.reader.types.descriptions(after: name, limit: limit, among: principal.types) }
    func type(_ name: String, as principal: Principal) throws -> TypeDescription? {
        guard principal.types?.contains(where: { $0.hasSameBytes(as: name) }) ?? true else { return nil }
        return try standby.reader.types.description(of: name)
    }
    func typeVersions(_ name: String, before version: Int, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> [TypeVersion] { throw fault }
    /// What is not known here is hidden.
    var haveSensitiveColumns: Bool { true }
    func putType(name: String, body: [UInt8]) throws -> PutOutcome { throw fault }
    func deleteType(name: String) throws { throw fault }
    func rollups(after name: String?, limit: Int, as principal: Principal) throws -> [RollupDescription] {
        // A pair makes no sums, and what its copy would tell of them is nothing.
        let copy = try standby.taken()
        guard copy.figures != nil, principal.isAdmin else { throw fault }
        let reader = copy.reader
        let shown = reader.shownTables(reader.boundary.snapshot(), as: principal)
        return try RollupStore(catalog: reader.catalog, boundary: reader.boundary, columns: reader.tables)
            .descriptions(after: name, limit: limit, ownOnly: false) { shown.isListed($0, for: principal.rows) }
    }
    func putRollup(name: String, body: JSONValue) throws -> PutOutcome { throw fault }
    func deleteRollup(name: String) throws { throw fault }
    func rollupWarning(name: String, _ cancellation: Cancellation) -> String? { nil }
    func rollupAdvice(_ cancellation: Cancellation) throws -> [RollupAdvice] { throw fault }
    func contracts(after clientID: String?, limit: Int) throws -> [Contract] { try standby.reader.catalog.contracts(after: clientID, limit: limit) }
    func contract(_ clientID: String) throws -> Contract? { try standby.contract(clientID) }
    func putContract(_ contract: Contract, keepsSecret: Bool, mayReplace: Bool) throws -> PutOutcome { throw fault }
    func deleteContract(_ clientID: String) throws { throw fault }
    func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription] {
        if case .client(let clientID) = owner, try standby.contract(clientID) == nil { throw Fault.absent(.contract(client: clientID)) }
        return try standby.reader.catalog.keys(of: owner, after: after, limit: limit)
    }
    func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription { throw fault }
    func deleteKey(of owner: KeyOwner, id: String) throws { throw fault }
    func views(after name: String?, limit: Int) -> [SavedView] { standby.present?.reader.savedViews.listed(after: name, limit: limit) ?? [] }
    func view(_ name: String) -> SavedView? { standby.present?.reader.savedViews.all[name] }
    func putView(_ view: SavedView) throws -> PutOutcome { throw fault }
    func deleteView(_ name: String) throws -> String? { throw fault }

    // MARK: Long work, and what there is

    func compact(before: Int32?, isCancelled: @escaping @Sendable () -> Bool) throws -> CompactionSummary { throw fault }
    func backup(to destination: String, isCancelled: @escaping @Sendable () -> Bool) throws -> BackupSummary { throw fault }
    func checkMovable() throws { throw fault }
    func move(to place: String?, isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (_ byteCount: Int64, _ path: String) -> Void) throws -> WarehouseMoveSummary { throw fault }
    func rebuild(column: String, of table: String, isCancelled: @escaping @Sendable () -> Bool, progress: (RebuildSummary) -> Void) throws -> RebuildSummary { throw fault }
    func verify(
        temporaryDirectory: String, makesAllSums: Bool, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report { throw fault }
    var coldTableNames: [String] { standby.present.map { StoreContents(snapshot: $0.reader.boundary.snapshot()).coldTableNames } ?? [] }
    func files(of table: String?, as principal: Principal) throws -> [StoredFile] { try standby.reader.files(of: table, as: principal) }
    func snapshots(of table: String) -> [StoredSnapshot] { standby.present.map { StoreContents(snapshot: $0.reader.boundary.snapshot()).snapshots(of: table) } ?? [] }
    func warehouseTables(as principal: Principal) throws -> [String] { [] }
    func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable? { nil }
    var compactions: [CompactionRecord] { [] }

    // MARK: Exports

    let links = LinkSigner(storeKey: [])
    func addExport(_ export: Export) throws { throw fault }
    func export(_ id: String, as principal: Principal) throws -> Export { throw fault }
    func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export] { throw fault }
    func deleteExport(_ id: String, as principal: Principal) throws { throw fault }
    func linkedExport(_ id: String) throws -> Export? { nil }
    func waitingExports() throws -> [Export] { [] }
    func endExport(_ export: Export) throws -> Bool { false }
    func sweepExports(now: Int64, making: Set<String>) throws {}
    func carryExports(making: Set<String>, beforeEachPiece: () throws -> Void) throws {}
    func exportPath(_ fileName: String) throws -> String { throw fault }
    func exportContents(_ export: Export) throws -> ExportContents? { nil }
    func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64) { (0, 0) }
    var hasRoomForExports: Bool { false }
}
