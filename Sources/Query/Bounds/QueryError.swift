/// Why a query has no answer. `slug` is the contract's name for it (the HTTP side knows its status).
package struct QueryError: Error, CustomStringConvertible, Sendable, Equatable {
    package enum Slug: String, Sendable {
        case badSQL = "bad-sql"
        case unsupportedSQL = "unsupported-sql"
        case badParameter = "bad-parameter"
        case badCursor = "bad-cursor"
        case numericOverflow = "numeric-overflow"
        case dataError = "data-error"
        case queryTimeout = "query-timeout"
        case tooManyQueries = "too-many-queries"
        case spillFull = "spill-full"
        /// The client went away or the server stops; nobody reads this one.
        case cancelled = "cancelled"
    }

    /// What of the query is to blame, finer than the slug: for doors that have a code for each.
    package enum Cause: Sendable, Equatable {
        case undefinedTable, undefinedColumn, undefinedFunction, ambiguousFunction, undefinedParameter, undefinedType, undefinedSchema
        case ambiguousColumn, duplicateColumn, duplicateAlias, ungroupedColumn, windowing, typeMismatch, ambiguousParameter
        case divisionByZero, invalidText, severalRows, timeOutOfRange
        /// No date or time, and one whose numbers no calendar or clock has is `timeOutOfRange`.
        case invalidTime
        /// A number of an interval's text is beyond what its field holds.
        case intervalOverflow
        /// An offset from UTC that no zone has.
        case badOffset
        case negativeLimit, negativeOffset, badPower, badLogarithm, badLength, badPattern, invalidEscape, badValue, tooLong
        case badPlace, undefinedObject, notThatKind, nullName, fixedSetting, activeTransaction
        /// COLLATE says two orders of what is compared.
        case collationMismatch
        case badBucketCount, badBuckets, badPlaceOfRow, badFrameDistance, badSubscript, badEncoding, notSupported, noCast, badRecursion
        case badSampleShare, badSampleSeed
        /// Strings of bits that go together have one length.
        case unevenBits
        /// What a path of JSON finds not to be as it says.
        case noMember, noArray, noObject, noNumber, notNumeric, badElement, notSingle, badMoment, untranslatable
        /// A write, at a door that only reads.
        case readOnly
        /// The text is no statement of the language.
        case syntax
    }

    package let slug: Slug
    /// Nil where the slug says all there is to say.
    package private(set) var cause: Cause?
    /// What is wrong and what to do. Never holds a value from a row.
    package let detail: String
    /// 1-based, in Unicode scalars of the query text; nil when no place is to blame.
    package let position: Int?
    /// The rows at hand take too much memory together: so many of them may not. Nil for all other errors.
    let fittingRowCount: Int?

    package init(_ slug: Slug, _ detail: String, position: Int? = nil) {
        self.init(slug, detail, position: position, fittingRowCount: nil)
    }

    private init(_ slug: Slug, _ detail: String, position: Int?, fittingRowCount: Int?) {
        self.slug = slug
        self.detail = detail
        self.position = position
        self.fittingRowCount = fittingRowCount
    }

    /// The same error with its cause, unless it has one.
    package func because(_ cause: Cause) -> QueryError {
        var error = self
        if error.cause == nil { error.cause = cause }
        return error
    }

    /// The same error at another place: its own means nothing to who reads it.
    func moved(to position: Int?) -> QueryError {
        let error = QueryError(slug, detail, position: position)
        return cause.map { error.because($0) } ?? error
    }

    /// An operator held too much: one that can do with less, in another way, does.
    private(set) var needsMemory = false

    /// More bytes than a query's memory has room for.
    init(tooLargeAt position: Int?, fittingRowCount: Int?) {
        slug = .dataError
        detail = "a value or row is too large for the memory that the query has left: ask for less at once, or raise limits.query_memory"
        self.position = position
        self.fittingRowCount = fittingRowCount
        // Beside other rows that an operator holds, one row may not fit that fits alone.
        needsMemory = fittingRowCount == nil
    }

    /// The machine lacks something that it may have later, as room on a disk; the query may have an answer then.
    package var mayPass: Bool { slug == .tooManyQueries || slug == .spillFull && !needsMemory }

    package var description: String { position.map { "\(slug.rawValue) at \($0): \(detail)" } ?? "\(slug.rawValue): \(detail)" }
}

extension QueryError {
    /// What an operator has to hold at once does not fit, and cannot be written aside.
    ///
    /// - Parameter fittingRowCount: of rows of which fewer may be taken.
    package static func outOfMemory(_ what: String, position: Int? = nil, fittingRowCount: Int? = nil) -> QueryError {
        var error = QueryError(
            .spillFull, "\(what) needs more memory than the query has left: ask for less at once, or raise limits.query_memory", position: position,
            fittingRowCount: fittingRowCount)
        error.needsMemory = true
        return error
    }
}
