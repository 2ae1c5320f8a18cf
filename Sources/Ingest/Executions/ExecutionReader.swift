internal import ColumnStore
internal import Documents
internal import Processes
import Synchronization
import Glibc

/// Reads executions beside the writer, each time one state of the file. Where there is no file there is nothing.
///
/// From any thread, by connections of a pool. It sees what is committed, and waits for no writer (SQLite's WAL).
///
/// Lists end at a count or at a size of what was read, whichever comes first; `isCut` says that the size was it, and that there are more. The last member may
/// go beyond the size, so that one that is large by itself is not left out of every page.
///
/// Each `hold` is asked for the bytes that an answer takes in all with its text, before it takes them; what it throws ends the reading.
final class ExecutionReader: Sendable {
    private let pool: SQLitePool
    private let path: String
    /// The file is made when the first process is put: until then each read looks for it.
    private let isMade = Atomic<Bool>(false)

    init(path: String) { (self.path, pool) = (path, SQLitePool(path: path)) }

    func close() { pool.close() }

    /// - Parameter none: the answer where there is no file yet.
    private func read<Result>(_ none: Result, _ body: (SQLiteConnection) throws -> Result) throws -> Result {
        if !isMade.load(ordering: .relaxed) {
            guard access(path, F_OK) == 0 else { return none }
            isMade.store(true, ordering: .relaxed)
        }
        return try pool.withConnection(body)
    }

    // MARK: Definitions

    func process(_ name: String, hold: (Int) throws -> Void = { _ in }) throws -> ProcessDescription? {
        try processes(where: "p.name = ?1", name, limit: 1, byteCountMax: 1, hold).processes.first
    }

    /// By name, those behind `after`.
    func processes(
        after: String?, limit: Int, byteCountMax: Int, hold: (Int) throws -> Void = { _ in }
    ) throws -> (processes: [ProcessDescription], isCut: Bool) {
        try processes(where: "p.name > ?1", after ?? "", limit: limit, byteCountMax: byteCountMax, hold)
    }

    /// Names of those that were deleted, and not put again.
    func deletedProcesses() throws -> [String] {
        try read([]) { try $0.texts("SELECT name FROM processes WHERE is_deleted = 1") }
    }

    /// Of a process beside its definition.
    private static let nameByteCount = 512

    /// - Parameter condition: of our own making, with `?1` for `name`: nothing of a caller's is in it.
    private func processes(
        where condition: String, _ name: String, limit: Int, byteCountMax: Int, _ hold: (Int) throws -> Void
    ) throws -> (processes: [ProcessDescription], isCut: Bool) {
        try read(([], false)) { connection in
            let select = try connection.statement(
                """
                SELECT p.name, p.version, d.definition, (SELECT min(s.next_at) FROM schedules s WHERE s.process = p.name)
                FROM processes p JOIN definitions d ON d.process = p.name AND d.version = p.version
                WHERE p.is_deleted = 0 AND \(condition) ORDER BY p.name LIMIT ?2
                """)
            defer { select.reset() }
            try select.bind(1, name)
            select.bind(2, Int64(limit))
            var found: [ProcessDescription] = []
            var (byteCount, valueByteCount) = (0, 0)
            while byteCount < byteCountMax, try select.step() {
                byteCount += select.withBytes(2) { $0.count }
                try hold(2 * (byteCount + Self.nameByteCount * (found.count + 1)) + valueByteCount)
                let process = ProcessDescription(name: select.text(0), version: select.int64(1), definition: select.bytes(2), nextAt: select.optionalInt64(3))
                found.append(process)
                // In its text each is read, one after the other.
                valueByteCount = max(valueByteCount, JSONParser.valueByteCount(of: process.definition))
            }
            try hold(2 * (byteCount + Self.nameByteCount * found.count) + valueByteCount)
            return (found, try byteCount >= byteCountMax && select.step())
        }
    }

    // MARK: Executions

