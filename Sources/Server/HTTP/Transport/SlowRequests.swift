internal import ColumnStore
internal import Documents
import Glibc
internal import Ingest
import Synchronization

/// Ends requests whose bytes come too slowly, and answers that are taken too slowly. A client that sends or takes a byte now and then is never idle,
/// and would keep its connection, and what the answer holds, forever.
///
/// A connection's thread says how far it is (`Progress`), without a lock; the timers' thread looks at all of them about once a second. So an end comes up to a
/// period late.
final class SlowRequests: Sendable {
    struct Limits: Sendable {
        /// For the request line and the header fields.
        var headSeconds = 30.0
        /// For the body, and a second more for each `bodyByteRate` bytes of it that have come.
        var bodySeconds = 60.0
        var bodyByteRate = 4_096.0
        /// For an answer that is there, and a second more for each `bodyByteRate` bytes of it that were taken.
        var answerSeconds = 60.0
    }

    enum Stage: Int {
        /// The request line is awaited; some of it may be here.
        case line
        case head, body
        /// The request is here, and its answer being made.
        case whole
        /// There is some of the answer that the client has not taken.
        case answering
    }

    /// How far the request of a connection has come: told by the connection's thread, read by the one that watches.
    final class Progress: Sendable {
        let socket: Int32
        /// Written last: an instant and a count that are read after a stage are that stage's, or later.
        private let stage = Atomic<Int>(Stage.line.rawValue)
        fileprivate let since = Atomic<UInt64>(SteadyClock.nanoseconds())
        fileprivate let requestCount = Atomic<Int>(0)
        /// Of the body that have come, or of the answer that were taken.
        fileprivate let byteCount = Atomic<Int>(0)
        /// The connection's last request bore a credential that counts.
        private let isKnown = Atomic<Bool>(false)
        private let late = Atomic<Bool>(false)

        init(socket: Int32) { self.socket = socket }

        func reached(_ new: Stage) {
            if new == .line { requestCount.wrappingAdd(1, ordering: .relaxed) }
            if new == .body || new == .answering { byteCount.store(0, ordering: .relaxed) }
            if new != .line, new != .whole { since.store(SteadyClock.nanoseconds(), ordering: .relaxed) }
            stage.store(new.rawValue, ordering: .releasing)
        }

        func received(_ count: Int) { byteCount.wrappingAdd(count, ordering: .relaxed) }

        /// More of the answer goes out.
        func sent(_ count: Int) {
            if present != .answering { reached(.answering) }
            byteCount.wrappingAdd(count, ordering: .relaxed)
        }

        func showedCredential(_ isGood: Bool) { isKnown.store(isGood, ordering: .relaxed) }

        /// Which connections can be spared, those of a lower rank sooner; nil for one that cannot.
        var rankOfClosing: Int? {
            let isKnown = isKnown.load(ordering: .relaxed)
            switch present {
            case .line: return isKnown ? 1 : 0
            case .head: return 2
            case .body: return isKnown ? nil : 3
            case .whole, .answering: return nil
            }
        }

        /// Ends the connection: another is worth more.
        func close() { shutdown(socket, HangupWatcher.both) }

        /// The request's time is over, and the connection reads no more.
        var isLate: Bool { late.load(ordering: .acquiring) }

        fileprivate func end() {
            late.store(true, ordering: .releasing)
            // The library sees the end of the client's bytes, on the connection's own thread, and the answer is given there.
            shutdown(socket, present == .answering ? HangupWatcher.both : HangupWatcher.reading)
        }

        /// The client sends no more, and the library may not have noticed: of bytes and their end that come at once, libmicrohttpd 0.9.75 takes
        /// the bytes and waits for a further event. This is one; what is still to be read stays to be read.
        fileprivate func showEnd() { shutdown(socket, HangupWatcher.reading) }

        fileprivate var present: Stage { Stage(rawValue: stage.load(ordering: .acquiring)) ?? .whole }
    }

    /// What was seen of a connection that awaits a request line.
    private struct Watched {
        let progress: Progress
        var requestCount = 0
        var byteCount: UInt64 = 0
        /// When more bytes had come, without a whole line.
        var receivingSince: UInt64?
        /// The client had ended its sending when it was last looked at.
        var isHalfClosed = false
    }

