import ColumnStore
import Documents
import Processes

/// An event on its way to a webhook or a process.
struct EventDelivery: Sendable {
    let key: TopicCore.Key
    let topic: String
    let subscription: Subscription
    /// As of the moment at which it left, as the subscription.
    var former: FormerSecret?
    /// Nil for the administrator's, and the store's.
    let origin: String?
    let id: String
    let event: [UInt8]

    /// What a webhook's receiver knows the message by, to take it once: the same at each attempt, and no other's. Events of two clients may have one id, several
    /// subscriptions may tell of one event, and an id that comes again after a day is another event.
    var messageID: String {
        let name = Array("\(topic)\n\(subscription.name)\n\(key.number)\n".utf8)
        return "evt_" + Hexadecimal.text(Array(SHA256.hash([name, event].flatMap { $0 }).prefix(16)))
    }
}

/// What became of a call.
enum EventAnswer: Sendable {
    case taken
    /// With what the answer said of when to come again, in microseconds.
    case refused(String, retryAfter: Int64? = nil)
    /// It wants no further events: this one is given up at once.
    case gone(String)
    /// The store's own disk has no room for it, for which the receiver can do nothing.
    case full(String)

    init(_ fault: Fault) { self = fault.code == .diskFull ? .full(fault.detail) : .refused(fault.detail) }
}

/// What is tried, and what becomes of it.
extension TopicCore {
    private struct Due {
        let number: Int64
        let subject: String?
        let since: Int64
        let attempts: Int
    }

    /// Tries what is due of a subscription: queues and the log at once, others after the commit.
    ///
    /// On the writer's thread, within a group.
    ///
    /// What goes into queues and the log goes in groups of `deliveredByteCountMax`.
    ///
    /// - Complexity: a search, and an event read for each that leaves, `inFlightMax` at most; `departing` where more are due.
    func dispatch(_ known: Known, _ core: QueueCore) throws {
        if known.isAbroad { return }
        // Its turn comes with the next group.
        if known.isDoneHere, !hasRoom { return passedOver.append(known.id) }
        // Those under way, or about to leave since this group was here before, are due still, as far as their rows say.
        let away = away(from: known.id)
        for due in try departing(known, away, core.now) {
            let key = Key(subscription: known.id, number: due.number)
            // A delivery whose event is gone tells nothing to anybody.
            guard let (event, id, origin) = try event(due.number) else {
                try end(key, subject: due.subject, core.now)
                continue
            }
            switch known.subscription.target {
            case .queue, .log:
                // The rest is due still.
                guard hasRoom else { return }
                if let answer = try deliverHere(known, event, origin, core) { try take(answer, of: key, due, core) }
                isDirty = true
            case .webhook, .process:
                leaving.append(EventDelivery(key: key, topic: known.topic, subscription: known.subscription, former: known.former, origin: origin, id: id, event: event))
            case .unknown: return
            }
        }
    }

    /// What is tried next: all that is due where there is room for it. Where there is not, one of each origin in turn, so that whoever has published a hundred thousand
    /// events to a slow receiver holds up nobody else's.
    ///
    /// - Complexity: two searches for each origin that is looked at, `originCountMax` at most; those that were not are looked at first the next time.
    private func departing(_ known: Known, _ away: Set<Key>, _ now: Int64) throws -> [Due] {
        let room = Self.inFlightMax - away.count
        guard room > 0 else { return [] }
        var taken = Set(away.map(\.number))
        let first = try dues(known.id, by: now, limit: room + taken.count + 1).filter { !taken.contains($0.number) }
        guard first.count > room else { return first }
        var chosen: [Due] = []
        func take(_ due: Due) {
            if chosen.count < room, taken.insert(due.number).inserted { chosen.append(due) }
        }
        for _ in 0..<Self.originCountMax where chosen.count < room {
            guard let origin = try nextOrigin(of: known.id) else { break }
            turns[known.id] = origin
            for due in try dues(known.id, of: origin, by: now, limit: taken.count + 1) where !taken.contains(due.number) {
                take(due)
                break
            }
        }
        // Origins of which nothing is due may be many: what has waited longest leaves in their place.
        first.forEach(take)
        return chosen
    }

