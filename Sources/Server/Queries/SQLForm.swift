internal import Query

/// The table of formats: the forms that an answer to SQL has, over HTTP, in files of exports and at the command line. A new one is its encoder in
/// `Query/Results`, its case here, and its line in `facts`: routes, the description of the API, exports and commands are made of those.
enum SQLForm: String, CaseIterable, Sendable {
    /// One JSON object with rows and a cursor.
    case page = "application/json"
    /// A JSON object a line.
    case lines = "application/x-ndjson"
    case csv = "text/csv"
    case parquet = "application/vnd.apache.parquet"
    case arrow = "application/vnd.apache.arrow.stream"

    /// What there is to know of one.
    private struct Facts {
        var name: String
        /// Where the media type alone does not say it all.
        var contentType: String?
        /// Bytes that no text coding is laid over, and no terminal shows.
        var isBinary = false
        /// How its rows stand in its bytes, where those tell how many there are.
        var rowLines: RowLines?
        /// At which place exports offer it; nil where they do not have it.
        var placeInExports: Int?
        /// Throws `unsupported-sql` for an answer that the form has no room for.
        var encoder: ([ResultColumn], ArrowCompression?) throws -> any ResultEncoder
    }

    private var facts: Facts {
        switch self {
        case .page: Facts(name: "json") { columns, _ in JSONObjectEncoder(columns: columns) }
        case .lines: Facts(name: "ndjson", rowLines: .each, placeInExports: 4) { columns, _ in JSONObjectEncoder(columns: columns) }
        case .csv: Facts(name: "csv", contentType: "text/csv; charset=utf-8; header=present", rowLines: .behindNames, placeInExports: 3) { columns, _ in CSVEncoder(columns: columns) }
        case .parquet: Facts(name: "parquet", isBinary: true, placeInExports: 1) { columns, _ in try ParquetEncoder(columns: columns) }
        case .arrow: Facts(name: "arrow", isBinary: true, placeInExports: 2) { columns, compression in try ArrowEncoder(columns: columns, compression: compression) }
        }
    }

    /// How rows stand in a text.
    enum RowLines {
        /// A row a line.
        case each
        /// A row a line behind one with the columns' names; line breaks between quotes end none.
        case behindNames
    }

    /// Those that hold a whole answer, as it comes.
    static let streamed = allCases.filter { $0 != .page }
    /// Those that exports have, in the order in which they offer them.
    static let exported = allCases.filter { $0.facts.placeInExports != nil }.sorted { ($0.facts.placeInExports ?? 0) < ($1.facts.placeInExports ?? 0) }

    init?(name: String) {
        guard let form = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = form
    }

    /// What exports and commands call it, and how its files end.
    var name: String { facts.name }
    var isBinary: Bool { facts.isBinary }
    /// Nil where bytes alone do not tell how many rows there are.
    var rowLines: RowLines? { facts.rowLines }
    var contentType: String { facts.contentType ?? rawValue }

    /// - Throws: `unsupported-sql` for an answer that the form has no room for.
    func encoder(_ columns: [ResultColumn], compression: ArrowCompression? = nil) throws -> any ResultEncoder { try facts.encoder(columns, compression) }
}
