internal import ColumnStore
internal import Documents
internal import Ingest

/// A version of a document.
struct VersionBody: ListItem, JSONObject {
    let version: DocumentVersion

    static var schemaName: String? { "Version" }
    static var listName: StaticString { "versions" }
    static var listSchemaName: String { "Versions" }
    static var example: VersionBody {
        VersionBody(
            version: DocumentVersion(
                version: 1, ticketID: "", receivedAt: 0, validTo: nil, isRemoved: false, uploadID: nil, state: .complete, changes: []))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("version", Int(version.version))
        sink.member("ticket_id", version.ticketID)
        sink.member("received_at", InstantForm(version.receivedAt))
        sink.member("valid_to", version.validTo.map { InstantForm($0) })
        sink.member("removed", version.isRemoved)
        sink.member("upload_id", version.uploadID)
        sink.member("state", WordForm(version.state))
        sink.member(
            "changes", ColumnChangesBody(changes: version.changes),
            MemberFacts("By column, its value before and in this version; empty for the first. A list has all its elements."))
    }
}

/// What a version changed, by column.
struct ColumnChangesBody: JSONObject {
    let changes: [DocumentVersion.Change]

    static var schemaName: String? { nil }
    static var example: ColumnChangesBody { ColumnChangesBody(changes: []) }

    func members(to sink: inout some MemberSink) {
        sink.others(
            changes.map { change in
                (change.field.name, "{\"from\":\(JSONForm.text(change.from, change.field.type)),\"to\":\(JSONForm.text(change.to, change.field.type))}")
            })
    }
}
