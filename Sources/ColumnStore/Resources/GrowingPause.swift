/// How long to wait after each of several failures in a row: twice as long as before, up to a bound, so that what cannot be done for a while does not keep a
/// processor busy, and is done soon once it can.
///
///     var pause = GrowingPause(1...60)
///     pause.next()        1, 2, 4, … 60, 60
package struct GrowingPause: Sendable {
    private let bounds: ClosedRange<Double>
    /// Since the beginning, or the last success.
    package private(set) var failureCount = 0

    /// - Parameter bounds: in seconds, of the first pause and of the longest; above 0.
    package init(_ bounds: ClosedRange<Double>) { self.bounds = bounds }

    /// The pause after one more failure, in seconds.
    package mutating func next() -> Double {
        // Past so many doublings the upper bound holds, whatever it is.
        let doublings = min(failureCount, 60)
        failureCount = min(failureCount + 1, 1_000_000)
        return min(bounds.upperBound, bounds.lowerBound * Double(UInt64(1) << UInt64(doublings)))
    }

    /// After a success.
    package mutating func reset() { failureCount = 0 }
}
