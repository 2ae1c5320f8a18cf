internal import Cluster
internal import ColumnStore
import Synchronization

/// Passes requests on to the node that leads, and their answers back as they come. While the lead moves a request waits here for whoever gets it, some seconds; once that is this node
/// itself, it goes to its own door.
///
/// What may be done twice is what decides: a request of which nobody knows whether it was done is sent again only if `PassedHead.isRepeatable`. One that nobody
/// has taken, since no connection came about, it was not sent whole or the other end refused it with `Till-Passed`, is always tried again, until its time is over.
/// A refusal of one that was sent again may be of its own success, or of what a try that was cut off has left of a file (`PassedHead.mayMeetItself`): it is not given for an answer.
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
        case untaken(String)
        /// It was taken by nobody whole; a file may have a part of it.
        case cutOff(String)
        /// Nobody knows whether it was taken.
        case lost(String)
        /// It was refused, and a try before it may have been the reason.
        case doubtful
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
    private let refusals: LinkRefusals
    /// This node's own, and where it is.
    private let door = Mutex<(door: MemberDoor, url: ServerURL?)?>(nil)
    private let isStopped = Atomic<Bool>(false)
    private let patienceSeconds: Double

    /// So long a request waits for a leader: one that takes over has lost the other for three seconds, and opens a store.
    static let patienceSeconds = 15.0
    private static let lookSeconds = 0.02
    /// So long a read that may be stale waits for a copy of this node; then the node that leads is asked.
    private static let copySeconds = 5.0
    /// How long a node that leads no more may still answer.
    private static let afterwardsSeconds = 1.0
    private static let streamAfterwardsSeconds = 10.0
    private static let endingFields: Set<String> = ["date", "x-request-id"]

    init(
        _ host: NodeHost, peers: [String: String], _ connections: LeaderConnections, _ copies: StandbyCopies, room: PassedBody.Room, bodyByteCountMax: Int,
        patienceSeconds: Double = RequestPassing.patienceSeconds, log: Log
    ) {
        self.patienceSeconds = patienceSeconds
        (self.host, self.peers, self.connections, self.copies, self.room, self.bodyByteCountMax, self.log) = (host, peers, connections, copies, room, bodyByteCountMax, log)
        refusals = LinkRefusals(log)
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
        if request.isStale, copies.wait(seconds: Self.copySeconds), let url = door.withLock({ $0?.url }), case .answered = send(request, to: url, name: nil, node: nil, isAgain: false) { return }
        // From here on; the wait for a copy was its own. An answer that has begun may take longer than this.
        var end = SteadyClock.seconds() + patienceSeconds
        var isRenewed = false
        /// Why the last try was taken by nobody, and why the answer to one is lost, or what it has left is not known.
        var (untaken, lost): (String?, String?) = (nil, nil)
        while !request.exchange.isGone {
            let standing = host.standing.withLock { $0 }
            switch place(of: request, standing) {
            case .nobody: return refuse(request, untaken, lost)
            case .later: break
            case .door(let url, let name, let node):
                switch send(request, to: url, name: name, node: node, isAgain: lost != nil) {
                case .answered: return
                case .untaken(let reason): untaken = reason
                case .cutOff(let reason):
                    // Nobody can have done what did not go out whole; of a file what came is kept.
                    if request.head.bringsFile { lost = reason } else { untaken = reason }
                    // A leader has held it for longer than a request waits for one: it is sent once more, and has as much time again.
                    guard !isRenewed, SteadyClock.seconds() >= end, !isStopped.load(ordering: .relaxed) else { break }
                    (end, isRenewed) = (SteadyClock.seconds() + patienceSeconds, true)
                    continue
                case .lost(let reason):
                    // Of a client that has gone nobody is at fault: it ends the wait for its answer itself.
                    if !request.exchange.isGone { log.warning("the answer to a request that was passed on is lost", ["node": .text(node), "reason": .text(reason)]) }
                    guard request.head.isRepeatable else { return complete(request, Self.unknown(reason)) }
                    lost = reason
                case .doubtful: return complete(request, Self.unknown(lost))
                }
            }
            guard SteadyClock.seconds() < end, !isStopped.load(ordering: .relaxed) else { return refuse(request, untaken, lost) }
            // Sooner where the node's standing changes: who leads may be known now.
            _ = host.standing.wait(seconds: Self.lookSeconds) { $0 == standing ? nil : () }
        }
        // The client may have ended its sending side alone, and read what it is answered: no try was waited for any more, and what one was to do may be done.
        if lost != nil, !request.head.isRead { return complete(request, Self.unknown(lost)) }
        complete(request, Dispatch.unheard)
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

    /// - Parameters:
    ///   - node: which is to lead as long as its answer is waited for; nil: this one, whoever leads.
    ///   - isAgain: the answer to a try before is lost, or it was cut off and may have left a part of a file.
    private func send(_ request: PassedRequest, to url: ServerURL, name: String?, node: String?, isAgain: Bool) -> Outcome {
        let socket: MemberSocket
        do { socket = try connections.take(url, name: name) } catch {
            refusals.note("a request could not be passed on", "\(error)")
            return .untaken("\(error)")
        }
        let exchange = request.exchange
        // Who has gone wants no answer, and the wait for it ends with the connection.
        let hold = PassingHold(socket)
        exchange.whenGone { hold.cut() }
        let isOver = abandonment(of: node, after: Self.afterwardsSeconds)
        // Once nobody waits for a leader any more this does not, either; an answer that has begun comes to its end.
        socket.isAbandoned = { [self] in node != nil && isStopped.load(ordering: .relaxed) || isOver() }
        switch PassedTry.run(request.head, request.body, by: socket) {
        case .untaken(let reason): return .untaken(reason)
        case .cutOff(let reason):
            // Of a client that has gone nobody is at fault.
            if !exchange.isGone { refusals.note("a request that was passed on was cut off", "\(url.authority): \(reason)") }
            return .cutOff(reason)
        case .unreadable(let error):
            complete(request, error)
            return .answered
        case .lost(let reason): return .lost(reason)
        case .long(let answer, var reader):
            if isAgain, request.head.mayMeetItself(answer.status) { return .doubtful }
            // Its status is out, and no other node can go on with it: it gets longer to come to its end.
            socket.isAbandoned = abandonment(of: node, after: Self.streamAfterwardsSeconds)
            if stream(request, answer, &reader, PassedTry.length(of: answer)), !Self.isLast(answer) { connections.give(hold, url) }
            return .answered
        case .whole(let answer):
            if !Self.isLast(answer) { connections.give(hold, url) }
            if answer.status == 503, answer.headers["till-passed"] != nil { return .untaken("\(url.authority) does not lead") }
            if isAgain, request.head.mayMeetItself(answer.status) { return .doubtful }
            give(request, answer, request.head.isBare(answer.status) ? ResponseStream(byteCount: PassedTry.length(of: answer).map { Int64($0) }) : nil)
            return .answered
        }
    }

    /// Whether the connection ends with it.
    private static func isLast(_ answer: APIClient.Answer) -> Bool { answer.headers["connection"]?.lowercased() == "close" }

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

    /// - Parameters:
    ///   - untaken: why the last try was taken by nobody; nil: there was none.
    ///   - lost: why the answer to a try before is lost, or what that has left is not known; nil: neither.
    private func refuse(_ request: PassedRequest, _ untaken: String?, _ lost: String?) {
        if lost != nil, request.head.isChange { return complete(request, Self.unknown(lost)) }
        guard let door = door.withLock({ $0?.door }) else { return complete(request, Problem(.notLeader, "this node of the cluster does not lead", cause: untaken)) }
        complete(request, door.refusal(isMarked: request.isMarked, cause: untaken))
    }

    private static func unknown(_ cause: String?) -> Problem {
        Problem(
            .notLeader, "the request was cut off, or its answer was lost, and nobody knows whether it did what was asked: look before you ask again", cause: cause, isOutcomeUnknown: true)
    }

    private func complete(_ request: PassedRequest, _ error: any Error) {
        let door = door.withLock { $0?.door }
        // Here, and not as it leaves: where the connection closes before, what was said is noted all the same.
        let response = door?.response(to: error, on: request.exchange) ?? Response(status: 503)
        request.exchange.complete { response }
    }
}
