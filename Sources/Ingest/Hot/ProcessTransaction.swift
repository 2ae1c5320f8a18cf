internal import ColumnStore
internal import Documents

/// Changes of processes within one transaction of a hot file. Made and used by the writer's thread.
///
/// All that follows from a change (the next stage, the row's end, the events that are owed) is written with it; what a restart would
/// have to find again is in `work`, what queries must see in `changes`, for the writer to hand out once the transaction is durable.
final class ProcessTransaction {
    struct RowChange {
        let row: Int64
        let change: HotFile.StateChange
        let sequence: Int64
    }

    private let connection: SQLiteConnection
    private let file: HotFile
    private let now: Int64
    private let rules: ProcessRules
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
    func undo(workCount: Int) { work.removeLast(work.count - workCount) }

    // MARK: A new row

    func begin(row: Int64, _ plan: ProcessPlan, state: ReceiptState, client: String, callbackURL: String?) throws {
        var ordinal = 0
        let insert = try connection.statement(
            "INSERT INTO steps(id, name, stage, state, attempts, next_at, expires_at) VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6)")
        for (stage, names) in plan.stages.enumerated() {
            for name in names {
                let id = ProcessKey.step(row: row, ordinal: ordinal)
                let expiresAt = now + rules.expiry(name)
                insert.bind(1, id)
                try insert.bind(2, name)
                insert.bind(3, Int64(stage + 1))
                insert.bind(4, (stage == 0 ? StepState.pending : .waiting).rawValue)
                insert.bind(5, stage == 0 ? now : nil)
                insert.bind(6, stage == 0 ? expiresAt : nil)
                try insert.run()
                if stage == 0 {
                    work.append(QueuedWork(file: file, id: id, kind: .step(name: name), dueAt: now, since: now, expiresAt: expiresAt))
                }
                ordinal += 1
            }
        }
        try announce(row: row, state, version: 1, targets: plan.targets, client: client, callbackURL: callbackURL)
    }

    /// Events of a state, for each target. One that waits for an earlier event is queued when that one is done.
    private func announce(
        row: Int64, _ state: ReceiptState, version: Int64, targets: [EventTarget], client: String, callbackURL: String?
    ) throws {
        for target in targets {
            let id = ProcessKey.event(row: row, version: version, target: target)
            let expiresAt = now + ProcessRules.eventExpiry
            let insert = try connection.statement(
                "INSERT INTO outbox(id, event, at, state, attempts, next_at, expires_at) VALUES(?1, ?2, ?3, 0, 0, ?3, ?4)")
            insert.bind(1, id)
            insert.bind(2, state.code)
            insert.bind(3, now)
            insert.bind(4, expiresAt)
            try insert.run()
            if version > 1, try nextEvent(row: row, target) != id { continue }
            work.append(
                QueuedWork(
                    file: file, id: id, kind: .event(client: client, callbackURL: target == .callback ? callbackURL : nil), dueAt: now,
                    since: now, expiresAt: expiresAt))
        }
    }

    /// The oldest event of a row that a target has not got.
    private func nextEvent(row: Int64, _ target: EventTarget) throws -> Int64? {
        let select = try connection.statement(
            "SELECT id FROM outbox WHERE id BETWEEN ?1 AND ?2 AND state = 0 AND (id & \(1 << ProcessKey.targetBits - 1)) = ?3 ORDER BY id LIMIT 1")
        defer { select.reset() }
        let range = ProcessKey.range(row, ProcessKey.eventBits)
        select.bind(1, range.first)
        select.bind(2, range.last)
        select.bind(3, target.rawValue)
        return try select.step() ? select.int64(0) : nil
    }

    // MARK: Changes

    func apply(_ action: ProcessChange.Action) throws -> ProcessResult {
        switch action {
        case .sent(let step, let attempt, let lockedUntil):
            return try updateOpen(step, .sent, attempts: attempt, nextAt: nil, lockedUntil: lockedUntil, detail: nil)
        case .inProgress(let step, let lockedUntil, let note):
            let result = try updateOpen(step, .inProgress, attempts: nil, nextAt: nil, lockedUntil: lockedUntil, detail: "in progress")
            if result == .applied { try write(note, row: ProcessKey.row(ofStep: step)) }
            return result
        case .retry(let step, let attempts, let at, let detail, let note):
            let result = try updateOpen(step, .pending, attempts: attempts, nextAt: at, lockedUntil: nil, detail: detail)
            if result == .applied { try write(note, row: ProcessKey.row(ofStep: step)) }
            return result
        case .outcome(let step, let outcome, let note): return try settle(step, outcome, note)
        case .lateAcceptance(let step, let outcome, let note): return try revive(step, outcome, note)
        case .dead(let step, let detail, let note): return try bury(step, detail, note)
        case .redriveStep(let step): return try redrive(step, "redriven")
        case .forgetStep(let step): return try forget(step, isStep: true)
        case .delivered(let event, let note): return try end(event, .delivered, detail: nil, note)
        case .deadEvent(let event, let detail, let note): return try end(event, .dead, detail: detail, note)
        case .retryEvent(let event, let at, let detail, let note): return try postpone(event, at, detail, note)
        case .redriveEvent(let event): return try redriveEvent(event)
        case .forgetEvent(let event): return try forget(event, isStep: false)
        }
    }

