internal import Cluster
internal import ColumnStore
internal import Ingest
import Synchronization

/// Runs one node of a cluster: gives it what happens, with the clock, and does what it wants done. One thread owns it.
///
/// Others give it events and jobs by `inbox`, and read `standing`, which its thread alone writes.
///
/// 1. Effects of the disk take place in their order; the node hears of them after one sync for all that came together.
/// 2. Nothing is ever sent that waits for the disk: a node confirms what it knows to be synced.
final class NodeHost: CommitReplica {
    /// How the node stands, for everybody else.
    struct Standing: Sendable, Equatable {
        var role = Node.Role.rejoining
        var configuration: Configuration?
        var committed = Mark.start
        /// The last record that is known here.
        var last = 0
        /// It leads, and takes submissions.
        var isServing = false
        var isDegraded = false
        /// The process is to end, and why.
        var ending: String?
        /// Who leads, where this node has ended for that.
        var successor: String?
        /// Whose records it has.
        var store: StoreIdentity?
        /// What it submits would be acknowledged, as far as it knows.
        var mayAcknowledge = false
        /// Why it waits.
        var obstacle: Node.Obstacle?
        /// Whom it waits for.
        var silence: Node.Silence?
        /// A peer that greets by another version.
        var strange: StrangeGreeting?
        /// Two processes that say that they are one node, this one or its peer.
        var double: String?
        /// What the place that it waits for said last, or why there is no connection to the peer that it waits for.
        var fault: String?
        /// It leads, and its peer is not in sync: why there is no connection to that.
        var apart: String?
        /// How many slots it has still to read, as the new leader.
        var slotsLeft: Int?
        /// It leads, and the object that says so is gone.
        var isObjectGone = false
        /// It leads, and the object that says who leads is an older one, put back.
        var isObjectOlder = false
        /// It leads, and goes on with its standby: what the place of the object says, which gives that no more.
        var unread: String?
        /// What a later version has made, with which this node's program does not lead.
        var later: String?
        /// Why nothing is put at the places outside.
        var doubt: PlaceProof.Doubt?
        /// Some of what was submitted to it is acknowledged, and `committed` does not say so yet.
        var hasOpen = false
        /// It leads, and whoever was offered the lead is about to.
        var isOfferTaken = false
    }

    /// Taken as a whole: all that waits is worked off together, so that one sync serves it.
    private struct Inbox {
        var events: [Event] = []
        /// Of the events, what peers have said.
        var mail = PeerMail()
        /// For the node's thread, before the events.
        var jobs: [Job] = []
        var isStopping = false
        /// The node's thread has ended: what its peers say until the process has, too, is nobody's.
        var isOver = false
    }

    /// What needs the node's thread and is no event of the protocol.
    private enum Job: Sendable {
        case drop(through: Int, keeping: Int64)
        /// A checkpoint is to take the place of the records, where it goes beyond them.
        case install(Mark, @Sendable () throws -> Void, done: @Sendable (Bool) -> Void)
        /// The store cannot be kept here any more.
        case end(String)
    }

