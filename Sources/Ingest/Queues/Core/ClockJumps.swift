/// Tells time that passed from a clock that was set: locks and delays last as long as they were given, whatever somebody does to the clock.
///
/// A file whose instants go by the clock holds a mark of it (`ClockMark`), so that a clock which is set while nobody has the file open is noticed as well.
struct ClockJumps {
    private let steady: (@Sendable () -> Int64)?
    /// Which start of the machine the steady clock counts from; empty: nobody knows.
    private let boot: String
    /// The clock less the steady one.
    private var offset: Int64?
    private var last: Int64 = .min
    /// What the file says.
    private var marked: ClockMark?

    /// A smaller difference is a clock that is being led back by and by.
    private static let shortest: Int64 = 2_000_000
    /// A clock that is led by and by goes so far from its mark before that is written anew.
    private static let markedDifference: Int64 = 500_000
    /// No clock is set by more, about 200 years, and no instant that it is added to overflows.
    private static let longest: UInt64 = 6_300_000_000_000_000

    init(steady: (@Sendable () -> Int64)?, boot: String = MachineStart.clock) { (self.steady, self.boot) = (steady, boot) }

    /// The file is open: what it says counts from here on. A mark of another machine, or of another start of this one, says nothing.
    mutating func resume(_ mark: ClockMark?) {
        marked = mark
        guard let mark, steady != nil, !boot.isEmpty, mark.boot == boot else { return }
        offset = mark.offset
    }

    /// Whether the clock was set since the last look.
    func isDue(_ clock: Int64) -> Bool {
        guard let steady, let offset else { return false }
        return Self.shift(from: offset, to: clock.subtractingReportingOverflow(steady()).partialValue) != 0
    }

    /// - Parameter clock: microseconds since 1970, as the system says.
    /// - Returns: by how much the clock was set since the last look, 0 mostly; and the present instant, which falls back with such a jump only.
    mutating func look(_ clock: Int64) -> (shift: Int64, now: Int64) {
        guard let steady else { return (0, clock) }
        let difference = clock.subtractingReportingOverflow(steady()).partialValue
        defer { offset = difference }
        let shift = Self.shift(from: offset ?? difference, to: difference)
        last = shift == 0 ? max(last, clock) : clock
        return (shift, last)
    }

    private static func shift(from offset: Int64, to difference: Int64) -> Int64 {
        let (shift, overflow) = difference.subtractingReportingOverflow(offset)
        return overflow || shift.magnitude < UInt64(shortest) || shift.magnitude > longest ? 0 : shift
    }

    /// What the file is to say, in the transaction that moves what lasts with the clock; nil where it says so.
    var dueMark: ClockMark? {
        guard steady != nil, !boot.isEmpty, let offset else { return nil }
        if let marked, marked.boot == boot {
            let (difference, overflow) = offset.subtractingReportingOverflow(marked.offset)
            if !overflow, difference.magnitude < UInt64(Self.markedDifference) { return nil }
        }
        return ClockMark(boot: boot, offset: offset)
    }

    /// The transaction holds.
    mutating func noteMarked(_ mark: ClockMark?) { if let mark { marked = mark } }
}
