internal import ColumnStore
internal import Ingest
import Synchronization

/// A call that waits for commits: asks again after each, until there is an answer or its time is up.
///
/// No thread waits with it: the engine's notification and the deadlines' thread wake it.
///
/// 1. At most one notification is registered, and one attempt waits or runs, but for the last one, which the deadline asks for by itself.
/// 2. The first answer counts (`Exchange.complete`); whoever gives it takes the registrations back.
/// 3. The deadline is of `Deadlines`, so that a stop ends the wait.
final class LongPoll: Sendable {
    enum Attempt {
        /// - Parameter held: what its memory is charged to until the exchange has it.
        case answer(Response, held: MemoryLedger.Hold? = nil)
        /// Nothing yet; ask again once something beyond this sequence (nil: the one before) is committed.
        case notYet(Int64?)
    }

    /// Under a stream of commits each poll asks this often, in seconds, not after every one.
    private static let pause = 0.02
    /// When the pool has no place.
    private static let crowdedPause = 0.2

    private struct State {
        var notification: (any NotificationHandle)?
        var deadline: Deadlines.Handle?
        var isOver = false
    }

    private let call: Call
    private let changes: any ChangeFeed
    private let deadline: Double
    private let attempt: @Sendable (_ isLast: Bool) throws -> Attempt
    /// The answer when the time is up and nobody is free to look.
    private let fallback: @Sendable () -> Response
    /// Asks for what an answer's coding takes: the exchange's own charge is the connection's thread's once the deadline has answered.
    private let memory: @Sendable (_ byteCount: Int) throws -> MemoryLedger.Hold?
    private let state = Mutex(State())

    /// Starts the wait; the exchange must be suspended, and is completed in the end.
    static func run(
        _ call: Call, _ changes: any ChangeFeed, beyond sequence: Int64, deadline: Double, fallback: @escaping @Sendable () -> Response,
        attempt: @escaping @Sendable (_ isLast: Bool) throws -> Attempt
    ) {
        let poll = LongPoll(call, changes, deadline: deadline, fallback: fallback, attempt: attempt)
        let handle = call.life.deadlines.after(max(0, deadline - SteadyClock.seconds())) { poll.wake(isLast: true) }
        poll.state.withLock { $0.deadline = handle }
        // It may have ended its sending side alone, and read what it is answered.
        call.exchange.whenGone { poll.end(poll.fallback) }
        // Looked at after the deadline stands: a stop either fires it or is seen here.
        if call.life.isStopping { return poll.wake(isLast: true) }
        poll.listen(beyond: sequence)
    }

    private init(
        _ call: Call, _ changes: any ChangeFeed, deadline: Double, fallback: @escaping @Sendable () -> Response, attempt: @escaping @Sendable (_ isLast: Bool) throws -> Attempt
    ) {
        self.fallback = fallback
        (self.call, self.changes) = (call, changes)
        self.deadline = deadline
        self.attempt = attempt
        memory = call.memory
    }

    private func listen(beyond sequence: Int64) {
        let notification = changes.notify(beyond: sequence) { [self] in
            call.life.timers.after(Self.pause) { [self] in wake(isLast: false, beyond: sequence) }
        }
        let isOver = state.withLock { state in
            if !state.isOver { state.notification = notification }
            return state.isOver
        }
        // It ended while the notification was being registered, so `end` did not find it.
        if isOver { notification.cancel() }
    }

    private func wake(isLast: Bool, beyond sequence: Int64 = 0) {
        let isTaken = call.onReader { [self] in
            guard !state.withLock({ $0.isOver }) else { return }
            do {
                switch try attempt(isLast) {
                case .answer(let response, let held):
                    // Here, where it holds nobody up.
                    var room: MemoryLedger.Hold?
                    let coded = ContentCoding.encode(response, coding: call.exchange.coding) { byteCount in room = try memory(byteCount) }
                    end { [room] in withExtendedLifetime((held, room)) { coded } }
                case .notYet(let next):
                    if isLast { end(fallback) } else { listen(beyond: next ?? sequence &+ 1) }
                }
            } catch {
                // Made as it leaves, on the connection's thread: two attempts may fail, and what is noted of a problem is in the exchange.
                end { [call] in call.response(to: error) }
            }
        }
        if isTaken { return }
        // Never here: this is the thread of a timer or of a commit.
        if isLast { end(fallback) } else { call.life.timers.after(Self.crowdedPause) { [self] in wake(isLast: false, beyond: sequence) } }
    }

    private func end(_ make: @escaping @Sendable () -> Response) {
        let (notification, deadline) = state.withLock { state in
            state.isOver = true
            defer { (state.notification, state.deadline) = (nil, nil) }
            return (state.notification, state.deadline)
        }
        notification?.cancel()
        if let deadline { call.life.deadlines.cancel(deadline) }
        call.exchange.complete(make)
    }
}
