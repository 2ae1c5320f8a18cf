/// Stops calling an endpoint that keeps failing, and tries it again with one call at a time (Nygard, "Release It!", chapter 5).
///
///     closed ── 20 failures in a row ──► open ── its time is over: one call is let through ──► half-open
///     half-open ── it worked ──► closed        half-open ── it failed ──► open, for twice as long, a minute at most
///     half-open ── nobody was asked after all ──► open, and the next call is let through at once
///
/// Times are microseconds of whatever clock its owner goes by: queues give it one that nobody sets.
///
/// A value for one endpoint, guarded by its owner's lock.
package struct CircuitBreaker: Sendable {
    package enum State: String, Sendable { case closed, open, halfOpen = "half-open" }

    /// Failures in a row that open it: fewer would let a single lost batch stop a healthy registrar.
    private static let failureCountMax = 20
    /// Microseconds that it stays open: the first time, and at most.
    private static let openForMinimum: Int64 = 1_000_000
    private static let openForMaximum: Int64 = 60_000_000
    /// In place of an instant: the time is over.
    private static let atOnce = Int64.min

    package private(set) var state = State.closed
    private var failureCount = 0
    private var openFor = openForMinimum
    private var opensAgainAt: Int64 = 0

    package init() {}

    /// Whether a call may start now. A half-open breaker lets one through and then waits for its outcome.
    package mutating func mayCall(now: Int64) -> Bool {
        switch state {
        case .closed: return true
        case .halfOpen: return false
        case .open:
            guard now >= opensAgainAt else { return false }
            state = .halfOpen
            return true
        }
    }

    /// When `mayCall` is worth asking again; nil when it may be called, or waits for a probe's outcome.
    package var waitsUntil: Int64? { state == .open ? opensAgainAt : nil }

    /// The endpoint answered in a way that shows it works, a refusal of the document included.
    package mutating func recordSuccess() { self = CircuitBreaker() }

    /// The call that was let through was not made: nothing is known of the endpoint that was not known before.
    package mutating func recordUnasked() {
        guard state == .halfOpen else { return }
        (state, opensAgainAt) = (.open, Self.atOnce)
    }

    /// Closed, or open for want of a call alone: of an endpoint for which nothing waits it need not be kept in mind.
    var waitsForACall: Bool { state == .closed || state == .open && opensAgainAt == Self.atOnce }

    package mutating func recordFailure(now: Int64) {
        failureCount += 1
        switch state {
        case .closed where failureCount < Self.failureCountMax: return
        case .closed: openFor = Self.openForMinimum
        case .halfOpen: openFor = min(openFor * 2, Self.openForMaximum)
        // Calls that had left before it opened come back while it is open: they say nothing that it does not know.
        case .open: return
        }
        state = .open
        opensAgainAt = now + openFor
    }
}
