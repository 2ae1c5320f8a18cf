import ColumnStore

/// Rows of a row group that follow one another, some at a time; one by one from where so many together take more memory than reading may. How many are read together goes by what rows take
/// on average, and large ones are neighbours.
///
/// - Invariant: `readRowCount` of `rows` were handed over, those of all batches so far.
final class NarrowingReader {
    private let rowGroup: Int
    private let rows: Range<Int>
    private var readRowCount = 0
    private var reader: RowGroupReader
    /// Nil where rows are read one by one already, or never are.
    private var single: (() throws -> ParquetScan)?

    /// - Parameters:
    ///   - scan: without filters.
    ///   - single: the same with rows one by one (`ParquetScanRequest.single`).
    init(_ scan: ParquetScan, rowGroup: Int, rows: Range<Int>, single: (() throws -> ParquetScan)?) throws {
        self.rowGroup = rowGroup
        self.rows = rows
        self.single = single
        reader = try scan.reader(rowGroup: rowGroup, rows: rows)
    }

    /// The next rows; nil at the end.
    ///
    /// - Throws: `.overBudget` where a row alone takes more memory than reading may.
    func next() throws -> ColumnBatch? {
        let batch: ColumnBatch?
        do { batch = try reader.next() } catch let error as ColumnStoreError where error.code == .overBudget {
            guard let scan = try single?() else { throw error }
            single = nil
            reader = try scan.reader(rowGroup: rowGroup, rows: rows.lowerBound + readRowCount..<rows.upperBound)
            batch = try reader.next()
        }
        readRowCount += batch?.rowCount ?? 0
        return batch
    }
}

extension ParquetScanRequest {
    /// The same with rows one by one.
    var single: ParquetScanRequest {
        var request = self
        request.batchRowCount = 1
        return request
    }
}
