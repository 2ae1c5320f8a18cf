/// Credentials for as long as the process lives: the first source that is set up gives them, and gives new ones before they end.
///
/// 1. Sources are asked on a thread of their own, by one question at a time, which ends by their own time-outs. Whoever waits for it does as long as their own
///    time goes; what comes later is for the next.
/// 2. While there are some that are good nobody waits: what is near its end is renewed beside those who use it. If that fails it is used until the very end, and asked for again
///    a little later.
package final class CredentialChain: Sendable {
    /// Before the end they are asked for: the SDKs' own figure.
    static let earlySeconds: Int64 = 15 * 60
    /// Before the end a request might come too late with them: who comes then waits for new ones.
    static let lateSeconds: Int64 = 5
    /// Between two questions near the end.
    static let pauseSeconds: Int64 = 30

    /// For whoever has none.
    static let waysToSetUp = "give storage.credentials, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a file of credentials, or a role to the container or machine"

    private struct State {
        var credentials: AWSCredentials?
        var isAsking = false
        /// Questions that have ended, and why the last one gave nothing.
        var endedCount: UInt64 = 0
        var failure: CredentialFailure?
        /// Not before then again, while what there is still holds.
        var nextTry = Int64.min
        var refused: AWSCredentials?
    }

    /// What a caller does.
    private struct Turn {
        /// Not ended yet.
        var held: AWSCredentials?
        /// Questions that had ended before.
        var endedCount: UInt64
        var asks = false
        var waits = false
    }

    private enum Outcome { case use(AWSCredentials), fail(CredentialFailure), askAgain }

    private let sources: [any CredentialSource]
    private let clock: @Sendable () -> Int64
    private let starter: WorkerThread.Starter
    private let state = Monitor(State())

    /// - Parameters:
    ///   - sources: in the order in which they are asked.
    ///   - clock: seconds since 1970.
    package init(
        _ sources: [any CredentialSource], clock: @escaping @Sendable () -> Int64 = { SigningInstant.now.seconds },
        starter: @escaping WorkerThread.Starter = { WorkerThread.start(name: $0, $1) }
    ) {
        self.sources = sources
        self.clock = clock
        self.starter = starter
    }

    /// The settings' keys, or the SDKs' chain.
    package convenience init(settings: AWSCredentials?, environment: [String: String], region: String, client: OutgoingClient) {
        let chain: [any CredentialSource] = [
            EnvironmentCredentials(environment), WebIdentityCredentials(environment, region: region, client: client), SharedFileCredentials(environment),
            ContainerCredentials(environment, client: client), InstanceCredentials(environment, client: client),
        ]
        self.init(settings.map { [StaticCredentials($0)] } ?? chain)
    }

    /// Credentials that have not ended.
    ///
    /// - Parameter scope: until when, and whether at all, the caller waits where there are none.
    /// - Throws: what the first source said that is set up, that none is, or that none has answered in time.
    package func credentials(in scope: WaitScope = .current) throws(CredentialFailure) -> AWSCredentials {
        while true {
            let turn = state.withLock { takeTurn(&$0) }
            if turn.asks { begin(turn) }
            if let held = turn.held, !turn.waits { return held }
            switch outcome(turn, scope) {
            case .use(let credentials): return credentials
            case .fail(let failure): throw failure
            case .askAgain: continue
            }
        }
    }

    private func takeTurn(_ state: inout State) -> Turn {
        let now = clock()
        var turn = Turn(held: Self.held(state, now), endedCount: state.endedCount)
        if let held = turn.held {
            let left = Self.secondsLeft(held, now)
            guard left <= Self.earlySeconds, now >= state.nextTry else { return turn }
            turn.waits = left <= Self.lateSeconds
        } else {
            turn.waits = true
        }
        turn.asks = !state.isAsking
        state.isAsking = true
        return turn
    }

    private func begin(_ turn: Turn) {
        let isRenewal = turn.held != nil
        guard !starter("credentials", { [self] in ask(isRenewal: isRenewal) }) else { return }
        // The system gives no thread. Who has nothing to go on with asks by itself; else it is for whoever comes a little later.
        if turn.waits { ask(isRenewal: isRenewal) } else { end(.failure(CredentialFailure(source: "credentials", reason: "the system gives no thread to ask for them"))) }
    }

    private func ask(isRenewal: Bool) {
        let result: Result<AWSCredentials, CredentialFailure>
        do { result = .success(try fetch()) } catch { result = .failure(error) }
        end(result)
        if isRenewal, case .failure(let failure) = result {
            StoreLog.note("credentials are not renewed", path: failure.source, reason: failure.reason, level: .warning)
        }
    }

    /// Ends the question, and wakes those who wait for it.
    private func end(_ result: Result<AWSCredentials, CredentialFailure>) {
        state.broadcast { state in
            state.isAsking = false
            state.endedCount &+= 1
            switch result {
            case .success(let new): (state.credentials, state.failure) = (new, nil)
            case .failure(let failure): state.failure = failure
            }
            // A role's keys may be handed out near their end, and the same again for minutes: not asked for with each request.
            state.nextTry = clock().addingSaturating(Self.pauseSeconds)
        }
    }

    /// Waits for the end of the question that goes on, as long as the caller may.
    private func outcome(_ turn: Turn, _ scope: WaitScope) -> Outcome {
        state.wait(checkingEvery: 20) { state -> Outcome? in
            let hasEnded = state.endedCount != turn.endedCount
            guard hasEnded || scope.isCancelled() || SteadyClock.nanoseconds() > scope.endsAt else { return nil }
            if let held = Self.held(state, clock()) { return .use(held) }
            guard hasEnded else { return .fail(CredentialFailure(source: "credentials", reason: "they are asked for, and have not come in the time there was")) }
            // Without one, what came has been refused as ended to another caller meanwhile.
            guard let failure = state.failure else { return .askAgain }
            return .fail(failure)
        }
    }

    private static func held(_ state: State, _ now: Int64) -> AWSCredentials? {
        state.credentials.flatMap { secondsLeft($0, now) > 0 ? $0 : nil }
    }

    /// The service has refused these as ended, whatever their time: the next caller fetches new ones.
    ///
    /// - Returns: false when that was said of them before: there is nothing newer. For a while: whoever rotates them may write the new ones a little later.
    package func refuse(_ credentials: AWSCredentials) -> Bool {
        state.withLock { state in
            if state.refused == credentials {
                // Others have come, or are asked for.
                guard state.credentials == credentials else { return true }
                let now = clock()
                // Not of a time that is further away than any pause: the clock was set since.
                guard now >= state.nextTry || state.nextTry.subtractingSaturating(now) > Self.pauseSeconds else { return false }
            }
            state.refused = credentials
            if state.credentials == credentials { state.credentials = nil }
            return true
        }
    }

    private func fetch() throws(CredentialFailure) -> AWSCredentials {
        for source in sources {
            guard let found = try source.fetch() else { continue }
            guard Self.secondsLeft(found, clock()) > 0 else {
                throw CredentialFailure(source: source.name, reason: "gave credentials that have ended already; is the machine's clock right?")
            }
            guard found.isFitForHeaders else {
                throw CredentialFailure(source: source.name, reason: "gave a key or a token with bytes that no header may have")
            }
            return found
        }
        throw CredentialFailure(source: "credentials", reason: "none are set up: \(Self.waysToSetUp)")
    }

    private static func secondsLeft(_ credentials: AWSCredentials, _ now: Int64) -> Int64 {
        credentials.expiresAtSeconds.map { $0.subtractingSaturating(now) } ?? .max
    }
}
