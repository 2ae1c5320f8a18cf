internal import Cluster
internal import ColumnStore
import Synchronization

/// Passes requests on to the node that leads, and their answers back as they come. While the lead moves a request waits here for whoever gets it, some seconds; once that is this node
/// itself, it goes to its own door.
///
/// What may be done twice is what decides: a request of which nobody knows whether it was done is sent again only if `PassedHead.isRepeatable`. One that nobody
/// has taken, since no connection came about or the other end refused it with `Till-Passed`, is always tried again, until its time is over.
final class RequestPassing: Sendable {
    private enum Place {
        case door(ServerURL, name: String?, node: String)
        /// It may be somebody's soon.
        case later
        case nobody
    }

    private enum Outcome {
        case answered
        /// It was taken by nobody.
        case untaken
        /// Nobody knows whether it was.
        case lost(String)
    }

    let room: PassedBody.Room
    let bodyByteCountMax: Int
    private let host: NodeHost
    /// By name: the host at which a node's messages are sent to it.
    private let peers: [String: String]
    private let connections: LeaderConnections
    private let copies: StandbyCopies
    private let threads = PassingThreads()
    private let log: Log
    /// This node's own, and where it is.
    private let door = Mutex<(door: MemberDoor, url: ServerURL?)?>(nil)
    private let isStopped = Atomic<Bool>(false)

    /// So long a request waits for a leader: one that takes over has lost the other for three seconds, and opens a store.
    static let patienceSeconds = 15.0
    private static let lookSeconds = 0.02
    /// So long a read that may be stale waits for a copy of this node; then the node that leads is asked.
    private static let copySeconds = 5.0
    /// How long a node that leads no more may still answer.
    private static let afterwardsSeconds = 1.0
    private static let streamAfterwardsSeconds = 10.0
    private static let wholeByteCountMax = 64 << 10
    private static let endingFields: Set<String> = ["date", "x-request-id"]

    init(_ host: NodeHost, peers: [String: String], _ connections: LeaderConnections, _ copies: StandbyCopies, room: PassedBody.Room, bodyByteCountMax: Int, log: Log) {
        (self.host, self.peers, self.connections, self.copies, self.room, self.bodyByteCountMax, self.log) = (host, peers, connections, copies, room, bodyByteCountMax, log)
    }

    func begin(_ door: MemberDoor, own url: String) { self.door.withLock { $0 = (door, ServerURL(url)) } }

    /// Nobody waits for a leader any more.
    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Answers in time, from another thread.
    func take(_ request: PassedRequest) {
        if threads.run(for: request.head.asker, { [self] in run(request) }) { return }
        complete(request, Problem(.overloaded, "as many requests wait here to be passed on as may; ask the node that leads, or try again"))
    }

    private func run(_ request: PassedRequest) {
        if request.isStale, copies.wait(seconds: Self.copySeconds), let url = door.withLock({ $0?.url }), case .answered = send(request, to: url, name: nil, node: nil) { return }
        // From here on; the wait for a copy was its own. An answer that has begun may take longer than this.
        let end = SteadyClock.seconds() + Self.patienceSeconds
        while !request.exchange.isGone {
            let standing = host.standing.withLock { $0 }
            switch place(of: request, standing) {
            case .nobody: return refuse(request)
            case .later: break
            case .door(let url, let name, let node):
                switch send(request, to: url, name: name, node: node) {
                case .answered: return
                case .untaken: break
                case .lost(let reason):
                    log.warning("the answer to a request that was passed on is lost", ["node": .text(node), "reason": .text(reason)])
                    guard request.head.isRepeatable else {
                        return complete(request, Problem(.notLeader, "the node that led was lost before its answer, and nobody knows whether it did what was asked: look before you ask again", cause: reason, isOutcomeUnknown: true))
                    }
                }
            }
            guard SteadyClock.seconds() < end, !isStopped.load(ordering: .relaxed) else { return refuse(request) }
            // Sooner where the node's standing changes: who leads may be known now.
            _ = host.standing.wait(seconds: Self.lookSeconds) { $0 == standing ? nil : () }
        }
        request.exchange.complete { .noContent }
    }

    private func place(of request: PassedRequest, _ standing: NodeHost.Standing) -> Place {
        let isOwn = standing.ending == nil && standing.configuration?.leader == host.name
        if isOwn {
            guard let door = door.withLock({ $0 }), door.door.isOpen, let url = door.url else { return .later }
            return .door(url, name: nil, node: host.name)
        }
        // A node that is to end hears no more of who leads; if anybody does, it is the other.
        let leader = standing.ending == nil ? standing.configuration?.leader : peers.keys.first
        // Nobody passes on what was passed on: two nodes that take each other for the leader would send it round.
        guard let leader, !request.isMarked else { return .nobody }
        guard let url = url(of: leader) else { return .later }
        return .door(url, name: host.url(of: leader).flatMap { ServerURL($0)?.host }, node: leader)
    }

