internal import ColumnStore
internal import Documents
package import Ingest

/// An administrative act and its outcome.
struct AuditBody: ListItem, JSONObject {
    let entry: AuditEntry

    static var listName: StaticString { "audit" }
    static var listSchemaName: String { "AuditList" }
    static var example: AuditBody { AuditBody(entry: AuditEntry(id: 1, at: 0, act: AuditAct(actor: "", action: "", target: ""), outcome: .begun)) }

    func members(to sink: inout some MemberSink) {
        sink.member("id", entry.id, MemberFacts("Rises with time."))
        sink.member("at", InstantForm(entry.at), MemberFacts("When it was asked for."))
        sink.member("actor", entry.act.actor, MemberFacts("Who asked."))
        sink.member("origin", entry.act.origin, MemberFacts("Through which door it was asked."))
        sink.member("action", entry.act.action, MemberFacts("What was asked."))
        sink.member("target", entry.act.target, MemberFacts("Of what it was asked."))
        sink.member("request_id", entry.act.requestID, MemberFacts("The id of the request, as in the log."))
        sink.member("outcome", WordForm(entry.outcome), MemberFacts("How it ended."))
        sink.member("status", entry.status, MemberFacts("The answer's status; null where there was none."))
        sink.member("ended_at", entry.endedAt.map { InstantForm($0) }, MemberFacts("When it ended; null while it runs, and where nobody knows."))
        sink.member("detail", entry.detail.map { Verbatim<AnyObjectForm>(Self.object($0)) }, MemberFacts("What else is known of it."))
    }

    /// Earlier programs cut what was long, anywhere in its JSON: that is shown as a text.
    private static func object(_ detail: String) -> [UInt8] {
        let bytes = Array(detail.utf8)
        if (try? JSONParser.check(bytes)) != nil { return bytes }
        return JSONValue.object(["text": .string(detail)]).serialized
    }
}

extension AuditOutcome: CaseIterable {
    package static var allCases: [AuditOutcome] { [.begun, .done, .refused, .failed] }
}

/// Some object: what is in it the schema does not say.
struct AnyObjectForm: BodyForm {
    static var schema: SchemaText { SchemaText("object", keywords: [("additionalProperties", "true")]) }
    func write(to writer: inout JSONWriter) { writer.raw("{}") }
}

struct BackupBody: JSONObject {
    let destination: String
    let summary: BackupSummary

    static var schemaName: String? { "Backup" }
    static var example: BackupBody { BackupBody(destination: "", summary: BackupSummary()) }

    func members(to sink: inout some MemberSink) {
        sink.member("destination", destination)
        sink.member("files", summary.fileCount)
        sink.member("bytes", summary.byteCount)
        sink.member("files_copied", summary.copiedFileCount)
        sink.member("bytes_copied", summary.copiedByteCount)
        sink.member("elapsed_ms", Int(summary.elapsedNanoseconds / 1_000_000))
    }
}

struct MoveBody: JSONObject {
    let summary: WarehouseMoveSummary

    static var schemaName: String? { "Move" }
    static var example: MoveBody { MoveBody(summary: WarehouseMoveSummary()) }

    func members(to sink: inout some MemberSink) {
        sink.optional("place", summary.place)
        sink.member("tables", summary.tableCount)
        sink.member("files", summary.fileCount)
        sink.member("bytes", summary.byteCount)
        sink.member("files_copied", summary.copiedFileCount)
        sink.member("bytes_copied", summary.copiedByteCount)
        sink.member("files_left", summary.leftFileCount)
    }
}

struct CompactionBody: JSONObject {
    let summary: CompactionSummary

    static var schemaName: String? { "Compaction" }
    static var example: CompactionBody { CompactionBody(summary: CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0)) }

    func members(to sink: inout some MemberSink) {
        sink.member("files_moved", summary.filesMoved)
        sink.member("rows_moved", summary.rowsMoved)
        sink.member("files_left", summary.filesLeft)
        sink.member("files_merged", summary.filesMerged)
    }
}

struct RebuildBody: JSONObject {
    let summary: RebuildSummary

    static var schemaName: String? { "Rebuild" }
    static var example: RebuildBody { RebuildBody(summary: RebuildSummary()) }

    func members(to sink: inout some MemberSink) {
        sink.member("documents", summary.rowCount, MemberFacts("Documents that were read again."))
        sink.member("unreadable", summary.faultyCount, MemberFacts("Of them, those that do not give the column: it is NULL there."))
        sink.member("files", summary.fileCount, MemberFacts("Files that were written anew."))
        sink.member("files_left", summary.leftFileCount, MemberFacts("Files that keep the column as it was, since they are damaged: tried again with each compaction."))
    }
}

struct DeletionBody: JSONObject {
    let summary: DeletionSummary

    static var schemaName: String? { "Deletion" }
    static var example: DeletionBody { DeletionBody(summary: DeletionSummary(count: 0, hasMore: false)) }

    func members(to sink: inout some MemberSink) {
        sink.member("deleted", summary.count)
        sink.member("has_more", summary.hasMore, MemberFacts("Others pass: the same call again deletes them."))
    }
}

/// Whether the server lives, or takes work.
struct StatusBody: JSONObject {
    let status: String
    /// What does not work though work is taken.
    var degraded: [String]?

    static var example: StatusBody { StatusBody(status: "") }

    func members(to sink: inout some MemberSink) {
        sink.member("status", status)
        sink.optional("degraded", degraded, MemberFacts("What does not work though work is taken."))
    }
}

/// What an error means.
struct MeaningBody: JSONObject {
    let slug: Problem.Slug

    static var example: MeaningBody { MeaningBody(slug: .notFound) }

    func members(to sink: inout some MemberSink) {
        sink.member("type", "/problems/\(slug.rawValue)")
        sink.member("title", slug.title)
        sink.member("status", slug.status)
        sink.member("meaning", slug.meaning)
    }
}
