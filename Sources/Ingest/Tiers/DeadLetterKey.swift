import Processes

/// Names a dead letter: its hot file, and the step or event in it. Dead letters are listed in this order.
///
/// By day, part, steps before events, number, which is the order of files and of their ids.
struct DeadLetterKey: Hashable, Comparable, CustomStringConvertible {
    let day: Int32
    let part: Int
    let isStep: Bool
    /// Of the step or event.
    let number: Int64

    init(day: Int32, part: Int, isStep: Bool, number: Int64) {
        self.day = day
        self.part = part
        self.isStep = isStep
        self.number = number
    }

    /// `2026-11-20-s4096`, `2026-11-20.2-w65600`; nil for anything else, and for other spellings.
    init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), let file = HotFileName.parse(String(text[..<dash])) else { return nil }
        let rest = text[text.index(after: dash)...]
        guard let number = Int64(rest.dropFirst()), number > 0 else { return nil }
        switch rest.first {
        case "s": isStep = true
        case "w": isStep = false
        default: return nil
        }
        (day, part) = (file.day, file.part)
        self.number = number
        // `+7` and `007` are numbers as well, and of one letter there is one name.
        guard description == text else { return nil }
    }

    var description: String { "\(HotFileName.text(day: day, part: part))-\(isStep ? "s" : "w")\(number)" }

    /// What stands before all of its file's: the same for each of them.
    var fileStart: DeadLetterKey { DeadLetterKey(day: day, part: part, isStep: true, number: 0) }

    /// Bytes that compare as the keys do.
    ///
    /// Big-endian, the day with its sign bit turned over, so that days before 1970 come first.
    ///
    /// Layout: day 4, part 4, 0 for a step or 1 for an event, number 8 bytes. On disk.
    var position: [UInt8] {
        func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        return bytes(UInt32(bitPattern: day) ^ 0x8000_0000) + bytes(UInt32(clamping: part)) + [isStep ? 0 : 1] + bytes(UInt64(bitPattern: number))
    }

    static func < (left: DeadLetterKey, right: DeadLetterKey) -> Bool { left.position.lexicographicallyPrecedes(right.position) }
}

extension HotFile {
    /// Dead letters of this file after a key, in order, at most `limit`.
    ///
    /// - Parameters:
    ///   - key: exclusive; one of another file is before all of this one's.
    ///   - note: told of each before it is kept; what it throws ends the reading.
    /// - Complexity: O(limit), where all may be seen; else O(dead letters behind the key).
    func deadLetters(
        after key: DeadLetterKey?, of scope: RowScope, limit: Int, note: (DeadLetter) throws -> Void = { _ in }
    ) throws -> [(key: DeadLetterKey, letter: DeadLetter)] {
        // A condition that is never true would take SQLite's ways to the indexes named below.
        guard scope != .none else { return [] }
        return try pool.withConnection { connection in
            var found: [(key: DeadLetterKey, letter: DeadLetter)] = []
            for isStep in [true, false] {
                let bits = isStep ? ProcessKey.stepBits : ProcessKey.eventBits
                let source = isStep ? "steps d INDEXED BY steps_dead" : "outbox d INDEXED BY outbox_dead"
                let statement = try connection.statement("""
                    SELECT \(HotFileSchema.receiptColumns), d.id, \(isStep ? "d.name" : "''"), d.at, d.detail, d.attempts
                    FROM \(source) JOIN rows r ON r.id = d.id >> \(bits) JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = r.table_id
                    WHERE d.state = \(isStep ? StepState.dead.rawValue : StepNotice.State.dead.rawValue) AND d.id > ?1
                       \(scope.condition("r.client = ?3"))
                    ORDER BY d.id LIMIT ?2
                    """)
                defer { statement.reset() }
                var above: Int64 = 0
                if let key, (key.day, key.part) == (day, part) {
                    // Events come behind steps: behind an event there is no step.
                    if !key.isStep, isStep { continue }
                    if key.isStep == isStep { above = key.number }
                }
                statement.bind(1, above)
                statement.bind(2, Int64(limit - found.count))
                if case .client(let client) = scope { try statement.bind(3, client.bytes) }
                while try statement.step() {
                    let id = statement.int64(12)
                    let key = DeadLetterKey(day: day, part: part, isStep: isStep, number: id)
                    let target = ProcessKey.target(ofEvent: id) == .callback ? "callback" : "contract"
                    let letter = DeadLetter(
                        id: key.description, kind: isStep ? .step : .webhook, name: isStep ? statement.text(13) : target,
                        at: statement.int64(14), reason: statement.text(15), attempts: statement.count(16),
                        receipt: try statement.storedReceipt().receipt.summary)
                    try note(letter)
                    found.append((key, letter))
                }
            }
            return found
        }
    }
}

