package import ColumnStore

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

/// Who is asking: an authenticated credential, reduced to what it may do.
package struct Principal: Sendable, Hashable {
    package enum Scope: String, Sendable, Hashable { case own, all }
    package enum Access: String, Sendable, Hashable { case read, readWrite = "read-write" }

    /// What a credential is for. On disk, of keys: do not rename.
    package enum Role: String, Sendable, Hashable, CaseIterable {
        /// What a client's contract says.
        case contract
        /// Everything.
        case admin
        /// Who did what, and what is configured and refused; no receipt, and of no document a byte.
        case auditor
        /// The figures of the server alone.
        case metrics
    }

    package let role: Role
    /// Of a contract; nil for those that are no client's.
    package let clientID: String?
    /// The key of an operator; nil for the key that the store was made with, and for contracts.
    package var keyID: String?
    package var access: Access
    package var scope: Scope
    /// Document types that may be posted; nil for all.
    package var types: [String]?

    /// Of a contract.
    package init(clientID: String, access: Access, scope: Scope, types: [String]? = nil) {
        role = .contract
        self.clientID = clientID
        self.access = access
        self.scope = scope
        self.types = types
    }

    private init(role: Role, keyID: String?, access: Access, scope: Scope) {
        (self.role, self.keyID, self.access, self.scope) = (role, keyID, access, scope)
        clientID = nil
    }

    package static let admin = Principal(role: .admin, keyID: nil, access: .readWrite, scope: .all)

    /// Of an operator's key. Whoever is not the administrator has the scope of a client that there is not: what of rows they may see at
    /// all, a call must say for their role.
    ///
    /// - Precondition: `role` is none of a contract.
    package static func operators(_ role: Role, keyID: String) -> Principal {
        precondition(role != .contract)
        return role == .admin
            ? Principal(role: .admin, keyID: keyID, access: .readWrite, scope: .all)
            : Principal(role: role, keyID: keyID, access: .read, scope: .own)
    }

    package var isAdmin: Bool { role == .admin }
    /// The client whose rows alone are seen; nil when all are. No client has the empty id.
    package var ownClient: String? { scope == .own ? clientID ?? "" : nil }
}

/// Why a call has no answer: the contract's slug, and what `application/problem+json` says beside it.
package struct Problem: Error, Sendable {
    package enum Slug: String, Sendable, CaseIterable {
        case badJSON = "bad-json", badXML = "bad-xml", badEncoding = "bad-encoding", unknownParameter = "unknown-parameter"
        case badParameter = "bad-parameter", badCursor = "bad-cursor", badSQL = "bad-sql", unsupportedSQL = "unsupported-sql"
        case unauthenticated, badSignature = "bad-signature"
        case readOnly = "read-only", wrongClient = "wrong-client", adminOnly = "admin-only", contractNotValid = "contract-not-valid"
        case typeNotAllowed = "type-not-allowed", roleNotAllowed = "role-not-allowed"
        case notFound = "not-found", methodNotAllowed = "method-not-allowed", notAcceptable = "not-acceptable"
        case differentDocument = "different-document", versionConflict = "version-conflict", contradictingOutcome = "contradicting-outcome"
        case tooLarge = "too-large", unsupportedMediaType = "unsupported-media-type"
        case unknownType = "unknown-type", ambiguousType = "ambiguous-type", invalidDocument = "invalid-document", invalidType = "invalid-type"
        case invalidContract = "invalid-contract", callbackHostNotAllowed = "callback-host-not-allowed"
        case numericOverflow = "numeric-overflow", dataError = "data-error"
        case rateLimited = "rate-limited", tooManyQueries = "too-many-queries"
        case internalError = "internal-error"
        case overloaded, diskFull = "disk-full"
        case queryTimeout = "query-timeout", spillFull = "spill-full"
        case badRequest = "bad-request", requestTimeout = "request-timeout", uriTooLong = "uri-too-long", headTooLarge = "head-too-large"
        case unsupportedTransferEncoding = "unsupported-transfer-encoding", unsupportedVersion = "unsupported-version"
    }

    package var slug: Slug
    /// What is wrong with this request and what to do. Never another client's data.
    package var detail: String
    package var errors: [Violation]
    /// The quarantine entry of a refused document.
    package var ticketID: String?
    /// 1-based, in Unicode scalars, of a query's text.
    package var position: Int?
    /// What lies behind an internal error, with paths and statements, or behind a refusal that says little: for the log alone, never for a client.
    package var cause: String?

    package init(
        _ slug: Slug, _ detail: String, errors: [Violation] = [], ticketID: String? = nil, position: Int? = nil, cause: String? = nil
    ) {
        self.slug = slug
        self.detail = detail
        self.errors = errors
        self.ticketID = ticketID
        self.position = position
        self.cause = cause
    }

    /// A problem of the whole as one of its faults: for a list of reasons that must not be empty.
    var asViolation: Violation { Violation(pointer: "", code: slug.rawValue, message: detail) }

    /// One fault of a document, a type file or a contract.
    package struct Violation: Sendable, Hashable {
        /// A JSON Pointer, an XPath, or `/<record>/<field>`.
        package var pointer: String
        package var code: String
        package var message: String

        package init(pointer: String, code: String, message: String) {
            self.pointer = pointer
            self.code = code
            self.message = message
        }
    }
}

