import Synchronization

/// Something to be done once, when both it is known and its time has come, in whatever order.
///
/// `set` and `run` are called once each, on any threads; the later of them does it.
final class Once: Sendable {
    private struct State {
        var action: (@Sendable () -> Void)?
        var isDue = false
    }
    private let state = Mutex(State())

    func set(_ action: @escaping @Sendable () -> Void) {
        let isDue = state.withLock { state in
            if !state.isDue { state.action = action }
            return state.isDue
        }
        if isDue { action() }
    }

    func run() {
        let action = state.withLock { state in
            state.isDue = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }
}
