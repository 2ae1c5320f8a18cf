internal import ColumnStore
internal import Documents

/// Tells the topic `till` of executions that have ended, each end at least once: a notice stands in the file, written in the commit of the end, until
/// the topic has it. Its id is counted once.
final class EndNotices: Sendable {
    private let store: ExecutionStore
    private let events: any EventPublishing
    private let thread = WokenThread(name: "end-notices")
    /// Told at a time.
    private static let pageCount = 200

    init(store: ExecutionStore, events: any EventPublishing) { (self.store, self.events) = (store, events) }

    func start() {
        thread.start(
            failed: { [store] error in
                StoreLog.note("ends of executions were not told; it is tried again", path: store.path, reason: StoreLog.text(error), level: .warning)
            }, work: { [self] in try tell() })
    }

    func wake() { thread.wake() }

    /// What was not reported by now is reported after the next start.
    func stop() { thread.stop() }

    /// Tells a page, waits for all of it, and forgets what was taken: the topic counts an id once, so that an end that is reported twice is one event.
    ///
    /// - Returns: whether there may be more.
    private func tell() throws -> Bool {
        let page = try store.reader.notices(limit: Self.pageCount)
        guard !page.isEmpty else { return false }
        // Handed in together, so that one sync may do for all of them.
        let results = Monitor<(told: [Int64], fault: Fault?, left: Int)>(([], nil, page.count))
        for notice in page {
            events.emit(notice.event) { result in
                results.signal { results in
                    results.left -= 1
                    switch result {
                    case .success: results.told.append(notice.number)
                    case .failure(let fault): results.fault = fault
                    }
                }
            }
        }
        let (told, fault) = results.wait { $0.left == 0 ? ($0.told, $0.fault) : nil }
        // Forgotten first, whatever happened to the others: these would be reported again at each try.
        if !told.isEmpty { try store.perform { core in try core.forgetNotices(told) } }
        if let fault { throw fault }
        return page.count == Self.pageCount
    }
}
