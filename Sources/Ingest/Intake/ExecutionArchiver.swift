import ColumnStore
import Documents

/// Moves executions that ended long ago from their file into the table `executions`: from here on nobody redrives them; first the rows, durably, then they are forgotten. After a crash between
/// the two the rows are known again, and written once.
///
/// One thread, a hundred executions at a time: their rows go through the hot writer as any others.
final class ExecutionArchiver: Sendable {
    private let parts: IntakeParts
    private let executions: ExecutionStore
    private let table: ExecutionTable
    /// In microseconds.
    private let age: Int64
    private let state = Monitor(false)
    private let thread = HeldThread()

    private static let pageCount = 100
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
        let found = try executions.reader.finished(before: instant, limit: Self.pageCount)
        guard !found.isEmpty, Self.prepare(parts) else { return false }
        // Somebody may have one of them go on meanwhile.
        let numbers = try executions.perform { core in try core.beginForgetting(found, endedBy: instant) }
        var rows: [HotRow] = []
        for number in numbers {
            guard let execution = try executions.reader.execution(number: number) else { continue }
            try addRows(of: execution, &rows)
        }
        try store(&rows)
        try executions.perform { core in try core.forgetExecutions(numbers) }
        return found.count == Self.pageCount
    }

    /// A row for each 256 KiB of history, one at least.
    private func addRows(of execution: ExecutionView, _ rows: inout [HotRow]) throws {
        var (part, after) = (1, Int64(0))
        while true {
            let (entries, isCut) = try executions.reader.history(execution.number, after: after, limit: Self.entryCountMax, byteCountMax: ExecutionTable.historyByteCount)
            let isLast = !isCut && entries.count < Self.entryCountMax
            if part == 1 || !entries.isEmpty {
                rows.append(try table.row(execution, part: part, entries.map(\.json), now: parts.clock.now()))
                if rows.count >= Self.rowCount { try store(&rows) }
            }
            guard !isLast, let last = entries.last else { return }
            (part, after) = (part + 1, last.number)
        }
    }

    /// Entries of one row.
    private static let entryCountMax = 1_000

    /// Waits for the writer. Rows that were stored before are repeats.
    private func store(_ rows: inout [HotRow]) throws {
        guard !rows.isEmpty else { return }
        let intake = Intake(parts: parts, request: TakeRequest(form: .json, body: [], contentType: "", principal: .admin))
        let answer = Monitor<Submission.Answer?>(nil)
        intake.submit(rows, isAtomic: false) { outcome in answer.broadcast { $0 = outcome } }
        switch answer.wait({ $0 }) {
        case .refused(let fault): throw fault
        case .conflicts: throw Fault(.internalError, "an execution met another row")
        case .done(let outcomes):
            for case .refused(let fault) in outcomes { throw fault }
            for case .conflict(let ticket) in outcomes { throw Fault(.internalError, "an execution met another row, of the ticket \(ticket)") }
        }
        rows.removeAll()
    }
}
