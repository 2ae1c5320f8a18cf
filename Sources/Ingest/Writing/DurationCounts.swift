import ColumnStore
import Synchronization

/// How many of some events took how long: a histogram that any thread may add to and read.
package final class DurationCounts: Sendable {
    private final class Counter: Sendable { let value = Atomic<Int>(0) }

    /// Upper bounds in seconds.
    ///
    /// The finest are a lone commit's, the greatest a disk's that is busy elsewhere; one more counter is for all above.
    package static let bounds: [Double] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    /// Each counter rises by itself: a reader may see one addition and not another of the same moment.
    private let counters = (0...DurationCounts.bounds.count).map { _ in Counter() }

    /// - Complexity: O(bounds), without a lock.
    func record(_ nanoseconds: UInt64) {
        let seconds = Double(nanoseconds) / 1e9
        counters[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count].value.wrappingAdd(1, ordering: .relaxed)
    }

    func measure<Result>(_ body: () -> Result) -> Result {
        let began = SteadyClock.nanoseconds()
        defer { record(SteadyClock.nanoseconds() &- began) }
        return body()
    }

    /// How many took up to each bound, the last for all.
    ///
    /// As histograms of Prometheus have it: the counts rise, and the last bound is `+Inf`.
    package var cumulative: [(bound: String, count: Int)] {
        var total = 0
        return counters.indices.map { index in
            total += counters[index].value.load(ordering: .relaxed)
            return (index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf", total)
        }
    }
}