    /// The origin behind the one that had its turn, of those of which anything waits; after the last comes the first.
    private func nextOrigin(of subscription: Int64) throws -> String? {
        if let last = turns[subscription] {
            let select = try file().statement(TopicTables.originBehind)
            defer { select.reset() }
            select.bind(1, subscription)
            try select.bind(2, last)
            if try select.step() { return select.text(0) }
        }
        let select = try file().statement(TopicTables.firstOrigin)
        defer { select.reset() }
        select.bind(1, subscription)
        return try select.step() ? select.text(0) : nil
    }

    /// Calls of a subscription that have left, or will with this group.
    private func away(from subscription: Int64) -> Set<Key> {
        var keys = inFlight.filter { $0.subscription == subscription }
        for delivery in leaving where delivery.key.subscription == subscription { keys.insert(delivery.key) }
        return keys
    }

    /// By their times; nothing that is held is among them, as it has none.
    ///
    /// - Parameter origin: nil for all.
    private func dues(_ subscription: Int64, of origin: String? = nil, by now: Int64, limit: Int) throws -> [Due] {
        let select = try file().statement(TopicTables.dues(ofOrigin: origin != nil))
        defer { select.reset() }
        select.bind(1, subscription)
        select.bind(2, now)
        select.bind(3, Int64(limit))
        if let origin { try select.bind(4, origin) }
        var dues: [Due] = []
        while try select.step() {
            dues.append(Due(number: select.int64(0), subject: select.optionalText(1), since: select.int64(2), attempts: Int(clamping: select.int64(3))))
        }
        return dues
    }

    /// nil for a delivery that is gone or was given up.
    private func due(_ key: Key) throws -> Due? {
        let select = try file().statement("SELECT subject, since, attempts FROM deliveries WHERE subscription = ?1 AND number = ?2 AND died_at IS NULL")
        defer { select.reset() }
        select.bind(1, key.subscription)
        select.bind(2, key.number)
        guard try select.step() else { return nil }
        return Due(number: key.number, subject: select.optionalText(0), since: select.int64(1), attempts: Int(clamping: select.int64(2)))
    }

    /// nil where it is kept no more.
    private func event(_ number: Int64) throws -> (json: [UInt8], id: String, origin: String?)? {
        let select = try file().statement("SELECT json, id, origin FROM events WHERE number = ?1")
        defer { select.reset() }
        select.bind(1, number)
        return try select.step() ? (select.bytes(0), select.text(1), select.optionalText(2)) : nil
    }

    /// When the next is to be tried that is not being tried.
    ///
    /// - Complexity: a search for each subscription, of some rows.
    func nextTime() throws -> Int64 {
        let select = try file().statement("""
            SELECT number, next_at FROM deliveries WHERE subscription = ?1 AND died_at IS NULL AND next_at < \(TopicTables.held) ORDER BY next_at LIMIT ?2
            """)
        var time = Int64.max
        for known in state.subscriptions.values where !known.isAbroad {
            let away = away(from: known.id)
            // Whoever comes back makes room, and is looked at then.
            if away.count >= Self.inFlightMax { continue }
            select.bind(1, known.id)
            select.bind(2, Int64(away.count + 1))
            while try select.step() {
                if !away.contains(Key(subscription: known.id, number: select.int64(0))) { time = min(time, select.int64(1)) }
            }
            select.reset()
        }
        return time
    }

    /// A call came back.
    func settle(_ key: Key, _ answer: EventAnswer, _ core: QueueCore) throws {
        inFlight.remove(key)
        let isSuperseded = state.superseded.remove(key) != nil
        isDirty = true
        // Its subscription may have been deleted meanwhile, whose deliveries go by and by.
        guard state.subscriptions[key.subscription] != nil, let due = try due(key) else { return }
        if case .taken = answer {
            figures.delivered += 1
            gone.remove(key.subscription)
        } else if isSuperseded {
            // The receiver as it was before has refused it, or is gone. The row says that it is due, as it did when this left, so that the one that there is now is asked.
            figures.failed += 1
            return
        }
        try take(answer, of: key, due, core)
    }

