import ColumnStore
import Documents
import Processes

/// Who gets what: how subscriptions come, change and go.
extension TopicCore {
    /// Adds a subscription, or changes it. It gets events from then on; events that are still to be delivered stay, and go to the new target, where that is another one at once.
    ///
    /// - Parameters:
    ///   - keepsSecret: a webhook's secret stays what it is when this is written: one that was read before may be replaced since.
    ///   - sequence: the store's: of its changes one that is new hears what comes behind it. One that is changed goes on where it was.
    /// - Throws: `Fault`: not-found, and invalid-queue for a condition that is none or one too many, before anything is changed.
    func put(_ given: Subscription, keepsSecret: Bool = false, topic: String, sequence: Int64, _ core: QueueCore) throws -> PutOutcome {
        try put(given, keepsSecret: keepsSecret, topic: topic, sequence: sequence, after: nil, core) { try bound($0, within: bindingSeconds) }
    }

    /// - Parameters:
    ///   - place: from there on it hears instead: of a rule that takes the place of another.
    ///   - bind: binds the subscription's condition, or has it bound already.
    private func put(
        _ given: Subscription, keepsSecret: Bool, topic: String, sequence: Int64, after place: Int64?, _ core: QueueCore, condition bind: (String?) throws -> EventCondition?
    ) throws -> PutOutcome {
        try checkTopic(topic)
        let known = state.subscriptions.values.first { $0.topic == topic && $0.subscription.name == given.name }
        // What drains is a rule that its process had before. It hears again, from now on; what waits for it stays.
        let earlier = known.flatMap { $0.isDraining ? nil : $0 }
        var subscription = given
        if keepsSecret { subscription.target = given.target.keepingSecret(of: earlier?.subscription.target) }
        if earlier?.subscription == subscription, earlier?.rests == nil { return .unchanged }
        if earlier == nil { try checkCount(self.known(topic).count + 1) }
        let condition = try bind(subscription.condition)
        let connection = try core.opened()
        let id = try known?.id ?? newID(connection)
        let after = topic == Self.till ? earlier?.after ?? place ?? sequence : 0
        let insert = try connection.statement(TopicTables.putSubscription)
        let (kind, target, secret) = subscription.target.columns
        insert.bind(1, id)
        for (place, text) in [topic, subscription.name, subscription.condition, kind, target, secret].enumerated() { try insert.bind(Int32(2 + place), text) }
        insert.bind(8, after)
        try insert.run()
        let former = FormerSecret.following(earlier?.subscription.target, earlier?.former, by: subscription.target, now: core.now)
        if former != earlier?.former { try keep(former, of: id) }
        state.subscriptions[id] = Known(id: id, topic: topic, subscription: subscription, condition: condition, former: former, after: after)
        if topic == Self.till, state.feedAfter == nil { try setFeed(after: sequence) }
        isDirty = true
        if let known, known.subscription.target != subscription.target { hasten([id]) }
        return earlier == nil ? .created : .replaced
    }

    private func newID(_ connection: SQLiteConnection) throws -> Int64 {
        max(try connection.integer(TopicTables.newID) ?? 1, (state.removed.max() ?? 0).addingSaturating(1))
    }

    private func keep(_ former: FormerSecret?, of id: Int64) throws {
        guard let former else {
            let delete = try file().statement("DELETE FROM former_secrets WHERE subscription = ?1")
            delete.bind(1, id)
            return try delete.run()
        }
        let insert = try file().statement("INSERT OR REPLACE INTO former_secrets(subscription, secret, until) VALUES(?1, ?2, ?3)")
        insert.bind(1, id)
        try insert.bind(2, former.secret)
        insert.bind(3, former.until)
        try insert.run()
    }

    private func checkCount(_ count: Int) throws {
        guard count <= Self.subscriptionCountMax else { throw Fault(.invalidQueue, "a topic has at most \(Self.subscriptionCountMax) subscriptions") }
    }

    /// - Parameter seconds: nil for a condition that was bound within its time before.
    private func bound(_ condition: String?, within seconds: Double?) throws -> EventCondition? {
        do { return try condition.map { try EventCondition($0, within: seconds) } } catch { throw EventCondition.fault(error) }
    }

