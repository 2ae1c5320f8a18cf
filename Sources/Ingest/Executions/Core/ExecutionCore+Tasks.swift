internal import ColumnStore
internal import Documents
internal import Processes

/// Timers and tasks: what executions wait for.
extension ExecutionCore {
    // MARK: Timers
    // A timer is a row (execution, serial): serials from 1 are a transition's, 0 and below the execution's own (`SelfTimer`).

    /// What cannot be read is looked at again, in microseconds.
    private static let patience: Int64 = 60_000_000

    /// Sets a timer, or sets it anew.
    ///
    /// - Parameter isInstant: it is one of the calendar, not the end of a duration.
    ///   An instant stays where it is when somebody sets the clock; a duration moves with it (`keepDurations`).
    func setTimer(_ execution: Int64, serial: Int64, frame: Int?, at: Int64, isInstant: Bool = false) throws {
        let put = try connection().statement("INSERT OR REPLACE INTO timers(execution, serial, frame, at) VALUES(?1, ?2, ?3, ?4)")
        put.bind(1, execution)
        put.bind(2, serial)
        put.bind(3, frame.map { Int64($0) })
        put.bind(4, at)
        try put.run()
        aftermath.earliest = min(aftermath.earliest, at)
        guard isInstant else { return }
        let note = try connection().statement("INSERT OR REPLACE INTO calendar_timers(execution, serial) VALUES(?1, ?2)")
        note.bind(1, execution)
        note.bind(2, serial)
        try note.run()
    }

    func removeTimer(_ execution: Int64, serial: Int64) throws {
        for sql in ["DELETE FROM timers WHERE execution = ?1 AND serial = ?2", "DELETE FROM calendar_timers WHERE execution = ?1 AND serial = ?2"] {
            let delete = try connection().statement(sql)
            delete.bind(1, execution)
            delete.bind(2, serial)
            try delete.run()
        }
    }

    /// When the next timer is due; nil for none.
    func nextTimer() throws -> Int64? { try file?.integer("SELECT min(at) FROM timers") }

    /// No further timer fires in a commit that has written so much, or read so much: callers wait for it.
    private static let firingByteCount = 4 << 20
    private static let readByteCount = 16 << 20

    /// Lets the oldest timers that are due fire, at most `countMax`, and fewer where they have much to write.
    ///
    /// - Returns: how late the latest of them was, in microseconds; nil where none was due.
    func fireTimers(countMax: Int) throws -> Int64? {
        guard file != nil else { return nil }
        let select = try connection().statement("SELECT execution, serial, frame, at FROM timers WHERE at <= ?1 ORDER BY at LIMIT ?2")
        select.bind(1, now)
        select.bind(2, Int64(countMax))
        var due: [(execution: Int64, serial: Int64, frame: Int?, at: Int64)] = []
        while try select.step() { due.append((select.int64(0), select.int64(1), select.optionalInt64(2).flatMap { Int(exactly: $0) }, select.int64(3))) }
        // Gathered, so that an execution that is not in memory is read once for all of its timers; the first fires whatever the commit has written by then.
        for (index, timer) in due.gathered(by: \.execution).enumerated() {
            if index > 0, aftermath.byteCount > Self.firingByteCount || aftermath.readByteCount > Self.readByteCount { break }
            if timer.serial == SelfTimer.abortChildren {
                try goOnAbortingChildren(of: timer.execution)
                continue
            }
            // Before the event, which may set one of the same number again.
            try removeTimer(timer.execution, serial: timer.serial)
            let event: Event =
                switch timer.serial {
                case SelfTimer.proceed: .proceed
                case SelfTimer.abort: .abort
                default: .timerFired(frame: timer.frame, serial: Int(timer.serial))
                }
            do {
                _ = try apply(event, to: timer.execution)
            } catch let fault as Fault where fault.code == .notFound {
                // Nobody's timer: it is gone with this commit.
            } catch let error as UnreadableExecution {
                StoreLog.note("an execution stands still", path: path, reason: error.description, level: .warning)
                try setTimer(timer.execution, serial: timer.serial, frame: timer.frame, at: now.addingSaturating(Self.patience))
            }
        }
        return due.map { now.subtractingSaturating($0.at) }.max()
    }

    // MARK: Tasks

