import ColumnStore
import Documents
import Processes
import Synchronization

/// Topics, as the writer of queues has them: they share its file, its groups and its thread.
///
/// 1. What is in memory is what the file says, but for conditions, which are bound anew, and for what is being sent, which a restart forgets and sends again.
/// 2. Of one subscription and one subject at most one event is tried at a time, the first that came.
/// 3. An event is kept while a delivery needs it: `refs` counts them, in the transaction that makes or ends one.
/// 4. What is delivered into a queue, or the log, is done in the transaction of the event; a call leaves once that holds, and its row stays until it is
///    answered.
///
/// Proof that it may be shared: the writer's thread alone works with it, within operations.
final class TopicCore: QueueGroupMember, @unchecked Sendable {
    struct Known {
        var id: Int64
        let topic: String
        let subscription: Subscription
        /// Nil for all events.
        let condition: EventCondition?
        /// Why it hears of nothing: its condition, or its target, is none to this program; nil for one that hears.
        var rests: String?
        /// What signs its POSTs beside its secret.
        var former: FormerSecret?
        /// Of the store's changes it hears of those behind this sequence: the last one as it was made. 0 of other topics.
        var after: Int64 = 0
        /// A rule that its process has no more: it gets nothing further, is counted and listed nowhere, and goes once nothing waits for it.
        var isDraining = false

        /// Whether it was there before this happened.
        func hears(_ draft: EventDraft) -> Bool { draft.sequence.map { $0 > after } ?? true }
        /// Of a process's `on`: nobody else can give such a name.
        var isOfProcess: Bool { subscription.name.hasPrefix(Subscription.processPrefix) }
        /// For whoever reads its deliveries beside the writer.
        var place: SubscriptionPlace { SubscriptionPlace(id: id, subscription: subscription, rests: rests) }
        /// Nothing of it is tried, or given up: a version that knows its target goes on with what waits.
        var isAbroad: Bool { if case .unknown = subscription.target { true } else { false } }
        /// It gets its events within groups, and nobody is called.
        var isDoneHere: Bool {
            switch subscription.target {
            case .queue, .log: true
            case .webhook, .process, .unknown: false
            }
        }
    }

    /// Numbers of deliveries, those behind the first.
    struct Span {
        var after: Int64
        let through: Int64
    }

    /// What a group that fails takes back as a whole.
    struct State {
        var topics: Set<String> = []
        var subscriptions: [Int64: Known] = [:]
        /// Ids of subscriptions that are no more, whose deliveries are still to be removed.
        var removed: Set<Int64> = []
        /// Rules that drained as the file was opened: the first group looks whether anything waits for them still.
        var drained: Set<Int64> = []
        /// Of subscriptions whose receiver was mended, the deliveries that are still to be tried without their pauses. A restart forgets it: what is left has its pause then.
        var hastened: [Int64: Span] = [:]
        /// Of what is under way, the calls to receivers as they were before that.
        var superseded: Set<Key> = []
        var lastNumber: Int64 = 0
        /// Up to where the store's own changes were read; nil while nobody wants them.
        var feedAfter: Int64?
        var nextDue = Int64.max
        var nextForgotten = Int64.max
    }

    struct Key: Hashable {
        let subscription: Int64
        let number: Int64
    }

