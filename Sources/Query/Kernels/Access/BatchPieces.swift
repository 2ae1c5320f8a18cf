import ColumnStore

/// A batch taken whole where that works, else fewer rows at a time: as many as the work on them said would fit its memory.
///
/// The unit of taking again is a run of rows, as long as the work on it changes nothing before it has succeeded.
///
/// Invariants:
/// 1. Rows before `start` are done.
/// 2. `rowCountMax` is at least 1; an error takes it down to half the piece or less, a success doubles it.
struct BatchPieces {
    private let batch: ColumnBatch
    private var start = 0
    private var rowCountMax: Int

    /// - Parameter rowCountMax: rows of the first piece, at most.
    init(_ batch: ColumnBatch, rowCountMax: Int = .max) {
        self.batch = batch
        self.rowCountMax = rowCountMax
    }

    var isOver: Bool { start >= batch.rowCount }

    /// Runs `body` on the next rows. One that throws an error with `fittingRowCount` is run again, on fewer rows.
    ///
    /// - Returns: where the rows begin in the batch, and what `body` made of them; nil at the end.
    /// - Throws: what `body` throws of one row, or where it does not say that fewer would fit.
    mutating func next<Result>(_ body: (ColumnBatch) throws(QueryError) -> Result) throws(QueryError) -> (start: Int, Result)? {
        guard !isOver else { return nil }
        while true {
            let piece = upcoming
            do {
                let result = try body(piece)
                return (advance(by: piece.rowCount), result)
            } catch {
                try divide(piece.rowCount, after: error)
            }
        }
    }

    /// As the other, for work that may fail of other reasons.
    mutating func next<Result>(anyError body: (ColumnBatch) throws -> Result) throws -> (start: Int, Result)? {
        guard !isOver else { return nil }
        while true {
            let piece = upcoming
            do {
                let result = try body(piece)
                return (advance(by: piece.rowCount), result)
            } catch let error as QueryError {
                try divide(piece.rowCount, after: error)
            }
        }
    }

    private var upcoming: ColumnBatch {
        let count = min(rowCountMax, batch.rowCount - start)
        return count == batch.rowCount ? batch : batch.slice(start..<(start + count))
    }

    private mutating func advance(by count: Int) -> Int {
        defer { start += count }
        // Rows are large here and there: what failed once may do for the next ones.
        if rowCountMax < .max / 2 { rowCountMax *= 2 }
        return start
    }

    /// Goes down to the rows that the error says would fit, half of them at most, so that it ends.
    private mutating func divide(_ count: Int, after error: QueryError) throws(QueryError) {
        guard let fitting = error.fittingRowCount, count > 1 else { throw error }
        rowCountMax = max(1, min(fitting, count / 2))
    }

    /// All rows of a batch, piece by piece.
    static func each(of batch: ColumnBatch, _ body: (ColumnBatch) throws -> Void) throws {
        var pieces = BatchPieces(batch)
        while try pieces.next(anyError: body) != nil {}
    }
}