    let name: String
    private let file: RecordFile
    private let links: [String: PeerLink]
    private let door: PeerDoor
    private let object: ObjectCalls
    private let slots: SlotCalls
    private let checkpoint: StoreCheckpoint
    private let taker: CheckpointTaker
    /// nil where there is no `log.url`.
    private let archiver: Archiver?
    /// Those that it asks, by the names of their places.
    private let buckets: [(name: String, storages: [any StorageFactory])]
    private let places: PlaceProof
    private let settings: Cluster.Settings
    private let log: Log
    private let inbox = Monitor(Inbox())
    let standing = Monitor(Standing())
    private let observer = Mutex<(any ReplicaObserver)?>(nil)
    private let proofs = AwaitedProofs()
    private let greetings = Mutex<[String: PeerDoor.Greeting]>([:])
    /// Peers that greeted last by another version, and when.
    private let strange = Mutex<[String: (greeting: StrangeGreeting, at: Int)]>([:])
    /// What was said of second processes of peers, and when.
    private let doubles = Mutex<[String: (words: String, at: Int)]>([:])
    /// Of this process, unlike any other's.
    private let process = UInt64.random(in: .min ... .max)
    /// What a later version has made of the store, where this program found that out.
    private let later = Mutex<String?>(nil)
    /// When each node was last heard, by the clock of the boot.
    /// Of messages that were understood, not of greetings.
    private let heard = Mutex<[String: Int]>([:])
    /// A server has the store open for writing.
    private let isOpen = Atomic<Bool>(false)
    private let thread = HeldThread()
    /// By which a peer is waited for that may come; of the boot, in milliseconds.
    private let meetingClock: @Sendable () -> Int
    private let startedAt = Mutex<Int?>(nil)
    /// Tickets of answers that are not believed yet, and that the node has not heard of.
    private let heldBack = Mutex<Set<Int>>([])

    static let tickMilliseconds = 200
    /// A peer that is there has come by then.
    static let meetingMilliseconds = Int(PeerLink.comingSeconds * 1_000)
    /// One that is refused comes again sooner than that.
    private static let doubleMilliseconds = 5_000
    /// Of another version, as long.
    private static let strangeMilliseconds = 30_000

    init(
        _ settings: Cluster.Settings, checkpoint: StoreCheckpoint, links: [String: PeerLink], door: PeerDoor, object: ObjectCalls, slots: SlotCalls, archiver: Archiver? = nil,
        places: PlaceProof = PlaceProof(), buckets: [(name: String, storages: [any StorageFactory])] = [],
        meetingClock: @escaping @Sendable () -> Int = { BootClock.milliseconds() }, log: Log
    ) {
        self.meetingClock = meetingClock
        (self.archiver, self.places, self.buckets) = (archiver, places, buckets)
        (name, self.settings, self.links, self.door, self.object, self.slots, self.log) = (settings.name, settings, links, door, object, slots, log)
        (file, self.checkpoint, taker) = (checkpoint.file, checkpoint, CheckpointTaker(checkpoint, log: log))
    }

    /// - Parameters:
    ///   - url: where clients reach this node.
    ///   - door: where its peer passes requests on to.
    func start(url: String, door: String) {
        startedAt.withLock { $0 = meetingClock() }
        places.start()
        object.start(mayName: { [self] in greetings.withLock { $0.values.allSatisfy(\.namesStores) } }) { [self] in give(believed($0)) }
        slots.start { [self] in give($0) }
        let sender = CheckpointSender(checkpoint, log: log) { [standing] in standing.withLock { $0.ending != nil } }
        self.door.start(greeted: { [self] in met($0) }, differs: { [self] in note($1, of: $0) }, doubled: { [self] name, words in
            doubles.withLock { $0[name] = (words, BootClock.milliseconds()) }
        }, take: { [self] in
            let name = $0
            heard.withLock { $0[name] = BootClock.milliseconds() }
            hear($1, from: name)
        }, give: { sender.send(to: $0, $1) })
        for (peer, link) in links { link.start { [self] in PeerDoor.Greeting(from: name, to: peer, url: url, door: door, store: file.store, process: process).bytes } }
        thread.start(name: "cluster-node") { [self] in run() }
        checkpoint.start(committed: { [standing] in standing.withLock { $0.committed.sequence } }, drop: { [inbox] through, keeping in
            inbox.signal { $0.jobs.append(.drop(through: through, keeping: keeping)) }
        }, mend: { [self] in mendCheckpoint(mayDrop: false) })
        archiver?.start(standing, isUnderWay: { [self] in isUnderWay }) { [self] in prove($0) }
    }