/// Dead letters of files that went to cold: to be seen, not to be tried again.
extension Catalog {
    /// Again the same: a letter that is there is replaced by itself.
    func add(_ letters: [(key: DeadLetterKey, letter: DeadLetter)]) throws {
        guard !letters.isEmpty else { return }
        try write { connection in
            for (key, letter) in letters {
                // What is of no receipt is of no file, and stands elsewhere.
                guard let receipt = letter.receipt else { continue }
                let insert = try connection.statement("""
                    INSERT OR REPLACE INTO dead_letters(id, position, kind, name, at, reason, attempts, ticket_id, client_id, receipt_id, type,
                        business_day, state, sequence)
                    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                    """)
                try insert.bind(1, letter.id)
                try insert.bind(2, key.position)
                try insert.bind(3, letter.kind.rawValue)
                try insert.bind(4, letter.name)
                insert.bind(5, letter.at)
                try insert.bind(6, letter.reason)
                insert.bind(7, Int64(letter.attempts))
                try insert.bind(8, receipt.ticketID)
                try insert.bind(9, receipt.clientID)
                try insert.bind(10, receipt.receiptID)
                try insert.bind(11, receipt.type)
                insert.bind(12, Int64(receipt.businessDay))
                try insert.bind(13, receipt.state.rawValue)
                insert.bind(14, receipt.sequence)
                try insert.run()
            }
        }
    }

    /// Lets go of what is there of a hot file, left by a move that was cut off: some of it may have been taken up again since, and some was deleted.
    func clearDeadLetters(day: Int32, part: Int) throws {
        let first = DeadLetterKey(day: day, part: part, isStep: true, number: 0).position
        let last = DeadLetterKey(day: day, part: part, isStep: false, number: .max).position
        func run<Result>(_ sql: String, _ connection: SQLiteConnection, _ body: (SQLiteStatement) throws -> Result) throws -> Result {
            let statement = try connection.statement("\(sql) FROM dead_letters WHERE position BETWEEN ?1 AND ?2")
            defer { statement.reset() }
            try statement.bind(1, first)
            try statement.bind(2, last)
            return try body(statement)
        }
        // Nearly always there are none, and a look costs no commit.
        guard try read({ try run("SELECT 1", $0) { try $0.step() } }) else { return }
        try write { try run("DELETE", $0) { try $0.run() } }
    }

    /// As those of a hot file.
    ///
    /// - Parameter files: that are hot: what is here of them a move has left that was cut off, and they say better.
    /// - Complexity: O(limit), and what such moves have left.
    func deadLetters(
        after key: DeadLetterKey?, of scope: RowScope, limit: Int, exceptOf files: [HotFile] = [], note: (DeadLetter) throws -> Void = { _ in }
    ) throws -> [(key: DeadLetterKey, letter: DeadLetter)] {
        let hot = Set(files.map { DeadLetterKey(day: $0.day, part: $0.part, isStep: true, number: 0) })
        return try read { connection in
            let select = try connection.statement("""
                SELECT id, kind, name, at, reason, attempts, ticket_id, client_id, receipt_id, type, business_day, state, sequence
                FROM dead_letters WHERE position > ?1\(scope.condition("client_id = ?2")) ORDER BY position
                """)
            defer { select.reset() }
            try select.bind(1, key?.position ?? [])
            if case .client(let client) = scope { try select.bind(2, client.text) }
            var found: [(key: DeadLetterKey, letter: DeadLetter)] = []
            while found.count < limit, try select.step() {
                guard let key = DeadLetterKey(select.text(0)), let kind = DeadLetter.Kind(rawValue: select.text(1)),
                    let state = ReceiptState(rawValue: select.text(11))
                else { throw SQLiteError(code: 11, message: "dead letter \(select.text(0)) cannot be read", path: path) }
                if hot.contains(key.fileStart) { continue }
                let receipt = ReceiptSummary(
                    ticketID: select.text(6), clientID: select.text(7), receiptID: select.text(8), type: select.text(9),
                    businessDay: Int32(clamping: select.int64(10)), state: state, sequence: select.int64(12))
                let letter = DeadLetter(
                    id: select.text(0), kind: kind, name: select.text(2), at: select.int64(3), reason: select.text(4), attempts: select.count(5), receipt: receipt)
                try note(letter)
                found.append((key, letter))
            }
            return found
        }
    }
}
