package import ColumnStore

/// What storages behind a network are asked for, as all of them are counted: the warehouse's, and those of other places.
package enum PlaceFigures {
    /// Of the store's own cold tables; none where they lie on this machine.
    static func metrics(ofWarehouse storages: any StorageFactory) -> [Metric] {
        guard let figures = storages.requests else { return [] }
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
        metrics.append(Metric(name: "storage_up", help: "Whether the bucket answers: 0 while it does not.", kind: .gauge, labels: [], value: storages.outage == nil ? 1 : 0))
        guard let cache = storages.cacheFigures else { return metrics }
        return metrics + [
            Metric(name: "storage_cache_bytes", help: "Bytes of the cache of the bucket on this disk.", kind: .gauge, labels: [], value: Double(cache.heldByteCount)),
            counter("storage_cache_hits_total", "Ranges that the cache had.", cache.hitCount),
            counter("storage_cache_misses_total", "Ranges that the cache did not have.", cache.missCount),
            counter("storage_cache_damaged_total", "Ranges in the cache with a wrong sum: fetched anew.", cache.damagedCount),
        ]
    }

    /// What buckets beside the warehouse's are asked for: a log's, a pair's. By the names of their places, each of which may have several clients.
    ///
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
