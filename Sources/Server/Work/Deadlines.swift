package import ColumnStore
import Synchronization

/// Ends of waits that a stop brings forward: long polls, and calls that wait for a job.
///
/// An action is called once at most: whoever takes it out of `waiting` calls it, the timer, a stop, or nobody after `cancel`. Actions run on the thread of the
/// timers or of the stop, outside the lock, so that they may ask for another wait.
package final class Deadlines: Sendable {
    package struct Handle: Sendable, Hashable { fileprivate let number: Int }

    private struct Waiting: Sendable {
        let action: @Sendable () -> Void
        var timer: Timers.Handle?
    }
    private struct State {
        var waiting: [Int: Waiting] = [:]
        var number = 0
    }
    private let timers: Timers
    private let state = Mutex(State())

    package init(_ timers: Timers) { self.timers = timers }

    /// Calls `action` once, then or at `fireAll`; it must return quickly.
    @discardableResult
    package func after(_ seconds: Double, _ action: @escaping @Sendable () -> Void) -> Handle {
        let number = state.withLock { state in
            state.number += 1
            state.waiting[state.number] = Waiting(action: action)
            return state.number
        }
        let timer = timers.after(seconds) { [self] in
            if let waiting = state.withLock({ $0.waiting.removeValue(forKey: number) }) { waiting.action() }
        }
        // The timer may have run, or the wait been cancelled, before its handle was known here: then nobody has cancelled it yet.
        let isWaiting = state.withLock { state in
            state.waiting[number]?.timer = timer
            return state.waiting[number] != nil
        }
        if !isWaiting { timers.cancel(timer) }
        return Handle(number: number)
    }

    /// What is being called just now is not taken back.
    package func cancel(_ handle: Handle) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: handle.number) }
        if let timer = waiting?.timer { timers.cancel(timer) }
    }

    /// Waits that begin after it are not ended by it: whoever begins one looks whether the server stops.
    ///
    /// Calls every action now: the server stops.
    package func fireAll() {
        let all = state.withLock { state in
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiting in all {
            if let timer = waiting.timer { timers.cancel(timer) }
            waiting.action()
        }
    }
}
