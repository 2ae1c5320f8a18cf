internal import Query

/// What a query fails of, in PostgreSQL's codes: every door that says one says the same.
enum QueryStates {
    /// Of a question that the store has no answer to any more, as of when it was asked.
    static let snapshotTooOld = "72000"

    static func code(_ error: QueryError) -> String { error.cause.map(code) ?? code(error.slug) }

    private static func code(_ cause: QueryError.Cause) -> String {
        switch cause {
        case .undefinedTable: "42P01"
        case .undefinedColumn: "42703"
        case .undefinedFunction: "42883"
        case .ambiguousFunction: "42725"
        case .undefinedParameter: "42P02"
        case .undefinedType: "42704"
        case .undefinedSchema: "3F000"
        case .ambiguousColumn: "42702"
        case .duplicateColumn: "42701"
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
        case .badSampleShare: "2202H"
        case .badSampleSeed: "2202G"
        case .unevenBits: "22026"
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
    }

    private static func code(_ slug: QueryError.Slug) -> String {
        switch slug {
        case .badSQL: "42601"
        case .unsupportedSQL: "0A000"
        case .badParameter, .badCursor: "22023"
        case .numericOverflow: "22003"
        case .dataError: "22000"
        case .queryTimeout, .cancelled: "57014"
        case .tooManyQueries: "53300"
        case .spillFull: "53200"
        }
    }
}
