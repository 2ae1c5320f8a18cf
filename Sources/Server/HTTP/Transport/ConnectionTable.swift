internal import ColumnStore
import Glibc
import Synchronization

/// Who is connected: how many in all and from each address, and which connections make room when there is none left.
///
/// An idle connection costs its owner nothing. So that thousands of them shut nobody out, those that do nothing and have shown no credential are closed
/// first, the oldest before others, of the address that has the most.
///
/// 1. `counts` has the connections of each network that were not told to close; their sum, and those without an address, is `openCount`.
/// 2. A connection stays among `entries` until its socket is about to be closed: descriptors of all entries are their own.
/// 3. One that was asked to close does not count against the limits, up to 128 of them.
package final class ConnectionTable: Sendable {
    package struct Limits: Sendable {
        package var all = 8_192
        package var ofAddress = 4_096
        package init() {}

        /// Descriptors that are not for connections: files of the store, outgoing calls.
        private static let otherFileCount = 512

        /// No more connections than the system lets the process have beside its files.
        fileprivate var withinOpenFiles: Limits {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return self }
            let files = Int(clamping: limit.rlim_cur)
            var limits = self
            limits.all = max(1, min(limits.all, max(files - Self.otherFileCount, files / 2)))
            limits.ofAddress = max(1, min(limits.ofAddress, limits.all))
            return limits
        }
    }

    private struct Entry {
        let progress: SlowRequests.Progress
        let address: PeerAddress?
        let number: Int
        var isClosing = false
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// By network, without those that were asked to close.
        var counts: [PeerAddress: Int] = [:]
        var number = 0
        /// Those that were asked to close.
        var closingCount = 0
        var closedForRoomCount = 0
        var refusedCount = 0
        /// No connection could be spared when it was last looked for one.
        var searchesAgainAt = 0.0
        /// The most there were since many had last ended.
        var peakCount = 0
        var whenManyEnded: (@Sendable () -> Void)?

        var openCount: Int { entries.count - closingCount }

        mutating func leave(_ entry: Entry) {
            guard let network = entry.address?.network, let count = counts[network] else { return }
            counts[network] = count > 1 ? count - 1 : nil
        }
    }

    /// So many are closed together: who must go is found by looking at all.
    private static let batchCount = 64
    /// Room is made before the last place is taken, since a connection that is asked to close takes a moment.
    private static let spareCount = 128
    /// In seconds.
    private static let searchPause = 0.1
    /// So many fewer connections than there were leave megabytes behind in the C library's heaps.
    static let manyCount = 1_000

    let limits: Limits
    private let state = Mutex(State())

    package init(_ limits: Limits) { self.limits = limits.withinOpenFiles }

    /// For metrics.
    package var figures: (count: Int, closedForRoom: Int, refused: Int) {
        state.withLock { ($0.entries.count, $0.closedForRoomCount, $0.refusedCount) }
    }

    /// - Parameter action: called each time that there are so many fewer. Where as many come as go it is never called.
    func whenManyEnded(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.whenManyEnded = action } }

    /// Whether another connection may come in; one that may not is closed at once.
    func admits(_ address: PeerAddress?) -> Bool {
        state.withLock { state in
            let network = address?.network
            // First among its own: an address with too many connections pays with its own ones.
            if let network, state.counts[network, default: 0] >= limits.ofAddress { makeRoom(&state, of: network) }
            if state.openCount >= limits.all - min(Self.spareCount, limits.all / 8) { makeRoom(&state, of: nil) }
            let isFull = state.openCount >= limits.all || state.entries.count >= limits.all + Self.spareCount
                || network.map { state.counts[$0, default: 0] >= limits.ofAddress } ?? false
            if isFull { state.refusedCount += 1 }
            return !isFull
        }
    }

    func began(_ progress: SlowRequests.Progress, _ address: PeerAddress?) {
        state.withLock { state in
            state.number += 1
            state.entries[ObjectIdentifier(progress)] = Entry(progress: progress, address: address, number: state.number)
            state.peakCount = max(state.peakCount, state.entries.count)
            if let network = address?.network { state.counts[network, default: 0] += 1 }
        }
    }

    /// Before the connection's socket is closed.
    func ended(_ progress: SlowRequests.Progress) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard let entry = state.entries.removeValue(forKey: ObjectIdentifier(progress)) else { return nil }
            if entry.isClosing { state.closingCount -= 1 } else { state.leave(entry) }
            guard state.peakCount - state.entries.count >= Self.manyCount else { return nil }
            state.peakCount = state.entries.count
            return state.whenManyEnded
        }
        action?()
    }

    /// Closes connections that can be spared, if there are any.
    private func makeRoom(_ state: inout State, of network: PeerAddress?) {
        let now = SteadyClock.seconds()
        // To look at all of them for each that comes in would be what an attacker wants.
        guard now >= state.searchesAgainAt else { return }
        let candidates = state.entries.compactMap { key, entry -> Candidate? in
            guard !entry.isClosing, network == nil || entry.address?.network == network, let rank = entry.progress.rankOfClosing else { return nil }
            return Candidate(key: key, rank: rank, count: entry.address.map { state.counts[$0.network, default: 0] } ?? 0, number: entry.number)
        }
        if candidates.isEmpty { state.searchesAgainAt = now + Self.searchPause }
        // By rank, then of the network with the most, then the oldest.
        let sorted = candidates.sorted { ($0.rank, -$0.count, $0.number) < ($1.rank, -$1.count, $1.number) }
        for candidate in sorted.prefix(min(Self.batchCount, max(1, limits.all / 16))) {
            guard let entry = state.entries[candidate.key] else { continue }
            state.entries[candidate.key]?.isClosing = true
            state.leave(entry)
            state.closingCount += 1
            state.closedForRoomCount += 1
            // Under the lock: `ended` waits for it, so the descriptor is still the connection's own.
            entry.progress.close()
        }
    }

    private struct Candidate {
        let key: ObjectIdentifier
        let rank: Int
        /// Connections of its network.
        let count: Int
        let number: Int
    }
}
