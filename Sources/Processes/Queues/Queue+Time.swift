extension Queue {
    /// What time does to messages: those too old, or handed out too often, are dead. Nothing that is locked is touched: its worker may yet complete it.
    package mutating func bury(now: Int64) {
        for message in messages.values where message.death == nil && message.standing(at: now) != .locked {
            if message.enqueuedAt + settings.timeToLive <= now {
                die(message, .expired, nil, now)
            } else if message.deliveries >= settings.deliveryCountMax {
                die(message, .maxDeliveries, nil, now)
            }
        }
    }

    /// Lets go of ids whose window is over.
    mutating func forget(now: Int64) { known = known.filter { $0.value + settings.duplicateWindow > now } }

    mutating func die(_ message: QueueMessage, _ reason: QueueMessage.Reason, _ detail: String?, _ now: Int64) {
        byteCount -= message.body.count
        guard settings.keepsDeadLetters else { return messages[message.id] = nil }
        var message = message
        message.lock = nil
        message.death = QueueMessage.Death(reason: reason, detail: detail, at: now)
        messages[message.id] = message
    }

    /// When `bury` has something to do next; nil when never.
    package func nextDeath(after now: Int64) -> Int64? {
        messages.values.filter { $0.death == nil }.map { message in
            let end = message.enqueuedAt + settings.timeToLive
            guard let lock = message.lock, lock.until > now else { return end }
            return message.deliveries >= settings.deliveryCountMax ? lock.until : max(end, lock.until)
        }.min()
    }

    /// When a message can be received that cannot now; nil when nothing but a new one helps.
    package func nextAvailable(after now: Int64) -> Int64? {
        messages.values.compactMap { message in
            switch message.standing(at: now) {
            case .locked: message.lock?.until
            case .delayed: message.availableAt
            case .active: now
            case .dead: nil
            }
        }.min()
    }
}
