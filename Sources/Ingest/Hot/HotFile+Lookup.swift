import ColumnStore

/// Finding single receipts by the index and by bisection.
///
/// All of it reads committed rows through the file's pool, and may be called from any thread. A file is asked for its days first, which are in
/// memory: most files are left out without a look at the disk.
extension HotFile {
    /// The receipt that holds an identity (FAILED ones do not), among committed rows.
    ///
    /// - Parameter isOneOfMany: as `withRows` has it.
    /// - Complexity: one search in the index of identities, O(log rows).
    func find(_ identity: ReceiptIdentity, isOneOfMany: Bool = false) throws -> StoredReceipt? {
        guard state.days.contains(identity.businessDay) else { return nil }
        return try withRows(isOneOfMany: isOneOfMany) { connection in
            let statement = try connection.statement("""
                SELECT \(HotFileSchema.receiptColumns) FROM \(HotFileSchema.receiptSource)
                WHERE r.receipt = ?1 AND r.client = ?2 AND r.business_day = ?3 AND r.state <> 2 AND r.table_id > 0 AND t.name = ?4
                """)
            defer { statement.reset() }
            try statement.bind(1, identity.receipt)
            try statement.bind(2, identity.client)
            statement.bind(3, Int64(identity.businessDay))
            try statement.bind(4, identity.table)
            guard try statement.step() else { return nil }
            return try statement.storedReceipt().receipt
        }
    }

    /// The FAILED receipt of the same document under an identity, among committed rows.
    func findFailed(_ identity: ReceiptIdentity, document sha256: [UInt8]) throws -> StoredReceipt? {
        guard hasFailed, state.days.contains(identity.businessDay) else { return nil }
        return try withRows { try $0.statement(HotFileSchema.failedOfDocument).failedReceipt(identity, document: sha256) }
    }

    /// The receipt that came next under the identity of a FAILED one, itself FAILED by now or not.
    ///
    /// - Parameter sequence: of the FAILED one. A receipt that holds the identity now is not asked for here: `find` has it.
    func successor(of identity: ReceiptIdentity, after sequence: Int64) throws -> StoredReceipt? {
        guard state.days.contains(identity.businessDay) else { return nil }
        return try withRows { connection in
            let statement = try connection.statement("""
                SELECT \(HotFileSchema.receiptColumns) FROM \(HotFileSchema.receiptSource)
                WHERE r.receipt = ?1 AND r.client = ?2 AND r.business_day = ?3 AND r.state = 2 AND t.name = ?4 AND r.sequence > ?5
                ORDER BY r.sequence LIMIT 1
                """)
            defer { statement.reset() }
            try statement.bind(1, identity.receipt)
            try statement.bind(2, identity.client)
            statement.bind(3, Int64(identity.businessDay))
            try statement.bind(4, identity.table)
            statement.bind(5, sequence)
            if try statement.step() { return try statement.storedReceipt().receipt }
            return nil
        }
    }

    /// The row of a ticket, with its id: tickets rise with the rows.
    ///
    /// - Complexity: O(log rows) reads of a row's head; `document` stands last in a row, so none of them touches overflow pages.
    package func find(ticket: ULID) throws -> (row: Int64, receipt: StoredReceipt)? {
        let info = state
        guard let first = info.firstTicket, let last = info.lastTicket, ticket >= first, ticket <= last else { return nil }
        return try withRows { connection in
            let probe = try connection.statement("SELECT ticket FROM rows WHERE id = ?1")
            defer { probe.reset() }
            var low: Int64 = 1
            var high = info.rowCount
            while low < high {
                let middle = low + (high - low) / 2
                probe.reset()
                // Invariant: the ticket, if there, is of a row in low...high.
                probe.bind(1, middle)
                guard try probe.step(), let found = ULID(bytes: probe.bytes(0)) else { return nil }
                if found < ticket { low = middle + 1 } else { high = middle }
            }
            guard let row = try Self.receipt(connection, row: low), row.summary.ticketID == ticket.description else { return nil }
            return (low, row)
        }
    }

