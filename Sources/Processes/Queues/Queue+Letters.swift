extension Queue {
    /// Oldest first.
    package var deadLetters: [QueueMessage] { messages.values.filter { $0.death != nil }.sorted { $0.number < $1.number } }

    /// Puts dead letters back, as new and behind all others: deliveries begin again, and their time as they can be received.
    ///
    /// - Parameters:
    ///   - ids: nil for all.
    ///   - perSecond: one after the other so fast; nil at once.
    /// - Returns: how many went back. Those for which there is no room stay dead.
    package mutating func redrive(_ ids: Set<String>?, perSecond: Int?, now: Int64) -> Int {
        var count = 0
        for letter in deadLetters where ids?.contains(letter.id) ?? true {
            guard byteCount + letter.body.count <= settings.byteCountMax else { continue }
            lastNumber += 1
            let delay = perSecond.map { Int64(count) * 1_000_000 / Int64(max($0, 1)) } ?? 0
            messages[letter.id] = QueueMessage(id: letter.id, body: letter.body, number: lastNumber, enqueuedAt: now + delay, availableAt: now + delay)
            byteCount += letter.body.count
            count += 1
        }
        return count
    }

    /// Takes away dead letters alone, for good.
    ///
    /// - Parameter id: nil for all.
    package mutating func discard(_ id: String?) -> Int {
        let before = messages.count
        messages = messages.filter { $0.value.death == nil || id != nil && $0.key != id }
        return before - messages.count
    }

    /// Takes away all but dead letters.
    package mutating func purge() -> Int {
        let before = messages.count
        messages = messages.filter { $0.value.death != nil }
        byteCount = 0
        return before - messages.count
    }

    package func counts(at now: Int64) -> [QueueMessage.Standing: Int] {
        var counts = Dictionary(uniqueKeysWithValues: QueueMessage.Standing.allCases.map { ($0, 0) })
        for message in messages.values { counts[message.standing(at: now), default: 0] += 1 }
        return counts
    }

    /// Since when the oldest that is not dead can be received; nil where none could be by `now`.
    package func oldestAt(_ now: Int64) -> Int64? { messages.values.filter { $0.death == nil && $0.enqueuedAt <= now }.map(\.enqueuedAt).min() }
}