    /// Writes a task's row and notes it for the dispatch, which gets it once the commit holds.
    ///
    /// - Precondition: the call's token is one that a transition has made.
    func addTask(_ call: TaskCall, of execution: Int64) throws {
        guard let serial = TaskToken(call.token)?.serial else { preconditionFailure("a task whose token is none") }
        let insert = try connection().statement(
            """
            INSERT OR REPLACE INTO tasks(execution, serial, resource, token, key, state, visit, attempt, first_item, depth, input, created_at, due_at)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12)
            """)
        insert.bind(1, execution)
        insert.bind(2, Int64(serial))
        try insert.bind(3, call.resource.text)
        try insert.bind(4, call.token)
        try insert.bind(5, call.key)
        try insert.bind(6, call.state)
        insert.bind(7, Int64(call.visit))
        insert.bind(8, call.attempt)
        insert.bind(9, call.firstItem.map { Int64($0) })
        insert.bind(10, Int64(call.depth))
        try insert.bind(11, call.input.serialized)
        insert.bind(12, now)
        try insert.run()
        if let place = call.place {
            let note = try connection().statement("INSERT OR REPLACE INTO places(execution, serial, place) VALUES(?1, ?2, ?3)")
            note.bind(1, execution)
            note.bind(2, Int64(serial))
            try note.bind(3, place.serialized)
            try note.run()
        }
        aftermath.tasks.append(DueTask(key: TaskKey(execution: execution, serial: Int64(serial)), resource: call.resource, owner: try owner(of: execution), dueAt: now))
    }

    /// Nothing where it is not there.
    func removeTask(_ key: TaskKey) throws {
        for sql in ["DELETE FROM tasks WHERE execution = ?1 AND serial = ?2", "DELETE FROM places WHERE execution = ?1 AND serial = ?2"] {
            let delete = try connection().statement(sql)
            delete.bind(1, key.execution)
            delete.bind(2, key.serial)
            try delete.run()
        }
    }

    /// An attempt came to nothing yet: when the task is looked at again, nil for never.
    ///
    /// `try_count` counts attempts of this call, over restarts too; attempts of the state's own retriers are calls of their own.
    ///
    /// That somebody was asked stays in the row's `reason`, before what later looks came to.
    ///
    /// - Returns: whether the task is wanted still, and when it is looked at again: also one that was to be for never, where its child has ended and it has not heard of that.
    func putOff(_ key: TaskKey, to wanted: Int64?, isFailure: Bool, reason: String?) throws -> (isWanted: Bool, dueAt: Int64?) {
        let dueAt = try wanted ?? (hasEndedChild(key) ? now.addingSaturating(Self.patience) : nil)
        let update = try connection().statement(
            """
            UPDATE tasks SET due_at = ?3, try_count = try_count + ?4, reason = CASE
                WHEN ?4 = 0 THEN '\(ExecutionSchema.awaited)' WHEN \(ExecutionSchema.isAwaited) THEN '\(ExecutionSchema.awaited)' || ?5 ELSE ?5 END
            WHERE execution = ?1 AND serial = ?2
            """)
        update.bind(1, key.execution)
        update.bind(2, key.serial)
        update.bind(3, dueAt)
        update.bind(4, isFailure ? 1 : 0)
        try update.bind(5, reason.map { String($0.prefix(1_000)) })
        try update.run()
        return (try connection().changeCount > 0, dueAt)
    }

    /// Tasks of a resource that wait for an answer, however long, are carried out again.
    ///
    /// - Returns: whose they are.
    /// - Complexity: O(tasks).
    func lookAgain(at resource: Resource) throws -> [Identity] {
        guard file != nil else { return [] }
        let select = try connection().statement(
            "SELECT DISTINCT e.owner FROM tasks t CROSS JOIN executions e ON e.number = t.execution WHERE t.resource = ?1 AND t.due_at IS NULL")
        try select.bind(1, resource.text)
        var owners: [Identity] = []
        while try select.step() { owners.append(Self.owner(select.text(0))) }
        select.reset()
        let update = try connection().statement("UPDATE tasks SET due_at = ?2 WHERE resource = ?1 AND due_at IS NULL")
        try update.bind(1, resource.text)
        update.bind(2, now)
        try update.run()
        return owners
    }

    /// The answer to a task, by its token.
    ///
    /// - Parameter resource: whose answer it is, where that is known: a task of another is none of theirs.
    /// - Throws: `task-ended`, `not-found` for a token that nobody gave.
    func answer(_ token: String, _ event: Event, from resource: String? = nil) throws {
        let unknown = Fault.absent(.task)
        guard let parsed = TaskToken(token), let id = ULID(parsed.executionID), let number = try number(of: id) else { throw unknown }
        // A task that has ended has no row, and no resource to compare: the transition says that it has ended.
        if let resource, let wanted = try self.resource(of: TaskKey(execution: number, serial: Int64(parsed.serial))), wanted != resource { throw unknown }
        switch try apply(event, to: number) {
        case .applied:
            if case .heartbeat = event { return }
            try removeTask(TaskKey(execution: number, serial: Int64(parsed.serial)))
        case .unknownToken: throw unknown
        case .taskEnded, .stale, .wrongState, .exceeded: throw Fault(.taskEnded, "the task has ended: it was answered, took too long, or its execution has ended")
        }
    }

