package import ColumnStore

/// A table for people: a frame of lines, numbers to the right, NULL spelled out. Rows past `rowCountMax` are counted, not shown.
///
/// Widths are known only with the last row, so that all is written at the end: rows that are shown wait in memory, which
/// `rowCountMax` and `cellWidthMax` bound.
package struct TableEncoder: ResultEncoder {
    private let columns: [ResultColumn]
    private let rowCountMax: Int
    /// Characters, Unicode scalars; a longer text ends with `…`.
    private let cellWidthMax: Int
    /// Of the rows that are shown, their cells as text.
    private var rows: [[[UInt8]]] = []
    private var rowCount = 0

    package var cancellation: Cancellation?

    /// - Parameter cellWidthMax: at least 1, with the `…`.
    package init(columns: [ResultColumn], rowCountMax: Int = 1_000, cellWidthMax: Int = 60) {
        self.columns = columns
        self.rowCountMax = rowCountMax
        self.cellWidthMax = cellWidthMax
    }

    /// Nothing: the frame's head needs the widths.
    package mutating func begin(into buffer: inout [UInt8]) {}

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws(QueryError) {
        rowCount += batch.rowCount
        let wanted = min(batch.rowCount, rowCountMax - rows.count)
        let cells = batch.columns.map { CellWriter($0, endingWith: cancellation) }
        for row in 0..<max(0, wanted) {
            rows.append(
                cells.map { cell in
                    var text: [UInt8] = []
                    if cell.isNull(row) { text = Array("NULL".utf8) } else { cell.appendPlain(row, to: &text) }
                    return shown(text)
                })
        }
        try cancellation?.check()
    }

    /// Control characters blanked, long texts cut.
    /// A tab or a line's end becomes one blank, so that a cell has one line.
    private func shown(_ text: [UInt8]) -> [UInt8] {
        let plain = text.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
        guard TextKernels.scalarCount(plain[...]) > cellWidthMax else { return plain }
        return Array(plain[..<TextKernels.byteCount(plain[...], scalars: cellWidthMax - 1)]) + Array("…".utf8)
    }

    /// The frame, then a line with the number of rows. Without columns that line stands alone. A width is a number of scalars:
    /// wide characters, and marks that combine, put a frame out of line.
    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) {
        let names = columns.map { shown(Array($0.name.utf8)) }
        var widths = names.map { TextKernels.scalarCount($0[...]) }
        for row in rows { for index in row.indices { widths[index] = max(widths[index], TextKernels.scalarCount(row[index][...])) } }
        func rule(_ left: String, _ middle: String, _ right: String) {
            let lines = widths.map { String(repeating: "─", count: $0 + 2) }
            buffer.append(contentsOf: (left + lines.joined(separator: middle) + right + "\n").utf8)
        }
        func line(_ cells: [[UInt8]], alignsNumbers: Bool) {
            for index in cells.indices {
                buffer.append(contentsOf: "│ ".utf8)
                let padding = [UInt8](repeating: 0x20, count: widths[index] - TextKernels.scalarCount(cells[index][...]))
                let isRight = alignsNumbers && Self.isNumber(columns[index].type)
                if isRight { buffer.append(contentsOf: padding) }
                buffer.append(contentsOf: cells[index])
                if !isRight { buffer.append(contentsOf: padding) }
                buffer.append(0x20)
            }
            buffer.append(contentsOf: "│\n".utf8)
        }
        if !columns.isEmpty {
            rule("┌", "┬", "┐")
            line(names, alignsNumbers: false)
            rule("├", "┼", "┤")
            for row in rows { line(row, alignsNumbers: true) }
            rule("└", "┴", "┘")
        }
        let hidden = rowCount > rows.count ? ", \(rows.count) shown" : ""
        buffer.append(contentsOf: "\(rowCount) row\(rowCount == 1 ? "" : "s")\(hidden) in \(statistics.elapsedMilliseconds) ms\n".utf8)
    }

    /// Columns that stand to the right.
    private static func isNumber(_ type: ColumnType) -> Bool {
        switch type {
        case .int32, .int64, .double, .decimal: true
        default: false
        }
    }
}
