import ColumnStore
import Documents
import Processes
import Synchronization

/// Tells the topic `till` what was committed, in the order of commits: while somebody subscribes to it, and from the place where it was left.
///
/// The place (`feed_after`, a sequence) is written in the same transaction as the events that are made of the changes up to it: after a crash no change is
/// left out, and none is published twice. One thread; it holds a page of changes at most.
final class StoreFeed: Sendable {
    /// How it reads the store, as a door would: pages behind a sequence, and a call once there is something beyond one.
    struct Changes: Sendable {
        let after: @Sendable (_ sequence: Int64, _ limit: Int) throws -> ChangePage
        let notify: @Sendable (_ sequence: Int64, _ wake: @escaping @Sendable () -> Void) -> any NotificationHandle
    }

    private let changes: Changes
    private let topics: TopicStore
    private let thread = WokenThread(name: "store-feed")
    /// What the log has as being in the way, until something was published again.
    private let told = Mutex<String?>(nil)

    /// Changes of a page: one transaction of the file of queues.
    private static let pageCount = 200

    init(_ changes: Changes, _ topics: TopicStore) { (self.changes, self.topics) = (changes, topics) }

    /// What cannot be read or published is tried again after a pause, from the same place: a full disk may last for days, and is told once.
    func start() {
        topics.watchFeed { [thread] in thread.wake() }
        thread.start(
            failed: { [self] error in
                let reason = StoreLog.text(error)
                let isNew = told.withLock { told in
                    defer { told = reason }
                    return told != reason
                }
                if isNew { StoreLog.note("the store's events could not be published", path: "till", reason: reason, level: .warning) }
            },
            work: { [self] in try follow() })
    }

    func stop() {
        topics.watchFeed(nil)
        thread.stop()
    }

    /// - Returns: whether there may be more now. Where there is not, it has waited for it.
    private func follow() throws -> Bool {
        guard let place = topics.feedAfter else { return false }
        if try read(after: place) { return true }
        let handle = changes.notify(place) { [thread] in thread.wake() }
        thread.waitForWaking()
        handle.cancel()
        return false
    }

    /// - Returns: whether something was there.
    private func read(after place: Int64) throws -> Bool {
        let page = try changes.after(place, Self.pageCount)
        // A page may end further than its last change: the place moves on with it.
        guard page.nextAfter > place else { return false }
        let done = Monitor<Result<Void, Fault>?>(nil)
        topics.publish(changes: page.changes.flatMap(Self.events), through: page.nextAfter) { result in done.broadcast { $0 = result } }
        // Nothing is read ahead of what is durable. A writer that ends answers too, with a refusal.
        try done.wait { $0 }.get()
        told.withLock { $0 = nil }
        return true
    }

    /// The events that a change comes to: its own first. Ids are made of sequences, so that a change which is published again is recognised as the same.
    ///
    /// A version after the first, and a removal, are events of their own besides. Of one that became final later, and is cold by then, the event comes
    /// with its final state, perhaps once more: it is the same one by its id.
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
            var draft = EventDraft(id: id, origin: .contract(ClientID(receipt.clientID)), type: type, subject: receipt.receiptID, time: change.at, data: data.bytes)
            draft.sequence = change.sequence
            return draft
        }
        var events = [draft(change.event, "change-\(change.sequence)")]
        if let version = change.version, version.isRemoval || version.number > 1 {
            events.append(draft(version.isRemoval ? "version.removed" : "version.replaced", "version-\(receipt.sequence)"))
        }
        return events
    }
}
