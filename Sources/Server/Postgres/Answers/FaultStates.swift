internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// What went wrong, with the code that PostgreSQL has for its cause. The words are the problem's own, as at every door.
enum FaultStates {
    static func fault(_ error: any Error) -> PostgresFault {
        if let fault = error as? PostgresFault { return fault }
        if let error = error as? QueryError { return fault(query: error) }
        if let fault = error as? Fault { return self.fault(store: fault) }
        if let old = error as? SnapshotTooOld { return fault(store: old.fault, SQLState(rawValue: QueryStates.snapshotTooOld)) }
        if let damaged = error as? any DamageReport { return fault(store: damaged.fault) }
        let problem = (error as? Denial)?.problem ?? ProblemMapping.problem(for: error)
        var fault = PostgresFault(state(problem.slug), problem.detail, position: problem.position)
        if problem.slug == .unauthenticated || problem.slug == .contractNotValid { fault.severity = .fatal }
        return fault
    }

    /// The advice is this door's own: there is no call here to name a type in, nor a head of an answer to look into.
    ///
    /// - Parameter state: nil for that of the fault's code.
    private static func fault(store fault: Fault, _ state: SQLState? = nil) -> PostgresFault {
        let hint: String? = switch fault.advice {
        case .sendAgainLater: "Ask again later."
        case .listTypes: "SHOW TABLES lists what there is."
        case .nameType, nil: nil
        }
        var told = PostgresFault(state ?? Self.state(Problem.Slug(fault.code)), fault.detail, hint: hint)
        if fault.code == .contractNotValid { told.severity = .fatal }
        return told
    }

    private static func fault(query error: QueryError) -> PostgresFault {
        PostgresFault(SQLState(rawValue: QueryStates.code(error)), error.detail, position: error.position)
    }

    /// Of each call that HTTP has, though most are no question's: what a rule of the store answers there may come from here too.
    static func state(_ slug: Problem.Slug) -> SQLState {
        let code = switch slug {
        case .unauthenticated, .contractNotValid, .badSignature: "28000"
        case .adminOnly, .readOnly, .wrongClient, .roleNotAllowed, .typeNotAllowed, .sensitive, .csrf, .callbackHostNotAllowed: "42501"
        case .badSQL: "42601"
        case .unsupportedSQL, .methodNotAllowed, .notAcceptable, .unsupportedMediaType, .unsupportedTransferEncoding, .unsupportedVersion: "0A000"
        case .badParameter, .badCursor, .unknownParameter, .uploadMismatch: "22023"
        case .badRequest: "08P01"
        case .badJSON: "22032"
        case .badXML: "2200N"
        case .badEncoding: "22021"
        case .numericOverflow: "22003"
        case .dataError: "22000"
        case .invalidDocument: "23514"
        case .differentDocument: "23505"
        case .versionConflict: "40001"
        case .notFound, .gone, .unknownType: "42704"
        case .ambiguousType: "42P18"
        case .alreadyExists: "42710"
        case .invalidType, .invalidContract, .invalidRollup, .invalidView, .invalidProcess, .invalidQueue: "42P17"
        case .viewInUse: "2BP01"
        case .contradictingOutcome, .immutableTable, .taskEnded, .wrongState, .uploadClosed: "55000"
        case .lockLost: "55P03"
        case .queryTimeout, .queryCancelled, .requestTimeout: "57014"
        case .rateLimited, .tooManyQueries, .overloaded: "53300"
        case .spillFull: "53200"
        case .diskFull: "53100"
        case .queueFull: "53400"
        case .tooLarge, .uriTooLong, .headTooLarge: "54000"
        case .notLeader: "57P03"
        case .storageUnavailable: "58030"
        case .internalError: "XX000"
        }
        return SQLState(rawValue: code)
    }
}
