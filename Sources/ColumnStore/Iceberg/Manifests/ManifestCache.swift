import Synchronization

/// Decoded manifests and lists of them, kept for the next plan: they never change, so that a location is all the key there is.
///
/// Of one table, whose versions share it: a commit hands it on to the next version. Any thread may call; a manifest that two threads read at once is decoded
/// twice and kept once. Nothing waits here for a read.
///
/// 1. `entryCount` is the sum of the counts of `entries`, `listedCount` that of `lists`.
/// 2. Both are at most `entryCountMax`, and no manifest takes more than a quarter of it.
final class ManifestCache: Sendable {
    private struct State {
        var entries: [String: [ManifestEntry]] = [:]
        var entryCount = 0
        var lists: [String: [ManifestFile]] = [:]
        var listedCount = 0
    }
    private let state = Mutex(State())

    /// Of a kilobyte or two each.
    /// Entries, and apart from them rows of lists.
    private static let entryCountMax = 10_000
    private static let listCountMax = 64

    /// - Returns: nil for what isn't kept.
    func entries(of location: String) -> [ManifestEntry]? {
        state.withLock { $0.entries[location] }
    }

    /// One too large is not kept: it would push out all others, and come back no sooner.
    func keep(_ entries: [ManifestEntry], of location: String) {
        guard entries.count <= Self.entryCountMax / 4 else { return }
        state.withLock { state in
            guard state.entries[location] == nil else { return }
            // Dropped whole rather than by age: plans of one time read the same few manifests, which are soon back.
            if state.entryCount + entries.count > Self.entryCountMax {
                state.entries = [:]
                state.entryCount = 0
            }
            state.entries[location] = entries
            state.entryCount += entries.count
        }
    }

    func manifests(ofList location: String) -> [ManifestFile]? {
        state.withLock { $0.lists[location] }
    }

    func keep(_ manifests: [ManifestFile], ofList location: String) {
        guard manifests.count <= Self.entryCountMax / 4 else { return }
        state.withLock { state in
            guard state.lists[location] == nil else { return }
            // Each commit makes another list, and questions read the last few.
            if state.listedCount + manifests.count > Self.entryCountMax || state.lists.count == Self.listCountMax {
                state.lists = [:]
                state.listedCount = 0
            }
            state.lists[location] = manifests
            state.listedCount += manifests.count
        }
    }

    /// Forgets what is deleted.
    func remove(_ locations: some Sequence<String>) {
        state.withLock { state in
            for location in locations {
                state.entryCount -= state.entries.removeValue(forKey: location)?.count ?? 0
                state.listedCount -= state.lists.removeValue(forKey: location)?.count ?? 0
            }
        }
    }
}