    /// That there is no object a node with an empty disk believes once its peer has had the time to say whose records it has: beside those it would found another cluster in the place of one whose object
    /// is gone. Until then it is taken for not read, and asked for again.
    private func believed(_ event: Event) -> Event {
        guard case .configuration(.absent, let ticket) = event, mayMeet else { return event }
        heldBack.withLock { _ = $0.insert(ticket) }
        return .configuration(.failed, ticket: ticket)
    }

    /// Whether this node has nothing, and a peer may be there that has not come yet.
    private var mayMeet: Bool {
        guard file.tail.sequence == 0, greetings.withLock({ $0.isEmpty }), let begun = startedAt.withLock({ $0 }) else { return false }
        return meetingClock() - begun < Self.meetingMilliseconds
    }

    /// Asks the peer for its checkpoint, in place of this node's own, which is damaged. Returns once it is there, or did not come.
    ///
    /// - Parameter mayDrop: whether it may take the place of records too: before the start alone.
    /// - Returns: why there is none now; nil: it is there.
    func mendCheckpoint(mayDrop: Bool) -> String? {
        var reason: String? = "there is no peer"
        for (peer, link) in links where reason != nil {
            let greeting = PeerDoor.Greeting(from: name, to: peer, url: "", door: "", wants: .checkpoint, store: file.store)
            reason = taker.mend(from: peer, greeting: greeting.bytes, connect: { link.connect() }, mayDrop: mayDrop)
        }
        return reason
    }

    /// As `mendCheckpoint`, before the node is one of its cluster. What is under way is cut off once the process is asked to end, and nothing is asked for from then on.
    ///
    /// - Parameter isStopping: asked on the timers' thread, again and again.
    func mendCheckpoint(mayDrop: Bool, timers: Timers, unless isStopping: @escaping @Sendable () -> Bool) -> String? {
        let look = timers.every(Self.lookSeconds) { [taker] in if isStopping() { taker.cut() } }
        defer { look.stop() }
        return mendCheckpoint(mayDrop: mayDrop)
    }

    private static let lookSeconds = 0.1

    /// In this order: who archives may have the checkpoint, who works on the checkpoint still needs the node's thread, and the node's thread the links.
    /// Who works on the checkpoint may be waiting for the peer's, which takes as long as that peer likes: it is cut off before anybody is waited for.
    func stop() {
        places.stop()
        archiver?.stop()
        taker.cut()
        checkpoint.stop()
        taker.stop()
        inbox.broadcast { $0.isStopping = true }
        thread.join()
        for link in links.values { link.stop() }
        door.stop()
        object.stop()
        slots.stop()
    }

    /// A process of a peer is there, whose words this version does not understand.
    private func note(_ greeting: StrangeGreeting, of peer: String) { strange.withLock { $0[peer] = (greeting, BootClock.milliseconds()) } }

    /// A process of a peer is there: what it says is of the store that it names.
    private func met(_ greeting: PeerDoor.Greeting) {
        // Together: once a greeting is there the node hears of it before anything that is believed for it.
        greetings.withLock { greetings in
            greetings[greeting.from] = greeting
            give(.met(greeting.from, greeting.store, namesStores: greeting.namesStores))
        }
        strange.withLock { $0[greeting.from] = nil }
        if let own = file.store, let theirs = greeting.store, own != theirs {
            log.error("a peer has another store than this node: nothing that it says is heard", ["peer": .text(greeting.from), "store": .text(own.text), "peer_store": .text(theirs.text), "reason": .text("if it is \(greeting.from) that is wrong: \(NodeWords.strangerAdvice)")])
        }
    }

    /// Whose records a node has, as its process said; nil where it has none, or is of a version before.
    func store(of node: String) -> StoreIdentity? { node == name ? file.store : greetings.withLock { $0[node]?.store } }

    /// Whose records this node has; nil while there are none that count.
    var store: StoreIdentity? { file.store }

