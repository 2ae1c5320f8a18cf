internal import ColumnStore

/// One thread that calls each of many actions at its time: long polls, waits.
package final class Deadlines: Sendable {
    package struct Handle: Sendable, Hashable { fileprivate let number: Int }

    private struct State {
        var actions: [Int: @Sendable () -> Void] = [:]
        /// A heap, the earliest first. A number without an action was cancelled.
        var order: [(at: Double, number: Int)] = []
        var number = 0

        mutating func add(_ at: Double, _ number: Int) {
            order.append((at, number))
            var child = order.count - 1
            while child > 0, order[child].at < order[(child - 1) / 2].at {
                order.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func removeFirst() -> Int {
            let first = order[0].number
            let last = order.removeLast()
            guard !order.isEmpty else { return first }
            order[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < order.count && order[child].at < order[least].at { least = child }
                guard least != parent else { return first }
                order.swapAt(parent, least)
                parent = least
            }
        }

        /// Cancelled numbers are left out once they are the greater part.
        mutating func tidy() {
            guard order.count > 2 * actions.count + 64 else { return }
            let left = order.filter { actions[$0.number] != nil }
            order = []
            for one in left { add(one.at, one.number) }
        }
    }
    private let state = Monitor(State())

    package init() {
        WorkerThread(name: "deadlines", isDetached: true) { [state] in Self.run(state) }
    }

    /// Calls `action` on the deadlines' thread; it must return quickly.
    @discardableResult
    package func after(_ seconds: Double, _ action: @escaping @Sendable () -> Void) -> Handle {
        let at = SteadyClock.seconds() + seconds
        let (handle, isFirst) = state.withLock { state in
            state.number += 1
            state.actions[state.number] = action
            state.add(at, state.number)
            return (Handle(number: state.number), state.order[0].number == state.number)
        }
        // Else the thread wakes early enough as it is.
        if isFirst { state.wakeOne() }
        return handle
    }

    package func cancel(_ handle: Handle) {
        state.withLock { state in
            state.actions[handle.number] = nil
            state.tidy()
        }
    }

    /// Calls every action now: the server stops.
    package func fireAll() {
        let actions = state.withLock { state in
            defer { (state.actions, state.order) = ([:], []) }
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }

    private static func run(_ state: Monitor<State>) {
        while true {
            let earliest = state.withLock { $0.order.first?.at }
            let pause = earliest.map { max(0, $0 - SteadyClock.seconds()) } ?? 3_600
            // Wakes when the time has come, or when an earlier one was added.
            _ = state.wait(seconds: pause) { $0.order.first?.at != earliest ? true : nil }
            let now = SteadyClock.seconds()
            let due = state.withLock { state in
                var due: [@Sendable () -> Void] = []
                while let first = state.order.first, first.at <= now {
                    if let action = state.actions.removeValue(forKey: state.removeFirst()) { due.append(action) }
                }
                return due
            }
            for action in due { action() }
        }
    }
}