    private func url(of node: String) -> ServerURL? {
        guard let url = host.door(of: node).flatMap({ ServerURL($0) }) else { return nil }
        // It listens on all of its addresses; one of them is where its messages come.
        guard ["0.0.0.0", "::"].contains(url.host), let peer = peers[node] else { return url }
        return ServerURL("\(url.isTLS ? "https" : "http")://\(peer.contains(":") ? "[\(peer)]" : peer):\(url.port)")
    }

    // MARK: One try

    /// - Parameter node: which is to lead as long as its answer is waited for; nil: this one, whoever leads.
    private func send(_ request: PassedRequest, to url: ServerURL, name: String?, node: String?) -> Outcome {
        let socket: MemberSocket
        do { socket = try connections.take(url, name: name) } catch {
            return .untaken
        }
        let exchange = request.exchange
        // Who has gone wants no answer, and the wait for it ends with the connection.
        let hold = PassingHold(socket)
        exchange.whenGone { hold.cut() }
        socket.isAbandoned = abandonment(of: node, after: Self.afterwardsSeconds)
        do {
            if socket.send(request.head.bytes(bodyByteCount: request.body?.byteCount ?? 0)[...]) { try request.body?.send(to: socket) }
            var reader = AnswerReader(socket)
            var answer = try reader.head()
            // Nobody has asked for it here; a server may send it all the same (RFC 9110, 15.2).
            while answer.status == 100 { answer = try reader.head() }
            let isLast = answer.headers["connection"]?.lowercased() == "close"
            let length = answer.headers["content-length"].flatMap { Int($0) }
            let isBare = request.head.isHead || [204, 304].contains(answer.status)
            guard isBare || length ?? .max <= Self.wholeByteCountMax else {
                // Its status is out, and no other node can go on with it: it gets longer to come to its end.
                socket.isAbandoned = abandonment(of: node, after: Self.streamAfterwardsSeconds)
                if stream(request, answer, &reader, length), !isLast { connections.give(hold, url) }
                return .answered
            }
            // Read whole before a byte of it goes on: while it comes the request can still be tried elsewhere, if it is repeatable.
            if !isBare { try reader.body(of: answer) { answer.body += $0 } }
            if !isLast { connections.give(hold, url) }
            if answer.status == 503, answer.headers["till-passed"] != nil { return .untaken }
            give(request, answer, isBare ? ResponseStream(byteCount: length.map { Int64($0) }) : nil)
            return .answered
        } catch {
            return .lost("\(error)")
        }
    }

    /// Whether nobody waits for a node's answer any more: it leads no more since a while, or says nothing.
    private func abandonment(of node: String?, after seconds: Double) -> @Sendable () -> Bool {
        guard let node else { return { false } }
        let patience = LeaderPatience(seconds: seconds, begunAt: BootClock.milliseconds())
        return { [host] in
            let standing = host.standing.withLock { $0 }
            // A node that is to end hears no more of who leads.
            guard standing.ending == nil else { return false }
            let now = BootClock.milliseconds()
            return patience.isOver(leads: standing.configuration?.leader == node, heardAt: node == host.name ? now : host.heardAt(of: node), at: now)
        }
    }

    /// - Returns: whether all of it was sent.
    private func stream(_ request: PassedRequest, _ answer: APIClient.Answer, _ reader: inout AnswerReader, _ length: Int?) -> Bool {
        let stream = ResponseStream(byteCount: length.map { Int64($0) })
        give(request, answer, stream)
        do {
            try reader.body(of: answer) { try stream.write(Array($0)) }
            stream.finish()
            return true
        } catch {
            stream.fail()
            return false
        }
    }

    private func give(_ request: PassedRequest, _ answer: APIClient.Answer, _ stream: ResponseStream?) {
        let dropped = PassedHead.dropped(answer.fields).union(Self.endingFields)
        var response = Response(status: answer.status, bytes: answer.body)
        if let stream, stream.byteCount != nil || ![204, 304].contains(answer.status) && !request.head.isHead { response.body = .stream(stream) }
        response.passed = answer.fields.filter { !dropped.contains($0.name.lowercased()) } + [("Via", "1.1 \(host.name)")]
        if let id = answer.headers["x-request-id"] { request.exchange.requestID = id }
        request.exchange.complete { [response] in response }
    }

    // MARK: Answers of this node

    private func refuse(_ request: PassedRequest) {
        guard let door = door.withLock({ $0?.door }) else { return complete(request, Problem(.notLeader, "this node of the cluster does not lead")) }
        complete(request, door.refusal(isMarked: request.isMarked))
    }

    private func complete(_ request: PassedRequest, _ error: any Error) {
        let door = door.withLock { $0?.door }
        request.exchange.complete { [exchange = request.exchange] in door?.response(to: error, on: exchange) ?? Response(status: 503) }
    }
}
