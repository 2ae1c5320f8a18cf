import ColumnStore
import Documents
package import Query
import Synchronization

/// What clients have used: the one place that knows all of it, and writes down what must outlive the process.
///
/// `receipts` and `bytes` are not counted beside the receipts but out of them: of hot files by their rows, and when one moves to cold its counts go into
/// the catalog with the transaction that moves it. The bytes of an export's file come with the commit that notes its end. All else is counted in memory and written down at least once
/// a minute.
package final class UsageLedger: Sendable {
    package let meter: UsageMeter
    private let catalog: Catalog
    private let boundary: TierBoundary
    private let steady: @Sendable () -> UInt64
    private let hot: HotUsage
    /// Held while a file changes from hot to cold, so that nobody counts it twice or not at all. No row is counted under it, nor while figures are on their way: whoever writes some down,
    /// moves a file or stops waits for no walk over rows.
    private let moves = Mutex(())
    /// By the steady clock: one that is set back would have nothing written down until it has caught up.
    private let nextFlush = Atomic<UInt64>(0)

    /// In nanoseconds. So that with a look every few seconds no minute passes.
    private static let flushInterval: UInt64 = 30_000_000_000

    /// - Parameter steady: nanoseconds of a clock that nobody sets; another for tests.
    package convenience init(catalog: Catalog, boundary: TierBoundary, clock: Clock, steady: @escaping @Sendable () -> UInt64 = { SteadyClock.nanoseconds() }) {
        self.init(catalog: catalog, boundary: boundary, clock: clock, steady: steady, counting: HotUsage())
    }

    /// - Parameter hot: of no other ledger.
    init(catalog: Catalog, boundary: TierBoundary, clock: Clock, steady: @escaping @Sendable () -> UInt64, counting hot: HotUsage) {
        (self.catalog, self.boundary, self.steady, self.hot) = (catalog, boundary, steady, hot)
        meter = UsageMeter(clock: clock)
    }

    /// Moves a file: `body` has the catalog write down what its receipts add in its own transaction, and the boundary follow.
    func moving(_ file: HotFile, _ body: (_ along: @escaping @Sendable (SQLiteConnection) throws -> Void) throws -> Void) throws {
        // It takes no rows any more: what is counted here is all of it.
        let usage = try hot.usage(of: file, nil, .min ... .max, nil)
        try moves.withLock { _ in try body { try Catalog.add(usage, $0) } }
        hot.forget(file)
    }

    /// Hot files of which something is held.
    var countedFileCount: Int { hot.fileCount }

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
    ///   - clients: nil for all.
    ///   - days: since 1970.
    ///   - cancellation: ends the counting of rows that nobody has counted since the start; what was counted is not counted again.
    package func usage(of clients: [ClientID]?, _ days: ClosedRange<Int32>, unless cancellation: Cancellation? = nil) throws -> [UsageKey: UsageFigures] {
        let counted = try hotUsage(of: clients, days, cancellation)
        let wanted = clients.map { Set($0) }
        // Written down first, so that a crash takes nothing of what was told. A disk that takes nothing stops no read.
        return try meter.settled({ try catalog.add($0) }) { present in
            try moves.withLock { _ in
                var all = try catalog.usage(of: clients, days)
                for (key, figures) in present where days.contains(key.day) && (wanted?.contains(key.client) ?? true) { all[key, default: UsageFigures()].add(figures) }
                // One that has left since is in the catalog. One that has come since has nothing but rows that came since.
                for file in boundary.snapshot().files {
                    for (key, figures) in counted[file.name] ?? [:] { all[key, default: UsageFigures()].add(figures) }
                }
                return all
            }
        }
    }

    /// By the names of the files that are hot as it begins.
    private func hotUsage(of clients: [ClientID]?, _ days: ClosedRange<Int32>, _ cancellation: Cancellation?) throws -> [String: [UsageKey: UsageFigures]] {
        // A file that has left meanwhile may have come to be held again here.
        defer { hot.forgetAll(except: boundary.snapshot().files) }
        var counted: [String: [UsageKey: UsageFigures]] = [:]
        for file in boundary.snapshot().files { counted[file.name] = try hot.usage(of: file, clients, days, cancellation) }
        return counted
    }

    /// Clients of which there are figures, whether they have a contract or not, in the order of their bytes.
    ///
    /// - Parameter cancellation: as of `usage`.
    package func clients(unless cancellation: Cancellation? = nil) throws -> [ClientID] {
        defer { hot.forgetAll(except: boundary.snapshot().files) }
        // In the order in which figures go, so that none is on its way from what is not asked yet to what was: from memory and from hot files they go to the catalog.
        var all = try meter.settled({ try catalog.add($0) }) { present in Set(present.keys.map(\.client)) }
        for file in boundary.snapshot().files { all.formUnion(try hot.clients(of: file, cancellation)) }
        all.formUnion(try catalog.usageClients())
        return all.inOrder
    }

    /// A client's, in order.
    package func spans(of client: ClientID, _ days: ClosedRange<Int32>, byMonth: Bool, unless cancellation: Cancellation? = nil) throws -> [UsageSpan] {
        var spans: [Int32: UsageFigures] = [:]
        for (key, figures) in try usage(of: [client], days, unless: cancellation) {
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
