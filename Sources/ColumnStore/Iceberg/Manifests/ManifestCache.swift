import Synchronization

/// Decoded manifests, kept for the next plan: they never change, so that a location is all the key there is.
final class ManifestCache: Sendable {
    private struct State {
        var entries: [String: [ManifestEntry]] = [:]
        var entryCount = 0
    }
    private let state = Mutex(State())

    /// Of a kilobyte or two each.
    private static let entryCountMax = 10_000

    func entries(of location: String) -> [ManifestEntry]? {
        state.withLock { $0.entries[location] }
    }

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

    /// Forgets what is deleted.
    func remove(_ locations: some Sequence<String>) {
        state.withLock { state in
            for location in locations { state.entryCount -= state.entries.removeValue(forKey: location)?.count ?? 0 }
        }
    }
}
