/// Why a document was not taken, or a call on the store not done: a code, and facts. It names no header field, parameter or option: each door says
/// what its callers can do in words of its own (`advice`).
package struct Fault: Error, Sendable {
    /// On disk, of quarantine entries: do not rename.
    package enum Code: String, Sendable, CaseIterable {
        // Of a document.
        case badJSON = "bad-json", badXML = "bad-xml", badEncoding = "bad-encoding", tooLarge = "too-large"
        case unknownType = "unknown-type", ambiguousType = "ambiguous-type", invalidDocument = "invalid-document"
        case differentDocument = "different-document", callbackHostNotAllowed = "callback-host-not-allowed"
        // Of types and contracts.
        case invalidType = "invalid-type", versionConflict = "version-conflict", invalidContract = "invalid-contract", invalidRollup = "invalid-rollup"
        // Of who asks, and for what.
        case readOnly = "read-only", wrongClient = "wrong-client", typeNotAllowed = "type-not-allowed", badSignature = "bad-signature"
        case notFound = "not-found", badParameter = "bad-parameter", badCursor = "bad-cursor", contradictingOutcome = "contradicting-outcome"
        case immutableTable = "immutable-table"
        // Of the store.
        case overloaded, diskFull = "disk-full", internalError = "internal-error"
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

    package init(
        _ code: Code, _ detail: String, advice: Advice? = nil, errors: [Violation] = [], ticketID: String? = nil, cause: String? = nil
    ) {
        (self.code, self.detail, self.advice, self.errors) = (code, detail, advice, errors)
        (self.ticketID, self.cause) = (ticketID, cause)
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
    }
}
