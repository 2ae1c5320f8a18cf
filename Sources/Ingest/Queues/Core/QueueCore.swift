import ColumnStore
import Documents
import Processes

/// What the writer of queues holds and does: the file, the queues' states, one group of calls after the other. One thread at a time works with it.
///
/// 1. `queues` says of each queue what the file says of it: a group that fails takes back what it changed here too.
/// 2. A waiting receiver is answered once, by the group that finds messages for it or by the end of its wait, which no failure undoes.
/// 3. After a failed sync, or a commit that may be there though it failed (`SQLiteError.leavesDoubt`), nothing is taken any more: what the disk holds is not known until the file is opened anew.
final class QueueCore {
    /// What the core needs of the store around it.
    struct Store: Sendable {
        let path: String
        let id: String
        /// Whose device must have room.
        let directory: String
        let minFreeBytes: Int64
        let clock: Clock
        /// Microseconds of a clock that nobody sets; nil: the clock's jumps are taken for time.
        let steady: (@Sendable () -> Int64)?
        /// Which start of the machine that counts from.
        var boot = MachineStart.clock
        let ids = ULIDGenerator()
        /// Called before anything is put into the file: that the store has it is to be known.
        var noteFile: @Sendable () throws -> Void = {}
        /// Told now and then how far the file has come; nil: nobody asks.
        var noteReach: (@Sendable (Int64) throws -> Void)?
    }

    let store: Store
    private let members: [any QueueGroupMember]
    private(set) var connection: SQLiteConnection?
    private var table: MessageTable?
    var queues: [String: QueueState] = [:]
    /// Queues that are no more, with rows that are still to be removed.
    var removed: Set<Int64> = []
    var waiting: [String: [ReceiveWait]] = [:]
    private(set) var now: Int64
    private var jumps: ClockJumps
    private(set) var idClock = IDClock()
    private var reach: ReachStamp
    /// By how much the clock was set, until a group holds that moved what lasts with it.
    private var shift: Int64 = 0
    private var lastNumber: Int64 = 0
    /// Queues whose row is to be written in this group.
    private var touched: Set<String> = []
    private(set) var failure: Fault?
    private var isFull = false
    private var freeCheckedAt: UInt64 = 0
    private var random = SystemRandomNumberGenerator()
    /// A timer's group failed: the next one is not tried at once.
    private var hasStumbled = false
    private var hasBacklog = false
    /// Of bodies that this group hands out, which nobody is charged for before it is durable.
    private var receivedByteCount = 0

    /// A group that has handed out as much leaves the other receivers to the next one.
    private static let receivedByteCountMax = 16 << 20
    private static let freeCheckNanoseconds: UInt64 = 500_000_000
    /// The clock is looked at so often while something is due: it may be set.
    private static let lookNanoseconds: UInt64 = 1_000_000_000

    init(store: Store, members: [any QueueGroupMember]) {
        (self.store, self.members) = (store, members)
        now = store.clock.now()
        reach = ReachStamp(path: store.path, store.noteReach)
        jumps = ClockJumps(steady: store.steady, boot: store.boot)
        // A clock that is set before the first group is one that is set.
        _ = jumps.look(now)
    }

    // MARK: The file

    var isOpen: Bool { connection != nil }

    /// Opens the file, or makes it.
    func open() throws {
        guard connection == nil else { return }
        let connection = try QueueFile.open(path: store.path, store: store.id)
        try store.noteFile()
        for member in members { try member.open(connection) }
        table = try MessageTable(connection)
        lastNumber = try StoredNumber.checked(
            try connection.integer("SELECT max(number) FROM messages") ?? 0, "the number of the last message", in: StoredNumber.sequences, path: store.path)
        try QueueRows.read(connection) { queues[$0.name] = $0 }
        try QueueRows.countDeadBytes(of: &queues, connection)
        noteHeldQueues()
        let select = try connection.statement("SELECT id FROM removed_queues")
        while try select.step() { removed.insert(select.int64(0)) }
        jumps.resume(try ClockMark.read(connection))
        idClock = try IDClock(connection)
        try reach.begin(connection)
        self.connection = connection
        hasBacklog = true
        for name in queues.keys {
            queues[name]?.nextDue = 0
            queues[name]?.nextForgotten = 0
        }
    }

