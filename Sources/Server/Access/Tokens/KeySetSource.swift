package import ColumnStore
import Synchronization

/// Where an issuer's keys come from: a file that is read again when it changes, or a URL that is asked again before its answer is stale, and
/// sooner when a token names a key that nobody has seen.
///
/// 1. At most one fetch is under way; `isFetching` is true from before its call until its waiters are taken.
/// 2. `generation` rises with each set, and never falls.
/// 3. Waiters are woken after the new set, if there is one, is in force, and outside the lock.
///
/// Keys that are there stay in force when a newer set cannot be had, or has no key that can be used: whatever they have let in would end for good.
package final class KeySetSource: Sendable {
    package enum Place: Sendable {
        case file(String)
        case url(String)

        package init(_ text: String) {
            self = text.hasPrefix("http://") || text.hasPrefix("https://") ? .url(text) : .file(text)
        }
    }

    package enum Lookup: Sendable {
        case keys([PublicKey])
        /// A set is on its way that may have the key: `whenFetched`.
        case maySoonBeThere
    }

    /// In seconds.
    package struct Times: Sendable {
        /// How long an answer that says nothing of it is fresh.
        package var freshFor = 300.0
        package var freshForMin = 60.0
        package var freshForMax = 3_600.0
        /// After a fetch that failed.
        package var retry = 30.0
        /// At most so often does an unknown `kid` cause a fetch: whoever invents names must not make us call the issuer for each.
        package var unknown = 30.0
        package var timeout = 5.0
        package init() {}
    }

    private struct State {
        var keys = KeySet()
        /// Rises with every set taken: what was verified with an earlier one is verified again.
        var generation = 0
        var isFetching = false
        var wasFetched = false
        /// Of the URL.
        var refreshAt = 0.0
        var unknownAt = -Double.infinity
        var takenAt: Double?
        /// Of the file.
        var tries = FileTries()
        var waiters: [@Sendable () -> Void] = []
        var failureCount = 0
    }

    /// As many requests wait for a fetch; what comes beyond is refused.
    private static let waiterCountMax = 64
    private static let byteCountMax = 1 << 20

    private let place: Place
    private let times: Times
    private let client: OutgoingClient?
    private let log: Log
    private let state = Mutex(State())

    /// - Parameter policy: which addresses a URL may lead to.
    package init(_ place: Place, policy: AddressPolicy, times: Times = Times(), log: Log) {
        self.place = place
        self.times = times
        self.log = log
        if case .url = place { client = OutgoingClient(policy: policy) } else { client = nil }
    }

    /// Reads the file, or begins to ask the URL.
    ///
    /// - Throws: `SettingError` for a file that is no key set or has no key that can be used. A URL may come to life later.
    package func start() throws {
        switch place {
        case .url: fetch()
        case .file(let path):
            let stamp = FileStamp(path: path)
            do { try take(file: path, stamp) } catch {
                throw SettingError(key: "jwt.jwks", message: "\(path): \(error)")
            }
        }
    }

    package func stop() { client?.close() }

    /// Whether the first set is there, or could not be had.
    package var isSettled: Bool { state.withLock { $0.wasFetched } }
    /// Whether the first set is being fetched, nothing of it is known yet, and one more may wait for it: whoever need not goes on by what is known.
    package var awaitsFirst: Bool { state.withLock { $0.isFetching && !$0.wasFetched && $0.waiters.count < Self.waiterCountMax } }
    package var generation: Int { state.withLock { $0.generation } }

    /// Whether a key of the set in force has that thumbprint; nil before the first set.
    package func has(_ thumbprint: [UInt8]) -> Bool? { state.withLock { $0.generation > 0 ? $0.keys.has(thumbprint) : nil } }

    /// For metrics: keys, seconds since the set was taken or found unchanged, failures.
    package var figures: (keyCount: Int, age: Double?, failureCount: Int) {
        state.withLock { state in (state.keys.count, state.takenAt.map { SteadyClock.seconds() - $0 }, state.failureCount) }
    }

    /// A file that has changed is read again at once, on the caller's thread; a URL is never waited for.
    ///
    /// - Parameter mayWait: whether the caller would wait for a newer set.
    /// - Returns: `maySoonBeThere` only where `mayWait`, and a fetch is under way or begins.
    package func lookup(kid: String?, _ algorithm: SignatureAlgorithm, mayWait: Bool) -> Lookup {
        let found = state.withLock { $0.keys.candidates(kid: kid, algorithm) }
        guard found.isEmpty, mayWait else { return .keys(found) }
        switch place {
        case .file:
            checkNow()
            return .keys(state.withLock { $0.keys.candidates(kid: kid, algorithm) })
        case .url:
            let now = SteadyClock.seconds()
            let (isComing, begins) = state.withLock { state -> (Bool, Bool) in
                if state.isFetching { return (true, false) }
                guard now - state.unknownAt >= times.unknown else { return (false, false) }
                state.unknownAt = now
                return (true, true)
            }
            if begins { fetch() }
            return isComing ? .maySoonBeThere : .keys([])
        }
    }

    /// Calls `wake` when no fetch is under way any more; at once when none is.
    ///
    /// - Returns: false when too many wait already.
    package func whenFetched(_ wake: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, isNow) = state.withLock { state -> (Bool, Bool) in
            guard state.isFetching else { return (true, true) }
            guard state.waiters.count < Self.waiterCountMax else { return (false, false) }
            state.waiters.append(wake)
            return (true, false)
        }
        if isNow { wake() }
        return isTaken
    }

    /// Looks whether the file has changed, or the URL's answer is stale. Called every second or so, and on SIGHUP.
    package func checkNow(isForced: Bool = false) {
        switch place {
        case .file(let path): reread(path, isForced: isForced)
        case .url:
            let isDue = state.withLock { !$0.isFetching && (isForced || SteadyClock.seconds() >= $0.refreshAt) }
            if isDue { fetch() }
        }
    }

    // MARK: File

    private func reread(_ path: String, isForced: Bool) {
        let stamp = FileStamp(path: path)
        let isDue = state.withLock { state -> Bool in
            let now = SteadyClock.seconds()
            if state.tries.isDue([stamp], isForced: isForced, pause: times.retry, now: now) { return true }
            if state.tries.isTaken { state.takenAt = now }
            return false
        }
        guard isDue else { return }
        do { try take(file: path, stamp) } catch {
            let words = "\(error)"
            failed(words, isTold: state.withLock { $0.tries.failed(words) })
        }
    }

    /// - Parameter stamp: from before it is read.
    private func take(file path: String, _ stamp: FileStamp?) throws {
        take(try Self.usable(try FileBytes.read(path, byteCountMax: Self.byteCountMax)), stamp: stamp)
    }

    // MARK: URL

    private func fetch() {
        guard case .url(let url) = place, let client else { return }
        // Whoever finds none under way is the one that makes it: two may get here at once.
        let begins = state.withLock { state -> Bool in
            defer { state.isFetching = true }
            return !state.isFetching
        }
        guard begins else { return }
        let request = OutgoingRequest(
            method: .get, url: url, headers: [("Accept", "application/jwk-set+json, application/json")],
            timeoutMilliseconds: Int(times.timeout * 1_000))
        client.send(request) { [self] result in
            let waiters: [@Sendable () -> Void]
            switch result {
            case .failure(.closed): return
            case .failure(let failure): failed(failure.description)
            case .success(let response) where response.status != 200: failed("the issuer answered \(response.status)")
            case .success(let response):
                do throws(KeySet.Failure) {
                    take(try Self.usable(response.body), stamp: nil, freshFor: freshness(response.headers["cache-control"]))
                } catch {
                    failed(error.description)
                }
            }
            waiters = state.withLock { state in
                state.isFetching = false
                defer { state.waiters = [] }
                return state.waiters
            }
            for wake in waiters { wake() }
        }
    }

    /// What `max-age` says, within reason (RFC 9111 section 5.2.2.1).
    private func freshness(_ cacheControl: String?) -> Double {
        let directive = cacheControl?.lowercased().split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.first { $0.hasPrefix("max-age=") }
        guard let directive, let seconds = Double(directive.dropFirst(8).prefix { $0.isNumber }) else { return times.freshFor }
        return min(max(seconds, times.freshForMin), times.freshForMax)
    }

    // MARK: Both

    /// - Throws: `KeySet.Failure` also for a set of which no key can be used.
    private static func usable(_ bytes: [UInt8]) throws(KeySet.Failure) -> KeySet {
        let keys = try KeySet(bytes)
        guard keys.count > 0 else { throw KeySet.Failure(description: "no key in it can be used" + keys.notes.map { "; \($0)" }.joined()) }
        return keys
    }

    /// - Parameters:
    ///   - stamp: of the file, from before it was read; nil where there is none.
    ///   - freshFor: in seconds; nil for what says nothing of it.
    private func take(_ keys: KeySet, stamp: FileStamp?, freshFor: Double? = nil) {
        let now = SteadyClock.seconds()
        state.withLock { state in
            state.keys = keys
            state.generation += 1
            state.wasFetched = true
            state.tries.taken([stamp])
            state.takenAt = now
            state.refreshAt = now + (freshFor ?? times.freshFor)
        }
        log.info("token keys taken", ["keys": .number(keys.count)])
        for note in keys.notes { log.warning("token key passed over", ["reason": .text(note)]) }
    }

    /// The keys stay; it is tried again after `Times.retry`, whatever the set in force was fresh for.
    ///
    /// - Parameter isTold: the log says so.
    private func failed(_ reason: String, isTold: Bool = true) {
        let kept = state.withLock { state -> Int in
            state.wasFetched = true
            state.failureCount += 1
            state.refreshAt = SteadyClock.seconds() + times.retry
            return state.keys.count
        }
        if isTold { log.warning("token keys not taken", ["reason": .text(reason), "kept": .number(kept)]) }
    }
}
