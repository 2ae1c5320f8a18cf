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
        if let damaged = error as? any DamageReport { return fault(store: damaged.fault) }
        let problem = (error as? Denial)?.problem ?? ProblemMapping.problem(for: error)
        var fault = PostgresFault(state(problem.slug), problem.detail, position: problem.position)
        if problem.slug == .unauthenticated || problem.slug == .contractNotValid { fault.severity = .fatal }
        return fault
    }

    /// The advice is this door's own: there is no call here to name a type in, nor a head of an answer to look into.
    private static func fault(store fault: Fault) -> PostgresFault {
        let hint: String? = switch fault.advice {
        case .sendAgainLater: "Ask again later."
        case .listTypes: "SHOW TABLES lists what there is."
        case .nameType, nil: nil
        }
        var told = PostgresFault(state(Problem.Slug(fault.code)), fault.detail, hint: hint)
        if fault.code == .contractNotValid { told.severity = .fatal }
        return told
    }

    private static func fault(query error: QueryError) -> PostgresFault {
        PostgresFault(error.cause.map(state) ?? state(error.slug), error.detail, position: error.position)
    }

    private static func state(_ cause: QueryError.Cause) -> SQLState {
        let code = switch cause {
        case .undefinedTable: "42P01"
        case .undefinedColumn: "42703"
        case .undefinedFunction: "42883"
        case .ambiguousFunction: "42725"
        case .undefinedParameter: "42P02"
        case .undefinedType: "42704"
        case .undefinedSchema: "3F000"
        case .ambiguousColumn: "42702"
        case .duplicateAlias: "42712"
        case .ungroupedColumn: "42803"
        case .windowing: "42P20"
        case .typeMismatch: "42804"
        case .ambiguousParameter: "42P18"
        case .divisionByZero: "22012"
        case .invalidText: "22P02"
        case .timeOutOfRange: "22008"
        case .severalRows: "21000"
        case .syntax: "42601"
        case .invalidTime: "22007"
        case .intervalOverflow: "22015"
        case .badOffset: "22009"
        case .negativeLimit: "2201W"
        case .negativeOffset: "2201X"
        case .badPower: "2201F"
        case .badLogarithm: "2201E"
        case .badLength: "22011"
        case .badPattern: "2201B"
        case .invalidEscape: "22025"
        case .badValue: "22023"
        case .tooLong: "54000"
        case .badPlace: "42P10"
        case .undefinedObject: "42704"
        case .notThatKind: "42809"
        case .nullName: "22004"
        case .fixedSetting: "55P02"
        case .activeTransaction: "25001"
        case .collationMismatch: "42P21"
        case .badBucketCount: "22014"
        case .badBuckets: "2201G"
        case .badPlaceOfRow: "22016"
        case .badFrameDistance: "22013"
        case .badSubscript: "2202E"
        case .badEncoding: "22021"
        case .notSupported: "0A000"
        case .noCast: "42846"
        case .badRecursion: "42P19"
        case .badMoment: "22031"
        case .badElement: "22033"
        case .notNumeric: "22036"
        case .notSingle: "22038"
        case .noArray: "22039"
        case .noMember: "2203A"
        case .noNumber: "2203B"
        case .noObject: "2203C"
        case .untranslatable: "22P05"
        case .readOnly: "25006"
        }
        return SQLState(rawValue: code)
    }

    private static func state(_ slug: QueryError.Slug) -> SQLState {
        switch slug {
        case .badSQL: .syntaxError
        case .unsupportedSQL: .featureNotSupported
        case .badParameter, .badCursor: .invalidParameterValue
        case .numericOverflow: .numericOutOfRange
        case .dataError: SQLState(rawValue: "22000")
        case .queryTimeout, .cancelled: .queryCanceled
        case .tooManyQueries: .tooManyConnections
        case .spillFull: .outOfMemory
        }
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