    /// An endpoint's answer that came later: the same again is taken, and changes nothing.
    ///
    /// What it came to is kept as a digest of 16 bytes, as long as its execution is.
    ///
    /// - Throws: `contradicting-outcome` for another than it gave before, `task-ended` where something else ended the task, `not-found`.
    func answer(callback token: String, _ event: Event, from resource: String) throws {
        guard let parsed = TaskToken(token), let id = ULID(parsed.executionID), let number = try number(of: id) else { throw Fault.absent(.task) }
        let digest = Self.digest(of: event)
        do {
            try answer(token, event, from: resource)
        } catch let fault as Fault where fault.code == .taskEnded {
            let select = try connection().statement("SELECT digest FROM callbacks WHERE execution = ?1 AND serial = ?2")
            select.bind(1, number)
            select.bind(2, Int64(parsed.serial))
            defer { select.reset() }
            guard try select.step() else { throw fault }
            guard select.bytes(0) == digest else { throw Fault(.contradictingOutcome, "the endpoint has answered otherwise before") }
            return
        }
        let insert = try connection().statement("INSERT OR REPLACE INTO callbacks(execution, serial, digest) VALUES(?1, ?2, ?3)")
        insert.bind(1, number)
        insert.bind(2, Int64(parsed.serial))
        try insert.bind(3, digest)
        try insert.run()
    }

    /// Of what an answer comes to: the reasons of a rejection may be worded anew.
    private static func digest(of event: Event) -> [UInt8] {
        var text: [UInt8] = []
        if case .taskSucceeded(_, let output) = event { text = Array("accepted ".utf8) + output.serialized }
        return Array(HMACSHA256.authenticate(text, key: Array("callback".utf8)).prefix(16))
    }

    /// - Throws: `SQLiteError` of damage where a task is of no execution.
    private func owner(of execution: Int64) throws -> Identity {
        let select = try connection().statement("SELECT owner FROM executions WHERE number = ?1")
        select.bind(1, execution)
        defer { select.reset() }
        guard try select.step() else { throw SQLiteError(code: 11, message: "a task is of the execution \(execution), which is not there", path: path) }
        return Self.owner(select.text(0))
    }

    private func resource(of key: TaskKey) throws -> String? {
        let select = try connection().statement("SELECT resource FROM tasks WHERE execution = ?1 AND serial = ?2")
        select.bind(1, key.execution)
        select.bind(2, key.serial)
        defer { select.reset() }
        return try select.step() ? select.text(0) : nil
    }

    func number(of id: ULID) throws -> Int64? {
        let select = try connection().statement("SELECT number FROM executions WHERE id = ?1")
        try select.bind(1, id.bytes)
        defer { select.reset() }
        return try select.step() ? select.int64(0) : nil
    }

    // MARK: Parents and children

    /// The end of a child is the end of its parent's task, in the same commit. Where the parent cannot be read then, its task is looked at again, which finds the child (`tellAgain`).
    func tellParent(of id: String, token: String, _ status: Execution.Status, _ output: JSONValue?, _ error: StateError?) throws {
        let event: Event
        switch status {
        case .succeeded: event = .taskSucceeded(token: token, output: output ?? .null)
        case .timedOut: event = .taskFailed(token: token, error ?? StateError(.timeout, "the execution took longer than its TimeoutSeconds"))
        case .aborted:
            event = .taskFailed(token: token, StateError(.taskFailed, "the execution \(id) was aborted"))
        case .failed, .running:
            event = .taskFailed(token: token, StateError(name: error?.name ?? StateError.Name.taskFailed.rawValue, cause: error?.cause))
        }
        do {
            _ = try answer(token, event)
        } catch let fault as Fault where fault.code == .taskEnded || fault.code == .notFound {
            // The parent waits for it no more.
        } catch let error as UnreadableExecution {
            StoreLog.note("an execution was not told of its child's end; that is tried again", path: path, reason: error.description, level: .warning)
            guard let parsed = TaskToken(token), let id = ULID(parsed.executionID), let number = try number(of: id) else { return }
            try lookAgain(at: TaskKey(execution: number, serial: Int64(parsed.serial)))
        }
    }

    /// Tells a task of the end of its child where that did not come there. Nothing while the child runs.
    ///
    /// - Throws: `UnreadableExecution` for a child whose header is none, before anything is written.
    func tellAgain(_ token: String, of child: StartedExecution) throws {
        guard child.status != .running, let number = try number(of: child.id) else { return }
        guard let ending = try ending(number) else { throw UnreadableExecution(description: "execution \(number) of \(path): it has no header") }
        try tellParent(of: child.id.description, token: token, ending.status, ending.output, ending.error)
    }

