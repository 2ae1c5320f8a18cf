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

    static let ofAnswers: Set<String> = ["warning", "progress"]

    /// What its text takes at most.
    var byteCountMax: Int {
        let (definition, text) = (rollup.definition, ListPage.byteCountMax)
        let texts = (definition.keys + definition.measures).reduce(0) { $0 + text($1.name) + text($1.text) }
        return 1_024 + text(definition.name) + text(definition.table) + text(definition.condition) + text(definition.list) + text(warning) + texts
            + ProgressBody(progress: rollup.progress).byteCountMax
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
            sink.member("files_left_out", progress.faults.count, MemberFacts("For good: `uncovered` says why. Their rows are read."))
            sink.member("rows", progress.rowCount, MemberFacts("Of the sums."))
            sink.member("bytes", progress.byteCount, MemberFacts("Of the files of sums."))
            sink.member("uncovered", uncovered)
        }

        private var uncovered: [UncoveredBody] {
            let faults = progress.faults.prefix(Self.shownCountMax).map { UncoveredBody(file: $0.file, reason: $0.reason) }
            let waiting = progress.waiting.prefix(Self.shownCountMax - faults.count).map { UncoveredBody(file: $0, reason: "its sums are still to be made") }
            return faults + waiting
        }

        var byteCountMax: Int { uncovered.reduce(512) { $0 + 32 + ListPage.byteCountMax($1.file) + ListPage.byteCountMax($1.reason) } }
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

/// Rollups that are advised.
struct AdviceListBody: JSONObject {
    let advice: [RollupAdvice]

    static var schemaName: String? { "AdviceList" }
    static var example: AdviceListBody { AdviceListBody(advice: []) }

    func members(to sink: inout some MemberSink) { sink.member("advice", advice.map { AdviceBody(advice: $0) }) }
}

/// A rollup that would spare queries their rows, with what speaks for it.
struct AdviceBody: JSONObject {
    let advice: RollupAdvice
    /// Of one rollup: more statements are counted only.
    private static let shownCountMax = 20

    static var schemaName: String? { "Advice" }
    static var example: AdviceBody {
        AdviceBody(
            advice: RollupAdvice(
                definition: RollupDefinition(name: "", table: "", condition: nil, list: nil, keys: [], measures: []), rowCount: 0, byteCount: 0,
                cost: StatementCost(milliseconds: 0, rows: 0, bytes: 0), statements: []))
    }

    func members(to sink: inout some MemberSink) {
        let expected = advice.rowCount
        sink.member("rollup", Verbatim<AnyObjectForm>(advice.definition.json.serialized), MemberFacts("As it can be put."))
        sink.member("rows", expected, MemberFacts("Of its sums, as a sample of rows and the table's days have it."))
        sink.member("bytes", advice.byteCount, MemberFacts("Of them on the disk, about."))
        sink.member("gain", Int64(exactly: advice.gain.rounded()) ?? .max, MemberFacts("How many times fewer rows a query reads."))
        sink.member("queries", advice.cost.count, MemberFacts("That were asked, and that it answers."))
        sink.member("elapsed_ms", advice.cost.milliseconds, MemberFacts("Of them together, as measured."))
        sink.member("rows_scanned", advice.cost.rows)
        sink.member("bytes_read", advice.cost.bytes)
        sink.member("statements", advice.statements.prefix(Self.shownCountMax).map { StatementBody(statement: $0) }, MemberFacts("With ? for each constant, the most expensive first."))
    }

    private struct StatementBody: JSONObject {
        let statement: RollupAdvice.Statement
        static var example: StatementBody { StatementBody(statement: RollupAdvice.Statement(form: "", cost: StatementCost(milliseconds: 0, rows: 0, bytes: 0))) }

        func members(to sink: inout some MemberSink) {
            sink.member("statement", statement.form)
            sink.member("queries", statement.cost.count)
            sink.member("elapsed_ms", statement.cost.milliseconds)
            sink.member("rows_scanned", statement.cost.rows)
            sink.member("bytes_read", statement.cost.bytes)
        }
    }
}
