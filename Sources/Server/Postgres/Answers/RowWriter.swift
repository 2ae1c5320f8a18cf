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
    /// Beside the values of a row that stands within another.
    private static let bracketsByteCount = 64

    let form: Form
    /// The answer's columns, as they were described.
    let columns: [WireField]
    let style: AnswerStyle

    /// Writes rows `range` of `batch` in order, and sends them piece by piece.
    func write(_ batch: ColumnBatch, _ range: Range<Int>, to output: AnswerOutput) throws {
        let part = range.count == batch.rowCount ? batch : batch.slice(range)
        let formats = form.formats
        let cells = part.columns.indices.map { CellEncoder(part.columns[$0], formats[$0], style: style, as: PostgresColumnType(columns[$0].type)) }
        var widths = [Int](repeating: 0, count: part.rowCount)
        for column in part.columns { column.addWidths(to: &widths) }
        let quoting = cells.reduce(1) { max($0, $1.growth) }
        let growth = quoting.multipliedSaturating(by: growthOfForm(part.columns))
        let nulls = nullsByteCount
        if nulls > 0 { for place in widths.indices { widths[place] = widths[place].addingSaturating(nulls) } }
        if growth > 1 {
            for place in widths.indices { widths[place] = widths[place].addingSaturating(Self.bracketsByteCount).multipliedSaturating(by: growth) }
        }
        defer {
            // Also behind a row that is refused. Less is never refused.
            do { try output.hold(piece: 0) } catch { assertionFailure("less memory was refused") }
        }
        var runs = [CellRun](repeating: CellRun(), count: cells.count)
        var row = 0
        while row < part.rowCount {
            // Rows of two pieces at most, and a longer one alone: whatever the others are, its room is asked for.
            var (end, byteCount) = (row + 1, widths[row])
            while end < part.rowCount, byteCount.addingSaturating(widths[end]) <= 2 * AnswerOutput.fullByteCount {
                byteCount = byteCount.addingSaturating(widths[end])
                end += 1
            }
            if byteCount > AnswerOutput.fullByteCount, end == row + 1 {
                let most = EncodedSize.most(part.slice(row..<end)).addingSaturating(nulls).multipliedSaturating(by: growth)
                guard most <= Self.rowByteCountMax else { throw PostgresFault(.programLimitExceeded, "a row of more than \(Self.rowByteCountMax >> 20) MiB") }
                // Its cells by themselves, and then as a message.
                try output.hold(piece: most.multipliedSaturating(by: 2))
            }
            for place in runs.indices { runs[place].fill(row..<end, of: cells[place]) }
            try output.withWriter { writer in
                for place in 0..<(end - row) { write(place, of: runs, to: &writer) }
            }
            if output.byteCount >= AnswerOutput.fullByteCount { try output.flush() }
            row = end
        }
    }

    /// How many times as long the values become at most as `EncodedSize` says, by the form that they leave in.
    ///
    /// Of bytes that are written by `bytea_output = escape` each may be four, where digits are two, and five within a list or a row. In a copy's text a backslash of those, and of what stands
    /// within others, is doubled once more, and so is any letter that somebody has chosen as delimiter; in CSV any that was chosen as quote or escape.
    private func growthOfForm(_ values: [Column]) -> Int {
        let isNested = values.contains { $0.type.isNested }, hasBytes = values.contains { $0.type == .binary }
        var growth = 1
        if style.forms.escapesBytes, form.formats.contains(.text), isNested || hasBytes { growth = isNested ? 3 : 2 }
        if case .copy(let rows, _) = form, rows.writer.mayDouble(withinOthers: isNested || hasBytes) { growth *= 2 }
        return growth
    }

    /// What a copy's row has beside its values: its NULLs may all be a text that somebody has chosen.
    private var nullsByteCount: Int {
        guard case .copy(let rows, _) = form else { return 0 }
        return rows.writer.nullByteCount.multipliedSaturating(by: columns.count)
    }

    private func write(_ row: Int, of runs: [CellRun], to output: inout BackendWriter) {
        switch form {
        case .rows: output.row(runs.count) { Self.append(row, of: runs, to: &$0) }
        case .copy(let rows, _):
            output.copied(rows.taken()) { output in
                if rows.writer.isBinary {
                    output.integer(Int16(truncatingIfNeeded: runs.count))
                    Self.append(row, of: runs, to: &output)
                } else {
                    output.withBytes { Self.appendText(row, of: runs, rows.writer, to: &$0) }
                }
            }
        }
    }

    private static func append(_ row: Int, of runs: [CellRun], to output: inout BackendWriter) {
        for run in runs {
            if let range = run.range(at: row) { run.bytes.withUnsafeBufferPointer { output.value(UnsafeBufferPointer(rebasing: $0[range])) } } else { output.null() }
        }
    }

    private static func appendText(_ row: Int, of runs: [CellRun], _ writer: CopyWriter, to bytes: inout [UInt8]) {
        for (index, run) in runs.enumerated() {
            if let range = run.range(at: row) {
                run.bytes.withUnsafeBufferPointer { writer.append(UnsafeBufferPointer(rebasing: $0[range]), index, of: runs.count, to: &bytes) }
            } else {
                writer.append(nil, index, of: runs.count, to: &bytes)
            }
        }
        bytes.append(0x0A)
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
