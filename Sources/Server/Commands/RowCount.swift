/// How many rows an answer has, counted as its bytes pass. Forms that are no text do not say.
struct RowCount {
    private let lines: SQLForm.RowLines?
    private var lineCount = 0
    /// Within a field of CSV, which may have line breaks.
    private var isQuoted = false

    init(_ form: SQLForm) { lines = form.rowLines }

    mutating func take(_ bytes: ArraySlice<UInt8>) {
        switch lines {
        case .each: lineCount += bytes.count { $0 == 0x0A }
        case .behindNames:
            for byte in bytes {
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                if byte == 0x0A, !isQuoted { lineCount += 1 }
            }
        case nil: break
        }
    }

    /// Nil where nothing tells.
    var rows: Int? {
        switch lines {
        case .each: lineCount
        // The first line has the names of columns.
        case .behindNames: max(0, lineCount - 1)
        case nil: nil
        }
    }
}
