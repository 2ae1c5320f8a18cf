internal import ColumnStore
internal import Ingest
internal import Query

/// What went wrong, with the code that PostgreSQL has for its cause. The words are the problem's own, as at every door.
enum FaultStates {
    static func fault(_ error: any Error) -> PostgresFault {
        if let fault = error as? PostgresFault { return fault }
        if let error = error as? QueryError { return fault(query: error) }
        let problem = (error as? Denial)?.problem ?? ProblemMapping.problem(for: error)
        var fault = PostgresFault(state(problem.slug), problem.detail, position: problem.position)
        if problem.slug == .unauthenticated || problem.slug == .contractNotValid { fault.severity = .fatal }
        return fault
    }

    private static func fault(query error: QueryError) -> PostgresFault {
        PostgresFault(error.cause.map(state) ?? state(error.slug), error.detail, position: error.position)
    }

    private static func state(_ cause: QueryError.Cause) -> SQLState {
        let code = switch cause {
        case .undefinedTable: "42P01"
        case .undefinedColumn: "42703"
        case .undefinedFunction: "42883"
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

    private static func state(_ slug: Problem.Slug) -> SQLState {
        switch slug {
        case .unauthenticated, .contractNotValid, .badSignature: .invalidAuthorization
        case .adminOnly, .readOnly, .wrongClient, .roleNotAllowed, .typeNotAllowed: SQLState(rawValue: "42501")
        case .rateLimited, .tooManyQueries, .overloaded: .tooManyConnections
        case .badSQL: .syntaxError
        case .unsupportedSQL: .featureNotSupported
        case .badParameter: .invalidParameterValue
        case .numericOverflow: .numericOutOfRange
        case .dataError: SQLState(rawValue: "22000")
        case .queryTimeout, .queryCancelled: .queryCanceled
        case .spillFull: .outOfMemory
        case .diskFull: SQLState(rawValue: "53100")
        default: .internalError
        }
    }
}
