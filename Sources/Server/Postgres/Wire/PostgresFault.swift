// Faults as PostgreSQL's clients get them: PostgreSQL 15 documentation, 55.8 (fields), appendix A (codes).

internal import ColumnStore

/// The five characters by which a client tells faults apart.
package struct SQLState: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let success = SQLState(rawValue: "00000")
    package static let featureNotSupported = SQLState(rawValue: "0A000")
    package static let protocolViolation = SQLState(rawValue: "08P01")
    package static let cardinalityViolation = SQLState(rawValue: "21000")
    package static let numericOutOfRange = SQLState(rawValue: "22003")
    package static let invalidDatetimeFormat = SQLState(rawValue: "22007")
    package static let datetimeOverflow = SQLState(rawValue: "22008")
    package static let divisionByZero = SQLState(rawValue: "22012")
    package static let invalidByteSequence = SQLState(rawValue: "22021")
    package static let invalidParameterValue = SQLState(rawValue: "22023")
    package static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    package static let invalidBinaryRepresentation = SQLState(rawValue: "22P03")
    package static let activeTransaction = SQLState(rawValue: "25001")
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    package static let noActiveTransaction = SQLState(rawValue: "25P01")
    package static let failedTransaction = SQLState(rawValue: "25P02")
    package static let invalidStatementName = SQLState(rawValue: "26000")
    package static let invalidAuthorization = SQLState(rawValue: "28000")
    package static let invalidPassword = SQLState(rawValue: "28P01")
    package static let invalidSavepoint = SQLState(rawValue: "3B001")
    package static let invalidCursorName = SQLState(rawValue: "34000")
    package static let invalidCatalogName = SQLState(rawValue: "3D000")
    package static let syntaxError = SQLState(rawValue: "42601")
    package static let nameTooLong = SQLState(rawValue: "42622")
    package static let undefinedObject = SQLState(rawValue: "42704")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let undefinedSchema = SQLState(rawValue: "3F000")
    package static let undefinedFunction = SQLState(rawValue: "42883")
    package static let duplicateCursor = SQLState(rawValue: "42P03")
    package static let duplicateStatement = SQLState(rawValue: "42P05")
    package static let undefinedParameter = SQLState(rawValue: "42P02")
    package static let tooManyConnections = SQLState(rawValue: "53300")
    package static let outOfMemory = SQLState(rawValue: "53200")
    package static let programLimitExceeded = SQLState(rawValue: "54000")
    package static let notInPrerequisiteState = SQLState(rawValue: "55000")
    package static let queryCanceled = SQLState(rawValue: "57014")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    package static let internalError = SQLState(rawValue: "XX000")
}

/// The fields of an ErrorResponse or a NoticeResponse.
package struct PostgresFault: Error, Equatable, Sendable {
    package enum Severity: String, Sendable {
        /// The last three are a client's to read; the first two end the connection.
        case panic = "PANIC", fatal = "FATAL", error = "ERROR", warning = "WARNING", notice = "NOTICE"
    }

    package var severity: Severity
    package var state: SQLState
    package var message: String
    package var detail: String?
    package var hint: String?
    /// In the statement's text, in characters (Unicode scalars) from 1.
    package var position: Int?
    /// The function of PostgreSQL that says it, of a fault that clients know by that.
    package var routine: String?

    package init(
        _ state: SQLState, _ message: String, severity: Severity = .error, detail: String? = nil, hint: String? = nil, position: Int? = nil, routine: String? = nil
    ) {
        self.severity = severity
        self.state = state
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position
        self.routine = routine
    }

    package static let goesForward = PostgresFault(
        .notInPrerequisiteState, "cursor can only scan forward", hint: "Declare it with SCROLL option to enable backward scan.")

    /// Drivers that hear of it prepare the statement again: pgjdbc does so by the routine alone.
    static let otherResult = PostgresFault(.featureNotSupported, "cached plan must not change result type", routine: "RevalidateCachedQuery")

    /// Of a name or a setting, which are compared.
    static let marks = PostgresFault(.nameTooLong, "more than \(CombiningMarks.runMax) combining marks in a row")

    /// With another position, where it has one.
    func moved(_ body: (Int) -> Int?) -> PostgresFault {
        var fault = self
        fault.position = position.flatMap(body)
        return fault
    }

    /// After which nothing that this connection sends can be believed to begin where it should.
    package static func framing(_ message: String) -> PostgresFault { PostgresFault(.protocolViolation, message, severity: .fatal) }
}