    /// What an answer means for the delivery.
    private func take(_ answer: EventAnswer, of key: Key, _ due: Due, _ core: QueueCore) throws {
        switch answer {
        case .taken: try end(key, subject: due.subject, core.now)
        case .refused(let reason, let retryAfter): try put(off: key, due, reason, retryAfter, core)
        // Its three days begin once there is room.
        case .full(let reason): try put(off: key, Due(number: due.number, subject: due.subject, since: core.now, attempts: due.attempts), reason, nil, core)
        case .gone(let reason):
            figures.failed += 1
            if gone.insert(key.subscription).inserted, let known = state.subscriptions[key.subscription] {
                StoreLog.note("a receiver of events is gone", path: "\(known.topic)/\(known.subscription.name)", reason: "\(reason); what it is owed is given up", level: .warning)
            }
            try giveUp(key, due, reason, core.now)
        }
    }

    /// It is a dead letter, and the next of its subject is tried.
    private func giveUp(_ key: Key, _ due: Due, _ reason: String, _ now: Int64) throws {
        figures.died += 1
        let update = try file().statement("UPDATE deliveries SET died_at = ?3, reason = ?4, attempts = min(attempts + 1, 9223372036854775807) WHERE subscription = ?1 AND number = ?2")
        update.bind(1, key.subscription)
        update.bind(2, key.number)
        update.bind(3, now)
        try update.bind(4, String(reason.prefix(1_000)))
        try update.run()
        try release(key.subscription, due.subject, now)
        try endDraining(key.subscription)
    }

    /// It is tried again later, or given up.
    ///
    /// Given up after three days of its own, whatever the number of attempts; `reason` keeps 1,000 characters.
    private func put(off key: Key, _ due: Due, _ reason: String, _ retryAfter: Int64?, _ core: QueueCore) throws {
        figures.failed += 1
        if due.since.addingSaturating(EventTimes.patience) <= core.now { return try giveUp(key, due, reason, core.now) }
        let delay = EventTimes.retries.delay(afterAttempts: due.attempts.addingSaturating(1), retryAfter: retryAfter, fraction: Double.random(in: 0..<1))
        let update = try file().statement("UPDATE deliveries SET next_at = ?3, reason = ?4, since = ?5, attempts = min(attempts + 1, 9223372036854775807) WHERE subscription = ?1 AND number = ?2")
        update.bind(1, key.subscription)
        update.bind(2, key.number)
        update.bind(3, core.now.addingSaturating(delay))
        try update.bind(4, String(reason.prefix(1_000)))
        update.bind(5, due.since)
        try update.run()
    }

    /// Takes the delivery away, its event with the last one that needs it, and lets the next of the subject go.
    private func end(_ key: Key, subject: String?, _ now: Int64) throws {
        let connection = try file()
        let delete = try connection.statement("DELETE FROM deliveries WHERE subscription = ?1 AND number = ?2")
        delete.bind(1, key.subscription)
        delete.bind(2, key.number)
        try delete.run()
        for sql in ["UPDATE events SET refs = refs - 1 WHERE number = ?1", "DELETE FROM events WHERE number = ?1 AND refs <= 0"] {
            let statement = try connection.statement(sql)
            statement.bind(1, key.number)
            try statement.run()
        }
        try release(key.subscription, subject, now)
        try endDraining(key.subscription)
    }

    /// The next of the subject is tried.
    private func release(_ subscription: Int64, _ subject: String?, _ now: Int64) throws {
        guard let subject else { return }
        let update = try file().statement(TopicTables.release)
        update.bind(1, subscription)
        try update.bind(2, subject)
        update.bind(3, now)
        // Who waited behind another has its own three days.
        update.bind(4, now)
        try update.run()
        isDirty = true
    }

    // MARK: Receivers that were mended

    /// All that have this target, those that drain among them.
    func subscriptions(to target: SubscriptionTarget) -> Set<Int64> { Set(state.subscriptions.values.filter { $0.subscription.target == target }.map(\.id)) }

