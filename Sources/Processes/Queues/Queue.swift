/// A queue as a value: what its storage has to do, without one. Instants come from outside, and so does the chance that lock tokens are made of.
///
/// 1. A message is with one worker at a time, until its lock ends; who has no lock any more cannot end it.
/// 2. An id is taken once within the duplicate window, also after its message is complete.
/// 3. Nothing is lost: a message is active, locked, delayed or dead until somebody completes, purges or deletes it, or it dies in a queue that keeps no dead letters.
package struct Queue: Sendable, Equatable {
    package var settings: QueueSettings
    package internal(set) var messages: [String: QueueMessage] = [:]
    /// When each id came that is still known.
    var known: [String: Int64] = [:]
    var lastNumber: Int64 = 0
    package internal(set) var byteCount = 0
    private var deadByteCount: Int { messages.values.reduce(0) { $0 + ($1.death == nil ? 0 : $1.body.count) } }

    package init(_ settings: QueueSettings) { self.settings = settings }

    /// All or nothing: a batch that does not fit is refused whole.
    package mutating func enqueue(_ batch: [Incoming], now: Int64) throws(Refusal) -> [Arrival] {
        guard batch.count <= QueueSettings.batchCountMax else { throw .tooMany }
        if let index = batch.firstIndex(where: { $0.body.count > QueueSettings.bodyByteCountMax }) { throw .bodyTooLong(index: index) }
        forget(now: now)
        var fresh: Set<String> = []
        let arrivals = batch.map { known[$0.id] == nil && messages[$0.id] == nil && fresh.insert($0.id).inserted ? Arrival.queued : .duplicate }
        let coming = zip(batch, arrivals).filter { $1 == .queued }.map(\.0)
        let comingByteCount = coming.reduce(0) { $0 + $1.body.count }
        // Dead letters stay until somebody has looked: with them it takes twice as much.
        // Repeats are told also where there is no room.
        let fits = byteCount + comingByteCount <= settings.byteCountMax && byteCount + deadByteCount + comingByteCount <= 2 * settings.byteCountMax
        guard fits || coming.isEmpty else { throw .full }
        for message in coming {
            lastNumber += 1
            let delay = min(max(message.delay ?? settings.delay, 0), QueueSettings.durationMax)
            messages[message.id] = QueueMessage(id: message.id, body: message.body, number: lastNumber, enqueuedAt: now + delay, availableAt: now + delay)
            known[message.id] = now
            byteCount += message.body.count
        }
        return arrivals
    }

    /// Those that can be had for the longest time, each locked for its worker.
    package mutating func receive(_ countMax: Int, now: Int64, _ chance: inout Chance) -> [QueueMessage] {
        bury(now: now)
        let ready = messages.values.filter { $0.standing(at: now) == .active }.sorted { ($0.freeSince, $0.number) < ($1.freeSince, $1.number) }
        return ready.prefix(max(countMax, 0)).map { message in
            var message = message
            message.deliveries += 1
            message.lock = QueueMessage.Lock(token: Hex.text(chance.bytes(16)), until: now + settings.lock)
            messages[message.id] = message
            return message
        }
    }

    // MARK: What the holder of a lock may do

    package mutating func complete(_ id: String, token: String, now: Int64) throws(Refusal) {
        remove(try held(id, token, now))
    }

    /// Gives it back, for others after `delay`.
    package mutating func abandon(_ id: String, token: String, delay: Int64?, now: Int64) throws(Refusal) {
        var message = try held(id, token, now)
        message.lock = nil
        message.availableAt = now + min(max(delay ?? 0, 0), QueueSettings.durationMax)
        messages[id] = message
    }

    /// - Returns: until when it is locked now.
    package mutating func renew(_ id: String, token: String, lock: Int64?, now: Int64) throws(Refusal) -> Int64 {
        var message = try held(id, token, now)
        let until = now + min(max(lock ?? settings.lock, 0), QueueSettings.durationMax)
        message.lock?.until = until
        messages[id] = message
        return until
    }

    package mutating func deadLetter(_ id: String, token: String, reason: String?, now: Int64) throws(Refusal) {
        die(try held(id, token, now), .rejected, reason, now)
    }

    private func held(_ id: String, _ token: String, _ now: Int64) throws(Refusal) -> QueueMessage {
        guard let message = messages[id], message.death == nil, let lock = message.lock, lock.until > now, lock.token == token else { throw .lockLost }
        return message
    }

    private mutating func remove(_ message: QueueMessage) {
        messages[message.id] = nil
        if message.death == nil { byteCount -= message.body.count }
    }
}
