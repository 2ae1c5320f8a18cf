import ColumnStore
import Documents
import Synchronization

/// What clients have used: the one place that knows all of it, and writes down what must outlive the process.
///
/// `receipts` and `bytes` are not counted beside the receipts but out of them: of hot files by their rows, and when one moves to cold its counts go into
/// the catalog with the transaction that moves it. All else is counted in memory and written down at least once a minute.
package final class UsageLedger: Sendable {
    package let meter: UsageMeter
    private let catalog: Catalog
    private let boundary: TierBoundary
    private let steady: @Sendable () -> UInt64
    private let hot = HotUsage()
    /// Held while a file changes from hot to cold, so that nobody counts it twice or not at all.
    private let moves = Mutex(())
    /// By the steady clock: one that is set back would have nothing written down until it has caught up.
    private let nextFlush = Atomic<UInt64>(0)

    /// In nanoseconds. So that with a look every few seconds no minute passes.
    private static let flushInterval: UInt64 = 30_000_000_000

    /// - Parameter steady: nanoseconds of a clock that nobody sets; another for tests.
    package init(catalog: Catalog, boundary: TierBoundary, clock: Clock, steady: @escaping @Sendable () -> UInt64 = { SteadyClock.nanoseconds() }) {
        (self.catalog, self.boundary, self.steady) = (catalog, boundary, steady)
        meter = UsageMeter(clock: clock)
    }

    /// Moves a file: `body` has the catalog write down what its receipts add in its own transaction, and the boundary follow.
    func moving(_ file: HotFile, _ body: (_ along: @escaping @Sendable (SQLiteConnection) throws -> Void) throws -> Void) throws {
        let usage = try hot.usage(of: file)
        try moves.withLock { _ in try body { try Catalog.add(usage, $0) } }
    }

    /// Writes down what was counted, if that is due. To be called every few seconds.
    package func look() throws {
        let now = steady()
        guard now >= nextFlush.load(ordering: .relaxed) else { return }
        nextFlush.store(now.addingSaturating(Self.flushInterval), ordering: .relaxed)
        try flush()
    }

    package func flush() throws { try meter.flush { try catalog.add($0) } }

    /// By client and day.
    ///
    /// - Parameters:
    ///   - client: nil for all.
    ///   - days: since 1970.
    package func usage(of client: ClientID?, _ days: ClosedRange<Int32>) throws -> [UsageKey: UsageFigures] {
        // Written down first, so that a crash takes nothing of what was told. A disk that takes nothing stops no read.
        try meter.settled({ try catalog.add($0) }) { present in
            try moves.withLock { _ in
                var all = try catalog.usage(of: client, days)
                for counted in [present, try hot.usage(of: boundary.snapshot().files)] {
                    for (key, figures) in counted where days.contains(key.day) && (client.map { $0 == key.client } ?? true) {
                        all[key, default: UsageFigures()].add(figures)
                    }
                }
                return all
            }
        }
    }

    /// A client's, in order.
    package func spans(of client: ClientID, _ days: ClosedRange<Int32>, byMonth: Bool) throws -> [UsageSpan] {
        var spans: [Int32: UsageFigures] = [:]
        for (key, figures) in try usage(of: client, days) {
            spans[byMonth ? Self.firstOfMonth(key.day) : key.day, default: UsageFigures()].add(figures)
        }
        return spans.map { UsageSpan(firstDay: $0.key, figures: $0.value) }.sorted { $0.firstDay < $1.firstDay }
    }

    private static func firstOfMonth(_ day: Int32) -> Int32 {
        // yyyy-MM-dd
        let text = DayText.text(day)
        let ofMonth = Int32(text.suffix(2)) ?? 1
        return day - (ofMonth - 1)
    }
}