    // Constants and header are read as bytes: an execution's input is in the first, its state, output and error in the second.
    private static let columns =
        "e.number, e.id, e.process, e.version, e.name, e.owner, e.started_at, c.bytes, h.bytes"
    private static let tables =
        """
        executions e JOIN pieces c ON c.execution = e.number AND c.kind = 1 AND c.number = 0 JOIN pieces h ON h.execution = e.number AND h.kind = 0 AND h.number = 0
        """

    /// nil where there is none, also once it was forgotten.
    ///
    /// - Parameter owner: whose it has to be; nil for anybody's. Of another's nothing is asked for, and nothing is read.
    func execution(_ id: ULID, owner: Identity? = nil, hold: (Int) throws -> Void = { _ in }) throws -> ExecutionView? {
        try read(nil) { connection in
            // A condition, and not a look at the row: SQLite reads all that a row is asked for as it comes to it.
            let select = try connection.statement("SELECT \(Self.columns) FROM \(Self.tables) WHERE e.id = ?1\(owner == nil ? "" : " AND e.owner = ?2")")
            defer { select.reset() }
            try select.bind(1, id.bytes)
            if let owner { try select.bind(2, ExecutionCore.text(owner)) }
            guard try select.step() else { return nil }
            try hold(2 * Self.byteCount(select))
            let found = try view(select)
            try hold(2 * found.jsonByteCount)
            return found
        }
    }

    /// - Throws: not-found, also for one that the principal may not see, however long that is: what it takes would tell that there is one.
    func execution(_ id: String, as principal: Principal, hold: (Int) throws -> Void) throws -> ExecutionView {
        guard let id = ULID(id), principal.identity != .nobody, let found = try execution(id, owner: principal.isAdmin ? nil : principal.identity, hold: hold),
            principal.isAdmin || principal.identity == found.owner
        else { throw Fault.absent(.execution) }
        return found
    }

    /// Of a row's execution: constants and header.
    private static func byteCount(_ row: SQLiteStatement) -> Int { ExecutionView.otherByteCount + row.withBytes(7) { $0.count } + row.withBytes(8) { $0.count } }

    /// The newest first, of those that a principal may see.
    func executions(
        _ question: ExecutionQuestion, as principal: Principal, hold: (Int) throws -> Void = { _ in }
    ) throws -> (executions: [ExecutionView], isCut: Bool) {
        switch principal.identity {
        case .nobody: ([], false)
        case .administrator: try executions(question, owner: nil, hold: hold)
        case .contract: try executions(question, owner: principal.identity, hold: hold)
        }
    }

    /// The newest first; a page ends at a size too.
    ///
    /// - Parameter owner: whose; nil for everybody's.
    func executions(
        _ question: ExecutionQuestion, owner: Identity?, hold: (Int) throws -> Void = { _ in }
    ) throws -> (executions: [ExecutionView], isCut: Bool) {
        try read(([], false)) { connection in
            var conditions = ["e.number < ?1"]
            // Numbers stay what they are, whichever of the conditions are there: SQLite binds by them.
            if owner != nil { conditions.append("e.owner = ?3") }
            if question.process != nil { conditions.append("e.process = ?4") }
            if question.status != nil { conditions.append("e.status = ?5") }
            let select = try connection.statement(
                "SELECT \(Self.columns) FROM \(Self.tables) WHERE \(conditions.joined(separator: " AND ")) ORDER BY e.number DESC LIMIT ?2")
            defer { select.reset() }
            select.bind(1, question.before ?? .max)
            select.bind(2, Int64(question.limit))
            if let owner { try select.bind(3, ExecutionCore.text(owner)) }
            if let process = question.process { try select.bind(4, process) }
            if let status = question.status { select.bind(5, Int64(status.rawValue)) }
            var found: [ExecutionView] = []
            var byteCount = 0
            while byteCount < question.byteCountMax, try select.step() {
                try hold(2 * (byteCount + Self.byteCount(select)))
                let execution = try view(select)
                byteCount += execution.jsonByteCount
                try hold(2 * byteCount)
                found.append(execution)
            }
            return (found, try byteCount >= question.byteCountMax && select.step())
        }
    }

