import ColumnStore

/// Sums that could not be made for something that passes, as a full disk does, and when that is tried again: by itself after growing pauses, so that what does not pass for a day is not
/// read again and again.
///
/// In memory alone: after a start all is tried at once.
struct HeldSums {
    struct Key: Hashable {
        /// Of the rollup.
        let number: Int64
        /// Of the cold file; nil for files of sums that are to be one.
        let location: String?
    }

    private struct Hold {
        var pause: GrowingPause
        /// On `SteadyClock`, in nanoseconds.
        var until: UInt64
    }

    private var holds: [Key: Hold] = [:]
    private let pauses: ClosedRange<Double>
    /// What was not tried so long after its pause is no more: a file that was merged, a rollup that was deleted.
    private static let forgottenAfter: UInt64 = 86_400_000_000_000

    /// - Parameter pauses: in seconds, the first and the longest.
    init(_ pauses: ClosedRange<Double>) { self.pauses = pauses }

    /// It could not be made once more.
    ///
    /// - Complexity: O(what is held).
    mutating func hold(_ key: Key, now: UInt64) {
        holds = holds.filter { now.subtractingSaturating($0.value.until) < Self.forgottenAfter }
        var pause = holds[key]?.pause ?? GrowingPause(pauses)
        let nanoseconds = UInt64(saturating: pause.next() * 1e9)
        holds[key] = Hold(pause: pause, until: now.addingSaturating(nanoseconds))
    }

    /// It was made, or is wanted no more.
    mutating func release(_ key: Key) { holds[key] = nil }

    func isHeld(_ key: Key, now: UInt64) -> Bool { holds[key].map { now < $0.until } ?? false }

    /// When the next pause is over; nil where there is none.
    ///
    /// - Parameter time: when all was tried whose pause was over by then: what could not be tried then waits for the next interval, and is not asked for at once again and again.
    func nextEnd(after time: UInt64) -> UInt64? { holds.values.map(\.until).filter { $0 > time }.min() }
}
