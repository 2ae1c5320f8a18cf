import Foundation
import Synchronization

/// Looks how long this process gets no turn: where that is long, processes beside it got none either, and what they promise each other for some seconds may have ended.
final class Stillness: Sendable {
    private struct State {
        var longest = 0.0
        var isOver = false
    }
    private let state = Mutex(State())

    private static let pauseMicroseconds: UInt32 = 10_000
    /// A peer that says nothing for a second gives up its seat, and a lead lasts a few.
    private static let shortEnough = 0.4

    init() {
        Thread.detachNewThread { [state = self] in
            var last = ProcessInfo.processInfo.systemUptime
            while !state.state.withLock({ $0.isOver }) {
                usleep(Self.pauseMicroseconds)
                let now = ProcessInfo.processInfo.systemUptime
                state.state.withLock { $0.longest = max($0.longest, now - last) }
                last = now
            }
        }
    }

    /// Ends the look.
    ///
    /// - Returns: whether nothing can have ended for want of a turn.
    func wasShort() -> Bool {
        state.withLock { state in
            state.isOver = true
            return state.longest < Self.shortEnough
        }
    }
}
