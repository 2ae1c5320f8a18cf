internal import ColumnStore
import Glibc
internal import Ingest
internal import Query

/// Runs the server until it is asked to stop.
enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "Runs the server."
    static let usage = ["--data DIR [--listen 127.0.0.1:8080] [--config till.json] [--tls-cert FILE --tls-key FILE]"]
    static let options: [Arguments.Option] = [
        .init("data", "DIR", "Where everything is kept; made where the directory is empty or not there."),
        .init("listen", "HOST:PORT", "The address to listen on (127.0.0.1:8080)."),
        .init("config", "FILE", "The configuration file; TILL_… variables stand above it."),
        .init("tls-cert", "FILE", "The certificate chain, PEM."),
        .init("tls-key", "FILE", "Its key, PEM."),
    ]

    /// A stop that is asked for meanwhile waits for the file at hand.
    private static let warmSeconds = 3.0
    /// Whoever asks waits, too, but for a stop: a store whose copy takes longer is served without it.
    private static let checkpointSeconds = 5.0

    static var outcomes: Outcomes {
        Outcomes(
            done: "ended by SIGTERM or SIGINT", failed: "could not start: the directory, its catalog or the address; standard error says which",
            misused: "called the wrong way, or a fault in the configuration: each is named",
            further: [
                (StopDeadline.status, "a stop took longer than \(Int(StopDeadline.seconds)) s and was cut off: the log names what it waited for; nothing that was acknowledged is lost"),
                (LogFence.status, "its log was taken over, another machine of the pair leads, or the system gave a start no thread: to be started anew"),
            ])
    }

    /// A server that has begun.
    private struct Running {
        let context: DoorContext
        let engine: Engine
        let parts: ServeParts
        let calls: EndpointCaller
        let manager: ServiceManager
        let fence: LogFence
        let member: ClusterMember?
        let directory: String
        let repetitions: [Timers.Repetition]
        let service: Service
        var signals: sigset_t

        var status: Int32 { fence.isClosed ? LogFence.status : ExitStatus.done }
    }

    /// What a process has for good, however often it opens the store.
    private struct Beginning {
        let directory: String
        let signals: sigset_t
        let settings: Settings
        let log: Log
        let fence: LogFence
        let member: ClusterMember?
        let queries: QueryEngine
        /// Of what lies in a bucket.
        let cache: WarehouseCache
    }

    static func run(_ arguments: Arguments) throws -> Int32 {
        var beginning: Beginning?
        while true {
            let running: Running
            do {
                let begun = try beginning ?? begin(arguments)
                beginning = begun
                running = try start(begun)
            } catch let ended as ClusterMember.Ended {
                return ended.status
            } catch {
                StartRefusal.note(error, logFormat(arguments))
                throw error
            }
            if let status = try serve(running) { return status }
        }
    }

    private static func begin(_ arguments: Arguments) throws -> Beginning {
        try arguments.noOperands()
        let directory = try arguments.required("data")
        // Before anything makes a thread, which would be ended by them, and the process with it.
        let signals = blockSignals()
        let settings = try settings(arguments)
        let log = Log(format: settings.logFormat, level: settings.logLevel)
        raiseFileLimit()
        let queries = QueryEngine.make(settings, beside: directory)
        let member = try settings.pair.node.map { _ in try MemberOpening.open(settings, directory: directory, listenerSettings(settings), connectionLimits(settings), queries, log) }
        return Beginning(
            directory: directory, signals: signals, settings: settings, log: log, fence: LogFence(log), member: member, queries: queries,
            cache: WarehouseOpening.cache(settings, directory: directory))
    }

    /// - Throws: `ClusterMember.Ended` too, where this machine of a cluster was asked to end before it led.
    private static func start(_ beginning: Beginning) throws -> Running {
        let (directory, settings, log, fence, member) = (beginning.directory, beginning.settings, beginning.log, beginning.fence, beginning.member)
        // Returns once this machine leads.
        try member?.follow(beginning.signals)
        let engine: Engine
        do {
            engine = try EngineOpening.open(directory: directory, settings: settings, making: .anew, probes: true, replica: member?.host, queries: beginning.queries, cache: beginning.cache, log: log, logRefused: fence.close)
        } catch {
            // Whoever was replaced meanwhile follows, whatever came of it.
            guard let member, member.hasEnded else { throw error }
            log.error("the store was not opened", ["reason": .text(ErrorText.describe(error))])
            throw ClusterMember.Ended(status: LogFence.status)
        }
        for damaged in engine.damagedDocuments {
            log.error("a receipt's document is damaged; restore it from a backup", [
                "file": .text(damaged.path), "row": .number(Int(damaged.row)), "ticket": .text("\(damaged.ticket)"), "reason": .text(damaged.reason),
            ])
        }
        let adminKey = try adminKey(of: directory, engine, log)
        // A store that was restored a moment ago is as likely to be lost again as any. Behind the key, which lies in a file that checkpoints alone have.
        engine.waitForCheckpoint(seconds: checkpointSeconds) { ClusterMember.isStopping }
        let parts = try ServeParts(settings, engine: engine, log: log, certificates: member?.certificates)
        let context = DoorContext(
            store: StoreRoles(engine), queries: beginning.queries, further: StoreSchema(), adminKey: adminKey, tokens: parts.tokens, limits: DoorLimits(settings),
            log: log, timers: member?.timers ?? Timers(), warehouse: try WarehouseOpening.reading(settings),
            postgres: settings.postgres.host.map { _ in PostgresAddress(port: Int(settings.postgres.port), isSecure: settings.postgres.tlsCertificate != nil) },
            isBehindTLS: settings.publicURL?.lowercased().hasPrefix("https://") ?? false, cluster: member?.control)
        context.life.setStarting(true)
        // Doors open here, one line each.
        let (service, listener) = try openHTTP(settings, context, parts, member)
        try PostgresDoor.open(context, told: settings, adminKey: adminKey, certificates: parts.postgresCertificates)
        let url = settings.publicURL ?? self.url(settings, port: listener.port)
        engine.publish(url: self.url(settings, port: listener.port))
        try engine.startRegistration(callbackBase: url)
        engine.startEvents()
        for missing in engine.missingRegistrars {
            log.error("a registrar is not configured: what waits for it stands still", ["registrar": .text(missing.name), "reason": .text(missing.reason)])
        }
        parts.watch(context.life.timers, run: service.onObserver)
        let levels = service.watchLevels()
        ExportMaker.begin(context, url: url)
        UploadBody.beginUploads(context, url: url)
        let calls = EndpointCaller(try EngineOpening.registration(settings), callbackBase: url)
        try context.store.processes.begin(TaskExecutors(context: context, calls: calls))
        engine.warm(seconds: warmSeconds) { ClusterMember.isStopping }
        context.life.setStarting(false)
        member?.serve(service, context, fence)
        log.info("listening", ["url": .text(url), "console": .text(url + "/console/"), "data": .text(directory), "version": .text(TillVersion.text)])
        let (manager, alive) = manager(service, url)
        member?.endTelling()
        return Running(
            context: context, engine: engine, parts: parts, calls: calls, manager: manager, fence: fence, member: member,
            directory: directory, repetitions: [levels] + (alive.map { [$0] } ?? []), service: service, signals: beginning.signals)
    }

    private static func openHTTP(_ settings: Settings, _ context: DoorContext, _ parts: ServeParts, _ member: ClusterMember?) throws -> (Service, Listener) {
        let routes = APIRoutes.all + IcebergRoutes.all + ConsoleRoutes.all
        if let member {
            return (try HTTPDoor.open(context, behind: member.door, connections: member.listener.connections, certificates: parts.allCertificates, routes: routes), member.listener)
        }
        return try HTTPDoor.open(context, listenerSettings(settings), connections: connectionLimits(settings), certificates: parts.allCertificates, routes: routes)
    }

    /// Tells whoever started the process that it answers, and from then on as often as it asks that it lives: the timers' thread and one that looks after the
    /// server must both have come to it.
    private static func manager(_ service: Service, _ url: String) -> (ServiceManager, alive: Timers.Repetition?) {
        let manager = ServiceManager(socket: Environment["NOTIFY_SOCKET"], watchdog: Environment["WATCHDOG_USEC"], watchdogProcess: Environment["WATCHDOG_PID"])
        manager.tell(.ready("listening on \(url)"))
        let alive = manager.watchdogSeconds.map { seconds in
            service.context.life.timers.every(max(0.05, seconds / 3)) { _ = service.onObserver { manager.tell(.alive) } }
        }
        return (manager, alive)
    }

    /// Until somebody ends it.
    ///
    /// - Returns: the process's status; nil: this machine of a cluster goes on, and follows.
    private static func serve(_ running: Running) throws -> Int32? {
        let log = running.context.log
        var signals = running.signals
        let signal = waitForEnd(&signals, running)
        let isHandingOver = signal == SIGHUP
        if isHandingOver {
            log.info("handing the store over")
        } else {
            running.manager.tell(.stopping)
            log.info("stopping", ["signal": signal == SIGTERM ? "TERM" : "INT"])
        }
        // Nobody waits for the end of a process that goes on.
        let deadline = isHandingOver ? nil : StopDeadline(of: log, isFenced: { [fence = running.fence] in fence.isClosed })
        defer { deadline?.finish() }
        // Requests wait for the machine that leads next, which has less to read then.
        if running.member != nil, !running.fence.isClosed { running.engine.layDown(seconds: deadline?.left(ClusterMember.layDownSeconds) ?? ClusterMember.layDownSeconds) }
        running.engine.stopCarrying(within: ClusterMember.carryingSeconds)
        switch stop(running, isHandingOver: isHandingOver) {
        case .whole: break
        case .requestsCutOff(let count):
            log.warning("stopped with requests cut off", ["count": .number(count)])
            return isHandingOver ? LogFence.status : running.status
        case .jobCutOff:
            log.warning("stopped with a job cut off")
            return isHandingOver ? LogFence.status : running.status
        }
        deadline?.begin("the store's files, and its log")
        if isHandingOver { running.member?.beginTelling() }
        for repetition in running.repetitions { repetition.stop() }
        running.parts.stop()
        running.calls.stop()
        try running.engine.close()
        running.service.stop()
        if isHandingOver { return try running.member?.stepBack(running.directory) == true ? nil : LogFence.status }
        try running.member?.close(running.directory, deadline)
        log.info("stopped")
        return running.status
    }

    private static func stop(_ running: Running, isHandingOver: Bool) -> DoorContext.End {
        // Long enough for what runs, short enough for the ten seconds that a stop takes mostly.
        guard let member = running.member, running.fence.isClosed || isHandingOver else { return running.context.stop() }
        let end = running.context.stop(isHandingOver ? ClusterMember.handOverPatience : ClusterMember.patience)
        guard case .requestsCutOff = end else { return end }
        member.door.cut()
        return running.context.stop(ClusterMember.patience)
    }

    /// Takes or makes the administrator's key; that it is another than at the last start is written down, whoever changed it.
    private static func adminKey(of directory: String, _ engine: Engine, _ log: Log) throws -> String {
        var (key, change) = try AdminKey.obtain(in: directory, given: Environment[AdminKey.variable])
        let isOther = try engine.noteAdminKey()
        if isOther, change == .none { change = .fileReplaced }
        guard change != .none else { return key }
        let path = AdminKey.path(in: directory)
        log.warning("the admin key is another than at the last start", ["change": .text(change.rawValue), "path": .text(path), "uid": .number(Int(getuid()))])
        try AuditLog(trail: engine, log: log, administrator: "admin", failures: nil).note(
            action: "adminKey", actor: "start, uid \(getuid())", target: path, detail: #"{"change":"\#(change.rawValue)"}"#)
        return key
    }

    static func settings(_ arguments: Arguments) throws -> Settings {
        let (settings, found) = try collect(arguments)
        var faults = found
        if let fault = Environment[AdminKey.variable].flatMap(AdminKey.fault) { faults.append(SettingError(key: AdminKey.variable, message: fault)) }
        let all = faults + SettingsCheck.faults(settings).filter { fault in !faults.contains { $0.key == fault.key } }
        if !all.isEmpty { throw SettingErrors(all) }
        return settings
    }

    /// What a log would look like, whatever else is wrong with the configuration.
    private static func logFormat(_ arguments: Arguments) -> Log.Format {
        do {
            return try collect(arguments).settings.logFormat
        } catch {
            return SettingsReader.collect(file: nil, environment: Environment.all, overrides: []).settings.logFormat
        }
    }

    private static func collect(_ arguments: Arguments) throws -> (settings: Settings, faults: [SettingError]) {
        var overrides: [(key: String, value: String)] = []
        for (option, key) in [("listen", "listen"), ("tls-cert", "tls.cert"), ("tls-key", "tls.key")] {
            if let value = try arguments.one(option) { overrides.append((key, value)) }
        }
        return try CommandSettings.collect(arguments, overrides: overrides)
    }

    private static func listenerSettings(_ settings: Settings) -> Listener.Settings {
        // One thread a core, and two at least: one long answer must not stand before all others.
        var result = Listener.Settings(host: settings.host, port: settings.port, threadCount: max(2, Environment.processorCount))
        result.isSecure = settings.tlsCertificate != nil
        return result
    }

    private static func connectionLimits(_ settings: Settings) -> ConnectionTable.Limits {
        var limits = ConnectionTable.Limits()
        limits.all = settings.limits.connections
        limits.ofAddress = settings.limits.connectionsPerAddress
        return limits
    }

    /// Until TERM or INT, or HUP of a member that is to hand over; else HUP takes certificate and token keys anew.
    private static func waitForEnd(_ signals: inout sigset_t, _ running: Running) -> Int32 {
        while true {
            var signal: Int32 = 0
            guard sigwait(&signals, &signal) == 0 else { continue }
            guard signal == SIGHUP, running.member?.takeHandOver() != true else { return signal }
            running.context.log.info("reloading", ["signal": "HUP"])
            running.manager.tell(.reloading)
            running.parts.checkNow(isForced: true)
            running.manager.tell(.ready("took certificates and token keys anew"))
        }
    }

    static func url(_ settings: Settings, port: UInt16) -> String {
        let isWildcard = settings.host.isEmpty || settings.host == "0.0.0.0" || settings.host == "::"
        let host = isWildcard ? "127.0.0.1" : settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        return "\(settings.tlsCertificate == nil ? "http" : "https")://\(host):\(port)"
    }

    /// Signals wait for `sigwait`; every thread made from here on inherits that.
    private static func blockSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGHUP)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        return signals
    }

    /// Each connection is an open file: take as many as the system allows.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

extension DoorLimits {
    init(_ settings: Settings) {
        self.init()
        body = settings.limits.body
        queryCount = settings.limits.queries
        queryTime = settings.limits.queryTime
        streamTime = settings.limits.streamTime
        exportsByteCount = settings.limits.exportsBytes
        uploadByteCount = settings.limits.upload
        memory.all = settings.limits.requestMemory
        // One contract's requests leave half of the connections to others.
        memory.requestCount = max(1, settings.limits.connections / 2)
        memory.bodyByteCount = body
    }
}

extension QueryEngine {
    /// With the budgets of the configuration.
    ///
    /// - Parameter directory: of a store that takes receipts meanwhile, which queries leave their room on the disk; nil: there is none.
    static func make(_ settings: Server.Settings, threadCount: Int? = nil, beside directory: String? = nil) -> QueryEngine {
        var own = QueryEngine.Settings(threadCount: threadCount)
        own.memoryByteCountMax = settings.memoryBudget
        own.queryMemoryByteCountMax = min(settings.limits.queryMemory, settings.memoryBudget)
        return QueryEngine(own.spilling(beside: directory, minFreeByteCount: settings.limits.minFree))
    }
}