    var state = State()
    private var before = State()
    var connection: SQLiteConnection?
    let outbox: EventOutbox
    /// Calls that have left and were not answered yet.
    var inFlight: Set<Key> = []
    /// Of those, what came back and could not be written down: too much waited, or the disk was full.
    let unsettled = Mutex<[Key]>([])
    /// Subscriptions whose receiver has said that it wants no more, since it last took something: the log says it once.
    var gone: Set<Int64> = []
    /// Whose event left last of a subscription, where more were due than could leave.
    var turns: [Int64: String] = [:]
    /// Subscriptions that the last look had no room for, in their order: the next one begins with them.
    var passedOver: [Int64] = []
    /// Of events that this group has put into queues and the log.
    private var deliveredByteCount = 0
    /// Calls of the group that is being made: they leave with its commit.
    var leaving: [EventDelivery] = []
    /// Lines of the log that the group is to write, as `leaving`.
    private var lines: [(name: String, event: [UInt8])] = []
    /// The group has removed its piece of deliveries.
    var hasRemoved = false
    /// The same of deliveries that are to be hastened.
    var hasHastened = false
    /// Something may be due that `nextDue` does not say.
    var isDirty = true
    /// Whether the server has begun to call: a command on a directory only writes down what is to be sent.
    var isSending = false
    var figures = Figures()

    struct Figures: Sendable {
        var published = 0
        var duplicates = 0
        var delivered = 0
        var failed = 0
        var died = 0
    }

    /// The store's own events.
    ///
    /// The topic of the store itself: it is there without being put, and nobody else publishes to it.
    static let till = "till"
    static let topicCountMax = 1_000
    /// Of one topic: each event is held against all of them.
    static let subscriptionCountMax = 100
    /// Of one subscription at once.
    static let inFlightMax = 16
    /// A group that has put as much into queues and the log leaves the rest to those behind it: an event of 256 KiB may go to a hundred queues, and a hundred of them come with one call.
    static let deliveredByteCountMax = 16 << 20
    /// Of them, what may be events that come with the group: the rest is for what waits, however much is published in each group.
    private static let publishedByteCountMax = deliveredByteCountMax / 2
    /// Of a subscription whose turns one group looks at.
    static let originCountMax = 64
    /// Ids that one group lets go of.
    private static let forgottenCountMax = 1_000

    /// For a condition that is put.
    let bindingSeconds: Double
    /// Former rules of one process that drain: each is looked at with every group.
    let drainingCountMax: Int

    /// - Parameter drainingCountMax: twice what a process may have of rules.
    init(outbox: EventOutbox, bindingSeconds: Double = 60, drainingCountMax: Int = 200) {
        (self.outbox, self.bindingSeconds, self.drainingCountMax) = (outbox, bindingSeconds, drainingCountMax)
    }

    // MARK: Groups

    /// A subscription whose condition this program does not bind, or whose target it does not know, rests: it holds up nobody else.
    ///
    /// - Throws: `SQLiteError`.
    func open(_ connection: SQLiteConnection) throws {
        try TopicTables.lay(out: connection)
        try load(connection)
        // Deliveries that are no subscription's: a process ended before they were removed. A search for each subscription that has any.
        let next = try connection.statement(TopicTables.nextOwner)
        defer { next.reset() }
        var owner = Int64.min
        while true {
            next.bind(1, owner)
            guard try next.step(), let id = next.optionalInt64(0) else { break }
            next.reset()
            if state.subscriptions[id] == nil { state.removed.insert(id) }
            owner = id
        }
        // A version that does not know what draining is may have delivered what waited.
        state.drained = Set(state.subscriptions.values.filter(\.isDraining).map(\.id))
    }

