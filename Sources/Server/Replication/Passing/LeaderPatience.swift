import Synchronization

/// How long the answer of the node that is to lead is waited for: as long as that leads, and lives. Instants are milliseconds of the boot's clock.
///
/// It says something five times a second, to a node that was removed too. Of a process that stands still, or a machine that is cut off, connections may stay for good; and where this node cannot
/// take over, that one leads as far as anybody knows.
final class LeaderPatience: Sendable {
    private let seconds: Double
    private let begunAt: Int
    /// Since when it leads no more, or is silent; nil while it does neither.
    private let since = Mutex<Int?>(nil)

    /// As long as a request waits for a leader at all (`RequestPassing.patienceSeconds`).
    static let silenceMilliseconds = 15_000

    /// - Parameters:
    ///   - seconds: how long it may still answer then.
    ///   - begunAt: what was heard before says nothing.
    init(seconds: Double, begunAt: Int) { (self.seconds, self.begunAt) = (seconds, begunAt) }

    /// Asked again and again: one look at which this node itself comes back from a pause says little.
    ///
    /// - Parameters:
    ///   - leads: as far as this node knows.
    ///   - heardAt: when it was last heard; nil: not since the start.
    func isOver(leads: Bool, heardAt: Int?, at now: Int) -> Bool {
        let isSilent = now - max(heardAt ?? begunAt, begunAt) > Self.silenceMilliseconds
        return since.withLock { since in
            guard !leads || isSilent else {
                since = nil
                return false
            }
            let first = since ?? now
            since = first
            return Double(now - first) > seconds * 1_000
        }
    }
}
