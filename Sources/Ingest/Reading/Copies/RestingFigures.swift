import Query

/// Of a store at rest what a server tells of by the way: what clients have used, and its queues and topics as their file has them.
///
/// Time has not passed in it: counts are those of when it was last written.
final class RestingFigures: Sendable {
    private let catalog: Catalog
    private let files: [HotFile]
    private let hot = HotUsage()
    let messages: RestingMessages

    init(catalog: Catalog, files: [HotFile], queuesPath: String) { (self.catalog, self.files, messages) = (catalog, files, RestingMessages(path: queuesPath)) }

    /// Of clients, by day.
    func usage(of clients: [ClientID], unless cancellation: Cancellation) throws -> [UsageKey: UsageFigures] {
        var all = try catalog.usage(of: clients, .min ... .max)
        for file in files {
            for (key, figures) in try hot.usage(of: file, clients, .min ... .max, cancellation) { all[key, default: UsageFigures()].add(figures) }
        }
        return all
    }

    /// Those of which there is any.
    func clients(unless cancellation: Cancellation) throws -> [ClientID] {
        var all = Set(try catalog.usageClients())
        for file in files { all.formUnion(try hot.clients(of: file, cancellation)) }
        return all.inOrder
    }
}