    private struct State {
        var watched: [ObjectIdentifier: Watched] = [:]
        /// A look at the connections is due.
        var isArmed = false
    }
    let limits: Limits
    private let timers: Timers
    /// How often it looks, in seconds.
    private let period: Double
    private let state = Mutex(State())

    init(_ limits: Limits, _ timers: Timers) {
        self.limits = limits
        self.timers = timers
        period = min(1, limits.headSeconds / 4, limits.bodySeconds / 4, limits.answerSeconds / 4)
    }

    /// Looks again, unless there is no connection or a look is due anyway.
    private func arm() {
        let isDue = state.withLock { state in
            guard !state.isArmed, !state.watched.isEmpty else { return false }
            state.isArmed = true
            return true
        }
        guard isDue else { return }
        timers.after(period) { [weak self] in
            guard let self else { return }
            // A connection is not closed meanwhile: `forget` waits for the lock, so its descriptor is its own.
            state.withLock { state in
                state.isArmed = false
                Self.look(&state.watched, self.limits)
            }
            arm()
        }
    }

    /// - Parameter isHead: the request's line or header fields were not whole.
    func problem(isHead: Bool) -> Problem {
        isHead
            ? Problem(.requestTimeout, "the request's line and header fields did not come within \(Int(limits.headSeconds)) s")
            : Problem(.requestTimeout, "the request's body did not come within \(Int(limits.bodySeconds)) s, and a second more for each \(Int(limits.bodyByteRate)) bytes")
    }

    func watch(_ progress: Progress) {
        let isFirst = state.withLock { state in
            state.watched[ObjectIdentifier(progress)] = Watched(progress: progress)
            return !state.isArmed
        }
        if isFirst { arm() }
    }

    /// Before the connection's socket is closed.
    func forget(_ progress: Progress) { state.withLock { $0.watched[ObjectIdentifier(progress)] = nil } }

    private static func look(_ watched: inout [ObjectIdentifier: Watched], _ limits: Limits) {
        let now = SteadyClock.nanoseconds()
        for place in watched.values.indices {
            let progress = watched.values[place].progress
            // The stage first: its beginning is written before it, so that no old instant is taken for that of a new stage.
            let stage = progress.present
            let seconds = Double(now &- min(now, progress.since.load(ordering: .relaxed))) / 1e9
            let isLate: Bool
            switch stage {
            case .whole: isLate = false
            case .head: isLate = seconds > limits.headSeconds
            case .body:
                isLate = seconds > limits.bodySeconds + Double(progress.byteCount.load(ordering: .relaxed)) / limits.bodyByteRate
            case .answering:
                isLate = seconds > limits.answerSeconds + Double(progress.byteCount.load(ordering: .relaxed)) / limits.bodyByteRate
            case .line: isLate = isLineLate(&watched.values[place], now, limits)
            }
            // Once: a connection that was asked to end is left to its own thread.
            if isLate, !progress.isLate {
                progress.end()
            } else if progress.present != .whole, progress.present != .answering {
                let isHalfClosed = HangupWatcher.isHalfClosed(progress.socket)
                if isHalfClosed, watched.values[place].isHalfClosed { progress.showEnd() }
                watched.values[place].isHalfClosed = isHalfClosed
            }
        }
    }

    /// Bytes beyond those at the last request's end, in two looks: then a line has begun, and its time runs from the first of them.
    ///
    /// The library tells nobody of a line that has begun: its bytes are counted.
    private static func isLineLate(_ watched: inout Watched, _ now: UInt64, _ limits: Limits) -> Bool {
        let byteCount = Listener.receivedByteCount(watched.progress.socket)
        let requestCount = watched.progress.requestCount.load(ordering: .relaxed)
        if requestCount != watched.requestCount {
            (watched.requestCount, watched.byteCount, watched.receivingSince) = (requestCount, byteCount, nil)
        }
        guard byteCount > watched.byteCount else { return false }
        guard let since = watched.receivingSince else {
            watched.receivingSince = now
            return false
        }
        return Double(now &- since) / 1e9 > limits.headSeconds
    }
}
