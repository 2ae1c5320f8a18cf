import ColumnStore
import Documents
import Processes

/// What time does to queues, a piece at a time: nobody waits for a million messages that die together.
extension QueueCore {
    /// Of one queue in one group, of each thing that time does.
    static let pieceCountMax = 1_000

    /// What is due in every queue, and rows of queues that are no more.
    ///
    /// - Returns: whether there is more to do at once.
    func passTime() throws -> Bool {
        guard let connection else { return false }
        var hasMore = false
        // Their times are lower bounds: a queue without anything due costs no search.
        for (name, queue) in queues {
            if queue.nextDue <= now, try settle(name) { hasMore = true }
            if queue.nextForgotten <= now, try forget(name) { hasMore = true }
        }
        for id in removed {
            if try removeRows(of: id, connection) { hasMore = true }
        }
        return hasMore
    }

    /// Ends locks and delays that are over, and buries what is too old or was handed out too often.
    ///
    /// - Returns: whether there is more to do at once.
    @discardableResult
    func settle(_ name: String) throws -> Bool {
        var queue = try queue(name)
        guard queue.nextDue <= now else { return false }
        var count = 0
        for state in [MessageState.locked, .delayed] {
            for row in try messages.rows(queue: queue.id, state, dueBy: now, limit: Self.pieceCountMax) {
                count += 1
                if let reason = death(of: row, queue) { try bury(row, reason, nil, &queue) } else { try change(row, to: .active, due: row.due, &queue) }
            }
        }
        // Locked messages are left to their lock's end: whoever has one may still complete it.
        for row in try messages.rows(queue: queue.id, enqueuedBy: queue.expired(now), limit: Self.pieceCountMax) {
            count += 1
            try bury(row, .expired, nil, &queue)
        }
        queue.nextDue = try nextDue(queue)
        queues[name] = queue
        if count > 0 { touch(name) }
        return queue.nextDue <= now
    }

    /// When time has something to do again; `max` for never.
    ///
    /// - Complexity: three searches of O(log messages).
    private func nextDue(_ queue: QueueState) throws -> Int64 {
        var due = Int64.max
        if queue.counts.locked > 0 { due = min(due, try messages.firstDue(queue: queue.id, .locked) ?? .max) }
        if queue.counts.delayed > 0 { due = min(due, try messages.firstDue(queue: queue.id, .delayed) ?? .max) }
        if queue.counts.active + queue.counts.delayed > 0, let oldest = try messages.oldestFree(queue: queue.id) {
            due = min(due, oldest.addingSaturating(queue.settings.timeToLive))
        }
        return due
    }

    /// Lets go of ids whose window is over.
    private func forget(_ name: String) throws -> Bool {
        var queue = try queue(name)
        let rows = try messages.rows(queue: queue.id, .gone, dueBy: idTime.subtractingSaturating(queue.settings.duplicateWindow), limit: Self.pieceCountMax)
        for row in rows { try messages.remove(row) }
        let hasMore = rows.count == Self.pieceCountMax
        let first = hasMore ? nil : try messages.firstDue(queue: queue.id, .gone)
        queue.nextForgotten = hasMore ? now : first.map { idClock.clock(at: $0.addingSaturating(queue.settings.duplicateWindow)) } ?? .max
        queues[name] = queue
        return hasMore
    }

    /// - Parameter id: of a queue that is no more.
    /// - Returns: whether there may be more rows of it.
    private func removeRows(of id: Int64, _ connection: SQLiteConnection) throws -> Bool {
        let limit = Self.pieceCountMax
        // The same rows twice, bodies first: those of a message are found by its number while its row is there.
        for sql in [
            "DELETE FROM bodies WHERE number IN (SELECT number FROM messages WHERE queue = ?1 ORDER BY id LIMIT \(limit))",
            "DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE queue = ?1 ORDER BY id LIMIT \(limit))",
        ] {
            let delete = try connection.statement(sql)
            delete.bind(1, id)
            try delete.run()
        }
        if connection.changeCount == limit { return true }
        let delete = try connection.statement("DELETE FROM removed_queues WHERE id = ?1")
        delete.bind(1, id)
        try delete.run()
        removed.remove(id)
        return false
    }

