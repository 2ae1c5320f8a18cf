internal import Synchronization

/// Whether a bucket answers, as the last requests tell: while it does not, nobody waits for it in vain.
///
/// It counts as down when a request has failed for good, a refusal only where the trial is refused as well, or when several tries in a row, over a while, had
/// no answer to go by. From then on every request is refused with what was wrong, and a small one of its own asks now and then, until there is an answer again.
package final class BucketHealth: Sendable {
    package struct Outage: Sendable, Equatable {
        package var failure: BucketFailure
        /// Seconds since 1970.
        package var since: Int64
    }

    private struct State {
        var outage: Outage?
        /// Tries without an answer, one after the other.
        var failedCount = 0
        var failingSince: UInt64 = 0
        var answeredAt: UInt64 = 0
        /// By method, until a request of it is taken.
        var refusedWrites: [OutgoingRequest.Method: BucketFailure] = [:]
        /// Whether somebody is about to ask, or asks: one at a time, however many outages there were since it began.
        var isAsking = false
    }

    private let state = Mutex(State())
    private let location: String
    /// Between two trials, in seconds; nil: nobody is refused.
    private let pauseSeconds: Double?
    private let timers: @Sendable () -> Timers?
    private let trial = Mutex<(@Sendable () -> Void)?>(nil)

    /// So many in a row over such a time: what a single server that is replaced, or a lost packet, does not make.
    private static let failedCountMax = 3
    private static let failingNanosecondsMax: UInt64 = 2_000_000_000

    /// Of all buckets together: their thread stays as long as the process, and buckets come and go.
    private static let shared = Mutex<Timers?>(nil)

    static func sharedTimers() -> Timers? {
        shared.withLock { timers in
            if timers == nil { timers = Timers.started() }
            return timers
        }
    }

    /// - Parameters:
    ///   - pauseMilliseconds: 0: nobody is refused.
    ///   - timers: nil where the system gives no thread for them.
    init(location: String, pauseMilliseconds: Int, timers: @escaping @Sendable () -> Timers? = { BucketHealth.sharedTimers() }) {
        self.location = location
        self.timers = timers
        pauseSeconds = pauseMilliseconds > 0 ? Double(pauseMilliseconds) / 1_000 : nil
    }

    /// - Parameter body: asks for something small, on a thread that may wait.
    func onTrial(_ body: @escaping @Sendable () -> Void) { trial.withLock { $0 = body } }

    /// Whether requests are refused while there is an outage.
    var refuses: Bool { pauseSeconds != nil }

    /// nil while the bucket answers.
    package var outage: Outage? { state.withLock { $0.outage } }

    /// What of writing was refused last, though the bucket answers: keys may read and not write.
    package var refusedWrite: BucketFailure? {
        state.withLock { $0.refusedWrites[.put] ?? $0.refusedWrites[.delete] }
    }

    /// A request was taken, or refused without the bucket being down.
    func noteWrite(_ method: OutgoingRequest.Method, refusal: BucketFailure?) {
        if method == .get || method == .head { return }
        // Parts are put by the same right as what is put whole.
        state.withLock { $0.refusedWrites[method == .post ? .put : method] = refusal }
    }

    /// Some try had an answer, whatever it said of the object.
    func answered() {
        let ended = state.withLock { state in
            defer { (state.outage, state.failedCount, state.answeredAt) = (nil, 0, SteadyClock.nanoseconds()) }
            return state.outage
        }
        guard let ended else { return }
        StoreLog.note(
            "the bucket answers again", path: location, reason: "it gave none to go by for \(max(0, SigningInstant.now.seconds - ended.since)) s: \(ended.failure)", level: .warning)
    }

    /// A try had no answer to go by.
    func tried(_ failure: BucketFailure) {
        guard pauseSeconds != nil else { return }
        let now = SteadyClock.nanoseconds()
        let isDown = state.withLock { state in
            if state.failedCount == 0 { state.failingSince = now }
            state.failedCount += 1
            return state.failedCount >= Self.failedCountMax && now &- state.failingSince >= Self.failingNanosecondsMax
        }
        if isDown { failed(failure) }
    }

    /// A request failed for good, and what was wrong concerns all.
    func failed(_ failure: BucketFailure) {
        guard pauseSeconds != nil else { return }
        let (isNew, isAsking) = state.withLock { state -> (Bool, Bool) in
            guard state.outage == nil else { return (false, true) }
            state.outage = Outage(failure: failure, since: SigningInstant.now.seconds)
            defer { state.isAsking = true }
            return (true, state.isAsking)
        }
        guard isNew else { return }
        StoreLog.note("the bucket gives no answer to go by", path: location, reason: "\(failure); what needs it is refused until it answers again", level: .warning)
        if !isAsking { tryAgainLater() }
    }

    /// Asks until there is an answer, or nobody is there any more.
    private func tryAgainLater() {
        guard let pauseSeconds else { return }
        // Without a thread to ask on, whoever comes next asks.
        guard let timers = timers() else { return state.withLock { ($0.outage, $0.isAsking) = (nil, false) } }
        timers.after(pauseSeconds) { [weak self] in
            guard let self, let trial = trial.withLock({ $0 }), goesOn() else { return }
            // The timers' thread must not wait.
            let isBegun = WorkerThread.start(name: "bucket-trial") { [weak self] in
                trial()
                guard let self, self.goesOn() else { return }
                self.tryAgainLater()
            }
            if !isBegun { tryAgainLater() }
        }
    }

    /// Whether there is still something to ask for. At once with the end of asking, so that an outage which begins meanwhile either has this one go on or begins another.
    private func goesOn() -> Bool {
        state.withLock { state in
            state.isAsking = state.outage != nil
            return state.isAsking
        }
    }
}

extension BucketFailure {
    /// Whether only another request tells if it is one of the bucket: to HEAD a service has no words.
    var mayBeOfOneObject: Bool { kind == .refused && status == 403 && (code == "AccessDenied" || code == "403") }

    /// Whether it may be one of the bucket: false where it is of one object for certain.
    var mayBeOfTheBucket: Bool {
        switch kind {
        case .unavailable: true
        // What is too large for it is refused by us.
        case .refused: status >= 300 && !BucketAnswer.ofOneObject.contains(code)
        case .notFound, .lostRace, .noSuchRange, .corrupt, .cancelled: false
        }
    }
}
