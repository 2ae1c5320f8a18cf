internal import Synchronization

/// Cold tables in a bucket: each a folder below one prefix, all over one client, one cache and one set of connections.
package final class BucketStorageFactory: StorageFactory {
    package let client: BucketClient
    /// One storage a table: what it knows of its objects is shared by all who ask.
    private struct State {
        var storages: [String: BucketStorage] = [:]
    }
    private let cache: WarehouseCache?
    /// Of all tables together: each would hold what was fetched last of it for good.
    let pieces: FetchedPieces
    private let state = Mutex(State())

    /// - Parameter cache: nil where nothing may be believed that does not come from the bucket: to prove a store.
    package convenience init(_ client: BucketClient, cache: WarehouseCache?) { self.init(client, cache: cache, aheadByteCount: BucketStorage.aheadByteCount) }

    /// - Parameter aheadByteCount: as `BucketStorage` has it, but in tests.
    init(_ client: BucketClient, cache: WarehouseCache?, aheadByteCount: Int64) {
        self.client = client
        self.cache = cache
        pieces = FetchedPieces(byteCountMax: aheadByteCount)
    }

    package var location: String? { client.endpoint.location }
    package var isRemote: Bool { true }
    package var outage: (reason: String, since: Int64)? { client.health.outage.map { ("\($0.failure)", $0.since) } }
    package var writeRefusal: String? { client.health.refusedWrite.map { "\($0)" } }

    package func tables(in warehouse: String) throws -> [String] {
        do throws(BucketFailure) { return try client.folders().filter { $0 != BucketProbe.folder } } catch { throw ColumnStoreError(error, key: client.endpoint.location) }
    }

    package func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        try state.withLock { (state) throws(ColumnStoreError) in
            if let storage = state.storages[table] { return storage }
            let storage = BucketStorage(client.below(table), cache: try cache?.open(), pieces: pieces)
            state.storages[table] = storage
            return storage
        }
    }

    package func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) -> (any ObjectStorage)? { nil }

    package var objects: (any ObjectStorage)? { BucketStorage(client) }

    /// A bucket that takes puts in spite of their conditions would lose commits.
    package func check() throws(ColumnStoreError) { try BucketProbe.check(client) }
    package func fault() throws(ColumnStoreError) -> ColumnStoreError? { try BucketProbe.fault(of: client) }

    /// A key may do without the right to read the bucket's rules.
    package func classFault(_ name: String, afterDays: Int) -> String? {
        do throws(BucketFailure) {
            return try BucketLifecycle.read(client).fault(prefix: client.endpoint.prefix, className: name, afterDays: afterDays)
        } catch {
            return "the bucket's lifecycle rules cannot be read, so that storage.class is not proven: \(error.detail); give the key the right s3:GetLifecycleConfiguration"
        }
    }

    package var root: (any WarehouseRoot)? { BucketWarehouseRoot(client: client) }

    package var requests: BucketCounters.Figures? { client.counters.figures }
    package var cacheFigures: CacheFigures? { cache?.figures }
}
