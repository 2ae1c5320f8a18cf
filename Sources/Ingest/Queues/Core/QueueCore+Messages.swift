import ColumnStore
import Documents
import Processes

/// What callers do with messages. Each checks before it changes anything.
///
/// A queue's state is taken out of `queues` as a value, changed, and put back with `touch`: a fault on the way leaves memory as it was. Instants and
/// durations are added without a check: both are bounded (`QueueSettings.durationMax`).
extension QueueCore {
    /// Puts messages into a queue, all or none.
    ///
    /// - Parameter sender: as their rows say it; nil for the administrator's.
    /// - Returns: of each message its id, and whether it is new.
    /// - Throws: `Fault`: not-found, queue-full, disk-full.
    func enqueue(_ batch: [OutgoingMessage], to name: String, sender: String?) throws -> [SentMessage] {
        var queue = try queue(name)
        try checkRoom()
        // Repeats are found only by a search for each id, which is left out while there is room for all, new or not.
        let byteCount = batch.reduce(0) { $0 + $1.body.count }
        // Past the bound only those count that are new.
        if byteCount > queue.room {
            let freshByteCount = try freshByteCount(batch, queue)
            // Of a queue that has more than it may have, repeats are told all the same.
            if freshByteCount > max(queue.room, 0) { throw Self.full(queue, freshByteCount) }
        }
        var sent: [SentMessage] = []
        sent.reserveCapacity(batch.count)
        for message in batch {
            let id = message.id ?? store.ids.next(milliseconds: now / 1_000).description
            let isNew = try add(message, id, sender, &queue)
            sent.append(SentMessage(id: id, arrival: isNew ? .queued : .duplicate))
            if isNew { queue.figures.sent += 1 } else { queue.figures.duplicates += 1 }
        }
        queues[name] = queue
        touch(name)
        return sent
    }

    private static func full(_ queue: QueueState, _ byteCount: Int) -> Fault {
        let (counts, most) = (queue.counts, queue.settings.byteCountMax)
        if byteCount > most.subtractingSaturating(counts.byteCount) { return Fault(.queueFull, "the queue \(queue.name) has \(counts.byteCount) bytes, and max_bytes allows \(most)") }
        let bound = counts.dead < QueueSettings.letterCountMax
            ? "\(counts.byteCount) bytes, and \(counts.deadByteCount) of dead letters: together it takes twice max_bytes, \(most.multipliedSaturating(by: 2))"
            : "\(counts.dead) dead letters, and takes nothing beside so many"
        return Fault(.queueFull, "the queue \(queue.name) has \(bound); put dead letters back, or delete them")
    }

    /// - Returns: false for one whose id the queue holds, or has seen within its window.
    private func add(_ message: OutgoingMessage, _ id: String, _ sender: String?, _ queue: inout QueueState) throws -> Bool {
        let delay = min(max(message.delay ?? queue.settings.delay, 0), QueueSettings.durationMax)
        let state = delay > 0 ? MessageState.delayed : .active
        // Also spent by a repeat: numbers rise, and have gaps.
        let number = nextNumber()
        func insert() throws -> Bool {
            try messages.add(number, queue: queue.id, id: id, state, due: now + delay, cameAt: idTime, sender: sender, body: message.body)
        }
        if try !insert() {
            // The id's row is there: it counts as seen, unless the message is gone and its window over, which time has not swept away yet.
            guard message.id != nil, let known = try messages.row(queue: queue.id, id: id), try isForgotten(known, queue) else { return false }
            try messages.remove(known)
            guard try insert() else { return false }
        }
        queue.counts.add(state, 1)
        queue.counts.byteCount += message.body.count
        if delay > 0 { queue.expect(at: now + delay) }
        queue.expect(at: now + delay + queue.settings.timeToLive)
        return true
    }

    /// Whether an id may be taken again.
    private func isForgotten(_ row: MessageTable.Row, _ queue: QueueState) throws -> Bool {
        row.state == .gone && row.cameAt.addingSaturating(queue.settings.duplicateWindow) <= idTime
    }

