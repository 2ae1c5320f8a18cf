internal import ColumnStore
internal import Documents
internal import Processes

/// Definitions with their versions, and the starts that they plan.
extension ExecutionCore {
    /// - Throws: `not-found`, also for one that was deleted.
    func currentVersion(_ process: String) throws -> Int64 {
        let select = try connection().statement("SELECT version FROM processes WHERE name = ?1 AND is_deleted = 0")
        try select.bind(1, process)
        defer { select.reset() }
        guard try select.step() else { throw Fault.absent(.process(process)) }
        return select.int64(0)
    }

    /// Adds a definition, or its next version where it is another than the present one.
    ///
    /// Versions of a name only rise, over its deletions too: executions go on with the version that they began with. Definitions are compared by their
    /// bytes.
    ///
    /// - Parameters:
    ///   - definition: as it was put; `machine` is what was read of it.
    ///   - machine: whose plans take the place of those of the version before.
    func put(_ process: String, _ definition: [UInt8], _ machine: Machine) throws -> ProcessPutOutcome {
        let select = try connection().statement(
            """
            SELECT p.version, p.is_deleted, d.definition FROM processes p JOIN definitions d ON d.process = p.name AND d.version = p.version WHERE p.name = ?1
            """)
        try select.bind(1, process)
        var earlier: (version: Int64, isDeleted: Bool, definition: [UInt8])?
        if try select.step() { earlier = (select.int64(0), select.int64(1) != 0, select.bytes(2)) }
        select.reset()
        if let earlier, !earlier.isDeleted, earlier.definition == definition { return .unchanged }
        let version = (earlier?.version ?? 0) + 1
        let insert = try connection().statement("INSERT INTO definitions(process, version, definition, put_at) VALUES(?1, ?2, ?3, ?4)")
        try insert.bind(1, process)
        insert.bind(2, version)
        try insert.bind(3, definition)
        insert.bind(4, now)
        try insert.run()
        let update = try connection().statement("INSERT OR REPLACE INTO processes(name, version, is_deleted) VALUES(?1, ?2, 0)")
        try update.bind(1, process)
        update.bind(2, version)
        try update.run()
        try plan(process, machine)
        return earlier.map { !$0.isDeleted } ?? false ? .changed : .created
    }

    /// No new execution starts; those that run go on.
    ///
    /// Marks a process as deleted. Its definitions stay, for whoever runs by them.
    ///
    /// - Throws: `not-found`.
    func delete(_ process: String) throws {
        _ = try currentVersion(process)
        let update = try connection().statement("UPDATE processes SET is_deleted = 1 WHERE name = ?1")
        try update.bind(1, process)
        try update.run()
        try unplan(process)
    }

    // MARK: Schedules

    private func unplan(_ process: String) throws {
        resting.remove(process)
        let delete = try connection().statement("DELETE FROM schedules WHERE process = ?1")
        try delete.bind(1, process)
        try delete.run()
    }

    /// Plans each schedule's next start after the present; a rule is known by its place in the definition.
    private func plan(_ process: String, _ machine: Machine) throws {
        try unplan(process)
        for (rule, start) in machine.starts.enumerated() {
            guard let next = Self.next(start, after: now) else { continue }
            try plan(process, rule: rule, at: next)
        }
    }

    private func plan(_ process: String, rule: Int, at: Int64) throws {
        let insert = try connection().statement("INSERT OR REPLACE INTO schedules(process, rule, next_at) VALUES(?1, ?2, ?3)")
        try insert.bind(1, process)
        insert.bind(2, Int64(rule))
        insert.bind(3, at)
        try insert.run()
        aftermath.earliest = min(aftermath.earliest, at)
    }

    /// In microseconds; nil of what is no schedule, or never comes.
    static func next(_ start: StartRule, after instant: Int64) -> Int64? {
        guard case .schedule(let expression, let name) = start, let zone = ZoneRules.named(name) else { return nil }
        // Schedules count seconds, the file microseconds.
        return Schedule(expression, in: zone).next(after: instant / 1_000_000).map { $0 * 1_000_000 }
    }

