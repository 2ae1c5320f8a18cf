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
        sink.member("name", type.name)
        sink.member("version", type.version)
        sink.member("table", type.table)
        sink.member("format", type.format)
        sink.member("definition", Verbatim<AnyObjectForm>(type.json))
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
        sink.member("tier", WordForm(file.tier))
        sink.member("table", file.table)
        sink.member("path", file.path)
        sink.member("bytes", file.byteCount)
        sink.member("rows", file.rowCount)
        sink.member("first_day", file.firstDay.map { DayForm($0) })
        sink.member("last_day", file.lastDay.map { DayForm($0) })
        sink.member("bounds", Verbatim<AnyObjectForm>(file.bounds))
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
        sink.member("table", snapshot.table)
        sink.member("snapshot_id", snapshot.id)
        sink.member("parent_id", snapshot.parentID)
        sink.member("sequence_number", snapshot.sequenceNumber)
        sink.member("committed_at", InstantForm(snapshot.committedAt))
        sink.member("operation", snapshot.operation)
        sink.member("summary", Self.object(of: snapshot.summary.map { ($0.name, $0.value) }))
    }
}

/// A compaction that is over.
struct CompactionRow: JSONObject {
    let record: CompactionRecord

    static var schemaName: String? { nil }
    static var example: CompactionRow { CompactionRow(record: CompactionRecord(startedAt: 0, endedAt: 0, isRequested: false, summary: nil, failure: nil)) }

    func members(to sink: inout some MemberSink) {
        sink.member("started_at", InstantForm(record.startedAt))
        sink.member("ended_at", InstantForm(record.endedAt))
        sink.member("requested", record.isRequested)
        sink.member("files_moved", record.summary?.filesMoved)
        sink.member("rows_moved", record.summary?.rowsMoved)
        sink.member("files_left", record.summary?.filesLeft)
        sink.member("files_merged", record.summary?.filesMerged)
        sink.member("failure", record.failure)
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
        sink.member("name", "till_" + metric.name)
        sink.member("kind", metric.kind.rawValue)
        sink.member("labels", Self.object(of: metric.labels.map { ($0.name, $0.value) }))
        sink.member("value", Number(value: metric.value))
        sink.member("help", metric.help)
    }
}
