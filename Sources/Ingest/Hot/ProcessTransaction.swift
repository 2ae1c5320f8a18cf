internal import ColumnStore
internal import Documents
internal import Processes

/// Changes of processes within one transaction of a hot file: the storage of `StepTransition`, which decides. Made and used by the writer's thread.
///
/// All that follows from a change (the next stage, the row's end, the events that are owed) is an effect of it, written with it; what a restart would
/// have to find again is in `work`, what queries must see in `changes`, for the writer to hand out once the transaction is durable.
///
/// 1. A change of a row's state takes the next sequence, writes an event with it, and stands in `changes`; nothing else takes one.
/// 2. `work` and `changes` are of no use to anyone when the transaction is rolled back: the object goes with it.
final class ProcessTransaction {
    /// A row whose state is another since this transaction.
    struct RowChange {
        let row: Int64
        let change: HotFile.StateChange
        let sequence: Int64
        /// What it was; nil for a row of a table that keeps no versions.
        let before: EarlierStates.Row?
    }

    private let connection: SQLiteConnection
    private let file: HotFile
    /// Microseconds since 1970, the same for the whole transaction.
    private let now: Int64
    private let rules: ProcessRules
    /// The core sets it after the group's rows have taken theirs, and reads it after the changes.
    var nextSequence: Int64
    private(set) var work: [QueuedWork] = []
    private(set) var changes: [RowChange] = []

    init(connection: SQLiteConnection, file: HotFile, now: Int64, nextSequence: Int64, rules: ProcessRules) {
        self.connection = connection
        self.file = file
        self.now = now
        self.nextSequence = nextSequence
        self.rules = rules
    }

    /// Takes back what was queued since: its part of the transaction was undone.
    ///
    /// State changes need no undoing: only new rows come in parts, and a new row changes no state.
    func undo(workCount: Int) { work.removeLast(work.count - workCount) }

    // MARK: A new row

    /// Writes the steps of a row that was just inserted, and queues the calls of its first stage.
    func begin(row: Int64, _ plan: ProcessPlan, client: String, callbackURL: String?) throws {
        let made = StepTransition.start(plan.stages, telling: plan.targets, at: moment)
        try carryOut(made.effects, row: row, owner: (client, callbackURL))
    }

    // MARK: Changes

    /// - Returns: what became of it; `.unknown` for an event's id without a target.
    /// - Throws: SQLITE_CORRUPT (11) for steps or events of an unknown state; what SQLite says of the disk.
    func apply(_ action: ProcessChange.Action) throws -> ProcessResult {
        switch action {
        case .sent(let step, let attempt, let lockedUntil): return try apply(.sent(attempt: attempt, lockedUntil: lockedUntil), to: step)
        case .inProgress(let step, let lockedUntil, let note): return try apply(.inProgress(lockedUntil: lockedUntil), to: step, note)
        case .retry(let step, let attempts, let at, let detail, let note):
            return try apply(.failed(attempts: attempts, nextAt: at, reason: detail), to: step, note)
        case .outcome(let step, let outcome, let note): return try apply(.decided(isAccepted: outcome.isAccepted), to: step, note, outcome)
        case .lateAcceptance(let step, let outcome, let note): return try apply(.acceptedLate, to: step, note, outcome)
        case .dead(let step, let attempts, let detail, let note): return try apply(.givenUp(reason: detail, attempts: attempts), to: step, note)
        case .redriveStep(let step): return try apply(.redrive, to: step)
        case .forgetStep(let step): return try apply(.forget, to: step)
        case .delivered(let event, let note): return try apply(.delivered, toEvent: event, note)
        case .deadEvent(let event, let detail, let note): return try apply(.givenUp(reason: detail), toEvent: event, note)
        case .retryEvent(let event, let at, let detail, let note): return try apply(.failed(nextAt: at, reason: detail), toEvent: event, note)
        case .redriveEvent(let event): return try apply(.redrive, toEvent: event)
        case .forgetEvent(let event): return try apply(.forget, toEvent: event)
        }
    }

    private var moment: StepMoment { StepMoment(now: now, isLeaving: file.state.isLeaving, expiry: rules.expiry) }

    /// Gives a step an event: what comes of it is the core's to say, here it is written down.
    ///
    /// What is owed is read only for events that may change it: a call that begins does not.
    private func apply(_ event: StepEvent, to id: Int64, _ note: HistoryNote? = nil, _ outcome: StepOutcome? = nil) throws -> ProcessResult {
        let row = ProcessKey.row(ofStep: id)
        let process = StepProcess(try steps(row: row), notices: event.concernsNotices ? try notices(row: row) : [])
        let made = StepTransition.apply(event, to: ProcessKey.ordinal(ofStep: id), of: process, at: moment)
        try carryOut(made.effects, row: row, note, outcome)
        return ProcessResult(made.disposition)
    }

