package import ColumnStore

/// Why a document was not taken, or a call on the store not done: a code, and facts. It names no header field, parameter or option: each door says
/// what its callers can do in words of its own (`advice`).
package struct Fault: Error, Sendable, CustomStringConvertible {
    /// On disk, of quarantine entries: do not rename.
    package enum Code: String, Sendable, CaseIterable {
        // Of a document.
        case badJSON = "bad-json", badXML = "bad-xml", badEncoding = "bad-encoding", tooLarge = "too-large"
        case unknownType = "unknown-type", ambiguousType = "ambiguous-type", invalidDocument = "invalid-document"
        case differentDocument = "different-document", callbackHostNotAllowed = "callback-host-not-allowed"
        // Of types and contracts.
        case invalidType = "invalid-type", versionConflict = "version-conflict", invalidContract = "invalid-contract", invalidRollup = "invalid-rollup"
        // About the caller's rights, and what the call asks for.
        case readOnly = "read-only", wrongClient = "wrong-client", typeNotAllowed = "type-not-allowed", badSignature = "bad-signature"
        case notFound = "not-found", badParameter = "bad-parameter", badCursor = "bad-cursor", contradictingOutcome = "contradicting-outcome"
        // Of files of records.
        case uploadClosed = "upload-closed", uploadMismatch = "upload-mismatch", contractNotValid = "contract-not-valid"
        case immutableTable = "immutable-table", lockLost = "lock-lost", queueFull = "queue-full", invalidQueue = "invalid-queue"
        // Of processes and their executions.
        case invalidProcess = "invalid-process", taskEnded = "task-ended", alreadyExists = "already-exists", wrongState = "wrong-state"
        // Of the store.
        case overloaded, diskFull = "disk-full", storageUnavailable = "storage-unavailable", notLeader = "not-leader", internalError = "internal-error"
    }

    /// What the caller can do. On disk, of quarantine entries: do not rename.
    package enum Advice: String, Sendable, CaseIterable {
        /// The same call will do soon.
        case sendAgainLater = "send-again-later"
        /// To say the type with the call.
        case nameType = "name-type"
        /// As `nameType`, once the types are known.
        case listTypes = "list-types"
    }

    package var code: Code
    /// What is wrong with this document or call. Never another client's data.
    package var detail: String
    package var advice: Advice?
    package var errors: [Violation]
    /// The quarantine entry of a refused document; the stored one's where another has its identity.
    package var ticketID: String?
    /// What lies behind an internal error, with paths and statements, or behind a refusal that says little: for the log alone, never for a client.
    package var cause: String?
    /// Nobody knows whether it was done: it may be, now or later.
    package var isOutcomeUnknown = false
    /// What could be read of the document all the same, where whoever reads it asked for that.
    package var readable: ReadableColumns?

    package init(
        _ code: Code, _ detail: String, advice: Advice? = nil, errors: [Violation] = [], ticketID: String? = nil, cause: String? = nil, isOutcomeUnknown: Bool = false
    ) {
        (self.code, self.detail, self.advice, self.errors) = (code, detail, advice, errors)
        (self.ticketID, self.cause, self.isOutcomeUnknown) = (ticketID, cause, isOutcomeUnknown)
    }

    /// For people: how an error of any kind is shown. Without `cause`, which not every reader of the error may see: logs have `logText`.
    package var description: String {
        "\(code.rawValue): \(detail)" + (errors.isEmpty ? "" : " (" + errors.map { $0.pointer.isEmpty ? $0.message : "\($0.pointer): \($0.message)" }.joined(separator: "; ") + ")")
    }

    /// Its faults; the whole as one where it has none.
    package var reasons: [Violation] { errors.isEmpty ? [Violation(pointer: "", code: code.rawValue, message: detail)] : errors }

    /// Of all faults of one body's documents, in an answer and in memory before that: of what comes then each document keeps its first.
    package static let bodyByteCountMax = 8 << 20

    /// Adds the bytes of its faults to those that its body has so far; where those are too many already it keeps the first, cut, and says so.
    ///
    /// 64 bytes are reckoned for what stands around a fault.
    package mutating func shorten(_ bodyByteCount: inout Int) {
        if bodyByteCount > Self.bodyByteCountMax, let first = errors.first {
            // Whoever shows faults alone is told so, too.
            let hint = errors.count > 1 ? " (the first of \(errors.count) is shown: the faults of this body are too many)" : ""
            errors = [Violation(pointer: Violation.cut(first.pointer), code: first.code, message: Violation.cut(first.message) + hint)]
            detail = Violation.cut(detail) + hint
        }
        for error in errors { bodyByteCount += error.pointer.utf8.count + error.message.utf8.count + 64 }
    }

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

        /// The first thousand characters of a text that is much longer: one that many documents are told may be as long as the body. What was cut, with a hint behind it, is not cut again.
        package static func cut(_ text: String) -> String {
            guard text.utf8.count > 5_000 else { return text }
            let kept = text.unicodeScalars.prefix(1_000)
            return kept.endIndex == text.unicodeScalars.endIndex ? text : String(String.UnicodeScalarView(kept)) + " …"
        }
    }
}

extension Fault: LoggedError {
    package var logText: String { cause.map { "\(description) [\($0)]" } ?? description }
}

/// What could be read of a document that was refused: for its feedback.
package struct ReadableColumns: Sendable {
    package let receiptID: [UInt8]?
    package let fields: [Field]
    /// As a `RowLayout` of the fields has them; NULL where a value could not be read.
    package let row: [UInt8]
    /// Columns in whose places something is wrong, whatever was read there.
    package let faulty: Set<String>

    package init(receiptID: [UInt8]?, fields: [Field], row: [UInt8], faulty: Set<String>) {
        (self.receiptID, self.fields, self.row, self.faulty) = (receiptID, fields, row, faulty)
    }
}
