internal import Synchronization

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
