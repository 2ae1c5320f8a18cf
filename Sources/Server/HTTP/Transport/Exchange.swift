internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// One request and its answer, from the request line until the last byte is sent or the connection is lost.
///
/// The connection's thread owns it. Others may only call `complete`, `whenGone` and what the stream offers: they meet the owner
/// under `outcome`.
///
/// 1. The answer is given once: the first `complete` counts, later ones do nothing.
/// 2. A connection that was suspended is resumed once, for its answer, unless the request is over by then.
/// 3. `goneActions` run once, when the client hangs up or another answer takes the place of the one that was given, or never where that was sent whole.
/// 4. Until `isOver` is set the connection is this request's own; `cut`, `deliver` and `isLost` look at that under the lock.
package final class Exchange: @unchecked Sendable {
    // Proof of Sendable: `request`, `coding`, `reader`, `refusal`, `phase`, `handled`, `charge` with what it counts, `problem`, `isUnheard` and `requestID` are touched by the
    // connection's thread alone until `suspend`, then by the one thread that was given the work, until `complete`, and from then on by the connection's again;
    // libmicrohttpd's own lock inside suspend and resume orders them. All else is behind `outcome`.

    /// head → body → working → answered; from head and body also → discarding → answered, for what is refused while its body still comes.
    enum Phase { case head, body, discarding, working, answered }

    private struct Outcome {
        var answer: (@Sendable () -> Response)?
        var isCompleted = false
        /// The connection is put aside, and must be resumed for its answer.
        var isSuspended = false
        var isGone = false
        /// The connection may be another's by now.
        var isOver = false
        var stream: ResponseStream?
        var goneActions: [@Sendable () -> Void] = []
        /// What the answer waits for.
        var hold: Hold?
    }

    /// Runs what it is given once an answer may leave, with what takes that answer's place if it may not.
    package typealias Hold = @Sendable (@escaping @Sendable ((@Sendable () -> Response)?) -> Void) -> Void

    package let connection: Connection
    package var request: Request
    /// Where the body goes that is too long for memory.
    package var sink: (any BodySink)?
    package var reader = BodyReader(byteCountMax: 0, expected: nil)
    var refusal: Response?
    var phase = Phase.head
    /// What the listener's handler made of the head. It may refer back here: dropped when the request is over.
    package var handled: (any HandledRequest)?
    /// Where in the table of routes; nil for what found none. For figures.
    package var routeIndex: Int?
    /// Whose credential it bears, let in or not. For the log.
    package var caller: (clientID: String?, keyID: String?)
    /// Fields of the answer, whatever it is: the rate that is left.
    package var admissionHeaders: [Response.Header] = []
    /// Fields of the answer where it has none of the same name.
    var usualHeaders: [Response.Header] = []
    /// More of them, asked for as the answer goes out: what may have changed since the request came. Of whoever stands before the server.
    package var partingHeaders: (@Sendable () -> [Response.Header])?
    /// Why the answer is a problem. For the log.
    package var problem: Problem?
    /// Its client seemed to be gone, and nothing is left of what was done for it (`Dispatch.Unheard`).
    package var isUnheard = false
    /// For logs and answers; made when first needed.
    package var requestID: String?
    /// JSON for the audit trail: what an administrative act put, made or moved. Without secrets.
    package var auditDetail: String?
    /// Ends the call's entry in the audit trail; nil once a job has taken that over.
    package var auditEnd: (@Sendable (Job.Standing) -> Void)?
    package let startedAt = SteadyClock.seconds()
    /// What the answer is put into, once the request has been let in; nil: it leaves as it is.
    var coding: StreamCoding?
    /// Of the answer; 0 before it.
    package var status = 0
    /// What figures and the log have for the status: 0 where the client left first, whatever was said in case that it still reads.
    var countedStatus: Int { isUnheard ? 0 : status }
    var discardedByteCount = 0
    /// When the request was here whole, no other was in flight.
    package var isAlone = false
    /// The connection's thread does nothing that may take long.
    package var isInHaste = false
    /// A credential was shown, and counts.
    package var isKnown = false
    /// Where the client is.
    package let peer: PeerAddress?
    /// What it holds, and its place among those of its credential.
    var charge = MemoryLedger.Charge()
    private var bodyByteCount = 0
    private var answerByteCount = 0
    private let watcher: HangupWatcher
    private var isWatched = false
    private let outcome = Mutex(Outcome())

    init(connection: Connection, target: RequestTarget, watcher: HangupWatcher, peer: PeerAddress?) {
        self.connection = connection
        self.peer = peer
        self.watcher = watcher
        request = Request(method: "", target: target, headers: connection)
    }

    // MARK: What it holds

    /// Whose request it is, for those who serve everybody in turn.
    package var account: MemoryLedger.Account? { charge.account }

    /// Asks for the memory of a body of so many bytes, with what the answer holds.
    package func holdBody(_ byteCount: Int) throws(Problem) {
        try charge.set(byteCount.addingSaturating(answerByteCount))
        bodyByteCount = byteCount
    }

    /// Asks for the memory of what the body is read into, before it is read: it counts with the body from here on. Once for each body.
    ///
    /// - Throws: `overloaded`; `too-large` for what would never fit.
    package func holdValue(_ byteCount: Int) throws(Problem) {
        guard byteCount > MemoryLedger.freeByteCount else { return }
        let held = bodyByteCount.addingSaturating(byteCount)
        guard held <= charge.byteCountMax else {
            throw Problem(.tooLarge, "the body has so many values that it takes \(byteCount >> 20) MiB to read it, and requests of one credential may hold \(charge.byteCountMax >> 20) MiB")
        }
        try charge.set(held.addingSaturating(answerByteCount))
        bodyByteCount = held
    }

    /// Asks for the memory of an answer of so many bytes, before it is made or while it is.
    ///
    /// - Throws: `overloaded`; `too-large` for what is never had.
    package func holdAnswer(_ byteCount: Int) throws(Problem) {
        try holdWhole(byteCount, orElse: Self.usualAdvice)
    }

    /// What else can be asked for, where nothing better is known.
    package static let usualAdvice = "ask for less at once (limit), or have that limit raised"

    /// As `holdAnswer`, for one thing that is read, and let go of but for what is shown of it: where that takes more than may ever be had, nothing else is held
    /// meanwhile, so that it can be read at all.
    package func holdReading(_ byteCount: Int) throws(Problem) { try holdAnswer(min(byteCount, answerByteCountMax)) }

    /// As `holdAnswer`, for what is said of in words of its own.
    ///
    /// - Parameter advice: what else can be asked for.
    package func holdWhole(_ byteCount: Int, orElse advice: @autoclosure () -> String) throws(Problem) {
        guard !isNeverHeld(byteCount) else { throw Self.neverHeld(byteCount, of: charge.byteCountMax, orElse: advice()) }
        let held = byteCount > MemoryLedger.freeByteCount ? byteCount : 0
        try charge.set(bodyByteCount.addingSaturating(held))
        answerByteCount = held
    }

    /// What is said of an answer that is never had.
    ///
    /// - Parameter most: what requests of one credential may hold.
    static func neverHeld(_ byteCount: Int, of most: Int, orElse advice: String = Exchange.usualAdvice) -> Problem {
        Problem(.tooLarge, "it takes \(byteCount >> 20) MiB to answer with this, and requests of one credential may hold \(most >> 20) MiB (limits.request_memory); \(advice)")
    }

    /// As `holdAnswer`, beside what the answer holds already.
    func holdFurther(_ byteCount: Int) throws(Problem) { try holdAnswer(answerByteCount.addingSaturating(byteCount)) }

    /// Bytes of an answer that may ever be held, however long one waits.
    package var answerByteCountMax: Int { max(0, charge.byteCountMax.subtractingSaturating(bodyByteCount)) }

    /// Of those, what is beside what the answer holds already.
    var furtherByteCountMax: Int { max(0, answerByteCountMax.subtractingSaturating(answerByteCount)) }

    /// Whether an answer of so many bytes is never had. What is short is not charged.
    package func isNeverHeld(_ byteCount: Int) -> Bool { byteCount > max(MemoryLedger.freeByteCount, answerByteCountMax) }

    /// Nobody reads the body any more.
    func dropBody() {
        reader.release()
        sink = nil
        request.body = []
        // Less is never refused.
        try? holdBody(0)
    }

    // MARK: Answering later

    /// Puts the connection aside; the answer comes by `complete`, from any thread, even before this thread returns to the listener.
    package func suspend() {
        outcome.withLock { $0.isSuspended = true }
        connection.suspend()
    }

    /// Runs `work`, whose answer comes by `complete`, and puts the connection aside only if that was not before `work` returned: taking a
    /// connection out of its daemon's list and putting it back costs two turns of the daemon.
    ///
    /// - Returns: nil when the answer comes later.
    package func answer(_ work: () -> Void) -> Response? {
        work()
        let answer = outcome.withLock { outcome -> (@Sendable () -> Response)? in
            guard !outcome.isSuspended else { return nil }
            if let answer = outcome.answer {
                outcome.answer = nil
                return answer
            }
            // Under the lock: whoever completes from here on resumes what is suspended.
            outcome.isSuspended = true
            connection.suspend()
            return nil
        }
        return answer?()
    }

    /// As `suspend`, for what may last: a client that hangs up meanwhile is noticed.
    package func suspendWatched() {
        watch()
        suspend()
    }

    /// From here on a client that hangs up is noticed, suspended or not.
    package func watch() {
        isWatched = true
        watcher.watch(connection.socket) { [weak self] in self?.clientHungUp() }
    }

    /// Gives the answer, and ends the suspension. `make` runs on the connection's thread. Only the first call counts.
    package func complete(_ make: @escaping @Sendable () -> Response) {
        // The hold is taken out with the first answer: a second one would find none, and is not given.
        let (isFirst, hold) = outcome.withLock { outcome -> (Bool, Hold?) in
            defer { (outcome.isCompleted, outcome.hold) = (true, nil) }
            return (!outcome.isCompleted, outcome.hold)
        }
        guard isFirst else { return }
        guard let hold else { return deliver(make) }
        hold { [self] other in
            // Whoever still makes the answer makes it for nobody.
            if other != nil { giveUp() }
            deliver(other ?? make)
        }
    }

    /// Another answer leaves in the place of the one that was given, and which may still be made: as it is for whoever makes it when the client hangs up.
    private func giveUp() {
        let actions = outcome.withLock { outcome in
            defer { outcome.goneActions = [] }
            return outcome.goneActions
        }
        for action in actions { action() }
    }

    /// Whether the answer was given, though it may be held.
    var isCompleted: Bool { outcome.withLock { $0.isCompleted } }

    private func deliver(_ make: @escaping @Sendable () -> Response) {
        // Not while the connection's thread is still at work: it takes the answer itself as it comes back (`answer`, `takeAnswer`).
        let isWaiting = outcome.withLock { outcome in
            outcome.answer = make
            return outcome.isSuspended && !outcome.isOver
        }
        if isWaiting { connection.resume() }
    }

    /// Answers wait for `hold` from here on; nil: for nothing.
    package func hold(_ hold: Hold?) { outcome.withLock { $0.hold = hold } }

    /// Runs `action` when the client hangs up before the answer is sent whole, at once when it has already; and when another answer leaves in place of the one that was given, if it was
    /// registered by then.
    package func whenGone(_ action: @escaping @Sendable () -> Void) {
        let isGone = outcome.withLock { outcome in
            if !outcome.isGone { outcome.goneActions.append(action) }
            return outcome.isGone
        }
        if isGone { action() }
    }

    package var isGone: Bool { outcome.withLock { $0.isGone } }

    /// Whether nobody hears the answer for certain. A client that is gone may have ended its sending side alone, and wait for it.
    package var isLost: Bool { outcome.withLock { $0.isOver || HangupWatcher.isReset(connection.socket) } }

    // MARK: The listener's side

    func takeAnswer() -> (@Sendable () -> Response)? {
        outcome.withLock { outcome in
            let answer = outcome.answer
            outcome.answer = nil
            return answer
        }
    }

    func sending(_ stream: ResponseStream) {
        let isGone = outcome.withLock { outcome in
            outcome.stream = stream
            return outcome.isGone
        }
        if isGone { stream.close() }
    }

    /// Ends the connection of a client that takes nothing of its answer.
    package func cut() { outcome.withLock { if !$0.isOver { connection.cut() } } }

    /// The request is over: sent whole, or lost.
    func ended(isWhole: Bool) {
        // First of all: the socket's number may be another connection's soon.
        if isWatched { watcher.forget(connection.socket) }
        outcome.withLock { ($0.isOver, $0.hold) = (true, nil) }
        if isWhole { outcome.withLock { $0.goneActions = [] } } else { clientHungUp() }
        reader.release()
        sink = nil
        request.body = []
    }

    private func clientHungUp() {
        let (actions, stream) = outcome.withLock { outcome in
            outcome.isGone = true
            let actions = outcome.goneActions
            outcome.goneActions = []
            return (actions, outcome.stream)
        }
        for action in actions { action() }
        stream?.close()
    }
}
