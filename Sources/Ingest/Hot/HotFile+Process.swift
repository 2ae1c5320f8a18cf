import ColumnStore
import Documents
internal import Processes

/// Reading processes: what is to be done, what was done.
extension HotFile {
    // MARK: Histories

    /// The `history` column of rows, in the order of `wanted`, their ids, whichever that is.
    ///
    /// - Parameters:
    ///   - wanted: the ids, each once.
    ///   - body: called with the place in `wanted`, by rising ids, and the byte count that `fits` was given. It holds a connection of the pool meanwhile.
    ///   - fits: called with about the bytes of the next history before it is read; false ends the reading there.
    /// - Complexity: O(steps and events of the rows, and of rows between them that a run reads over).
    func readHistories(
        _ wanted: [Int64], _ body: (_ place: Int, _ text: String, _ expectedByteCount: Int) throws -> Void, fits: (_ byteCount: Int) throws -> Bool
    ) throws {
        let (ids, places) = Self.ascending(wanted)
        try pool.withConnection { connection in
            var next = 0
            while next < ids.count {
                let run = Self.run(ids, from: next)
                let byteCounts = try Self.historyByteCounts(connection, rows: ids[next]...ids[run - 1])
                func expected(_ row: Int64) -> Int { (byteCounts[row] ?? 0).addingSaturating(ReceiptHistory.empty.utf8.count) }
                while next < run {
                    var (end, isFull, byteCount) = (next, false, 0)
                    while end < run {
                        // What is not asked for and lies between two is read with them.
                        let first = end == next ? ids[end] : ids[end - 1] + 1
                        for row in first...ids[end] { byteCount = byteCount.addingSaturating(expected(row)) }
                        if end > next, byteCount > Self.historyLotByteCount { break }
                        isFull = try !fits(expected(ids[end]))
                        if isFull { break }
                        end += 1
                    }
                    if end > next {
                        let found = try Self.histories(connection, rows: ids[next]...ids[end - 1])
                        for index in next..<end { try body(places?[index] ?? index, found[ids[index]]?.text ?? ReceiptHistory.empty, expected(ids[index])) }
                    }
                    if isFull { return }
                    next = end
                }
            }
        }
    }

    /// So much of histories is read together; one that is longer by itself.
    private static let historyLotByteCount = 256 << 10
    /// Of a step or an event, what stands around its texts.
    private static let historyEntryByteCount = 160

    /// About what the histories of a range of rows take, of those that have one: none of their texts is kept for it.
    private static func historyByteCounts(_ connection: SQLiteConnection, rows: ClosedRange<Int64>) throws -> [Int64: Int] {
        var byteCounts: [Int64: Int] = [:]
        func add(_ sql: String, bits: Int64) throws {
            let statement = try connection.statement(sql)
            defer { statement.reset() }
            statement.bind(1, ProcessKey.range(rows.lowerBound, bits).first)
            statement.bind(2, ProcessKey.range(rows.upperBound, bits).last)
            while try statement.step() {
                let byteCount = statement.count(1).addingSaturating(historyEntryByteCount)
                byteCounts[statement.int64(0) >> bits, default: 0] = byteCounts[statement.int64(0) >> bits, default: 0].addingSaturating(byteCount)
            }
        }
        func length(_ column: String) -> String { "coalesce(length(CAST(\(column) AS BLOB)), 0)" }
        try add("SELECT id, \(["name", "reference", "detail", "errors"].map(length).joined(separator: " + ")) FROM steps WHERE id BETWEEN ?1 AND ?2", bits: ProcessKey.stepBits)
        try add("SELECT id, \(["event", "details"].map(length).joined(separator: " + ")) FROM history WHERE id BETWEEN ?1 AND ?2", bits: ProcessKey.historyBits)
        return byteCounts
    }

    func history(row: Int64) throws -> ReceiptHistory {
        try withRows { try Self.histories($0, rows: row...row)[row] ?? ReceiptHistory() }
    }

