internal import Query

/// What an export can be: a workbook, or a form of `SQLForm` that exports have. Its word is the form's name.
enum ExportFormat: RawRepresentable, CaseIterable, Hashable, Sendable {
    case workbook
    case answer(SQLForm)

    static let allCases: [ExportFormat] = [.workbook] + SQLForm.exported.map(Self.answer)
    private static let workbookWord = "xlsx"

    /// Nil for a word that no format has.
    init?(rawValue: String) {
        guard let format = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = format
    }

    var rawValue: String { form?.name ?? Self.workbookWord }

    /// The form that an answer streams in; nil for a workbook, which is made as a whole.
    var form: SQLForm? {
        switch self {
        case .workbook: nil
        case .answer(let form): form
        }
    }

    var contentType: String { form?.contentType ?? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }

    /// - Throws: `unsupported-sql` for an answer that the format has no room for.
    func check(_ columns: [ResultColumn]) throws {
        if let form { _ = try form.encoder(columns) } else { try WorkbookFile.check(columns) }
    }

    /// As a sentence lists them.
    static var words: String { allCases.dropLast().map(\.rawValue).joined(separator: ", ") + " or " + (allCases.last?.rawValue ?? "") }
}
