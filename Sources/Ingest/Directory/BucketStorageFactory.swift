package import ColumnStore
import Synchronization

/// Cold tables in a bucket: each a folder below one prefix, all over one client, one cache and one set of connections.
package final class BucketStorageFactory: StorageFactory {
    package let client: BucketClient
    /// One storage a table: what it knows of its objects is shared by all who ask.
    private struct State {
        var storages: [String: BucketStorage] = [:]
    }
    private let cache: WarehouseCache?
    private let state = Mutex(State())

    /// - Parameter cache: nil where nothing may be believed that does not come from the bucket: to prove a store.
    package init(_ client: BucketClient, cache: WarehouseCache?) {
        self.client = client
        self.cache = cache
    }

    /// nil while there is none.
    package var cacheFigures: CacheFigures? { cache?.figures }

    package var location: String? { client.endpoint.location }
    package var isRemote: Bool { true }
    package var outage: (reason: String, since: Int64)? { client.health.outage.map { ("\($0.failure)", $0.since) } }

    package func tables(in warehouse: String) throws -> [String] {
        do throws(BucketFailure) { return try client.folders().filter { $0 != BucketProbe.folder } } catch { throw ColumnStoreError(error, key: client.endpoint.location) }
    }

    package func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        try state.withLock { (state) throws(ColumnStoreError) in
            if let storage = state.storages[table] { return storage }
            let storage = BucketStorage(client.below(table), cache: try cache?.open())
            state.storages[table] = storage
            return storage
        }
    }

    package func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) -> (any ObjectStorage)? { nil }

    package var objects: (any ObjectStorage)? { BucketStorage(client) }

    /// A bucket that takes puts in spite of their conditions would lose commits.
    package func check() throws(ColumnStoreError) { try BucketProbe.check(client) }
    package func fault() throws(ColumnStoreError) -> ColumnStoreError? { try BucketProbe.fault(of: client) }

    package var root: (any WarehouseRoot)? { BucketWarehouseRoot(client: client) }

    package var requests: BucketCounters.Figures? { client.counters.figures }

    package var metrics: [Metric] {
        let figures = client.counters.figures
        func counter(_ name: String, _ help: String, _ value: Int, _ labels: [(name: String, value: String)] = []) -> Metric {
            Metric(name: name, help: help, kind: .counter, labels: labels, value: Double(value))
        }
        var metrics = BucketCounters.Kind.allCases.map { kind in
            counter("storage_requests_total", "Requests to the bucket since the start, by kind; each try is paid for.", figures.requests[kind] ?? 0, [("method", kind.name)])
        }
        metrics += [
            counter("storage_received_bytes_total", "Bytes received from the bucket since the start.", figures.receivedByteCount),
            counter("storage_sent_bytes_total", "Bytes sent to the bucket since the start.", figures.sentByteCount),
            counter("storage_retries_total", "Requests to the bucket that were tried again.", figures.retryCount),
            counter("storage_throttled_total", "Answers of the bucket that said: slow down.", figures.throttledCount),
            counter("storage_failures_total", "Requests to the bucket that failed for good.", figures.failureCount),
        ]
        metrics.append(Metric(name: "storage_up", help: "Whether the bucket answers: 0 while it does not.", kind: .gauge, labels: [], value: client.health.outage == nil ? 1 : 0))
        guard let cache = cacheFigures else { return metrics }
        return metrics + [
            Metric(name: "storage_cache_bytes", help: "Bytes of the cache of the bucket on this disk.", kind: .gauge, labels: [], value: Double(cache.heldByteCount)),
            counter("storage_cache_hits_total", "Ranges that the cache had.", cache.hitCount),
            counter("storage_cache_misses_total", "Ranges that the cache did not have.", cache.missCount),
            counter("storage_cache_damaged_total", "Ranges in the cache with a wrong sum: fetched anew.", cache.damagedCount),
        ]
    }
}

/// What buckets beside the warehouse's are asked for: a log's, a pair's. By the names of their places, each of which may have several clients.
package enum PlaceFigures {
    /// - Parameter places: directories among them have no figures.
    package static func metrics(_ places: [(name: String, storages: [any StorageFactory])]) -> [Metric] {
        let found = places.map { (name: $0.name, figures: $0.storages.compactMap(\.requests)) }.filter { !$0.figures.isEmpty }
        func counters(_ name: String, _ help: String, _ value: (BucketCounters.Figures) -> Int) -> [Metric] {
            found.map { Metric(name: name, help: help, kind: .counter, labels: [("place", $0.name)], value: Double($0.figures.reduce(0) { $0 + value($1) })) }
        }
        let requests = found.flatMap { place in
            BucketCounters.Kind.allCases.map { kind in
                Metric(
                    name: "place_requests_total", help: "Requests to the bucket of a log or a pair since the start, by kind; each try is paid for.", kind: .counter,
                    labels: [("place", place.name), ("method", kind.name)], value: Double(place.figures.reduce(0) { $0 + ($1.requests[kind] ?? 0) }))
            }
        }
        return [
            requests, counters("place_received_bytes_total", "Bytes received from the bucket of a log or a pair since the start.", \.receivedByteCount),
            counters("place_sent_bytes_total", "Bytes sent to the bucket of a log or a pair since the start.", \.sentByteCount),
            counters("place_retries_total", "Requests to the bucket of a log or a pair that were tried again.", \.retryCount),
            counters("place_throttled_total", "Answers of the bucket of a log or a pair that said: slow down.", \.throttledCount),
            counters("place_failures_total", "Requests to the bucket of a log or a pair that failed for good.", \.failureCount),
        ].flatMap(\.self)
    }
}

/// Where ranges of objects are kept on this machine: one for all places that a process has opened. Taken up when the first table is asked for, and the
/// store's directory is ours.
package final class WarehouseCache: Sendable {
    private let path: String
    private let byteCountMax: Int64
    private let state = Mutex<RangeCache?>(nil)

    package init(path: String, byteCountMax: Int64) { (self.path, self.byteCountMax) = (path, byteCountMax) }

    func open() throws(ColumnStoreError) -> RangeCache {
        try state.withLock { (cache) throws(ColumnStoreError) in
            if let cache { return cache }
            let new = try RangeCache(path: path, byteCountMax: byteCountMax)
            cache = new
            return new
        }
    }

    /// Has it for this process from now on.
    ///
    /// - Returns: whether nobody else has it, and it can be written to.
    package func take() -> Bool { (try? open()) != nil }

    var figures: CacheFigures? { state.withLock { $0 }?.figures }
}