    /// Written once, and known to the node from then on. A failing disk is logged, and tried again with the next start.
    ///
    /// A record that counts has made the store's number.
    func identify(_ store: String) {
        guard let store = StoreIdentity(store) else { return }
        do { if file.store == nil { try file.identify(store) } } catch {
            return log.error("whose records these are could not be noted; it is tried again with the next start", ["reason": .error(error)])
        }
        give(.learned(store))
    }

    /// What records make is of a later version than this program: the node keeps them, and does not lead. Until the process ends.
    func outgrow(_ reason: String) {
        later.withLock { $0 = reason }
        give(.outgrown)
    }

    /// Where clients reach a node; nil where that is not known.
    func url(of node: String) -> String? { greetings.withLock { $0[node]?.url } }

    /// Where requests for a node are passed on to; nil where that is not known.
    func door(of node: String) -> String? { greetings.withLock { $0[node]?.door } }

    /// When a node was last heard, by the clock of the boot, in milliseconds; nil: not since the start.
    func heardAt(of node: String) -> Int? { heard.withLock { $0[node] } }

    func give(_ event: Event) { inbox.signal { if !$0.isOver { $0.events.append(event) } } }

    private func hear(_ message: Message, from name: String) {
        inbox.signal { inbox in
            if !inbox.isOver, inbox.mail.admit(message) { inbox.events.append(.message(from: name, message)) }
        }
    }

    // MARK: The node's thread

    private func run() {
        var state = Work(node: Node(settings, session: .random(in: 1 ... .max), disk: file.takeDisk(), at: BootClock.milliseconds()))
        // The boot's clock and no other: leases go by it, and it goes on while the machine sleeps.
        var due = BootClock.milliseconds()
        while true {
            let now = BootClock.milliseconds()
            let wait = UInt64(max(0, min(Self.tickMilliseconds, due - now))) * 1_000_000
            let found = inbox.wait(nanoseconds: wait) { inbox -> (events: [Event], jobs: [Job])?? in
                if inbox.isStopping { return .some(nil) }
                guard !inbox.events.isEmpty || !inbox.jobs.isEmpty else { return nil }
                defer { (inbox.events, inbox.mail, inbox.jobs) = ([], PeerMail(), []) }
                return (inbox.events, inbox.jobs)
            } ?? ([], [])
            guard let found else { return leave() }
            var events = found.events
            if BootClock.milliseconds() >= due {
                events.append(.tick)
                due = BootClock.milliseconds() + Self.tickMilliseconds
            }
            do {
                // Before the events: a checkpoint that takes the records' place changes what they are answered from.
                for job in found.jobs { try work(job, &state) }
                try work(events, &state)
            } catch {
                log.error("the node's disk fails; the server ends", ["reason": .error(error)])
                end("the disk of this node fails: \(error)")
            }
            // After all that came together, so that `standing` never tells of records that are not synced.
            publish(state)
            if standing.withLock({ $0.ending != nil }) { return leave() }
        }
    }

    /// What the node's thread keeps between two turns; nobody else sees it.
    private struct Work {
        var node: Node
        /// Records that are not committed, with what was submitted as them.
        var open: [(sequence: Int, token: Int)] = []
        var ending: String?
        var hasToldOfGone = false
        /// When the object's place said that there is none, and was not believed; nil where its last answer was another. By the meeting's clock.
        var heldBackAt: Int?
        // Of the events in hand.
        var diskTicket: Int?
        var further: [Event] = []
    }

    private func work(_ job: Job, _ state: inout Work) throws {
        switch job {
        case .drop(let wanted, let keeping):
            let sequence = archiver?.droppable(through: wanted, keeping: keeping) ?? wanted
            if let through = try file.drop(through: sequence, keeping: keeping) { try work([.dropped(through: through)], &state) }
        case .install(let mark, let body, let done):
            // Asked here, by the one thread that could change it: as the checkpoint was begun the records may have been fewer.
            guard state.node.mayRestart, mark.sequence > state.node.top.sequence else { return done(false) }
            do { try body() } catch {
                done(false)
                throw error
            }
            defer { done(true) }
            state.node = state.node.restarted(session: .random(in: 1 ... .max), disk: file.takeDisk(), at: BootClock.milliseconds())
        case .end(let reason): state.ending = state.ending ?? reason
        }
    }

