package import Synchronization

/// What a scan has read, for `statistics` of an answer and EXPLAIN ANALYZE. Counts only what the credential may see: sources add
/// rows after the own-scope filter, and a table whose scope hides rows tells of nothing but the rows that it gives out.
package final class ScanCounters: Sendable {
    package let rowsScanned = Atomic<Int>(0)
    package let bytesRead = Atomic<Int>(0)
    package let filesPruned = Atomic<Int>(0)
    package let filesScanned = Atomic<Int>(0)
    package let rowGroupsPruned = Atomic<Int>(0)
    package let pagesPruned = Atomic<Int>(0)

    package init() {}

    package func add(rowsScanned rows: Int = 0, bytesRead bytes: Int = 0, filesPruned files: Int = 0) {
        if rows != 0 { rowsScanned.wrappingAdd(rows, ordering: .relaxed) }
        if bytes != 0 { bytesRead.wrappingAdd(bytes, ordering: .relaxed) }
        if files != 0 { filesPruned.wrappingAdd(files, ordering: .relaxed) }
    }

    /// Adds what another scan has read.
    package func add(_ other: ScanCounters) {
        add(
            rowsScanned: other.rowsScanned.load(ordering: .relaxed), bytesRead: other.bytesRead.load(ordering: .relaxed),
            filesPruned: other.filesPruned.load(ordering: .relaxed))
        filesScanned.wrappingAdd(other.filesScanned.load(ordering: .relaxed), ordering: .relaxed)
        rowGroupsPruned.wrappingAdd(other.rowGroupsPruned.load(ordering: .relaxed), ordering: .relaxed)
        pagesPruned.wrappingAdd(other.pagesPruned.load(ordering: .relaxed), ordering: .relaxed)
    }
}
