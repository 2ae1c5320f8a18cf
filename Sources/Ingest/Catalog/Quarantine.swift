import ColumnStore
import Documents
import Synchronization

/// What was refused, with its reasons and bytes, for some days and up to some bytes: past those the oldest of whoever has most go first, so that nobody drives out what is another's.
///
/// 1. `meta.quarantine_bytes` is the sum of the entries' documents: each transaction changes both.
/// 2. One document of one client has one entry, whose ticket stays while its reasons and time are those of the last refusal.
/// 3. At most one thread writes; it ends when nothing waits.
package final class Quarantine: Sendable {
    /// Days since the last refusal, and bytes of documents.
    package struct Limits: Sendable {
        package var days = 30
        package var byteCountMax: Int64 = 1 << 30
        package init() {}
    }

    let catalog: Catalog
    private let limits: Limits
    private let counting: @Sendable ([Refused], SQLiteConnection) throws -> Void
    private let tickets = ULIDGenerator()
    /// Of an entry: those with lower numbers came under a clock that was ahead (`arrivalBehind`).
    private let place = Atomic<Int64>(.min)
    /// Used within transactions of the catalog alone (`change`).
    private let shares: Mutex<QuarantineShares>

    /// A refused document on its way in.
    ///
    /// `client` is nil for a document of no client's; `type` where none was recognised.
    struct Refused: Sendable {
        var client: String?
        var contentType: String
        var type: String?
        var problem: Fault
        var document: [UInt8]
        /// Who has sent it for another; nil: it is its client's own.
        var sender: QuarantineShares.Sender?
        /// Behind which version of types it was judged (`TypeStore.place`).
        var typesPlace: Int64 = -1
    }

    /// Refusals of all connections that wait for a commit. One thread writes them, as many at once as there are: it begins with the first, and ends
    /// when none is left.
    private struct Waiting {
        var batches: [(refused: [Refused], completion: @Sendable (Result<[String?], any Error>) -> Void)] = []
        var isWriting = false
    }
    private let waiting = Monitor(Waiting())
    /// Entries of one transaction.
    static let groupCount = 1_000

    /// - Parameters:
    ///   - senderCountMax: of so many documents it is known who has sent them for another.
    ///   - counting: what else is done with refusals, in the transaction that keeps them.
    init(
        catalog: Catalog, limits: Limits, senderCountMax: Int = QuarantineShares.senderCountMax,
        counting: @escaping @Sendable ([Refused], SQLiteConnection) throws -> Void = { _, _ in }
    ) {
        self.catalog = catalog
        self.limits = limits
        shares = Mutex(QuarantineShares(senderCountMax: senderCountMax))
        self.counting = counting
    }

    /// For metrics.
    func counts() throws -> (entries: Int64, bytes: Int64) {
        try catalog.read { connection in
            (try connection.integer("SELECT count(*) FROM quarantine") ?? 0, try connection.integer("SELECT value FROM meta WHERE key = 'quarantine_bytes'") ?? 0)
        }
    }

    /// Keeps refused documents; the same bytes of the same client have one entry. One fsync serves all who wait at the time.
    ///
    /// - Parameter completion: called once they are durable, on another thread, with the entry's ticket for each; nil for one that is larger
    ///   by itself than all may be, where keeping it would drop every other, and for one that is the first to go.
    func submit(_ refused: [Refused], completion: @escaping @Sendable (Result<[String?], any Error>) -> Void) {
        guard !refused.isEmpty else { return completion(.success([])) }
        let needsThread = waiting.withLock { waiting in
            waiting.batches.append((refused, completion))
            defer { waiting.isWriting = true }
            return !waiting.isWriting
        }
        // Without a thread the caller's does it, for those too who come meanwhile.
        if needsThread, !WorkerThread.start(name: "quarantine", { [self] in run() }) { run() }
    }

    /// As `submit`; durable when it returns.
    func add(_ refused: [Refused]) throws -> [String?] {
        let done = Monitor<Result<[String?], any Error>?>(nil)
        submit(refused) { result in done.broadcast { $0 = result } }
        return try done.wait { $0 }.get()
    }

    /// Returns once nothing waits.
    func settle() { waiting.wait { $0.isWriting ? nil : () } }

    /// Whole submissions, up to about `groupCount` documents a turn, so that a submission is answered in one piece.
    private func run() {
        while true {
            let batches = waiting.broadcast { waiting in
                var count = 0
                let end = waiting.batches.firstIndex { batch in
                    defer { count += batch.refused.count }
                    return count >= Self.groupCount
                }
                let taken = Array(waiting.batches[..<(end ?? waiting.batches.endIndex)])
                waiting.batches.removeFirst(taken.count)
                waiting.isWriting = !taken.isEmpty
                return taken
            }
            if batches.isEmpty { return }
            let all = batches.flatMap(\.refused)
            var results: [Result<String?, any Error>] = []
            for start in stride(from: 0, to: all.count, by: Self.groupCount) { results += write(Array(all[start..<min(start + Self.groupCount, all.count)])) }
            var next = 0
            for batch in batches {
                let own = results[next..<next + batch.refused.count]
                next += batch.refused.count
                batch.completion(Result { try own.map { try $0.get() } })
            }
        }
    }

    /// Tickets, hashes and texts are made before the catalog is taken.
    private func write(_ group: [Refused]) -> [Result<String?, any Error>] {
        let now = catalog.now
        let limits = limits
        let entries = group.map { refused in
            Entry(
                ticket: tickets.next(milliseconds: now / 1_000), hash: SHA256.hash(refused.document), text: FaultText.text(refused.problem, typesPlace: refused.typesPlace),
                refused: refused)
        }
        do {
            return try change { shares, connection in
                let tickets = try entries.map { entry in
                    entry.refused.document.count > limits.byteCountMax ? nil : try Self.write(entry, now: now, &shares, connection)
                }
                _ = try trim(now: now, &shares, connection)
                try counting(group, connection)
                // What is dropped for others of the group, or for all that is there, has no ticket.
                return try tickets.map { ticket in .success(try ticket.flatMap { try Self.isThere($0, connection) ? $0 : nil }) }
            }
        } catch {
            return group.map { _ in .failure(error) }
        }
    }

    private static func isThere(_ ticket: String, _ connection: SQLiteConnection) throws -> Bool {
        guard let ticket = ULID(ticket) else { return false }
        let select = try connection.statement("SELECT 1 FROM quarantine WHERE ticket = ?1")
        defer { select.reset() }
        try select.bind(1, ticket.bytes)
        return try select.step()
    }

    /// A transaction that changes entries, and what is counted of them.
    func change<Result: Sendable>(_ body: (inout QuarantineShares, SQLiteConnection) throws -> Result) throws -> Result {
        do {
            return try catalog.write(isCounted: false) { connection in try shares.withLock { try body(&$0, connection) } }
        } catch {
            // What it counted came to nothing.
            shares.withLock { $0.forget() }
            throw error
        }
    }

    private struct Entry: Sendable {
        let ticket: ULID
        let hash: [UInt8]
        let text: String
        let refused: Refused
    }

    /// - Returns: the ticket: of the earlier entry where there is one.
    private static func write(_ entry: Entry, now: Int64, _ shares: inout QuarantineShares, _ connection: SQLiteConnection) throws -> String {
        let (client, sender) = (entry.refused.client, entry.refused.sender)
        if let ticket = try renew(entry, of: client, now: now, &shares, connection) { return ticket }
        // Where no more senders can be known it is the sender's own, and is sought there too.
        guard let own = sender, !shares.mayNoteSender else { return try insert(entry, of: client, from: sender, now: now, &shares, connection) }
        if let ticket = try renew(entry, of: own.client, now: now, &shares, connection) { return ticket }
        return try insert(entry, of: own.client, from: nil, now: now, &shares, connection)
    }

    private static func counted(_ id: Int64, of client: String?, _ byteCount: Int) -> QuarantineShares.Entry {
        QuarantineShares.Entry(id: id, client: client.map { Array($0.utf8) }, byteCount: byteCount)
    }

    /// - Returns: the ticket of the client's entry; nil where it has none of these bytes.
    private static func renew(_ entry: Entry, of client: String?, now: Int64, _ shares: inout QuarantineShares, _ connection: SQLiteConnection) throws -> String? {
        let known = try connection.statement("SELECT ticket, id, byte_count FROM quarantine WHERE sha256 = ?1 AND client_id IS ?2")
        try known.bind(1, entry.hash)
        try known.bind(2, client)
        defer { known.reset() }
        guard try known.step(), let earlier = ULID(bytes: known.bytes(0)) else { return nil }
        // The reasons may have changed with the type. Its days begin anew: it goes to the end of the order in which entries are dropped.
        let (id, byteCount) = (known.int64(1), known.count(2))
        let next = (try connection.integer("SELECT max(id) FROM quarantine") ?? id).addingSaturating(1)
        let update = try connection.statement("UPDATE quarantine SET id = ?5, received_at = ?2, type = ?3, problem = ?4 WHERE ticket = ?1")
        try update.bind(1, earlier.bytes)
        update.bind(2, now)
        try update.bind(3, entry.refused.type)
        try update.bind(4, entry.text)
        update.bind(5, next)
        try update.run()
        // Whose it is stays as it was: neither who sends it again for another, nor that one, pays for both.
        let earlierSender = shares.sender(of: id)
        shares.went(counted(id, of: client, byteCount))
        shares.came(counted(next, of: client, byteCount), from: earlierSender)
        return earlier.description
    }

    private static func insert(
        _ entry: Entry, of client: String?, from sender: QuarantineShares.Sender?, now: Int64, _ shares: inout QuarantineShares, _ connection: SQLiteConnection
    ) throws -> String {
        let document = entry.refused.document
        let insert = try connection.statement("""
            INSERT INTO quarantine(ticket, client_id, received_at, content_type, type, sha256, problem, byte_count, document)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """)
        try insert.bind(1, entry.ticket.bytes)
        try insert.bind(2, client)
        insert.bind(3, now)
        try insert.bind(4, entry.refused.contentType)
        try insert.bind(5, entry.refused.type)
        try insert.bind(6, entry.hash)
        try insert.bind(7, entry.text)
        insert.bind(8, Int64(document.count))
        try insert.bind(9, document)
        try insert.run()
        shares.came(counted(connection.lastInsertedRowID, of: client, document.count), from: sender)
        try Self.addBytes(Int64(document.count), connection)
        return entry.ticket.description
    }

    static func addBytes(_ count: Int64, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("""
            INSERT INTO meta(key, value) VALUES('quarantine_bytes', ?1) ON CONFLICT(key) DO UPDATE SET value = value + excluded.value
            """)
        statement.bind(1, count)
        try statement.run()
    }

    /// Drops what is too old, then what is too much: some at a time, so that no request pays for many.
    ///
    /// By the row's number, not the ticket: what is refused again keeps its ticket, and gets the last number.
    /// An entry that is of a later instant than now, since the clock was ahead as it came, goes with the first one behind it that is not: it came before that.
    ///
    /// - Returns: whether there may be entries that are still to be counted.
    private func trim(now: Int64, _ shares: inout QuarantineShares, _ connection: SQLiteConnection) throws -> Bool {
        // More than come in one transaction, so that all are counted some day.
        let hasMore = try shares.count(atMost: Self.groupCount * 2, connection)
        var bytes = try connection.integer("SELECT value FROM meta WHERE key = 'quarantine_bytes'") ?? 0
        let cutoff = now - Int64(limits.days) * Clock.microsecondsPerDay
        var found = QuarantineShares.Found()
        for _ in 0..<Self.groupCount * 2 {
            let oldest = try connection.statement("SELECT id, client_id, byte_count, received_at FROM quarantine ORDER BY id LIMIT 1")
            guard try oldest.step() else { return hasMore }
            var entry = QuarantineShares.Entry(id: oldest.int64(0), client: oldest.optionalBytes(1), byteCount: oldest.count(2))
            let receivedAt = oldest.int64(3)
            oldest.reset()
            let arrival = try receivedAt > now ? arrivalBehind(now, connection) ?? receivedAt : receivedAt
            if arrival >= cutoff {
                guard bytes > limits.byteCountMax else { return hasMore }
                // Who has most is known once all are counted; until then nobody pays before those whose entries are older.
                if !hasMore { entry = try shares.next(oldest: entry, &found, connection) }
            }
            try Self.drop(entry, &shares, connection)
            bytes = bytes.subtractingSaturating(Int64(entry.byteCount))
        }
        return hasMore
    }

    /// - Precondition: within a transaction.
    static func drop(_ entry: QuarantineShares.Entry, _ shares: inout QuarantineShares, _ connection: SQLiteConnection) throws {
        let delete = try connection.statement("DELETE FROM quarantine WHERE id = ?1")
        delete.bind(1, entry.id)
        try delete.run()
        try addBytes(-Int64(entry.byteCount), connection)
        shares.went(entry)
    }

    /// When the first entry came that is of no later instant than `now`; nil where there is none.
    ///
    /// - Complexity: entries that were passed over once are not looked at again by this process.
    private func arrivalBehind(_ now: Int64, _ connection: SQLiteConnection) throws -> Int64? {
        let select = try connection.statement("SELECT id, received_at FROM quarantine WHERE id >= ?1 AND received_at <= ?2 ORDER BY id LIMIT 1")
        defer { select.reset() }
        select.bind(1, place.load(ordering: .relaxed))
        select.bind(2, now)
        guard try select.step() else {
            place.store(try connection.integer("SELECT max(id) FROM quarantine") ?? .min, ordering: .relaxed)
            return nil
        }
        place.store(select.int64(0), ordering: .relaxed)
        return select.int64(1)
    }

    /// Drops what is too old, and counts what is not counted yet: from time to time, some in each transaction.
    func trim() throws {
        let now = catalog.now
        while try change({ shares, connection in try trim(now: now, &shares, connection) }) {}
    }

    // `entry` reads them by their places; the document, or an empty blob, comes eighth. Before it where the clock has an entry whose reasons say no place: behind no version that came since.
    private static let columns =
        "ticket, client_id, received_at, content_type, type, problem, min(received_at, coalesce((SELECT value FROM meta WHERE key = '\(CatalogSchema.quarantinePlaceKey)'), -1)), "

    private static func entry(_ statement: SQLiteStatement) throws -> QuarantineEntry {
        guard let ticket = ULID(bytes: statement.bytes(0)), let problem = FaultText.problem(statement.text(5)) else {
            throw SQLiteError(code: 11, message: "an unreadable quarantine entry", path: "", sql: statement.sql)
        }
        var entry = QuarantineEntry(
            ticketID: ticket.description, clientID: statement.optionalText(1), receivedAt: statement.int64(2),
            contentType: statement.text(3), type: statement.optionalText(4), problem: problem, document: statement.bytes(7))
        entry.typesPlace = FaultText.typesPlace(statement.text(5)) ?? statement.int64(6)
        return entry
    }

    /// Of a blob SQLite tells the length without a look at its bytes: what is there, and not what was noted of it.
    private static func size(_ withDocument: Bool) -> String { "\(withDocument ? "length(document) + " : "")length(problem)" }

    /// - Parameters:
    ///   - isSeen: told whose it is before anything else of it is looked at; where it says no there is none.
    ///   - hold: asked for the bytes of its document and reasons before they are read. What it throws ends the reading.
    /// - Returns: nil for a ticket that has none, or one whose days are over.
    func entry(
        _ ticket: ULID, withDocument: Bool = true, isSeen: (_ clientID: String?) -> Bool = { _ in true }, hold: (_ byteCount: Int) throws -> Void = { _ in }
    ) throws -> QuarantineEntry? {
        let cutoff = catalog.now - Int64(limits.days) * Clock.microsecondsPerDay
        return try catalog.read { connection in
            let head = try connection.statement("SELECT client_id, \(Self.size(withDocument)) FROM quarantine WHERE ticket = ?1 AND received_at >= ?2")
            defer { head.reset() }
            try head.bind(1, ticket.bytes)
            head.bind(2, cutoff)
            guard try head.step(), isSeen(head.optionalText(0)) else { return nil }
            try hold(head.count(1))
            let statement = try connection.statement(
                "SELECT \(Self.columns)\(withDocument ? "document" : "x''") FROM quarantine WHERE ticket = ?1 AND received_at >= ?2")
            defer { statement.reset() }
            try statement.bind(1, ticket.bytes)
            statement.bind(2, cutoff)
            return try statement.step() ? try Self.entry(statement) : nil
        }
    }

    /// A page of the list ends at so many bytes of documents and reasons.
    static let listByteCountMax: Int64 = 16 << 20

    /// Newest first, below `ticket` when there is one: at most `limit`, and fewer where the documents are large.
    ///
    /// - Parameters:
    ///   - received: when they came; `from` inclusive, `to` exclusive.
    ///   - withDocuments: without them entries have none, and pages are longer.
    ///   - hold: asked for the bytes of the documents and reasons so far, before the next of them is read. What it throws ends the reading.
    /// - Returns: whether there are more.
    func entries(
        of scope: RowScope, received: ReceivedSpan = ReceivedSpan(), below ticket: ULID?, limit: Int, withDocuments: Bool = true,
        hold: (_ byteCount: Int) throws -> Void = { _ in }
    ) throws -> (entries: [QuarantineEntry], hasMore: Bool) {
        let cutoff = catalog.now - Int64(limits.days) * Clock.microsecondsPerDay
        // With a connection of its own: nobody who wants the catalog waits for these pages.
        let connection = try SQLiteConnection(path: catalog.path, mode: .readOnly)
        var sql = "SELECT ticket, \(Self.size(withDocuments)) FROM quarantine WHERE received_at >= ?1"
        sql.append(scope.condition("client_id = ?2"))
        if ticket != nil { sql += " AND ticket < ?3" }
        if received.to != nil { sql += " AND received_at < ?5" }
        let statement = try connection.statement(sql + " ORDER BY ticket DESC LIMIT ?4")
        statement.bind(1, max(cutoff, received.from ?? cutoff))
        if case .client(let client) = scope { try statement.bind(2, client.text) }
        if let ticket { try statement.bind(3, ticket.bytes) }
        if let to = received.to { statement.bind(5, to) }
        // One more than is wanted tells whether there are more.
        statement.bind(4, Int64(limit) + 1)
        // Each by itself, once it is known to have room: SQLite reads all that a row is asked for as it comes to it. While the list is open all is as of then.
        let one = try connection.statement("SELECT \(Self.columns)\(withDocuments ? "document" : "x''") FROM quarantine WHERE ticket = ?1")
        var entries: [QuarantineEntry] = []
        var byteCount = 0
        while try statement.step() {
            let grown = byteCount.addingSaturating(statement.count(1))
            guard entries.count < limit, entries.isEmpty || grown <= Self.listByteCountMax else { return (entries, true) }
            try hold(grown)
            byteCount = grown
            try one.bind(1, statement.bytes(0))
            defer { one.reset() }
            if try one.step() { entries.append(try Self.entry(one)) }
        }
        return (entries, false)
    }

    var byteCount: Int64 { get throws { try catalog.integer("quarantine_bytes") ?? 0 } }
}