    /// The same of a file that is only read, which may be one of before there were topics, or secrets of before a change.
    func load(_ connection: SQLiteConnection) throws {
        func has(_ table: String) throws -> Bool { try connection.integer("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '\(table)'") == 1 }
        guard try has("subscriptions") else { return }
        self.connection = connection
        var state = State()
        let topics = try connection.statement("SELECT name FROM topics")
        while try topics.step() { state.topics.insert(topics.text(0)) }
        let select = try connection.statement(TopicTables.loadSubscriptions(hasSecrets: try has("former_secrets"), hasPlaces: try TopicTables.hasPlaces(connection)))
        while try select.step() {
            let subscription = Subscription(
                name: select.text(2), condition: select.optionalText(3), target: SubscriptionTarget(kind: select.text(4), target: select.text(5), secret: select.optionalText(6)))
            let (id, topic, isDraining) = (select.int64(0), select.text(1), select.int64(10) != 0)
            // What rests was put by a version that knew more.
            let condition: EventCondition?
            let reason: String?
            if case .unknown(let kind, _, _) = subscription.target {
                (condition, reason) = (nil, "its target is of the kind \(kind), which this version does not know")
            } else if isDraining {
                // It is asked of no event any more.
                (condition, reason) = (nil, nil)
            } else {
                do { (condition, reason) = (try subscription.condition.map { try EventCondition($0) }, nil) } catch { (condition, reason) = (nil, EventCondition.fault(error).detail) }
            }
            if let reason { StoreLog.note("a subscription rests", path: connection.path, reason: "\(subscription.name) of \(topic): \(reason)", level: .warning) }
            let former = select.optionalInt64(8).map { FormerSecret(secret: select.optionalText(7), until: $0) }
            state.subscriptions[id] = Known(
                id: id, topic: topic, subscription: subscription, condition: condition, rests: reason, former: former, after: select.int64(9), isDraining: isDraining)
        }
        state.lastNumber = try connection.integer("SELECT max(coalesce((SELECT max(number) FROM events), 0), coalesce((SELECT value FROM meta WHERE key = 'event_number'), 0))") ?? 0
        state.feedAfter = try connection.integer("SELECT value FROM meta WHERE key = 'feed_after'")
        state.nextForgotten = 0
        self.state = state
        isDirty = true
        show()
    }

    func close() { connection = nil }

    func begin() {
        let lost = unsettled.withLock { keys in
            defer { keys = [] }
            return keys
        }
        if !lost.isEmpty {
            inFlight.subtract(lost)
            state.superseded.subtract(lost)
            isDirty = true
        }
        before = state
        (leaving, lines, waitingDeaths, hasRemoved, hasHastened, deliveredByteCount) = ([], [], [], false, false, 0)
    }

    func rollBack() {
        state = before
        (leaving, lines, waitingDeaths) = ([], [], [])
        isDirty = true
    }

    /// What is tried again comes as soon as it was to, and is given up no earlier.
    func keep(_ shift: Int64) throws {
        guard let connection else { return }
        let update = try connection.statement("""
            UPDATE deliveries SET next_at = CASE WHEN next_at < \(TopicTables.held) THEN next_at + ?1 ELSE next_at END, since = since + ?1 WHERE died_at IS NULL
            """)
        update.bind(1, shift)
        try update.run()
        // Ids are known by a time of their own, and are forgotten at another instant of the clock now.
        state.nextForgotten = 0
        isDirty = true
    }

    /// Once before receivers are served, and once after: see `QueueCore.perform`.
    func finish(_ core: QueueCore) throws {
        guard connection != nil else { return }
        if state.nextForgotten <= core.now { try forget(core) }
        for id in state.drained { try endDraining(id) }
        state.drained = []
        if !hasRemoved, let id = state.removed.min() { try removeDeliveries(of: id) }
        if !hasHastened, !state.hastened.isEmpty { try hastenPiece(core.now) }
        // Taken off first: an event that goes into a queue may be the end of another message.
        let deaths = waitingDeaths
        waitingDeaths = []
        if !deaths.isEmpty { _ = try publish(deaths, to: Self.till, core) }
        guard isSending else { return }
        guard isDirty || state.nextDue <= core.now else { return }
        for known in inTurn() { try dispatch(known, core) }
        state.nextDue = try nextTime()
        isDirty = false
    }

    func committed() {
        for line in lines {
            StoreLog.note("event", path: line.name, reason: String(decoding: line.event, as: UTF8.self))
        }
        for delivery in leaving {
            inFlight.insert(delivery.key)
            outbox.send(delivery)
        }
        (leaving, lines) = ([], [])
        show()
    }

