package import ColumnStore

/// The reader of a row group, or of a part of one, that tells a scan's counters what it has done, batch by batch.
///
/// One owner on one thread.
package final class CountedReader {
    private let reader: RowGroupReader
    private let counters: ScanCounters
    /// What the counters know of.
    private var told = ParquetScanCounters()

    package init(_ scan: ParquetScan, _ part: ScanPart, _ counters: ScanCounters) throws {
        reader = try scan.reader(part)
        self.counters = counters
        let rowGroup = part.rowGroup
        // Bloom filters, dictionaries and page indexes may have left nothing to read.
        let isPruned = reader.counters.prunedRowCount == part.rows?.count ?? Int(scan.file.metadata.rowGroups[rowGroup].rowCount)
        // A row group in parts is counted by its first.
        let isFirst = part.rows.map { $0.lowerBound == 0 } ?? true
        counters.add { counts in
            guard isFirst else { return }
            if isPruned {
                counts.rowGroupsPruned += 1
            } else {
                counts.rowGroupsRead += 1
                counts.bytesOffered += scan.byteCount(rowGroup: rowGroup)
            }
        }
        tell()
    }

    /// Of single rows: their row group has been counted when they were looked at.
    package init(_ scan: ParquetScan, rowGroup: Int, onlyRows rows: [Int], _ counters: ScanCounters) throws {
        reader = try scan.reader(rowGroup: rowGroup, onlyRows: rows)
        self.counters = counters
        counters.add { $0.bytesOffered += scan.byteCount(rowGroup: rowGroup) }
        tell()
    }

    /// As the reader's.
    package func rowNumber(of row: Int) -> Int { reader.rowNumber(of: row) }

    /// Rows looked at so far.
    package var rowCount: Int { told.rowCount }

    /// As the reader's.
    package func next() throws -> ColumnBatch? {
        let batch = try reader.next()
        tell()
        return batch
    }

    /// Adds what has been done since the last time.
    private func tell() {
        let now = reader.counters
        counters.add { $0.add(now, since: told) }
        told = now
    }
}
