import Documents

/// One call on the file of queues: what it does in its group's transaction, and whom it answers once that is durable.
struct QueueOperation: Sendable {
    /// What it holds while it waits.
    let byteCount: Int
    /// What to do after the commit; nil where the answer comes with a later group. A `Fault` refuses this call alone, and nothing was changed by then; any
    /// other error ends the group without effect.
    let run: @Sendable (QueueCore) throws -> (@Sendable () -> Void)?
    let refuse: @Sendable (Fault) -> Void
    /// The wait that it ends, also where its group fails.
    var ended: (queue: String, id: Int)?
}

/// What else lives in the file, and takes part in every group: topics.
///
/// All calls come from the thread that has the core.
protocol QueueGroupMember: AnyObject, Sendable {
    /// The file is there, from now on.
    func open(_ connection: SQLiteConnection) throws
    /// The file is about to be closed: whoever held on to it would keep its log from going.
    func close()
    /// A group begins; `rollBack` brings memory back to here.
    func begin()
    func rollBack()
    /// The clock was set by so many microseconds: what lasts so and so long is moved with it.
    func keep(_ shift: Int64) throws
    /// Before the commit: what is to be done with what came in this group. More than once in a group.
    func finish(_ core: QueueCore) throws
    /// After the commit.
    func committed()
    func died(_ message: DeadMessage, _ core: QueueCore) throws
    /// A message that a task of an execution waits for is lost to workers: it died, or was purged.
    ///
    /// - Parameter cause: for people.
    func lost(_ token: String, _ cause: String, _ core: QueueCore) throws
    /// Somebody has made a queue, or room in one: what it refused may go into it now.
    func noteRoom(in queue: String)
    /// When it wants a group of its own, at the latest.
    var nextDue: Int64 { get }
}

extension QueueGroupMember {
    func noteRoom(in queue: String) {}
}

/// A message that has just died.
struct DeadMessage: Sendable {
    let queue: String
    let id: String
    /// Nil for the administrator's.
    let sender: String?
    let reason: String
    let detail: String?
    let deliveries: Int
    let enqueuedAt: Int64
}
