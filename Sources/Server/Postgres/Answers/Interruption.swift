internal import ColumnStore
internal import Query
import Synchronization

/// What ends the statement that a connection is at: its client's CancelRequest, its own time, the client's going, the server's stop. Others set it;
/// the connection's own work looks at it and asks why.
final class Interruption: Sendable {
    enum Reason: Sendable { case request, timeout, gone, stop }

    private struct State {
        var isBusy = false
        var reason: Reason?
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// A statement begins: what was asked before it is over.
    func begin() {
        state.withLock { state in
            state.isBusy = true
            state.reason = nil
        }
    }

    func end() {
        state.withLock { state in
            state.isBusy = false
            state.action = nil
        }
    }

    /// Ends what is under way, if anything is.
    func interrupt(_ reason: Reason) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.isBusy, state.reason == nil else { return nil }
            state.reason = reason
            return state.action
        }
        action?()
    }

    /// What to do when it is asked for, from now on; at once where it was.
    func watch(_ action: (@Sendable () -> Void)?) {
        let isDue = state.withLock { state in
            state.action = action
            return state.reason != nil
        }
        if isDue { action?() }
    }

    var isAsked: Bool { state.withLock { $0.reason != nil } }
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// What an error is that came of it.
    func explained(_ fault: PostgresFault) -> PostgresFault {
        guard fault.state == .queryCanceled else { return fault }
        return switch state.withLock({ $0.reason }) {
        case .request?: PostgresFault(.queryCanceled, "canceling statement due to user request")
        case .timeout?: PostgresFault(.queryCanceled, "canceling statement due to statement timeout")
        case .stop?: PostgresFault(.adminShutdown, "terminating connection due to administrator command", severity: .fatal)
        case .gone?, nil: fault
        }
    }
}
