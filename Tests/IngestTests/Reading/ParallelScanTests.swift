import ColumnStore
import Query
import Synchronization
import XCTest

@testable import Ingest

/// Goal: a page is read whether or not there are threads to help, and to its end. Method: as if the system gave none; a scan whose rows are not there yet.
final class ParallelScanTests: XCTestCase {
    private func batches() -> [ColumnBatch] {
        (0..<5).map { number in
            var builder = ColumnBuilder(type: .int64)
            builder.append(integer: Int64(number))
            return ColumnBatch(rowCount: 1, columns: [builder.finish()])
        }
    }

    func test_run_withoutThreads_readsAllItself() throws {
        let table = MemoryTable(schema: Schema([Field("n", .int64)]), batches: batches())
        let states = try WorkerThread.$areRefused.withValue(true) {
            try ParallelScan.run(try table.scan(ScanRequest(projection: ["n"]))) { _ in 0 } each: { count, batch in count += batch.rowCount }
        }
        XCTAssertEqual(states, [5])
    }

    func test_run_asksAgainForAMorsel_thatIsGivenAgain() throws {
        let states = try ParallelScan.run(GrowingScan(batches())) { _ in 0 } each: { count, batch in count += batch.rowCount }
        XCTAssertEqual(states, [5])
    }

    /// As lists of the store's own: its one morsel comes to an end before each batch, and is given again.
    private final class GrowingScan: TableScan, Morsel {
        private struct Progress {
            var batches: [ColumnBatch]
            var isOut = false
            var isThere = false
        }

        private let progress: Mutex<Progress>

        init(_ batches: [ColumnBatch]) { progress = Mutex(Progress(batches: batches)) }

        func nextMorsel() -> (any Morsel)? {
            let isOut = progress.withLock { progress in
                defer { progress.isOut = true }
                return progress.isOut
            }
            return isOut ? nil : self
        }

        func next() -> ColumnBatch? {
            progress.withLock { progress -> ColumnBatch? in
                progress.isThere.toggle()
                if !progress.isThere { return progress.batches.popLast() }
                progress.isOut = progress.batches.isEmpty
                return nil
            }
        }
    }
}
