import Synchronization

/// A clock that a test sets and moves: `Timers` made with one have no thread, and their actions run inside `advance`.
package final class ManualClock: Sendable {
    private struct State {
        var seconds = 1_000.0
        var timers: Timers?
    }
    private let state = Mutex(State())

    package init() {}

    package var seconds: Double { state.withLock { $0.seconds } }

    fileprivate func drive(_ timers: Timers) { state.withLock { $0.timers = timers } }

    /// Actions that wait for their time; of a repetition one.
    package var waitingCount: Int { state.withLock { $0.timers }?.waitingCount ?? 0 }

    /// Lets time pass. Whatever is due on the way runs at its own time, in order, on the caller's thread.
    package func advance(by seconds: Double) {
        let (end, timers) = state.withLock { ($0.seconds + seconds, $0.timers) }
        while let next = timers?.earliest, next <= end {
            state.withLock { $0.seconds = max($0.seconds, next) }
            timers?.fireDue()
        }
        state.withLock { $0.seconds = end }
    }
}

/// The one place where the program waits for a time: one thread that calls each of many actions at its own. Long polls, limits of requests,
/// and whatever looks after something now and then stand here; no thread sleeps in a loop for them.
package final class Timers: Sendable {
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
    private let now: @Sendable () -> Double

    /// On the steady clock, with a thread of their own that lives as long as the process.
    package convenience init() {
        self.init(now: { SteadyClock.seconds() })
        WorkerThread(name: "timers", isDetached: true, life)
    }

    /// As `init()`, for whoever has another way where the system gives no thread.
    package static func started() -> Timers? {
        let timers = Timers(now: { SteadyClock.seconds() })
        return WorkerThread.start(name: "timers", timers.life) ? timers : nil
    }

    private init(now: @escaping @Sendable () -> Double) { self.now = now }

    /// All that the thread does. It holds what it needs, and not the timers.
    private var life: @Sendable () -> Void {
        { [state, now] in while true { Self.waitAndFire(state, now) } }
    }

    /// On a clock that a test moves.
    package init(clock: ManualClock) {
        now = { clock.seconds }
        clock.drive(self)
    }

    /// Calls `action` on the timers' thread; it must return quickly.
    @discardableResult
    package func after(_ seconds: Double, _ action: @escaping @Sendable () -> Void) -> Handle {
        let handle = state.withLock { state in
            state.number += 1
            return Handle(number: state.number)
        }
        put(action, at: now() + seconds, handle)
        return handle
    }

    /// Calls `action` on the timers' thread again and again, so long after it has returned; it must return quickly.
    @discardableResult
    package func every(_ seconds: Double, _ action: @escaping @Sendable () -> Void) -> Repetition {
        let repetition = Repetition(self, seconds, action)
        repetition.arm()
        return repetition
    }

    fileprivate func put(_ action: @escaping @Sendable () -> Void, at: Double, _ handle: Handle) {
        let isFirst = state.withLock { state in
            state.actions[handle.number] = action
            state.add(at, handle.number)
            return state.order[0].number == handle.number
        }
        // Else the thread wakes early enough as it is.
        if isFirst { state.wakeOne() }
    }

    package func cancel(_ handle: Handle) {
        state.withLock { state in
            state.actions[handle.number] = nil
            state.tidy()
        }
    }

    fileprivate var waitingCount: Int { state.withLock { $0.actions.count } }

    /// When the earliest action is due, cancelled ones among them.
    fileprivate var earliest: Double? { state.withLock { $0.order.first?.at } }

    fileprivate func fireDue() { Self.fireDue(state, now) }

    private static func fireDue(_ state: Monitor<State>, _ now: () -> Double) {
        let present = now()
        let due = state.withLock { state in
            var due: [@Sendable () -> Void] = []
            while let first = state.order.first, first.at <= present {
                if let action = state.actions.removeValue(forKey: state.removeFirst()) { due.append(action) }
            }
            return due
        }
        for action in due { action() }
    }

    private static func waitAndFire(_ state: Monitor<State>, _ now: () -> Double) {
        let earliest = state.withLock { $0.order.first?.at }
        let pause = earliest.map { max(0, $0 - now()) } ?? 3_600
        // Wakes when the time has come, or when an earlier one was added.
        _ = state.wait(seconds: pause) { $0.order.first?.at != earliest ? true : nil }
        fireDue(state, now)
    }

    /// What `every` has begun.
    package final class Repetition: Sendable {
        private let timers: Timers
        private let seconds: Double
        private let action: @Sendable () -> Void
        /// Nil once it is stopped.
        private let handle: Mutex<Handle?>

        fileprivate init(_ timers: Timers, _ seconds: Double, _ action: @escaping @Sendable () -> Void) {
            (self.timers, self.seconds, self.action) = (timers, seconds, action)
            handle = Mutex(timers.state.withLock { state in
                state.number += 1
                return Handle(number: state.number)
            })
        }

        fileprivate func arm() {
            // Under the lock, so that a stop meanwhile finds what it must cancel.
            handle.withLock { handle in
                guard let handle else { return }
                timers.put({ [self] in
                    guard self.handle.withLock({ $0 != nil }) else { return }
                    action()
                    arm()
                }, at: timers.now() + seconds, handle)
            }
        }

        /// The action is not begun again; it may be under way on the timers' thread.
        package func stop() {
            handle.withLock { handle in
                if let handle { timers.cancel(handle) }
                handle = nil
            }
        }
    }
}
