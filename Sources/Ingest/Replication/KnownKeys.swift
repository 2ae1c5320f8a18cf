import ColumnStore
import Synchronization

/// Which keys the store of a directory knows, as far as it is folded: for whoever is shown keys by anybody.
///
/// A key that is made up costs no look into the catalog: the beginnings of all keys' hashes are in memory, read again at most a few times a second, and whoever
/// is not among them has none. So a key is known here a moment after it is folded. Eight bytes of each key; what they let pass is looked up.
package final class KnownKeys: Sendable {
    private struct State {
        var beginnings: Set<UInt64> = []
        /// They are not read again before: by the steady clock, in seconds.
        var notBefore = -Double.infinity
        var readCount = 0
    }

    private let path: String
    private let steadyNow: @Sendable () -> Double
    private let state = Mutex(State())

    /// Between two readings, in seconds; a twentieth of a thread's time at most.
    private static let pauseSeconds = 0.25
    private static let pauseFactor = 20.0

    /// - Parameters:
    ///   - directory: of the store.
    ///   - steadyNow: in seconds; another for tests.
    package init(_ directory: String, steadyNow: @escaping @Sendable () -> Double = { SteadyClock.seconds() }) {
        (path, self.steadyNow) = ("\(directory)/catalog.sqlite", steadyNow)
    }

    /// How often the beginnings were read.
    package var readCount: Int { state.withLock { $0.readCount } }

    /// Whether somebody has a key of that hash. For any thread.
    ///
    /// - Parameters:
    ///   - now: in microseconds since 1970: keys that are over are none.
    ///   - roles: whose keys; nil: anybody's.
    package func has(sha256 hash: [UInt8], at now: Int64, roles: [Principal.Role]? = nil) -> Bool {
        mayHave(Self.beginning(of: hash)) && FoldedCatalog.hasKey(path, sha256: hash, at: now, roles: roles)
    }

    /// Others wait while one reads: it takes milliseconds, and what they would do meanwhile is the same.
    private func mayHave(_ beginning: UInt64) -> Bool {
        state.withLock { state in
            if state.beginnings.contains(beginning) { return true }
            let now = steadyNow()
            guard now >= state.notBefore else { return false }
            // No more of each than its beginning is ever held. What cannot be read just now is as it was.
            var beginnings: Set<UInt64> = []
            if FoldedCatalog.eachKeyHash(path, { hash in _ = beginnings.insert(Self.beginning(of: hash)) }) { state.beginnings = beginnings }
            state.readCount += 1
            let end = steadyNow()
            state.notBefore = end + max(Self.pauseSeconds, Self.pauseFactor * (end - now))
            return state.beginnings.contains(beginning)
        }
    }

    private static func beginning(of hash: [UInt8]) -> UInt64 { hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
