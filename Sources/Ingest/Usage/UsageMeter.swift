import Synchronization

/// Counts what clients use until it is written down: calls, queries, exports, webhooks. What a receipt adds is counted where the receipt is stored.
package final class UsageMeter: Sendable {
    private let counted = Mutex<[UsageKey: UsageFigures]>([:])
    private let clock: Clock

    package init(clock: Clock) { self.clock = clock }

    package func add(to client: ClientID, _ change: (inout UsageFigures) -> Void) {
        let key = UsageKey(client: client, day: Clock.day(ofMicroseconds: clock.now()))
        counted.withLock { change(&$0[key, default: UsageFigures()]) }
    }

    /// What is not written down yet.
    var present: [UsageKey: UsageFigures] { counted.withLock { $0 } }

    /// Hands what was counted to `write`; what that cannot write down is counted still.
    func flush(_ write: ([UsageKey: UsageFigures]) throws -> Void) rethrows {
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
