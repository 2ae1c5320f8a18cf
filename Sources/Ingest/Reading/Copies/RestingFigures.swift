/// Of a store at rest what a server tells of by the way: what clients have used, and its queues and topics as their file has them.
///
/// Time has not passed in it: counts are those of when it was last written.
final class RestingFigures: Sendable {
    private let catalog: Catalog
    private let files: [HotFile]
    private let hot = HotUsage()
    let messages: RestingMessages

    init(catalog: Catalog, files: [HotFile], queuesPath: String) { (self.catalog, self.files, messages) = (catalog, files, RestingMessages(path: queuesPath)) }

    /// A client's days, in order.
    func usage(of client: ClientID) throws -> [UsageSpan] {
        var days: [Int32: UsageFigures] = [:]
        for (key, figures) in try catalog.usage(of: client, .min ... .max) { days[key.day, default: UsageFigures()].add(figures) }
        for (key, figures) in try hot.usage(of: files) where key.client == client { days[key.day, default: UsageFigures()].add(figures) }
        return days.map { UsageSpan(firstDay: $0.key, figures: $0.value) }.sorted { $0.firstDay < $1.firstDay }
    }
}
