package import Documents

/// What the server and the command line call. `Engine` is it; the protocol keeps HTTP and engine apart, so that neither grows into the other.
///
/// Every call that concerns rows takes the caller's `Principal`; the engine alone decides what it may see. Calls are synchronous and may
/// block their thread on files, except `take`, which answers through a closure.
package protocol EngineInterface: AnyObject, Sendable {
    // Documents in.

    /// Recognises, validates and enqueues: a small body on the calling thread, what takes longer on threads for that; `completion` is called
    /// once, on any thread, after the group that holds the receipts is durable (or at once for a refusal). It must return quickly.
    func take(_ request: TakeRequest, completion: @escaping @Sendable (TakeOutcome) -> Void)

    // Receipts out.

    func receipt(_ lookup: ReceiptLookup, as principal: Principal) throws -> ReceiptLookupResult
    func ticket(_ ticketID: String, as principal: Principal) throws -> Ticket
    func page(_ request: PageRequest, as principal: Principal) throws -> Page
    /// Changes after `sequence`, in commit order, at most `limit`.
    func changes(after sequence: Int64, limit: Int, as principal: Principal) throws -> ChangePage
    /// Calls `wake` once, as soon as something beyond `sequence` is committed; at once if it already is. `cancel` the handle to forget it.
    func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle

    // Administration. Names are checked, changes durable, before these return.

    /// By the bytes of their names, those behind `after`, at most `limit`.
    func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription]
    func type(_ name: String, as principal: Principal) throws -> TypeDescription?
    func putType(name: String, body: [UInt8]) throws -> PutOutcome
    func deleteType(name: String) throws
    /// By the bytes of the client ids, those behind `after`, at most `limit`.
    func contracts(after clientID: String?, limit: Int) throws -> [Contract]
    func contract(_ clientID: String) throws -> Contract?
    func putContract(_ contract: Contract) throws -> PutOutcome
    func deleteContract(_ clientID: String) throws
    /// In the order in which they were made, those behind `after`, at most `limit`.
    func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription]
    /// Stores only the SHA-256 of the secret that the caller made.
    func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription
    func deleteKey(of owner: KeyOwner, id: String) throws
    /// Whose a key is, by the secret's SHA-256; nil when there is none. Fast: called for every request.
    func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder?

    func quarantine(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (entries: [QuarantineEntry], nextCursor: String?)
    func quarantineEntry(_ ticketID: String, as principal: Principal) throws -> QuarantineEntry
    /// - Throws: not-found.
    func deleteQuarantineEntry(_ ticketID: String) throws
    /// Deletes refused documents that pass, the oldest first.
    func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary
    /// Moves hot files of UTC days before `before` to cold and merges; returns when done. Nil: tomorrow, the open file too.
    func compact(before: Int32?) throws -> CompactionSummary
    /// Copies the store, as it is at one instant, to a directory of this machine; what an earlier backup has there is not copied again.
    func backup(to destination: String) throws -> BackupSummary
    /// Proves every file of the store, while it works; nothing is changed.
    ///
    /// - Parameter temporaryDirectory: where keys are sorted that are too many for memory.
    func verify(
        temporaryDirectory: String, isCancelled: @escaping () -> Bool, progress: @escaping (Verifier.Progress) -> Void
    ) throws -> Verifier.Report

    // The audit trail.

    /// Durable when it returns: an administrative act that cannot be written down is not done.
    func begin(_ act: AuditAct) throws -> Int64
    func end(act id: Int64, _ outcome: AuditOutcome, status: Int, detail: String?) throws
    /// The newest first.
    func audit(cursor: String?, limit: Int) throws -> (entries: [AuditEntry], nextCursor: String?)

    // Registration.

    /// A registrar's answer that comes by itself. The signature is checked before anything else; `completion` is called once, on any
    /// thread, when it is durable.
    func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Problem>) -> Void)
    func deadLetters(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (letters: [DeadLetter], nextCursor: String?)
    /// Tries a dead letter again; returns when that is durable.
    func redrive(_ id: String, as principal: Principal) throws
    /// What was given up is listed no more; its receipt stays as it is. Durable when it returns.
    ///
    /// - Throws: not-found.
    func deleteDeadLetter(_ id: String) throws
    func deleteDeadLetters(_ filter: DeletionFilter) throws -> DeletionSummary

    var isReady: Bool { get }
    /// Why receipts are refused at present, whoever sends them; none while they are taken.
    var intakeRefusals: [Problem] { get }
    /// What of the store's work stands still though it takes receipts, for the administrator.
    var degradations: [String] { get }
    /// Figures for /metrics: name without prefix, labels, value.
    func metrics() -> [Metric]
    /// Finishes what runs and closes every file.
    func close() throws
}

extension EngineInterface {
    package var intakeRefusals: [Problem] { [] }
    package var degradations: [String] { [] }
}
