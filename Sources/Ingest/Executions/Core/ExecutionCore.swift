internal import ColumnStore
internal import Documents
internal import Processes

/// What the writer's thread does to the file, within the transaction that it has begun: events in, pieces, timers and tasks out.
///
/// One owner on one thread. After a transaction that was rolled back, `forget` lets go of what it had changed in memory.
///
/// 1. What is in the cache is what the file says, as of the transaction that is open: a rollback empties it.
/// 2. `aftermath` has what follows from this transaction alone. It is taken after the commit, and dropped with a rollback.
/// 3. `shift` counts until a commit holds that has moved timers by it: a jump of the clock is neither lost nor counted twice.
/// 4. An execution that is taken from the cache to be changed is put back by the same call, or by nobody: then it is read anew.
final class ExecutionCore {
    /// What follows from a commit, once it is durable.
    struct Aftermath {
        var tasks: [DueTask] = []
        var runningDelta = 0
        var transitionCount = 0
        /// Of pieces that were written, and of timers that were set for children (`abortChildren`).
        var byteCount = 0
        /// Executions that were read from the file, for they were not at hand, and their bytes; also those of children that were looked at.
        var readCount = 0
        var readByteCount = 0
        var ended: [Execution.Status: Int] = [:]
        /// Ends of executions that are to be reported as events.
        var noticeCount = 0
        /// The earliest timer that was set.
        var earliest = Int64.max
    }

    let path: String
    private let clock: Clock
    /// Of the commit that is being made: all of it happens at one instant. Microseconds since 1970, as all instants here.
    private(set) var now: Int64
    private var jumps: ClockJumps
    private let steady: (@Sendable () -> Int64)?
    /// What made an instant of the clock one of the steady clock when `now` was looked at.
    private(set) var steadyLead: Int64 = 0
    /// By how much the clock was set, until timers were moved with it.
    private var shift: Int64 = 0
    /// Of the commit that is being made.
    private var mark: ClockMark?
    private var reach: ReachStamp
    /// Plans are to be held against the clock: it may have been set back.
    var mayPlanEarlier = true
    /// Processes whose plans rest, as this program does not read their definitions: until another is put, or the program is started anew.
    var resting: Set<String> = []
    /// Executions that rows are being made of, to be forgotten then.
    var leaving: Set<Int64> = []
    /// Whether somebody subscribes to ends of executions.
    private let isHeard: () -> Bool
    /// That the store has the file is to be known before anything is put into it.
    private let noteFile: () throws -> Void
    private(set) var file: SQLiteConnection?
    private var cache: ExecutionCache
    /// Executions of which a page is not as it was written. What comes for them hears so without a look: SQLite ends the whole transaction with such a read, and what is of others with it.
    private var damaged: Set<Int64> = []
    /// Executions of whose children's rows a page is damaged: nobody looks at them again, for the same reason.
    var damagedParents: Set<Int64> = []
    private let historyByteCountMax: Int
    private var machines: [String: Machine] = [:]
    private let ulids = ULIDGenerator()
    var aftermath = Aftermath()
    /// Of machines that are read; running ones are read again when they are wanted.
    private static let machineCountMax = 64

    /// - Parameters:
    ///   - steady: microseconds of a clock that nobody sets; nil: the clock's jumps are taken for time.
    ///   - boot: which start of the machine that counts from.
    init(
        path: String, clock: Clock, steady: (@Sendable () -> Int64)?, boot: String, cachedByteCountMax: Int, historyByteCountMax: Int, isHeard: @escaping () -> Bool,
        noteFile: @escaping () throws -> Void, noteReach: (@Sendable (Int64) throws -> Void)?
    ) {
        (self.historyByteCountMax, self.noteFile) = (historyByteCountMax, noteFile)
        reach = ReachStamp(path: path, noteReach)
        (self.path, self.clock, self.isHeard, cache) = (path, clock, isHeard, ExecutionCache(byteCountMax: cachedByteCountMax))
        now = clock.now()
        self.steady = steady
        jumps = ClockJumps(steady: steady, boot: boot)
        _ = jumps.look(now)
    }

    // MARK: Time

    /// Whether somebody has set the clock, and timers have not moved with it yet.
    var isClockSet: Bool { shift != 0 || jumps.isDue(clock.now()) }

    /// Looks at the clock, before a commit. What is found is kept until a commit holds.
    func look() {
        let (shift, time) = jumps.look(clock.now())
        now = time
        steadyLead = (steady?() ?? time).subtractingSaturating(time)
        self.shift = self.shift.addingSaturating(shift)
    }

