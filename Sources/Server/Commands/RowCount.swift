/// How many rows an answer has, counted as its bytes pass. Forms that are no text do not say.
struct RowCount {
    private let form: SQLForm
    private var lineCount = 0
    /// Within a field of CSV, which may have line breaks.
    private var isQuoted = false

    init(_ form: SQLForm) { self.form = form }

    mutating func take(_ bytes: ArraySlice<UInt8>) {
        switch form {
        case .lines: lineCount += bytes.count { $0 == 0x0A }
        case .csv:
            for byte in bytes {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if byte == 0x0A, !isQuoted { lineCount += 1 }
            }
        case .page, .parquet, .arrow: break
        }
    }

    /// Nil where nothing tells.
    var rows: Int? {
        switch form {
        case .lines: lineCount
        // The first line has the names of columns.
        case .csv: max(0, lineCount - 1)
        case .page, .parquet, .arrow: nil
        }
    }
}