    /// All subscriptions, first those that there was no room for.
    private func inTurn() -> [Known] {
        let late = passedOver
        passedOver = []
        if late.isEmpty { return Array(state.subscriptions.values) }
        let ids = Set(late)
        return late.compactMap { state.subscriptions[$0] } + state.subscriptions.values.filter { !ids.contains($0.id) }
    }

    /// What other threads see, as of the group that holds.
    private func show() {
        let live = state.subscriptions.values.filter { !$0.isDraining }
        outbox.show(
            EventOutbox.Seen(
                topics: state.topics, subscriptions: live.map { ($0.topic, $0.subscription.name) }, resting: live.filter { $0.rests != nil }.map { ($0.topic, $0.subscription.name) },
                draining: state.subscriptions.values.filter { $0.isDraining }.map { $0.subscription.name }, isStoreHeard: isStoreHeard, feedAfter: state.feedAfter, figures: figures))
    }

    /// Whether somebody hears the store's own events.
    var isStoreHeard: Bool { state.subscriptions.values.contains { $0.topic == Self.till && !$0.isDraining } }

    var nextDue: Int64 {
        // The next piece at once.
        if !state.removed.isEmpty || !state.drained.isEmpty || !state.hastened.isEmpty { return 0 }
        return isSending ? min(state.nextDue, state.nextForgotten) : state.nextForgotten
    }

    /// From now on calls are made.
    func startSending() {
        (isSending, isDirty) = (true, true)
    }

    func file() throws -> SQLiteConnection {
        guard let connection else { throw SQLiteError(code: 21, message: "the file of topics is not open", path: "") }
        return connection
    }

    /// Lets go of ids that came more than a day ago, some in a group; looks again no sooner than a millisecond later.
    private func forget(_ core: QueueCore) throws {
        let connection = try file()
        let delete = try connection.statement("""
            DELETE FROM event_ids WHERE at <= (SELECT max(at) FROM (SELECT at FROM event_ids WHERE at <= ?1 ORDER BY at LIMIT \(Self.forgottenCountMax)))
            """)
        delete.bind(1, core.idTime.subtractingSaturating(EventTimes.duplicateWindow))
        try delete.run()
        state.nextForgotten = try connection.integer("SELECT min(at) FROM event_ids").map { first in
            max(core.idClock.clock(at: first.addingSaturating(EventTimes.duplicateWindow)), core.now + 1_000)
        } ?? .max
    }

    // MARK: Topics and subscriptions

    func hasTopic(_ name: String) -> Bool { name == Self.till || state.topics.contains(name) }

    func checkTopic(_ name: String) throws {
        guard hasTopic(name) else { throw Fault.absent(.topic(name)) }
    }

    /// - Returns: nil where ids of an earlier topic of this name are still known: a piece of them is forgotten now, and it is to be asked again.
    /// - Throws: `Fault`: invalid-queue where there are as many as there may be.
    func put(topic name: String, _ core: QueueCore) throws -> PutOutcome? {
        if hasTopic(name) { return .unchanged }
        guard state.topics.count < Self.topicCountMax else { throw Fault(.invalidQueue, "a store has at most \(Self.topicCountMax) topics") }
        let connection = try core.opened()
        let forget = try connection.statement(TopicTables.forgetIDs)
        try forget.bind(1, name)
        try forget.run()
        if connection.changeCount >= TopicTables.pieceCountMax { return nil }
        let insert = try connection.statement("INSERT INTO topics(name) VALUES(?1)")
        try insert.bind(1, name)
        try insert.run()
        state.topics.insert(name)
        return .created
    }

    /// With its subscriptions, but for those of processes, and all events that are still to be delivered to them. Its ids are forgotten in their time, or with the next
    /// topic of its name.
    ///
    /// - Throws: `Fault`: not-found; invalid-queue for the store's own.
    func delete(topic name: String) throws {
        guard state.topics.contains(name) else {
            throw name == Self.till ? Fault(.invalidQueue, "the topic till is the store's own") : Fault.absent(.topic(name))
        }
        // A process goes on to be started by its topic, once that is there again.
        for known in state.subscriptions.values where known.topic == name { if known.isOfProcess, !known.isDraining { try renew(known) } else { try remove(known) } }
        let delete = try file().statement("DELETE FROM topics WHERE name = ?1")
        try delete.bind(1, name)
        try delete.run()
        state.topics.remove(name)
    }

