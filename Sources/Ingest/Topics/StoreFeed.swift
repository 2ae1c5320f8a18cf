import ColumnStore
import Documents
import Processes

/// Tells the topic `till` what was committed, in the order of commits: while somebody subscribes to it, and from the place where it was left.
final class StoreFeed: Sendable {
    struct Changes: Sendable {
        let after: @Sendable (_ sequence: Int64, _ limit: Int) throws -> ChangePage
        let notify: @Sendable (_ sequence: Int64, _ wake: @escaping @Sendable () -> Void) -> any NotificationHandle
    }

    private struct State {
        var isStopping = false
        /// Something may be new.
        var isAwake = true
    }

    private let changes: Changes
    private let topics: TopicStore
    private let state = Monitor(State())
    private let thread: Monitor<WorkerThread?> = Monitor(nil)

    private static let pageCount = 200
    /// After a failure, in nanoseconds.
    private static let pause: UInt64 = 1_000_000_000

    init(_ changes: Changes, _ topics: TopicStore) { (self.changes, self.topics) = (changes, topics) }

    func start() {
        topics.watchFeed { [state] in state.broadcast { $0.isAwake = true } }
        thread.withLock { $0 = WorkerThread(name: "store-feed") { [self] in run() } }
    }

    func stop() {
        topics.watchFeed(nil)
        state.broadcast { $0.isStopping = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    private func run() {
        while true {
            let goesOn = state.wait { state -> Bool? in
                if state.isStopping { return false }
                guard state.isAwake else { return nil }
                state.isAwake = false
                return true
            }
            guard goesOn else { return }
            guard let place = topics.feedAfter else { continue }
            do {
                guard try !read(after: place) else {
                    state.withLock { $0.isAwake = true }
                    continue
                }
                let handle = changes.notify(place) { [state] in state.broadcast { $0.isAwake = true } }
                _ = state.wait { $0.isAwake || $0.isStopping ? true : nil }
                handle.cancel()
            } catch {
                StoreLog.note("the store's events could not be published", path: "till", reason: "\(error)", level: .warning)
                _ = state.wait(nanoseconds: Self.pause) { $0.isStopping ? true : nil }
                state.withLock { $0.isAwake = true }
            }
        }
    }

    /// - Returns: whether something was there.
    private func read(after place: Int64) throws -> Bool {
        let page = try changes.after(place, Self.pageCount)
        guard page.nextAfter > place else { return false }
        let done = Monitor<Result<Void, Fault>?>(nil)
        topics.publish(changes: page.changes.flatMap(Self.events), through: page.nextAfter) { result in done.broadcast { $0 = result } }
        try done.wait { $0 }.get()
        return true
    }

    /// A version after the first, and a removal, are events of their own besides.
    static func events(_ change: ChangePage.Change) -> [EventDraft] {
        let receipt = change.receipt
        var data = JSONWriter(reserving: 320)
        data.beginObject()
        data.member("sequence", change.sequence)
        data.key("receipt")
        data.beginObject()
        data.member("ticket_id", receipt.ticketID)
        data.member("client_id", receipt.clientID)
        data.member("receipt_id", receipt.receiptID)
        data.member("type", receipt.type)
        data.member("business_day", DayText.text(receipt.businessDay))
        data.member("state", receipt.state.rawValue)
        data.member("sequence", receipt.sequence)
        if let version = change.version { data.member("version", version.number) }
        data.endObject()
        data.endObject()
        func draft(_ type: String, _ id: String) -> EventDraft {
            EventDraft(id: id, origin: .contract(ClientID(receipt.clientID)), type: type, subject: receipt.receiptID, time: change.at, data: data.bytes)
        }
        var events = [draft(change.event, "change-\(change.sequence)")]
        if let version = change.version, version.isRemoval || version.number > 1 {
            events.append(draft(version.isRemoval ? "version.removed" : "version.replaced", "version-\(change.sequence)"))
        }
        return events
    }
}
