/// Why a state did not succeed: what `Retry` and `Catch` are asked about, and what an execution ends with.
package struct StateError: Error, Sendable, Equatable {
    /// `States.…` of the language, `Till.…` of the store, or a name that a task or a Fail state gave. A Fail may have none.
    package var name: String?
    /// Words for people; machines go by the name.
    package var cause: String?

    /// Errors are kept with each attempt: what is longer is cut.
    package static let nameByteCountMax = 256
    package static let causeByteCountMax = 32_768
    /// Of a cause that stays with a strand.
    package static let briefCauseByteCountMax = 256

    /// What is longer is cut, between characters.
    package init(name: String?, cause: String?) {
        self.name = name.map { Self.cut($0, Self.nameByteCountMax) }
        self.cause = cause.map { Self.cut($0, Self.causeByteCountMax) }
    }

    package init(_ name: Name, _ cause: String) { self.init(name: name.rawValue, cause: cause) }

    /// As it stays with a strand that failed, of which an execution may have a hundred thousand: the history has the whole.
    var brief: StateError {
        guard let cause, cause.utf8.count > Self.briefCauseByteCountMax else { return self }
        return StateError(name: name, cause: Self.cut(cause, Self.briefCauseByteCountMax))
    }

    /// In memory.
    var byteCount: Int { (name?.utf8.count ?? 0) + (cause?.utf8.count ?? 0) }

    /// The names that the interpreter gives by itself (Amazon States Language, appendix A).
    package enum Name: String, Sendable, CaseIterable {
        case all = "States.ALL"
        case heartbeatTimeout = "States.HeartbeatTimeout"
        case timeout = "States.Timeout"
        case taskFailed = "States.TaskFailed"
        case permissions = "States.Permissions"
        case resultPathMatchFailure = "States.ResultPathMatchFailure"
        case parameterPathFailure = "States.ParameterPathFailure"
        case branchFailed = "States.BranchFailed"
        case noChoiceMatched = "States.NoChoiceMatched"
        case intrinsicFailure = "States.IntrinsicFailure"
        case exceedToleratedFailureThreshold = "States.ExceedToleratedFailureThreshold"
        case itemReaderFailed = "States.ItemReaderFailed"
        case resultWriterFailed = "States.ResultWriterFailed"
        case dataLimitExceeded = "States.DataLimitExceeded"
        case runtime = "States.Runtime"
        // The store's own.
        case tooManyTransitions = "Till.TooManyTransitions"
        case rejected = "Till.Rejected"
        case unavailable = "Till.Unavailable"
    }

    /// The first bytes of a text, cut between characters.
    private static func cut(_ text: String, _ byteCount: Int) -> String {
        guard text.utf8.count > byteCount else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: byteCount)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text.unicodeScalars[..<end])
    }
}
