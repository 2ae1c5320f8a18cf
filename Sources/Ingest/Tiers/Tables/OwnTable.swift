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
        return Scan(try WaitScope.run(.untold) { try table.scan(inner) }, request.counters)
    }

    /// Counts the rows that come out.
    private final class Scan: TableScan {
        private let scan: any TableScan
        private let counters: ScanCounters

        init(_ scan: any TableScan, _ counters: ScanCounters) {
            self.scan = scan
            self.counters = counters
        }

        func nextMorsel() throws -> (any Morsel)? { try WaitScope.run(.untold) { try scan.nextMorsel() }.map { Rows($0, counters) } }
    }

    private final class Rows: Morsel {
        private let morsel: any Morsel
        private let counters: ScanCounters

        init(_ morsel: any Morsel, _ counters: ScanCounters) {
            self.morsel = morsel
            self.counters = counters
        }

        func next() throws -> ColumnBatch? {
            let batch = try WaitScope.run(.untold) { try morsel.next() }
            counters.add(rowsScanned: batch?.rowCount ?? 0)
            return batch
        }
    }
}
