internal import ColumnStore
internal import Ingest

/// A view as it was put, with its columns.
struct ViewBody: ListItem, JSONObject {
    static let members: Set<String> = ["name", "query", "description"]
    static let ofAnswers: Set<String> = ["columns", "reads", "put_at", "fault"]

    let view: SavedView
    /// Why the caller cannot read it at present; nil: they can.
    var fault: String?

    static var schemaName: String? { "View" }
    static var listName: StaticString { "views" }
    static var listSchemaName: String { "ViewList" }
    static var example: ViewBody { ViewBody(view: SavedView(name: "", query: "", description: nil, columns: [], reads: [])) }
    private static let added = MemberFacts("Of answers alone.", isRequired: false)

    private struct ColumnBody: JSONObject {
        let column: SavedView.ViewColumn
        static var example: ColumnBody { ColumnBody(column: .init(name: "", type: "")) }

        func members(to sink: inout some MemberSink) {
            sink.member("name", column.name)
            sink.member("type", column.type)
        }
    }

    /// What its text takes at most, but for the fault's, which is short.
    var byteCountMax: Int {
        let text = ListPage.byteCountMax
        let columns = view.columns.reduce(0) { $0 + 32 + text($1.name) + text($1.type) }
        return 1_024 + text(view.name) + text(view.query) + text(view.description) + columns + view.reads.reduce(0) { $0 + text($1) }
    }

    func members(to sink: inout some MemberSink) {
        sink.member("name", view.name, MemberFacts("The path's. One namespace with tables.", keywords: #""pattern":"^[a-z][a-z0-9_]{0,62}$""#, isRequired: false))
        sink.member("query", view.query, MemberFacts("A SELECT over tables and views, without parameters."))
        sink.member("description", view.description, MemberFacts(isRequired: false))
        sink.member("columns", view.columns.map { ColumnBody(column: $0) }, Self.added)
        sink.member("reads", view.reads, MemberFacts("Of answers alone: the tables and views that it names.", isRequired: false))
        sink.member("put_at", InstantForm(view.putAt), Self.added)
        sink.member("fault", fault, MemberFacts("Of answers alone: why the caller cannot read it at present; null where nothing is wrong.", isRequired: false))
    }
}
