internal import Cluster
internal import ColumnStore
internal import Ingest
import Synchronization

/// The HTTP door of a member of a cluster. While another leads it answers `/healthz` and `/readyz` itself, and all else with `not-leader`; once this node leads and its store is
/// open, requests go on to the server's own handler.
final class MemberDoor: RequestHandler {
    private let host: NodeHost
    private let failures: Failures
    private let log: Log
    private let inner = Mutex<Inner?>(nil)

    private struct Inner: Sendable {
        let handler: any RequestHandler
        /// Why the server takes no work; none when it does.
        let refusals: @Sendable () -> [Problem]
    }

    init(_ host: NodeHost, log: Log) throws {
        (self.host, self.log) = (host, log)
        failures = try Failures(log: log)
    }

    /// From here on requests are the server's, as long as this node leads.
    func open(_ handler: any RequestHandler, refusals: @escaping @Sendable () -> [Problem]) { inner.withLock { $0 = Inner(handler: handler, refusals: refusals) } }

    func begin(_ exchange: Exchange) throws -> any HandledRequest {
        let standing = host.standing.withLock { $0 }
        let inner = inner.withLock { $0 }
        if exchange.request.method == .get, exchange.request.target.segments == [Array("readyz".utf8)] {
            if inner == nil || inner?.refusals().isEmpty == true {
                let leader = standing.configuration?.leader
                return PlainAnswer(PlainJSON.ready(standing, node: host.name, isOpen: inner != nil, leaderURL: leader.flatMap { host.url(of: $0) }))
            }
        }
        guard let inner, standing.isServing, standing.ending == nil else { return try own(exchange, standing) }
        let request = try inner.handler.begin(exchange)
        if standing.isDegraded { exchange.admissionHeaders.append(.init("Till-Degraded", "1")) }
        return request
    }

    private func own(_ exchange: Exchange, _ standing: NodeHost.Standing) throws -> any HandledRequest {
        if exchange.request.method == .get, exchange.request.target.segments == [Array("healthz".utf8)] {
            return PlainAnswer(PlainJSON.status("ok"))
        }
        let leader = standing.configuration?.leader
        let url = leader.flatMap { $0 == host.name ? nil : host.url(of: $0) }
        let who = leader == host.name ? "it may do so soon" : leader.map { "\($0) leads" + (url.map { ": \($0)" } ?? "") } ?? "nobody leads yet"
        let problem = Problem(.notLeader, "this node of the cluster, \(host.name), does not lead: \(who)")
        throw Refusal(problem: problem, headers: [.init("Retry-After", "1")] + (url.map { [.init("Till-Leader", $0)] } ?? []))
    }

    func response(to error: any Error, on exchange: Exchange) -> Response { (inner.withLock { $0?.handler })?.response(to: error, on: exchange) ?? failures.response(to: error, on: exchange) }

    func requestID(_ exchange: Exchange) -> String { (inner.withLock { $0?.handler })?.requestID(exchange) ?? failures.requestID(exchange) }

    func ended(_ exchange: Exchange, isWhole: Bool) {
        if let handler = inner.withLock({ $0?.handler }) { return handler.ended(exchange, isWhole: isWhole) }
        log.request(exchange, seconds: SteadyClock.seconds() - exchange.startedAt, isWhole: isWhole)
    }
}

/// An answer that is known as the head is here.
final class PlainAnswer: HandledRequest {
    private let response: Response

    init(_ response: Response) { self.response = response }

    var bodyByteCountMax: Int { 64 << 10 }
    func openBody() throws -> (any BodySink)? { nil }
    func finish() -> Response? { response }
}

/// JSON of calls that no description has: `/healthz` and `/readyz` of what is no server yet.
enum PlainJSON {
    static func status(_ status: String) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("status", status)
        json.endObject()
        return Response(status: 200, contentType: "application/json", bytes: json.bytes)
    }

    /// What `/readyz` of a member says.
    static func ready(_ standing: NodeHost.Standing, node: String, isOpen: Bool, leaderURL: String?) -> Response {
        let leads = standing.role == .leader
        let mayAcknowledge = leads && isOpen && standing.isServing && standing.ending == nil
        var json = JSONWriter()
        json.beginObject()
        json.member("status", mayAcknowledge ? "ready" : "not-ready")
        json.member("role", standing.ending != nil ? Node.Role.fenced.rawValue : leads && !mayAcknowledge ? Node.Role.candidate.rawValue : standing.role.rawValue)
        json.member("node", node)
        json.member("epoch", standing.configuration?.epoch ?? 0)
        json.member("leader", standing.configuration?.leader)
        json.member("leader_url", leaderURL)
        json.key("insync" as StaticString)
        json.beginArray()
        for name in standing.configuration?.insync ?? [] { json.string(name) }
        json.endArray()
        json.member("mode", standing.configuration?.mode.rawValue ?? Configuration.Mode.pair.rawValue)
        json.member("lag_records", max(0, standing.last - standing.committed.sequence))
        json.member("degraded", standing.isDegraded)
        json.endObject()
        return Response(status: mayAcknowledge ? 200 : 503, contentType: "application/json", bytes: json.bytes)
    }
}
