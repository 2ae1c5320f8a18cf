internal import Cluster
internal import ColumnStore
internal import Ingest
import Synchronization

/// The HTTP door of a member of a cluster. While another leads it answers `/healthz`, `/readyz` and `/metrics` itself, and passes all else on to the
/// node that leads; once this node leads and its store is open, requests go on to the server's own handler. To the server it is the door that a stop closes:
/// from then on requests are passed on again.
///
/// Each request has one of these answers, chosen by its head and the node's standing at that instant:
/// 1. `GET /readyz`: this node's own, always. 2. It leads and serves: the server's. 3. `GET /healthz`, and `GET /metrics` with a key for it: its own. To `HEAD` all three are
///    what they are to `GET`. 4. A read
///    that may be stale, and a copy that will do: the copy's. 5. Anything else but the three paths: passed on. 6. Else 503 `not-leader`.
final class MemberDoor: RequestHandler, Door {
    private let host: NodeHost
    private let failures: Failures
    private let passing: RequestPassing
    private let stale: StaleDoor
    private let days: StandbyDays
    private let room: DiskRoom
    private let certificates: [any DoorCertificate]
    private let log: Log
    private let warehouse: @Sendable () -> PlaceProof.Doubt?
    private let state = Monitor(State())

    private struct Inner: Sendable {
        let handler: any RequestHandler
        /// Why the server takes no work; none when it does.
        let refusals: @Sendable () -> [Problem]
        /// What does not work though it takes work.
        let faults: @Sendable () -> [String]
    }

    /// Requests are in `taken` from before their handler has them until they are over: a stop waits for them to go.
    private struct State {
        var inner: Inner?
        /// Requests that a server has, and which.
        var taken: [ObjectIdentifier: (handler: any RequestHandler, exchange: Exchange)] = [:]
    }

    /// What is never passed on, whoever leads.
    private static let ownPaths = ["healthz", "readyz", "metrics"].map { [Array($0.utf8)] }

    /// - Parameters:
    ///   - certificates: that this machine shows while it follows.
    ///   - warehouse: why the bucket of cold receipts is not known to be good for this machine; nil where it is, or there is none.
    init(
        _ host: NodeHost, _ passing: RequestPassing, _ stale: StaleDoor, days: StandbyDays, room: DiskRoom, certificates: [any DoorCertificate], log: Log,
        warehouse: @escaping @Sendable () -> PlaceProof.Doubt?
    ) throws {
        (self.host, self.passing, self.stale, self.days, self.log, self.warehouse) = (host, passing, stale, days, log, warehouse)
        (self.room, self.certificates) = (room, certificates)
        failures = try Failures(log: log)
    }

    var name: String { "http" }

    /// From here on requests are the server's, as long as this node leads.
    func open(_ handler: any RequestHandler, refusals: @escaping @Sendable () -> [Problem], faults: @escaping @Sendable () -> [String]) {
        state.withLock { $0.inner = Inner(handler: handler, refusals: refusals, faults: faults) }
    }

    var isOpen: Bool { state.withLock { $0.inner != nil } && host.standing.withLock { $0.isServing && $0.ending == nil } }

    /// The server gets no more of them; others wait for whoever leads next.
    func stopAccepting() { state.withLock { $0.inner = nil } }

    var inFlightCount: Int { state.withLock { $0.taken.count } }

    func waitUntilIdle(seconds: Double) -> Bool { state.wait(seconds: seconds) { $0.taken.isEmpty ? true : nil } ?? false }

    /// Ends the connections of those that a server still has.
    func cut() { for one in state.withLock({ Array($0.taken.values) }) { one.exchange.cut() } }

    func begin(_ exchange: Exchange) throws -> any HandledRequest {
        let standing = host.standing.withLock { $0 }
        let isServing = standing.isServing && standing.ending == nil
        // Not by how it stands now: what came before the standby was lost may be acknowledged without it.
        exchange.partingHeaders = { [host] in host.standing.withLock { $0.isDegraded && $0.role == .leader } ? [.init("Till-Degraded", "1")] : [] }
        if PlainAnswer.isLook(exchange.request.method), exchange.request.target.segments == Self.ownPaths[1] {
            let inner = state.withLock { $0.inner }
            return PlainAnswer(PlainJSON.ready(
                standing, node: host.name, isOpen: inner != nil, leaderURL: (standing.configuration?.leader).flatMap { host.url(of: $0) }, days: days.report, checkpoint: host.checkpointStanding,
                archive: host.archiveStanding, warehouse: warehouse(), refusals: inner?.refusals() ?? [], faults: inner?.faults() ?? room.followersText.map { [$0] } ?? []))
        }
        let taken = state.withLock { state -> (any RequestHandler)? in
            guard isServing, let inner = state.inner else { return nil }
            state.taken[ObjectIdentifier(exchange)] = (inner.handler, exchange)
            return inner.handler
        }
        guard let taken else { return try own(exchange) }
        return try begin(exchange, by: taken)
    }

