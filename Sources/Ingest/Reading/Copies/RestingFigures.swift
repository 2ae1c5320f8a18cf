import Glibc

/// Of a store at rest what a server tells of by the way: what clients have used, and its queues as their file has them.
///
/// Time has not passed in it: counts are those of when it was last written.
final class RestingFigures: Sendable {
    private let catalog: Catalog
    private let files: [HotFile]
    private let hot = HotUsage()
    private let queuesPath: String

    init(catalog: Catalog, files: [HotFile], queuesPath: String) { (self.catalog, self.files, self.queuesPath) = (catalog, files, queuesPath) }

    /// A client's days, in order.
    func usage(of client: ClientID) throws -> [UsageSpan] {
        var days: [Int32: UsageFigures] = [:]
        for (key, figures) in try catalog.usage(of: client, .min ... .max) { days[key.day, default: UsageFigures()].add(figures) }
        for (key, figures) in try hot.usage(of: files) where key.client == client { days[key.day, default: UsageFigures()].add(figures) }
        return days.map { UsageSpan(firstDay: $0.key, figures: $0.value) }.sorted { $0.firstDay < $1.firstDay }
    }

    /// By name, those behind one.
    func queues(after name: String?, limit: Int) throws -> [QueueReport] {
        // Made with the first queue.
        guard access(queuesPath, F_OK) == 0 else { return [] }
        let connection = try SQLiteConnection(path: queuesPath, mode: .readOnly)
        var queues: [QueueState] = []
        try QueueRows.read(connection) { queues.append($0) }
        let oldest = try connection.statement("SELECT min(enqueued_at) FROM messages WHERE queue = ?1 AND state < 3")
        return try queues.sorted { $0.name < $1.name }.drop { $0.name <= name ?? "" }.prefix(limit).map { queue in
            defer { oldest.reset() }
            oldest.bind(1, queue.id)
            let counts = queue.counts
            return QueueReport(
                name: queue.name, settings: queue.settings, active: counts.active, locked: counts.locked, delayed: counts.delayed, dead: counts.dead, byteCount: counts.byteCount,
                oldestAt: try oldest.step() ? oldest.optionalInt64(0) : nil)
        }
    }
}
