internal import ColumnStore
internal import Documents
internal import Ingest

extension JSONObject {
    /// Texts by their names.
    fileprivate static func object(of members: [(name: String, value: String)]) -> Verbatim<AnyObjectForm> {
        var json = JSONWriter()
        json.beginObject()
        for member in members {
            json.key(member.name)
            json.string(member.value)
        }
        json.endObject()
        return Verbatim(json.bytes)
    }
}

/// A type, with its file.
struct TypeRow: JSONObject {
    let type: TypeDescription

    static var schemaName: String? { nil }
    static var example: TypeRow { TypeRow(type: TypeDescription(name: "", version: 1, table: "", format: "", json: Array("{}".utf8))) }

    func members(to sink: inout some MemberSink) {
        sink.member("name", type.name, MemberFacts("The document type."))
        sink.member("version", type.version, MemberFacts("In force."))
        sink.member("table", type.table, MemberFacts("Where its documents' rows are."))
        sink.member("format", type.format, MemberFacts("What its documents are written in."))
        sink.member("definition", Verbatim<AnyObjectForm>(type.json), MemberFacts("The type file."))
    }
}

/// A file with rows in it.
struct FileRow: JSONObject {
    let file: StoredFile

    static var schemaName: String? { nil }
    static var example: FileRow {
        FileRow(file: StoredFile(tier: .hot, table: nil, path: "", byteCount: 0, rowCount: 0, firstDay: nil, lastDay: nil, bounds: Array("{}".utf8)))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("tier", WordForm(file.tier), MemberFacts("Hot or cold."))
        sink.member("table", file.table, MemberFacts("Whose rows it has; null for a hot file, which has those of all tables."))
        sink.member("path", file.path, MemberFacts("Where it lies."))
        sink.member("bytes", file.byteCount, MemberFacts("Its size."))
        sink.member("rows", file.rowCount, MemberFacts("How many it has."))
        sink.member("first_day", file.firstDay.map { DayForm($0) }, MemberFacts("The earliest business_day in it."))
        sink.member("last_day", file.lastDay.map { DayForm($0) }, MemberFacts("The latest business_day in it."))
        sink.member("bounds", Verbatim<AnyObjectForm>(file.bounds), MemberFacts("The least and the greatest value of columns, by which queries leave it out."))
    }
}

/// A state of a cold table.
struct SnapshotRow: JSONObject {
    let snapshot: StoredSnapshot

    static var schemaName: String? { nil }
    static var example: SnapshotRow {
        SnapshotRow(snapshot: StoredSnapshot(table: "", id: 0, parentID: nil, sequenceNumber: 0, committedAt: 0, operation: nil, summary: []))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("table", snapshot.table, MemberFacts("The table, as Iceberg's readers know it."))
        sink.member("snapshot_id", snapshot.id, MemberFacts("By which readers ask for it."))
        sink.member("parent_id", snapshot.parentID, MemberFacts("The snapshot before; null for the first."))
        sink.member("sequence_number", snapshot.sequenceNumber, MemberFacts("Its place in the order of commits to the table."))
        sink.member("committed_at", InstantForm(snapshot.committedAt), MemberFacts("When it was committed."))
        sink.member("operation", snapshot.operation, MemberFacts("What was done: append, replace, overwrite or delete."))
        sink.member("summary", Self.object(of: snapshot.summary.map { ($0.name, $0.value) }), MemberFacts("What Iceberg keeps of it: counts of files and rows."))
    }
}

/// A compaction that is over.
struct CompactionRow: JSONObject {
    let record: CompactionRecord

    static var schemaName: String? { nil }
    static var example: CompactionRow { CompactionRow(record: CompactionRecord(startedAt: 0, endedAt: 0, isRequested: false, summary: nil, failure: nil)) }

    func members(to sink: inout some MemberSink) {
        sink.member("started_at", InstantForm(record.startedAt), MemberFacts("When it began."))
        sink.member("ended_at", InstantForm(record.endedAt), MemberFacts("When it ended."))
        sink.member("requested", record.isRequested, MemberFacts("Whether somebody asked for it; else its time had come."))
        sink.member("files_moved", record.summary?.filesMoved, MemberFacts("Hot files that became cold ones."))
        sink.member("rows_moved", record.summary?.rowsMoved, MemberFacts("Rows of those files."))
        sink.member("files_left", record.summary?.filesLeft, MemberFacts("Hot files that stayed, since something was in their way."))
        sink.member("files_merged", record.summary?.filesMerged, MemberFacts("Cold files that became larger ones."))
        sink.member("failure", record.failure, MemberFacts("Why it failed; null where it did not."))
    }
}

/// A figure of the store.
struct MetricRow: JSONObject {
    let metric: Metric

    static var schemaName: String? { nil }
    static var example: MetricRow { MetricRow(metric: Metric(name: "", help: "", kind: .counter, value: 0)) }

    private struct Number: BodyForm {
        let value: Double
        static var schema: SchemaText { SchemaText("number") }
        // JSON has no other numbers.
        func write(to writer: inout JSONWriter) { writer.raw((value.isFinite ? "\(value)" : "null").utf8) }
    }

    func members(to sink: inout some MemberSink) {
        sink.member("name", "till_" + metric.name, MemberFacts("As /metrics has it."))
        sink.member("kind", metric.kind.rawValue, MemberFacts("Whether it only grows, or rises and falls, or counts by bounds."))
        sink.member("labels", Self.object(of: metric.labels.map { ($0.name, $0.value) }), MemberFacts("What tells it from others of its name."))
        sink.member("value", Number(value: metric.value), MemberFacts("Now."))
        sink.member("help", metric.help, MemberFacts("What it counts."))
    }
}
