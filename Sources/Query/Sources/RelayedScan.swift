package import ColumnStore

/// A scan whose batches pass a closure on their way up: what tables that show another one's rows have in common.
///
/// Shared by the workers of a scan: immutable, as what its closures share must be or guard.
package final class RelayedScan: TableScan {
    private let scan: any TableScan
    private let isUntold: Bool
    private let isOver: @Sendable () -> Bool
    private let relay: @Sendable (ColumnBatch) throws -> ColumnBatch?

    /// - Parameters:
    ///   - isUntold: what the scan asks of a storage is not told to whoever reads (`WaitScope.untold`).
    ///   - isOver: asked before anything more is read.
    ///   - relay: what becomes of a batch, on whichever worker has it; nil for one of which nothing is left.
    package init(
        _ scan: any TableScan, isUntold: Bool = false, isOver: @escaping @Sendable () -> Bool = { false }, relay: @escaping @Sendable (ColumnBatch) throws -> ColumnBatch?
    ) {
        (self.scan, self.isUntold, self.isOver, self.relay) = (scan, isUntold, isOver, relay)
    }

    package func nextMorsel() throws -> (any Morsel)? {
        guard !isOver() else { return nil }
        return try reading { try scan.nextMorsel() }.map { Rows($0, self) }
    }

    private func reading<Result>(_ body: () throws -> Result) rethrows -> Result { try isUntold ? WaitScope.run(.untold, body) : body() }

    private final class Rows: Morsel {
        private let morsel: any Morsel
        private let scan: RelayedScan

        init(_ morsel: any Morsel, _ scan: RelayedScan) { (self.morsel, self.scan) = (morsel, scan) }

        func next() throws -> ColumnBatch? {
            while !scan.isOver(), let batch = try scan.reading({ try morsel.next() }) {
                if let relayed = try scan.relay(batch) { return relayed }
            }
            return nil
        }
    }
}

/// What is left of a request over batches that are as they are shown: its filters, and after them its projection.
package struct RestOfRequest: Sendable {
    private let filter: BatchFilter
    private let shape: BatchShape

    /// - Throws: `ColumnStoreError` invalidRequest for a column that the schema does not have.
    package init(_ request: ScanRequest, _ schema: Schema) throws(ColumnStoreError) {
        filter = try BatchFilter(request, schema)
        shape = try BatchShape(request.projection, schema)
    }

    /// - Returns: nil for a batch of which no row passes.
    /// - Throws: what the request's residual throws.
    package func rows(of batch: ColumnBatch) throws -> ColumnBatch? {
        // The rows were counted when they were read.
        let passing = try filter.select(batch, counters: ScanCounters())
        let shaped = shape.shape(batch)
        guard let passing else { return shaped }
        return passing.isEmpty ? nil : shaped.gathering(passing)
    }
}
