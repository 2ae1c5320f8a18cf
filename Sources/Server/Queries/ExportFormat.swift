internal import Query

/// What an export can be: a workbook, or a form of `SQLForm` by its name.
enum ExportFormat: String, CaseIterable, Sendable {
    case xlsx, parquet, arrow, csv, ndjson

    /// The form that an answer streams in; nil for a workbook, which is made as a whole.
    var form: SQLForm? { SQLForm(name: rawValue) }

    var contentType: String { form?.contentType ?? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }

    /// - Throws: `unsupported-sql` for an answer that the format has no room for.
    func check(_ columns: [ResultColumn]) throws {
        if let form { _ = try form.encoder(columns) } else { try WorkbookFile.check(columns) }
    }

    /// As a sentence lists them.
    static var words: String { allCases.dropLast().map(\.rawValue).joined(separator: ", ") + " or " + (allCases.last?.rawValue ?? "") }
}
