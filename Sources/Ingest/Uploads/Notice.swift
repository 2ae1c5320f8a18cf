import ColumnStore

/// An event for a contract's webhook that is about no single receipt. Its row stands in the catalog until it is delivered.
struct Notice: Sendable {
    enum Event: String, Sendable, CaseIterable {
        case uploadProcessed = "upload.processed"
        case uploadError = "upload.error"
        case feedbackDigest = "feedback.digest"
        /// For the topic `till`, not for a webhook: the body is the event's draft.
        case storeEvent = "event"
    }

    /// Of the event, the same at each attempt.
    let id: String
    let client: String
    let event: Event
    /// JSON, the same at each attempt.
    let body: [UInt8]
    /// Microseconds since 1970.
    let createdAt: Int64
    var dueAt: Int64
    var attempts: Int64 = 0

    /// - Parameter members: what the event has beside its own members.
    init(id: String, client: String, event: Event, at now: Int64, members: (inout JSONWriter) -> Void) {
        (self.id, self.client, self.event) = (id, client, event)
        (createdAt, dueAt) = (now, now)
        var writer = JSONWriter()
        writer.object { json in
            json.member("event_id", id)
            json.member("event", event.rawValue)
            json.member("at", instant: now)
            members(&json)
        }
        body = writer.bytes
    }

    init(id: String, client: String, event: Event, body: [UInt8], createdAt: Int64, dueAt: Int64, attempts: Int64) {
        (self.id, self.client, self.event, self.body) = (id, client, event, body)
        (self.createdAt, self.dueAt, self.attempts) = (createdAt, dueAt, attempts)
    }
}
