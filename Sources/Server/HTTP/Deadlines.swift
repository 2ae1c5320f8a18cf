internal import ColumnStore

/// One thread that calls each of many actions at its time: long polls, waits.
package final class Deadlines: Sendable {
    package struct Handle: Sendable, Hashable { fileprivate let number: Int }

    private struct State {
        var actions: [Int: (at: Double, action: @Sendable () -> Void)] = [:]
        var number = 0
        /// The earliest of all; nil when there is none.
        var earliest: Double?
    }
    private let state = Monitor(State())

    package init() {
        WorkerThread(name: "deadlines", isDetached: true) { [state] in Self.run(state) }
    }

    /// Calls `action` on the deadlines' thread; it must return quickly.
    @discardableResult
    package func after(_ seconds: Double, _ action: @escaping @Sendable () -> Void) -> Handle {
        let at = SteadyClock.seconds() + seconds
        return state.broadcast { state in
            state.number += 1
            state.actions[state.number] = (at, action)
            state.earliest = min(state.earliest ?? at, at)
            return Handle(number: state.number)
        }
    }

    package func cancel(_ handle: Handle) {
        state.withLock { _ = $0.actions.removeValue(forKey: handle.number) }
    }

    /// Calls every action now: the server stops.
    package func fireAll() {
        let actions = state.broadcast { state in
            let actions = state.actions.values.map(\.action)
            state.actions = [:]
            state.earliest = nil
            return actions
        }
        for action in actions { action() }
    }

    private static func run(_ state: Monitor<State>) {
        while true {
            let earliest = state.withLock { $0.earliest }
            let pause = earliest.map { max(0, $0 - SteadyClock.seconds()) } ?? 3_600
            // Wakes when the time has come, or when an earlier one was added.
            _ = state.wait(seconds: pause) { $0.earliest != earliest ? true : nil }
            let now = SteadyClock.seconds()
            let due = state.withLock { state in
                let due = state.actions.filter { $0.value.at <= now }
                for number in due.keys { state.actions[number] = nil }
                state.earliest = state.actions.values.map(\.at).min()
                return due.values.map(\.action)
            }
            for action in due { action() }
        }
    }
}