    /// No document may be longer: a row that says so is damaged, as its reader finds.
    static let documentByteCountMax = 1 << 30

    /// How long the document of a row is, without a look at it: `document` stands last in a row.
    ///
    /// - Returns: 0 for one that has none, for a number that no row has, and for a length that no document has.
    func documentByteCount(row: Int64) throws -> Int {
        try withRows { connection in
            let statement = try connection.statement("SELECT document_bytes FROM rows WHERE id = ?1")
            defer { statement.reset() }
            statement.bind(1, row)
            guard try statement.step() else { return 0 }
            let byteCount = statement.count(0)
            return byteCount <= Self.documentByteCountMax ? byteCount : 0
        }
    }

    /// Nil for a number that no row has.
    func receipt(row: Int64) throws -> StoredReceipt? { try withRows { try Self.receipt($0, row: row) } }

    private static func receipt(_ connection: SQLiteConnection, row: Int64) throws -> StoredReceipt? {
        let statement = try connection.statement(
            "SELECT \(HotFileSchema.receiptColumns) FROM \(HotFileSchema.receiptSource) WHERE r.id = ?1")
        defer { statement.reset() }
        statement.bind(1, row)
        return try statement.step() ? try statement.storedReceipt().receipt : nil
    }

    /// - Throws: also for a row that is not there.
    func identity(ofRow row: Int64) throws -> ReceiptIdentity {
        guard let receipt = try receipt(row: row) else { throw SQLiteError(code: 11, message: "row \(row) is missing", path: path) }
        return receipt.identity.ofTableKind
    }

    /// Whether no row is PROCESSING and every event delivered or dead, so that the file may leave.
    ///
    /// - Complexity: O(1): both are asked of partial indexes that hold open ones alone.
    func isFinal() throws -> Bool {
        try pool.withConnection { connection in
            try connection.integer("SELECT 1 FROM rows WHERE state = 0 LIMIT 1") == nil
                && connection.integer("SELECT 1 FROM outbox WHERE state = 0 LIMIT 1") == nil
        }
    }

    /// What the columns leave out of a row. Both are nil of one that removes a document.
    struct StoredParts {
        var document: [UInt8]?
        var sha256: [UInt8]?
    }

    /// Reads documents and hashes of rows, whose ids may come in any order, each once: they are read as they lie in the file.
    ///
    /// - Parameters:
    ///   - wanted: the ids.
    ///   - document: whether the documents are wanted, or the hashes alone.
    ///   - body: called with the place in `wanted`, by rising ids. It holds a connection of the pool meanwhile.
    ///   - fits: told what the next document takes before it is read; false ends the reading there.
    /// - Throws: when a row is missing or its document cannot be inflated.
    func readStored(
        _ wanted: [Int64], document: Bool, _ body: (Int, StoredParts) throws -> Void, fits: (_ byteCount: Int) throws -> Bool = { _ in true }
    ) throws {
        let (ids, places) = Self.ascending(wanted)
        func borrowed(_ body: (SQLiteConnection) throws -> Void) throws { try ids.count == 1 ? withRows(body) : pool.withConnection(body) }
        try borrowed { connection in
            let statement = try connection.statement(
                document
                    ? "SELECT id, sha256, coding, document_bytes, document, ticket FROM rows WHERE id >= ?1 AND id <= ?2"
                    : "SELECT id, sha256, coding FROM rows WHERE id >= ?1 AND id <= ?2")
            defer { statement.reset() }
            var next = 0
            while next < ids.count {
                let end = Self.run(ids, from: next)
                statement.reset()
                statement.bind(1, ids[next])
                statement.bind(2, ids[end - 1])
                while next < end {
                    guard try statement.step() else {
                        throw SQLiteError(code: 11, message: "row \(ids[next]) is missing", path: path)
                    }
                    // Ids without gaps: what is not asked for and lies in the range is stepped over.
                    guard statement.int64(0) == ids[next] else { continue }  // a row in a gap
                    guard DocumentCoding(rawValue: statement.int64(2)) != .none else {
                        try body(places?[next] ?? next, StoredParts())
                        next += 1
                        continue
                    }
                    if document, try !fits(statement.count(3)) { return }
                    var parts = StoredParts(document: nil, sha256: statement.bytes(1))
                    do {
                        if document { parts.document = try self.document(statement, .readStored) }
                    } catch let damaged as DamagedDocument {
                        // A verifier has named it, and goes on.
                        guard values.isLenient else { throw damaged }
                        parts.document = []
                    }
                    try body(places?[next] ?? next, parts)
                    next += 1
                }
            }
        }
    }