    /// Within the transaction: what lasts so and so long does so whatever somebody did to the clock. Instants of the calendar stay where they are.
    func keepDurations() throws {
        guard let file else { return }
        mark = jumps.dueMark
        try mark?.write(file)
        guard shift != 0 else { return }
        for sql in [
            "UPDATE timers SET at = at + ?1 WHERE NOT EXISTS(SELECT 1 FROM calendar_timers c WHERE c.execution = timers.execution AND c.serial = timers.serial)",
            // Also since when each is wanted: how old it is lasts as long. Without a time it stays so.
            "UPDATE tasks SET created_at = created_at + ?1, due_at = due_at + ?1",
            // How long a name of a forgotten execution is known: before any of them is let go of, or asked for, in this transaction.
            "UPDATE names SET until = until + ?1",
        ] {
            let update = try file.statement(sql)
            update.bind(1, shift)
            try update.run()
        }
        mayPlanEarlier = true
        // They are looked through for the next one at once.
        aftermath.earliest = now
    }

    /// The commit holds.
    func noteCommitted() {
        jumps.noteMarked(mark)
        (shift, mark) = (0, nil)
    }

    /// - Throws: `not-found` where there is no file: nothing was ever put.
    func connection() throws -> SQLiteConnection {
        guard let file else { throw Fault(.notFound, "there is no process yet") }
        return file
    }

    /// Opens the file, once.
    ///
    /// - Parameter makes: whether it is made where there is none.
    /// - Throws: `SQLiteError`; what `noteFile` throws, with the file left as it is and opened by the next try.
    func open(makes: Bool) throws {
        guard file == nil, let made = try ExecutionSchema.open(path, makes: makes) else { return }
        try noteFile()
        jumps.resume(try ClockMark.read(made))
        leaving = try Self.leaving(made)
        try reach.begin(made)
        file = made
    }

    /// Within the transaction, at its end.
    func writeReach() throws { if let file { try reach.write(file) } }

    /// The commit holds, and callers that wait for it were answered.
    func noteReach() { if file != nil { reach.committed() } }

    /// - Parameter isSound: no sync of the file has failed.
    func close(isSound: Bool) {
        if let file, isSound { reach.finish(file) }
        file = nil
        cache.removeAll()
    }

    /// Nothing of the last transaction counts.
    func forget() {
        cache.removeAll()
        reach.rolledBack()
        (aftermath, mark) = (Aftermath(), nil)
        mayPlanEarlier = true
    }

    func takeAftermath() -> Aftermath {
        defer { aftermath = Aftermath() }
        return aftermath
    }

    /// It is kept in memory no more.
    func drop(_ number: Int64) { _ = cache.take(number) }

    func newID() -> ULID { ulids.next(milliseconds: now / 1_000) }

    // MARK: Events

    /// Gives an execution an event, and writes what comes of it.
    ///
    /// What an event makes of it is `Transition`'s to say; here its changes become rows. An event that changes nothing writes nothing.
    ///
    /// - Throws: `not-found`; `UnreadableExecution`, before anything is written.
    func apply(_ event: Event, to number: Int64) throws -> Disposition {
        let loaded = try load(number)
        var surroundings = loaded.surroundings
        let before = loaded.execution.transitionCount
        let moment = moment()
        let outcome = Transition.apply(event, to: LoadedExecution.execution(of: consume loaded), of: surroundings.machine, at: moment)
        let disposition = outcome.disposition
        guard disposition == .applied else {
            cache.put(LoadedExecution(surroundings: surroundings, execution: Outcome.execution(of: consume outcome)))
            return disposition
        }
        // A redrive counts anew.
        let after = outcome.execution.transitionCount
        try write(outcome, &surroundings, transitions: after >= before ? after - before : after)
        try settle(consume outcome, surroundings)
        return .applied
    }

    /// After its pieces are written: it is kept, and callers that wait for its end are notified.
    private func settle(_ outcome: consuming Outcome, _ surroundings: LoadedExecution.Surroundings) throws {
        let end = outcome.effects.last { if case .end = $0 { true } else { false } }
        let id = outcome.execution.identity.id
        cache.put(LoadedExecution(surroundings: surroundings, execution: Outcome.execution(of: outcome)))
        if case .end(let status, let output, let error)? = end, let token = surroundings.parentToken { try tellParent(of: id, token: token, status, output, error) }
    }

    /// Of an event that happens now.
    func moment() -> Moment { Moment(now: now, secret: Self.secret(), historyByteCountMax: historyByteCountMax) }

