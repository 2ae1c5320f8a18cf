import Documents

/// What a refusal is about.
///
/// Only what is about the bytes is worth keeping: the same document would be refused again.
enum FaultClass {
    /// The bytes: kept in quarantine.
    case document
    /// Who sent it.
    case access
    case other

    init(_ code: Fault.Code) {
        switch code {
        case .badJSON, .badXML, .badEncoding, .unknownType, .ambiguousType, .invalidDocument, .callbackHostNotAllowed: self = .document
        case .readOnly, .wrongClient, .typeNotAllowed, .notFound, .badParameter, .immutableTable, .uploadClosed, .uploadMismatch,
            .contractNotValid:
            self = .access
        case .tooLarge, .differentDocument, .invalidType, .versionConflict, .invalidContract, .invalidRollup, .badSignature, .badCursor, .contradictingOutcome,
            .lockLost, .queueFull, .invalidQueue, .invalidProcess, .taskEnded, .alreadyExists, .wrongState, .overloaded, .diskFull, .storageUnavailable, .notLeader,
            .internalError:
            self = .other
        }
    }
}

extension Fault {
    /// Of the quarantine's entry; nil when it took none.
    mutating func note(ticketID: String?) {
        self.ticketID = ticketID
        if ticketID == nil { detail += " (not kept in quarantine: quarantine_max_bytes has no room for it)" }
    }
}

extension Submission.Outcome {
    /// - Precondition: no conflict or refusal.
    var accepted: Accepted {
        switch self {
        case .stored(let receipt): Accepted(summary: receipt.summary, isRepeat: false)
        case .repeated(let receipt): Accepted(summary: receipt.summary, isRepeat: true)
        case .conflict, .refused: preconditionFailure("a conflict or a refusal is no receipt")
        }
    }
}
