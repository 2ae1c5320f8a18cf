internal import ColumnStore
internal import Documents
package import Ingest

/// What was refused, with reasons and bytes.
struct QuarantineBody: ListItem, JSONObject {
    let entry: QuarantineEntry
    /// Without what the document says.
    let isRedacted: Bool

    init(_ entry: QuarantineEntry, as principal: Principal) {
        self.entry = entry
        isRedacted = principal.role == .auditor
    }

    static var schemaName: String? { "QuarantineEntry" }
    static var listName: StaticString { "quarantine" }
    static var listSchemaName: String { "QuarantineList" }
    static var example: QuarantineBody {
        let problem = Fault(.invalidDocument, "")
        return QuarantineBody(
            QuarantineEntry(ticketID: "", clientID: nil, receivedAt: 0, contentType: "", type: nil, problem: problem, document: []), as: .admin)
    }

    func members(to sink: inout some MemberSink) {
        sink.member("ticket_id", entry.ticketID, MemberFacts("Under which it was refused."))
        sink.member("client_id", entry.clientID, MemberFacts("Who sent it."))
        sink.member("received_at", InstantForm(entry.receivedAt), MemberFacts("When it came."))
        sink.member("content_type", entry.contentType, MemberFacts("As its sender said."))
        sink.member("type", entry.type, MemberFacts("The document type that it was read as; null where none knew it."))
        sink.member("problem", ProblemBody(isRedacted ? Self.redacted(Problem(entry.problem)) : Problem(entry.problem)), MemberFacts("Why it was refused."))
        // Refused bytes may be anything but what they claim to be, so JSON is not put in as JSON.
        let isText = DocumentBody.isText(entry.document[...])
        sink.optional("document", isRedacted || !isText ? nil : entry.isHidden ? RefusedText.hidden : .shown(entry.document), MemberFacts("What was sent, where it is text."))
        sink.optional("document_base64", !isRedacted && !isText ? Base64Bytes(bytes: entry.document) : nil, MemberFacts("What was sent, where it is no text."))
    }

    /// What it takes with its text, in bytes: of a document of quotes or of control characters that is many times as long.
    var heldByteCount: Int {
        let document = entry.document
        var byteCount = entry.problem.detail.utf8.count
        for error in entry.problem.errors { byteCount += error.pointer.utf8.count + error.code.utf8.count + error.message.utf8.count + 64 }
        let text = DocumentBody.isText(document[...]) ? JSONForm.quotedByteCount(document) : document.count / 3 * 4
        return document.count + text + 3 * byteCount + 512
    }

    /// Reasons quote what the document says: of those an auditor sees the kind and the place.
    private static func redacted(_ problem: Problem) -> Problem {
        Problem(problem.slug, problem.slug.title, errors: problem.errors.map { .init(pointer: $0.pointer, code: $0.code, message: "") })
    }
}

/// UTF-8 as it is kept: no text is made of it first.
struct TextBytes: BodyForm {
    let bytes: [UInt8]
    static var schema: SchemaText { SchemaText("string") }
    func write(to writer: inout JSONWriter) { writer.string(utf8: bytes) }
}

/// What was refused, as text; null for those who may not see what may be sensitive.
enum RefusedText: BodyForm {
    case shown([UInt8])
    case hidden

    static var schema: SchemaText { TextBytes?.schema }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .shown(let bytes): writer.string(utf8: bytes)
        case .hidden: writer.null()
        }
    }
}

struct Base64Bytes: BodyForm {
    let bytes: [UInt8]
    static var schema: SchemaText { SchemaText("string", keywords: [("contentEncoding", "\"base64\"")]) }
    func write(to writer: inout JSONWriter) { DocumentBody.writeBase64(bytes[...], to: &writer) }
}

/// What could not be registered or delivered.
struct DeadLetterBody: ListItem, JSONObject {
    let letter: DeadLetter

    static var schemaName: String? { "DeadLetter" }
    static var listName: StaticString { "dead_letters" }
    static var listSchemaName: String { "DeadLetterList" }
    static var example: DeadLetterBody {
        DeadLetterBody(letter: DeadLetter(id: "", kind: .step, name: "", at: 0, reason: "", attempts: 0, receipt: AcceptedBody.example.summary))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("id", letter.id, MemberFacts("By which it is looked at, tried again and deleted."))
        sink.member("kind", WordForm(letter.kind), MemberFacts("What was to be delivered: a call of a registrar, a callback, or an event of a webhook."))
        sink.member("name", letter.name, MemberFacts("The registrar, or callback or contract."))
        sink.member("at", InstantForm(letter.at), MemberFacts("When it was given up."))
        sink.member("reason", letter.reason, MemberFacts("Of the last attempt."))
        sink.member("attempts", letter.attempts, MemberFacts("How often it was tried."))
        sink.member("client_id", letter.clientID, MemberFacts("Whose document or event it is."))
        sink.member("event", letter.event, MemberFacts("For events of a contract's webhook that are about no receipt: upload.processed, upload.error, feedback.digest."))
        sink.member("receipt", letter.receipt.map { AcceptedBody($0) }, MemberFacts("Null where there is an event."))
    }
}

/// Dead letters that are tried again together.
struct LotBody: JSONObject {
    let count: Int
    static var schemaName: String? { "Lot" }
    static var example: LotBody { LotBody(count: 0) }
    func members(to sink: inout some MemberSink) {
        sink.member("count", count, MemberFacts("At most 10,000: the same call again takes what is left."))
    }
}

extension DeadLetter.Kind: CaseIterable {
    package static var allCases: [DeadLetter.Kind] { [.step, .webhook] }
}
