package import ColumnStore

/// Rows of one table in one hot file, in columnar form and in the order of their arrival. Immutable.
///
/// `batch` holds the columns of `StandardColumns.columnar`, then the row's id in the file, then `typeColumns`.
///
/// Made by `HotChunkBuilder`; read by scans at once, and by the flusher, who writes several as one group.
package final class HotChunk: Sendable {
    /// Where the row's id stands in a batch.
    package static let rowIDIndex = StandardColumns.columnar.count
    /// The name of that column in a flushed image.
    package static let rowIDName = "_row"

    package let typeColumns: [Field]
    package let batch: ColumnBatch
    package let bounds: HotBounds
    /// About what the rows take in memory.
    package let byteCount: Int

    /// - Precondition: `batch` has all standard columns, the row's id, and a column for each of `typeColumns`.
    package init(typeColumns: [Field], batch: ColumnBatch, bounds: HotBounds, byteCount: Int) {
        precondition(batch.columns.count == Self.rowIDIndex + 1 + typeColumns.count)
        self.typeColumns = typeColumns
        self.batch = batch
        self.bounds = bounds
        self.byteCount = byteCount
    }

    /// All columns of a batch, with names.
    package static func fields(typeColumns: [Field]) -> [Field] {
        StandardColumns.columnar.map { Field($0.name, $0.type) } + [Field(rowIDName, .int64)] + typeColumns
    }

    /// The first rows, up to a sequence.
    ///
    /// Sequences rise with the rows, so the cut is found by bisection.
    ///
    /// - Returns: nil where even the first row came later. Bounds of days and times stay those of the whole chunk: wider than need be, never wrong.
    package func prefix(through sequence: Int64) -> HotChunk? {
        if bounds.lastSequence <= sequence { return self }
        guard case .int64(let sequences) = batch.columns[HotChunk.sequenceIndex].values else { return self }
        let count = sequences.partitioningIndex { $0 > sequence }
        guard count > 0 else { return nil }
        var bounds = bounds
        bounds.lastSequence = sequences[count - 1]
        if case .int64(let rows) = batch.columns[Self.rowIDIndex].values { bounds.lastRow = rows[count - 1] }
        bounds.rowCount = count
        return HotChunk(typeColumns: typeColumns, batch: batch.slice(0..<count), bounds: bounds, byteCount: byteCount)
    }

    // Places among `StandardColumns.columnar`.
    static let clientIndex = 0
    static let sequenceIndex = 10
    static let stateIndex = 7
    static let completedAtIndex = 8
}

/// What is known of a piece of a hot file without reading it: bounds that a scan prunes with.
///
/// Empty bounds (no row) are inside out, so that adding to them needs no case of its own. Written to `groups`, and read by `mayPass` before
/// anything is opened.
package struct HotBounds: Sendable, Equatable {
    package var rowCount = 0
    package var firstRow: Int64 = .max
    package var lastRow: Int64 = 0
    package var firstSequence: Int64 = .max
    package var lastSequence: Int64 = 0
    package var firstDay: Int32 = .max
    package var lastDay: Int32 = .min
    /// Microseconds since 1970; days above are days since 1970.
    package var firstIssued: Int64 = .max
    package var lastIssued: Int64 = .min

    package init() {}

    /// - Complexity: O(1).
    package mutating func add(row: Int64, sequence: Int64, day: Int32, issuedAt: Int64) {
        rowCount += 1
        firstRow = min(firstRow, row)
        lastRow = max(lastRow, row)
        firstSequence = min(firstSequence, sequence)
        lastSequence = max(lastSequence, sequence)
        firstDay = min(firstDay, day)
        lastDay = max(lastDay, day)
        firstIssued = min(firstIssued, issuedAt)
        lastIssued = max(lastIssued, issuedAt)
    }

    package mutating func add(_ other: HotBounds) {
        rowCount += other.rowCount
        firstRow = min(firstRow, other.firstRow)
        lastRow = max(lastRow, other.lastRow)
        firstSequence = min(firstSequence, other.firstSequence)
        lastSequence = max(lastSequence, other.lastSequence)
        firstDay = min(firstDay, other.firstDay)
        lastDay = max(lastDay, other.lastDay)
        firstIssued = min(firstIssued, other.firstIssued)
        lastIssued = max(lastIssued, other.lastIssued)
    }

    /// Whether rows can have these bounds: a group's stand in its file.
    var isOrdered: Bool {
        StoredNumber.rows.contains(firstRow) && StoredNumber.rows.contains(lastRow) && firstRow <= lastRow && firstSequence <= lastSequence
            && firstDay <= lastDay && firstIssued <= lastIssued && rowCount > 0 && rowCount <= lastRow - firstRow + 1
    }

    /// Whether a row within these bounds may pass.
    ///
    /// Of the columns that a hot file has bounds of; any other filter lets the piece through, and its image's statistics are asked next.
    package func mayPass(_ filter: ColumnFilter) -> Bool {
        guard rowCount > 0 else { return false }
        switch filter.path.description {
        case "business_day": return filter.canMatch(minimum: .integer(Int64(firstDay)), maximum: .integer(Int64(lastDay)), hasNull: false)
        case "issued_at": return filter.canMatch(minimum: .integer(firstIssued), maximum: .integer(lastIssued), hasNull: false)
        case "sequence": return filter.canMatch(minimum: .integer(firstSequence), maximum: .integer(lastSequence), hasNull: false)
        default: return true
        }
    }
}
