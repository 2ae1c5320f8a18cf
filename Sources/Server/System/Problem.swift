package import Documents

/// Why a call has no answer: the contract's slug, and what `application/problem+json` says beside it.
///
/// Made where something is refused, or of a `Fault` of the store; HTTP says it by `Problem+Response`, other doors by their own codes.
package struct Problem: Error, Sendable {
    package typealias Violation = Fault.Violation

    /// Stable words of the API: clients go by them, and `/problems/{slug}` explains each. Their statuses are HTTP's alone (`status`).
    package enum Slug: String, Sendable, CaseIterable {
        case badJSON = "bad-json", badXML = "bad-xml", badEncoding = "bad-encoding", unknownParameter = "unknown-parameter"
        case badParameter = "bad-parameter", badCursor = "bad-cursor", badSQL = "bad-sql", unsupportedSQL = "unsupported-sql"
        case unauthenticated, badSignature = "bad-signature"
        case readOnly = "read-only", wrongClient = "wrong-client", adminOnly = "admin-only", contractNotValid = "contract-not-valid"
        case typeNotAllowed = "type-not-allowed", roleNotAllowed = "role-not-allowed", sensitive, csrf
        case notFound = "not-found", methodNotAllowed = "method-not-allowed", notAcceptable = "not-acceptable"
        case differentDocument = "different-document", versionConflict = "version-conflict", contradictingOutcome = "contradicting-outcome"
        case immutableTable = "immutable-table", queryCancelled = "query-cancelled", lockLost = "lock-lost"
        case invalidProcess = "invalid-process", taskEnded = "task-ended", alreadyExists = "already-exists", wrongState = "wrong-state"
        case tooLarge = "too-large", unsupportedMediaType = "unsupported-media-type"
        case unknownType = "unknown-type", ambiguousType = "ambiguous-type", invalidDocument = "invalid-document", invalidType = "invalid-type"
        case invalidContract = "invalid-contract", invalidRollup = "invalid-rollup", callbackHostNotAllowed = "callback-host-not-allowed"
        case numericOverflow = "numeric-overflow", dataError = "data-error", invalidQueue = "invalid-queue"
        case invalidView = "invalid-view", viewInUse = "view-in-use"
        case rateLimited = "rate-limited", tooManyQueries = "too-many-queries"
        case internalError = "internal-error"
        case overloaded, diskFull = "disk-full", storageUnavailable = "storage-unavailable", notLeader = "not-leader"
        case queryTimeout = "query-timeout", spillFull = "spill-full", queueFull = "queue-full"
        case gone, uploadClosed = "upload-closed", uploadMismatch = "upload-mismatch"
        case badRequest = "bad-request", requestTimeout = "request-timeout", uriTooLong = "uri-too-long", headTooLarge = "head-too-large"
        case unsupportedTransferEncoding = "unsupported-transfer-encoding", unsupportedVersion = "unsupported-version"
    }

    package var slug: Slug
    /// Where it is not the slug's own: a link's wrong signature is no missing credential.
    package var ownStatus: Int?
    /// What is wrong with this request and what to do. Never another client's data.
    package var detail: String
    /// Each with its place; empty where the whole is wrong in one way.
    package var errors: [Violation]
    /// The quarantine entry of a refused document.
    package var ticketID: String?
    /// 1-based, in Unicode scalars, of a query's text.
    package var position: Int?
    /// Of a query that fails: PostgreSQL's code for the cause.
    package var sqlState: String?
    /// What lies behind an internal error, with paths and statements, or behind a refusal that says little: for the log alone, never for a client.
    package var cause: String?
    /// Nobody knows whether what was asked was done: a caller that repeats it may have it done twice.
    package var isOutcomeUnknown: Bool

    package init(
        _ slug: Slug, _ detail: String, errors: [Violation] = [], ticketID: String? = nil, position: Int? = nil, cause: String? = nil, isOutcomeUnknown: Bool = false
    ) {
        self.slug = slug
        self.detail = detail
        self.errors = errors
        self.ticketID = ticketID
        self.position = position
        self.cause = cause
        self.isOutcomeUnknown = isOutcomeUnknown
    }
}

extension Problem {
    /// The store's word, as this API says it.
    package init(_ fault: Fault) {
        self.init(
            Slug(fault.code), fault.detail + (fault.advice.map(Self.text) ?? ""), errors: fault.errors, ticketID: fault.ticketID, cause: fault.cause,
            isOutcomeUnknown: fault.isOutcomeUnknown)
    }

    /// Its faults; the whole as one where it has none, for a list that must not be empty.
    package var reasons: [Violation] { errors.isEmpty ? [Violation(pointer: "", code: slug.rawValue, message: detail)] : errors }

    private static func text(_ advice: Fault.Advice) -> String {
        switch advice {
        case .sendAgainLater: "; send it again after the time in Retry-After"
        case .nameType: "; name one with ?type="
        case .listTypes: "; GET /v1/types lists them, and ?type= names one"
        }
    }
}

extension Problem.Slug {
    /// One for one. Without a default, so that a code which the store gains asks for its slug here.
    package init(_ code: Fault.Code) {
        self =
            switch code {
            case .badJSON: .badJSON
            case .badXML: .badXML
            case .badEncoding: .badEncoding
            case .tooLarge: .tooLarge
            case .unknownType: .unknownType
            case .ambiguousType: .ambiguousType
            case .invalidDocument: .invalidDocument
            case .differentDocument: .differentDocument
            case .callbackHostNotAllowed: .callbackHostNotAllowed
            case .invalidType: .invalidType
            case .versionConflict: .versionConflict
            case .invalidContract: .invalidContract
            case .invalidRollup: .invalidRollup
            case .readOnly: .readOnly
            case .wrongClient: .wrongClient
            case .typeNotAllowed: .typeNotAllowed
            case .badSignature: .badSignature
            case .notFound: .notFound
            case .badParameter: .badParameter
            case .badCursor: .badCursor
            case .contradictingOutcome: .contradictingOutcome
            case .immutableTable: .immutableTable
            case .uploadClosed: .uploadClosed
            case .uploadMismatch: .uploadMismatch
            case .contractNotValid: .contractNotValid
            case .lockLost: .lockLost
            case .queueFull: .queueFull
            case .invalidQueue: .invalidQueue
            case .invalidProcess: .invalidProcess
            case .taskEnded: .taskEnded
            case .alreadyExists: .alreadyExists
            case .wrongState: .wrongState
            case .overloaded: .overloaded
            case .diskFull: .diskFull
            case .storageUnavailable: .storageUnavailable
            case .notLeader: .notLeader
            case .internalError: .internalError
            }
    }
}