    /// - Returns: whether the checkpoint has taken the place of the records.
    private func install(_ mark: Mark, _ body: @escaping @Sendable () throws -> Void) -> Bool {
        let answer = Monitor<Bool?>(nil)
        inbox.signal { $0.jobs.append(.install(mark, body, done: { isDone in answer.broadcast { $0 = isDone } })) }
        // Woken by `done`; looked at five times a second for a thread that will not come to it any more.
        // The node's thread may have ended.
        return answer.wait(checkingEvery: 200) { [standing, inbox] found in
            found ?? (standing.withLock { $0.ending != nil } || inbox.withLock { $0.isStopping } ? false : nil)
        }
    }

    private func takeCheckpoint(from peer: String) {
        guard let link = links[peer] else { return }
        let greeting = PeerDoor.Greeting(from: name, to: peer, url: "", door: "", wants: .checkpoint, store: file.store)
        taker.begin(from: peer, greeting: greeting.bytes, connect: { link.connect() }, install: { [self] in install($0, $1) })
    }

    private func work(_ first: [Event], _ state: inout Work) throws {
        var events = first
        while !events.isEmpty {
            for event in events {
                if case .configuration(_, let ticket) = event { state.heldBackAt = heldBack.withLock { $0.remove(ticket) }.map { _ in meetingClock() } }
                // The instant is each event's own: a sync before it may have taken long.
                for effect in Node.step(&state.node, event, at: BootClock.milliseconds()) { try perform(effect, &state) }
            }
            // Of several tickets the last: tickets rise, and one sync confirms all up to it.
            if let ticket = state.diskTicket {
                try file.sync()
                state.further.append(.wrote(ticket: ticket, tail: file.tail))
                state.diskTicket = nil
            }
            events = state.further
            state.further = []
        }
    }

    private func perform(_ effect: Effect, _ state: inout Work) throws {
        switch effect {
        case .send(let name, .gone(let gone)):
            // To others it is a message that they cannot read.
            guard let greeting = greetings.withLock({ $0[name] }) else { break }
            if greeting.wants == .messages { links[name]?.send(.gone(gone)) } else if !state.hasToldOfGone {
                state.hasToldOfGone = true
                log.error("the peer lacks records that are here no more, and its version takes no checkpoint", ["peer": .text(name), "first": .number(gone.first)])
            }
        case .send(let name, let message): links[name]?.send(message)
        case .append(let records, let ticket):
            try file.append(records)
            state.diskTicket = ticket
        case .cut(let sequence, let ticket):
            try file.cut(to: sequence)
            state.diskTicket = ticket
        case .promise(let epoch, let ticket):
            try file.promise(epoch)
            state.diskTicket = ticket
        case .identify(let store): try file.identify(store)
        case .takeCheckpoint(let peer): takeCheckpoint(from: peer)
        // Answered in the same turn, by an event behind those in hand.
        case .fetch(let first, let count, let peer): state.further.append(.fetched(try file.read(from: first, count: count), peer: peer))
        case .readConfiguration(let ticket): object.add(.read(ticket: ticket))
        case .swap(let expected, let next, _, let ticket): object.add(.swap(expected: expected, next, ticket: ticket))
        case .readSlot, .putSlot, .removeSlots: slots.take(effect, of: state.node.configuration?.log)
        case .numbered(let token, let sequence): state.open.append((sequence, token))
        case .commit(let through, let isDegraded):
            // Before whoever waits for it: the answer says that it lies on this disk alone.
            if isDegraded, !standing.withLock({ $0.isDegraded }) { standing.broadcast { $0.isDegraded = true } }
            // Acknowledged by the last of them: tokens come in the order of their records.
            let count = state.open.prefix { $0.sequence <= through.sequence }.count
            let token = state.open.prefix(count).last?.token
            state.open.removeFirst(count)
            if let token {
                // Whoever finds nothing under way by then is to find it in what counts.
                standing.withLock { $0.hasOpen = true }
                observer.withLock { $0 }?.acknowledged(through: token)
            }
        case .answerRead(let token): proofs.answer(token, .leads)
        case .refuse(let token, let refusal):
            // The order of what is submitted has no gaps.
            if token > 0 { state.ending = state.ending ?? "this node leads no more: \(refusal)" } else if case .notLeader = refusal { proofs.answer(token, .leadsNoMore) } else { proofs.answer(token, .unproven) }
        case .end(let ending):
            state.ending = NodeWords.why(ending, own: state.node.store, fault: object.fault)
        }
    }

