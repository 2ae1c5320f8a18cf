import Synchronization

/// Decoded manifests and lists of them, kept for the next plan: they never change, so that a location is all the key there is.
///
/// Of one table, whose versions share it: a commit hands it on to the next version. Any thread may call; a manifest that two threads read at once is decoded
/// twice and kept once. Nothing waits here for a read.
///
/// 1. Entries of manifests and rows of lists are at most `itemCountMax` each, and take at most about `byteCountMax` each.
/// 2. No manifest and no list takes more than a quarter of either.
final class ManifestCache: Sendable {
    private struct State {
        var entries: Kept<ManifestEntry>
        var lists: Kept<ManifestFile>
    }
    private let state: Mutex<State>

    private static let itemCountMax = 10_000
    private let byteCountMax: Int

    /// - Parameter byteCountMax: an item takes a kilobyte or two, of a table of hundreds of columns tens of them; what others wrote has bounds of any length.
    init(byteCountMax: Int = 256 << 20) {
        self.byteCountMax = byteCountMax
        // Each commit makes another list, and questions read the last few.
        state = Mutex(
            State(
                entries: Kept(locationCountMax: .max, byteCountMax: byteCountMax), lists: Kept(locationCountMax: 64, byteCountMax: byteCountMax)))
    }

    /// - Returns: nil for what isn't kept.
    func entries(of location: String) -> [ManifestEntry]? {
        state.withLock { $0.entries.items[location] }
    }

    /// One too large is not kept: it would push out all others, and come back no sooner.
    func keep(_ entries: [ManifestEntry], of location: String) {
        let byteCount = entries.reduce(0) { $0 + $1.file.memoryByteCount + MemoryLayout<ManifestEntry>.stride }
        guard entries.count <= Self.itemCountMax / 4, byteCount <= byteCountMax / 4 else { return }
        state.withLock { $0.entries.keep(entries, byteCount, of: location) }
    }

    func manifests(ofList location: String) -> [ManifestFile]? {
        state.withLock { $0.lists.items[location] }
    }

    /// As for entries.
    func keep(_ manifests: [ManifestFile], ofList location: String) {
        let byteCount = manifests.reduce(0) { $0 + $1.memoryByteCount + MemoryLayout<ManifestFile>.stride }
        guard manifests.count <= Self.itemCountMax / 4, byteCount <= byteCountMax / 4 else { return }
        state.withLock { $0.lists.keep(manifests, byteCount, of: location) }
    }

    /// Forgets what is deleted.
    func remove(_ locations: some Sequence<String>) {
        state.withLock { state in
            for location in locations {
                state.entries.remove(location)
                state.lists.remove(location)
            }
        }
    }

    /// What is kept of one kind, by location.
    ///
    /// `itemCount` and `byteCount` are the sums over `items`, and `byteCounts` has what each of them takes.
    private struct Kept<Item: Sendable>: Sendable {
        let locationCountMax: Int
        let byteCountMax: Int
        var items: [String: [Item]] = [:]
        var byteCounts: [String: Int] = [:]
        var itemCount = 0
        var byteCount = 0

        init(locationCountMax: Int, byteCountMax: Int) { (self.locationCountMax, self.byteCountMax) = (locationCountMax, byteCountMax) }

        mutating func keep(_ more: [Item], _ moreByteCount: Int, of location: String) {
            guard items[location] == nil else { return }
            // Dropped whole rather than by age: plans of one time read the same few manifests, which are soon back.
            if itemCount + more.count > ManifestCache.itemCountMax || byteCount + moreByteCount > byteCountMax || items.count == locationCountMax {
                self = Kept(locationCountMax: locationCountMax, byteCountMax: byteCountMax)
            }
            items[location] = more
            byteCounts[location] = moreByteCount
            itemCount += more.count
            byteCount += moreByteCount
        }

        mutating func remove(_ location: String) {
            itemCount -= items.removeValue(forKey: location)?.count ?? 0
            byteCount -= byteCounts.removeValue(forKey: location) ?? 0
        }
    }
}
