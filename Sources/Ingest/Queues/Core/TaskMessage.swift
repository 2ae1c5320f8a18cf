import ColumnStore

/// The message that brings a task of an execution to a worker: `{"task_token", "input"}`.
package enum TaskMessage {
    private static let idPrefix = "task-"
    private static let bodyPrefix = #"{"task_token":""#
    /// Of a body, so much has its token in it.
    static let beginningByteCount = 512

    /// Made of the token alone, so that the same attempt is queued once; and what is not of it is no task's message, whatever it is called.
    static func id(of token: String) -> String { idPrefix + Hexadecimal.text(SHA256.hash(Array(token.utf8))) }

    /// - Parameter input: JSON.
    package static func message(token: String, input: [UInt8]) -> OutgoingMessage {
        var body = JSONWriter()
        body.beginObject()
        body.member("task_token", token)
        body.key("input")
        body.raw(input)
        body.endObject()
        return OutgoingMessage(id: id(of: token), body: body.bytes)
    }

    /// Whether a message may be one: most are not, and have an id of another form.
    static func mayBe(_ id: String) -> Bool { id.utf8.count == idPrefix.utf8.count + 64 && id.hasPrefix(idPrefix) }

    /// The token in a body's beginning; nil for what is no task's message.
    static func token(_ id: String, beginning: [UInt8]) -> String? {
        guard beginning.starts(with: bodyPrefix.utf8) else { return nil }
        // Tokens have letters, digits and dots alone: nothing of one is escaped.
        guard let token = String(validating: beginning.dropFirst(bodyPrefix.utf8.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self) else { return nil }
        return self.id(of: token) == id ? token : nil
    }
}
