internal import Query

/// The table of formats: what an export can be.
///
/// Arrow's IPC file joins them with the Flight door, whose encoder it shares: one encoder in `Query/Results`, and its line here.
enum ExportFormat: String, CaseIterable, Sendable {
    case xlsx, parquet, csv, ndjson

    var contentType: String {
        switch self {
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .parquet: SQLForm.parquet.contentType
        case .csv: SQLForm.csv.contentType
        case .ndjson: SQLForm.lines.contentType
        }
    }

    /// - Throws: `unsupported-sql` for an answer that the format has no room for.
    func check(_ columns: [ResultColumn]) throws {
        switch self {
        case .xlsx: try WorkbookFile.check(columns)
        case .parquet: _ = try ParquetEncoder(columns: columns)
        case .csv, .ndjson: break
        }
    }

    /// The form that an answer streams in; nil for a workbook, which is made as a whole.
    var form: SQLForm? {
        switch self {
        case .xlsx: nil
        case .parquet: .parquet
        case .csv: .csv
        case .ndjson: .lines
        }
    }
}
