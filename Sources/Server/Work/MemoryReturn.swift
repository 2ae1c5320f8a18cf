internal import ColumnStore
import Synchronization

/// What a large document was read with, or a large answer made of, goes back to the system: the C library would keep it.
///
/// At most once a second, for the whole heap is gone through, and on a pool's thread: the timers' must not wait. Where the pool has no place it is left out,
/// until the next large body or answer asks.
final class MemoryReturn: Sendable {
    /// In nanoseconds, between two.
    private static let pause: UInt64 = 1_000_000_000
    /// In seconds: the engine is not done with it yet, and the answer goes first.
    private static let delay = 0.5

    private struct State {
        var isPending = false
        var gaveBackAt: UInt64 = 0
    }
    private let state = Mutex(State())
    private let timers: Timers
    private let pool: WorkerPool

    init(_ timers: Timers, _ pool: WorkerPool) { (self.timers, self.pool) = (timers, pool) }

    /// Once for all who ask until then: whoever is done last is not forgotten.
    func giveBackSoon() {
        let delay = state.withLock { state -> Double? in
            guard !state.isPending else { return nil }
            state.isPending = true
            let since = SteadyClock.nanoseconds() &- state.gaveBackAt
            return since >= Self.pause ? Self.delay : Self.delay + Double(Self.pause - since) / 1e9
        }
        guard let delay else { return }
        timers.after(delay) { [self] in
            state.withLock { ($0.isPending, $0.gaveBackAt) = (false, SteadyClock.nanoseconds()) }
            _ = pool.submit(for: self) { ProcessHeap.giveBack() }
        }
    }
}