package struct TakeRequest: Sendable {
    package enum Form: Sendable {
        case json, xml, ndjson
        /// A header and records, each on its own: what `till import` sends.
        case csv
    }

    package var form: Form
    package var body: [UInt8]
    /// As the client sent it, for the row's `content_type`.
    package var contentType: String
    package var principal: Principal
    /// `?type=`
    package var type: String?
    /// `?client=`
    package var client: String?
    /// `?callback_url=` or the header.
    package var callbackURL: String?
    /// Trace id and flags of the request's `traceparent`, for the calls that follow from it.
    package var trace: String?
    /// Nobody else is being served: the caller's thread may wait for the disk.
    package var isAlone = false

    package init(
        form: Form, body: [UInt8], contentType: String, principal: Principal, type: String? = nil, client: String? = nil,
        callbackURL: String? = nil, trace: String? = nil
    ) {
        self.trace = trace
        self.form = form
        self.body = body
        self.contentType = contentType
        self.principal = principal
        self.type = type
        self.client = client
        self.callbackURL = callbackURL
    }
}

package enum ReceiptState: String, Sendable, CaseIterable { case processing = "PROCESSING", complete = "COMPLETE", failed = "FAILED" }

/// The body of a POST's answer.
package struct ReceiptSummary: Sendable {
    package var ticketID: String
    package var clientID: String
    package var receiptID: String
    package var type: String
    /// Days since 1970-01-01.
    package var businessDay: Int32
    package var state: ReceiptState
    package var sequence: Int64

    package init(
        ticketID: String, clientID: String, receiptID: String, type: String, businessDay: Int32, state: ReceiptState, sequence: Int64
    ) {
        self.ticketID = ticketID
        self.clientID = clientID
        self.receiptID = receiptID
        self.type = type
        self.businessDay = businessDay
        self.state = state
        self.sequence = sequence
    }
}

package struct Taken: Sendable {
    package var summary: ReceiptSummary
    /// The same document was here before: its first ticket, its present state.
    package var isRepeat: Bool
    package init(summary: ReceiptSummary, isRepeat: Bool) {
        self.summary = summary
        self.isRepeat = isRepeat
    }
}

package enum TakeOutcome: Sendable {
    case one(Taken)
    /// An array or an envelope that counts as a whole.
    case batch([Taken])
    /// NDJSON, and envelopes whose receipts count each on its own: a result for each, in order.
    case each([Result<Taken, Problem>])
    /// As `each`, of a body of more than it may hold: how many came after those, none of which was looked at.
    case eachOfMore([Result<Taken, Problem>], beyondCount: Int)
    case refused(Problem)
}

package struct ReceiptLookup: Sendable {
    package var receiptID: String
    package var client: String?
    package var table: String
    package var day: Int32?
    package init(receiptID: String, client: String? = nil, table: String = "receipts", day: Int32? = nil) {
        self.receiptID = receiptID
        self.client = client
        self.table = table
        self.day = day
    }
}

package enum ReceiptLookupResult: Sendable {
    /// One row of all columns of the table, in `schema`'s order.
    case found(schema: Schema, row: ColumnBatch)
    /// Several days (or clients, for those who see all) hold that id.
    case choices([(businessDay: Int32, clientID: String)])
}

package struct Ticket: Sendable {
    package var summary: ReceiptSummary?
    /// A quarantine entry's: REFUSED.
    package var refused: QuarantineEntry?
    package var replacedBy: String?
    package var steps: [TicketStep]
    package var errors: [Problem.Violation]
    package var history: [HistoryEvent]

    package init(
        summary: ReceiptSummary? = nil, refused: QuarantineEntry? = nil, replacedBy: String? = nil, steps: [TicketStep] = [],
        errors: [Problem.Violation] = [], history: [HistoryEvent] = []
    ) {
        self.summary = summary
        self.refused = refused
        self.replacedBy = replacedBy
        self.steps = steps
        self.errors = errors
        self.history = history
    }
}

package struct TicketStep: Sendable {
    package var name: String
    package var stage: Int
    package var state: String
    package var attempts: Int
    package var at: Int64?
    package var reference: String?
    package var detail: String?
    package init(name: String, stage: Int, state: String, attempts: Int, at: Int64?, reference: String?, detail: String?) {
        self.name = name
        self.stage = stage
        self.state = state
        self.attempts = attempts
        self.at = at
        self.reference = reference
        self.detail = detail
    }
}