    var topicNames: [String] { (state.topics.union([Self.till])).sorted() }

    /// Those that hear of what comes.
    func known(_ topic: String) -> [Known] {
        state.subscriptions.values.filter { $0.topic == topic && !$0.isDraining }.sorted { $0.subscription.name < $1.subscription.name }
    }

    /// - Throws: `Fault`: not-found.
    func known(_ topic: String, _ name: String) throws -> Known {
        guard let known = known(topic).first(where: { $0.subscription.name == name }) else { throw Fault.absent(.subscription(name, topic: topic)) }
        return known
    }

    // MARK: The store's changes

    func setFeed(after sequence: Int64?) throws {
        let statement = try file().statement(sequence == nil ? "DELETE FROM meta WHERE key = 'feed_after'" : "INSERT OR REPLACE INTO meta(key, value) VALUES('feed_after', ?1)")
        if let sequence { statement.bind(1, sequence) }
        try statement.run()
        state.feedAfter = sequence
    }

    var feedAfter: Int64? { state.feedAfter }

    // MARK: Publishing

    /// Takes events of one topic, in their order.
    ///
    /// - Returns: of each whether it is new: a (source, id) that came within a day is a repeat, and goes to nobody.
    func publish(_ drafts: [EventDraft], to topic: String, _ core: QueueCore) throws -> [Queue.Arrival] {
        let subscribers = known(topic)
        return try drafts.map { draft in
            guard try isNew(draft, topic, core) else {
                figures.duplicates += 1
                return .duplicate
            }
            figures.published += 1
            try deliver(draft, to: subscribers, core)
            return .queued
        }
    }

    /// Notes the id. One statement says whether it was there: an id that is older than the window is taken over, one that is not stays as it is, and no row
    /// has changed then.
    private func isNew(_ draft: EventDraft, _ topic: String, _ core: QueueCore) throws -> Bool {
        let connection = try core.opened()
        let insert = try connection.statement("""
            INSERT INTO event_ids(topic, source, id, at) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(topic, source, id) DO UPDATE SET at = excluded.at WHERE at <= ?5
            """)
        try insert.bind(1, topic)
        try insert.bind(2, draft.source)
        try insert.bind(3, draft.id)
        insert.bind(4, core.idTime)
        insert.bind(5, core.idTime.subtractingSaturating(EventTimes.duplicateWindow))
        try insert.run()
        state.nextForgotten = min(state.nextForgotten, core.now + EventTimes.duplicateWindow)
        return connection.changeCount == 1
    }

    /// Gives an event to those that it is meant for. It is kept only if one of them could not have it at once: then once, whoever waits for it.
    private func deliver(_ draft: EventDraft, to subscribers: [Known], _ core: QueueCore) throws {
        let meant = EventCondition.those(of: subscribers.filter { $0.rests == nil && $0.hears(draft) }, for: draft) { $0.condition }
        guard !meant.isEmpty else { return }
        let json = draft.json
        // Events of different sources have nothing to do with each other, whatever their subjects.
        let subject = draft.subject.map { draft.source + "\n" + $0 }
        var number: Int64?
        var count: Int64 = 0
        for known in meant {
            // Whoever waits for an earlier event of the subject gets this one after it, also where a queue could take it now.
            let isHeld = try subject.map { try hasPending(known.id, $0) } ?? false
            if !isHeld, hasRoomForNew, case .taken? = try deliverHere(known, json, draft.origin.senderText, core) { continue }
            if number == nil {
                state.lastNumber += 1
                number = state.lastNumber
            }
            let insert = try file().statement("INSERT INTO deliveries(subscription, number, subject, next_at, since, attempts, origin) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6)")
            insert.bind(1, known.id)
            insert.bind(2, state.lastNumber)
            try insert.bind(3, subject)
            insert.bind(4, isHeld ? TopicTables.held : core.now)
            insert.bind(5, core.now)
            try insert.bind(6, draft.origin.senderText ?? "")
            try insert.run()
            count += 1
        }
        guard let number else { return }
        try keep(number, draft, json, count)
        isDirty = true
    }

