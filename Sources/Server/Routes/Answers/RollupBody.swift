internal import ColumnStore
internal import Ingest
internal import Query

/// A rollup as it was declared, and how far its sums are made.
struct RollupBody: ListItem, JSONObject {
    let rollup: RollupDescription
    /// Of the answer to who declared it.
    var warning: String?

    static var schemaName: String? { "Rollup" }
    static var listName: StaticString { "rollups" }
    static var listSchemaName: String { "RollupList" }
    static var example: RollupBody {
        RollupBody(rollup: RollupDescription(definition: RollupDefinition(name: "", table: "", condition: nil, list: nil, keys: [], measures: []), progress: RollupProgress()))
    }

    func members(to sink: inout some MemberSink) {
        let definition = rollup.definition
        sink.member("name", definition.name, MemberFacts("The path's. One namespace with tables.", keywords: #""pattern":"^[a-z][a-z0-9_]{0,62}$""#))
        sink.member("table", definition.table, MemberFacts("A ledger."))
        sink.member("where", definition.condition, MemberFacts("SQL; null: all rows.", isRequired: false))
        sink.member("unnest", definition.list, MemberFacts("A list whose elements are summed.", isRequired: false))
        sink.member("group_by", TextsForm(texts: definition.keys.map { ($0.name, $0.text) }), MemberFacts("Names and expressions of the table's columns."))
        sink.member("measures", TextsForm(texts: definition.measures.map { ($0.name, $0.text) }), MemberFacts("Names and aggregates."))
        sink.optional("warning", warning, MemberFacts("Of the answer to a PUT: keys nearly as distinct as the rows, with the size to expect."))
        sink.optional("progress", Optional(ProgressBody(progress: rollup.progress)), MemberFacts("Of answers alone."))
    }

    private struct TextsForm: BodyForm {
        let texts: [(name: String, text: String)]
        static var schema: SchemaText { SchemaText("object", keywords: [("additionalProperties", #"{"type":"string"}"#)]) }

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            for (name, text) in texts {
                writer.key(name)
                writer.string(text)
            }
            writer.endObject()
        }
    }

    private struct ProgressBody: JSONObject {
        let progress: RollupProgress
        /// More are counted only.
        private static let shownCountMax = 1_000

        init(progress: RollupProgress) { self.progress = progress }

        static var example: ProgressBody { ProgressBody(progress: RollupProgress()) }

        func members(to sink: inout some MemberSink) {
            sink.member("state", progress.isReady ? "ready" : "filling", MemberFacts(keywords: #""enum":["filling","ready"]"#))
            sink.member("files", progress.fileCount)
            sink.member("files_covered", progress.coveredCount)
            let waiting = progress.waiting.map { UncoveredBody(file: $0, reason: "its sums are still to be made") }
            let faults = progress.faults.map { UncoveredBody(file: $0.file, reason: $0.reason) }
            sink.member("uncovered", Array((faults + waiting).prefix(Self.shownCountMax)))
        }
    }

    private struct UncoveredBody: JSONObject {
        let file: String
        let reason: String
        static var example: UncoveredBody { UncoveredBody(file: "", reason: "") }

        func members(to sink: inout some MemberSink) {
            sink.member("file", file)
            sink.member("reason", reason)
        }
    }
}
