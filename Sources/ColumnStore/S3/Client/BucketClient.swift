internal import Glibc
internal import Synchronization

/// Asks one bucket: signs, sends, tries again, until there is an answer to go by or the time is up. Any thread may call; each call waits.
///
/// 1. What is tried again is the same request: puts with a condition carry a mark that tells their own success from another's
///    (`BucketClient+Writing`).
/// 2. A request that had no answer may have been done. Only what was never sent is known not to have been.
package final class BucketClient: Sendable {
    package let endpoint: BucketEndpoint
    package let options: BucketOptions
    package let counters: BucketCounters
    /// Memory that requests on their way may hold, shared by all clients made from the first one.
    package let room: TransferRoom
    /// For requests beside the callers' own threads.
    package let pool: TransferPool
    package let health: BucketHealth
    /// The client that was made first, and asks whether the bucket is there again; nil: this one.
    private let root: BucketClient?
    let signer: SigV4
    let credentials: CredentialChain
    /// Sends one try.
    private let transport: OutgoingClient
    /// Whether it ends with this client.
    private let ownsTransport: Bool
    /// The service's clock less the machine's, in seconds, once ours was refused and its own was taken.
    private let clock: Clock

    private final class Clock: Sendable {
        let offset = Atomic<Int64>(0)
    }

    /// - Parameter ownsTransport: whether nobody else sends by it or closes it.
    package init(
        _ endpoint: BucketEndpoint, region: String, credentials: CredentialChain, transport: OutgoingClient, options: BucketOptions = BucketOptions(), ownsTransport: Bool = false
    ) {
        self.endpoint = endpoint
        self.options = options
        self.credentials = credentials
        self.transport = transport
        self.ownsTransport = ownsTransport
        signer = SigV4(region: region)
        room = TransferRoom(byteCountMax: options.memoryByteCount)
        pool = TransferPool(threadCountMax: options.parallelCount)
        (counters, clock) = (BucketCounters(), Clock())
        health = BucketHealth(location: endpoint.location, pauseMilliseconds: options.trialMilliseconds)
        root = nil
        health.onTrial { [weak self] in _ = self?.ask(WaitScope()) }
    }

    // The one that was made first goes last: all others hold it. Never on the transport's own thread, which would wait for itself: what is called there holds no client.
    deinit { if ownsTransport { transport.close() } }

    /// One try, whatever the health says. That the bucket says anything of any object is enough. A refusal of HEAD has no words, by which one learns what is to be done (the service's
    /// clock, other credentials), or whether it is the bucket that is gone: then by GET.
    ///
    /// - Returns: whether it was refused. False also where there was no answer.
    private func ask(_ scope: WaitScope) -> Bool {
        for (method, kind) in [(OutgoingRequest.Method.head, BucketCounters.Kind.head), (OutgoingRequest.Method.get, BucketCounters.Kind.get)] {
            var tries = Tries(options, payloadHash: SignatureText.hexadecimal(SHA256.hash([])), scope: scope)
            tries.countMax = 1
            var call = BucketCall(method: method, key: endpoint.key("store"), kind: kind)
            if method == .get { call.headers = [("Range", "bytes=0-0")] }
            do throws(BucketFailure) {
                while try attempt(call, &tries, scope) == nil {}
                return false
            } catch {
                if Self.isUnsaid(error, of: method) { continue }
                guard error.mayBeOfTheBucket else {
                    if error.kind != .cancelled { health.answered() }
                    return false
                }
                guard error.kind == .refused else { return false }
            }
        }
        return true
    }

    /// Whether what was refused is the bucket: the right to put or delete may be lacking by itself, and the key of some objects alone. That is asked, in the request's own time.
    /// Without the right to read the trial is refused as well, and it is.
    private func isOfTheBucket(_ failure: BucketFailure, _ tries: Tries, _ scope: WaitScope) -> Bool {
        guard failure.mayBeOfOneObject, health.refuses, health.outage == nil else { return true }
        return (root ?? self).ask(WaitScope(isCancelled: scope.isCancelled, endsAt: tries.end))
    }

    /// To HEAD a bucket that is gone says the same as one without the object.
    private static func isUnsaid(_ failure: BucketFailure, of method: OutgoingRequest.Method) -> Bool { method == .head && failure.kind == .notFound }

    /// The same client for keys further down: all else they have together.
    package func below(_ folder: String) -> BucketClient { BucketClient(endpoint.below(folder), as: self) }

    private init(_ endpoint: BucketEndpoint, as other: BucketClient) {
        self.endpoint = endpoint
        root = other.root ?? other
        ownsTransport = false
        (options, counters, room, pool) = (other.options, other.counters, other.room, other.pool)
        (signer, credentials, transport, clock, health) = (other.signer, other.credentials, other.transport, other.clock, other.health)
    }

    /// By the service's clock, as far as that is known.
    private func now(_ tries: Tries) -> SigningInstant {
        SigningInstant(seconds: SigningInstant.now.seconds.addingSaturating(tries.clockOffset ?? clock.offset.load(ordering: .relaxed)))
    }

    /// What an answer gave for the time may be anything: it counts for other requests once one by it was not refused.
    private func keepClock(_ tries: Tries) {
        if let offset = tries.clockOffset { clock.offset.store(offset, ordering: .relaxed) }
    }

    /// Sends until there is an answer to go by.
    ///
    /// - Throws: `mayHaveApplied` of it says whether a try is without an answer.
    func perform(_ call: BucketCall) throws(BucketFailure) -> OutgoingResponse {
        let scope = WaitScope.current
        if let outage = health.outage { throw outage.failure }
        // Before the first try and for all of them: a request that waits for memory has not begun its time.
        guard let room = room.take(call.memoryByteCount, until: scope.endsAt, isCancelled: scope.isCancelled) else {
            // That says nothing of the bucket, whose health is not told.
            throw scope.isCancelled() ? BucketFailure.givenUp : BucketFailure(.unavailable, code: "TimedOut", "no room for it in the time there was")
        }
        defer { self.room.give(room) }
        var tries = Tries(options, payloadHash: SignatureText.hexadecimal(call.payloadHash ?? SHA256.hash(call.body)), scope: scope)
        do throws(BucketFailure) {
            while true {
                guard let answer = try attempt(call, &tries, scope) else { continue }
                health.noteWrite(call.method, refusal: nil)
                return answer
            }
        } catch {
            var failure = error
            failure.mayHaveApplied = tries.mayHaveApplied
            if [.refused, .unavailable, .corrupt].contains(failure.kind) { counters.noteFailure() }
            // Whose patience ended early has not tried all that one tries.
            if failure.mayBeOfTheBucket {
                if isOfTheBucket(failure, tries, scope) {
                    tries.isCutShort ? health.tried(failure) : health.failed(failure)
                } else {
                    health.noteWrite(call.method, refusal: failure)
                }
            } else if failure.kind != .cancelled, !Self.isUnsaid(failure, of: call.method) {
                health.answered()
                // Who is told that there is nothing, or that another was first, has the right.
                if failure.kind == .notFound || failure.kind == .lostRace { health.noteWrite(call.method, refusal: nil) }
            }
            throw failure
        }
    }

    /// What is remembered from try to try.
    private struct Tries {
        let options: BucketOptions
        let payloadHash: String
        /// By the steady clock, the earlier of the options' deadline and the scope's.
        let end: UInt64
        /// Whoever waits gives up before the options do.
        let isCutShort: Bool
        var countMax: Int
        var count = 0
        /// Whether some try had no answer, or one that a gateway may have made.
        var mayHaveApplied = false
        /// As `Clock`, by an answer to this request; nil: none has given another. At most one is gone by.
        var clockOffset: Int64?
        /// How often the service has refused credentials as ended.
        var renewalCount = 0
        /// One that was fetched just now, and is refused as well, is refused for another reason.
        static let renewalCountMax = 2

        init(_ options: BucketOptions, payloadHash: String, scope: WaitScope) {
            self.options = options
            self.payloadHash = payloadHash
            let last = SteadyClock.nanoseconds() &+ UInt64(clamping: options.deadlineMilliseconds) &* 1_000_000
            end = min(last, scope.endsAt)
            isCutShort = scope.endsAt < last
            countMax = options.attemptCountMax
        }

        var millisecondsLeft: Int {
            let now = SteadyClock.nanoseconds()
            return now < end ? Int(clamping: (end - now) / 1_000_000) : 0
        }
    }

    /// One try, and what its answer asks for: a pause, other credentials, the service's clock.
    ///
    /// - Returns: nil when it is to be tried again at once.
    private func attempt(_ call: BucketCall, _ tries: inout Tries, _ scope: WaitScope) throws(BucketFailure) -> OutgoingResponse? {
        if scope.isCancelled() { throw .givenUp }
        let keys: AWSCredentials
        do { keys = try credentials.credentials(in: WaitScope(isCancelled: scope.isCancelled, endsAt: tries.end)) } catch {
            if scope.isCancelled() { throw BucketFailure.givenUp }
            try pause(BucketFailure(.unavailable, code: "NoCredentials", error.description), &tries, scope)
            return nil
        }
        let result = transport.answer(to: request(call, keys, tries), isCancelled: scope.isCancelled)
        tries.count += 1
        note(call, result, isRetry: tries.count > 1, scope)
        switch result {
        case .failure(.closed):
            tries.mayHaveApplied = true
            throw .givenUp
        case .failure(let failure):
            // Where there was no connection nothing was sent.
            if case .notConnected = failure {} else { tries.mayHaveApplied = true }
            try pause(BucketFailure(.unavailable, code: failure == .timedOut ? "TimedOut" : "NoAnswer", "\(endpoint.host): \(failure)"), &tries, scope)
        case .success(let answer):
            switch BucketAnswer.verdict(answer, method: call.method, clockSeconds: tries.clockOffset == nil ? now(tries).seconds : nil) {
            case .success:
                keepClock(tries)
                health.answered()
                return answer
            case .fail(let failure):
                if !failure.mayBeOfTheBucket { keepClock(tries) }
                throw failure
            case .tryAgain(let failure):
                // A gateway in between may have passed the request on.
                if failure.status >= 500, failure.code != "SlowDown" { tries.mayHaveApplied = true }
                try pause(failure, &tries, scope)
            case .renewCredentials(let failure):
                // Keys without a token and an end are given once and for all: their source has no others. One may give others each time it is asked, as STS does: without a bound this would go on as long as they are refused.
                guard keys.sessionToken != nil || keys.expiresAtSeconds != nil, tries.renewalCount < Tries.renewalCountMax, credentials.refuse(keys) else { throw failure }
                tries.renewalCount += 1
            case .setClock(let seconds): tries.clockOffset = seconds.subtractingSaturating(SigningInstant.now.seconds)
            }
        }
        return nil
    }

    /// Signed anew for each try: an instant older than 15 minutes is refused.
    private func request(_ call: BucketCall, _ keys: AWSCredentials, _ tries: Tries) -> OutgoingRequest {
        var signed = SignableRequest(
            method: call.method.rawValue, host: endpoint.host, path: endpoint.path(ofWholeKey: call.key), query: call.query, headers: call.headers)
        signer.sign(&signed, keys, at: now(tries), payloadHash: tries.payloadHash)
        // libcurl would name a type of its own, which the signature does not know.
        if !call.body.isEmpty || call.method == .put || call.method == .post, !call.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            signed.headers.append(("Content-Type", ""))
        }
        var request = OutgoingRequest(
            method: call.method, url: "\(endpoint.scheme)://\(endpoint.host)\(signed.target)", headers: signed.headers, body: call.body,
            timeoutMilliseconds: max(1, min(options.attemptMilliseconds, tries.millisecondsLeft)))
        request.stallSeconds = options.stallSeconds
        request.answerByteCountMax = max(call.answerByteCountMax, 1 << 16)
        request.keepsPath = true
        return request
    }

    private func note(_ call: BucketCall, _ result: Result<OutgoingResponse, OutgoingFailure>, isRetry: Bool, _ scope: WaitScope) {
        let answer = try? result.get()
        let isThrottled = answer.map { $0.status == 503 || $0.status == 429 } ?? false
        counters.note(call.kind, sent: call.body.count, received: answer?.body.count ?? 0, isRetry: isRetry, isThrottled: isThrottled)
        scope.tally?.note(requests: 1, bytes: answer?.body.count ?? 0)
    }

    /// Waits before the next try, for a time that is drawn ("full jitter"), so that those who were refused together do not come back together.
    ///
    /// - Throws: `failure`, when there is neither a try nor time left.
    private func pause(_ failure: BucketFailure, _ tries: inout Tries, _ scope: WaitScope) throws(BucketFailure) {
        if failure.code == "NoCredentials" { tries.count += 1 }
        health.tried(failure)
        // The first pause is of up to twice `pauseMilliseconds`, each later one of twice the last; the shift is bounded, so that it cannot overflow.
        let longest = min(options.pauseMillisecondsMax, options.pauseMilliseconds << min(tries.count, 12))
        let milliseconds = Int.random(in: 0...max(0, longest))
        guard tries.count < tries.countMax, milliseconds < tries.millisecondsLeft else { throw failure }
        let end = SteadyClock.nanoseconds() &+ UInt64(milliseconds) &* 1_000_000
        while SteadyClock.nanoseconds() < end {
            if scope.isCancelled() { throw .givenUp }
            // Others have found it down meanwhile.
            if let outage = health.outage, tries.countMax > 1 { throw outage.failure }
            usleep(UInt32(min(20_000, (end &- min(end, SteadyClock.nanoseconds())) / 1_000 + 1)))
        }
    }
}
