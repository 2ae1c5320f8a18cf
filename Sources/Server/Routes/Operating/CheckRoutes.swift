internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// What a type would make of a document, before either is there.
enum CheckRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/types/check", access: .admin, place: .control, body: .typeFile,
            operation: Operation(
                "checkType", "Shows what a type file makes of a document. Nothing is stored, and nothing goes to quarantine.",
                body: [.json(##"{"type":"object","required":["type","document"],"additionalProperties":false,"properties":{"type":{"$ref":"#/components/schemas/Type"},"files":{"description":"XSD files by the names that the type has for them.","type":"object","additionalProperties":{"type":"string"}},"document":{"description":"The document as text; of JSON its value, too.","type":["string","object","array"],"items":{}}}}"##)],
                answers: [.init(200, "A result for each receipt of the document.", [.of(TypeCheckBody.self)])], problems: [.invalidType], changesNothing: true),
            uses: { $0.queries.limits.time }, handle: check)
    ]

    private static func check(_ call: Call, _ bindingSeconds: Double) throws -> Response {
        let body = try call.object(members: ["type", "files", "document"], hasTexts: true)
        guard let type = body["type"], case .object = type else { throw Problem.parameter("type", "a type file is wanted", code: "required") }
        let document = try document(body["document"])
        do {
            let json = type.serialized
            do throws(JSONSyntaxError) { _ = try JSONParser.parse(json, boundsMarks: true) } catch { throw Problem.parameter("type", error.message) }
            let time = Cancellation(timeLimitSeconds: bindingSeconds, ending: "binding the type's expressions")
            let checker = try TypeChecker(type: try DocumentType(json: json, files: try files(body["files"]), cancellation: time), now: CalendarText.now)
            return .json(TypeCheckBody(lines: checker.check(file: "document", document).lines), reserving: 4_096)
        } catch let error as TypeFileError {
            throw Problem(
                .invalidType, "the type file has \(error.reasons.count == 1 ? "a fault" : "\(error.reasons.count) faults")",
                errors: error.reasons.map { .init(pointer: "/type" + $0.pointer, code: $0.code, message: $0.message) })
        }
    }

    /// A document of JSON may stand there as itself: faults are then placed by its members, not by its bytes.
    private static func document(_ value: JSONValue?) throws -> [UInt8] {
        switch value {
        case .string(let text)?: return Array(text.utf8)
        case .object?, .array?: return value?.serialized ?? []
        default: throw Problem.parameter("document", "the document is wanted, as a string or as a value of JSON", code: "required")
        }
    }

    private static func files(_ value: JSONValue?) throws -> [String: [UInt8]] {
        guard let value, value != .null else { return [:] }
        guard case .object(let members) = value else { throw Problem.parameter("files", "an object of texts is wanted, not \(value.kind)", code: "type") }
        var files: [String: [UInt8]] = [:]
        for member in members {
            guard let text = member.value.text else { throw Problem.parameter("files/\(member.name)", "a string is wanted, not \(member.value.kind)", code: "type") }
            files[member.name] = Array(text.utf8)
        }
        return files
    }
}