    /// 32 random bytes, for tokens that the transition makes.
    private static func secret() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var secret: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: random.next() as UInt64) { secret += $0 } }
        return secret
    }

    /// The first state of an execution whose row is there.
    func begin(_ outcome: consuming Outcome, number: Int64, machine: Machine, parentToken: String?) throws {
        let constants = ExecutionCoder.constants(outcome.execution)
        try put(number, .constants, 0, constants)
        var surroundings = LoadedExecution.Surroundings(
            number: number, machine: machine, parentToken: parentToken, historyCount: 0, inputByteCount: ValueLimits.memoryByteCount(outcome.execution.input))
        aftermath.runningDelta += 1
        try write(outcome, &surroundings, transitions: outcome.execution.transitionCount)
        try settle(outcome, surroundings)
    }

    // MARK: Loading

    /// From the cache, else from its pieces.
    ///
    /// - Throws: as `apply`; `SQLiteError` of a damaged page once, with which the transaction is over.
    private func load(_ number: Int64) throws -> LoadedExecution {
        if let known = cache.take(number) { return known }
        guard !damaged.contains(number) else { throw UnreadableExecution(description: "execution \(number) of \(path): a page of it is damaged") }
        do { return try read(number) } catch let error as SQLiteError where error.kind == .corrupt {
            damaged.insert(number)
            throw error
        }
    }

    private func read(_ number: Int64) throws -> LoadedExecution {
        let row = try connection().statement("SELECT process, version, parent_token FROM executions WHERE number = ?1")
        row.bind(1, number)
        defer { row.reset() }
        guard try row.step() else { throw Fault(.notFound, "there is no such execution") }
        let machine = try machine(row.text(0), version: row.int64(1))
        let pieces = try StoredPieces(number, try connection())
        aftermath.readCount += 1
        aftermath.readByteCount += pieces.byteCount
        let execution: Execution
        do throws(CodingFault) {
            execution = try ExecutionCoder.decode(constants: pieces.constants, header: pieces.header, frames: pieces.frames, of: machine)
        } catch {
            throw UnreadableExecution(description: "execution \(number) of \(path): \(error.reason)")
        }
        let surroundings = LoadedExecution.Surroundings(
            number: number, machine: machine, parentToken: row.optionalText(2), historyCount: try StoredPieces.historyCount(number, try connection()),
            inputByteCount: ValueLimits.memoryByteCount(execution.input))
        return LoadedExecution(surroundings: surroundings, execution: execution)
    }

    /// - Throws: `not-found`, `UnreadableExecution`.
    func machine(_ process: String, version: Int64) throws -> Machine {
        // The version first: a name holds no blank, and so the two are one key.
        let name = "\(version) \(process)"
        if let known = machines[name] { return known }
        let select = try connection().statement("SELECT definition FROM definitions WHERE process = ?1 AND version = ?2")
        try select.bind(1, process)
        select.bind(2, version)
        defer { select.reset() }
        guard try select.step() else { throw Fault.absent(.process(process)) }
        do throws(InvalidDefinition) {
            let machine = try DefinitionReader.read(select.bytes(0))
            if machines.count >= Self.machineCountMax { machines.removeAll() }
            machines[name] = machine
            return machine
        } catch {
            throw UnreadableExecution(description: "the definition \(process), version \(version), of \(path): \(error.faults.first?.message ?? "")")
        }
    }

    // MARK: Writing

    /// Rows of what a transition has changed: the header always, of frames the parts that changed; then its effects, in their order.
    ///
    /// - Parameter transitions: how many it counts for.
    private func write(_ outcome: Outcome, _ loaded: inout LoadedExecution.Surroundings, transitions: Int) throws {
        let number = loaded.number
        let execution = outcome.execution
        aftermath.transitionCount += transitions
        try put(number, .header, 0, ExecutionCoder.header(execution))
        // In order, so that rows which lie side by side are written one after the other. A frame that came and went within the transition is in none.
        for id in outcome.changes.heads.sorted() {
            guard let frame = execution.frames[id] else { continue }
            try put(number, .head, Int64(id), ExecutionCoder.head(frame))
        }
        for id in outcome.changes.bodies.sorted() {
            guard let frame = execution.frames[id] else { continue }
            try put(number, .body, Int64(id), ExecutionCoder.body(frame))
        }
        for id in outcome.changes.removed {
            for kind in [StoredPieces.Kind.head, .body] { try remove(number, kind, Int64(id)) }
        }
        let instants = execution.framesUntilInstant(among: outcome.effects, of: loaded.machine)
        for effect in outcome.effects { try carryOut(effect, &loaded, instants) }
    }

    private func put(_ execution: Int64, _ kind: StoredPieces.Kind, _ number: Int64, _ bytes: [UInt8]) throws {
        let put = try connection().statement("INSERT OR REPLACE INTO pieces(execution, kind, number, bytes) VALUES(?1, ?2, ?3, ?4)")
        put.bind(1, execution)
        put.bind(2, kind.rawValue)
        put.bind(3, number)
        aftermath.byteCount += bytes.count
        // Lent to SQLite for the step: a body may be large, and is not copied for it.
        try bytes.withUnsafeBytes { bytes in
            try put.bindBorrowed(4, bytes)
            try put.run()
        }
    }

    private func remove(_ execution: Int64, _ kind: StoredPieces.Kind, _ number: Int64) throws {
        let delete = try connection().statement("DELETE FROM pieces WHERE execution = ?1 AND kind = ?2 AND number = ?3")
        delete.bind(1, execution)
        delete.bind(2, kind.rawValue)
        delete.bind(3, number)
        try delete.run()
    }

    /// - Parameter instants: frames that wait for an instant of the calendar.
    private func carryOut(_ effect: Effect, _ loaded: inout LoadedExecution.Surroundings, _ instants: Set<Int>) throws {
        let number = loaded.number
        switch effect {
        case .history(let entry):
            loaded.historyCount += 1
            try put(number, .history, loaded.historyCount, HistoryText.json(entry))
        case .setTimer(let frame, let serial, let at): try setTimer(number, serial: Int64(serial), frame: frame, at: at, isInstant: frame.map { instants.contains($0) } ?? false)
        case .cancelTimer(_, let serial): try removeTimer(number, serial: Int64(serial))
        // It goes on by itself with the next commit, so that a long way through states does not hold up this one.
        case .proceed: try setTimer(number, serial: SelfTimer.proceed, frame: nil, at: now)
        case .runTask(let call): try addTask(call, of: number)
        case .cancelTask(let token, let resource):
            guard let serial = TaskToken(token)?.serial else { return }
            try removeTask(TaskKey(execution: number, serial: Int64(serial)))
            if resource.kind == Resource.childKind { try abortChild(of: number, serial: Int64(serial)) }
        case .end(let status, _, let error): try end(loaded, status, error)
        }
    }

    /// The row says so, subscribers are notified, and whatever would have woken it is deleted.
    private func end(_ loaded: LoadedExecution.Surroundings, _ status: Execution.Status, _ error: StateError?) throws {
        let update = try connection().statement("UPDATE executions SET status = ?2, ended_at = ?3 WHERE number = ?1")
        update.bind(1, loaded.number)
        update.bind(2, Int64(status.rawValue))
        update.bind(3, now)
        try update.run()
        if isHeard() { try noteEnd(of: loaded.number, at: now, status, error) }
        var leftovers = ["calendar_timers", "tasks", "places"].map { "DELETE FROM \($0) WHERE execution = ?1" }
        // A success ends no child, but those that an end before it has still to come to are ended all the same. Any other end begins with the first of them anew.
        leftovers.append("DELETE FROM timers WHERE execution = ?1" + (status == .succeeded ? " AND serial <> \(SelfTimer.abortChildren)" : ""))
        // What did not succeed keeps its frames for a redrive.
        if status == .succeeded { leftovers.append("DELETE FROM pieces WHERE execution = ?1 AND kind IN (2, 3)") }
        for sql in leftovers {
            let delete = try connection().statement(sql)
            delete.bind(1, loaded.number)
            try delete.run()
        }
        if status != .succeeded { try abortChildren(of: loaded.number, after: .min) }
        aftermath.runningDelta -= 1
        aftermath.ended[status, default: 0] += 1
    }

    /// In the commit of the end, so that it is reported whatever happens. An execution that is redriven ends again: that is another row.
    private func noteEnd(of number: Int64, at instant: Int64, _ status: Execution.Status, _ error: StateError?) throws {
        let insert = try connection().statement("INSERT INTO notices(execution, ended_at, status, error) VALUES(?1, ?2, ?3, ?4)")
        insert.bind(1, number)
        insert.bind(2, instant)
        insert.bind(3, Int64(status.rawValue))
        try insert.bind(4, error?.name)
        try insert.run()
        aftermath.noticeCount += 1
    }

    /// Deletes notices of ends that have been reported.
    func forgetNotices(_ numbers: [Int64]) throws {
        let delete = try connection().statement("DELETE FROM notices WHERE number = ?1")
        for number in numbers {
            delete.bind(1, number)
            try delete.run()
        }
    }
}

/// The bytes of an execution, or of its definition, are none: it stands still, and others go on.
struct UnreadableExecution: Error {
    let description: String
}

/// Timers that an execution sets for itself. On disk: do not renumber.
enum SelfTimer {
    static let proceed: Int64 = 0
    static let abort: Int64 = -1
    /// Of an execution that has ended, and may have been redriven since: children are still to be ended, those whose tasks have numbers past the timer's frame.
    static let abortChildren: Int64 = -2
}
