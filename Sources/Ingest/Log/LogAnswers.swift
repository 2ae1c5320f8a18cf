import ColumnStore

/// Answers that wait until all that was committed before them lies in the log. Waiting ends: with the log there, taken over, or after a while.
final class LogAnswers: Sendable {
    /// What becomes of an answer.
    enum Outcome: Sendable {
        case kept
        /// It may come there yet: a repeated call is answered once it has.
        case late
        /// It is kept, and whether this machine may tell it is not known: nobody who could say who leads was heard.
        case unproven
        /// Another writer has the log.
        case refused(String)
    }

    private struct Waiter: Sendable {
        let number: Int64
        let end: Double
        let body: @Sendable (Outcome) -> Void
    }

    private struct State {
        /// What answers may tell of: in the log, and a store can be made of it.
        var last: Int64
        /// What is in the log.
        var reached: Int64
        /// The log tells the store's state up to here, in microseconds since 1970.
        var until: Int64 = 0
        /// Records are of no use before there is a checkpoint that they go on from: nobody can make a store of them.
        var isHeld: Bool
        /// The log must have come to that checkpoint's end.
        var checkpoint: (to: Int64, at: Int64)?
        var refusal: String?
        /// A wait has come to its end in vain, and nothing came there since.
        var isStuck = false
        var waiters: [Waiter] = []
        var isStopping = false
    }

    private let state: Monitor<State>
    private let seconds: Double
    private let thread: WorkerThread

    /// How long an answer waits: longer than a bucket's hiccup, shorter than clients wait.
    static let waitSeconds = 10.0

    /// - Parameters:
    ///   - last: the last record that is in the log.
    ///   - isHeld: whether a checkpoint is needed first.
    init(last: Int64, isHeld: Bool, seconds: Double = waitSeconds) {
        let state = Monitor(State(last: isHeld ? 0 : last, reached: last, isHeld: isHeld))
        (self.state, self.seconds) = (state, seconds)
        thread = WorkerThread(name: "log-answers") { while let due = Self.next(state) { for (waiter, outcome) in due { waiter.body(outcome) } } }
    }

    /// Whether answers wait in vain at present: new callers get that answer at once.
    var isStuck: Bool { state.withLock { $0.isStuck || $0.refusal != nil } }

    /// Runs `body` once record `number` is in the log, or is not for long; on another thread, which must not wait, or on this one.
    func wait(for number: Int64, _ body: @escaping @Sendable (Outcome) -> Void) {
        let outcome = state.withLock { state -> Outcome? in
            if let refusal = state.refusal { return .refused(refusal) }
            if number <= state.last { return .kept }
            if state.isStopping { return .late }
            state.waiters.append(Waiter(number: number, end: SteadyClock.seconds() + seconds, body: body))
            return nil
        }
        // The thread looks up by itself when the wait is over.
        if let outcome { body(outcome) }
    }

    /// The log has all up to there.
    ///
    /// - Parameters:
    ///   - until: and tells the store's state up to here, in microseconds since 1970.
    ///   - isBroken: something was changed past it: a checkpoint is needed.
    func reach(_ last: Int64, until: Int64, isBroken: Bool) {
        state.broadcast { state in
            (state.reached, state.until) = (max(state.reached, last), max(state.until, until))
            if isBroken { (state.isHeld, state.checkpoint) = (true, nil) }
            Self.settle(&state)
        }
    }

    /// A checkpoint was made: records that follow it are of use once the log has come to its end.
    func note(checkpointTo to: Int64, at: Int64) {
        state.broadcast { state in
            if state.isHeld { state.checkpoint = (to, at) }
            Self.settle(&state)
        }
    }

    private static func settle(_ state: inout State) {
        if let checkpoint = state.checkpoint, state.reached >= checkpoint.to, state.until >= checkpoint.at { (state.isHeld, state.checkpoint) = (false, nil) }
        guard !state.isHeld else { return }
        (state.last, state.isStuck) = (max(state.last, state.reached), false)
    }

    /// The log has begun an epoch: its records are of no use before there is a checkpoint.
    func hold() { state.broadcast { ($0.isHeld, $0.checkpoint, $0.last) = (true, nil, 0) } }

    func refuse(_ reason: String) { state.broadcast { $0.refusal = reason } }

    /// Callers that wait get the answer that it takes too long.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Returns: nil at the end.
    private static func next(_ state: Monitor<State>) -> [(Waiter, Outcome)]? {
        let due = state.wait(nanoseconds: 100_000_000) { state in
            let due = take(&state)
            return due.isEmpty && !state.isStopping ? nil : due
        }
        guard let due else { return [] }
        return due.isEmpty ? nil : due
    }

    private static func take(_ state: inout State) -> [(Waiter, Outcome)] {
        guard !state.waiters.isEmpty else { return [] }
        let now = SteadyClock.seconds()
        var due: [(Waiter, Outcome)] = []
        var rest: [Waiter] = []
        for waiter in state.waiters {
            if waiter.number <= state.last {
                due.append((waiter, .kept))
            } else if let refusal = state.refusal {
                due.append((waiter, .refused(refusal)))
            } else if waiter.end <= now || state.isStopping {
                due.append((waiter, .late))
                if !state.isStopping { state.isStuck = true }
            } else {
                rest.append(waiter)
            }
        }
        state.waiters = rest
        return due
    }
}
