import ColumnStore
internal import Documents
internal import Processes
import Synchronization

/// All queues of a store: one thread writes, in groups with one sync each.
///
/// Calls are handed in from any thread and answered on the writer's, which must not be held up. While nobody calls, the thread sleeps until something is
/// due.
package final class QueueStore: Sendable {
    private struct Inbox {
        var operations: [QueueOperation] = []
        var byteCount = 0
        /// To be run between two groups.
        var holds: [@Sendable () -> Void] = []
        var isStopping = false
        var hasStopped = false
    }

    /// What the thread does next: holds first, then the group.
    private struct Turn {
        var holds: [@Sendable () -> Void] = []
        var group: [QueueOperation] = []
    }

    /// Proof: `core` is used by the writer's thread alone once it runs, and before that by `init`.
    private struct Shared: @unchecked Sendable { let core: QueueCore }

    private let inbox = Monitor(Inbox())
    private let thread = HeldThread()
    /// As of the last group, for figures.
    private let seen = Mutex<[QueueState]>([])
    private let waitNumbers = Atomic<Int>(0)
    /// Told of queues that are gone.
    private let deleted = Mutex<(@Sendable (_ name: String) throws -> Void)?>(nil)
    let pool: SQLitePool
    private let path: String

    /// Waiting calls and their bytes beyond which new ones are refused.
    private static let operationCountMax = 20_000
    private static let byteCountMax = 128 << 20
    /// A group is closed at this: nobody waits for more than two.
    private static let groupCountMax = 1_024
    private static let groupByteCountMax = 16 << 20
    /// Of one store: each is looked at with every group.
    package static let queueCountMax = 1_000

    /// - Parameter isWanted: the file must be there: the store has had queues.
    /// - Throws: `SQLiteError` for a file that cannot be read, or is another store's.
    init(store: QueueCore.Store, members: [any QueueGroupMember], opens: Bool) throws {
        path = store.path
        pool = SQLitePool(path: store.path)
        let shared = Shared(core: QueueCore(store: store, members: members))
        if opens { try shared.core.open() }
        let states = Array(shared.core.queues.values)
        seen.withLock { $0 = states }
        thread.start(name: "queue-writer") { [inbox, pool, self] in Self.run(inbox, shared.core, pool) { states in self.seen.withLock { $0 = states } } }
    }

    /// Writes what waits, then ends the thread and closes the file.
    package func stop() {
        inbox.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// - Parameter body: called on the thread that has deleted a queue, before that is answered.
    func whenDeleted(_ body: @escaping @Sendable (_ name: String) throws -> Void) { deleted.withLock { $0 = body } }

    func tellDeleted(_ name: String) throws { try deleted.withLock { $0 }?(name) }

    // MARK: Handing in

    /// - Parameters:
    ///   - byteCount: what the call holds.
    ///   - body: in the group's transaction; nil where `completion` is left to it.
    ///   - completion: once, on the writer's thread, after the commit, or at once with a refusal.
    func submit<Value: Sendable>(
        byteCount: Int = 0, _ body: @escaping @Sendable (QueueCore) throws -> Value?, completion: @escaping @Sendable (Result<Value, Fault>) -> Void
    ) {
        let operation = QueueOperation(
            byteCount: byteCount,
            run: { core in
                guard let value = try body(core) else { return nil }
                return { completion(.success(value)) }
            },
            refuse: { completion(.failure($0)) })
        let refusal = inbox.signal { inbox -> Fault? in
            if inbox.isStopping { return Fault(.overloaded, "the server is stopping; send it again") }
            if !inbox.operations.isEmpty, inbox.operations.count >= Self.operationCountMax || inbox.byteCount + byteCount > Self.byteCountMax {
                return Fault(.overloaded, "more arrives for queues than can be written", advice: .sendAgainLater)
            }
            inbox.operations.append(operation)
            inbox.byteCount += byteCount
            return nil
        }
        if let refusal { completion(.failure(refusal)) }
    }

    /// Ends a wait: it is taken however many calls there are, since nobody would ask again. A store that stops ends all of them.
    func submitEnd(of id: Int, _ queue: String) {
        let operation = QueueOperation(byteCount: 0, run: { core in core.endWait(id, queue) }, refuse: { _ in }, ended: (queue, id))
        inbox.signal { inbox in
            if !inbox.isStopping { inbox.operations.append(operation) }
        }
    }

    /// As `submit`, for a thread that may wait.
    func perform<Value: Sendable>(_ body: @escaping @Sendable (QueueCore) throws -> Value) throws -> Value {
        let done = Monitor<Result<Value, Fault>?>(nil)
        submit { core -> Value? in try body(core) } completion: { result in done.broadcast { $0 = result } }
        return try done.wait { $0 }.get()
    }

    /// Runs `body` on the writer's thread between two groups, while nothing is written to the file; waits for it. Also where no call is taken any more, since a sync failed or too many wait;
    /// and on the caller's thread once the writer has ended: nobody writes then.
    ///
    /// Whoever holds the writer of hot files may call it: nothing that the writer of queues does waits for that.
    ///
    /// - Precondition: not called on the writer's thread, which would wait for itself.
    /// - Throws: what `body` throws.
    func hold(_ body: @escaping @Sendable () throws -> Void) throws {
        let done = Monitor<Result<Void, any Error>?>(nil)
        let isTaken = inbox.signal { inbox in
            if inbox.hasStopped { return false }
            inbox.holds.append {
                let result = Result { try body() }
                done.broadcast { $0 = result }
            }
            return true
        }
        guard isTaken else { return try body() }
        try done.wait { $0 }.get()
    }

    /// Numbers of receivers that wait.
    func nextWait() -> Int { waitNumbers.wrappingAdd(1, ordering: .relaxed).newValue }

    /// As of the last group.
    var states: [QueueState] { seen.withLock { $0 } }

    // MARK: The thread

    private static func run(_ inbox: Monitor<Inbox>, _ core: QueueCore, _ pool: SQLitePool, _ show: @Sendable ([QueueState]) -> Void) {
        while true {
            let pause = core.pause
            guard let turn = next(inbox, pause) else { break }
            for hold in turn.holds { hold() }
            if turn.group.isEmpty, !turn.holds.isEmpty { continue }
            core.perform(turn.group)
            show(Array(core.queues.values))
        }
        core.endWaits(.success([]))
        // The writer is the last to close: what only reads leaves the log where it is.
        pool.close()
        core.close()
        let late = inbox.withLock { inbox -> Turn in
            inbox.hasStopped = true
            defer { (inbox.operations, inbox.holds) = ([], []) }
            return Turn(holds: inbox.holds, group: inbox.operations)
        }
        for hold in late.holds { hold() }
        for operation in late.group { operation.refuse(Fault(.overloaded, "the server is stopping; send it again")) }
    }

    /// - Returns: what waits, nothing when the pause is over; nil to stop.
    private static func next(_ inbox: Monitor<Inbox>, _ pause: UInt64?) -> Turn? {
        func look(_ inbox: inout Inbox) -> Turn?? {
            if inbox.operations.isEmpty, inbox.holds.isEmpty { return inbox.isStopping ? .some(nil) : nil }
            return .some(take(&inbox))
        }
        guard let pause else { return inbox.wait(look) }
        return inbox.wait(nanoseconds: pause, look) ?? .some(Turn())
    }

    private static func take(_ inbox: inout Inbox) -> Turn {
        var count = 0
        var byteCount = 0
        for operation in inbox.operations.prefix(groupCountMax) {
            if count > 0, byteCount + operation.byteCount > groupByteCountMax { break }
            count += 1
            byteCount += operation.byteCount
        }
        let turn = Turn(holds: inbox.holds, group: Array(inbox.operations.prefix(count)))
        inbox.operations.removeFirst(count)
        inbox.byteCount -= byteCount
        inbox.holds = []
        return turn
    }
}