    /// - Throws: `SQLiteError` of damage where id, constants or header are none.
    private func view(_ row: SQLiteStatement) throws -> ExecutionView {
        guard let id = ULID(bytes: row.bytes(1)) else { throw SQLiteError(code: 11, message: "an execution's id is none", path: path) }
        do throws(CodingFault) {
            let ending = try ExecutionCoder.shownEnding(ofHeader: row.bytes(8))
            return ExecutionView(
                number: row.int64(0), id: id, process: row.text(2), processVersion: row.int64(3), name: row.text(4), owner: ExecutionCore.owner(row.text(5)),
                status: ending.status, input: try ExecutionCoder.inputText(ofConstants: row.bytes(7)), output: ending.output, error: ending.error,
                startedAt: row.int64(6), endedAt: ending.endedAt)
        } catch {
            throw SQLiteError(code: 11, message: "an execution cannot be read: \(error.reason)", path: path)
        }
    }

    /// Entries behind `after`, the oldest first, each as its JSON.
    ///
    /// - Throws: not-found.
    func history(
        _ id: String, after: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool) {
        // Of the execution no more than its number is kept.
        let number = try execution(id, as: principal, hold: hold).number
        return try history(number, after: after, limit: limit, byteCountMax: ExecutionQuestion.pageByteCountMax, hold: hold)
    }

    /// Of an entry of a history, beside its JSON.
    private static let eventByteCount = 64