    /// Bytes of those that the queue would take: an id that comes twice in the batch counts once.
    ///
    /// - Complexity: O(messages · log), a search by id for each.
    private func freshByteCount(_ batch: [OutgoingMessage], _ queue: QueueState) throws -> Int {
        var seen: Set<String> = []
        return try batch.reduce(0) { sum, message in
            guard let id = message.id else { return sum + message.body.count }
            let known = try messages.row(queue: queue.id, id: id)
            let isFresh = try known.map { try isForgotten($0, queue) } ?? true
            return sum + (isFresh && seen.insert(id).inserted ? message.body.count : 0)
        }
    }

    // MARK: Receiving

    /// Locks the first that are active.
    ///
    /// Behind more than `pieceCountMax` that are to be buried it finds none: the next call goes on there, as does time.
    func receive(_ countMax: Int, from name: String) throws -> [ReceivedMessage] {
        try settle(name)
        var queue = try queue(name)
        guard queue.counts.active > 0 else { return [] }
        var received: [ReceivedMessage] = []
        var (byteCount, buriedCount) = (0, 0)
        while received.count < countMax, byteCount < ReceivedMessage.byteCountMax, buriedCount < Self.pieceCountMax {
            // The smallest (due, number) first. What is too old, or was handed out too often, is buried on the way, and others are looked for in its place.
            let rows = try messages.rows(queue: queue.id, .active, dueBy: .max, limit: countMax - received.count)
            if rows.isEmpty {
                // A damaged count says otherwise: as long as it did, the thread would look again at once for whoever waits.
                queue.counts.active = 0
                break
            }
            for row in rows where byteCount < ReceivedMessage.byteCountMax {
                if let reason = death(of: row, queue) {
                    try bury(row, reason, nil, &queue)
                    buriedCount += 1
                    continue
                }
                guard let body = try messages.body(of: row) else {
                    // With an error it would refuse all that is asked of any queue beside it, again with each look of whoever waits.
                    try bury(row, .rejected, "its body is missing: the file is damaged", &queue, isKept: true)
                    buriedCount += 1
                    continue
                }
                received.append(try lock(row, body, &queue))
                byteCount = byteCount.addingSaturating(row.byteCount)
            }
        }
        noteReceived(byteCount)
        queue.figures.received += received.count
        queues[name] = queue
        touch(name)
        return received
    }

    /// Locks a row for whoever receives it. The token is drawn anew at each delivery: a worker whose lock has ended cannot end another's.
    private func lock(_ row: MessageTable.Row, _ body: [UInt8], _ queue: inout QueueState) throws -> ReceivedMessage {
        let (token, until) = (newToken(), now + queue.settings.lock)
        try messages.lock(row, until: until, token: token, deliveries: row.deliveries.addingSaturating(1))
        queue.counts.active -= 1
        queue.counts.locked += 1
        queue.expect(at: until)
        return ReceivedMessage(
            id: row.id, token: Hexadecimal.text(token), body: body, deliveries: row.deliveries.addingSaturating(1), enqueuedAt: row.enqueuedAt,
            lockedUntil: until)
    }

    // MARK: What the holder of a lock may do

    /// The row that a lock is of. A lock whose time is over counts no more, also where no group has ended it yet.
    ///
    /// - Throws: `Fault`: lock-lost.
    private func held(_ lock: MessageLock, _ queue: QueueState) throws -> MessageTable.Row {
        guard let row = try messages.row(queue: queue.id, id: lock.id), row.state == .locked, row.due > now, let token = row.token,
            Hexadecimal.text(token).hasSameBytes(as: lock.token)
        else {
            throw Fault(.lockLost, "the lock of this message has ended or is another's, or the message is complete")
        }
        return row
    }

    /// The message is done: it leaves its id until its window is over.
    ///
    /// - Throws: `Fault`: not-found, lock-lost.
    func complete(_ lock: MessageLock, in name: String) throws {
        var queue = try queue(name)
        let row = try held(lock, queue)
        try release(row, &queue)
        queue.figures.completed += 1
        queues[name] = queue
        touch(name)
    }