    /// A clock that was ahead for a while has planned for what comes long after the present. What has started already does so once, by its name.
    private func planEarlier() throws {
        let select = try connection().statement("SELECT process, rule, next_at FROM schedules WHERE next_at > ?1")
        select.bind(1, now)
        var planned: [(process: String, rule: Int, at: Int64)] = []
        // All are read before one is written: a statement that is stepped through while its table changes may give a row twice.
        while try select.step() { planned.append((select.text(0), Int(exactly: select.int64(1)) ?? 0, select.int64(2))) }
        for one in planned {
            // A definition that cannot be read keeps its plan as it is.
            guard let machine = try? machine(one.process, version: try currentVersion(one.process)), machine.starts.indices.contains(one.rule),
                let next = Self.next(machine.starts[one.rule], after: now), next < one.at
            else { continue }
            try plan(one.process, rule: one.rule, at: next)
        }
        mayPlanEarlier = false
    }

    /// When the next plan is due that does not rest; nil for none.
    func nextSchedule() throws -> Int64? {
        guard let file else { return nil }
        let select = try file.statement("SELECT process, next_at FROM schedules ORDER BY next_at")
        defer { select.reset() }
        while try select.step() { if !resting.contains(select.text(0)) { return select.int64(1) } }
        return nil
    }

    /// The first plans that are due, but those that rest.
    private func duePlans(countMax: Int) throws -> [(process: String, rule: Int, at: Int64)] {
        let select = try connection().statement("SELECT process, rule, next_at FROM schedules WHERE next_at <= ?1 ORDER BY next_at")
        defer { select.reset() }
        select.bind(1, now)
        var due: [(process: String, rule: Int, at: Int64)] = []
        while due.count < countMax, try select.step() {
            let process = select.text(0)
            if !resting.contains(process) { due.append((process, Int(exactly: select.int64(1)) ?? 0, select.int64(2))) }
        }
        return due
    }

    /// The present definition of a process with a plan; nil where this program cannot read it: its plans rest then.
    ///
    /// Their rows stay as they are, so that a version which reads it makes up for what was missed.
    private func plannedMachine(_ process: String) throws -> Machine? {
        do {
            return try machine(process, version: try currentVersion(process))
        } catch let unreadable as UnreadableExecution {
            noteResting(process, unreadable.description)
        } catch let fault as Fault {
            noteResting(process, fault.detail)
        }
        return nil
    }

    private func noteResting(_ process: String, _ reason: String) {
        // Told once: its other rules may be due in this commit too.
        guard resting.insert(process).inserted else { return }
        StoreLog.note("the schedules of a process rest", path: path, reason: "\(process): \(reason)", level: .warning)
    }

    /// Starts what is planned for now. What was missed while nobody was there is made up for once, however often it was missed.
    ///
    /// Within the writer's commit, after its timers. One that cannot be started holds up no other: it is left out, and the log says so.
    ///
    /// - Parameter countMax: of one commit; what is left is due at once again.
    /// - Throws: `SQLiteError`: nothing of the commit holds then.
    func fireSchedules(countMax: Int) throws {
        guard file != nil else { return }
        if mayPlanEarlier { try planEarlier() }
        // All are read before one is moved on, as in `planEarlier`.
        for planned in try duePlans(countMax: countMax) {
            guard let machine = try plannedMachine(planned.process) else { continue }
            guard machine.starts.indices.contains(planned.rule), let next = Self.next(machine.starts[planned.rule], after: now) else {
                try unplan(planned.process)
                continue
            }
            // By name, so that no plan starts twice.
            // The event is CloudEvents 1.0, as those of topics are, so that a definition reads its input alike whoever starts it.
            let time = CivilDate.text(microseconds: planned.at)
            let event = JSONValue.object([
                "specversion": .string("1.0"), "id": .string("\(planned.process):\(planned.rule):\(time)"), "source": .string("/processes/\(planned.process)"),
                "type": .string("schedule"), "time": .string(time), "datacontenttype": .string("application/json"), "data": .object([]),
            ])
            do {
                _ = try start(
                    ExecutionRequest(process: planned.process, name: "schedule \(planned.rule) \(time)", input: event, owner: .administrator))
            } catch let fault as Fault {
                StoreLog.note("a planned start was left out", path: path, reason: "\(planned.process): \(fault.detail)", level: .warning)
            } catch let unreadable as UnreadableExecution {
                // There is an execution of this name already.
                StoreLog.note("a planned start was left out", path: path, reason: "\(planned.process): \(unreadable.description)", level: .warning)
            }
            try plan(planned.process, rule: planned.rule, at: next)
        }
    }
}
