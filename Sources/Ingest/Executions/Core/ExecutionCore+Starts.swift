internal import ColumnStore
internal import Documents
internal import Processes

/// What an execution is asked for with.
struct ExecutionRequest: Sendable {
    let process: String
    /// nil: its id.
    var name: String?
    let input: JSONValue
    let owner: Identity
    var depth = 0
    /// The task that waits for it.
    var parent: (key: TaskKey, token: String)?
}

/// New executions, and how they end by order.
///
/// Each of them is within the writer's transaction, and a `Fault` that it throws refuses its call alone: what it checks it checks before it writes.
extension ExecutionCore {
    /// Starts an execution, or finds the one of the same name.
    ///
    /// Names are unique within a process and an owner; one that is there already must have the same input. The child of a task is never one that somebody else has started under its
    /// name: nobody would tell the task of its end. What the task itself has started is found by `child(of:)` before. A name that is known stays so when its process is deleted.
    ///
    /// - Throws: `not-found`, `already-exists`, `too-large`.
    ///   `UnreadableExecution` for a definition that this program does not read, and for an execution of that name which it does not.
    func start(_ request: ExecutionRequest) throws -> StartedExecution {
        if let name = request.name, let known = try known(request, name) {
            if request.parent != nil { throw Fault(.alreadyExists, "there is an execution \(name) of \(request.process) that this task has not started: \(known.id)") }
            return known
        }
        let version = try currentVersion(request.process)
        let machine = try machine(request.process, version: version)
        let id = newID()
        let name = request.name ?? id.description
        let identity = Execution.Identity(
            id: id.description, name: name, machineID: "\(request.process):\(version)", machineName: request.process, depth: request.depth)
        let outcome: Outcome
        do throws(StateError) {
            outcome = try Transition.start(machine, identity, input: request.input, at: moment())
        } catch {
            throw Fault(.tooLarge, error.cause ?? "the input is too large")
        }
        let number = try insert(request, id: id, name: name, version: version, startedAt: outcome.execution.startedAt)
        try begin(outcome, number: number, machine: machine, parentToken: request.parent?.token)
        return StartedExecution(id: id, status: .running, isNew: true)
    }

    /// Numbers go on behind the highest one that was ever given, also where its execution is forgotten (`last_number`).
    private func insert(_ request: ExecutionRequest, id: ULID, name: String, version: Int64, startedAt: Int64) throws -> Int64 {
        let insert = try connection().statement(
            """
            INSERT INTO executions(number, id, process, version, name, owner, status, started_at, parent, parent_serial, parent_token)
            VALUES((SELECT max(coalesce((SELECT max(number) FROM executions), 0), coalesce((SELECT value FROM meta WHERE key = 'last_number'), 0)) + 1),
                ?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9)
            """)
        try insert.bind(1, id.bytes)
        try insert.bind(2, request.process)
        insert.bind(3, version)
        try insert.bind(4, name)
        try insert.bind(5, Self.text(request.owner))
        insert.bind(6, startedAt)
        insert.bind(7, request.parent?.key.execution)
        insert.bind(8, request.parent?.key.serial)
        try insert.bind(9, request.parent?.token)
        try insert.run()
        return try connection().lastInsertedRowID
    }

    /// The execution that a task has started; nil while there is none.
    func child(of key: TaskKey) throws -> StartedExecution? {
        let select = try connection().statement("SELECT id, status FROM executions WHERE parent = ?1 AND parent_serial = ?2")
        select.bind(1, key.execution)
        select.bind(2, key.serial)
        defer { select.reset() }
        return try select.step() ? try Self.started(select, path) : nil
    }

    /// Whether somebody still waits for what a task comes to.
    func hasTask(_ key: TaskKey) throws -> Bool {
        let select = try connection().statement("SELECT 1 FROM tasks WHERE execution = ?1 AND serial = ?2")
        select.bind(1, key.execution)
        select.bind(2, key.serial)
        defer { select.reset() }
        return try select.step()
    }

    /// Whether an execution, or one that it was started for, has ended or is about to.
    ///
    /// Upwards as long as a task waits for the one below. One that nobody waits for any more was redriven, or its task was answered by another: it goes on beside its parent. Where that ends
    /// without success it is ended too, and has been told so (`SelfTimer.abort`), or is about to be (`abortChildren`).
    func isEnding(_ execution: Int64) throws -> Bool {
        let select = try connection().statement(
            """
            SELECT e.status, EXISTS(SELECT 1 FROM timers m WHERE m.execution = e.number AND m.serial = ?2), t.execution
            FROM executions e LEFT JOIN tasks t ON t.execution = e.parent AND t.serial = e.parent_serial WHERE e.number = ?1
            """)
        var next: Int64? = execution
        // Of a row that is missing nothing more can be done either: it counts as ended. A chain that is longer than any can be is damage, and ends the
        // look.
        for _ in 0..<Execution.depthMax {
            guard let number = next else { return false }
            select.bind(1, number)
            select.bind(2, SelfTimer.abort)
            defer { select.reset() }
            guard try select.step(), select.int64(0) == 0, select.int64(1) == 0 else { return true }
            next = select.optionalInt64(2)
        }
        return false
    }

