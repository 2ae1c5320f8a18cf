package import ColumnStore

/// RFC 4180: a header, lines ended by CR LF, NULL as an empty field, an empty text as `""`, lists and structs as JSON text.
/// <https://www.rfc-editor.org/rfc/rfc4180>. The encoding is UTF-8, without a mark in front.
package struct CSVEncoder: ResultEncoder {
    private let columns: [ResultColumn]
    /// The cell at hand, before it is known whether it needs quotes.
    private var field: [UInt8] = []
    package var cancellation: Cancellation?

    package init(columns: [ResultColumn]) { self.columns = columns }

    package mutating func begin(into buffer: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            Self.append(Array(column.name.utf8), to: &buffer)
        }
        buffer.append(contentsOf: "\r\n".utf8)
    }

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws(QueryError) {
        let cells = batch.columns.map { CellWriter($0, endingWith: cancellation) }
        for row in 0..<batch.rowCount {
            for index in cells.indices {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                if cells[index].isNull(row) { continue }
                // Numbers, moments and the like hold neither commas nor quotes.
                switch cells[index].type {
                case .string, .json, .list, .structure:
                    field.removeAll(keepingCapacity: true)
                    cells[index].appendPlain(row, to: &field)
                    Self.append(field, to: &buffer)
                default: cells[index].appendPlain(row, to: &buffer)
                }
            }
            buffer.append(contentsOf: "\r\n".utf8)
        }
        try cancellation?.check()
    }

    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) {}

    /// In quotes when it is empty or holds a comma, a quote or a line end.
    /// A quote within is doubled.
    private static func append(_ field: [UInt8], to buffer: inout [UInt8]) {
        let isPlain = !field.isEmpty && field.allSatisfy { $0 != 0x2C && $0 != 0x22 && $0 != 0x0A && $0 != 0x0D }
        if isPlain { return buffer.append(contentsOf: field) }
        buffer.append(UInt8(ascii: "\""))
        for byte in field {
            if byte == UInt8(ascii: "\"") { buffer.append(byte) }
            buffer.append(byte)
        }
        buffer.append(UInt8(ascii: "\""))
    }
}