    /// Of a file from before there was a bound: whoever sends gets 507 from the first call on.
    private func noteHeldQueues() {
        for queue in queues.values.filter(\.isHeldByLetters).sorted(by: { $0.name < $1.name }) {
            StoreLog.note(
                "a queue takes no messages for its dead letters", path: store.path,
                reason: "\(queue.name): \(queue.counts.dead) dead letters have \(queue.counts.deadByteCount) bytes; put them back, delete them, or raise max_bytes (\(queue.settings.byteCountMax))",
                level: .warning)
        }
    }

    /// The file, made in this group where there was none.
    func opened() throws -> SQLiteConnection {
        if let connection { return connection }
        try open()
        guard let connection else { throw SQLiteError(code: 14, message: "the file of queues cannot be opened", path: store.path) }
        try connection.execute("BEGIN IMMEDIATE")
        return connection
    }

    func close() {
        if let connection, failure == nil { reach.finish(connection) }
        for member in members { member.close() }
        table = nil
        connection = nil
    }

    /// - Throws: when nothing was ever put.
    var messages: MessageTable {
        get throws {
            guard let table else { throw SQLiteError(code: 21, message: "the file of queues is not open", path: store.path) }
            return table
        }
    }

    // MARK: Groups

    /// Does what the calls say with one sync, then answers them.
    ///
    /// Within a group: calls in their order, then what is due, then members (topics), then receivers that wait, and members once more.
    ///
    /// - Returns: whether the group holds.
    @discardableResult
    func perform(_ operations: [QueueOperation]) -> Bool {
        if let failure {
            for operation in operations { operation.refuse(failure) }
            return false
        }
        // They share their storage until the group changes them, which costs a copy of O(queues).
        let (queuesBefore, waitingBefore, removedBefore, numberBefore, idClockBefore) = (queues, waiting, removed, lastNumber, idClock)
        touched = []
        receivedByteCount = 0
        for member in members { member.begin() }
        var answers: [@Sendable () -> Void] = []
        do {
            try begin()
            for operation in operations {
                // A fault refuses one call; any other error is of the file, and ends the group for all of them.
                do { if let answer = try operation.run(self) { answers.append(answer) } } catch let fault as Fault { answers.append { operation.refuse(fault) } }
            }
            hasBacklog = try passTime()
            for member in members { try member.finish(self) }
            answers += try serve()
            // A message may have died while messages were handed to receivers, and what members note of it may add messages to other queues.
            for member in members { try member.finish(self) }
            if waiting.keys.contains(where: { queues[$0]?.counts.active ?? 0 > 0 }) { hasBacklog = true }
            let mark = jumps.dueMark
            let isChange = !operations.isEmpty || !touched.isEmpty
            try commit(mark, isChange: isChange)
            jumps.noteMarked(mark)
            (hasStumbled, shift) = (false, 0)
            for member in members { member.committed() }
            for answer in answers { answer() }
            if isChange, connection != nil { reach.committed() }
            return true
        } catch {
            connection?.rollback()
            reach.rolledBack()
            for member in members { member.rollBack() }
            (queues, waiting, removed, lastNumber, idClock) = (queuesBefore, waitingBefore, removedBefore, numberBefore, idClockBefore)
            let refusal = refusal(error)
            hasStumbled = true
            for operation in operations {
                // Whoever ended a wait does not ask again.
                if let wait = operation.ended { endWait(wait.id, wait.queue)?() }
                operation.refuse(refusal)
            }
            if let failure { endWaits(.failure(failure)) }
            return false
        }
    }

    private func begin() throws {
        let (more, time) = jumps.look(store.clock.now())
        (now, shift) = (time, shift.addingSaturating(more))
        guard let connection else { return }
        try connection.execute("BEGIN IMMEDIATE")
        if shift != 0 {
            try idClock.move(by: shift, connection)
            try keepLocks(shift)
            for member in members { try member.keep(shift) }
        }
    }

    private func commit(_ mark: ClockMark?, isChange: Bool) throws {
        guard let connection else { return }
        try mark?.write(connection)
        for name in touched { if let queue = queues[name] { try QueueRows.write(counts: queue, connection) } }
        if isChange { try reach.write(connection) }
        try connection.execute("COMMIT")
    }