    /// A task that nobody has in hand is carried out again after a while.
    private func lookAgain(at key: TaskKey) throws {
        guard let resource = try resource(of: key).flatMap({ Resource($0) }) else { return }
        let dueAt = now.addingSaturating(Self.patience)
        let update = try connection().statement("UPDATE tasks SET due_at = ?3 WHERE execution = ?1 AND serial = ?2")
        update.bind(1, key.execution)
        update.bind(2, key.serial)
        update.bind(3, dueAt)
        try update.run()
        aftermath.tasks.append(DueTask(key: key, resource: resource, owner: try owner(of: key.execution), dueAt: dueAt))
    }

    private func hasEndedChild(_ key: TaskKey) throws -> Bool {
        let select = try connection().statement("SELECT 1 FROM executions WHERE parent = ?1 AND parent_serial = ?2 AND status <> 0")
        select.bind(1, key.execution)
        select.bind(2, key.serial)
        defer { select.reset() }
        return try select.step()
    }

    /// Has the child of a task end soon: a tree of many is not ended in one commit.
    func abortChild(of execution: Int64, serial: Int64) throws {
        let select = try connection().statement("SELECT number FROM executions WHERE parent = ?1 AND parent_serial = ?2 AND status = 0")
        select.bind(1, execution)
        select.bind(2, serial)
        defer { select.reset() }
        if try select.step() { try setTimer(select.int64(0), serial: SelfTimer.abort, frame: nil, at: now) }
    }

    /// Children that are looked at in one commit: a Map may have started a million.
    static let childCountMax = 1_000

    /// Has those children of an execution end soon for which none of its tasks waits, such as one that was redriven by itself while the state that had started it waited for its retry.
    ///
    /// The others are ended with their tasks. So are those that it starts once it is redriven, which may be before this has come to the last child. A child that is redriven
    /// after this has come to it goes on by itself, until its parent ends without success once more.
    ///
    /// - Parameter serial: of the tasks of those that were looked at before.
    /// - Throws: `SQLiteError` of a damaged page once, with which the transaction is over: from then on those children are left as they are, and nobody else's timers wait for them.
    func abortChildren(of execution: Int64, after serial: Int64) throws {
        guard !damagedParents.contains(execution) else {
            StoreLog.note("children of an execution are not ended with it", path: path, reason: "a page of the rows of execution \(execution)'s children is damaged", level: .warning)
            return
        }
        do { try lookThroughChildren(of: execution, after: serial) } catch let error as SQLiteError where error.kind == .corrupt {
            damagedParents.insert(execution)
            throw error
        }
    }

    /// Goes on from where the timer stands now: an end of the execution in the same commit may have begun with the first child anew. Nothing where the timer is gone.
    private func goOnAbortingChildren(of execution: Int64) throws {
        guard let serial = try lastAbortedChild(of: execution) else { return }
        // Before the look, which may set it again.
        try removeTimer(execution, serial: SelfTimer.abortChildren)
        try abortChildren(of: execution, after: serial)
    }

    /// - Returns: the task's number past which children are still to be ended; nil where none are.
    private func lastAbortedChild(of execution: Int64) throws -> Int64? {
        let select = try connection().statement("SELECT frame FROM timers WHERE execution = ?1 AND serial = ?2")
        select.bind(1, execution)
        select.bind(2, SelfTimer.abortChildren)
        defer { select.reset() }
        return try select.step() ? select.optionalInt64(0) ?? .min : nil
    }

    /// What a child that is looked at, or a timer that is set for one, counts in a commit, in bytes: about what its row and its places in indexes take.
    private static let childByteCount = 200

    private func lookThroughChildren(of execution: Int64, after serial: Int64) throws {
        let select = try connection().statement(
            """
            SELECT c.number, c.parent_serial, c.status = 0 AND NOT EXISTS(SELECT 1 FROM tasks t WHERE t.execution = c.parent AND t.serial = c.parent_serial)
            FROM executions c INDEXED BY executions_parent WHERE c.parent = ?1 AND c.parent_serial > ?2 ORDER BY c.parent_serial LIMIT ?3
            """)
        select.bind(1, execution)
        select.bind(2, serial)
        select.bind(3, Int64(Self.childCountMax))
        defer { select.reset() }
        var (count, last) = (0, serial)
        while try select.step() {
            (count, last) = (count + 1, select.int64(1))
            aftermath.readByteCount += Self.childByteCount
            guard select.int64(2) == 1 else { continue }
            try setTimer(select.int64(0), serial: SelfTimer.abort, frame: nil, at: now)
            aftermath.byteCount += Self.childByteCount
        }
        if count == Self.childCountMax { try setTimer(execution, serial: SelfTimer.abortChildren, frame: Int(last), at: now) }
    }
}
