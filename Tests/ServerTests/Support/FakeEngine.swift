import ColumnStore
import Documents
import Foundation
import Query
import Synchronization
import TestSupport

@testable import Ingest

/// An engine of the server's own tests: answers from what a test puts in, and remembers what it was asked.
final class FakeEngine: WholeStore, UploadKeeping {
    struct State {
        var contracts: [String: Contract] = [:]
        var keys: [[UInt8]: (owner: KeyOwner, key: KeyDescription)] = [:]
        var taken: [IntakeRequest] = []
        var outcome: IntakeOutcome?
        var changes: [ChangePage.Change] = []
        var waiters: [Int: (sequence: Int64, wake: @Sendable () -> Void)] = [:]
        var waiterNumber = 0
        /// All changes are others': nobody is shown one.
        var changesAreOthers = false
        /// From where changes were looked for.
        var askedAfter: [Int64] = []
        /// Called at each look for changes.
        var onChanges: (@Sendable () -> Void)?
        var page: Page?
        var receipt: ReceiptLookupResult?
        var tickets: [String: Ticket] = [:]
        /// The one entry of the quarantine, and how often it was read.
        var refused: QuarantineEntry?
        var readEntryCount = 0
        /// What each page of receipts, of versions and of an upload's errors asks for, and each ticket, in bytes.
        var pageByteCount = 0
        /// Of a page of receipts for which no fields are named, instead.
        var usualPageByteCount: Int?
        /// Of every document.
        var versionCount = 0
        /// Of each page that was asked for.
        var pageLimits: [Int] = []
        var upload: Upload?
        /// Its errors, in the file's order.
        var rejections: [UploadRejection] = []
        /// Those that links lead to, and how much of their files is here.
        var linkedUploads: [String: Upload] = [:]
        var fileByteCounts: [String: Int64] = [:]
        /// Done as one's file is to be taken.
        var atReceive: (@Sendable (inout State) throws -> Void)?
        /// Called as one's file is to be ended.
        var atFinish: (@Sendable () -> Void)?
        /// Of each page of it that was asked for, whether it was to have the documents.
        var refusedPages: [Bool] = []
        /// Of each such page, how many it was to have of these.
        var refusedLimits: [Int] = []
        var refusedEntries: [QuarantineEntry] = []
        /// Done at the look for a key that has this number, of those that are counted from here on.
        var atLookup: (number: Int, change: @Sendable (inout State) -> Void)?
        /// Done once, as the next look for a contract has its answer.
        var afterContract: (@Sendable (inout State) -> Void)?
        var isReady = true
        var isBackupHeld = false
        var isCompactionHeld = false
        var putTypes: Set<String> = []
        var isVerifyHeld = false
        var catalog: any QueryCatalog = FixedCatalog([])
        var askedSequences: [Int64?] = []
        var figures = [Metric(name: "receipts_total", help: "Receipts taken.", kind: .counter, value: 1)]
        var refusals: [Fault] = []
        var degradations: [String] = []
        var deletions: [DeletionFilter] = []
        var kept: [String: [UInt8]] = [:]
        var sessions: [[UInt8]: BrowserSession] = [:]
        var isKeptElsewhere = false
        var changeRefusal: Fault?
        /// What leaves in place of every answer that waits for the log.
        var keptFault: Fault?
        /// Of whom there are figures.
        var usageClients: [String] = []
        /// Whose were asked for, each time.
        var usageAsked: [[String]] = []
        /// So many times not all rows are counted yet.
        var uncountedTurns = 0
        /// Called each time, once it is noted whose were asked for.
        var whenUsageAsked: (@Sendable () -> Void)?
        /// What one client used is counted until the call's time is over.
        var isUsageHeld = false
        var letters: [DeadLetter] = []
        var redriven: [String] = []
        var whenRedriven: (@Sendable (String) -> Void)?
        var waitingExports: [Export] = []
        /// Of files that are there, by whose they are.
        var exportByteCounts: [Identity: Int64] = [:]
        /// Those that were asked for, by their ids.
        var exports: [String: Export] = [:]
        /// What the look for one throws, whichever it is.
        var exportFault: Fault?
        /// Where their files lie, by the same.
        var exportObjects: (any ObjectStorage)?
        var endedExports: [Export] = []
        /// What is done as files are carried, with what is called before each piece.
        var atCarrying: (@Sendable (() throws -> Void) throws -> Void)?
        /// Of each look through files, those whose files it was to leave.
        var sweptBeside: [Set<String>] = []
        var carriedBeside: [Set<String>] = []
        /// So many ends of exports cannot be noted.
        var exportEndFailures = 0
        var exportEndCount = 0
        var exportPathCount = 0
        /// Done as the place of a file is asked for: its making has begun.
        var atExportPath: (@Sendable (inout State) -> Void)?
        /// Where files of exports are written; nil: nowhere.
        var exportFolder: String?
        /// What was noted of acts that ended.
        var auditDetails: [String?] = []
        var auditEntries: [AuditEntry] = []
    }
    var isKeptElsewhere: Bool { state.withLock { $0.isKeptElsewhere } }
    var changeRefusal: Fault? { state.withLock { $0.changeRefusal } }
    func whenKept(_ body: @escaping @Sendable (Fault?) -> Void) { body(state.withLock { $0.keptFault }) }
    let state = Mutex(State())
    let fakeQueues = FakeQueues()
    var queues: any QueueKeeping { fakeQueues }
    let topics: any TopicKeeping = FakeTopics()

