import Synchronization

/// Counts what clients use until it is written down: calls, queries, webhooks. What a receipt adds is counted where the receipt is stored, and a file of an export where its end is noted.
package final class UsageMeter: Sendable {
    private let counted = Mutex<[UsageKey: UsageFigures]>([:])
    /// Held while figures are on their way to where they are written down, and by whoever asks for both: they are in one of the two then.
    private let writing = Mutex(())
    /// Events that were delivered of late, by client and quarter of a minute.
    private let delivered = Mutex<[ClientID: [Int64: Int]]>([:])
    /// In microseconds, and so many of them: a minute.
    private static let quarter: Int64 = 15_000_000
    private static let quarterCount: Int64 = 4
    private let clock: Clock

    package init(clock: Clock) { self.clock = clock }

    /// - Parameter change: made under a lock, by the figures of the client's present day (UTC) that are not written down yet.
    package func add(to client: ClientID, _ change: (inout UsageFigures) -> Void) {
        let key = UsageKey(client: client, day: Clock.day(ofMicroseconds: clock.now()))
        let deliveries = counted.withLock { counted in
            let before = counted[key]?.webhooks ?? 0
            change(&counted[key, default: UsageFigures()])
            return (counted[key]?.webhooks ?? 0) &- before
        }
        if deliveries > 0 { noteDeliveries(of: client, Int(clamping: deliveries)) }
    }

    private func noteDeliveries(of client: ClientID, _ count: Int) {
        delivered.withLock { delivered in
            // Asked under the lock, so that counts of later quarters are of a clock that was ahead and set back.
            let present = clock.now() / Self.quarter
            delivered[client, default: [:]][present, default: 0] += count
            guard let own = delivered[client], own.count > Self.quarterCount || own.keys.contains(where: { $0 > present }) else { return }
            // Each delivery drops the counts that are past, of all clients: what is kept is of one minute.
            for name in delivered.keys {
                delivered[name] = delivered[name]?.filter { Self.isOfLastMinute($0.key, present) }
                if delivered[name]?.isEmpty ?? true { delivered[name] = nil }
            }
        }
    }

    /// Events that were delivered for a client in the last minute.
    package func deliveriesOfLastMinute(of client: ClientID) -> Int {
        let (own, present) = delivered.withLock { ($0[client] ?? [:], clock.now() / Self.quarter) }
        return own.reduce(0) { Self.isOfLastMinute($1.key, present) ? $0 + $1.value : $0 }
    }

    private static func isOfLastMinute(_ quarter: Int64, _ present: Int64) -> Bool { quarter > present - quarterCount && quarter <= present }

    /// What is not written down yet.
    var present: [UsageKey: UsageFigures] { counted.withLock { $0 } }

    /// Hands what was counted to `write`; what that cannot write down is counted still.
    func flush(_ write: ([UsageKey: UsageFigures]) throws -> Void) throws { try writing.withLock { _ in try handOver(write) } }

    /// As `flush`, and then calls `body` with what is counted still, while nobody else writes any of it down.
    ///
    /// Where `write` fails `body` has all the more: what cannot be written down can be told.
    func settled<Result: Sendable>(
        _ write: ([UsageKey: UsageFigures]) throws -> Void, _ body: (_ present: [UsageKey: UsageFigures]) throws -> Result
    ) throws -> Result {
        try writing.withLock { _ in
            try? handOver(write)
            return try body(present)
        }
    }

    private func handOver(_ write: ([UsageKey: UsageFigures]) throws -> Void) rethrows {
        let taken = counted.withLock { counted in
            defer { counted = [:] }
            return counted
        }
        if taken.isEmpty { return }
        do { try write(taken) } catch {
            counted.withLock { $0.merge(taken) { one, other in one.adding(other) } }
            throw error
        }
    }
}

extension UsageFigures {
    func adding(_ other: UsageFigures) -> UsageFigures {
        var sum = self
        sum.add(other)
        return sum
    }
}
