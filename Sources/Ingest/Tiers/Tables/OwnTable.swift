import ColumnStore
import Query

/// A table whose scope leaves out other clients' rows: neither a scan's figures nor its plan depend on those.
///
/// Bounds of columns would show in the order of joins that EXPLAIN prints; pruned files, bytes, and own rows that were read because another
/// client's lie beside them, in the statistics: asked for often enough, each finds out a value that the client may not see.
///
/// The figures say how many of the client's own rows came out; the same plan is chosen whatever other clients sent.
struct OwnTable: TableSource {
    /// What the planner takes a client's part of a table for.
    ///
    /// Any fixed number: a client's part is not counted, since the count would depend on others.
    private static let rowCount = 100_000

    private let table: any TableSource

    init(_ table: any TableSource) { self.table = table }

    var schema: Schema { table.schema }
    var statistics: TableStatistics { TableStatistics(rowCount: Self.rowCount) }

    func scan(_ request: ScanRequest) throws -> any TableScan {
        var inner = request
        inner.counters = ScanCounters()
        // A bound that moves leaves out more rows the sooner some are read, and so the fewer others' rows lie before them.
        inner.runtimeFilters = request.runtimeFilters.filter { $0.moving == nil }
        let counters = request.counters
        return RelayedScan(try WaitScope.run(.untold) { try table.scan(inner) }, isUntold: true) { batch in
            // The rows that come out are all that is counted.
            counters.add(rowsScanned: batch.rowCount)
            return batch
        }
    }
}