    /// Inputs are compared as values, `1` and `1.0` alike, within a budget of steps: what cannot be compared within it counts as another.
    private func known(_ request: ExecutionRequest, _ name: String) throws -> StartedExecution? {
        let select = try connection().statement(
            """
            SELECT e.id, e.status, p.bytes FROM executions e JOIN pieces p ON p.execution = e.number AND p.kind = 1 AND p.number = 0
            WHERE e.process = ?1 AND e.owner = ?2 AND e.name = ?3
            """)
        try select.bind(1, request.process)
        try select.bind(2, Self.text(request.owner))
        try select.bind(3, name)
        defer { select.reset() }
        guard try select.step() else { return try forgotten(request, name) }
        guard let input = try? ExecutionCoder.input(ofConstants: select.bytes(2)) else {
            throw UnreadableExecution(description: "the input of the execution \(name) of \(request.process), of \(path)")
        }
        var steps = Steps()
        guard (try? ValueEquality.areEqual(input, request.input, &steps)) == true else {
            throw Fault(.alreadyExists, "there is an execution \(name) of \(request.process), with other input")
        }
        return try Self.started(select, path)
    }

    private static func started(_ row: SQLiteStatement, _ path: String) throws -> StartedExecution {
        guard let id = ULID(bytes: row.bytes(0)), let status = UInt8(exactly: row.int64(1)).flatMap({ Execution.Status(rawValue: $0) }) else {
            throw UnreadableExecution(description: "the id or the status of an execution of \(path)")
        }
        return StartedExecution(id: id, status: status, isNew: false)
    }

    /// Ends an execution, or has a failed one go on.
    ///
    /// - Parameter event: `.abort` or `.redrive`.
    /// - Throws: `not-found`, `wrong-state`.
    func order(_ event: Event, _ number: Int64) throws {
        if event == .redrive, leaving.contains(number) {
            throw Fault(.wrongState, "the execution's time is over: what is known of it is a row of the table \(TableName.executions) from now on")
        }
        switch try apply(event, to: number) {
        case .applied: if event == .redrive { try noteRedriven(number) }
        case .exceeded(let error): throw Fault(.wrongState, "the execution would end again at once: \(error.cause ?? error.name ?? "")")
        default: throw Fault(.wrongState, event == .abort ? "the execution has ended already" : "only an execution that failed, timed out or was aborted goes on again")
        }
    }

    private func noteRedriven(_ number: Int64) throws {
        aftermath.runningDelta += 1
        // It may have ended again by now: then its row says so already.
        // The transition has just written the header: where there is none, nothing of this commit counts.
        guard let ending = try ending(number) else { throw SQLiteError(code: 11, message: "an execution has no header", path: path) }
        guard ending.status == .running else { return }
        let update = try connection().statement("UPDATE executions SET status = 0, ended_at = NULL WHERE number = ?1")
        update.bind(1, number)
        try update.run()
    }

    /// How an execution stands, as its header says it: its row may not say so yet. nil for a header that is none.
    func ending(_ number: Int64) throws -> ExecutionCoder.Ending<JSONValue>? {
        let select = try connection().statement("SELECT bytes FROM pieces WHERE execution = ?1 AND kind = 0 AND number = 0")
        select.bind(1, number)
        defer { select.reset() }
        return try select.step() ? try? ExecutionCoder.ending(ofHeader: select.bytes(0)) : nil
    }

    // MARK: Forgetting

    /// Says which of some executions can be put into a table and forgotten, and has nobody redrive them from here on: what goes on after its row was made
    /// would be forgotten with it.
    ///
    /// - Parameter instant: those that have gone on since, or ended after it, stay.
    func beginForgetting(_ numbers: [Int64], endedBy instant: Int64) throws -> [Int64] {
        let select = try connection().statement("SELECT 1 FROM executions WHERE number = ?1 AND status <> 0 AND ended_at <= ?2")
        let ended = try numbers.filter { number in
            select.bind(1, number)
            select.bind(2, instant)
            defer { select.reset() }
            return try select.step()
        }
        // Over restarts too: some of their rows may be durable by then, and are made once.
        let note = try connection().statement("INSERT OR REPLACE INTO meta(key, value) VALUES('leaving', ?1)")
        try note.bind(1, ended.map { String($0) }.joined(separator: " "))
        try note.run()
        leaving = Set(ended)
        return ended
    }

