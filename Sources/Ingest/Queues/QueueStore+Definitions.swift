internal import Documents
package import Processes

/// Queues themselves.
extension QueueStore {
    /// Of queues, topics and subscriptions: as the states language's resources name them.
    package static func isName(_ text: String) -> Bool { Resource.isName(text) }

    /// - Parameter what: the thing's word in the answer.
    /// - Throws: `Fault`: invalid-queue.
    static func checkName(_ name: String, _ what: String) throws {
        guard isName(name) else {
            throw Fault(
                .invalidQueue, "the name of a \(what) has 1 to 128 letters, digits, - _ and .",
                errors: [.init(pointer: "/name", code: "bad-name", message: "1 to 128 of A-Z a-z 0-9 - _ .")])
        }
    }

    /// Makes a queue, or gives one other settings. Messages that are there go by the new ones at once: times are looked at anew in the same group.
    ///
    /// - Throws: `Fault`: invalid-queue, overloaded, disk-full.
    package func put(queue name: String, _ settings: QueueSettings) throws -> (outcome: PutOutcome, report: QueueReport) {
        try Self.checkName(name, "queue")
        return try perform { core -> (outcome: PutOutcome, report: QueueReport) in
            let outcome = try core.put(name, settings)
            try core.settle(name)
            return (outcome, try core.report(name))
        }
    }

    package func queue(_ name: String, as principal: Principal) throws -> QueueReport {
        try Self.check(name, principal)
        return try perform { core in
            // What is over is ended first, so that the counts say how it stands now, but for what is more than a piece.
            try core.settle(name)
            return try core.report(name)
        }
    }

    /// By name, those that the principal may use. Time is not passed for each of them first: counts may be behind by what is due.
    package func queues(after name: String?, limit: Int, as principal: Principal) throws -> [QueueReport] {
        try perform { core in
            let names = core.queues.keys.filter { principal.uses.queues.includes($0) }.sorted().drop { $0 <= name ?? "" }.prefix(limit)
            return try names.map { try core.report($0) }
        }
    }

    /// The queue is gone as this returns, and executions that wait for its workers are notified; its messages go by and by, and its id is not given again before they have.
    package func delete(queue name: String) throws {
        var absence: Fault?
        do { try perform { core in try core.delete(name) } } catch let fault as Fault where fault.code == .notFound { absence = fault }
        // Of one that is gone, too: whoever deleted it may have ended before this.
        try tellDeleted(name)
        if let absence { throw absence }
    }

    /// As of the last group: for callers that must not wait for the writer.
    package func hasQueue(_ name: String) -> Bool { states.contains { $0.name == name } }

    /// - Throws: `Fault`: not-found, also for a caller that may not use it.
    static func check(_ name: String, _ principal: Principal) throws {
        guard principal.uses.queues.includes(name) else { throw Fault.absent(.queue(name)) }
    }
}

extension QueueCore {
    /// - Returns: `.unchanged` for the same settings, with nothing written.
    fileprivate func put(_ name: String, _ settings: QueueSettings) throws -> PutOutcome {
        let known = queues[name]
        if known?.settings == settings { return .unchanged }
        guard known != nil || queues.count < QueueStore.queueCountMax else {
            throw Fault(.invalidQueue, "a store has at most \(QueueStore.queueCountMax) queues")
        }
        let connection = try opened()
        var queue = try known ?? QueueState(id: QueueRows.nextID(connection), name: name, settings: settings)
        queue.settings = settings
        // What is due is another time now.
        (queue.nextDue, queue.nextForgotten) = (now, now)
        try QueueRows.write(queue, connection)
        queues[name] = queue
        noteRoom(in: queue, before: known?.room)
        return known == nil ? .created : .replaced
    }

    fileprivate func delete(_ name: String) throws {
        let queue = try queue(name)
        try QueueRows.remove(queue, try opened())
        queues[name] = nil
        removed.insert(queue.id)
    }

    /// - Complexity: O(log messages), for the age of the oldest.
    fileprivate func report(_ name: String) throws -> QueueReport {
        let queue = try queue(name)
        let counts = queue.counts
        return QueueReport(
            name: name, settings: queue.settings, active: counts.active, locked: counts.locked, delayed: counts.delayed, dead: counts.dead,
            byteCount: counts.byteCount, oldestAt: try counts.living > 0 ? messages.oldest(queue: queue.id, now: now) : nil)
    }
}