    /// Ids by their order, and where each of them stood; nil for these where they ascend.
    static func ascending(_ ids: [Int64]) -> (ids: [Int64], places: [Int]?) {
        if zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) { return (ids, nil) }
        let places = ids.indices.sorted { ids[$0] < ids[$1] }
        return (places.map { ids[$0] }, places)
    }

    /// Bytes of a document, on average over rows, and of the longest.
    ///
    /// As posted. Whole bytes; 0 for no rows. How many rows fit a batch is reckoned from it.
    func documentByteCount(_ rows: ClosedRange<Int64>) throws -> (average: Int, greatest: Int) {
        try pool.withConnection { connection in
            let statement = try connection.statement("SELECT cast(avg(document_bytes) AS INTEGER), max(document_bytes) FROM rows WHERE id >= ?1 AND id <= ?2")
            defer { statement.reset() }
            statement.bind(1, rows.lowerBound)
            statement.bind(2, rows.upperBound)
            return try statement.step() ? (statement.count(0), statement.count(1)) : (0, 0)
        }
    }

    /// Where a query has what makes a document.
    ///
    /// Places of columns in its result, from 0.
    struct DocumentPlaces {
        var row, ticket, coding, byteCount, document, sha256: Int32
        static let readStored = DocumentPlaces(row: 0, ticket: 5, coding: 2, byteCount: 3, document: 4, sha256: 1)
    }

    /// The document of the present row, as it was posted.
    ///
    /// Held against its hash: pages that are mapped are not held against their sums, and most flipped bits of a document inflate to another.
    /// - Throws: `DamagedDocument`.
    func document(_ statement: SQLiteStatement, _ places: DocumentPlaces) throws -> [UInt8] {
        // The ticket alone is asked for then: it is how the one who sent the document knows it.
        func damaged(_ reason: String) throws -> DamagedDocument {
            guard let ticket = ULID(bytes: statement.bytes(places.ticket)) else {
                throw SQLiteError(code: 11, message: "row \(statement.int64(places.row)) has no valid ticket", path: path)
            }
            return DamagedDocument(path: path, row: statement.int64(places.row), ticket: ticket, reason: reason)
        }
        func repaired() throws -> [UInt8]? { try repairedDocument(statement.int64(places.row), sha256: statement.bytes(places.sha256)) }
        let coding = DocumentCoding(rawValue: statement.int64(places.coding))
        let byteCount = Int(clamping: statement.int64(places.byteCount))
        let document: [UInt8]
        do {
            document = try statement.withBytes(places.document) { try dictionaries.inflate($0, coding: coding, byteCount: byteCount) }
        } catch {
            // Bytes that do not inflate, or a dictionary that is gone: the document that was brought again counts, if there is one.
            return try repaired() ?? { throw try damaged("\(error)") }()
        }
        guard SHA256.hash(document) == statement.bytes(places.sha256) else {
            return try repaired() ?? { throw try damaged("it does not have its hash") }()
        }
        return document
    }

    /// The end of the ids from `start` on that are worth one range: gaps of a few rows are read over.
    ///
    /// Example: of 3, 4, 8, 20 the first three are one run, since no gap is above four.
    ///
    /// - Precondition: ids ascend.
    static func run(_ ids: [Int64], from start: Int) -> Int {
        var end = start + 1
        while end < ids.count, ids[end] - ids[end - 1] <= 4 { end += 1 }
        return end
    }

    /// The rows of a receipt id with their ids: that which holds the identity, and FAILED ones beside it.
    ///
    /// - Parameters:
    ///   - scope: whose rows are seen; another client's are not found, as if they were not there.
    ///   - day: nil for any business day.
    ///   - body: called with each; what it throws ends the look.
    func forEachRow(
        receiptID: [UInt8], of scope: RowScope, table: String, day: Int32?, _ body: (_ row: Int64, StoredReceipt) throws -> Void
    ) throws {
        if let day, !state.days.contains(day) { return }
        try withRows { connection in
            // Both of one state of the file: a FAILED row that is taken up again in between would be in neither.
            try connection.reading {
                // One index each.
                for state in ["r.state <> 2 AND r.table_id > 0", "r.state = 2"] {
                    var sql = "SELECT \(HotFileSchema.receiptColumns) FROM \(HotFileSchema.receiptSource) WHERE r.receipt = ?1 AND \(state) AND t.name = ?2"
                    sql.append(scope.condition("r.client = ?3"))
                    if day != nil { sql += " AND r.business_day = ?4" }
                    let statement = try connection.statement(sql)
                    defer { statement.reset() }
                    try statement.bind(1, receiptID)
                    try statement.bind(2, table)
                    if case .client(let client) = scope { try statement.bind(3, client.bytes) }
                    if let day { statement.bind(4, Int64(day)) }
                    while try statement.step() {
                        let found = try statement.storedReceipt()
                        try body(found.row, found.receipt)
                    }
                }
            }
        }
    }

    /// Where the last events of rows lie that became final after they came: what a reader of changes asks for when the file is gone.
    ///
    /// Each is of receipts that follow one another by their last events.
    func lateEnds() throws -> [LateEnds] {
        try pool.withConnection { connection in
            let count = try connection.integer("SELECT count(*) FROM events") ?? 0
            if count == 0 { return [] }
            // At most about `LateEnds.countMax` windows a file, and none of fewer than `receiptCountMin` receipts.
            let countEach = max(LateEnds.receiptCountMin, count / LateEnds.countMax + 1)
            let select = try connection.statement("""
                SELECT t.name, e.last, r.sequence, r.completed_at
                FROM (SELECT row, max(sequence) AS last FROM events GROUP BY row) e JOIN rows r ON r.id = e.row JOIN tables t ON t.id = r.table_id
                WHERE r.completed_at IS NOT NULL AND r.completed_at <> r.received_at ORDER BY t.name, e.last
                """)
            defer { select.reset() }
            var all: [LateEnds] = []
            var room: Int64 = 0
            while try select.step() {
                let ends = LateEnds(table: select.text(0), event: select.int64(1), receipt: select.int64(2), time: select.int64(3))
                if room > 0, let last = all.last, last.table == ends.table {
                    all[all.count - 1].form(with: ends)
                    room -= 1
                } else {
                    all.append(ends)
                    room = countEach - 1
                }
            }
            return all
        }
    }

    /// Versions that had FAILED by a sequence and were taken up again after it.
    ///
    /// - Parameter last: inclusive; `sequence` is exclusive.
    /// - Complexity: O(state changes that nobody has asked about before), and a search for each of those that are found.
    func takenUpAgain(after sequence: Int64, through last: Int64, of table: String) throws -> [(key: VersionKey, sequence: Int64)] {
        guard state.lastSequence > sequence, tail(of: table) != nil else { return [] }
        return try pool.withConnection { connection in
            let changes = try takenUp.changes(after: sequence, through: last) { try Self.takenUp(after: $0, through: $1, connection) }
            guard let changes else { return try Self.takenUpAgain(after: sequence, through: last, of: table, connection) }
            if changes.isEmpty { return [] }
            let statement = try connection.statement("""
                SELECT r.client, r.receipt, r.sequence FROM rows r JOIN tables t ON t.id = r.table_id
                WHERE r.id = ?1 AND t.name = ?3 AND r.sequence <= ?2
                    AND (SELECT p.event FROM events p WHERE p.row = r.id AND p.sequence <= ?2 ORDER BY p.sequence DESC LIMIT 1) = 'receipt.failed'
                """)
            defer { statement.reset() }
            var found: [(key: VersionKey, sequence: Int64)] = []
            for row in Set(changes.map(\.row)) {
                statement.reset()
                statement.bind(1, row)
                statement.bind(2, sequence)
                try statement.bind(3, table)
                guard try statement.step() else { continue }
                found.append((VersionKey(table: table, client: statement.bytes(0), receipt: statement.bytes(1)), statement.int64(2)))
            }
            return found
        }
    }

    /// Of all tables. An event bears a state's name, as `ProcessTransaction` writes it.
    private static func takenUp(after sequence: Int64, through last: Int64, _ connection: SQLiteConnection) throws -> [TakenUpRows.Change] {
        let statement = try connection.statement(
            "SELECT sequence, row FROM events WHERE sequence > ?1 AND sequence <= ?2 AND event = 'receipt.processing' ORDER BY sequence LIMIT ?3")
        defer { statement.reset() }
        statement.bind(1, sequence)
        statement.bind(2, last)
        statement.bind(3, TakenUpRows.readCountMax)
        var changes: [TakenUpRows.Change] = []
        while try statement.step() { changes.append(TakenUpRows.Change(sequence: statement.int64(0), row: statement.int64(1))) }
        return changes
    }

    /// The same of any number of them.
    private static func takenUpAgain(
        after sequence: Int64, through last: Int64, of table: String, _ connection: SQLiteConnection
    ) throws -> [(key: VersionKey, sequence: Int64)] {
        let statement = try connection.statement("""
            SELECT r.client, r.receipt, r.sequence FROM events e JOIN rows r ON r.id = e.row JOIN tables t ON t.id = r.table_id
            WHERE e.sequence > ?1 AND e.sequence <= ?2 AND e.event = 'receipt.processing' AND t.name = ?3 AND r.sequence <= ?1
                AND (SELECT p.event FROM events p WHERE p.row = e.row AND p.sequence <= ?1 ORDER BY p.sequence DESC LIMIT 1) = 'receipt.failed'
            """)
        defer { statement.reset() }
        statement.bind(1, sequence)
        statement.bind(2, last)
        try statement.bind(3, table)
        var found: [(key: VersionKey, sequence: Int64)] = []
        while try statement.step() {
            found.append((VersionKey(table: table, client: statement.bytes(0), receipt: statement.bytes(1)), statement.int64(2)))
        }
        return found
    }

    /// State changes after a sequence, in order, at most `limit`: what an event's row is, and what became of it.
    ///
    /// - Parameter last: inclusive; `sequence` is exclusive. Windows of a walk over changes meet without gap or repeat.
    func events(
        after sequence: Int64, through last: Int64, of scope: RowScope, limit: Int
    ) throws -> [(sequence: Int64, at: Int64, event: String, receipt: StoredReceipt)] {
        guard state.lastSequence > sequence else { return [] }
        return try pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT \(HotFileSchema.receiptColumns), e.sequence, e.at, e.event
                FROM events e JOIN rows r ON r.id = e.row JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = r.table_id
                WHERE e.sequence > ?1 AND e.sequence <= ?2\(scope.condition("r.client = ?4")) ORDER BY e.sequence LIMIT ?3
                """)
            defer { statement.reset() }
            statement.bind(1, sequence)
            statement.bind(2, last)
            statement.bind(3, Int64(limit))
            if case .client(let client) = scope { try statement.bind(4, client.bytes) }
            var found: [(sequence: Int64, at: Int64, event: String, receipt: StoredReceipt)] = []
            while try statement.step() {
                found.append((statement.int64(12), statement.int64(13), statement.text(14), try statement.storedReceipt().receipt))
            }
            return found
        }
    }
}
