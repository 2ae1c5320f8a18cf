package import ColumnStore

/// A page of `POST /v1/sql`: `{"columns":[…],"rows":[[…]],"next_cursor":…,"statistics":{…}}`.
/// One object, written as rows come: what is known only at the end (cursor, statistics) stands behind them.
///
/// Rows are arrays by place, so that two columns of one name both come; `columns` has their names and the SQL names of
/// their types. `next_cursor` is null on the last page.
package struct JSONPageEncoder: ResultEncoder {
    private let columns: [ResultColumn]
    /// Whether a comma is due before the next row.
    private var hasRows = false
    package var cancellation: Cancellation?

    package init(columns: [ResultColumn]) { self.columns = columns }

    package mutating func begin(into buffer: inout [UInt8]) {
        buffer.append(contentsOf: "{\"columns\":[".utf8)
        for (index, column) in columns.enumerated() {
            buffer.append(contentsOf: (index == 0 ? "{\"name\":" : ",{\"name\":").utf8)
            JSONString.append(column.name.utf8, to: &buffer)
            buffer.append(contentsOf: ",\"type\":".utf8)
            JSONString.append(column.typeName.utf8, to: &buffer)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(contentsOf: "],\"rows\":[".utf8)
    }

    /// - Throws: when the query is over.
    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws(QueryError) {
        let cells = batch.columns.map { CellWriter($0, endingWith: cancellation) }
        for row in 0..<batch.rowCount {
            buffer.append(contentsOf: (hasRows ? ",[" : "[").utf8)
            hasRows = true
            for index in cells.indices {
                if index > 0 { buffer.append(UInt8(ascii: ",")) }
                cells[index].appendJSON(row, to: &buffer)
            }
            buffer.append(UInt8(ascii: "]"))
        }
        // Where the query is over a list may have ended in the middle: it must not pass for a whole one.
        try cancellation?.check()
    }

    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) {
        buffer.append(contentsOf: "],\"next_cursor\":".utf8)
        if let cursor { JSONString.append(cursor.utf8, to: &buffer) } else { buffer.append(contentsOf: "null".utf8) }
        let figures =
            "\"rows_scanned\":\(statistics.rowsScanned),\"bytes_read\":\(statistics.bytesRead),\"files_pruned\":\(statistics.filesPruned),"
            + "\"elapsed_ms\":\(statistics.elapsedMilliseconds)"
        buffer.append(contentsOf: ",\"statistics\":{\(figures)}}".utf8)
    }
}

/// Rows as JSON objects: one a line (NDJSON), or an array of them. Names that come twice get a number: a reader would keep one of them only.
/// RFC 8259, and <https://github.com/ndjson/ndjson-spec>: an object ends its line.
package struct JSONObjectEncoder: ResultEncoder {
    /// `"name":` with a comma in front from the second on.
    private let keys: [[UInt8]]
    /// Else one object a line.
    private let isArray: Bool
    private var hasRows = false
    package var cancellation: Cancellation?

    package init(columns: [ResultColumn], isArray: Bool = false) {
        self.isArray = isArray
        // Names are escaped once, not in each row.
        keys = ResultColumn.distinctNames(columns.map(\.name)).enumerated().map { index, name in
            var key: [UInt8] = index == 0 ? [] : [UInt8(ascii: ",")]
            JSONString.append(name.utf8, to: &key)
            key.append(UInt8(ascii: ":"))
            return key
        }
    }

    package mutating func begin(into buffer: inout [UInt8]) {
        if isArray { buffer.append(UInt8(ascii: "[")) }
    }

    package mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws(QueryError) {
        let cells = batch.columns.map { CellWriter($0, endingWith: cancellation) }
        for row in 0..<batch.rowCount {
            if isArray { buffer.append(contentsOf: (hasRows ? ",\n" : "\n").utf8) }
            hasRows = true
            buffer.append(UInt8(ascii: "{"))
            for index in cells.indices {
                buffer.append(contentsOf: keys[index])
                cells[index].appendJSON(row, to: &buffer)
            }
            buffer.append(UInt8(ascii: "}"))
            if !isArray { buffer.append(0x0A) }
        }
        try cancellation?.check()
    }

    package mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) {
        // Neither form has a place for a cursor or figures.
        if isArray { buffer.append(contentsOf: (hasRows ? "\n]\n" : "]\n").utf8) }
    }
}