    /// Of the rows that have one.
    ///
    /// Two reads for a range of rows: `steps` and `history` have the row's number in the upper bits of their ids.
    private static func histories(_ connection: SQLiteConnection, rows: ClosedRange<Int64>) throws -> [Int64: ReceiptHistory] {
        var histories: [Int64: ReceiptHistory] = [:]
        let steps = try connection.statement(
            "SELECT name, stage, state, attempts, at, reference, detail, errors, id FROM steps WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { steps.reset() }
        steps.bind(1, ProcessKey.range(rows.lowerBound, ProcessKey.stepBits).first)
        steps.bind(2, ProcessKey.range(rows.upperBound, ProcessKey.stepBits).last)
        while try steps.step() {
            let row = ProcessKey.row(ofStep: steps.int64(8))
            histories[row, default: ReceiptHistory()].steps.append(
                TicketStep(
                    name: steps.text(0), stage: Int(steps.int64(1)), state: StepState(rawValue: steps.int64(2))?.text ?? "",
                    attempts: steps.count(3), at: steps.optionalInt64(4), reference: steps.optionalText(5), detail: steps.optionalText(6)))
            guard let errors = steps.optionalText(7) else { continue }
            histories[row, default: ReceiptHistory()].errors += try ReceiptHistory(text: #"{"errors":\#(errors)}"#).errors
        }
        let events = try connection.statement("SELECT at, event, details, id FROM history WHERE id BETWEEN ?1 AND ?2 ORDER BY id")
        defer { events.reset() }
        events.bind(1, ProcessKey.range(rows.lowerBound, ProcessKey.historyBits).first)
        events.bind(2, ProcessKey.range(rows.upperBound, ProcessKey.historyBits).last)
        while try events.step() {
            // As `ProcessKey.row(ofStep:)` takes a step's: 16 bits below the row are the entry's number.
            histories[events.int64(3) >> ProcessKey.historyBits, default: ReceiptHistory()].events.append(
                HistoryEvent(at: events.int64(0), event: events.text(1), details: try ReceiptHistory.members(events.text(2))))
        }
        return histories
    }

    // MARK: Work

    /// What is to be done according to the file: open steps, and of each row the oldest event that a target has not got.
    ///
    /// - Parameters:
    ///   - name: of the steps that are wanted; nil for all.
    ///   - wantsClients: whether it is looked up whose steps of that name are: it stands in the row of each, beside the document.
    ///   - body: called with some at a time; returns whether more are wanted.
    /// - Complexity: O(unfinished steps and events).
    func forEachOpen(
        steps wantsSteps: Bool = true, named name: String? = nil, events wantsEvents: Bool = true, now: Int64, wantsClients: (String) -> Bool = { _ in true }, _ body: ([QueuedWork]) -> Bool
    ) throws {
        if wantsSteps {
            try pool.withConnection { connection in
                let clients = try connection.statement("SELECT client FROM rows WHERE id = ?1")
                try Self.inParts(try openSteps(connection, name), body) { step in
                    openStep(step, client: wantsClients(step.text(1)) ? try Self.client(ofStep: step.int64(0), clients) : nil, now: now)
                }
            }
        }
        if wantsEvents {
            try pool.withConnection { connection in
                // Ordered by id, which is row, version, target: of a target's events the first that is met is the oldest, and the others wait for it.
                var (row, targets): (Int64, Set<StepNotice.Target>) = (0, [])
                try Self.inParts(try openEvents(connection), body) { statement in
                    let id = statement.int64(0)
                    if ProcessKey.row(ofEvent: id) != row { (row, targets) = (ProcessKey.row(ofEvent: id), []) }
                    guard let target = ProcessKey.target(ofEvent: id), targets.insert(target).inserted else { return nil }
                    return openEvent(statement, target)
                }
            }
        }
    }

    /// Steps and events that were given up.
    ///
    /// The partial index is named, so that the answer is O(those that were given up) whatever SQLite's statistics say.
    func deadCounts() throws -> (steps: Int64, events: Int64) {
        try pool.withConnection { connection in
            (
                try connection.integer("SELECT count(*) FROM steps INDEXED BY steps_dead WHERE state = 6") ?? 0,
                try connection.integer("SELECT count(*) FROM outbox INDEXED BY outbox_dead WHERE state = 2") ?? 0
            )
        }
    }

    /// An endpoint's name, and one of the states that the index `steps_open` holds (`StepState`).
    struct OpenSteps: Hashable {
        let name: String
        let state: Int64
    }

    /// - Complexity: O(open steps).
    func openStepCounts() throws -> [OpenSteps: Int64] {
        try pool.withConnection { connection in
            let select = try connection.statement(
                "SELECT name, state, count(*) FROM steps INDEXED BY steps_open WHERE state IN (1, 2, 3) GROUP BY name, state")
            defer { select.reset() }
            var counts: [OpenSteps: Int64] = [:]
            while try select.step() { counts[OpenSteps(name: select.text(0), state: select.int64(1))] = select.int64(2) }
            return counts
        }
    }

    /// Queues are filled by so many at a time: a file may hold millions of open steps.
    private static let partCount = 1_000

    /// - Parameter make: nil for a row that is no work.
    private static func inParts(
        _ statement: SQLiteStatement, _ body: ([QueuedWork]) -> Bool, _ make: (SQLiteStatement) throws -> QueuedWork?
    ) throws {
        defer { statement.reset() }
        var part: [QueuedWork] = []
        while try statement.step() {
            if let work = try make(statement) { part.append(work) }
            if part.count == partCount {
                guard body(part) else { return }
                part = []
            }
        }
        _ = body(part)
    }

    /// By no order: the queues sort by when work is due.
    private func openSteps(_ connection: SQLiteConnection, _ name: String?) throws -> SQLiteStatement {
        let statement = try connection.statement("""
            SELECT id, name, state, next_at, locked_until, expires_at FROM steps INDEXED BY steps_open
            WHERE state IN (1, 2, 3) AND (?1 IS NULL OR name = ?1)
            """)
        try statement.bind(1, name)
        return statement
    }

    /// Whose a step is; nil where its row cannot be read: that is in the way of this step, when its turn comes, and of no other.
    private static func client(ofStep id: Int64, _ statement: SQLiteStatement) throws -> String? {
        defer { statement.reset() }
        statement.bind(1, ProcessKey.row(ofStep: id))
        do throws(SQLiteError) { return try statement.step() ? statement.text(0) : nil } catch {
            guard error.kind == .corrupt || error.isUnreadPart else { throw error }
            return nil
        }
    }

    /// Of an earlier call it is only known that it may have been made.
    private func openStep(_ statement: SQLiteStatement, client: String?, now: Int64) -> QueuedWork {
        // A registrar that has taken a step answers later; until `locked_until` it is not asked.
        let isInProgress = statement.int64(2) == StepState.inProgress.rawValue
        let dueAt = (isInProgress ? statement.optionalInt64(4) : statement.optionalInt64(3)) ?? now
        return QueuedWork(
            file: self, id: statement.int64(0), kind: .step(name: statement.text(1)), client: client, dueAt: dueAt, since: min(now, dueAt),
            expiresAt: statement.optionalInt64(5) ?? .max, mayHaveArrived: true)
    }

    private func openEvents(_ connection: SQLiteConnection) throws -> SQLiteStatement {
        try connection.statement("""
            SELECT o.id, o.next_at, o.expires_at, o.at, r.client, r.callback_url
            FROM outbox o INDEXED BY outbox_open JOIN rows r ON r.id = o.id >> \(ProcessKey.eventBits) WHERE o.state = 0 ORDER BY o.id
            """)
    }

    private func openEvent(_ statement: SQLiteStatement, _ target: StepNotice.Target) -> QueuedWork {
        QueuedWork(
            file: self, id: statement.int64(0),
            kind: .event(client: statement.text(4), callbackURL: target == .callback ? statement.optionalText(5) : nil),
            dueAt: statement.int64(1), since: statement.int64(3), expiresAt: statement.int64(2))
    }

    /// A step as a call needs it.
    ///
    /// Read when its turn comes, not when it is queued: a queue of millions holds no documents.
    struct StepCall {
        var state: StepState
        var attempts: Int
        /// Microseconds since 1970; `.max` for never. A redrive makes it another.
        var expiresAt: Int64
        var stored: StoredReceipt
        var contentType: String
        var trace: String?
    }

    /// Without the document: what is expired, or has nobody to go to, is so whether that can be read or not.
    ///
    /// - Returns: nil when the step or its row is not there.
    func stepCall(_ id: Int64) throws -> StepCall? {
        let row = ProcessKey.row(ofStep: id)
        return try pool.withConnection { connection -> StepCall? in
            let step = try connection.statement("SELECT state, attempts, expires_at FROM steps WHERE id = ?1")
            defer { step.reset() }
            step.bind(1, id)
            guard try step.step(), let state = StepState(rawValue: step.int64(0)) else { return nil }
            let select = try connection.statement(
                "SELECT \(HotFileSchema.receiptColumns), k.content_type, r.trace FROM \(HotFileSchema.receiptSource) WHERE r.id = ?1")
            defer { select.reset() }
            select.bind(1, row)
            guard try select.step() else { return nil }
            return StepCall(
                state: state, attempts: step.count(1), expiresAt: step.optionalInt64(2) ?? .max, stored: try select.storedReceipt().receipt, contentType: select.text(12),
                trace: select.optionalText(13))
        }
    }

    /// Of a step's row, proven.
    func document(ofStep id: Int64) throws -> [UInt8] {
        var document: [UInt8] = []
        try readStored([ProcessKey.row(ofStep: id)], document: true) { _, parts in document = parts.document ?? [] }
        return document
    }

    /// An event that is owed to a client, as a call needs it. `event` is the state that the receipt got, `at` when, in microseconds since 1970.
    struct EventCall {
        var isPending: Bool
        var attempts: Int
        var event: ReceiptState
        var at: Int64
        var stored: StoredReceipt
        var trace: String?
    }

    func eventCall(_ id: Int64) throws -> EventCall? {
        try pool.withConnection { connection in
            let select = try connection.statement("""
                SELECT \(HotFileSchema.receiptColumns), o.state, o.attempts, o.event, o.at, r.trace
                FROM \(HotFileSchema.receiptSource) JOIN outbox o ON o.id = ?2 WHERE r.id = ?1
                """)
            defer { select.reset() }
            select.bind(1, ProcessKey.row(ofEvent: id))
            select.bind(2, id)
            guard try select.step(), let event = ReceiptState(code: select.int64(14)) else { return nil }
            return EventCall(
                isPending: select.int64(12) == StepNotice.State.pending.rawValue, attempts: select.count(13), event: event, at: select.int64(15),
                stored: try select.storedReceipt().receipt, trace: select.optionalText(16))
        }
    }

    /// The step of a name in a row's process.
    ///
    /// - Complexity: O(steps of the row).
    func step(named name: String, row: Int64) throws -> (id: Int64, state: StepState)? {
        try pool.withConnection { connection in
            let select = try connection.statement("SELECT id, state FROM steps WHERE id BETWEEN ?1 AND ?2 AND name = ?3")
            defer { select.reset() }
            let range = ProcessKey.range(row, ProcessKey.stepBits)
            select.bind(1, range.first)
            select.bind(2, range.last)
            try select.bind(3, name)
            guard try select.step(), let state = StepState(rawValue: select.int64(1)) else { return nil }
            return (select.int64(0), state)
        }
    }
}