    private func begin(_ exchange: Exchange, by handler: any RequestHandler) throws -> any HandledRequest {
        do { return try handler.begin(exchange) } catch {
            // Of one that goes before its refusal is there nobody says that it is over.
            exchange.whenGone { [state, key = ObjectIdentifier(exchange)] in _ = state.broadcast { $0.taken.removeValue(forKey: key) } }
            throw error
        }
    }

    /// A read that this node answers from its own copy.
    private func begin(_ exchange: Exchange, _ copy: (service: Service, header: Response.Header)) throws -> any HandledRequest {
        state.withLock { $0.taken[ObjectIdentifier(exchange)] = (copy.service, exchange) }
        defer { exchange.admissionHeaders.append(copy.header) }
        return try begin(exchange, by: copy.service)
    }

    private func own(_ exchange: Exchange) throws -> any HandledRequest {
        let segments = exchange.request.target.segments
        let isLook = PlainAnswer.isLook(exchange.request.method)
        if isLook, segments == Self.ownPaths[0] { return PlainAnswer(PlainJSON.status("ok")) }
        if isLook, segments == Self.ownPaths[2] {
            try stale.checkMayWatch(exchange.request)
            return PlainAnswer(MemberFigures.response(host.metrics + room.metrics, certificates))
        }
        let isMarked = exchange.request.header(PassedHead.mark) != nil
        let meaning = try stale.meaning(of: exchange)
        if meaning != .none, let copy = try stale.take(anyAge: isMarked || meaning == .ofNobody, isKept: meaning == .read) { return try begin(exchange, copy) }
        guard !Self.ownPaths.contains(segments), host.standing.withLock({ $0.configuration != nil }),
            let head = PassedHead(exchange.request, fields: exchange.connection.fields(), node: host.name)
        else { throw refusal(isMarked: isMarked) }
        return PassedRequest(exchange, head, isMarked: isMarked, isStale: meaning == .read && !isMarked, passing)
    }

    /// - Parameters:
    ///   - isMarked: whether a node asks, which tells it that nobody has taken its request.
    ///   - cause: why the last try came to nothing; for the log.
    func refusal(isMarked: Bool, cause: String? = nil) -> Refusal {
        let (leader, url) = (host.leader, host.leaderURL)
        let other = leader.map { "\($0) leads" + (url.map { ": \($0)" } ?? "") + ", and does not answer" }
        let who = leader == host.name ? "it may do so soon" : other ?? host.standing.withLock { $0.ending }.map { "it ends (\($0))" } ?? "nobody leads yet"
        let problem = Problem(.notLeader, "this node of the cluster, \(host.name), does not lead: \(who)", cause: cause)
        return Refusal(
            problem: problem, headers: (url.map { [.init("Till-Leader", $0)] } ?? []) + (isMarked ? [.init(PassedHead.mark, "refused")] : []))
    }

    private func handler(of exchange: Exchange) -> (any RequestHandler)? { state.withLock { $0.taken[ObjectIdentifier(exchange)]?.handler } }

    func response(to error: any Error, on exchange: Exchange) -> Response { handler(of: exchange)?.response(to: error, on: exchange) ?? failures.response(to: error, on: exchange) }

    func requestID(_ exchange: Exchange) -> String { handler(of: exchange)?.requestID(exchange) ?? failures.requestID(exchange) }

    func ended(_ exchange: Exchange, isWhole: Bool) {
        guard let handler = state.broadcast({ $0.taken.removeValue(forKey: ObjectIdentifier(exchange)) })?.handler else {
            return log.request(exchange, seconds: SteadyClock.seconds() - exchange.startedAt, isWhole: isWhole)
        }
        handler.ended(exchange, isWhole: isWhole)
    }
}
