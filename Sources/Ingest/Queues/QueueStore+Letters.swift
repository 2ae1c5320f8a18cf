internal import Documents
internal import Processes

/// Dead letters, and messages that nobody wants any more: a piece in each group, so that nobody else waits for a million.
extension QueueStore {
    /// Of dead letters that one group puts back: each costs a write of its row and, past `inlineByteCountMax`, of its body.
    private static let pieceCountMax = 500
    /// Of dead letters that one call deletes.
    private static let deletedCountMax = 10_000

    /// A page of dead letters, the first that died first.
    ///
    /// Read beside the writer, from a pool's connection: messages that move meanwhile may be missed or met once more by the page that follows.
    ///
    /// - Parameters:
    ///   - place: behind the letter of this time and number; nil: from the first.
    ///   - limit: of letters; a page also ends once its bodies have `pageByteCountMax` bytes.
    /// - Returns: `isCut`: it ended at its bytes, and there are more.
    /// - Throws: `Fault`: not-found; `SQLiteError` for a file that is damaged.
    /// - Complexity: O(log messages + limit), by `message_dues`.
    package func deadLetters(
        in name: String, after place: (diedAt: Int64, number: Int64)?, limit: Int, as principal: Principal
    ) throws -> (letters: [DeadMessageReport], isCut: Bool) {
        let report = try queue(name, as: principal)
        // The counts are those of the group that has just answered; the queue's id is of the last group that was shown, and nil for one that was put since.
        guard report.dead > 0, let state = states.first(where: { $0.name == name }) else { return ([], false) }
        return try pool.withConnection { try Self.deadLetters(of: state.id, after: place, limit: limit, $0) }
    }

    /// The same of a queue's rows.
    static func deadLetters(
        of queue: Int64, after place: (diedAt: Int64, number: Int64)?, limit: Int, _ connection: SQLiteConnection
    ) throws -> (letters: [DeadMessageReport], isCut: Bool) {
        let select = try connection.statement("""
            SELECT m.id, coalesce(m.body, b.body), m.reason, m.detail, m.deliveries, m.enqueued_at, m.due, m.number
            FROM messages m LEFT JOIN bodies b ON b.number = m.number
            WHERE m.queue = ?1 AND m.state = 3 AND (m.due, m.number) > (?2, ?3) ORDER BY m.due, m.number LIMIT ?4
            """)
        defer { select.reset() }
        select.bind(1, queue)
        select.bind(2, place?.diedAt ?? .min)
        select.bind(3, place?.number ?? .min)
        select.bind(4, Int64(limit))
        var letters: [DeadMessageReport] = []
        var byteCount = 0
        while byteCount < DeadMessageReport.pageByteCountMax, try select.step() {
            guard let reason = QueueMessage.Reason(rawValue: select.text(2)) else {
                throw SQLiteError(code: 11, message: "a dead letter has an unknown reason", path: connection.path)
            }
            let body = body(of: select)
            byteCount += body.count
            letters.append(
                DeadMessageReport(
                    id: select.text(0), body: body, reason: reason, detail: select.optionalText(3), deliveries: Int(clamping: select.int64(4)),
                    enqueuedAt: select.int64(5), diedAt: select.int64(6), number: select.int64(7)))
        }
        return (letters, try byteCount >= DeadMessageReport.pageByteCountMax && select.step())
    }

    /// One that is missing is damage, which `verify` names; a list goes on with JSON's null for it.
    private static func body(of row: SQLiteStatement) -> [UInt8] { row.isNull(1) ? Array("null".utf8) : row.bytes(1) }

    /// A page of messages that nobody has completed and that are not dead, as `deadLetters` has its pages: active ones, then locked, then delayed ones, in
    /// each state by `due`.
    ///
    /// - Throws: `Fault`: not-found; `SQLiteError` for a file that is damaged.
    package func messages(
        in name: String, after place: QueuedMessageReport.Place?, limit: Int, as principal: Principal
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool) {
        let report = try queue(name, as: principal)
        guard report.active + report.locked + report.delayed > 0, let state = states.first(where: { $0.name == name }) else { return ([], false) }
        return try pool.withConnection { try Self.messages(of: state.id, after: place, limit: limit, $0) }
    }

    /// The same of a queue's rows.
    static func messages(
        of queue: Int64, after place: QueuedMessageReport.Place?, limit: Int, _ connection: SQLiteConnection
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool) {
        let select = try connection.statement("""
            SELECT m.id, coalesce(m.body, b.body), m.state, m.deliveries, m.enqueued_at, m.due, m.number
            FROM messages m LEFT JOIN bodies b ON b.number = m.number
            WHERE m.queue = ?1 AND m.state < 3 AND (m.state, m.due, m.number) > (?2, ?3, ?4) ORDER BY m.state, m.due, m.number LIMIT ?5
            """)
        defer { select.reset() }
        select.bind(1, queue)
        select.bind(2, place?.state ?? .min)
        select.bind(3, place?.due ?? .min)
        select.bind(4, place?.number ?? .min)
        select.bind(5, Int64(limit))
        var messages: [QueuedMessageReport] = []
        var byteCount = 0
        while byteCount < QueuedMessageReport.pageByteCountMax, try select.step() {
            guard let standing = MessageState(rawValue: select.int64(2))?.standing else {
                throw SQLiteError(code: 11, message: "a message has an unknown state", path: connection.path)
            }
            let body = body(of: select)
            byteCount += body.count
            messages.append(
                QueuedMessageReport(
                    id: select.text(0), body: body, standing: standing, deliveries: Int(clamping: select.int64(3)), enqueuedAt: select.int64(4),
                    place: .init(state: select.int64(2), due: select.int64(5), number: select.int64(6))))
        }
        return (messages, try byteCount >= QueuedMessageReport.pageByteCountMax && select.step())
    }