    /// Tells everybody how the node stands, where that has changed. The first `ending` stays, whatever comes after it.
    private func publish(_ work: Work) {
        var next = Standing(
            role: work.node.role, configuration: work.node.configuration, committed: work.node.committed, last: work.node.top.sequence,
            isServing: work.node.role == .leader && work.node.isServing && !work.node.isOutgrown, isDegraded: work.node.role == .leader && work.node.isAlone, ending: work.ending,
            store: work.node.store, mayAcknowledge: work.node.mayAcknowledge, obstacle: work.node.obstacle, silence: work.node.silence)
        // Its place has answered just now: it is this node that waits, for its peer. The next read has a pause before it, and is to be answered in its time.
        if next.obstacle == .objectUnread, let at = work.heldBackAt, meetingClock() - at < settings.times.standbyLost + settings.times.look { next.obstacle = nil }
        let now = BootClock.milliseconds()
        // Who comes no more has gone, and may come back as another version.
        next.strange = strange.withLock { $0.filter { now - $0.value.at < Self.strangeMilliseconds }.min { $0.key < $1.key }?.value.greeting }
        next.double = double
        next.later = later.withLock { $0 }
        next.doubt = places.doubt
        (next.successor, next.slotsLeft, next.isObjectGone) = (work.node.successor, work.node.slotsLeft, work.node.isObjectGone)
        let way = links.values.compactMap(\.fault).min()
        next.fault = NodeWords.waitsForObject(next) ? object.fault : NodeWords.waitsForSlots(next) ? slots.fault : NodeWords.waitsForPeer(next) ? way.map(NodeWords.noConnection) : nil
        next.apart = next.role == .leader && next.configuration.map { $0.insync.count == 1 && $0.removed.isEmpty } == true ? way : nil
        next.isObjectOlder = work.node.isObjectOlder
        next.isOfferTaken = work.node.isOfferTaken
        next.unread = next.role == .leader && !NodeWords.waitsForObject(next) ? object.unread : nil
        // The store is open, and what it would commit from here on is nobody's.
        if next.ending == nil, isOpen.load(ordering: .acquiring), next.role != .leader { next.ending = "another node leads" }
        let before = standing.withLock { $0 }
        // Woken threads look at all of it: unchanged standings would wake them for nothing five times a second.
        guard next != before, before.ending == nil else { return }
        standing.broadcast { $0 = next }
        if next.role != before.role || next.configuration?.epoch != before.configuration?.epoch {
            log.info("the cluster", [
                "node": .text(name), "role": .text(next.role.rawValue), "epoch": .number(next.configuration?.epoch ?? 0),
                "leader": .text(next.configuration?.leader ?? ""), "insync": .text(next.configuration?.insync.joined(separator: " ") ?? ""), "mode": .text(next.configuration?.mode.rawValue ?? ""),
            ])
            if next.configuration?.mode == .log, !settings.hasBucket {
                log.error("the cluster's last records lie in slots, and log.url of this node is not set: it can neither lead nor be let in without the other", ["node": .text(name)])
            }
        }
        if next.isObjectGone, !before.isObjectGone { log.error("the object of the cluster", ["node": .text(name), "reason": .text(NodeWords.leaderWithoutObject)]) }
        if next.isObjectOlder, !before.isObjectOlder { log.error("the object of the cluster", ["node": .text(name), "reason": .text(NodeWords.leaderWithOlderObject)]) }
        if let fault = next.unread, before.unread == nil { log.error("the object of the cluster", ["node": .text(name), "reason": .text(NodeWords.leaderWithUnread(fault))]) }
        let isOther = next.obstacle != before.obstacle || next.silence != before.silence
        if isOther, next.ending == nil, next.obstacle != nil || next.silence != nil, let why = NodeWords.why(next, node: name) {
            log.warning("this node waits", ["node": .text(name), "reason": .text(why)])
        }
        if let ending = next.ending { tell(ending) }
    }

