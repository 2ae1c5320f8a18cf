internal import ColumnStore
internal import Ingest
import Synchronization

/// What a server has beside its engine that may change while it runs: its certificate, and the keys of tokens.
final class ServeParts: Sendable {
    let certificates: CertificateFiles?
    let tokens: TokenVerifier?
    /// Of the PostgreSQL door.
    let postgresCertificates: PostgresCertificates?
    private let member: MemberCertificates?
    /// Of all doors.
    var allCertificates: [any DoorCertificate] {
        let all: [(any DoorCertificate)?] = [certificates, postgresCertificates, member?.link]
        return all.compactMap { $0 }
    }
    private struct Watching {
        var figures: FigureWatch
        var failure: String?
    }
    private let engine: Engine
    private let log: Log
    private let watching: Mutex<Watching>
    private let isUnderWay = Atomic<Bool>(false)
    private let repetition = Mutex<Timers.Repetition?>(nil)

    /// How often it looks after files and figures, in seconds.
    static let period = 1.0

    /// - Throws: `SettingError` for files that are wrong.
    ///
    /// - Parameter certificates: those of a member of a cluster, whose listener is there already.
    init(_ settings: Settings, engine: Engine, log: Log, certificates given: MemberCertificates? = nil) throws {
        certificates = if let given { given.door } else { try Self.doorCertificates(settings, log) }
        tokens = try Self.tokens(settings, log)
        if let chain = settings.postgres.tlsCertificate, let key = settings.postgres.tlsKey {
            let certificates = PostgresCertificates(chain: chain, key: key, log: log)
            try certificates.start()
            postgresCertificates = certificates
        } else {
            postgresCertificates = nil
        }
        member = given
        self.engine = engine
        self.log = log
        watching = Mutex(Watching(figures: FigureWatch(log)))
    }

    /// From here on looks after files and figures, each time by `run`, which calls it on another thread or not at all.
    func watch(_ timers: Timers, run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool) {
        let begun = timers.every(Self.period) { [self] in
            guard !isUnderWay.exchange(true, ordering: .relaxed) else { return }
            let isTaken = run { [self] in
                look()
                isUnderWay.store(false, ordering: .relaxed)
            }
            if !isTaken { isUnderWay.store(false, ordering: .relaxed) }
        }
        repetition.withLock { $0 = begun }
        member?.rest()
    }

    private func look() {
        checkNow()
        engine.publishAgain()
        watching.withLock { watching in
            watching.figures.look(engine)
            do { try engine.lookAfterUsage() } catch {
                log.error("what clients used could not be written down; it is tried again", ["reason": .error(error)])
            }
            // The engine has no log of its own.
            let present = engine.compactionFailure
            if present != watching.failure, let present { log.error("compaction failed; it is tried again", ["reason": .text(present)]) }
            watching.failure = present
        }
        if let first = engine.takeMaintenanceFailures().first {
            log.error("columns were not flushed or the log not copied; it is tried again", ["reason": .text(first)])
        }
    }

    /// Those of HTTP's door, taken; nil where it is in the clear.
    ///
    /// - Throws: `SettingError` for files that are wrong.
    static func doorCertificates(_ settings: Settings, _ log: Log) throws -> CertificateFiles? {
        guard let chain = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
        let files = CertificateFiles(chain: chain, key: key, log: log)
        try files.start()
        return files
    }

    private static func tokens(_ settings: Settings, _ log: Log) throws -> TokenVerifier? {
        guard let jwks = settings.jwt.jwks else { return nil }
        for warning in SettingsCheck.warnings(settings) { log.warning(warning) }
        let source = KeySetSource(.init(jwks), policy: try SettingsCheck.policy(settings), log: log)
        try source.start()
        return TokenVerifier(
            source: source, rules: TokenRules(issuer: settings.jwt.issuer, audience: settings.jwt.audience, claim: settings.jwt.claim))
    }

    func checkNow(isForced: Bool = false) {
        certificates?.checkNow(isForced: isForced)
        postgresCertificates?.checkNow(isForced: isForced)
        member?.link?.checkNow(isForced: isForced)
        tokens?.source.checkNow(isForced: isForced)
    }

    func stop() {
        repetition.withLock { $0?.stop() }
        tokens?.source.stop()
    }
}
