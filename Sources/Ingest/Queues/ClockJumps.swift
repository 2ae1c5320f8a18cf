/// Tells time that passed from a clock that was set: locks and delays last as long as they were given, whatever somebody does to the clock.
struct ClockJumps {
    private let steady: (@Sendable () -> Int64)?
    /// The clock less the steady one.
    private var offset: Int64?
    private var last: Int64 = .min

    /// A smaller difference is a clock that is being led back by and by.
    private static let shortest: Int64 = 2_000_000

    init(steady: (@Sendable () -> Int64)?) { self.steady = steady }

    /// Whether the clock was set since the last look.
    func isDue(_ clock: Int64) -> Bool {
        guard let steady, let offset else { return false }
        let (shift, overflow) = clock.subtractingReportingOverflow(steady()).partialValue.subtractingReportingOverflow(offset)
        return !overflow && shift.magnitude >= UInt64(Self.shortest)
    }

    /// - Parameter clock: microseconds since 1970, as the system says.
    /// - Returns: by how much the clock was set since the last look, 0 mostly; and the present instant, which falls back with such a jump only.
    mutating func look(_ clock: Int64) -> (shift: Int64, now: Int64) {
        guard let steady else { return (0, clock) }
        let difference = clock.subtractingReportingOverflow(steady()).partialValue
        defer { offset = difference }
        let (shift, overflow) = difference.subtractingReportingOverflow(offset ?? difference)
        if overflow || shift.magnitude < UInt64(Self.shortest) {
            last = max(last, clock)
            return (0, last)
        }
        last = clock
        return (shift, clock)
    }
}