    /// Puts dead letters back, as new messages at the queue's end.
    ///
    /// - Parameters:
    ///   - ids: nil: all that are dead now. An id that is no dead letter of the queue is passed over.
    ///   - perSecond: nil: all at once; else each is delayed so that as many come due in a second.
    /// - Returns: how many went back; those that the queue has no room for stay dead.
    /// - Throws: `Fault`: not-found, overloaded, disk-full. Pieces that were done by then stay done.
    package func redrive(_ ids: [String]?, in name: String, perSecond: Int?, as principal: Principal) throws -> Int {
        try Self.check(name, principal)
        guard let ids else { return try redriveAll(name, perSecond) }
        var count = 0
        for start in stride(from: 0, to: ids.count, by: Self.pieceCountMax) {
            let piece = Array(ids[start..<min(start + Self.pieceCountMax, ids.count)])
            let before = count
            count += try perform { core in
                var count = 0
                for id in piece {
                    let queue = try core.queue(name)
                    guard let row = try core.messages.row(queue: queue.id, id: id), row.state == .dead else { continue }
                    if try core.redrive(row, place: before + count, perSecond: perSecond, name) { count += 1 }
                }
                return count
            }
        }
        // No group has asked yet whether there is such a queue.
        if ids.isEmpty { _ = try queue(name, as: principal) }
        return count
    }

    /// Up to where those lie that are dead now.
    private func deadByNow(_ name: String) throws -> (died: Int64, number: Int64) {
        try perform { core -> (died: Int64, number: Int64) in
            let queue = try core.queue(name)
            // By a clock that was set back since, letters died in time to come.
            return (max(core.now, try core.messages.lastDue(queue: queue.id, .dead) ?? core.now), core.nextNumber())
        }
    }

    /// All that are dead now: what dies again meanwhile stays.
    private func redriveAll(_ name: String, _ perSecond: Int?) throws -> Int {
        let (end, last) = try deadByNow(name)
        // `passed` letters at the front have stayed, for want of room: each piece looks behind them.
        var (count, passed) = (0, 0)
        while true {
            let (before, skipped) = (count, passed)
            let piece = try perform { core -> (found: Int, back: Int) in
                let queue = try core.queue(name)
                guard queue.counts.dead > 0 else { return (0, 0) }
                let rows = try core.messages.letters(queue: queue.id, diedBy: end, through: last, limit: Self.pieceCountMax + skipped).dropFirst(skipped)
                var back = 0
                for row in rows { if try core.redrive(row, place: before + back, perSecond: perSecond, name) { back += 1 } }
                return (rows.count, back)
            }
            count += piece.back
            passed += piece.found - piece.back
            // Where there is no room for one there may be for the next; past so many, nobody looks on.
            if piece.found == 0 || passed > 10 * Self.pieceCountMax { return count }
        }
    }

    /// Deletes those that are dead now, for good, the first that died first; what dies meanwhile stays.
    ///
    /// - Returns: how many are gone: at most `deletedCountMax`, so that nobody waits for a million.
    /// - Throws: `Fault`: not-found, overloaded, disk-full. Pieces that were done by then stay done.
    package func deleteDeadLetters(in name: String, as principal: Principal) throws -> DeletionSummary {
        try Self.check(name, principal)
        let (end, last) = try deadByNow(name)
        var summary = DeletionSummary(count: 0, hasMore: true)
        while summary.hasMore, summary.count < Self.deletedCountMax {
            let piece = try perform { core -> DeletionSummary in
                let queue = try core.queue(name)
                guard queue.counts.dead > 0 else { return DeletionSummary(count: 0, hasMore: false) }
                // One more than go tells whether there are more.
                let rows = try core.messages.letters(queue: queue.id, diedBy: end, through: last, limit: Self.pieceCountMax + 1)
                let gone = rows.prefix(Self.pieceCountMax)
                try core.discard(Array(gone), of: name)
                return DeletionSummary(count: gone.count, hasMore: rows.count > gone.count)
            }
            summary = DeletionSummary(count: summary.count + piece.count, hasMore: piece.hasMore)
        }
        return summary
    }

    /// - Throws: `Fault`: not-found, also for a message that is not dead; overloaded, disk-full.
    package func deleteDeadLetter(_ id: String, in name: String, as principal: Principal) throws {
        try Self.check(name, principal)
        try perform { core -> Void in
            let queue = try core.queue(name)
            guard let row = try core.messages.row(queue: queue.id, id: id), row.state == .dead else { throw Fault.absent(.deadLetter(id)) }
            try core.discard([row], of: name)
        }
    }

    /// Takes away all messages but dead letters that are there as it is called; what comes meanwhile stays.
    ///
    /// - Throws: `Fault`: not-found, overloaded, disk-full. Pieces that were done by then stay done.
    package func purge(_ name: String, as principal: Principal) throws {
        try Self.check(name, principal)
        let last = try perform { core in
            _ = try core.queue(name)
            // A number of its own: whatever was sent before has a lower one, and what comes later a higher one.
            return core.nextNumber()
        }
        while try perform({ core in try core.purge(name, through: last) }) {}
    }
}