    private func updateOpen(
        _ step: Int64, _ state: StepState, attempts: Int?, nextAt: Int64?, lockedUntil: Int64?, detail: String?
    ) throws -> ProcessResult {
        let update = try connection.statement("""
            UPDATE steps SET state = ?2, attempts = coalesce(?3, attempts), next_at = ?4, locked_until = ?5, at = ?6,
                detail = coalesce(?7, detail)
            WHERE id = ?1 AND state IN (1, 2, 3)
            """)
        update.bind(1, step)
        update.bind(2, state.rawValue)
        update.bind(3, attempts.map { Int64($0) })
        update.bind(4, nextAt)
        update.bind(5, lockedUntil)
        update.bind(6, now)
        try update.bind(7, detail)
        try update.run()
        return connection.changeCount == 1 ? .applied : .repeated
    }

    private struct Step {
        let id: Int64
        let name: String
        let stage: Int64
        let state: StepState
    }

    private func steps(row: Int64) throws -> [Step] {
        let select = try connection.statement("SELECT id, name, stage, state FROM steps WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { select.reset() }
        let range = ProcessKey.range(row, ProcessKey.stepBits)
        select.bind(1, range.first)
        select.bind(2, range.last)
        var steps: [Step] = []
        while try select.step() {
            guard let state = StepState(rawValue: select.int64(3)) else {
                throw SQLiteError(code: 11, message: "step \(select.int64(0)) has an unknown state", path: file.path)
            }
            steps.append(Step(id: select.int64(0), name: select.text(1), stage: select.int64(2), state: state))
        }
        return steps
    }

    private func settle(_ id: Int64, _ outcome: StepOutcome, _ note: HistoryNote) throws -> ProcessResult {
        let row = ProcessKey.row(ofStep: id)
        let steps = try steps(row: row)
        guard let step = steps.first(where: { $0.id == id }) else { return .unknown }
        switch step.state {
        case .waiting: return .unknown
        case .accepted: return outcome.isAccepted ? .repeated : .contradicting
        case .rejected: return outcome.isAccepted ? .contradicting : .repeated
        // Nobody's outcome, so a rejection contradicts nothing: it is the reason that was missing. An acceptance must go through `revive`.
        case .dead where outcome.isAccepted, .forgotten where outcome.isAccepted: return .contradicting
        case .pending, .dead, .forgotten, .sent, .inProgress, .cancelled: break
        }
        if file.state.isLeaving { return .repeated }
        try finish(step, outcome)
        try write(note, row: row)
        guard step.state != .cancelled, !step.state.isDead else { return .applied }
        if outcome.isAccepted {
            let stage = steps.filter { $0.stage == step.stage }
            guard stage.allSatisfy({ $0.id == id || $0.state == .accepted }) else { return .applied }
            let next = steps.filter { $0.state == .waiting }.map(\.stage).min()
            if let next { try begin(steps.filter { $0.stage == next }) } else { try setState(.complete, of: row) }
        } else {
            try cancel(steps, except: id)
            try setState(.failed, of: row)
        }
        return .applied
    }

    /// As a redrive whose answer is there already. Where another registrar has rejected the receipt meanwhile, it is only written down.
    private func revive(_ id: Int64, _ outcome: StepOutcome, _ note: HistoryNote) throws -> ProcessResult {
        let row = ProcessKey.row(ofStep: id)
        let steps = try steps(row: row)
        guard let step = steps.first(where: { $0.id == id }), step.state.isDead else { return try settle(id, outcome, note) }
        if file.state.isLeaving { return .contradicting }
        if steps.contains(where: { $0.state == .rejected }) {
            try finish(step, outcome)
            try write(note, row: row)
            return .applied
        }
        guard try redrive(id, "accepted late") == .applied else { return .contradicting }
        return try settle(id, outcome, note)
    }

    private func finish(_ step: Step, _ outcome: StepOutcome) throws {
        var errors: String?
        if !outcome.errors.isEmpty {
            var json = JSONWriter()
            json.array(outcome.errors) { json, error in
                json.member("pointer", error.pointer)
                json.member("code", error.code)
                json.member("message", error.message)
            }
            errors = json.text
        }
        let update = try connection.statement("""
            UPDATE steps SET state = ?2, next_at = NULL, locked_until = NULL, at = ?3, reference = ?4, detail = ?5, errors = ?6 WHERE id = ?1
            """)
        update.bind(1, step.id)
        update.bind(2, (outcome.isAccepted ? StepState.accepted : .rejected).rawValue)
        update.bind(3, now)
        try update.bind(4, outcome.reference)
        try update.bind(5, outcome.errors.first?.message)
        try update.bind(6, errors)
        try update.run()
    }

    private func begin(_ steps: [Step]) throws {
        for step in steps {
            let expiresAt = now + rules.expiry(step.name)
            let update = try connection.statement(
                "UPDATE steps SET state = 1, attempts = 0, next_at = ?2, locked_until = NULL, expires_at = ?3 WHERE id = ?1")
            update.bind(1, step.id)
            update.bind(2, now)
            update.bind(3, expiresAt)
            try update.run()
            work.append(QueuedWork(file: file, id: step.id, kind: .step(name: step.name), dueAt: now, since: now, expiresAt: expiresAt))
        }
    }

    private func cancel(_ steps: [Step], except id: Int64) throws {
        for step in steps where step.id != id && (step.state.isOpen || step.state == .waiting) {
            let update = try connection.statement("UPDATE steps SET state = 7, next_at = NULL, locked_until = NULL, at = ?2 WHERE id = ?1")
            update.bind(1, step.id)
            update.bind(2, now)
            try update.run()
        }
    }

    private func bury(_ id: Int64, _ detail: String, _ note: HistoryNote) throws -> ProcessResult {
        let row = ProcessKey.row(ofStep: id)
        let steps = try steps(row: row)
        guard let step = steps.first(where: { $0.id == id }) else { return .unknown }
        guard step.state.isOpen else { return .repeated }
        let update = try connection.statement(
            "UPDATE steps SET state = 6, next_at = NULL, locked_until = NULL, at = ?2, detail = ?3 WHERE id = ?1")
        update.bind(1, id)
        update.bind(2, now)
        try update.bind(3, detail)
        try update.run()
        try write(note, row: row)
        try cancel(steps, except: id)
        try setState(.failed, of: row)
        return .applied
    }

    /// A dead step begins anew, and with it those that its end cancelled.
    private func redrive(_ id: Int64, _ event: String) throws -> ProcessResult {
        let row = ProcessKey.row(ofStep: id)
        let steps = try steps(row: row)
        guard let step = steps.first(where: { $0.id == id }), step.state.isDead, !file.state.isLeaving else { return .unknown }
        try write(HistoryNote(event) { $0.member("name", step.name) }, row: row)
        for later in steps where later.state == .cancelled && later.stage > step.stage {
            let update = try connection.statement("UPDATE steps SET state = 0, at = NULL WHERE id = ?1")
            update.bind(1, later.id)
            try update.run()
        }
        try begin(steps.filter { $0.id == id || ($0.state == .cancelled && $0.stage == step.stage) })
        try setState(.processing, of: row)
        return .applied
    }

    /// What was given up stays as it is, and in its row's history; it is only listed no more.
    private func forget(_ id: Int64, isStep: Bool) throws -> ProcessResult {
        guard !file.state.isLeaving else { return .unknown }
        let (table, dead, forgotten) = isStep
            ? ("steps", StepState.dead.rawValue, StepState.forgotten.rawValue) : ("outbox", EventState.dead.rawValue, EventState.forgotten.rawValue)
        let update = try connection.statement("UPDATE \(table) SET state = ?2 WHERE id = ?1 AND state = ?3")
        update.bind(1, id)
        update.bind(2, forgotten)
        update.bind(3, dead)
        try update.run()
        guard connection.changeCount == 1 else { return .unknown }
        try write(
            HistoryNote("dead letter deleted") { _ in }, row: isStep ? ProcessKey.row(ofStep: id) : ProcessKey.row(ofEvent: id))
        return .applied
    }

    // MARK: Events

    private func end(_ id: Int64, _ state: EventState, detail: String?, _ note: HistoryNote) throws -> ProcessResult {
        let update = try connection.statement(
            "UPDATE outbox SET state = ?2, attempts = attempts + 1, detail = ?3 WHERE id = ?1 AND state = 0")
        update.bind(1, id)
        update.bind(2, state.rawValue)
        try update.bind(3, detail)
        try update.run()
        guard connection.changeCount == 1 else { return .repeated }
        let row = ProcessKey.row(ofEvent: id)
        try write(note, row: row)
        if let target = ProcessKey.target(ofEvent: id), let next = try nextEvent(row: row, target) { try queueEvent(next) }
        return .applied
    }

    private func postpone(_ id: Int64, _ at: Int64, _ detail: String, _ note: HistoryNote) throws -> ProcessResult {
        let update = try connection.statement(
            "UPDATE outbox SET attempts = attempts + 1, next_at = ?2, detail = ?3 WHERE id = ?1 AND state = 0")
        update.bind(1, id)
        update.bind(2, at)
        try update.bind(3, detail)
        try update.run()
        guard connection.changeCount == 1 else { return .repeated }
        try write(note, row: ProcessKey.row(ofEvent: id))
        return .applied
    }

    private func redriveEvent(_ id: Int64) throws -> ProcessResult {
        guard !file.state.isLeaving else { return .unknown }
        let update = try connection.statement(
            "UPDATE outbox SET state = 0, attempts = 0, next_at = ?2, expires_at = ?3, detail = NULL WHERE id = ?1 AND state = 2")
        update.bind(1, id)
        update.bind(2, now)
        update.bind(3, now + ProcessRules.eventExpiry)
        try update.run()
        guard connection.changeCount == 1 else { return .unknown }
        try write(
            HistoryNote("redriven") { $0.member("version", ProcessKey.version(ofEvent: id)) }, row: ProcessKey.row(ofEvent: id))
        try queueEvent(id)
        return .applied
    }

    private func queueEvent(_ id: Int64) throws {
        let select = try connection.statement("SELECT client, callback_url FROM rows WHERE id = ?1")
        defer { select.reset() }
        select.bind(1, ProcessKey.row(ofEvent: id))
        guard try select.step() else { return }
        let url = ProcessKey.target(ofEvent: id) == .callback ? select.optionalText(1) : nil
        work.append(
            QueuedWork(
                file: file, id: id, kind: .event(client: select.text(0), callbackURL: url), dueAt: now, since: now,
                expiresAt: now + ProcessRules.eventExpiry))
    }

    // MARK: The row

    private func setState(_ state: ReceiptState, of row: Int64) throws {
        let sequence = nextSequence
        nextSequence += 1
        let completedAt: Int64? = state == .processing ? nil : now
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
        let changed = try connection.statement("INSERT OR REPLACE INTO changed(row, sequence, state, completed_at) VALUES(?1, ?2, ?3, ?4)")
        changed.bind(1, row)
        changed.bind(2, sequence)
        changed.bind(3, state.code)
        changed.bind(4, completedAt)
        try changed.run()
        try write(HistoryNote(state.rawValue.lowercased()) { $0.member("sequence", sequence) }, row: row)
        changes.append(RowChange(row: row, change: HotFile.StateChange(state: state, completedAt: completedAt), sequence: sequence))
        try announce(row: row, state)
    }

    private func announce(row: Int64, _ state: ReceiptState) throws {
        let select = try connection.statement("SELECT max(id) FROM outbox WHERE id BETWEEN ?1 AND ?2")
        let range = ProcessKey.range(row, ProcessKey.eventBits)
        select.bind(1, range.first)
        select.bind(2, range.last)
        defer { select.reset() }
        guard try select.step(), let last = select.optionalInt64(0), ProcessKey.version(ofEvent: last) < ProcessKey.versionMax else { return }
        let targets = try [EventTarget.callback, .contract].filter { target in
            let first = try connection.statement("SELECT 1 FROM outbox WHERE id = ?1")
            defer { first.reset() }
            first.bind(1, ProcessKey.event(row: row, version: 1, target: target))
            return try first.step()
        }
        let owner = try connection.statement("SELECT client, callback_url FROM rows WHERE id = ?1")
        defer { owner.reset() }
        owner.bind(1, row)
        guard try owner.step() else { return }
        try announce(
            row: row, state, version: ProcessKey.version(ofEvent: last) + 1, targets: targets, client: owner.text(0),
            callbackURL: owner.optionalText(1))
    }

    private func write(_ note: HistoryNote, row: Int64) throws {
        let range = ProcessKey.range(row, ProcessKey.historyBits)
        let select = try connection.statement("SELECT max(id) FROM history WHERE id BETWEEN ?1 AND ?2")
        select.bind(1, range.first)
        select.bind(2, range.last)
        let last = try select.step() ? select.optionalInt64(0) : nil
        select.reset()
        let id = last.map { $0 + 1 } ?? range.first
        guard id <= range.last else { return }
        let insert = try connection.statement("INSERT INTO history(id, at, event, details) VALUES(?1, ?2, ?3, ?4)")
        insert.bind(1, id)
        insert.bind(2, now)
        try insert.bind(3, note.event)
        try insert.bind(4, note.details)
        try insert.run()
    }
}
