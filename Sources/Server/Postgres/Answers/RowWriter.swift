internal import ColumnStore
internal import Query

/// Rows of an answer in the form that they leave in: DataRow, or the rows of a COPY.
struct RowWriter {
    enum Form {
        case rows([WireFormat])
        case copy(CopyRows, [WireFormat])

        var formats: [WireFormat] {
            switch self {
            case .rows(let formats), .copy(_, let formats): formats
            }
        }
    }

    /// A message's length is an Int32: a row of more is refused before it is written.
    private static let rowByteCountMax = 1 << 30

    let form: Form
    /// The answer's columns, as they were described.
    let columns: [WireField]
    let zone: TimeZoneRules

    /// Writes rows `range` of `batch` in order, and sends them piece by piece.
    func write(_ batch: ColumnBatch, _ range: Range<Int>, to output: AnswerOutput) throws {
        let part = range.count == batch.rowCount ? batch : batch.slice(range)
        let byteCount = max(1, part.flatByteCountBound)
        let step = max(1, min(part.rowCount, part.rowCount.multipliedSaturating(by: 8 * AnswerOutput.fullByteCount) / byteCount))
        let isWide = byteCount / max(1, part.rowCount) > AnswerOutput.fullByteCount
        let formats = form.formats
        let cells = part.columns.indices.map { CellEncoder(part.columns[$0], formats[$0], zone: zone, as: PostgresColumnType(columns[$0].type)) }
        var row = 0
        while row < part.rowCount {
            let end = min(part.rowCount, row + (isWide ? 1 : step))
            if isWide {
                let most = EncodedSize.most(part.slice(row..<end))
                guard most <= Self.rowByteCountMax else { throw PostgresFault(.programLimitExceeded, "a row of more than \(Self.rowByteCountMax >> 20) MiB") }
                try output.hold(piece: most)
            }
            while row < end {
                output.withWriter { writer in
                    while row < end, writer.bytes.count < AnswerOutput.fullByteCount {
                        write(row, cells, to: &writer)
                        row += 1
                    }
                }
                if output.byteCount >= AnswerOutput.fullByteCount { try output.flush() }
            }
        }
        try output.hold(piece: 0)
    }

    private func write(_ row: Int, _ cells: [CellEncoder], to output: inout BackendWriter) {
        switch form {
        case .rows: output.row(cells.count) { Self.append(row, cells, to: &$0) }
        case .copy(let rows, _):
            let values = cells.map { cell -> [UInt8]? in
                guard !cell.isNull(row) else { return nil }
                var value: [UInt8] = []
                cell.append(row, to: &value)
                return value
            }
            output.write(.copyData(rows.taken() + rows.writer.row(values)))
        }
    }

    private static func append(_ row: Int, _ cells: [CellEncoder], to output: inout BackendWriter) {
        for cell in cells {
            if cell.isNull(row) { output.null() } else { output.value { cell.append(row, to: &$0) } }
        }
    }
}

/// A copy on its way. What stands before the first row of a binary one goes out with it, or with the end where there is none: clients look for it there.
final class CopyRows {
    let writer: CopyWriter
    private var prefix: [UInt8] = []

    init(_ writer: CopyWriter, head: [UInt8]?, isBinary: Bool, to output: AnswerOutput) throws {
        self.writer = writer
        guard let head else { return }
        if isBinary { prefix = head } else { try output.write(.copyData(head)) }
    }

    func taken() -> [UInt8] {
        defer { prefix = [] }
        return prefix
    }

    func end(to output: AnswerOutput) throws { if let tail = writer.tail { try output.write(.copyData(taken() + tail)) } }
}