    /// As above, of what somebody is owed: no step changes with it.
    private func apply(_ event: StepNotice.Event, toEvent id: Int64, _ note: HistoryNote? = nil) throws -> ProcessResult {
        guard let target = ProcessKey.target(ofEvent: id) else { return .unknown }
        let row = ProcessKey.row(ofEvent: id)
        let process = StepProcess([], notices: try notices(row: row))
        let made = StepTransition.apply(event, toNotice: ProcessKey.version(ofEvent: id), of: target, in: process, at: moment)
        try carryOut(made.effects, row: row, note)
        return ProcessResult(made.disposition)
    }

    /// All steps of the row: a stage ends with the last of its steps.
    private func steps(row: Int64) throws -> [StepProcess.Step] {
        let select = try connection.statement(
            "SELECT id, name, stage, state, attempts, next_at, locked_until, expires_at, at FROM steps WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { select.reset() }
        let range = ProcessKey.range(row, ProcessKey.stepBits)
        select.bind(1, range.first)
        select.bind(2, range.last)
        var steps: [StepProcess.Step] = []
        while try select.step() {
            guard let state = StepState(rawValue: select.int64(3)) else {
                throw SQLiteError(code: 11, message: "step \(select.int64(0)) has an unknown state", path: file.path)
            }
            steps.append(
                StepProcess.Step(
                    ordinal: ProcessKey.ordinal(ofStep: select.int64(0)), name: select.text(1), stage: select.int64(2), state: state, attempts: select.count(4),
                    nextAt: select.optionalInt64(5), lockedUntil: select.optionalInt64(6), expiresAt: select.optionalInt64(7), at: select.optionalInt64(8)))
        }
        return steps
    }

    /// What was owed to its targets so far, delivered or not, by rising versions.
    private func notices(row: Int64) throws -> [StepNotice] {
        let select = try connection.statement(
            "SELECT id, event, at, state, attempts, next_at, expires_at FROM outbox WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { select.reset() }
        let range = ProcessKey.range(row, ProcessKey.eventBits)
        select.bind(1, range.first)
        select.bind(2, range.last)
        var notices: [StepNotice] = []
        while try select.step() {
            let id = select.int64(0)
            guard let target = ProcessKey.target(ofEvent: id), let event = ReceiptState(code: select.int64(1)), let state = StepNotice.State(rawValue: select.int64(3)) else {
                throw SQLiteError(code: 11, message: "event \(id) has an unknown state", path: file.path)
            }
            notices.append(
                StepNotice(
                    version: ProcessKey.version(ofEvent: id), target: target, status: Self.status(event), at: select.int64(2), state: state, attempts: select.count(4),
                    nextAt: select.int64(5), expiresAt: select.int64(6)))
        }
        return notices
    }

    // MARK: Effects

    /// The client that a row belongs to, and where that wants to be called about it.
    private typealias Owner = (client: String, callbackURL: String?)

    /// In the order of the core's list; a later effect may count on the rows of an earlier one.
    ///
    /// - Parameter owner: nil to read it where it is wanted.
    private func carryOut(_ effects: [StepEffect], row: Int64, owner: Owner? = nil, _ note: HistoryNote? = nil, _ outcome: StepOutcome? = nil) throws {
        var owner = owner
        func whose() throws -> Owner? {
            if owner == nil { owner = try self.owner(row: row) }
            return owner
        }
        for effect in effects {
            switch effect {
            case .add(let step): try insert(step, row)
            case .change(let step, let words):
                try update(step, row, words, outcome)
                if !step.state.isOpen { work.append(queued(step, row, client: nil, isOver: true)) }
            // Its place in a queue alone goes by it: a row that cannot be read is in the way of nothing here.
            case .call(let step): work.append(queued(step, row, client: (try? whose())?.client))
            case .note(let kind): if let line = Self.line(kind, of: note) { try write(line, row: row) }
            case .status(let status): try setState(Self.state(status), of: row)
            case .owe(let notice): try insert(notice, row)
            case .changeNotice(let notice, let words): try update(notice, row, words)
            case .tell(let notice): if let owner = try whose() { tell(notice, row, owner) }
            }
        }
    }

    /// - Parameter isOver: nobody waits for its answer any more, and what waits in memory for its next call goes: it may be hours off, and the step begin anew before.
    private func queued(_ step: StepProcess.Step, _ row: Int64, client: String?, isOver: Bool = false) -> QueuedWork {
        QueuedWork(
            file: file, id: ProcessKey.step(row: row, ordinal: step.ordinal), kind: .step(name: step.name), client: client, dueAt: now, since: now,
            expiresAt: step.expiresAt ?? .max, isOver: isOver)
    }

    /// What the history says of an effect; nil for nothing. `.ofEvent` is the caller's own note.
    private static func line(_ note: StepEffect.Note, of event: HistoryNote?) -> HistoryNote? {
        switch note {
        case .ofEvent: event
        case .redriven(let name): HistoryNote("redriven") { $0.member("name", name) }
        case .acceptedLate(let name): HistoryNote("accepted late") { $0.member("name", name) }
        case .noticeRedriven(let version): HistoryNote("redriven") { $0.member("version", version) }
        case .letterDeleted: HistoryNote("dead letter deleted")
        }
    }

    private static func status(_ state: ReceiptState) -> StepProcess.Status {
        switch state {
        case .processing: .processing
        case .complete: .complete
        case .failed: .failed
        }
    }

    private static func state(_ status: StepProcess.Status) -> ReceiptState {
        switch status {
        case .processing: .processing
        case .complete: .complete
        case .failed: .failed
        }
    }

    private func insert(_ step: StepProcess.Step, _ row: Int64) throws {
        let insert = try connection.statement(
            "INSERT INTO steps(id, name, stage, state, attempts, next_at, expires_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        insert.bind(1, ProcessKey.step(row: row, ordinal: step.ordinal))
        try insert.bind(2, step.name)
        insert.bind(3, step.stage)
        insert.bind(4, step.state.rawValue)
        insert.bind(5, Int64(step.attempts))
        insert.bind(6, step.nextAt)
        insert.bind(7, step.expiresAt)
        try insert.run()
    }

    /// - Parameter words: which of the texts beside the state are written anew; `outcome` is read for a decision alone.
    private func update(_ step: StepProcess.Step, _ row: Int64, _ words: StepEffect.Words, _ outcome: StepOutcome?) throws {
        let columns = "state = ?2, attempts = ?3, next_at = ?4, locked_until = ?5, expires_at = ?6, at = ?7"
        let update: SQLiteStatement
        switch words {
        case .kept: update = try connection.statement("UPDATE steps SET \(columns) WHERE id = ?1")
        case .reason(let reason):
            update = try connection.statement("UPDATE steps SET \(columns), detail = ?8 WHERE id = ?1")
            try update.bind(8, reason)
        case .decision:
            update = try connection.statement("UPDATE steps SET \(columns), detail = ?8, reference = ?9, errors = ?10 WHERE id = ?1")
            try update.bind(8, outcome?.errors.first?.message)
            try update.bind(9, outcome?.reference)
            try update.bind(10, outcome.flatMap(Self.errors))
        }
        update.bind(1, ProcessKey.step(row: row, ordinal: step.ordinal))
        update.bind(2, step.state.rawValue)
        update.bind(3, Int64(step.attempts))
        update.bind(4, step.nextAt)
        update.bind(5, step.lockedUntil)
        update.bind(6, step.expiresAt)
        update.bind(7, step.at)
        try update.run()
    }

    /// As JSON; nil for none.
    private static func errors(_ outcome: StepOutcome) -> String? {
        guard !outcome.errors.isEmpty else { return nil }
        var json = JSONWriter()
        json.array(outcome.errors) { json, error in
            json.member("pointer", error.pointer)
            json.member("code", error.code)
            json.member("message", error.message)
        }
        return json.text
    }

    // MARK: Events

    private func insert(_ notice: StepNotice, _ row: Int64) throws {
        let insert = try connection.statement(
            "INSERT INTO outbox(id, event, at, state, attempts, next_at, expires_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        insert.bind(1, ProcessKey.event(row: row, notice))
        insert.bind(2, Self.state(notice.status).code)
        insert.bind(3, notice.at)
        insert.bind(4, notice.state.rawValue)
        insert.bind(5, Int64(notice.attempts))
        insert.bind(6, notice.nextAt)
        insert.bind(7, notice.expiresAt)
        try insert.run()
    }

    /// - Precondition: no `.decision`.
    private func update(_ notice: StepNotice, _ row: Int64, _ words: StepEffect.Words) throws {
        let columns = "state = ?2, attempts = ?3, next_at = ?4, expires_at = ?5"
        let update: SQLiteStatement
        switch words {
        case .kept: update = try connection.statement("UPDATE outbox SET \(columns) WHERE id = ?1")
        case .reason(let reason):
            update = try connection.statement("UPDATE outbox SET \(columns), detail = ?6 WHERE id = ?1")
            try update.bind(6, reason)
        case .decision: preconditionFailure("nobody decides about a notice")
        }
        update.bind(1, ProcessKey.event(row: row, notice))
        update.bind(2, notice.state.rawValue)
        update.bind(3, Int64(notice.attempts))
        update.bind(4, notice.nextAt)
        update.bind(5, notice.expiresAt)
        try update.run()
    }

    private func tell(_ notice: StepNotice, _ row: Int64, _ owner: Owner) {
        work.append(
            QueuedWork(
                file: file, id: ProcessKey.event(row: row, notice),
                kind: .event(client: owner.client, callbackURL: notice.target == .callback ? owner.callbackURL : nil), dueAt: now, since: now,
                expiresAt: notice.expiresAt))
    }

    private func owner(row: Int64) throws -> Owner? {
        let select = try connection.statement("SELECT client, callback_url FROM rows WHERE id = ?1")
        defer { select.reset() }
        select.bind(1, row)
        return try select.step() ? (select.text(0), select.optionalText(1)) : nil
    }

    // MARK: The row

    /// The state's four places, in one transaction: the row itself, the feed of changes (`events`), what scans lay over columns (`changed`), and
    /// the row's history.
    private func setState(_ state: ReceiptState, of row: Int64) throws {
        let sequence = nextSequence
        nextSequence += 1
        let completedAt: Int64? = state == .processing ? nil : now
        let before = try versionBefore(row)
        let update = try connection.statement("UPDATE rows SET state = ?2, completed_at = ?3 WHERE id = ?1")
        update.bind(1, row)
        update.bind(2, state.code)
        update.bind(3, completedAt)
        try update.run()
        let event = try connection.statement("INSERT INTO events(sequence, row, event, at) VALUES(?1, ?2, ?3, ?4)")
        event.bind(1, sequence)
        event.bind(2, row)
        try event.bind(3, "receipt.\(state.rawValue.lowercased())")
        event.bind(4, now)
        try event.run()
        // Of several changes of one row the last counts.
        let changed = try connection.statement("INSERT OR REPLACE INTO changed(row, sequence, state, completed_at) VALUES(?1, ?2, ?3, ?4)")
        changed.bind(1, row)
        changed.bind(2, sequence)
        changed.bind(3, state.code)
        changed.bind(4, completedAt)
        try changed.run()
        try write(HistoryNote(state.rawValue.lowercased()) { $0.member("sequence", sequence) }, row: row)
        changes.append(RowChange(row: row, change: HotFile.StateChange(state: state, completedAt: completedAt), sequence: sequence, before: before))
    }

    /// A version as it is now; nil for a row of another kind of table, whose number is above 0.
    private func versionBefore(_ row: Int64) throws -> EarlierStates.Row? {
        let select = try connection.statement("SELECT sequence, state, completed_at FROM rows WHERE id = ?1 AND table_id < 0")
        defer { select.reset() }
        select.bind(1, row)
        guard try select.step() else { return nil }
        guard let state = ReceiptState(code: select.int64(1)) else {
            throw SQLiteError(code: 11, message: "row \(row) has an unknown state", path: file.path)
        }
        return EarlierStates.Row(row: row, sequence: select.int64(0), state: state, completedAt: select.optionalInt64(2))
    }

    /// Ids are dense within a row: the next one is the greatest so far and one. A row with 65,536 entries gets no more.
    private func write(_ note: HistoryNote, row: Int64) throws {
        let range = ProcessKey.range(row, ProcessKey.historyBits)
        let select = try connection.statement("SELECT max(id) FROM history WHERE id BETWEEN ?1 AND ?2")
        select.bind(1, range.first)
        select.bind(2, range.last)
        let last = try select.step() ? select.optionalInt64(0) : nil
        select.reset()
        let id = last.map { $0 + 1 } ?? range.first
        // Beyond the range lies the next row's history.
        guard id <= range.last else { return }
        let insert = try connection.statement("INSERT INTO history(id, at, event, details) VALUES(?1, ?2, ?3, ?4)")
        insert.bind(1, id)
        insert.bind(2, now)
        try insert.bind(3, note.event)
        try insert.bind(4, note.details)
        try insert.run()
    }
}