    /// What waits for these subscriptions is tried without its pause, as if for the first time: they have another receiver, or theirs can take what it could not. The time that each has
    /// until it is given up stays.
    ///
    /// - Parameter anew: whether what was hastened already, and may have been refused since, is so once more.
    func hasten(_ ids: Set<Int64>, anew: Bool = true) {
        if ids.isEmpty { return }
        for id in ids {
            let after = anew ? nil : state.hastened[id]?.after
            state.hastened[id] = Span(after: after ?? .min, through: state.lastNumber)
        }
        state.superseded.formUnion(inFlight.filter { ids.contains($0.subscription) })
        // Another receiver has not said that it is gone.
        gone.subtract(ids)
        isDirty = true
    }

    /// A piece in each group: nobody else waits for a million.
    ///
    /// By number: what is refused once more meanwhile has a pause of its own, and is not met again.
    func hastenPiece(_ now: Int64) throws {
        hasHastened = true
        isDirty = true
        var room = TopicTables.pieceCountMax
        while room > 0, let (id, span) = state.hastened.first {
            let (count, last) = try piece(of: id, span, limit: room)
            if let last {
                let update = try file().statement(TopicTables.hasten)
                update.bind(1, id)
                update.bind(2, span.after)
                update.bind(3, last)
                update.bind(4, now)
                try update.run()
            }
            if let last, count == room { state.hastened[id]?.after = last } else { state.hastened[id] = nil }
            // One that nothing waits for costs a search, too.
            room -= count + 1
        }
    }

    private func piece(of id: Int64, _ span: Span, limit: Int) throws -> (count: Int, last: Int64?) {
        let select = try file().statement(TopicTables.span)
        defer { select.reset() }
        select.bind(1, id)
        select.bind(2, span.after)
        select.bind(3, span.through)
        select.bind(4, Int64(limit))
        guard try select.step() else { return (0, nil) }
        return (Int(clamping: select.int64(0)), select.optionalInt64(1))
    }

    // MARK: What was given up

    /// - Complexity: O(its deliveries): for whoever holds up nobody else.
    func report(_ known: Known) throws -> SubscriptionReport { try SubscriptionReading.report(known.place, try file()) }

    /// As above.
    func dead(_ known: Known, after number: Int64, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) {
        try SubscriptionReading.dead(of: known.place, after: number, limit: limit, try file())
    }

    /// Those of these that were given up are tried again, each by itself.
    ///
    /// - Parameter numbers: rising, so that a subject's events come in their old order.
    /// - Returns: how many.
    func redrive(_ known: Known, _ numbers: [Int64], _ now: Int64) throws -> Int {
        isDirty = true
        return try numbers.count(where: { try redrive(known.id, $0, now) })
    }

    /// - Returns: whether it was given up.
    private func redrive(_ subscription: Int64, _ number: Int64, _ now: Int64) throws -> Bool {
        let connection = try file()
        let select = try connection.statement(TopicTables.deadSubject)
        defer { select.reset() }
        select.bind(1, subscription)
        select.bind(2, number)
        guard try select.step() else { return false }
        // Where others of its subject wait, one of them is tried, and the first of all comes after that.
        let isHeld = try select.optionalText(0).map { try hasPending(subscription, $0) } ?? false
        select.reset()
        let update = try connection.statement(TopicTables.revive)
        update.bind(1, subscription)
        update.bind(2, number)
        update.bind(3, isHeld ? TopicTables.held : now)
        update.bind(4, now)
        try update.run()
        return true
    }
}

extension SubscriptionTarget {
    /// As a row says it.
    var columns: (kind: String, target: String, secret: String?) {
        switch self {
        case .queue(let name): ("queue", name, nil)
        case .process(let name): ("process", name, nil)
        case .webhook(let url, let secret): ("webhook", url, secret)
        case .log(let name): ("log", name, nil)
        case .unknown(let kind, let target, let secret): (kind, target, secret)
        }
    }

    init(kind: String, target: String, secret: String?) {
        switch kind {
        case "queue": self = .queue(target)
        case "process": self = .process(target)
        case "webhook": self = .webhook(url: target, secret: secret)
        case "log": self = .log(target)
        default: self = .unknown(kind: kind, target: target, secret: secret)
        }
    }
}