    /// The clock was set by so much: locks and delays move with it, and with a delay the time to live that counts from its end.
    func keepLocks(_ shift: Int64) throws {
        guard let connection else { return }
        let update = try connection.statement("""
            UPDATE messages SET due = due + ?1, enqueued_at = CASE WHEN state = 2 AND enqueued_at = due THEN enqueued_at + ?1 ELSE enqueued_at END
            WHERE queue = ?2 AND state IN (1, 2)
            """)
        for (name, queue) in queues {
            if queue.counts.locked + queue.counts.delayed > 0 {
                update.bind(1, shift)
                update.bind(2, queue.id)
                try update.run()
            }
            queues[name]?.nextDue = now
            queues[name]?.nextForgotten = now
        }
    }

    // MARK: Lots

    /// Takes away what is there up to a number, all but dead letters.
    ///
    /// - Returns: whether there is more.
    func purge(_ name: String, through number: Int64) throws -> Bool {
        var queue = try queue(name)
        var count = 0
        for state in [MessageState.active, .locked, .delayed] {
            for row in try messages.rows(queue: queue.id, state, through: number, limit: Self.pieceCountMax) {
                try lose(row, "the message of the task was purged from the queue \(name)")
                try release(row, &queue)
                count += 1
            }
        }
        queues[name] = queue
        touch(name)
        return count >= Self.pieceCountMax
    }

    /// Puts dead letters back, as new: deliveries begin again, and their time as they can be received.
    ///
    /// - Parameters:
    ///   - place: how many of this lot went back before.
    ///   - perSecond: one after the other so fast; nil at once.
    /// - Returns: whether it went back: not when the queue has no room for it.
    func redrive(_ row: MessageTable.Row, place: Int, perSecond: Int?, _ name: String) throws -> Bool {
        var queue = try queue(name)
        guard row.byteCount <= queue.settings.byteCountMax - queue.counts.byteCount else { return false }
        let room = queue.room
        let delay = min(perSecond.map { Int64(place) * 1_000_000 / Int64(max($0, 1)) } ?? 0, QueueSettings.durationMax)
        let state = delay > 0 ? MessageState.delayed : .active
        try messages.revive(row, as: nextNumber(), state, due: now + delay)
        queue.counts.add(.dead, -1)
        queue.counts.add(state, 1)
        queue.counts.byteCount += row.byteCount
        queue.counts.deadByteCount = queue.counts.deadByteCount.subtractingSaturating(row.byteCount)
        if delay > 0 { queue.expect(at: now + delay) }
        queue.expect(at: now + delay + queue.settings.timeToLive)
        queues[name] = queue
        touch(name)
        // Where letters were as many as there may be.
        noteRoom(in: queue, before: room)
        return true
    }

    /// Takes dead letters away for good. Whoever follows deaths was told as they died.
    func discard(_ letters: [MessageTable.Row], of name: String) throws {
        var queue = try queue(name)
        let room = queue.room
        for row in letters { try release(row, &queue) }
        queues[name] = queue
        touch(name)
        noteRoom(in: queue, before: room)
    }

    // MARK: Receivers that wait

    /// Gives what is active to those that wait, the first first, as far as the group has room for it.
    func serve() throws -> [@Sendable () -> Void] {
        var answers: [@Sendable () -> Void] = []
        for (name, waits) in waiting {
            var left = waits[...]
            while let first = left.first, queues[name]?.counts.active ?? 0 > 0, hasRoomForBodies {
                let received = try receive(first.countMax, from: name)
                if received.isEmpty { break }
                left.removeFirst()
                answers.append { first.answer(.success(received)) }
            }
            if queues[name] == nil {
                for wait in left { answers.append { wait.answer(.failure(Fault(.notFound, "the queue \(name) was deleted"))) } }
                left = []
            }
            if hasRoomForBodies || queues[name]?.counts.active ?? 0 == 0 {
                // They waited for room alone.
                for wait in left where !wait.isPatient { answers.append { wait.answer(.success([])) } }
                left = left.filter(\.isPatient)[...]
            }
            waiting[name] = left.isEmpty ? nil : Array(left)
        }
        return answers
    }
}
