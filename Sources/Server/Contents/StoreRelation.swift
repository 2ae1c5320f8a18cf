internal import ColumnStore
internal import Ingest
internal import Query

/// A relation of the schema `till` whose rows are answers of the API.
struct StoreRelation: Sendable {
    let name: String
    /// What is said of its rows to people.
    let comment: String
    /// Whether contracts that see their own rows alone have it, with those that are theirs.
    let isForOwn: Bool
    let columns: [RelationColumn]
    /// The rows that an asker may see.
    let pages: @Sendable (Principal, CatalogParts) -> RowPages

    /// - Parameter next: the answers of a page, beginning at a place (nil: the first), and where the next begins; nil: there is none. It asks for what may be long
    ///   before it takes it.
    init<Body: JSONObject & SendableMetatype, Place>(
        _ name: String, _ comment: String, isForOwn: Bool = false, of body: Body.Type,
        next: @escaping @Sendable (Place?, Principal, CatalogParts, PageHold) throws -> (bodies: [Body], next: Place?)
    ) {
        let columns = RelationColumn.columns(of: Body.example)
        (self.name, self.comment, self.isForOwn, self.columns) = (name, comment, isForOwn, columns)
        pages = { principal, parts in
            var place: Place?
            var isAtEnd = false
            return { hold in
                if isAtEnd { return nil }
                let page = try next(place, principal, parts, hold)
                place = page.next
                isAtEnd = page.next == nil
                return page.bodies.map { body in
                    var sink = RowSink(columns)
                    body.members(to: &sink)
                    return sink.row
                }
            }
        }
    }

    /// One whose rows are all at hand.
    init<Body: JSONObject & SendableMetatype>(_ name: String, _ comment: String, isForOwn: Bool = false, all: @escaping @Sendable (Principal, CatalogParts) throws -> [Body]) {
        self.init(name, comment, isForOwn: isForOwn, of: Body.self) { (_: Int?, principal, parts, _) in (try all(principal, parts), nil) }
    }

    /// Under this name, which nobody types, stand the rows with JSON as text.
    var rowsName: String { name + " rows" }

    var comments: RelationComments {
        RelationComments(relation: comment, columns: columns.reduce(into: [:]) { $0[$1.name] = $1.comment })
    }

    func table(as principal: Principal, _ parts: CatalogParts) -> RelationTable {
        RelationTable(columns) { [pages] in pages(principal, parts) }
    }

    /// What FROM reads: the rows with JSON as such.
    var query: String {
        let items = columns.map { column in
            let quoted = "\"" + column.name + "\""
            return column.isJSON ? "\(quoted)::jsonb AS \(quoted)" : quoted
        }
        return "SELECT \(items.joined(separator: ", ")) FROM till.\"\(rowsName)\""
    }
}
