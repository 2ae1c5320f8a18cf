internal import ColumnStore
internal import Query
import Synchronization

/// What ends the statement that a connection is at: its client's CancelRequest, its own time, the client's going, the server's stop. Others set it;
/// the connection's own work looks at it and asks why.
///
/// A statement is done in parts, of which each has its time: its end is that part's alone, and whatever else it was that was asked for is the whole statement's.
final class Interruption: Sendable {
    enum Reason: Sendable {
        case request, gone, stop

        /// Nobody is to hear of what ended the statement: also half a message may be left unsent.
        var endsConnection: Bool { self != .request }
    }

    /// A part of a statement, of all that this connection ever does.
    struct Part: Sendable, Equatable { fileprivate let number: Int }

    private struct State {
        var isBusy = false
        var reason: Reason?
        /// That which is under way.
        var part: Part?
        var partCount = 0
        /// Whether the time of `part` is over.
        var isLate = false
        var action: (@Sendable () -> Void)?

        var isAsked: Bool { reason != nil || isLate }
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

    /// Ends what is under way, if anything is. What ends the connection counts also behind a request, which may wait for a client that reads nothing.
    func interrupt(_ reason: Reason) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.isBusy, state.reason.map({ !$0.endsConnection && reason.endsConnection }) ?? true else { return nil }
            let isFirst = !state.isAsked
            state.reason = reason
            return isFirst ? state.action : nil
        }
        action?()
    }

    // MARK: Parts

    /// The next part begins: the one before it is over.
    func beginPart() -> Part {
        state.withLock { state in
            state.partCount += 1
            let part = Part(number: state.partCount)
            (state.part, state.isLate) = (part, false)
            return part
        }
    }

    /// What was watched for is so no more; neither is its time's being over, which may have come as it was done.
    func endPart(_ part: Part) {
        state.withLock { state in
            guard state.part == part else { return }
            (state.part, state.isLate, state.action) = (nil, false, nil)
        }
    }

    /// The time of a part is over. A timer is taken out before it is done: its part may have ended meanwhile, and another be under way.
    func expire(_ part: Part) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.part == part, !state.isAsked else { return nil }
            state.isLate = true
            return state.action
        }
        action?()
    }

    /// What to do when it is asked for, from now on; at once where it was.
    func watch(_ action: (@Sendable () -> Void)?) {
        let isDue = state.withLock { state in
            state.action = action
            return state.isAsked
        }
        if isDue { action?() }
    }

    var isAsked: Bool { state.withLock { $0.isAsked } }
    var endsConnection: Bool { state.withLock { $0.reason?.endsConnection ?? false } }
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// What an error is that came of it.
    func explained(_ fault: PostgresFault) -> PostgresFault {
        guard fault.state == .queryCanceled else { return fault }
        let (isLate, reason) = state.withLock { ($0.isLate, $0.reason) }
        if isLate { return PostgresFault(.queryCanceled, "canceling statement due to statement timeout") }
        return switch reason {
        case .request?: PostgresFault(.queryCanceled, "canceling statement due to user request")
        case .stop?: PostgresFault(.adminShutdown, "terminating connection due to administrator command", severity: .fatal)
        case .gone?, nil: fault
        }
    }
}
