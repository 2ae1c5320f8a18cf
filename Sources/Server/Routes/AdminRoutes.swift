internal import Ingest

/// Work on the whole store.
enum AdminRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/admin/compact", access: .admin, place: .control, body: .small,
            operation: Operation(
                "compact", "Moves hot files of UTC days before a day to cold now, and answers when done.",
                body: [.json(#"{"type":"object","additionalProperties":false,"properties":{"before":{"type":["string","null"],"format":"date"}}}"#)],
                answers: [.init(200, "What was done.", [.reference("Compaction")])], problems: [.diskFull]),
            handle: compact)
    ]

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
        return .json(writer)
    }
}