    /// A second process of a peer, or of this node.
    private var double: String? {
        let now = BootClock.milliseconds()
        return doubles.withLock { doubles in doubles.values.filter { now - $0.at < Self.doubleMilliseconds }.map(\.words).min() } ?? links.values.compactMap(\.refusal).min()
    }

    private func end(_ reason: String) {
        standing.broadcast { if $0.ending == nil { ($0.ending, $0.role, $0.isServing, $0.mayAcknowledge) = (reason, .fenced, false, false) } }
        tell(reason)
    }

    private func tell(_ ending: String) {
        log.error("this node ends", ["reason": .text(ending)])
        observer.withLock { $0 }?.ended(ending)
    }

    /// The node's thread is at its end: nobody answers those who wait for a proof any more.
    private func leave() {
        inbox.withLock { ($0.isOver, $0.events) = (true, []) }
        proofs.end()
    }

    // MARK: For the store

    func begin(_ observer: any ReplicaObserver) {
        self.observer.withLock { $0 = observer }
        isWhole.store(false, ordering: .releasing)
        isOpen.store(true, ordering: .releasing)
        // It may have ended meanwhile.
        if let ending = standing.withLock({ $0.ending }) { observer.ended(ending) }
    }

    /// Any thread, in the order of the tokens, which rise and are positive.
    func submit(_ token: Int, _ body: [UInt8]) { give(.submit(Submission(token: token, body: body))) }

    /// Asks whether this node leads, as of now: `body` is called on the node's thread, or at once where that has ended.
    func prove(_ body: @escaping @Sendable (LeadProof) -> Void) {
        if let token = proofs.add(body) { give(.read(token: token)) }
    }

    /// Whether a commit of the store does not count yet, as of `ArchiveSource`. While the store is not open here nobody knows: what is committed as it is opened is handed over later.
    var isUnderWay: Bool {
        // In this order: the observer has each commit until it is acknowledged, and `hasOpen` is true from before that until `committed` has it.
        if observer.withLock({ $0 })?.isUnderWay ?? true { return true }
        return standing.withLock { $0.hasOpen }
    }

    /// As where the disk of the records fails.
    func giveUp(_ reason: String) { inbox.signal { $0.jobs.append(.end(reason)) } }