    let usageMeter = UsageMeter(clock: Clock { 0 })
    func usage(of clientID: String, from: Int32?, to: Int32?, byMonth: Bool, as principal: Principal, unless cancellation: Cancellation) throws -> [UsageSpan] {
        if state.withLock({ $0.isUsageHeld }) {
            Patience.until { cancellation.isOver }
            try cancellation.check()
        }
        return [UsageSpan(firstDay: 20_000, figures: UsageFigures())]
    }
    func usageClients(as principal: Principal, unless cancellation: Cancellation) throws -> [String] { state.withLock { $0.usageClients } }
    func dailyUsage(of clientIDs: [String], as principal: Principal, unless cancellation: Cancellation) throws -> [(clientID: String, span: UsageSpan)] {
        let (isUncounted, whenAsked) = state.withLock { state in
            state.usageAsked.append(clientIDs)
            defer { state.uncountedTurns = max(0, state.uncountedTurns - 1) }
            return (state.uncountedTurns > 0, state.whenUsageAsked)
        }
        whenAsked?()
        if isUncounted { throw QueryError(.queryTimeout, "rows are left") }
        return clientIDs.map { ($0, UsageSpan(firstDay: 20_000, figures: UsageFigures())) }
    }

    func keep(figures: [UInt8], as name: String) throws { state.withLock { $0.kept[name] = figures } }
    func keptFigures(_ name: String) throws -> [UInt8]? { state.withLock { $0.kept[name] } }
    func begin(_ session: BrowserSession, sha256: [UInt8]) throws { state.withLock { $0.sessions[sha256] = session } }
    func session(ofSHA256 hash: [UInt8], letInAt instant: Int64?) -> BrowserSession? {
        state.withLock { $0.sessions[hash] }.flatMap { $0.isOver(at: instant ?? Clock.system.now()) ? nil : $0 }
    }
    func end(sessionOfSHA256 hash: [UInt8]) throws -> Bool { state.withLock { $0.sessions.removeValue(forKey: hash) != nil } }
    func forget(sessionOfSHA256 hash: [UInt8]) { state.withLock { $0.sessions[hash] = nil } }

    /// A real one, whose file is made with the first definition that a test puts.
    let executions: ExecutionStore
    private let executionsFolder: TemporaryDirectory

