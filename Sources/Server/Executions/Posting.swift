internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// The input of `till:post`: `{"type", "document"}` or `{"type", "documents": […]}`.
struct Posting: Sendable {
    let request: IntakeRequest
    /// Whether the answer is a list, also of one document.
    private let isOfMany: Bool

    /// - Throws: `bad-parameter` naming the member.
    init(_ input: JSONValue, as principal: Principal) throws {
        guard let members = input.members else { throw Problem.parameter("", "till:post takes an object with type and document or documents, not \(input.kind)") }
        for member in members where !["type", "document", "documents", "client"].contains(member.name) {
            throw Problem.parameter(member.name, "till:post takes type, client, and document or documents", code: "unknown-member")
        }
        var type: String?
        if let value = input[present: "type"] {
            guard let text = value.text, !text.isEmpty else { throw Problem.parameter("type", "a type's name is wanted, not \(value.kind)", code: "type") }
            type = text
        }
        var client: String?
        if let value = input[present: "client"] {
            guard let text = value.text else { throw Problem.parameter("client", "a string is wanted, not \(value.kind)", code: "type") }
            client = try Call.client(text, as: principal)
        }
        switch (input["document"], input["documents"]) {
        case (let document?, nil):
            isOfMany = false
            request = Self.request(of: document, type, client, principal)
        case (nil, .array(let documents)?):
            isOfMany = true
            // One receipt a line, each on its own: what is stored already is a repeat.
            // Serialized they have no line feed, so each stays one line.
            let lines = documents.map(\.serialized).joined(separator: [0x0A])
            request = IntakeRequest(form: .ndjson, body: Array(lines), contentType: "application/x-ndjson", principal: principal, type: type, client: client)
        default: throw Problem.parameter("document", "document, or documents as an array, is wanted", code: "required")
        }
    }

    /// A text is a document of its own: XML, or lines of CSV.
    private static func request(of document: JSONValue, _ type: String?, _ client: String?, _ principal: Principal) -> IntakeRequest {
        guard case .string(let text) = document else {
            return IntakeRequest(form: .json, body: document.serialized, contentType: "application/json", principal: principal, type: type, client: client)
        }
        // Blanks and control characters may stand before the first sign.
        let isXML = text.utf8.first { $0 > 0x20 } == UInt8(ascii: "<")
        return IntakeRequest(
            form: isXML ? .xml : .csv, body: Array(text.utf8), contentType: isXML ? "application/xml" : "text/csv", principal: principal, type: type, client: client)
    }

    /// What the task gives its state: a receipt for `document`, `{"receipts": […]}` for `documents` and for a text of several, refused ones among them as `{"problem": …}`.
    ///
    /// Longer than a value may be, it would fail the state once the documents are stored: then it says less of each.
    func ending(_ outcome: IntakeOutcome) -> TaskEnding {
        let ending = ending(outcome, isBrief: false)
        guard case .succeeded(let value) = ending, ValueLimits.measure(value) == .tooLong else { return ending }
        return self.ending(outcome, isBrief: true)
    }

    /// - Parameter isBrief: without the names of columns that changed, and the places of what is wrong.
    private func ending(_ outcome: IntakeOutcome, isBrief: Bool) -> TaskEnding {
        switch outcome {
        case .refused(let fault): return TaskParts.ending(of: fault)
        case .one(let taken):
            let object = Self.object(taken, isBrief)
            return .succeeded(isOfMany ? .object(["receipts": .array([object])]) : object)
        case .batch(let all): return .succeeded(.object(["receipts": .array(all.map { Self.object($0, isBrief) })]))
        case .each(let results): return ending(results, beyondCount: 0, isBrief)
        case .eachOfMore(let results, let beyondCount, _): return ending(results, beyondCount: beyondCount, isBrief)
        }
    }

    /// - Parameter beyondCount: of documents behind these, none of which was looked at.
    private func ending(_ results: [Result<Accepted, Fault>], beyondCount: Int, _ isBrief: Bool) -> TaskEnding {
        // What the server could not take for a reason of its own is asked for again with all the others, which are repeats by then.
        for case .failure(let fault) in results where Self.ofServer.contains(fault.code) { return TaskParts.ending(of: fault) }
        if beyondCount > 0 { return TaskParts.ending(of: Fault(.tooLarge, "\(beyondCount) documents behind the first \(results.count) were not looked at: these are as many as one task posts")) }
        // A text of one record is as any other document; of several each has its own answer.
        if !isOfMany, results.count == 1 {
            switch results[0] {
            case .success(let taken): return .succeeded(Self.object(taken, isBrief))
            case .failure(let fault): return TaskParts.ending(of: fault)
            }
        }
        let items = results.map { result -> JSONValue in
            switch result {
            case .success(let taken): Self.object(taken, isBrief)
            case .failure(let fault): .object(["problem": Self.object(fault, isBrief)])
            }
        }
        return .succeeded(.object(["receipts": .array(items)]))
    }

    /// None of them says anything of a document.
    private static let ofServer: Set<Fault.Code> = [.overloaded, .diskFull, .storageUnavailable, .notLeader, .internalError]

    private static func object(_ taken: Accepted, _ isBrief: Bool) -> JSONValue {
        var summary = taken.summary
        if isBrief { summary.changed = nil }
        return (try? JSONParser.parse(AcceptedBody(summary).json())) ?? .null
    }

    private static func object(_ fault: Fault, _ isBrief: Bool) -> JSONValue {
        var problem = Problem(fault)
        if isBrief { problem.errors = [] }
        return (try? JSONParser.parse(ProblemBody(problem).json())) ?? .null
    }
}
