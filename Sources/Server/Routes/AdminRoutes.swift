internal import ColumnStore
internal import Ingest

/// Work on the whole store.
enum AdminRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/admin/compact", access: .admin, place: .control, body: .small,
            operation: Operation(
                "compact", "Moves hot files of UTC days before a day to cold now, and answers when done.",
                body: [.json(#"{"type":"object","additionalProperties":false,"properties":{"before":{"type":["string","null"],"format":"date"}}}"#)],
                answers: [.init(200, "What was done.", [.reference("Compaction")])], problems: [.diskFull], needsBody: false),
            handle: compact),
        Route(
            .get, "/v1/audit", access: .audit, place: .control,
            operation: Operation(
                "audit", "Administrative acts, the newest first: who did what when, and what came of it.", parameters: ListPage.parameters,
                answers: [.init(200, "The acts.", [.reference("AuditList")])], problems: [.badCursor]),
            handle: audit),
        Route(
            .get, "/v1/admin/audit", access: .audit, place: .control,
            operation: Operation(
                "adminAudit", "As /v1/audit, which see: the path of earlier versions.", parameters: ListPage.parameters,
                answers: [.init(200, "The acts.", [.reference("AuditList")])], problems: [.badCursor]),
            handle: audit),
        Route(
            .post, "/v1/admin/backup", access: .admin, place: .control, body: .small,
            operation: Operation(
                "backup", "Copies the store, as it is at one instant, to a directory of the server's machine; a later one into the same directory copies what has changed.",
                body: [.json(#"{"type":"object","required":["destination"],"additionalProperties":false,"properties":{"destination":{"type":"string","description":"An absolute path; the directory is empty, not there, or has an earlier backup of this store."}}}"#)],
                answers: [.init(200, "The backup is complete, durable and read again.", [.reference("Backup")])],
                problems: [.badParameter, .overloaded, .diskFull]),
            handle: backup),
    ]

    private static func audit(_ call: Call) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let page = try call.engine.audit(cursor: call.parameter("cursor"), limit: limit)
        var writer = JSONWriter(reserving: 256 * page.entries.count + 64)
        writer.beginObject()
        writer.key("audit")
        writer.beginArray()
        for entry in page.entries {
            writer.beginObject()
            writer.member("id", Int(entry.id))
            writer.member("at", CalendarText.text(instant: entry.at))
            writer.member("actor", entry.act.actor)
            writer.member("origin", entry.act.origin)
            writer.member("action", entry.act.action)
            writer.member("target", entry.act.target)
            writer.member("request_id", entry.act.requestID)
            writer.member("outcome", entry.outcome.rawValue)
            writer.key("status")
            if let status = entry.status { writer.raw(String(status).utf8) } else { writer.null() }
            writer.member("ended_at", entry.endedAt.map { CalendarText.text(instant: $0) })
            writer.key("detail")
            if let detail = entry.detail { writer.raw(detail.utf8) } else { writer.null() }
            writer.endObject()
        }
        writer.endArray()
        writer.member("next_cursor", page.nextCursor)
        writer.endObject()
        return .json(writer)
    }

    private static func backup(_ call: Call) throws -> Response {
        let body = try call.object(members: ["destination"])
        guard let destination = body["destination"]?.text, !destination.isEmpty else {
            throw Problem.parameter("destination", "an absolute path on the server's machine is wanted")
        }
        let summary = try call.engine.backup(to: destination)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("destination", destination)
        writer.member("files", summary.fileCount)
        writer.member("bytes", Int(summary.byteCount))
        writer.member("files_copied", summary.copiedFileCount)
        writer.member("bytes_copied", Int(summary.copiedByteCount))
        writer.member("elapsed_ms", Int(summary.elapsedNanoseconds / 1_000_000))
        writer.endObject()
        return .json(writer)
    }

    private static func compact(_ call: Call) throws -> Response {
        var before: Int32?
        if !call.request.body.isEmpty {
            let body = try call.object(members: ["before"])
            if let value = body["before"], value != .null {
                guard let day = value.text.flatMap(CalendarText.day) else { throw Problem.parameter("before", "a date like 2026-11-20 is wanted") }
                let tomorrow = Int32(CalendarText.now / 86_400_000_000) + 1
                guard day <= tomorrow else { throw Problem.parameter("before", "tomorrow is the latest", code: "out-of-range") }
                before = day
            }
        }
        let summary = try call.engine.compact(before: before)
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("files_moved", summary.filesMoved)
        writer.member("rows_moved", summary.rowsMoved)
        writer.member("files_left", summary.filesLeft)
        writer.member("files_merged", summary.filesMerged)
        writer.endObject()
        call.exchange.auditDetail = String(decoding: writer.bytes, as: UTF8.self)
        return .json(writer)
    }
}
