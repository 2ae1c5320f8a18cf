internal import Cluster
internal import ColumnStore
internal import Ingest
internal import Query
import Synchronization

/// Answers reads marked `Till-Read: stale` from this node's own copy, while another leads: the calls of `routes`, by the rights that contracts have in that copy. Of each answer
/// `Till-Stale` says whose it is, and how old.
///
/// The service over the copy is made with the first request, with threads of its own, and anew where the administrator's key has changed.
final class StaleDoor: Sendable {
    private static let routes = (ReceiptRoutes.all + TicketRoutes.all + SQLRoutes.all).filter(\.operation.mayBeStale)
    private static let router = Router(routes)

    private let host: NodeHost
    private let copies: StandbyCopies
    private let directory: String
    private let limits: DoorLimits
    private let queries: QueryEngine
    private let connections: ConnectionTable
    private let timers: Timers
    private let log: Log
    private let keys: KnownKeys
    /// Of an administrator's key, which comes with the records and may change.
    private let made = Mutex<(key: String, service: Service)?>(nil)

    init(_ host: NodeHost, _ copies: StandbyCopies, directory: String, limits: DoorLimits, queries: QueryEngine, connections: ConnectionTable, timers: Timers, log: Log) {
        (self.host, self.copies, self.directory, self.limits, self.queries, self.connections, self.timers, self.log) = (host, copies, directory, limits, queries, connections, timers, log)
        keys = KnownKeys(directory)
        copies.whenEnded { [weak self] in self?.made.withLock { $0?.service }?.context.queries.cancelAll() }
    }

    /// What a request is to this door.
    enum Meaning {
        /// Nothing: it is passed on, as a token or a session is, whose worth the node that leads knows.
        case none
        /// It shows a key that this node does not know: no copy is made for it, and none kept. Where there is one it is refused by it.
        case ofNobody
        case read
    }

    /// Whether a request may be answered here: it says so, is a call of these, and shows a key that this node knows.
    func meaning(of exchange: Exchange) throws -> Meaning {
        let request = exchange.request
        guard request.header(Operation.Parameter.staleReadHeader)?.trimmingBlanks.lowercased() == "stale", ["GET", "POST"].contains(request.methodName), (try? Self.router.match(request.method, request.target)) != nil,
            let credential = try? request.credential()
        else { return .none }
        guard !credential.isSession, !JSONWebToken.looksLike(credential.secret) else { return .none }
        return try isKnown(credential) ? .read : .ofNobody
    }

    private func isKnown(_ credential: Credential) throws -> Bool {
        if let key = try adminKey(), Digest.areEqual(credential.sha256, APIKey.sha256(of: key)) { return true }
        if copies.reading.holder(ofKeySHA256: credential.sha256) != nil { return true }
        return keys.has(sha256: credential.sha256, at: CalendarText.now)
    }

    /// Who may read this node's figures: the administrator, and keys of the roles that may read a server's, as far as they are known here.
    ///
    /// - Throws: `Problem`.
    func checkMayWatch(_ request: Request) throws {
        let credential = try request.credential()
        if let key = try adminKey(), Digest.areEqual(credential.sha256, APIKey.sha256(of: key)) { return }
        guard keys.has(sha256: credential.sha256, at: CalendarText.now, roles: AccessRule.metrics.roles) else {
            throw Problem(.unauthenticated, "the figures of a node that does not lead are for the admin key, or one of the role metrics, and it knows no such key")
        }
    }

    private func adminKey() throws -> String? { try Environment["TILL_ADMIN_KEY"] ?? AdminKey.read(in: directory) }

    /// Who answers, and what is said of how old that is; nil while there is no copy.
    ///
    /// - Parameters:
    ///   - anyAge: the request has waited for one.
    ///   - isKept: whether it goes on being made anew for that.
    func take(anyAge: Bool, isKept: Bool = true) throws -> (service: Service, header: Response.Header)? {
        guard let present = isKept ? copies.take(anyAge: anyAge) : copies.present, let service = try service() else { return nil }
        let record = Int(clamping: present.copy.position.sequence)
        let behind = max(0, host.standing.withLock { $0.committed.sequence } - record)
        // Since the leader was last heard before the copy was made: by then it may have acknowledged more.
        let milliseconds = max(0, BootClock.milliseconds() - present.heardAt)
        return (service, .init("Till-Stale", "node=\(host.name), record=\(record), behind=\(behind), seconds=\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)"))
    }

    private func service() throws -> Service? {
        guard let key = try adminKey() else { return nil }
        return try made.withLock { made in
            if let made, made.key == key { return made.service }
            let context = DoorContext(store: StoreRoles(of: copies.reading), queries: queries, further: StoreSchema(isCopy: true), adminKey: key, limits: limits, log: log, timers: timers)
            let service = try Service(context, connections: connections, routes: Self.routes)
            made?.service.stop()
            made = (key, service)
            return service
        }
    }
}
