package import ColumnStore
import Synchronization

/// What a scan has read, of how much, and how long it took: for `statistics` of an answer and EXPLAIN ANALYZE.
package struct ScanCounts: Sendable, Hashable {
    /// Of the rows that were looked at, those that the credential may see.
    package var rowsScanned = 0
    /// Fetched from files, or from a hot file's images.
    package var bytesRead = 0
    /// Of the columns that the scan asks for, in the row groups that were read.
    package var bytesOffered = 0
    package var filesRead = 0
    package var filesPruned = 0
    /// Of the files read. A hot file's flushed groups count as row groups.
    package var rowGroupsRead = 0
    package var rowGroupsPruned = 0
    /// Of the row groups read, in the columns asked for; those that a LIMIT left unread are among the pruned ones.
    package var pagesRead = 0
    package var pagesPruned = 0
    /// Rows that were looked at.
    package var rowsRead = 0
    /// Rows of the table.
    package var rowsOffered = 0
    /// Of the threads that read, together.
    package var readNanoseconds = 0
    package var inflateNanoseconds = 0
    package var decodeNanoseconds = 0
    package var filterNanoseconds = 0

    /// All times: what of a scan is spent in readers of row groups.
    package var readerNanoseconds: Int { readNanoseconds + inflateNanoseconds + decodeNanoseconds + filterNanoseconds }

    package init() {}

    package static func += (sum: inout ScanCounts, other: ScanCounts) {
        for field in fields { sum[keyPath: field] += other[keyPath: field] }
    }

    private static let fields: [any WritableKeyPath<ScanCounts, Int> & Sendable] = [
        \.rowsScanned, \.bytesRead, \.bytesOffered, \.filesRead, \.filesPruned, \.rowGroupsRead, \.rowGroupsPruned, \.pagesRead, \.pagesPruned,
        \.rowsRead, \.rowsOffered, \.readNanoseconds, \.inflateNanoseconds, \.decodeNanoseconds, \.filterNanoseconds,
    ]

    /// Adds what a reader of a row group has done since it was last asked.
    package mutating func add(_ now: ParquetScanCounters, since before: ParquetScanCounters) {
        bytesRead += now.readByteCount - before.readByteCount
        pagesRead += now.pageCount - before.pageCount
        pagesPruned += now.prunedPageCount - before.prunedPageCount
        rowsRead += now.rowCount - before.rowCount
        readNanoseconds += now.readNanoseconds - before.readNanoseconds
        inflateNanoseconds += now.inflateNanoseconds - before.inflateNanoseconds
        decodeNanoseconds += now.decodeNanoseconds - before.decodeNanoseconds
        filterNanoseconds += now.filterNanoseconds - before.filterNanoseconds
    }
}

/// Where the workers of a scan add up what they have read. Counts only what the credential may see: sources add rows after the own-scope
/// filter, and a table whose scope hides rows tells of nothing but the rows that it gives out.
package final class ScanCounters: Sendable {
    private let counts = Mutex(ScanCounts())

    package init() {}

    /// The sums so far, from any thread.
    package var now: ScanCounts { counts.withLock { $0 } }

    package func add(rowsScanned rows: Int) {
        if rows != 0 { add { $0.rowsScanned += rows } }
    }

    /// Once for a batch at most: it takes a lock.
    package func add(_ change: (inout ScanCounts) -> Void) { counts.withLock { change(&$0) } }
}