package struct HistoryEvent: Sendable {
    /// Microseconds since 1970.
    package var at: Int64
    package var event: String
    /// Further members, as name and JSON text.
    package var details: [(name: String, json: String)]
    package init(at: Int64, event: String, details: [(name: String, json: String)] = []) {
        self.at = at
        self.event = event
        self.details = details
    }
}

package struct PageRequest: Sendable {
    package enum Range: Sendable {
        case all
        /// business_day, from inclusive to exclusive.
        case days(from: Int32?, to: Int32?)
        /// issued_at in microseconds.
        case instants(from: Int64?, to: Int64?)
    }
    package var table: String
    package var client: String?
    package var range: Range
    package var type: String?
    package var state: ReceiptState?
    /// Column names; nil for the default fields, `["*"]` for all.
    package var fields: [String]?
    package var limit: Int
    package var cursor: String?
    package init(
        table: String = "receipts", client: String? = nil, range: Range = .all, type: String? = nil, state: ReceiptState? = nil,
        fields: [String]? = nil, limit: Int = 1_000, cursor: String? = nil
    ) {
        self.table = table
        self.client = client
        self.range = range
        self.type = type
        self.state = state
        self.fields = fields
        self.limit = limit
        self.cursor = cursor
    }
}

package struct Page: Sendable {
    /// The fields asked for, in order.
    package var schema: Schema
    package var batches: [ColumnBatch]
    package var nextCursor: String?
    /// For `document`: the content type of each row, batch by batch, where `document` is among the fields but `content_type` is not.
    package var contentTypes: [Column]?
    package init(schema: Schema, batches: [ColumnBatch], nextCursor: String?, contentTypes: [Column]? = nil) {
        self.schema = schema
        self.batches = batches
        self.nextCursor = nextCursor
        self.contentTypes = contentTypes
    }
}

package struct ChangePage: Sendable {
    package struct Change: Sendable {
        package var sequence: Int64
        package var at: Int64
        package var event: String
        package var receipt: ReceiptSummary
        package init(sequence: Int64, at: Int64, event: String, receipt: ReceiptSummary) {
            self.sequence = sequence
            self.at = at
            self.event = event
            self.receipt = receipt
        }
    }
    package var changes: [Change]
    package var nextAfter: Int64
    package init(changes: [Change], nextAfter: Int64) {
        self.changes = changes
        self.nextAfter = nextAfter
    }
}

package protocol NotificationHandle: Sendable { func cancel() }

package enum PutOutcome: Sendable { case created, replaced, unchanged }

package struct TypeDescription: Sendable {
    package var name: String
    package var version: Int
    package var table: String
    package var format: String
    /// The type file as it was put.
    package var json: [UInt8]
    package init(name: String, version: Int, table: String, format: String, json: [UInt8]) {
        self.name = name
        self.version = version
        self.table = table
        self.format = format
        self.json = json
    }
}

package struct Contract: Sendable, Hashable {
    package struct Webhook: Sendable, Hashable {
        package var url: String
        package var secret: String
        /// The secret before this one: calls bear a signature of each until then, so that the receiver can change over at leisure.
        package var previousSecret: String?
        /// Microseconds since 1970.
        package var previousUntil: Int64?
        package init(url: String, secret: String, previousSecret: String? = nil, previousUntil: Int64? = nil) {
            self.url = url
            self.secret = secret
            self.previousSecret = previousSecret
            self.previousUntil = previousUntil
        }

        /// How long two secrets are valid, in microseconds.
        package static let rotation: Int64 = 24 * 3_600_000_000

        func secrets(at now: Int64) -> [WebhookSecret] {
            let previous = previousUntil.map { now < $0 } == true ? previousSecret : nil
            return [secret, previous].compactMap { $0 }.compactMap { WebhookSecret($0) }
        }

        /// With the secret that it replaces, if it is another.
        func following(_ earlier: Webhook?, now: Int64) -> Webhook {
            var result = Webhook(url: url, secret: secret)
            guard let earlier else { return result }
            if earlier.secret == secret {
                (result.previousSecret, result.previousUntil) = (earlier.previousSecret, earlier.previousUntil)
            } else {
                (result.previousSecret, result.previousUntil) = (earlier.secret, now + Self.rotation)
            }
            return result
        }
    }
    package var clientID: String
    package var name: String?
    package var access: Principal.Access
    package var scope: Principal.Scope
    package var types: [String]?
    /// Microseconds since 1970.
    package var validFrom: Int64?
    package var validTo: Int64?
    package var ratePerSecond: Double?
    package var webhook: Webhook?
    package var callbackHosts: [String]
    package init(
        clientID: String, name: String? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil,
        validFrom: Int64? = nil, validTo: Int64? = nil, ratePerSecond: Double? = nil, webhook: Webhook? = nil, callbackHosts: [String] = []
    ) {
        self.clientID = clientID
        self.name = name
        self.access = access
        self.scope = scope
        self.types = types
        self.validFrom = validFrom
        self.validTo = validTo
        self.ratePerSecond = ratePerSecond
        self.webhook = webhook
        self.callbackHosts = callbackHosts
    }
}

