internal import ColumnStore
internal import Documents
internal import Ingest

/// An export as its owner sees it.
struct ExportBody: ListItem, JSONObject {
    let export: Export
    /// Of one that runs.
    var progress: (rowCount: Int64, fraction: Double)?
    /// Where the file is, while it is there.
    var url: String?

    static var schemaName: String? { "Export" }
    static var listName: StaticString { "exports" }
    static var listSchemaName: String { "ExportList" }
    static var example: ExportBody {
        ExportBody(export: Export(id: "", owner: .administrator, name: "", format: "", request: [], createdAt: 0, expiresIn: 0))
    }

    func members(to sink: inout some MemberSink) {
        sink.member("export_id", export.id)
        sink.member("name", export.name)
        sink.member("format", WordForm(ExportFormat(rawValue: export.format) ?? .answer(.csv)))
        sink.member("state", WordForm(state))
        sink.member("rows", progress?.rowCount ?? export.rowCount)
        sink.member("bytes", export.byteCount)
        sink.member("progress", FractionForm(state == .running ? progress?.fraction ?? 0 : 1), MemberFacts("From 0 to 1: the share of sheets that are written."))
        sink.member("sha256", export.sha256, MemberFacts("Of the file, in hexadecimal digits."))
        sink.member("url", url, MemberFacts("Good without a credential until `expires_at`. Whoever has it has the file."))
        sink.member("created_at", InstantForm(export.createdAt))
        sink.member("expires_at", export.expiresAt.map { InstantForm($0) })
        sink.member("problem", export.problem.map { Verbatim<ProblemBody>($0) })
    }

    /// One whose time is over is expired, whether its file is gone yet or not.
    private var state: Export.State {
        export.state == .done && CalendarText.now >= export.expiresAt ?? .max ? .expired : export.state
    }
}

/// What was accepted.
struct AcceptedExportBody: JSONObject {
    let id: String
    static var schemaName: String? { "AcceptedExport" }
    static var example: AcceptedExportBody { AcceptedExportBody(id: "") }

    func members(to sink: inout some MemberSink) {
        sink.member("export_id", id)
        sink.member("state", WordForm(Export.State.running))
    }
}

/// A share: a number from 0 to 1.
struct FractionForm: BodyForm {
    let fraction: Double
    init(_ fraction: Double) { self.fraction = fraction }
    static var schema: SchemaText { SchemaText("number", keywords: [("minimum", "0"), ("maximum", "1")]) }
    func write(to writer: inout JSONWriter) { writer.raw("\(min(max(fraction, 0), 1))".utf8) }
}