    /// Has a process be started by events of these rules, and of no others. What waits by a rule that is gone starts it still, while there are others.
    ///
    /// Conditions are bound once, before anything is changed, and without a time of their own: each was bound within it before its definition was put. One near its limit could fail here, with the
    /// definition put and some of its rules changed.
    ///
    /// - Parameter prefix: of the names of its subscriptions.
    /// - Throws: `Fault` as `put`, of any of the rules, and overloaded where too many of its former ones drain, before anything is changed.
    func follow(_ rules: Set<EventRule>, starting process: String, prefix: String, sequence: Int64, _ core: QueueCore) throws {
        func rule(_ known: Known) -> EventRule { EventRule(topic: known.topic, condition: known.subscription.condition) }
        let own = state.subscriptions.values.filter { $0.subscription.name.hasPrefix(prefix) }
        if rules.isEmpty {
            for known in own { try discard(known) }
            return try endFeed()
        }
        let live = own.filter { !$0.isDraining }
        let former = live.filter { !rules.contains(rule($0)) }
        let new = rules.subtracting(live.map { rule($0) })
        for rule in new {
            try checkTopic(rule.topic)
            try checkCount(known(rule.topic).count - former.count(where: { $0.topic == rule.topic }) + new.count(where: { $0.topic == rule.topic }))
        }
        let ready = try new.map { rule in (rule: rule, condition: try bound(rule.condition, within: nil)) }
        let waiting = Set(try former.filter { try hasPending($0.id) }.map(\.id))
        // What is put back drains no more.
        let draining = own.count { $0.isDraining && !rules.contains(rule($0)) }
        guard waiting.isEmpty || waiting.count + draining <= drainingCountMax else {
            throw Fault(
                .overloaded, "events still wait by \(drainingCountMax) rules that the process had before: put the definition again once they have started it",
                advice: .sendAgainLater)
        }
        // What the former ones have not been told of the store's changes is for the new ones.
        let place = former.filter { $0.topic == Self.till }.map { max($0.after, state.feedAfter ?? sequence) }.min()
        for known in former { if waiting.contains(known.id) { try drain(known) } else { try discard(known) } }
        for (rule, condition) in ready {
            // The place in the name is a hash of the rule: a definition whose rules stand in another order has the same subscriptions.
            let hash = Hexadecimal.text(Array(SHA256.hash(Array((rule.topic + "\n" + (rule.condition ?? "")).utf8)).prefix(8)))
            let subscription = Subscription(name: prefix + hash, condition: rule.condition, target: .process(process))
            _ = try put(subscription, keepsSecret: false, topic: rule.topic, sequence: sequence, after: place, core) { _ in condition }
        }
        // Not before: the feed would begin anew behind what it has not read.
        try endFeed()
    }

    /// It gets nothing further, and stays until what waits for it is done: under its own name and number, of which the names of executions are made. Under others what is on its way would
    /// start twice.
    private func drain(_ known: Known) throws {
        let update = try file().statement(TopicTables.drain)
        update.bind(1, known.id)
        try update.run()
        state.subscriptions[known.id]?.isDraining = true
    }

    /// Where nothing waits any more, one that drains goes, and with it what was given up, which nobody could ask for.
    func endDraining(_ id: Int64) throws {
        guard let known = state.subscriptions[id], known.isDraining, try !hasPending(id) else { return }
        try discard(known)
    }

    /// Whether anything is still to be delivered to it.
    private func hasPending(_ id: Int64) throws -> Bool {
        let select = try file().statement(TopicTables.pendingOfAny)
        defer { select.reset() }
        select.bind(1, id)
        return try select.step()
    }

    /// Drops the events that are still to be delivered to a subscription, which stays: under another id, so that they are nobody's.
    func renew(_ known: Known) throws {
        let connection = try file()
        let id = try newID(connection)
        for sql in TopicTables.renumber {
            let update = try connection.statement(sql)
            update.bind(1, known.id)
            update.bind(2, id)
            try update.run()
        }
        forsake(known.id)
        var renewed = known
        renewed.id = id
        state.subscriptions[id] = renewed
    }

    /// The last that hears the store's own events ends the reading of its changes, too.
    func remove(_ known: Known) throws {
        try discard(known)
        try endFeed()
    }

    private func discard(_ known: Known) throws {
        for sql in TopicTables.remove {
            let delete = try file().statement(sql)
            delete.bind(1, known.id)
            try delete.run()
        }
        forsake(known.id)
    }

    /// Where nobody hears the store's own events any more.
    private func endFeed() throws {
        if state.feedAfter != nil, !isStoreHeard { try setFeed(after: nil) }
    }

    /// Nobody has the id any more. Its deliveries go a piece with each group: nobody else waits for a million.
    private func forsake(_ id: Int64) {
        state.subscriptions[id] = nil
        state.removed.insert(id)
        gone.remove(id)
        turns[id] = nil
        state.hastened[id] = nil
    }

    func removeDeliveries(of id: Int64) throws {
        hasRemoved = true
        let connection = try file()
        for sql in TopicTables.dropEvents + [TopicTables.dropDeliveries] {
            let statement = try connection.statement(sql)
            statement.bind(1, id)
            try statement.run()
        }
        if connection.changeCount < TopicTables.pieceCountMax { state.removed.remove(id) }
    }
}