/// Whose a key is: a client's, or one of those who run the store.
package enum KeyOwner: Sendable, Hashable {
    case client(String)
    case operators
}

/// A key to be stored.
package struct NewKey: Sendable {
    package var id: String
    package var secretSHA256: [UInt8]
    /// `contract` for a client's, any other for an operator's.
    package var role: Principal.Role
    package var label: String?
    /// Microseconds since 1970: from then on it counts no more.
    package var expiresAt: Int64?
    package init(id: String, secretSHA256: [UInt8], role: Principal.Role = .contract, label: String? = nil, expiresAt: Int64? = nil) {
        self.id = id
        self.secretSHA256 = secretSHA256
        self.role = role
        self.label = label
        self.expiresAt = expiresAt
    }
}

package struct KeyDescription: Sendable {
    /// Where it stands among the keys of its owner.
    package struct Position: Sendable, Hashable {
        package var createdAt: Int64
        package var id: String
        package init(createdAt: Int64, id: String) { (self.createdAt, self.id) = (createdAt, id) }
    }

    package var id: String
    package var role: Principal.Role
    package var label: String?
    package var createdAt: Int64
    package var expiresAt: Int64?
    package var lastUsedAt: Int64?
    package init(
        id: String, role: Principal.Role = .contract, label: String? = nil, createdAt: Int64, expiresAt: Int64? = nil, lastUsedAt: Int64?
    ) {
        self.id = id
        self.role = role
        self.label = label
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }

    package var position: Position { Position(createdAt: createdAt, id: id) }
}

/// What a key stands for.
package enum KeyHolder: Sendable {
    case contract(Contract, expiresAt: Int64?)
    case operators(Principal.Role, id: String, expiresAt: Int64?)
}

package struct QuarantineEntry: Sendable {
    package var ticketID: String
    package var clientID: String?
    package var receivedAt: Int64
    package var contentType: String
    package var type: String?
    package var problem: Problem
    package var document: [UInt8]
    package init(
        ticketID: String, clientID: String?, receivedAt: Int64, contentType: String, type: String?, problem: Problem, document: [UInt8]
    ) {
        self.ticketID = ticketID
        self.clientID = clientID
        self.receivedAt = receivedAt
        self.contentType = contentType
        self.type = type
        self.problem = problem
        self.document = document
    }
}

/// A signed call from a registrar, as it came.
package struct RegistrarCallback: Sendable {
    package var registrar: String
    package var webhookID: String
    package var timestamp: String
    package var signature: String
    package var body: [UInt8]
    package init(registrar: String, webhookID: String, timestamp: String, signature: String, body: [UInt8]) {
        self.registrar = registrar
        self.webhookID = webhookID
        self.timestamp = timestamp
        self.signature = signature
        self.body = body
    }
}

/// A step or an event that was given up.
package struct DeadLetter: Sendable {
    package enum Kind: String, Sendable { case step, webhook }
    package var id: String
    package var kind: Kind
    /// The registrar, or `callback` or `contract`.
    package var name: String
    /// Microseconds since 1970.
    package var at: Int64
    package var reason: String
    package var attempts: Int
    package var receipt: ReceiptSummary
    package init(id: String, kind: Kind, name: String, at: Int64, reason: String, attempts: Int, receipt: ReceiptSummary) {
        self.id = id
        self.kind = kind
        self.name = name
        self.at = at
        self.reason = reason
        self.attempts = attempts
        self.receipt = receipt
    }
}

package struct CompactionSummary: Sendable {
    package var filesMoved: Int
    package var rowsMoved: Int
    package var filesLeft: Int
    package var filesMerged: Int
    package init(filesMoved: Int, rowsMoved: Int, filesLeft: Int, filesMerged: Int) {
        self.filesMoved = filesMoved
        self.rowsMoved = rowsMoved
        self.filesLeft = filesLeft
        self.filesMerged = filesMerged
    }
}

package struct Metric: Sendable {
    package enum Kind: String, Sendable { case counter, gauge }
    package var name: String
    package var help: String
    package var kind: Kind
    package var labels: [(name: String, value: String)]
    package var value: Double
    package init(name: String, help: String, kind: Kind, labels: [(name: String, value: String)] = [], value: Double) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        self.value = value
    }
}