/// A fault as one text: code, detail and what advice there is, then each violation, with separators that no message has.
///
/// Grammar: `code US detail [US advice] (RS pointer US code US message)* [RS place]`, with US and RS as in ASCII (0x1F, 0x1E). In a message either is written
/// as a blank. The place is a number: behind which version of types it was judged. On disk: keep.
enum FaultText {
    static func text(_ problem: Fault, typesPlace: Int64? = nil) -> String {
        var records = [[problem.code.rawValue, problem.detail]]
        if let advice = problem.advice { records[0].append(advice.rawValue) }
        records += problem.errors.map { [$0.pointer, $0.code, $0.message] }
        if let typesPlace { records.append(["\(typesPlace)"]) }
        return records.map { $0.map(clean).joined(separator: "\u{1F}") }.joined(separator: "\u{1E}")
    }

    private static func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x1E || $0 == 0x1F }) else { return text }
        return text.replacing("\u{1E}", with: " ").replacing("\u{1F}", with: " ")
    }

    /// - Returns: nil for a text of before, which says none.
    static func typesPlace(_ text: String) -> Int64? {
        let records = text.split(separator: "\u{1E}", omittingEmptySubsequences: false)
        guard records.count > 1, let last = records.last, !last.contains("\u{1F}") else { return nil }
        return Int64(String(last))
    }

    /// - Returns: nil where the first record is none or its code is unknown. Records of another length are left out.
    static func problem(_ text: String) -> Fault? {
        let records = text.split(separator: "\u{1E}", omittingEmptySubsequences: false).map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }
        guard let head = records.first, head.count == 2 || head.count == 3, let code = Fault.Code(rawValue: head[0]) else { return nil }
        var problem = Fault(code, head[1], advice: head.count == 3 ? Fault.Advice(rawValue: head[2]) : nil)
        for record in records.dropFirst() where record.count == 3 {
            problem.errors.append(.init(pointer: record[0], code: record[1], message: record[2]))
        }
        return problem
    }
}
