internal import Query

/// The table of formats: the forms that an answer to SQL has, over HTTP, in files of exports and at the command line. A new one is its encoder in
/// `Query/Results`, its case here, and its word in `ExportFormat` where exports are to have it.
enum SQLForm: String, CaseIterable, Sendable {
    case page = "application/json"
    case lines = "application/x-ndjson"
    case csv = "text/csv"
    case parquet = "application/vnd.apache.parquet"
    case arrow = "application/vnd.apache.arrow.stream"

    /// Those that hold a whole answer, as it comes.
    static let streamed = allCases.filter { $0 != .page }

    /// What exports and commands call it, and how its files end.
    var name: String {
        switch self {
        case .page: "json"
        case .lines: "ndjson"
        case .csv: "csv"
        case .parquet: "parquet"
        case .arrow: "arrow"
        }
    }

    init?(name: String) {
        guard let form = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = form
    }

    /// Bytes that no text coding is laid over, and no terminal shows.
    var isBinary: Bool { self == .parquet || self == .arrow }

    var contentType: String { self == .csv ? "text/csv; charset=utf-8; header=present" : rawValue }

    /// - Throws: `unsupported-sql` for an answer that the form has no room for.
    func encoder(_ columns: [ResultColumn], compression: ArrowCompression? = nil) throws -> any ResultEncoder {
        switch self {
        case .page, .lines: JSONObjectEncoder(columns: columns)
        case .csv: CSVEncoder(columns: columns)
        case .parquet: try ParquetEncoder(columns: columns)
        case .arrow: try ArrowEncoder(columns: columns, compression: compression)
        }
    }
}
