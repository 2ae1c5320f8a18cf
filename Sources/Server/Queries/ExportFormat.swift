internal import Query

/// The table of formats: what an export can be.
enum ExportFormat: String, CaseIterable, Sendable {
    case xlsx, parquet, arrow, csv, ndjson

    var contentType: String {
        switch self {
        case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        case .parquet: SQLForm.parquet.contentType
        case .arrow: SQLForm.arrow.contentType
        case .csv: SQLForm.csv.contentType
        case .ndjson: SQLForm.lines.contentType
        }
    }

    /// - Throws: `unsupported-sql` for an answer that the format has no room for.
    func check(_ columns: [ResultColumn]) throws {
        switch self {
        case .xlsx: try WorkbookFile.check(columns)
        case .parquet: _ = try ParquetEncoder(columns: columns)
        case .arrow, .csv, .ndjson: break
        }
    }

    /// The form that an answer streams in; nil for a workbook, which is made as a whole.
    var form: SQLForm? {
        switch self {
        case .xlsx: nil
        case .parquet: .parquet
        case .arrow: .arrow
        case .csv: .csv
        case .ndjson: .lines
        }
    }
}
