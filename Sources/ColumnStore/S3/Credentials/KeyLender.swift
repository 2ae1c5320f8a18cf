/// Lends keys of a role to readers of a bucket, for an hour, with the rights of a `ReadPolicy`: STS's `AssumeRole`, signed with this program's own credentials.
///
/// 1. One caller at a time asks STS, for five seconds at most and once, or twice where STS goes by another clock; callers that come meanwhile wait for a second, and then
///    fail and may try again. So of the threads that answer readers one may stand still for an STS that does not answer, and no others.
/// 2. What has failed is not asked again for a while: of one policy where STS refuses it, of all where STS gives no answer.
/// 3. Keys are lent again, to whoever may read the same, while they hold for long; while STS gives no newer ones, as long as a reader can do something with them.
/// 4. All times are by the clock of STS, once ours was refused and that helped: the keys' ends are, too. Whatever becomes of the machine's clock meanwhile, which may be set, what
///    was lent is held no longer than its life from where it was given, by the steady clock.
package final class KeyLender: Sendable {
    /// For so long the role is asked for: what one role may be of another at most.
    static let lifetimeSeconds: Int64 = 3_600
    /// Left of what is lent again. Readers ask anew some minutes before the end.
    static let freshSeconds: Int64 = 900
    /// Left of what STS gives: what ends sooner is of a clock that is wrong.
    static let leastSeconds: Int64 = 300
    /// Left of what is lent still while STS gives nothing newer: a table's files can be read in that, and nothing at all without keys. A reader that finds them too short asks again.
    static let lastSeconds: Int64 = 60
    /// After a failure.
    static let pauseSeconds: Int64 = 10
    private static let waitNanoseconds: UInt64 = 1_000_000_000
    private static let timeoutMilliseconds = 5_000
    private static let answerByteCountMax = 1 << 16
    /// For messages.
    private static let name = "the lent role"

    private struct Refusal {
        let until: Int64
        let failure: CredentialFailure
    }

    private struct Lent {
        let keys: AWSCredentials
        /// By the steady clock, in nanoseconds.
        let givenAt: UInt64
        /// What they had left then.
        let lifeSeconds: Int64
    }

    private struct State {
        var lent: [ReadPolicy: Lent] = [:]
        /// Of nil: STS gave no answer to anybody.
        var refusals: [ReadPolicy?: Refusal] = [:]
        var isAsking = false
        /// Of STS less the machine's, in seconds.
        var clockOffset: Int64 = 0
    }

    private enum Turn { case lend(AWSCredentials), refuse(CredentialFailure), ask(AWSCredentials?) }

    /// What STS said, and of whom that is true.
    private struct Failure: Error {
        let reason: String
        let isOfPolicy: Bool
    }

    private let role: RoleName
    private let region: String
    private let endpoint: (scheme: String, host: String, path: String)
    private let credentials: CredentialChain
    private let client: OutgoingClient
    /// Whether it ends with this lender.
    private let ownsClient: Bool
    private let clock: @Sendable () -> Int64
    private let steadyClock: @Sendable () -> UInt64
    private let state = Monitor(State())

    /// - Parameters:
    ///   - environment: `AWS_ENDPOINT_URL_STS` names another STS than the region's.
    ///   - credentials: this program's own, which may take the role.
    ///   - ownsClient: whether nobody but `credentials` sends by it, and nobody else closes it.
    ///   - clock: seconds since 1970.
    ///   - steadyClock: nanoseconds from anywhere, which go on while the machine is suspended, as keys do.
    /// - Throws: `.invalidRequest` for an STS that is no URL.
    package init(
        of role: RoleName, region: String, environment: [String: String], credentials: CredentialChain, client: OutgoingClient, ownsClient: Bool = false,
        clock: @escaping @Sendable () -> Int64 = { SigningInstant.now.seconds }, steadyClock: @escaping @Sendable () -> UInt64 = { SteadyClock.bootNanoseconds() }
    ) throws(ColumnStoreError) {
        (self.role, self.region, self.credentials, self.client, self.ownsClient) = (role, region, credentials, client, ownsClient)
        (self.clock, self.steadyClock) = (clock, steadyClock)
        endpoint = try ServiceURL.parse(WebIdentityCredentials.endpoint(environment, region: region))
    }

    // A node of a pair has a lender for each time that it leads. Never on the client's own thread: what is called there holds no lender.
    deinit { if ownsClient { client.close() } }

    /// Keys with which all below some folders can be read, and nothing else; they hold for `lastSeconds` at least, and mostly for `freshSeconds`.
    ///
    /// - Parameter locations: `s3://bucket/folder`.
    /// - Throws: why there are none now.
    package func keys(toRead locations: [String]) throws(CredentialFailure) -> AWSCredentials {
        let policy = try ReadPolicy(reading: locations, of: role)
        let turn: Turn? = state.wait(nanoseconds: Self.waitNanoseconds) { state in
            let now = now(state.clockOffset)
            let held = lendable(state, policy, now)
            // Not of a time that is further away than any pause: the clock was set since.
            let refusal = [state.refusals[policy], state.refusals[nil]].compactMap(\.self).first { (1...Self.pauseSeconds).contains($0.until.subtractingSaturating(now)) }
            // The caller may have newer ones soon: near the end of these it waits for them.
            if let held, secondsLeft(held, now) >= (state.isAsking ? Self.leastSeconds : Self.freshSeconds) || refusal != nil { return .lend(held.keys) }
            if let refusal { return .refuse(refusal.failure) }
            if state.isAsking { return nil }
            state.isAsking = true
            return .ask(held?.keys)
        }
        switch turn {
        case .lend(let keys): return keys
        case .refuse(let failure): throw failure
        case .ask(let held): return try ask(policy, held)
        case nil:
            if let held = state.withLock({ lendable($0, policy, now($0.clockOffset)) }) { return held.keys }
            throw CredentialFailure(source: Self.name, reason: "STS at \(endpoint.host) is being asked, and has not answered yet")
        }
    }

    /// What was lent and can be lent still, where STS gives nothing newer.
    private func lendable(_ state: State, _ policy: ReadPolicy, _ now: Int64) -> Lent? {
        state.lent[policy].flatMap { secondsLeft($0, now) >= Self.lastSeconds ? $0 : nil }
    }

    private func now(_ clockOffset: Int64) -> Int64 { clock().addingSaturating(clockOffset) }

    private func ask(_ policy: ReadPolicy, _ held: AWSCredentials?) throws(CredentialFailure) -> AWSCredentials {
        let result: Result<AWSCredentials, Failure>
        var clockOffset = state.withLock { $0.clockOffset }
        do { result = .success(try assume(policy, &clockOffset)) } catch { result = .failure(error) }
        let failure: CredentialFailure? = state.broadcast { state in
            state.isAsking = false
            // What a refusal gave for the time may be anything: it counts once a call by it was not refused.
            if case .success = result { state.clockOffset = clockOffset }
            let now = now(state.clockOffset)
            state.lent = state.lent.filter { secondsLeft($0.value, now) > 0 }
            state.refusals = state.refusals.filter { $0.value.until > now }
            switch result {
            case .success(let new):
                state.lent[policy] = Lent(keys: new, givenAt: steadyClock(), lifeSeconds: min(Self.lifetimeSeconds, Self.secondsLeft(new, now)))
                state.refusals[policy] = nil
                return nil
            case .failure(let failure):
                let told = CredentialFailure(source: Self.name, reason: failure.reason)
                state.refusals[failure.isOfPolicy ? .some(policy) : nil] = Refusal(until: now.addingSaturating(Self.pauseSeconds), failure: told)
                return told
            }
        }
        if let failure { StoreLog.note("no keys are lent to readers of tables", path: failure.source, reason: failure.reason, level: .warning) }
        if case .success(let new) = result { return new }
        if let held { return held }
        throw failure ?? CredentialFailure(source: Self.name, reason: "STS gave no keys")
    }

    /// A call of STS, and another by its own clock where it refuses ours.
    ///
    /// - Parameter clockOffset: as `State` has it; by what the last call was signed when this returns.
    private func assume(_ policy: ReadPolicy, _ clockOffset: inout Int64) throws(Failure) -> AWSCredentials {
        let own: AWSCredentials
        do throws(CredentialFailure) { own = try credentials.credentials() } catch { throw Failure(reason: "\(error)", isOfPolicy: false) }
        let form = [
            ("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role.text), ("RoleSessionName", "till"), ("DurationSeconds", "\(Self.lifetimeSeconds)"),
            ("Policy", policy.text),
        ]
        let body = Array(form.map { "\($0.0)=\(SignatureText.percentEncoded($0.1))" }.joined(separator: "&").utf8)
        let start = SteadyClock.nanoseconds()
        let signedAt = now(clockOffset)
        var result = client.answer(to: request(body, own, at: signedAt, milliseconds: Self.timeoutMilliseconds))
        if case .success(let answer) = result, let seconds = Self.serviceSeconds(answer, signedAt) {
            clockOffset = seconds.subtractingSaturating(clock())
            // Both together have the time of one.
            let left = Self.timeoutMilliseconds - Int(clamping: (SteadyClock.nanoseconds() &- start) / 1_000_000)
            result = client.answer(to: request(body, own, at: seconds, milliseconds: max(1, left)))
        }
        switch result {
        case .failure(let failure): throw Failure(reason: "STS at \(endpoint.host): \(failure)", isOfPolicy: false)
        case .success(let answer) where answer.status == 200: return try keys(of: answer.body, now(clockOffset))
        case .success(let answer):
            let error = ServiceXML.parse(answer.body)?.first("Error")
            // This program's own have ended, whatever their time: the next that asks has others.
            if ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"].contains(error?.text(of: "Code")) { _ = credentials.refuse(own) }
            let words = ["Code", "Message"].compactMap { error?.words(of: $0, countMax: 1_000) }
            throw Failure(
                reason: "STS at \(endpoint.host) answered \(answer.status)" + (words.isEmpty ? "" : " (\(words.joined(separator: ": ")))"),
                isOfPolicy: (400..<500).contains(answer.status) && answer.status != 429)
        }
    }

    private func request(_ body: [UInt8], _ own: AWSCredentials, at seconds: Int64, milliseconds: Int) -> OutgoingRequest {
        var signed = SignableRequest(
            method: "POST", host: endpoint.host, path: "\(endpoint.path)/", headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/xml")])
        SigV4(region: region, service: "sts").sign(&signed, own, at: SigningInstant(seconds: seconds), payloadHash: SignatureText.hexadecimal(SHA256.hash(body)))
        var request = OutgoingRequest(
            method: .post, url: "\(endpoint.scheme)://\(endpoint.host)\(signed.target)", headers: signed.headers, body: body, timeoutMilliseconds: milliseconds)
        request.answerByteCountMax = Self.answerByteCountMax
        return request
    }

    /// The time at STS, where it may have refused ours; it has several words for that.
    private static func serviceSeconds(_ answer: OutgoingResponse, _ signedAt: Int64) -> Int64? {
        guard (400..<500).contains(answer.status) else { return nil }
        return ServiceClock.seconds(by: answer, isOfTheTime: false, clockSeconds: signedAt)
    }

    /// - Returns: what STS has lent, held to the time for which it was asked.
    private func keys(of answer: [UInt8], _ now: Int64) throws(Failure) -> AWSCredentials {
        guard let found = AWSCredentials(ofSTS: answer), found.isFitForHeaders else { throw Failure(reason: "STS at \(endpoint.host) gave no keys in its answer", isOfPolicy: false) }
        guard Self.secondsLeft(found, now) >= Self.leastSeconds else {
            throw Failure(reason: "STS at \(endpoint.host) gave keys that end in less than \(Self.leastSeconds) seconds; is the machine's clock right?", isOfPolicy: false)
        }
        return AWSCredentials(
            accessKeyID: found.accessKeyID, secretAccessKey: found.secretAccessKey, sessionToken: found.sessionToken,
            expiresAtSeconds: min(found.expiresAtSeconds ?? .max, now.addingSaturating(Self.lifetimeSeconds)))
    }

    private static func secondsLeft(_ keys: AWSCredentials, _ now: Int64) -> Int64 { (keys.expiresAtSeconds ?? now).subtractingSaturating(now) }

    /// By the clock, and no more than by the steady one.
    private func secondsLeft(_ lent: Lent, _ now: Int64) -> Int64 {
        let passed = Int64(clamping: (steadyClock() &- lent.givenAt) / 1_000_000_000)
        return min(Self.secondsLeft(lent.keys, now), lent.lifeSeconds.subtractingSaturating(passed))
    }
}

extension KeyLender: WarehouseLender {
    package func lend(toRead locations: [String]) throws -> LentWarehouseKeys {
        let keys = try keys(toRead: locations)
        return LentWarehouseKeys(
            name: keys.accessKeyID,
            properties: [
                WarehouseProperty("s3.access-key-id", keys.accessKeyID), WarehouseProperty("s3.secret-access-key", keys.secretAccessKey),
                WarehouseProperty("s3.session-token", keys.sessionToken ?? ""),
                WarehouseProperty("s3.session-token-expires-at-ms", String((keys.expiresAtSeconds ?? 0).multipliedSaturating(by: 1_000))),
            ])
    }
}