    private func keep(_ number: Int64, _ draft: EventDraft, _ json: [UInt8], _ count: Int64) throws {
        let insert = try file().statement("INSERT INTO events(number, origin, id, refs, json) VALUES(?1, ?2, ?3, ?4, ?5)")
        insert.bind(1, number)
        try insert.bind(2, draft.origin.senderText)
        try insert.bind(3, draft.id)
        insert.bind(4, count)
        try insert.bind(5, json)
        try insert.run()
        // Numbers are never given twice: what is being sent is named by them.
        let note = try file().statement("INSERT OR REPLACE INTO meta(key, value) VALUES('event_number', ?1)")
        note.bind(1, number)
        try note.run()
    }

    /// Into a queue, or the log, in the same transaction.
    ///
    /// - Returns: what became of it; nil where it has to be called, or goes nowhere.
    func deliverHere(_ known: Known, _ json: [UInt8], _ sender: String?, _ core: QueueCore) throws -> EventAnswer? {
        switch known.subscription.target {
        case .webhook, .process, .unknown: return nil
        case .log(let name): lines.append((name, json))
        case .queue(let name):
            do {
                _ = try core.enqueue([OutgoingMessage(id: nil, body: json)], to: name, sender: sender)
            } catch let fault as Fault {
                return EventAnswer(fault)
            }
        }
        figures.delivered += 1
        deliveredByteCount = deliveredByteCount.addingSaturating(json.count)
        return .taken
    }

    /// Whether the group may put more into queues and the log.
    var hasRoom: Bool { deliveredByteCount < Self.deliveredByteCountMax }
    /// The same of what comes with it.
    private var hasRoomForNew: Bool { deliveredByteCount < Self.publishedByteCountMax }

    /// Whether an earlier event of the subject is still to be delivered to the subscription; one that was given up holds back nobody.
    func hasPending(_ subscription: Int64, _ subject: String) throws -> Bool {
        let select = try file().statement(TopicTables.pending)
        defer { select.reset() }
        select.bind(1, subscription)
        try select.bind(2, subject)
        return try select.step()
    }

    /// A message has died: an event of the store's own, where somebody listens.
    func died(_ message: DeadMessage, _ core: QueueCore) throws {
        guard isStoreHeard else { return }
        var data = JSONWriter()
        data.beginObject()
        data.member("queue", message.queue)
        data.member("message_id", message.id)
        data.member("reason", message.reason)
        data.member("detail", message.detail)
        data.member("deliveries", message.deliveries)
        data.member("enqueued_at", CivilDate.text(microseconds: message.enqueuedAt))
        data.endObject()
        let origin = message.sender.map { Identity.contract(ClientID($0)) } ?? .administrator
        // Drawn, not made of the message: one that goes back may die again.
        let id = "queue.dead-letter-\(core.store.ids.next(milliseconds: core.now / 1_000))"
        waitingDeaths.append(EventDraft(id: id, origin: origin, type: "queue.dead-letter", subject: "\(message.queue)/\(message.id)", time: core.now, data: data.bytes))
    }

    func lost(_ token: String, _ cause: String, _ core: QueueCore) {}
    func noteRoom(in queue: String) { hasten(subscriptions(to: .queue(queue)), anew: false) }

    /// Told once the queue's own state is written down: a death may come in the middle of a call.
    private var waitingDeaths: [EventDraft] = []
}
