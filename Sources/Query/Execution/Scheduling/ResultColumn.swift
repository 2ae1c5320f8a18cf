package import ColumnStore

/// A column of an answer: the name as the query gives it, which may come more than once.
package struct ResultColumn: Sendable, Hashable {
    package let name: String
    package let type: ColumnType
    /// What PostgreSQL calls its type, where `type` does not tell.
    package let declared: String?
    /// Whose column it is; nil of what is computed.
    package let origin: ColumnOrigin?

    /// - Parameter declared: as `varchar(20)` or `int2`, for doors that speak PostgreSQL's protocol.
    package init(name: String, type: ColumnType, declared: String? = nil, origin: ColumnOrigin? = nil) {
        self.name = name
        self.type = type
        self.declared = declared
        self.origin = origin
    }

    /// `DECIMAL(38,2)`, `STRUCT("name" VARCHAR)[]` …
    package var typeName: String { type.sqlName }

    /// Names of which none comes twice, for forms that know a column by its name alone: the second `a` is `a_2`.
    /// - Complexity: O(n) for names that differ, O(n²) where all are the same.
    package static func distinctNames(_ names: [String]) -> [String] {
        // Names differ by bytes, and a numbered name may be another column's own.
        var seen: Set<[UInt8]> = []
        return names.map { stem in
            var name = stem
            var number = 1
            while !seen.insert(Array(name.utf8)).inserted {
                number += 1
                name = "\(stem)_\(number)"
            }
            return name
        }
    }
}

/// What an answer says of its making.
///
/// Counts are of all scans of the query together; time is in whole milliseconds, rounded down, planning included.
package struct QueryStatistics: Sendable, Hashable {
    /// Of the rows that were looked at, those that the credential may see.
    package var rowsScanned: Int
    /// Fetched from files, or from a hot file's images.
    package var bytesRead: Int
    /// Of the files that the table's snapshot has.
    package var filesPruned: Int
    package var elapsedMilliseconds: Int

    package init(rowsScanned: Int = 0, bytesRead: Int = 0, filesPruned: Int = 0, elapsedMilliseconds: Int = 0) {
        self.rowsScanned = rowsScanned
        self.bytesRead = bytesRead
        self.filesPruned = filesPruned
        self.elapsedMilliseconds = elapsedMilliseconds
    }
}

/// Writes an answer, batch by batch, into a buffer that the caller empties as it sends.
/// One thread at a time. An answer begins and ends once, with any number of batches between.
package protocol ResultEncoder {
    /// Of the query whose rows come: looked at within a large cell, too. Nil, as at the beginning, where nobody ends it.
    var cancellation: Cancellation? { get set }
    /// From now on rows of `stream` come: its end ends the encoding, and what is kept of them is charged to it.
    mutating func serve(_ stream: ResultStream)
    /// What comes before the first row.
    mutating func begin(into buffer: inout [UInt8]) throws
    /// - Throws: `QueryError` when the query is over; what is in the buffer then may end within a cell.
    mutating func append(_ batch: ColumnBatch, into buffer: inout [UInt8]) throws
    /// What comes after the last row. `cursor` is nil at the end of a walk.
    mutating func end(cursor: String?, statistics: QueryStatistics, into buffer: inout [UInt8]) throws
}

extension ResultEncoder {
    package mutating func serve(_ stream: ResultStream) { cancellation = stream.cancellation }
}