    /// Those that were leaving as the file was open last.
    static func leaving(_ file: SQLiteConnection) throws -> Set<Int64> {
        let select = try file.statement("SELECT value FROM meta WHERE key = 'leaving'")
        defer { select.reset() }
        return try select.step() ? Set(select.text(0).split(separator: " ").compactMap { Int64($0) }) : []
    }

    /// Lets go of executions whose history stands elsewhere by now. Their numbers are never given again: pages, timers and the cache go by them.
    func forgetExecutions(_ numbers: [Int64]) throws {
        try connection().statement("DELETE FROM meta WHERE key = 'leaving'").run()
        guard let last = numbers.max() else { return }
        let note = try connection().statement(
            "INSERT INTO meta(key, value) VALUES('last_number', ?1) ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)")
        note.bind(1, last)
        try note.run()
        try keepNames(of: numbers)
        for sql in [
            "DELETE FROM pieces WHERE execution = ?1", "DELETE FROM timers WHERE execution = ?1", "DELETE FROM calendar_timers WHERE execution = ?1", "DELETE FROM tasks WHERE execution = ?1",
            "DELETE FROM places WHERE execution = ?1",
            "DELETE FROM callbacks WHERE execution = ?1", "DELETE FROM executions WHERE number = ?1",
        ] {
            let delete = try connection().statement(sql)
            for number in numbers {
                delete.bind(1, number)
                try delete.run()
            }
        }
        for number in numbers { drop(number) }
    }

    // MARK: Names of what is forgotten

    /// So long a name is known once its execution is forgotten, in microseconds: whoever had no answer asks again, and an event may come twice. A clock that was ahead for a
    /// moment may have made an execution old that has just ended: so that day is counted from the forgetting, and not from an end that seems long past.
    private static let nameAge = Clock.microsecondsPerDay
    /// Names that one commit lets go of.
    private static let oldNameCountMax = 1_000

    /// Keeps the names that were given to executions, each with a digest of the input. A child has its name from its parent's task, which asks for it no more.
    private func keepNames(of numbers: [Int64]) throws {
        let delete = try connection().statement(
            "DELETE FROM names WHERE until <= (SELECT max(until) FROM (SELECT until FROM names WHERE until <= ?1 ORDER BY until LIMIT \(Self.oldNameCountMax)))")
        delete.bind(1, now)
        try delete.run()
        let select = try connection().statement(
            """
            SELECT e.process, e.owner, e.name, e.id, e.status, p.bytes FROM executions e JOIN pieces p ON p.execution = e.number AND p.kind = 1 AND p.number = 0
            WHERE e.number = ?1 AND e.parent IS NULL
            """)
        let insert = try connection().statement(
            "INSERT OR REPLACE INTO names(process, owner, name, id, status, digest, until) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        for number in numbers {
            select.bind(1, number)
            defer { select.reset() }
            // Without a name of its own it is called by its id, which nobody can ask for.
            guard try select.step(), ULID(bytes: select.bytes(3))?.description != select.text(2), let input = try? ExecutionCoder.inputText(ofConstants: select.bytes(5)) else { continue }
            for place in 0...2 { try insert.bind(Int32(place + 1), select.text(Int32(place))) }
            try insert.bind(4, select.bytes(3))
            insert.bind(5, select.int64(4))
            try insert.bind(6, Self.digest(ofInput: input))
            insert.bind(7, now.addingSaturating(Self.nameAge))
            try insert.run()
        }
    }

    /// The execution that had the name, and is a row of the table `executions` by now.
    ///
    /// Inputs are compared as texts: of this one nothing else is kept.
    private func forgotten(_ request: ExecutionRequest, _ name: String) throws -> StartedExecution? {
        guard request.parent == nil else { return nil }
        let select = try connection().statement("SELECT id, status, digest FROM names WHERE process = ?1 AND owner = ?2 AND name = ?3 AND until > ?4")
        try select.bind(1, request.process)
        try select.bind(2, Self.text(request.owner))
        try select.bind(3, name)
        select.bind(4, now)
        defer { select.reset() }
        guard try select.step() else { return nil }
        guard select.bytes(2) == Self.digest(ofInput: request.input.serialized) else {
            throw Fault(.alreadyExists, "there was an execution \(name) of \(request.process), with other input")
        }
        return try Self.started(select, path)
    }

    private static func digest(ofInput text: [UInt8]) -> [UInt8] { Array(SHA256.hash(text).prefix(16)) }

    // MARK: Owners

    /// On disk: nothing of the administrator, else the client's id.
    static func text(_ owner: Identity) -> String { owner.client?.text ?? "" }
    static func owner(_ text: String) -> Identity { text.isEmpty ? .administrator : .contract(ClientID(text)) }
}