    var metrics: [Metric] {
        let report = checkpoint.report
        return [
            Metric(name: "cluster_record", help: "The last record that counts, as far as this machine of a pair knows.", kind: .gauge, labels: [], value: Double(standing.withLock { $0.committed.sequence })),
            Metric(name: "cluster_records_bytes", help: "Records that this machine of a pair keeps.", kind: .gauge, labels: [], value: Double(file.byteCount)),
            Metric(name: "cluster_first_record", help: "The first of them; what those before have made is in the checkpoint.", kind: .gauge, labels: [], value: Double(file.base.sequence + 1)),
            Metric(name: "cluster_checkpoint_record", help: "The last record that the checkpoint has.", kind: .gauge, labels: [], value: Double(report.record)),
            Metric(name: "cluster_object_failing", help: "1 while the object that says who leads cannot be read, so that nobody could take over: /readyz has the words.", kind: .gauge, labels: [], value: object.unread == nil ? 0 : 1),
            Metric(name: "cluster_checkpoint_failing", help: "1 while the checkpoint does not go on, so that records stay.", kind: .gauge, labels: [], value: report.fault == nil ? 0 : 1),
        ] + (archiver?.metrics ?? []) + PlaceFigures.metrics(buckets)
    }

    var texts: [String] { archiver?.standing.texts ?? [] }
    func isArchived() -> Bool { archiver?.settle() ?? true }

    var isDegraded: Bool { standing.withLock { $0.isDegraded } }
    var isInSlots: Bool { standing.withLock { $0.role == .leader && $0.configuration?.mode == .log } }

    private let isWhole = Atomic<Bool>(false)

    /// The store is closed. `isWhole`: all its files tell all that was committed.
    func ended(isWhole: Bool) {
        isOpen.store(false, ordering: .releasing)
        observer.withLock { $0 = nil }
        self.isWhole.store(isWhole, ordering: .releasing)
    }

    /// Up to where the files of a store that was closed in order tell all; nil where they do not.
    var closedAt: Mark? { isWhole.load(ordering: .acquiring) ? standing.withLock { $0.ending == nil ? $0.committed : nil } : nil }

    /// How this node's checkpoint stands, and its records.
    var checkpointStanding: (report: StoreCheckpoint.Report, first: Int, byteCount: Int64) { (checkpoint.report, file.base.sequence + 1, file.byteCount) }

    /// How the archive stands, as far as this node knows; nil where there is none.
    var archiveStanding: Archiver.Standing? { archiver?.standing }

    /// All that there are.
    var members: [String] { ([name] + settings.peers).sorted() }
    /// Whether this node may go on without another.
    var mayBeAlone: Bool { settings.degrades || settings.hasBucket }

    /// Who leads, as far as is known here; nil where this node did, and nobody has said who does now.
    var leader: String? {
        standing.withLock { standing in standing.successor ?? standing.configuration.flatMap { standing.ending != nil && $0.leader == name ? nil : $0.leader } }
    }

    /// Where clients reach the other node, if that leads.
    var leaderURL: String? { leader.flatMap { $0 == name ? nil : url(of: $0) } }

    /// Whether another node may lead.
    var hasLeader: Bool { standing.withLock { $0.ending != nil || $0.configuration.map { $0.leader != name } ?? false } }

    /// Hands the leadership over where somebody is there to take it, once the store is closed.
    ///
    /// - Parameter waitsForTaker: past `seconds`, for as long as an offer stands that was taken: a store that is opened meanwhile would be open as the other comes to lead, and the process end
    ///   for that.
    /// - Returns: whether somebody took it.
    @discardableResult
    func handOver(seconds: Double, waitsForTaker: Bool = false) -> Bool {
        let end = SteadyClock.seconds() + seconds
        while let other = standing.withLock({ $0.role == .leader && $0.ending == nil ? $0.configuration?.insync.first { $0 != name } : nil }), SteadyClock.seconds() < end {
            // One that comes while the node is at something else is not heard.
            give(.command(.transfer(to: other)))
            _ = standing.wait(seconds: Self.commandSeconds) { $0.role != .leader || $0.ending != nil ? () : nil }
        }
        if waitsForTaker {
            let most = Double(Times().taking) / 1_000 + 1
            _ = standing.wait(seconds: most) { $0.role != .leader || $0.ending != nil || !$0.isOfferTaken ? () : nil }
        }
        return standing.withLock { $0.role != .leader && $0.ending == nil }
    }

    private static let commandSeconds = 0.25
}