    /// Entries behind `after`, the oldest first, each as its JSON.
    func history(
        _ number: Int64, after: Int64, limit: Int, byteCountMax: Int, hold: (Int) throws -> Void = { _ in }
    ) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool) {
        try read(([], false)) { connection in
            let select = try connection.statement(
                "SELECT number, bytes FROM pieces WHERE execution = ?1 AND kind = 4 AND number > ?2 ORDER BY number LIMIT ?3")
            defer { select.reset() }
            select.bind(1, number)
            select.bind(2, after)
            select.bind(3, Int64(limit))
            var found: [(number: Int64, json: [UInt8])] = []
            var byteCount = 0
            while byteCount < byteCountMax, try select.step() {
                byteCount += select.withBytes(1) { $0.count }
                try hold(2 * byteCount + Self.eventByteCount * (found.count + 1))
                found.append((select.int64(0), select.bytes(1)))
            }
            return (found, try byteCount >= byteCountMax && select.step())
        }
    }

    /// The oldest of those that ended before an instant, whose end has been reported and whose children have been told of it.
    ///
    /// What the archiver takes next: numbers of executions.
    ///
    /// - Parameter instant: microseconds since 1970, itself included.
    func finished(before instant: Int64, limit: Int) throws -> [Int64] {
        try read([]) { connection in
            let select = try connection.statement(
                """
                SELECT e.number FROM executions e WHERE e.ended_at IS NOT NULL AND e.ended_at <= ?1
                AND NOT EXISTS(SELECT 1 FROM notices n WHERE n.execution = e.number)
                AND NOT EXISTS(SELECT 1 FROM timers m WHERE m.execution = e.number AND m.serial = \(SelfTimer.abortChildren)) ORDER BY e.ended_at LIMIT ?2
                """)
            defer { select.reset() }
            select.bind(1, instant)
            select.bind(2, Int64(limit))
            var found: [Int64] = []
            while try select.step() { found.append(select.int64(0)) }
            return found
        }
    }

    func execution(number: Int64) throws -> ExecutionView? {
        try read(nil) { connection in
            let select = try connection.statement("SELECT \(Self.columns) FROM \(Self.tables) WHERE e.number = ?1")
            defer { select.reset() }
            select.bind(1, number)
            return try select.step() ? try view(select) : nil
        }
    }

    // MARK: Ends

    /// The oldest ends that are still to be reported, each as its event.
    func notices(limit: Int) throws -> [(number: Int64, event: EventDraft)] {
        try read([]) { connection in
            let select = try connection.statement(
                """
                SELECT n.number, n.ended_at, n.status, n.error, e.id, e.process, e.version, e.name, e.owner, e.started_at
                FROM notices n JOIN executions e ON e.number = n.execution ORDER BY n.number LIMIT ?1
                """)
            defer { select.reset() }
            select.bind(1, Int64(limit))
            var found: [(number: Int64, event: EventDraft)] = []
            while try select.step() { found.append((select.int64(0), try event(select))) }
            return found
        }
    }

    private func event(_ row: SQLiteStatement) throws -> EventDraft {
        guard let id = ULID(bytes: row.bytes(4)), let status = UInt8(exactly: row.int64(2)).flatMap({ Execution.Status(rawValue: $0) }) else {
            throw SQLiteError(code: 11, message: "the end of an execution has no valid id or status", path: path)
        }
        let (endedAt, process) = (row.int64(1), row.text(5))
        let data = JSONValue.object([
            "execution_id": .string(id.description), "process": .string(process), "process_version": .integer(row.int64(6)), "name": .string(row.text(7)),
            "state": .string(status.text), "error": row.optionalText(3).map { .string($0) } ?? .null,
            "started_at": .string(CivilDate.text(microseconds: row.int64(9))), "ended_at": .string(CivilDate.text(microseconds: endedAt)),
        ])
        return EventDraft(
            // An execution that is redriven ends again, at another instant: its ends are events of their own.
            id: "execution-\(id)-\(endedAt)", origin: ExecutionCore.owner(row.text(8)), type: status == .succeeded ? "process.succeeded" : "process.failed",
            subject: "\(process)/\(id)", time: endedAt, data: data.serialized)
    }

    // MARK: Tasks

    /// Those that are to be carried out, the earliest first.
    ///
    /// Numbers alone; `dueAt` is in microseconds of the store's clock, and may be in the future.
    ///
    /// A row whose resource this program does not know is passed over, and stays.
    ///
    /// - Returns: `isCut`: there may be more than `limit`.
    func dueTasks(limit: Int) throws -> (tasks: [DueTask], isCut: Bool) {
        var (count, found) = (0, [DueTask]())
        try eachDueTask { resource, owner, task in
            count += 1
            if let resource = Resource(resource) { found.append(task(resource, ExecutionCore.owner(owner))) }
            return count < limit
        }
        return (found, count >= limit)
    }

    /// The first tasks of some parts, each of one resource and one owner, in one pass.
    ///
    /// - Parameter parts: with how many are wanted of each.
    /// - Returns: `cut`: of which there may be more.
    /// - Complexity: O(tasks) where those of one part are behind all others.
    func dueTasks(of parts: [TaskPart: Int]) throws -> (tasks: [DueTask], cut: Set<TaskPart>) {
        // By the texts of rows, which no value is made of until one is wanted.
        var wanted: [String: [String: (part: TaskPart, left: Int)]] = [:]
        for (part, limit) in parts where limit > 0 { wanted[part.resource.text, default: [:]][ExecutionCore.text(part.owner)] = (part, limit) }
        var (open, found, cut) = (wanted.values.reduce(0) { $0 + $1.count }, [DueTask](), Set<TaskPart>())
        guard open > 0 else { return ([], []) }
        try eachDueTask { resource, owner, task in
            guard let (part, left) = wanted[resource]?[owner], left > 0 else { return true }
            found.append(task(part.resource, part.owner))
            wanted[resource]?[owner]?.left = left - 1
            if left == 1 {
                open -= 1
                cut.insert(part)
            }
            return open > 0
        }
        return (found, cut)
    }

    /// Tasks that are to be carried out, the first first, with the texts of their resource and owner, until `body` returns false.
    private func eachDueTask(_ body: (String, String, (Resource, Identity) -> DueTask) throws -> Bool) throws {
        try read(()) { connection in
            // In this order: by `tasks_due`, and to each task its execution. An owner has more executions than tasks.
            let select = try connection.statement(
                "SELECT t.execution, t.serial, t.resource, t.due_at, e.owner FROM tasks t CROSS JOIN executions e ON e.number = t.execution WHERE t.due_at IS NOT NULL ORDER BY t.due_at")
            defer { select.reset() }
            while try select.step() {
                let key = TaskKey(execution: select.int64(0), serial: select.int64(1))
                guard try body(select.text(2), select.text(4), { DueTask(key: key, resource: $0, owner: $1, dueAt: select.int64(3)) }) else { return }
            }
        }
    }

    /// Queues whose workers tasks wait for, however long.
    ///
    /// - Complexity: O(tasks).
    func awaitedQueues() throws -> [Resource] {
        try read([]) { connection in
            let select = try connection.statement("SELECT DISTINCT resource FROM tasks WHERE due_at IS NULL")
            defer { select.reset() }
            var found: [Resource] = []
            while try select.step() { if let resource = Resource(select.text(0)), resource.kind == Resource.queueKind { found.append(resource) } }
            return found
        }
    }

    /// Of which and whose tasks are to be carried out; what this program does not know is passed over.
    ///
    /// - Complexity: O(tasks).
    func dueParts() throws -> [TaskPart] {
        try read([]) { connection in
            let select = try connection.statement(
                "SELECT DISTINCT t.resource, e.owner FROM tasks t CROSS JOIN executions e ON e.number = t.execution WHERE t.due_at IS NOT NULL")
            defer { select.reset() }
            var found: [TaskPart] = []
            while try select.step() { if let resource = Resource(select.text(0)) { found.append(TaskPart(resource: resource, owner: ExecutionCore.owner(select.text(1)))) } }
            return found
        }
    }

    /// A task with all that it takes; nil where it is not wanted any more.
    ///
    /// Read as it is begun: what waits holds no input in memory.
    func task(_ key: TaskKey) throws -> TaskWork? {
        try read(nil) { connection in
            let select = try connection.statement(
                """
                SELECT t.resource, t.token, t.key, t.state, t.visit, t.attempt, t.first_item, t.depth, t.input, t.try_count, e.owner, e.id, t.created_at, t.due_at,
                    \(ExecutionSchema.isAwaited), p.place
                FROM tasks t JOIN executions e ON e.number = t.execution LEFT JOIN places p ON p.execution = t.execution AND p.serial = t.serial
                WHERE t.execution = ?1 AND t.serial = ?2
                """)
            defer { select.reset() }
            select.bind(1, key.execution)
            select.bind(2, key.serial)
            guard try select.step() else { return nil }
            guard let resource = Resource(select.text(0)), let id = ULID(bytes: select.bytes(11)), let input = try? ValueLimits.parse(select.bytes(8), allowsRepeats: true) else {
                throw SQLiteError(code: 11, message: "a task cannot be read", path: path)
            }
            let call = TaskCall(
                token: select.text(1), key: select.text(2), resource: resource, state: select.text(3), visit: select.count(4), attempt: select.int64(5), input: input,
                firstItem: select.isNull(6) ? nil : select.count(6), place: select.optionalBytes(15).flatMap { try? ValueLimits.parse($0, allowsRepeats: true) }, depth: select.count(7))
            return TaskWork(key: key, call: call, owner: ExecutionCore.owner(select.text(10)), executionID: id.description, tryCount: select.count(9),
                createdAt: select.int64(12), isRepeat: select.optionalInt64(13) != select.int64(12), isAwaited: select.int64(14) == 1)
        }
    }

    /// How many executions run.
    func runningCount() throws -> Int {
        try read(0) { connection in Int(try connection.integer("SELECT count(*) FROM executions WHERE status = 0") ?? 0) }
    }
}