    init() {
        do {
            let folder = try TemporaryDirectory()
            executionsFolder = folder
            executions = try ExecutionStore(path: folder.path + "/executions.sqlite", clock: .system)
        } catch {
            preconditionFailure("no store of executions: \(error)")
        }
    }

    static func summary(_ sequence: Int64 = 1, state: ReceiptState = .complete) -> ReceiptSummary {
        ReceiptSummary(
            ticketID: "01JDABCDEFGHJKMNPQRSTVWXYZ", clientID: "c1", receiptID: "R-1", type: "pos-receipt", businessDay: 20_777,
            state: state, sequence: sequence)
    }

    func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        completion(.failure(Fault(.badSignature, "no registrar")))
    }
    func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?) {
        let (all, byteCount) = state.withLock { ($0.letters, $0.pageByteCount) }
        let start = cursor.flatMap { Int($0) } ?? 0
        for number in 0..<all.dropFirst(start).prefix(limit).count { try hold(byteCount.multipliedSaturating(by: number + 1)) }
        let page = all.dropFirst(start).prefix(limit).filter { principal.rows.includes($0.clientID) }
        return (Array(page), start + limit < all.count ? String(start + limit) : nil)
    }
    func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter? {
        state.withLock { $0.letters.first { $0.id == id && principal.rows.includes($0.clientID) } }
    }
    func redrive(_ id: String, as principal: Principal) throws {
        guard try deadLetter(id, as: principal) != nil else { throw Fault(.notFound, "no dead letter") }
        let whenRedriven = state.withLock { state in
            state.redriven.append(id)
            return state.whenRedriven
        }
        whenRedriven?(id)
    }

    func accept(_ request: IntakeRequest, completion: @escaping @Sendable (IntakeOutcome) -> Void) {
        let outcome = state.withLock { state in
            state.taken.append(request)
            return state.outcome
        }
        completion(outcome ?? .one(Accepted(summary: Self.summary(), isRepeat: false)))
    }

    func versions(_ lookup: ReceiptLookup, limit: Int, cursor: String?, as principal: Principal, hold: (Int) throws -> Void) throws -> VersionLookupResult {
        let (byteCount, count) = state.withLock { ($0.pageByteCount, $0.versionCount) }
        let newest = cursor.flatMap { Int($0) } ?? count
        let oldest = max(1, newest - limit + 1)
        try hold(max(1, newest - oldest + 1) * byteCount)
        let versions: [DocumentVersion] = newest < oldest ? [] : (oldest...newest).reversed().map { number in
            DocumentVersion(version: Int32(number), ticketID: "t\(number)", receivedAt: 0, validTo: nil, isRemoved: false, uploadID: nil, state: .complete, changes: [])
        }
        return .found(VersionPage(versions: versions, nextCursor: oldest > 1 ? "\(oldest - 1)" : nil))
    }

    func remove(_ lookup: ReceiptLookup, as principal: Principal, completion: @escaping @Sendable (Fault?) -> Void) { completion(nil) }

    func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (Int) throws -> Void) throws -> ReceiptLookupResult {
        try hold(state.withLock { $0.pageByteCount })
        guard let receipt = state.withLock({ $0.receipt }) else { throw Fault(.notFound, "there is no such receipt") }
        return receipt
    }

    func ticket(_ ticketID: String, as principal: Principal, hold: (Int) throws -> Void) throws -> Ticket {
        try hold(state.withLock { $0.pageByteCount })
        guard let ticket = state.withLock({ $0.tickets[ticketID] }) else { throw Fault(.notFound, "there is no such ticket") }
        return ticket
    }

    // MARK: Uploads

    var uploadKeeping: any UploadKeeping { self }
    var byteCountMax: Int { 5 << 30 }
    func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload { throw Fault(.notFound, "there are no uploads") }
    func upload(_ id: String, as principal: Principal) throws -> Upload {
        guard let upload = state.withLock({ $0.upload }), upload.id == id else { throw Fault(.notFound, "there is no such upload") }
        return upload
    }
    func uploads(
        client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload] { [] }
    func records(of id: String, as principal: Principal) throws -> UploadRecords { throw Fault(.notFound, "there is no such upload") }
    func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> RejectionPage {
        let (byteCount, all) = state.withLock { ($0.pageByteCount, $0.rejections) }
        try hold(byteCount)
        let behind = all.filter { $0.record > record }
        return RejectionPage(rejections: Array(behind.prefix(limit)), hasMore: behind.count > limit)
    }
    func linked(_ id: String) throws -> Upload? { state.withLock { $0.linkedUploads[id] } }
    func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile {
        try state.withLock { state in
            let take = state.atReceive
            try take?(&state)
        }
        guard state.withLock({ $0.linkedUploads[upload.id] }) != nil else { throw Fault(.uploadClosed, "there are no uploads") }
        let path = NSTemporaryDirectory() + "/\(UUID().uuidString).upload"
        return try UploadFile(upload, path: path, from: start, isKept: isKept, byteCountMax: 1 << 20, minFreeBytes: 0) { unlink(path) }
    }
    func fileByteCount(_ id: String) -> Int64 { state.withLock { $0.fileByteCounts[id] ?? 0 } }
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload {
        defer { file.end() }
        state.withLock { $0.atFinish }?()
        throw Fault(.uploadClosed, "there are no uploads")
    }
    func cancel(_ id: String, as principal: Principal) throws {}
    func revert(_ id: String, as principal: Principal) throws -> Upload { throw Fault(.notFound, "there is no such upload") }
    func start(describe: @escaping @Sendable (Upload) -> [UInt8]) {}

    // MARK: Exports

    let links = LinkSigner(storeKey: [1, 2, 3])
    func addExport(_ export: Export) throws { state.withLock { $0.exports[export.id] = export } }
    func export(_ id: String, as principal: Principal) throws -> Export {
        let (fault, found) = state.withLock { ($0.exportFault, $0.exports[id]) }
        if let fault { throw fault }
        guard let found else { throw Fault(.notFound, "there is no such export") }
        return found
    }
    func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export] { [] }
    func deleteExport(_ id: String, as principal: Principal) throws { throw Fault(.notFound, "there is no such export") }
    func linkedExport(_ id: String) throws -> Export? { state.withLock { $0.exports[id] } }
    func waitingExports() throws -> [Export] { state.withLock { $0.waitingExports } }
    func endExport(_ export: Export) throws -> Bool {
        let isRefused = state.withLock { state -> Bool in
            state.exportEndCount += 1
            guard state.exportEndFailures > 0 else { return false }
            state.exportEndFailures -= 1
            return true
        }
        if isRefused { throw Fault(.diskFull, "the disk is full") }
        return state.withLock { state -> Bool in
            state.endedExports.append(export)
            let count = state.waitingExports.count
            state.waitingExports.removeAll { $0.id == export.id }
            return state.waitingExports.count < count
        }
    }
    func sweepExports(now: Int64, making: Set<String>) throws { state.withLock { $0.sweptBeside.append(making) } }
    func carryExports(making: Set<String>, beforeEachPiece: () throws -> Void) throws {
        let carry = state.withLock { state in
            state.carriedBeside.append(making)
            return state.atCarrying
        }
        try carry?(beforeEachPiece)
    }
    func exportContents(_ export: Export) throws -> ExportContents? {
        state.withLock { $0.exportObjects }.map { .object(ExportObject(objects: $0, key: export.id, byteCount: export.byteCount)) }
    }
    func exportPath(_ fileName: String) throws -> String {
        let folder = state.withLock { state -> String? in
            state.exportPathCount += 1
            let change = state.atExportPath
            change?(&state)
            return state.exportFolder
        }
        guard let folder else { throw Fault(.notFound, "there is no such file") }
        return folder + "/" + fileName
    }
    func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64) { state.withLock { ($0.exportByteCounts[owner, default: 0], $0.exportByteCounts.values.reduce(0, +)) } }
    var hasRoomForExports: Bool { true }

    func page(_ request: PageRequest, as principal: Principal, hold: (Int) throws -> Void) throws -> Page {
        try hold(state.withLock { state in
            state.pageLimits.append(request.limit)
            return request.fields == nil ? state.usualPageByteCount ?? state.pageByteCount : state.pageByteCount
        })
        guard var page = state.withLock({ $0.page }) else { throw Fault(.notFound, "there is no such table") }
        // Pages of tests have a batch for each row.
        if page.batches.count > request.limit { (page.batches, page.nextCursor) = (Array(page.batches.prefix(request.limit)), "next") }
        return page
    }

    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage {
        state.withLock { $0.onChanges }?()
        let (changes, areOthers) = state.withLock { state in
            state.askedAfter.append(sequence)
            return (state.changes.filter { $0.sequence > sequence }, state.changesAreOthers)
        }
        return ChangePage(changes: areOthers ? [] : Array(changes.prefix(limit)), nextAfter: changes.last?.sequence ?? sequence)
    }

    /// Puts a change in and wakes whoever waits for it.
    func commit(_ sequence: Int64) {
        let woken = state.withLock { state in
            state.changes.append(.init(sequence: sequence, at: 0, event: "receipt.complete", receipt: Self.summary(sequence)))
            let woken = state.waiters.filter { $0.value.sequence < sequence }
            for number in woken.keys { state.waiters[number] = nil }
            return woken.values.map(\.wake)
        }
        for wake in woken { wake() }
    }

    private struct Handle: NotificationHandle {
        let forget: @Sendable () -> Void
        func cancel() { forget() }
    }

    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle {
        let number = state.withLock { state in
            state.waiterNumber += 1
            state.waiters[state.waiterNumber] = (sequence, wake)
            return state.waiterNumber
        }
        return Handle { [self] in state.withLock { _ = $0.waiters.removeValue(forKey: number) } }
    }

    private static let type = TypeDescription(
        name: "pos-receipt", version: 1, table: "receipts", format: "json", json: Array(#"{"name":"pos-receipt","version":1,"format":"json"}"#.utf8))
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription] { name == nil ? [Self.type] : [] }
    func type(_ name: String, as principal: Principal) throws -> TypeDescription? {
        guard name == Self.type.name || state.withLock({ $0.putTypes.contains(name) }) else { return nil }
        return Self.type
    }
    private func deleted(_ filter: DeletionFilter) -> DeletionSummary {
        state.withLock { $0.deletions.append(filter) }
        return DeletionSummary(count: 0, hasMore: false)
    }
    func deleteQuarantineEntry(_ ticketID: String) throws {}
    func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary { deleted(filter) }
    func deleteDeadLetter(_ id: String) throws {}
    func deleteDeadLetters(_ filter: DeletionFilter) throws -> DeletionSummary { deleted(filter) }
    func rollups(after name: String?, limit: Int, as principal: Principal) throws -> [RollupDescription] { [] }
    func putRollup(name: String, body: JSONValue) throws -> PutOutcome { throw Fault(.invalidRollup, "no rollups here") }
    func rollupWarning(name: String, _ cancellation: Cancellation) -> String? { nil }
    func rollupAdvice(_ cancellation: Cancellation) throws -> [RollupAdvice] { [] }
    func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed]) {}
    func deleteRollup(name: String) throws { throw Fault(.notFound, "no rollups here") }
    var haveSensitiveColumns: Bool { false }
    func typeVersions(_ name: String, before version: Int, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> [TypeVersion] { [] }
    func putType(name: String, body: [UInt8]) throws -> PutOutcome {
        state.withLock { _ = $0.putTypes.insert(name) }
        return .replaced
    }
    func deleteType(name: String) throws {}
    func contracts(after clientID: String?, limit: Int) throws -> [Contract] {
        state.withLock { state in
            Array(state.contracts.values.filter { $0.clientID > clientID ?? "" }.sorted { $0.clientID < $1.clientID }.prefix(limit))
        }
    }
    func contract(_ clientID: String) throws -> Contract? {
        state.withLock { state in
            let (found, change) = (state.contracts[clientID], state.afterContract)
            state.afterContract = nil
            change?(&state)
            return found
        }
    }
    func putContract(_ contract: Contract, keepsSecret: Bool, mayReplace: Bool) throws -> PutOutcome {
        try state.withLock { state in
            guard mayReplace || state.contracts[contract.clientID] == nil else { throw Fault(.alreadyExists, "there is one") }
            var contract = contract
            if keepsSecret, let stored = state.contracts[contract.clientID]?.webhook { contract.webhook?.secret = stored.secret }
            return state.contracts.updateValue(contract, forKey: contract.clientID) == nil ? .created : .replaced
        }
    }
    func deleteContract(_ clientID: String) throws { state.withLock { _ = $0.contracts.removeValue(forKey: clientID) } }
    func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription] {
        state.withLock { state in
            let keys = state.keys.values.filter { $0.owner == owner && $0.key.id > after?.id ?? "" }.map(\.key)
            return Array(keys.sorted { $0.id < $1.id }.prefix(limit))
        }
    }
    func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription {
        let description = KeyDescription(
            id: key.id, role: key.role, label: key.label, createdAt: 0, expiresAt: key.expiresAt, lastUsedAt: nil)
        state.withLock { $0.keys[key.secretSHA256] = (owner, description) }
        return description
    }
    func deleteKey(of owner: KeyOwner, id: String) throws {
        let isKnown = state.withLock { state in
            let count = state.keys.count
            state.keys = state.keys.filter { $0.value.owner != owner || $0.value.key.id != id }
            return state.keys.count < count
        }
        if !isKnown { throw Fault(.notFound, "there is no such key") }
    }
    func hasKey(ofSHA256 hash: [UInt8]) -> Bool { state.withLock { $0.keys[hash] != nil } }
    func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder? {
        state.withLock { state in
            if let (number, change) = state.atLookup {
                state.atLookup = number > 1 ? (number - 1, change) : nil
                if number == 1 { change(&state) }
            }
            guard let (owner, key) = state.keys[hash] else { return nil }
            switch owner {
            case .client(let clientID): return state.contracts[clientID].map { .contract($0, expiresAt: key.expiresAt) }
            case .operators: return .operators(key.role, id: key.id, expiresAt: key.expiresAt)
            }
        }
    }
    func passwordKeys(of user: String?) -> UserKeys { UserKeys() }
    let passwordSaltKey = [UInt8](repeating: 7, count: 32)
    func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        var (byteCount, entries) = state.withLock { state in
            state.refusedLimits.append(limit)
            return (state.pageByteCount, state.refusedEntries)
        }
        let hasMore = entries.count > limit
        entries = Array(entries.prefix(limit))
        if entries.isEmpty { try hold(byteCount) }
        for entry in entries {
            byteCount += entry.document.count
            try hold(byteCount)
        }
        state.withLock { $0.refusedPages.append(withDocuments) }
        return (entries, hasMore ? "next" : nil)
    }
    func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (Int) throws -> Void) throws -> QuarantineEntry {
        guard let entry = state.withLock({ $0.refused }), entry.ticketID == ticketID else { throw Fault(.notFound, "there is no such entry") }
        try hold(entry.document.count)
        state.withLock { $0.readEntryCount += 1 }
        return entry
    }
    func compact(before: Int32?, isCancelled: @escaping @Sendable () -> Bool) throws -> CompactionSummary {
        while state.withLock({ $0.isCompactionHeld }) {
            if isCancelled() { throw Fault(.overloaded, "ended") }
            usleep(1_000)
        }
        return CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0)
    }
    func begin(_ act: AuditAct) throws -> Int64 { 1 }
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws { state.withLock { $0.auditDetails.append(detail) } }
    func audit(cursor: String?, limit: Int, hold: (Int) throws -> Void) throws -> (entries: [AuditEntry], nextCursor: String?) { (state.withLock { $0.auditEntries }, nil) }
    func backup(to destination: String, isCancelled: @escaping @Sendable () -> Bool) throws -> BackupSummary {
        if destination == "/fails" { throw Fault(.internalError, "the backup failed", cause: "/fails") }
        while state.withLock({ $0.isBackupHeld }) {
            if isCancelled() { throw Fault(.overloaded, "ended") }
            usleep(1_000)
        }
        return BackupSummary()
    }
    func checkMovable() throws {}
    func move(
        to place: String?, isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (Int64, String) -> Void
    ) throws -> WarehouseMoveSummary { WarehouseMoveSummary() }
    func rebuild(
        column: String, of table: String, isCancelled: @escaping @Sendable () -> Bool, progress: (RebuildSummary) -> Void
    ) throws -> RebuildSummary { RebuildSummary() }
    func verify(
        temporaryDirectory: String, makesAllSums: Bool, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report {
        progress(.init(path: "a file", rowCount: 17))
        while state.withLock({ $0.isVerifyHeld }) {
            if isCancelled() { throw Fault(.overloaded, "ended") }
            usleep(1_000)
        }
        return Verifier.Report(findings: [.init(path: "a file", fault: "is damaged")], fileCount: 2, rowCount: 17)
    }
    var isReady: Bool { state.withLock { $0.isReady } }
    var intakeRefusals: [Fault] { state.withLock { $0.refusals } }
    var degradations: [String] { state.withLock { $0.degradations } }
    func metrics() -> [Metric] { state.withLock { $0.figures } }
    func close() throws {}
    func warehouseTables(as principal: Principal) throws -> [String] { [] }
    func warehouseTable(_ name: String, as principal: Principal) throws -> WarehouseTable? { nil }
    func views(after name: String?, limit: Int) -> [SavedView] { [] }
    func view(_ name: String) -> SavedView? { nil }
    func putView(_ view: SavedView) throws -> PutOutcome { .created }
    func deleteView(_ name: String) throws -> String? { throw Fault(.notFound, "there is no view of this name") }
    var coldTableNames: [String] { [] }
    func files(of table: String?, as principal: Principal) throws -> [StoredFile] { [] }
    func snapshots(of table: String) -> [StoredSnapshot] { [] }
    var compactions: [CompactionRecord] { [] }

    func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning) {
        state.withLock { state in
            state.askedSequences.append(beginning?.sequence)
            return (state.catalog, beginning ?? WalkBeginning(sequence: 77, instant: 88))
        }
    }

    /// Hexadecimal with the binding's hash behind it: enough for a test to see that it is checked.
    func seal(_ fields: [[UInt8]], binding: [String]) -> String {
        (fields + [Array("\(binding)".utf8)]).map { field in field.map { String($0 + 0, radix: 16).count == 1 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined() }
            .joined(separator: ".")
    }

    /// One of the first version has `v1` before it.
    func unseal(_ cursor: String, binding: [String], withFirstVersion: Bool) -> [[UInt8]]? {
        if cursor.hasPrefix("v1") { return withFirstVersion ? unseal(String(cursor.dropFirst(2)), binding: binding) : nil }
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false).map { part -> [UInt8] in
            let digits = Array(part)
            return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        }
        guard let last = parts.last, last == Array("\(binding)".utf8) else { return nil }
        return Array(parts.dropLast())
    }
}
