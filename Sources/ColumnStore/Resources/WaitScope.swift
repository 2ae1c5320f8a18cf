internal import Synchronization

/// For whom a thread waits: set around a piece of a question's work, read where a storage waits for a network.
///
/// It is inherited by nothing: who hands work to another thread takes the scope along.
package struct WaitScope: Sendable {
    /// Asked now and then during long waits; true ends them.
    package let isCancelled: @Sendable () -> Bool
    /// Where requests are counted; nil: nowhere but in the storage's own figures.
    package let tally: RequestTally?
    /// By the steady clock: a storage that has not answered by then is taken for one that does not.
    package let endsAt: UInt64

    package init(isCancelled: @escaping @Sendable () -> Bool = { false }, tally: RequestTally? = nil, endsAt: UInt64 = .max) {
        self.isCancelled = isCancelled
        self.tally = tally
        self.endsAt = endsAt
    }

    /// The present one, for so long at most.
    package static func within(milliseconds: UInt64) -> WaitScope {
        let present = current
        return WaitScope(isCancelled: present.isCancelled, tally: present.tally, endsAt: min(present.endsAt, SteadyClock.nanoseconds() &+ milliseconds &* 1_000_000))
    }

    /// The present one, without its tally: how many requests are made under it must not be reported.
    package static var untold: WaitScope { WaitScope(isCancelled: current.isCancelled, endsAt: current.endsAt) }

    @TaskLocal package static var current = WaitScope()

    package static func run<Result>(_ scope: WaitScope, _ body: () throws -> Result) rethrows -> Result {
        try $current.withValue(scope, operation: body)
    }
}

/// What one question has asked of a storage behind a network.
package final class RequestTally: Sendable {
    private let requests = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let cached = Atomic<Int>(0)

    package init() {}

    /// Requests sent, those that were tried again among them.
    package var requestCount: Int { requests.load(ordering: .relaxed) }
    /// Received.
    package var byteCount: Int { bytes.load(ordering: .relaxed) }
    /// Read from the cache on disk instead.
    package var cachedByteCount: Int { cached.load(ordering: .relaxed) }

    package func note(requests count: Int = 0, bytes byteCount: Int = 0, cachedBytes: Int = 0) {
        if count > 0 { requests.wrappingAdd(count, ordering: .relaxed) }
        if byteCount > 0 { bytes.wrappingAdd(byteCount, ordering: .relaxed) }
        if cachedBytes > 0 { cached.wrappingAdd(cachedBytes, ordering: .relaxed) }
    }
}
