internal import CXlsxWriter

/// The formats of one workbook, each made when first used. They belong to the workbook and go with it.
struct WorkbookFormats {
    /// `WorkbookFile` has it, and frees it with these.
    private let workbook: UnsafeMutablePointer<lxw_workbook>
    private var made: [WorkbookCells.Form: UnsafeMutablePointer<lxw_format>] = [:]
    let header: UnsafeMutablePointer<lxw_format>?
    /// Text stays text when a person edits the cell.
    let text: UnsafeMutablePointer<lxw_format>?

    init(_ workbook: UnsafeMutablePointer<lxw_workbook>) {
        self.workbook = workbook
        header = workbook_add_format(workbook)
        if let header { format_set_bold(header) }
        text = workbook_add_format(workbook)
        if let text { format_set_num_format(text, "@") }
    }

    /// Nil for the general form, and where there is no memory: the cell is then shown as a plain number.
    mutating func format(_ form: WorkbookCells.Form) -> UnsafeMutablePointer<lxw_format>? {
        if form == .general { return nil }
        if let known = made[form] { return known }
        guard let format = workbook_add_format(workbook) else { return nil }
        format_set_num_format(format, Self.pattern(form))
        made[form] = format
        return format
    }

    /// In Excel's own notation (ECMA-376, 18.8.31, `numFmts`).
    private static func pattern(_ form: WorkbookCells.Form) -> String {
        switch form {
        case .general: "General"
        case .integer: "0"
        // Excel shows at most 30 places.
        case .decimal(let scale): "0." + String(repeating: "0", count: min(max(scale, 1), 30))
        case .date: "yyyy-mm-dd"
        case .time: "hh:mm:ss"
        case .timeWithFraction: "hh:mm:ss.000"
        case .moment: "yyyy-mm-dd hh:mm:ss"
        case .momentWithFraction: "yyyy-mm-dd hh:mm:ss.000"
        }
    }
}
