internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:publish`: an event.
///
/// At least once, and known again: the event's id is a hash of the task's key, so that readers tell a repeat.
struct PublishTasks: ResourceExecutor {
    static let kind = ResourceKind("publish")
    private let parts: TaskParts

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 64 }

    /// `{"topic","type","subject","data"}`; the event's id is the task's key.
    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            let input = work.call.input
            for member in input.members ?? [] where !["topic", "type", "subject", "data"].contains(member.name) {
                throw Problem.parameter(member.name, "till:publish takes topic, type, subject and data", code: "unknown-member")
            }
            guard let topic = input["topic"]?.text, let type = input["type"]?.text, EventDraft.isAttribute(type) else {
                throw Problem.parameter("topic", "till:publish wants a topic and a type, each a text of 1 to 200 bytes without control characters", code: "required")
            }
            let subject = input[present: "subject"]?.text
            guard subject.map(EventDraft.isAttribute) ?? (input[present: "subject"] == nil) else {
                throw Problem.parameter("subject", "a text of 1 to 200 bytes without control characters is wanted", code: "format")
            }
            let id = "task-\(Hexadecimal.text(APIKey.sha256(of: work.call.key)))"
            let event = EventDraft(id: id, origin: work.owner, type: type, subject: subject, time: CalendarText.now, data: (input["data"] ?? .null).serialized)
            let (count, most) = (event.json.count, EventDraft.byteCountMax)
            guard count <= most else { throw Problem(.tooLarge, "the event has \(count) bytes; at most \(most) are taken") }
            // No deeper than is read of an event from outside: conditions look into it.
            try BoundedJSON.read(event.data) { _ in }
            parts.context.store.topics.publish([event], to: topic, as: try parts.principal(of: work)) { result in
                switch result {
                case .success: end(.succeeded(.object([.init("id", .string(id))])))
                case .failure(let fault): end(TaskParts.ending(of: fault))
                }
            }
        } catch {
            end(TaskParts.ending(of: error))
        }
    }
}