    /// Gives it back, for others after `delay`.
    ///
    /// A message that was handed out as often as it may be dies of it instead.
    ///
    /// - Parameter delay: microseconds, cut to 0 … `durationMax`; nil: at once.
    func abandon(_ lock: MessageLock, delay: Int64?, in name: String) throws {
        var queue = try queue(name)
        let row = try held(lock, queue)
        if let reason = death(of: row, queue) {
            try bury(row, reason, nil, &queue)
        } else {
            let due = now + min(max(delay ?? 0, 0), QueueSettings.durationMax)
            try change(row, to: due > now ? .delayed : .active, due: due, &queue)
        }
        queues[name] = queue
        touch(name)
    }

    /// Counted from now, not from the lock's end: it may be made shorter.
    ///
    /// - Parameter duration: microseconds, cut to 0 … `durationMax`; nil for the queue's.
    /// - Returns: until when it is locked now.
    func renew(_ lock: MessageLock, for duration: Int64?, in name: String) throws -> Int64 {
        var queue = try queue(name)
        let row = try held(lock, queue)
        let until = now + min(max(duration ?? queue.settings.lock, 0), QueueSettings.durationMax)
        try messages.lock(row, until: until, token: row.token ?? [], deliveries: row.deliveries)
        queue.expect(at: until)
        queues[name] = queue
        touch(name)
        return until
    }

    /// Its worker gives it up, whatever deliveries it has left.
    func deadLetter(_ lock: MessageLock, reason: String?, in name: String) throws {
        var queue = try queue(name)
        let row = try held(lock, queue)
        try bury(row, .rejected, reason, &queue)
        queues[name] = queue
        touch(name)
    }

    // MARK: Moves, with the counts

    /// Moves a row and the counts with it; what is due of it is expected.
    func change(_ row: MessageTable.Row, to state: MessageState, due: Int64, _ queue: inout QueueState) throws {
        try messages.move(row, to: state, due: due)
        queue.counts.add(row.state, -1)
        queue.counts.add(state, 1)
        if state == .delayed { queue.expect(at: due) }
        queue.expect(at: row.enqueuedAt.addingSaturating(queue.settings.timeToLive))
    }

    /// The message is no more; its id stays known until the window is over.
    func release(_ row: MessageTable.Row, _ queue: inout QueueState) throws {
        let end = row.cameAt.addingSaturating(queue.settings.duplicateWindow)
        if end <= idTime {
            try messages.remove(row)
        } else {
            try messages.empty(row)
            queue.nextForgotten = min(queue.nextForgotten, idClock.clock(at: end))
        }
        queue.counts.add(row.state, -1)
        // The bytes of dead letters were taken off the others as they died.
        if row.state == .dead { queue.counts.deadByteCount = queue.counts.deadByteCount.subtractingSaturating(row.byteCount) } else { queue.counts.byteCount -= row.byteCount }
    }

    /// Why nobody may have it any more, were it not locked; nil when somebody may.
    func death(of row: MessageTable.Row, _ queue: QueueState) -> QueueMessage.Reason? {
        if row.enqueuedAt <= queue.expired(now) { return .expired }
        return row.deliveries >= queue.settings.deliveryCountMax ? .maxDeliveries : nil
    }

    /// A message dies: it is kept as a dead letter, or goes, as the queue says; members of the group that follow deaths are notified.
    ///
    /// - Parameters:
    ///   - detail: the worker's words, or what is damaged; nil where time or counts were the reason.
    ///   - isKept: whatever the queue says.
    func bury(_ row: MessageTable.Row, _ reason: QueueMessage.Reason, _ detail: String?, _ queue: inout QueueState, isKept: Bool = false) throws {
        queue.figures.died += 1
        try lose(row, "the message of the task has died in the queue \(queue.name): \(reason.rawValue)" + (detail.map { ", \($0)" } ?? ""))
        if queue.settings.keepsDeadLetters || isKept {
            try messages.move(row, to: .dead, due: now, reason: reason.rawValue, detail: detail)
            queue.counts.add(row.state, -1)
            queue.counts.add(.dead, 1)
            queue.counts.byteCount -= row.byteCount
            queue.counts.deadByteCount = queue.counts.deadByteCount.addingSaturating(row.byteCount)
        } else {
            try release(row, &queue)
        }
        try died(
            DeadMessage(
                queue: queue.name, id: row.id, sender: row.sender, reason: reason.rawValue, detail: detail, deliveries: row.deliveries, enqueuedAt: row.enqueuedAt))
    }
}
