import ColumnStore
import Query
import XCTest

@testable import Ingest

/// Goal: a page is read whether or not there are threads to help. Method: as if the system gave none.
final class ParallelScanTests: XCTestCase {
    func test_run_withoutThreads_readsAllItself() throws {
        let batches = (0..<5).map { number in
            var builder = ColumnBuilder(type: .int64)
            builder.append(integer: Int64(number))
            return ColumnBatch(rowCount: 1, columns: [builder.finish()])
        }
        let table = MemoryTable(schema: Schema([Field("n", .int64)]), batches: batches)
        let states = try WorkerThread.$areRefused.withValue(true) {
            try ParallelScan.run(try table.scan(ScanRequest(projection: ["n"]))) { _ in 0 } each: { count, batch in count += batch.rowCount }
        }
        XCTAssertEqual(states, [5])
    }
}
