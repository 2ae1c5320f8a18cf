package import ColumnStore
import Documents
import FoundationEssentials

/// What is said to a registrar, and what its answers mean.
///
///     POST url          {"ticket_id", "client_id", "receipt_id", "type", "content_type", "document" | "document_base64", "callback_url"}
///     GET  status_url   ?ticket_id=…
///     answer            200 {"outcome": "accepted" | "rejected", "reference", "errors"}; 202: it will call back; 404 to a question: never seen
///
/// Both are signed as webhooks are (`WebhookSignature`), under the id `<ticket>:<registrar>`, which is the same however often a step is tried.
package enum RegistrarCall {
    /// Longer than this no answer is waited for, whatever the lock.
    private static let timeoutMax: Int64 = 30_000_000

    /// A tenth of a second at least, so that a lock that is set too short does not end each call before it began.
    package static func timeoutMilliseconds(_ registrar: RegistrarOptions) -> Int {
        Int(max(100, min(registrar.lock, timeoutMax) / 1_000))
    }

    /// - Parameters:
    ///   - name: the registrar's, which its callbacks bear in their path.
    ///   - callbackBase: without a slash at its end.
    ///   - now: microseconds since 1970.
    static func send(
        _ call: HotFile.StepCall, _ document: [UInt8], to name: String, _ registrar: RegistrarOptions, callbackBase: String, now: Int64
    ) -> OutgoingRequest {
        let summary = call.stored.summary
        var json = JSONWriter()
        json.object { json in
            json.member("ticket_id", summary.ticketID)
            json.member("client_id", summary.clientID)
            json.member("receipt_id", summary.receiptID)
            json.member("type", summary.type)
            json.member("content_type", call.contentType)
            member(document, call.contentType, &json)
            json.member("callback_url", callbackBase + "/v1/callbacks/" + pathComponent(name))
        }
        return registrar.request(
            registrar.url, id: "\(summary.ticketID):\(name)", body: json.bytes, now: now, headers: [("traceparent", Trace.parent(call.trace, ticketID: summary.ticketID))])
    }

    /// The question what became of an earlier call; it has no body, and its signature is over none.
    static func ask(
        _ call: HotFile.StepCall, of name: String, _ registrar: RegistrarOptions, statusURL: String, now: Int64
    ) -> OutgoingRequest {
        let ticketID = call.stored.summary.ticketID
        return registrar.request(
            RegistrarOptions.question(statusURL, "ticket_id=\(ticketID)"), id: "\(ticketID):\(name)", body: nil, now: now,
            headers: [("traceparent", Trace.parent(call.trace, ticketID: ticketID))])
    }

    /// What a body is, as a header of a call.
    static func mediaType(_ type: String) -> (name: String, value: String) { (name: "Content-Type", value: type) }

    /// The three headers of Standard Webhooks; two without a secret, since there is nothing to sign with.
    ///
    /// - Parameter id: what is signed is what its header can say of it (`headerText`), since that is what the other side has.
    package static func signature(
        id: String, body: [UInt8], secrets: [WebhookSecret], nowSeconds: Int64
    ) -> [(name: String, value: String)] {
        let id = headerText(id)
        var headers = [("webhook-id", id), ("webhook-timestamp", String(nowSeconds))]
        if !secrets.isEmpty {
            headers.append(("webhook-signature", WebhookSignature.sign(id: id, timestamp: nowSeconds, body: body, secrets: secrets)))
        }
        return headers.map { (name: $0.0, value: $0.1) }
    }

    /// An id may have any letters; of a header field many servers read no more than ASCII, and none the blanks around it.
    /// What is not printable ASCII, and a blank at either end, goes as `%` and two hexadecimal digits: `Prüfung` is `Pr%C3%BCfung`. A `%` of its own stays, so it cannot be undone.
    package static func headerText(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return bytes.indices.map { place in
            let byte = bytes[place]
            let isBlankAtEnd = byte == 0x20 && (place == 0 || place == bytes.indices.last)
            guard (0x20...0x7E).contains(byte), !isBlankAtEnd else { return "%" + Hexadecimal.text([byte]).uppercased() }
            return String(UnicodeScalar(byte))
        }.joined()
    }

    /// JSON as JSON, other text as a string, anything else in base 64: as answers have documents.
    private static func member(_ document: [UInt8], _ contentType: String, _ json: inout JSONWriter) {
        let bytes = document[...]
        if contentType.hasPrefix("application/json") {
            // A byte order mark is no JSON.
            json.member("document", raw: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes)
        } else if String(validating: bytes, as: UTF8.self) != nil {
            json.member("document", text: bytes)
        } else {
            json.member("document_base64", Data(document).base64EncodedString())
        }
    }

    /// By RFC 3986: all but letters, digits and `-._~` as `%` with two digits.
    private static func pathComponent(_ name: String) -> String {
        name.utf8.map { byte -> String in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95, 126].contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    // MARK: Answers

    package typealias Answer = EndpointAnswer<StepOutcome>

    package static func answer(_ result: Result<OutgoingResponse, OutgoingFailure>, toQuestion isQuestion: Bool, nowSeconds: Int64) -> Answer {
        Answer(result, toQuestion: isQuestion, nowSeconds: nowSeconds, decision: { outcome($0) }) { status, body in
            // A refusal by its status may say more in its body, in the words of an outcome; an acceptance there counts for nothing.
            let given = outcome(body)
            let errors = given.map(\.errors).flatMap { $0.isEmpty ? nil : $0 } ?? [.init(pointer: "", code: "rejected", message: "the registrar answered \(status)")]
            return StepOutcome(isAccepted: false, reference: given?.reference, errors: errors)
        }
    }

    /// Of an answer or a callback; nil when it has none.
    static func outcome(_ body: [UInt8]) -> StepOutcome? {
        guard !body.isEmpty else { return nil }
        // What is no JSON has no outcome: the caller says so.
        return try? JSONReader().read(body) { tape in outcome(tape) }
    }

    static func outcome(_ tape: JSONTape) -> StepOutcome? {
        let decided: Bool
        switch ReceiptHistory.string("outcome", 0, tape) {
        case "accepted": decided = true
        case "rejected": decided = false
        default: return nil
        }
        var reference: String?
        if let node = tape.member("reference", of: 0), tape[node].kind == .string || tape[node].kind == .number { reference = tape.string(of: node) }
        var errors: [Fault.Violation] = []
        if let list = tape.member("errors", of: 0), tape[list].kind == .array {
            // They stand in the row's history and in answers: a registrar that sends thousands has said enough with the first.
            for node in tape.children(of: list).prefix(100) { errors.append(violation(node, tape)) }
        }
        if !decided, errors.isEmpty { errors = [.init(pointer: "", code: "rejected", message: "rejected by the registrar")] }
        return StepOutcome(isAccepted: decided, reference: reference, errors: errors)
    }

    /// Registrars say errors in many ways: what has our members gives them, all else is the message.
    private static func violation(_ node: Int, _ tape: JSONTape) -> Fault.Violation {
        if tape[node].kind == .string { return .init(pointer: "", code: "rejected", message: tape.string(of: node)) }
        let message = ReceiptHistory.string("message", node, tape) ?? ReceiptHistory.string("detail", node, tape)
        let range = tape.range(of: node)
        // As it lies in the answer, cut: a character at the cut may come out damaged.
        let raw = String(decoding: UnsafeBufferPointer(start: tape.bytes + range.lowerBound, count: min(range.count, 1_000)), as: UTF8.self)
        return .init(
            pointer: ReceiptHistory.string("pointer", node, tape) ?? "", code: ReceiptHistory.string("code", node, tape) ?? "rejected",
            message: message ?? raw)
    }

    /// What `Retry-After` says, in seconds or as an HTTP date: microseconds from now.
    package static func retryAfter(_ text: String, _ nowSeconds: Int64) -> Int64? {
        // A day at most, and never before now.
        if let seconds = Int64(text) { return min(max(0, seconds), 86_400) * 1_000_000 }
        guard let second = HTTPDate.seconds(text) else { return nil }
        return min(max(0, second.subtractingSaturating(nowSeconds)), 86_400) * 1_000_000
    }
}
