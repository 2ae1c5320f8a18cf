internal import Ingest

/// A key without its secret, as lists have it.
struct KeyBody: ListItem, JSONObject {
    let key: KeyDescription

    static var schemaName: String? { "Key" }
    static var listName: StaticString { "keys" }
    static var listSchemaName: String { "KeyList" }
    static var example: KeyBody { KeyBody(key: KeyDescription(id: "", createdAt: 0, lastUsedAt: nil)) }

    func members(to sink: inout some MemberSink) {
        Self.common(key, to: &sink)
        sink.member("last_used_at", key.lastUsedAt.map { InstantForm($0) })
    }

    fileprivate static func common(_ key: KeyDescription, to sink: inout some MemberSink) {
        sink.member("id", key.id)
        sink.member("role", WordForm(key.role))
        sink.member("label", key.label)
        sink.member("created_at", InstantForm(key.createdAt))
        sink.member("expires_at", key.expiresAt.map { InstantForm($0) })
    }
}

/// A key that was just made: with its secret for who asked, without it for the audit trail.
struct NewKeyBody: JSONObject {
    let key: KeyDescription
    let secret: String?

    static var schemaName: String? { "NewKey" }
    static var example: NewKeyBody { NewKeyBody(key: KeyBody.example.key, secret: "") }

    func members(to sink: inout some MemberSink) {
        KeyBody.common(key, to: &sink)
        if let secret { sink.member("key", secret, MemberFacts("The secret: shown in this answer alone.")) }
    }
}
