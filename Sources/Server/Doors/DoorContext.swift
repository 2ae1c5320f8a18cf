package import ColumnStore
internal import Documents
package import Ingest
package import Query
import Synchronization

/// The port that PostgreSQL's clients connect to, and whether it speaks TLS.
package struct PostgresAddress: Sendable, Equatable {
    package let port: Int
    package let isSecure: Bool

    package init(port: Int, isSecure: Bool) { (self.port, self.isSecure) = (port, isSecure) }
}

/// What every door is given: one store, one admission, one query service, one table of jobs, one life. A door adds only its protocol.
package final class DoorContext: Sendable {
    package let store: StoreRoles
    package let admission: Admission
    package let queries: QueryService
    package let jobs: JobTable
    package let exports: ExportQueue
    package let life: ServerLife
    package let log: Log
    package let limits: DoorLimits
    package let tokens: TokenVerifier?
    let warehouse: WarehouseReading
    /// nil: there is no such door.
    let postgres: PostgresAddress?
    /// Whether others reach the server over TLS that another ends before it.
    let isBehindTLS: Bool
    /// The pair of machines that keeps the store; nil: one machine does.
    let cluster: (any PairControl)?
    private let memory = Mutex<(@Sendable () -> Void)?>(nil)

    package init(
        store: StoreRoles, queries: QueryEngine, further: any CatalogExtension, adminKey: String, tokens: TokenVerifier? = nil, limits: DoorLimits,
        log: Log, timers: Timers, warehouse: WarehouseReading = WarehouseReading(), postgres: PostgresAddress? = nil, isBehindTLS: Bool = false, cluster: (any PairControl)? = nil
    ) {
        (self.postgres, self.isBehindTLS, self.cluster) = (postgres, isBehindTLS, cluster)
        self.warehouse = warehouse
        self.store = store
        self.limits = limits
        self.log = log
        self.tokens = tokens
        life = ServerLife(timers)
        jobs = JobTable(log: log)
        exports = ExportQueue(exports: store.exports, log: log)
        admission = Admission(Authorizer(credentials: store.credentials, sessions: store.sessions, adminKey: adminKey, tokens: tokens, passes: store.cursors), MemoryLedger(limits.memory), store.usage.usageMeter)
        self.queries = QueryService(
            engine: queries, store: store, further: further,
            .init(count: limits.queryCount, time: limits.queryTime, streamTime: limits.streamTime), timers)
        log.leaveOut { [credentials = store.credentials] text in text.contains(adminKey) || credentials.holder(ofKeySHA256: APIKey.sha256(of: text)) != nil }
    }

    /// - Parameter action: gives memory that is free by then back to the system: of a door that has a thread for it.
    func giveBackMemory(by action: @escaping @Sendable () -> Void) { memory.withLock { $0 = action } }

    /// Behind a client for whom much was held, which the C library would keep.
    func giveBackMemorySoon() { memory.withLock { $0 }?() }

    /// Why the server takes no work, or no receipts; empty while it takes both. It is not ready before the first answer of the tokens' issuer, as clients with tokens
    /// would be refused.
    package var notReady: [Problem] {
        if life.isStopping { return [Problem(.overloaded, "the server is stopping")] }
        if !store.life.isReady || life.isStarting { return [Problem(.overloaded, "the server is starting")] }
        let waits = tokens.map { !$0.source.isSettled } ?? false
        return (waits ? [Problem(.overloaded, "the server waits for the keys of tokens")] : []) + store.life.intakeRefusals.map { Problem($0) }
    }

    /// What does not work though work is taken.
    package var degradations: [String] { store.life.degradations + exports.texts }

    // MARK: The end

    /// How long a stop waits, in seconds: for requests that run (`drain`), and again once their queries are cancelled (`cancel`).
    package struct Patience: Sendable {
        package var drain = 5.0
        package var cancel = 2.0
        package init() {}
    }

    package enum End: Sendable, Equatable {
        case whole
        /// Requests still ran at the end: files are not closed under them, and what was acknowledged is durable all the same.
        case requestsCutOff(count: Int)
        case jobCutOff
    }

    /// Ends long polls and jobs, and readiness with them; `stop` closes the doors.
    package func beginStopping() { life.beginStopping {
        jobs.beginStopping()
        exports.beginStopping()
    } }

    /// Closes every door and waits for requests that are under way. Where it returns `.whole` the engine may be closed.
    package func stop(_ patience: Patience = Patience()) -> End {
        beginStopping()
        life.closeDoors()
        if !life.waitUntilIdle(seconds: patience.drain) {
            queries.cancelAll()
            guard life.waitUntilIdle(seconds: patience.cancel) else { return .requestsCutOff(count: life.inFlightCount) }
        }
        // Both were ended as the stop began, and end side by side.
        let end = SteadyClock.seconds() + patience.cancel
        return jobs.waitUntilIdle(seconds: patience.cancel) && exports.waitUntilIdle(seconds: max(0, end - SteadyClock.seconds())) ? .whole : .jobCutOff
    }
}
