package import ColumnStore

/// A row group's reader that tells a scan's counters what it has done, batch by batch.
///
/// One owner on one thread.
package final class CountedReader {
    private let reader: RowGroupReader
    private let counters: ScanCounters
    /// What the counters know of.
    private var told = ParquetScanCounters()

    package init(_ scan: ParquetScan, rowGroup: Int, _ counters: ScanCounters) throws {
        reader = try scan.reader(rowGroup: rowGroup)
        self.counters = counters
        // Bloom filters, dictionaries and page indexes may have left nothing to read.
        let isPruned = Int64(reader.counters.prunedRowCount) == scan.file.metadata.rowGroups[rowGroup].rowCount
        counters.add { counts in
            if isPruned {
                counts.rowGroupsPruned += 1
            } else {
                counts.rowGroupsRead += 1
                counts.bytesOffered += scan.byteCount(rowGroup: rowGroup)
            }
        }
        tell()
    }

    /// Rows looked at so far.
    package var rowCount: Int { told.rowCount }

    /// As the reader's.
    package func next() throws -> ColumnBatch? {
        let batch = try reader.next()
        tell()
        return batch
    }

    private func tell() {
        let now = reader.counters
        counters.add { $0.add(now, since: told) }
        told = now
    }
}
