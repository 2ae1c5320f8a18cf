/// Credentials for as long as the process lives: the first source that is set up gives them, and gives new ones before they end.
///
/// One caller asks at a time; others go on with what there is while it is good. What is near its end is renewed early; if that fails it is
/// used until the very end, and asked for again a little later.
package final class CredentialChain: Sendable {
    /// Before the end: the SDKs' own figures. From `early` on one caller tries, from `late` on nobody goes on without.
    static let earlySeconds: Int64 = 15 * 60
    static let lateSeconds: Int64 = 60
    /// Between two questions near the end.
    static let pauseSeconds: Int64 = 30

    /// For whoever has none.
    static let waysToSetUp = "give storage.credentials, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a file of credentials, or a role to the container or machine"

    private struct State {
        var credentials: AWSCredentials?
        var isAsking = false
        /// Not before then again, while what there is still holds.
        var nextTry = Int64.min
        var refused: AWSCredentials?
    }

    private let sources: [any CredentialSource]
    private let clock: @Sendable () -> Int64
    private let state = Monitor(State())

    /// - Parameters:
    ///   - sources: in the order in which they are asked.
    ///   - clock: seconds since 1970.
    package init(_ sources: [any CredentialSource], clock: @escaping @Sendable () -> Int64 = { SigningInstant.now.seconds }) {
        self.sources = sources
        self.clock = clock
    }

    /// The settings' keys, or the SDKs' chain.
    package convenience init(settings: AWSCredentials?, environment: [String: String], region: String, client: OutgoingClient) {
        let chain: [any CredentialSource] = [
            EnvironmentCredentials(environment), WebIdentityCredentials(environment, region: region, client: client), SharedFileCredentials(environment),
            ContainerCredentials(environment, client: client), InstanceCredentials(environment, client: client),
        ]
        self.init(settings.map { [StaticCredentials($0)] } ?? chain)
    }

    /// Credentials that hold at least for another while.
    ///
    /// - Throws: what the first source said that is set up, or that none is.
    package func credentials() throws(CredentialFailure) -> AWSCredentials {
        enum Turn { case use(AWSCredentials), ask(AWSCredentials?) }
        let turn: Turn = state.wait { state in
            let now = clock()
            let held = state.credentials.flatMap { Self.secondsLeft($0, now) > 0 ? $0 : nil }
            if let held {
                let left = Self.secondsLeft(held, now)
                if left > Self.earlySeconds || (state.isAsking && left > Self.lateSeconds) || now < state.nextTry { return .use(held) }
            }
            if state.isAsking { return nil }
            state.isAsking = true
            return .ask(held)
        }
        guard case .ask(let held) = turn else {
            guard case .use(let credentials) = turn else { preconditionFailure("two kinds of turn") }
            return credentials
        }
        return try ask(held)
    }

    private func ask(_ held: AWSCredentials?) throws(CredentialFailure) -> AWSCredentials {
        let result: Result<AWSCredentials, CredentialFailure>
        do { result = .success(try fetch()) } catch { result = .failure(error) }
        state.broadcast { state in
            state.isAsking = false
            if case .success(let new) = result {
                state.credentials = new
            }
            // A role's keys may be handed out near their end, and the same again for minutes: not asked for with each request.
            state.nextTry = clock().addingSaturating(Self.pauseSeconds)
        }
        switch result {
        case .success(let new): return new
        case .failure(let failure):
            guard let held else { throw failure }
            StoreLog.note("credentials are not renewed", path: failure.source, reason: failure.reason, level: .warning)
            return held
        }
    }

    /// The service has refused these as ended, whatever their time: the next caller fetches new ones.
    ///
    /// - Returns: false when that was said of them before: there is nothing newer.
    package func refuse(_ credentials: AWSCredentials) -> Bool {
        state.withLock { state in
            guard state.refused != credentials else { return state.credentials != credentials && state.credentials != nil }
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