    /// Bodies of so many bytes are handed out with the group.
    func noteReceived(_ byteCount: Int) { receivedByteCount = receivedByteCount.addingSaturating(byteCount) }
    var hasRoomForBodies: Bool { receivedByteCount < Self.receivedByteCountMax }

    /// The row of this queue is written with the group.
    func touch(_ name: String) { touched.insert(name) }

    /// The fault that callers of a group that failed get. What leaves doubt of the commit is kept as `failure`: the core takes nothing from then on.
    private func refusal(_ error: any Error) -> Fault {
        if let fault = error as? Fault { return fault }
        guard let error = error as? SQLiteError else { return Fault(.internalError, "the queues could not be written", cause: "\(error)") }
        StoreLog.note("a group of the queues failed", path: store.path, reason: StoreLog.text(error), level: .warning)
        if error.leavesDoubt {
            let fault = Fault(.diskFull, "the disk did not confirm a write: nothing is taken by queues until the server is restarted and has checked its files")
            failure = fault
            return fault
        }
        switch error.kind {
        case .full: return Fault(.diskFull, "the disk is full: send it again when there is space")
        case .io: return Fault(.diskFull, "the disk cannot be written: send it again later")
        case .busy: return Fault(.overloaded, "the store is busy: send it again")
        default: return Fault(.internalError, "the queues could not be written", cause: "\(error)")
        }
    }

    // MARK: What calls ask of it

    /// The present instant, as ids are known by.
    var idTime: Int64 { idClock.time(at: now) }

    /// - Throws: `Fault`: not-found.
    func queue(_ name: String) throws -> QueueState {
        guard let queue = queues[name] else { throw Fault.absent(.queue(name)) }
        return queue
    }

    func nextNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    /// 16 random bytes.
    func newToken() -> [UInt8] {
        let (high, low) = (random.next() as UInt64, random.next() as UInt64)
        return withUnsafeBytes(of: (high, low)) { Array($0) }
    }

    /// - Throws: `Fault`: disk-full, where the device has less than twice what is to stay free: no queue stops documents that come in by themselves.
    func checkRoom() throws {
        let moment = SteadyClock.nanoseconds()
        if moment &- freeCheckedAt > Self.freeCheckNanoseconds {
            freeCheckedAt = moment
            isFull = DataDirectory.freeBytes(store.directory).map { $0 < DiskRoom.leastForOthers(store.minFreeBytes) } ?? false
        }
        // Asked of the disk twice a second at most: a group may have thousands of calls.
        if isFull {
            throw Fault(.diskFull, "less than twice limits.min_free is free on the disk, and queues and topics leave that to documents that come in: send it again when there is more")
        }
    }

    /// After somebody has changed a queue: room that workers make is there for whoever comes next.
    ///
    /// - Parameter before: what the queue had of it; nil for one that was not there.
    func noteRoom(in queue: QueueState, before: Int?) {
        if queue.room > max(before ?? 0, 0) { for member in members { member.noteRoom(in: queue.name) } }
    }

    func died(_ message: DeadMessage) throws { for member in members { try member.died(message, self) } }

    /// Before its body goes: where a task waits for the message, nobody is left who could answer.
    ///
    /// - Parameter cause: what became of the message.
    func lose(_ row: MessageTable.Row, _ cause: String) throws {
        guard TaskMessage.mayBe(row.id), let beginning = try messages.beginning(of: row), let token = TaskMessage.token(row.id, beginning: beginning) else { return }
        for member in members { try member.lost(token, cause, self) }
    }

    // MARK: Time

    /// How long the thread may sleep, in nanoseconds; nil forever.
    var pause: UInt64? {
        guard connection != nil, failure == nil else { return nil }
        if hasStumbled { return Self.lookNanoseconds }
        if hasBacklog { return 0 }
        let due = min(queues.values.reduce(.max) { min($0, $1.nextDue, $1.nextForgotten) }, members.reduce(.max) { min($0, $1.nextDue) })
        if due == .max { return nil }
        let (wait, overflow) = due.subtractingReportingOverflow(store.clock.now())
        // Not before the microsecond is over.
        return overflow || wait > 1_000_000 ? Self.lookNanoseconds : UInt64(max(wait, 0) + 1) * 1_000
    }
}
