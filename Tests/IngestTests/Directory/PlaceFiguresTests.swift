import ColumnStore
import XCTest

@testable import Ingest

/// Goal: every kind of storage behind a network is counted alike, and has no names of its own for it. Method: a storage that says its figures, and one that has none.
final class PlaceFiguresTests: XCTestCase {
    private struct Counted: StorageFactory {
        var requests: BucketCounters.Figures?
        var cacheFigures: CacheFigures?
        var outage: (reason: String, since: Int64)?

        func tables(in warehouse: String) throws -> [String] { [] }
        func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
            try LocalStorageFactory.files(warehouse, calls: calls)
        }
        func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)? { nil }
    }

    private static func texts(_ metrics: [Metric]) -> [String] {
        metrics.map { metric in metric.name + metric.labels.map { "{\($0.name)=\($0.value)}" }.joined() + " \(Int(metric.value))" }
    }

    func test_warehouse_thatWasAsked_isCounted() {
        var figures = BucketCounters.Figures()
        figures.requests = [.get: 3, .put: 1]
        (figures.receivedByteCount, figures.sentByteCount, figures.retryCount, figures.throttledCount, figures.failureCount) = (10, 20, 2, 4, 5)
        let asked = Self.texts(PlaceFigures.metrics(ofWarehouse: Counted(requests: figures)))
        XCTAssertEqual(
            asked,
            [
                "storage_requests_total{method=GET} 3", "storage_requests_total{method=HEAD} 0", "storage_requests_total{method=PUT} 1", "storage_requests_total{method=LIST} 0",
                "storage_requests_total{method=DELETE} 0", "storage_received_bytes_total 10", "storage_sent_bytes_total 20", "storage_retries_total 2", "storage_throttled_total 4",
                "storage_failures_total 5", "storage_up 1",
            ])
        var cache = CacheFigures()
        (cache.heldByteCount, cache.hitCount, cache.missCount, cache.damagedCount) = (6, 7, 8, 9)
        let down = Counted(requests: figures, cacheFigures: cache, outage: ("no route", 1))
        XCTAssertEqual(
            Self.texts(PlaceFigures.metrics(ofWarehouse: down)),
            asked.dropLast() + ["storage_up 0", "storage_cache_bytes 6", "storage_cache_hits_total 7", "storage_cache_misses_total 8", "storage_cache_damaged_total 9"])
    }

    func test_warehouse_ofThisMachine_hasNoFigures() {
        XCTAssertTrue(PlaceFigures.metrics(ofWarehouse: LocalStorageFactory()).isEmpty)
        XCTAssertTrue(PlaceFigures.metrics([("log", [LocalStorageFactory()])]).isEmpty)
    }

    /// A leader's storages are counted as those behind them are.
    func test_warehouse_ofALeader_isCountedAsItsOwn() {
        var figures = BucketCounters.Figures()
        figures.requests = [.delete: 1]
        var cache = CacheFigures()
        cache.hitCount = 2
        let led = TenuredStorageFactory(base: Counted(requests: figures, cacheFigures: cache), tenure: Tenure())
        XCTAssertTrue(Self.texts(PlaceFigures.metrics(ofWarehouse: led)).contains("storage_cache_hits_total 2"))
    }
}
