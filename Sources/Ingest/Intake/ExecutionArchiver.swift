import ColumnStore
import Documents
import Synchronization

/// Moves executions that ended long ago from their file into the table `executions`: from here on nobody redrives them; first the rows, durably, then they are forgotten. After a crash between
/// the two the rows are known again, and written once.
///
/// One thread, a hundred executions at a time: their rows go through the hot writer as any others. One that makes no row, or whose row's place is taken, stays in its file and holds up no other.
final class ExecutionArchiver: Sendable {
    private let parts: IntakeParts
    private let executions: ExecutionStore
    private let table: ExecutionTable
    /// In microseconds.
    private let age: Int64
    private let state = Monitor(false)
    private let thread = HeldThread()
    /// Executions that cannot be put into the table: they are looked at again by the next start.
    private let stuck = Mutex<Set<Int64>>([])

    /// What the file has of an execution makes no row, however often that is tried.
    private struct NoRow: Error { let reason: String }

    private typealias Row = (execution: Int64, row: HotRow)

    private static let pageCount = 100
    /// More of them are no fault of one execution.
    private static let stuckCountMax = 10_000
    /// Rows that are handed to the writer together: others come between.
    private static let rowCount = 64
    private static let pauseSeconds = 60.0
    /// Where executions are to go at once, and after a failure.
    private static let shortPauseSeconds = 1.0

    /// - Parameter days: since an execution's end; 0: at once.
    init(_ parts: IntakeParts, _ executions: ExecutionStore, days: Int) throws {
        (self.parts, self.executions) = (parts, executions)
        table = try ExecutionTable()
        age = Int64(days) * Clock.microsecondsPerDay
    }

    /// Makes the table, before there is anything in it.
    ///
    /// - Returns: false where it cannot be: executions stay where they are.
    @discardableResult
    static func prepare(_ parts: IntakeParts) -> Bool {
        do {
            if try ExecutionTable().make(parts.tier.tables, parts.catalog) { return true }
            StoreLog.note("executions stay in their file", path: ExecutionTable.name, reason: "a type has a table of that name, with other columns", level: .warning)
        } catch {
            StoreLog.note("the table of executions could not be made", path: ExecutionTable.name, reason: StoreLog.text(error), level: .warning)
        }
        return false
    }

    func start() { thread.start(name: "execution-archive") { [self] in run() } }

    func stop() {
        state.broadcast { $0 = true }
        thread.join()
    }

    private func run() {
        while true {
            var pause = age == 0 ? Self.shortPauseSeconds : Self.pauseSeconds
            do {
                while try archivePage() { if state.withLock({ $0 }) { return } }
            } catch {
                StoreLog.note("executions could not be put into their table; it is tried again", path: ExecutionTable.name, reason: StoreLog.text(error), level: .warning)
                pause = Self.pauseSeconds
            }
            if state.wait(seconds: pause, { $0 ? true : nil }) == true { return }
        }
    }

    /// - Returns: whether there may be more.
    /// - Throws: where rows could not be stored: nothing is forgotten then.
    func archivePage() throws -> Bool {
        let instant = parts.clock.now().subtractingSaturating(age)
        // Those that stay are the oldest, each time.
        let passed = stuck.withLock { $0 }
        let finished = try executions.reader.finished(before: instant, limit: Self.pageCount + passed.count).filter { !passed.contains($0) }
        let found = Array(finished.prefix(Self.pageCount))
        guard !found.isEmpty, Self.prepare(parts) else { return false }
        // Somebody may have one of them go on meanwhile.
        let numbers = try executions.perform { core in try core.beginForgetting(found, endedBy: instant) }
        var rows: [Row] = []
        for number in numbers {
            do { try addRows(of: number, &rows) } catch let none as NoRow {
                rows.removeAll { $0.execution == number }
                try leave(number, none.reason)
            }
        }
        try store(&rows)
        let left = stuck.withLock { $0 }
        try executions.perform { core in
            core.leaving.subtract(left)
            try core.forgetExecutions(numbers.filter { !left.contains($0) })
        }
        return found.count == Self.pageCount
    }

    private func leave(_ number: Int64, _ reason: String) throws {
        let count = stuck.withLock { stuck in
            stuck.insert(number)
            return stuck.count
        }
        StoreLog.note("an execution stays in its file", path: ExecutionTable.name, reason: "number \(number): \(reason)", level: .warning)
        guard count <= Self.stuckCountMax else { throw Fault(.internalError, "\(count) executions cannot be put into their table") }
    }

    /// - Throws: `NoRow` for what is wrong with one execution; what may pass as it is.
    private func own<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch {
            if let error = error as? SQLiteError, error.kind != .corrupt { throw error }
            // A fault of a document may repeat a value.
            throw NoRow(reason: (error as? Fault)?.code.rawValue ?? StoreLog.text(error))
        }
    }

    /// A row for each 256 KiB of history, one at least.
    private func addRows(of number: Int64, _ rows: inout [Row]) throws {
        guard let execution = try own({ try executions.reader.execution(number: number) }) else { return }
        var (part, after) = (1, Int64(0))
        while true {
            let (entries, isCut) = try own {
                try executions.reader.history(number, after: after, limit: Self.entryCountMax, byteCountMax: ExecutionTable.historyByteCount)
            }
            let isLast = !isCut && entries.count < Self.entryCountMax
            if part == 1 || !entries.isEmpty {
                rows.append((number, try own { try table.row(execution, part: part, entries.map(\.json), now: parts.clock.now()) }))
                if rows.count >= Self.rowCount { try store(&rows) }
            }
            guard !isLast, let last = entries.last else { return }
            (part, after) = (part + 1, last.number)
        }
    }

    /// Entries of one row.
    private static let entryCountMax = 1_000

    /// Waits for the writer. Rows that were stored before are repeats.
    private func store(_ rows: inout [Row]) throws {
        guard !rows.isEmpty else { return }
        let intake = Intake(parts: parts, request: IntakeRequest(form: .json, body: [], contentType: "", principal: .admin))
        let answer = Monitor<Submission.Answer?>(nil)
        intake.submit(rows.map(\.row), isAtomic: false) { outcome in answer.broadcast { $0 = outcome } }
        switch answer.wait({ $0 }) {
        case .refused(let fault): throw fault
        case .conflicts: throw Fault(.internalError, "an execution met another row")
        case .done(let outcomes):
            for case .refused(let fault) in outcomes { throw fault }
            for (one, outcome) in zip(rows, outcomes) {
                if case .conflict(let ticket) = outcome { try leave(one.execution, "its place has another row, of the ticket \(ticket)") }
            }
        }
        rows.removeAll()
    }
}
