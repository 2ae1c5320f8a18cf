import ColumnStore
import Documents
import Synchronization

/// Notices for contracts' webhooks, and refusals that are counted until a digest reports them.
///
/// Four tables, and one of what was given up (`Catalog+DeadNotices`). `notices` has a row for each event that is still to be delivered: written in the transaction of
/// what it tells of, read by `NoticeSender` alone, deleted once it was taken or its time is over. A digest that is open is a row of `digest_spans` (whose, from when, until when, how many refusals), with
/// its counts by code and place in `digest_counts` and the uploads they are of in `digest_uploads`; all three go, and a notice comes, in one transaction when
/// the span is over.
extension Catalog {
    /// Within a transaction of the caller's. A notice whose id is there already is left as it is: an end that is noted twice is delivered once.
    static func add(_ notice: Notice, _ connection: SQLiteConnection) throws {
        let insert = try connection.statement(
            "INSERT OR IGNORE INTO notices(id, client_id, event, body, created_at, due_at, attempts) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        try insert.bind(1, notice.id)
        try insert.bind(2, notice.client)
        try insert.bind(3, notice.event.rawValue)
        try insert.bind(4, notice.body)
        insert.bind(5, notice.createdAt)
        insert.bind(6, notice.dueAt)
        insert.bind(7, notice.attempts)
        try insert.run()
    }

    /// As a list of SQL: rows of other events are a later version's, and stay.
    private static let knownEvents = Notice.Event.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

    /// Those that are due, the longest due first. What is being sent is due all the while, and is among them. Rows of an event that this version does not
    /// know are left out, and stay.
    ///
    /// - Parameters:
    ///   - clients: whose webhooks get nothing more just now.
    ///   - withWebhooks: false: events of the topic `till` alone.
    ///   - withEvents: false: without those.
    func dueNotices(now: Int64, limit: Int, except clients: [String] = [], withWebhooks: Bool = true, withEvents: Bool = true) throws -> [Notice] {
        try read { connection in
            let select = try connection.statement(
                """
                SELECT id, client_id, event, body, created_at, due_at, attempts FROM notices WHERE due_at <= ?1 AND event IN (\(Self.knownEvents))
                AND CASE WHEN event = '\(Notice.Event.storeEvent.rawValue)' THEN ?3 ELSE ?4 AND instr(?5, char(10) || client_id || char(10)) = 0 END
                ORDER BY due_at, id LIMIT ?2
                """)
            defer { select.reset() }
            select.bind(1, now)
            select.bind(2, Int64(limit))
            select.bind(3, Int64(withEvents ? 1 : 0))
            select.bind(4, Int64(withWebhooks ? 1 : 0))
            try select.bind(5, "\n" + clients.map { $0 + "\n" }.joined())
            var notices: [Notice] = []
            while try select.step() {
                guard let event = Notice.Event(rawValue: select.text(2)) else { continue }
                notices.append(
                    Notice(
                        id: select.text(0), client: select.text(1), event: event, body: select.bytes(3), createdAt: select.int64(4), dueAt: select.int64(5),
                        attempts: select.int64(6)))
            }
            return notices
        }
    }

    /// - Parameter instant: when it is due again, in microseconds since 1970. The attempts are those of `notice`.
    func put(off notice: Notice, to instant: Int64) throws {
        try write(isCounted: false) { connection in
            let update = try connection.statement("UPDATE notices SET due_at = ?2, attempts = ?3 WHERE id = ?1")
            try update.bind(1, notice.id)
            update.bind(2, instant)
            update.bind(3, notice.attempts)
            try update.run()
        }
    }

    /// After a look at the clock: whatever somebody did to it, no notice waits longer than it was to, and none is given up sooner.
    ///
    /// - Parameters:
    ///   - shift: by how much the clock was set since the last look, in microseconds: what is there is as old as it was. Set back, it has what is put off due as much sooner; set forward, it has that come
    ///     sooner by itself, which does no harm.
    ///   - longest: nothing is put off for longer, in microseconds: what is due later was put off by a clock that was ahead, and is due now.
    /// - Complexity: one search in an index, unless there is something to change.
    func move(by shift: Int64, longest: Int64, now: Int64) throws {
        let bound = now.addingSaturating(longest)
        let isAnyAhead = try read { connection in
            let select = try connection.statement("SELECT 1 FROM notices WHERE due_at > ?1 AND event IN (\(Self.knownEvents)) LIMIT 1")
            defer { select.reset() }
            select.bind(1, bound)
            return try select.step()
        }
        guard shift != 0 || isAnyAhead else { return }
        try write(isCounted: false) { connection in
            if shift != 0 {
                // Those of the clock before: what came since it was set is as old as it says. Of a clock that was set back, what is not ahead of it merely seems younger.
                let older = try connection.statement("UPDATE notices SET created_at = created_at + ?1 WHERE created_at \(shift < 0 ? ">" : "<=") ?2 AND event IN (\(Self.knownEvents))")
                older.bind(1, shift)
                older.bind(2, shift < 0 ? now : now.subtractingSaturating(shift))
                try older.run()
            }
            if shift < 0 {
                let sooner = try connection.statement("UPDATE notices SET due_at = max(?1, due_at + ?2) WHERE due_at > ?1 AND event IN (\(Self.knownEvents))")
                sooner.bind(1, now)
                sooner.bind(2, shift)
                try sooner.run()
            }
            let present = try connection.statement("UPDATE notices SET due_at = ?1 WHERE due_at > ?2 AND event IN (\(Self.knownEvents))")
            present.bind(1, now)
            present.bind(2, bound)
            try present.run()
        }
    }

    func delete(_ notice: Notice) throws {
        try write(isCounted: false) { connection in
            let delete = try connection.statement("DELETE FROM notices WHERE id = ?1")
            try delete.bind(1, notice.id)
            try delete.run()
        }
    }

    /// When there is something to tell, or a digest to make, next; nil for nothing.
    func nextNoticeAt() throws -> Int64? {
        try read {
            try $0.integer(
                """
                SELECT min(at) FROM (SELECT * FROM (SELECT due_at AS at FROM notices WHERE event IN (\(Self.knownEvents)) ORDER BY due_at LIMIT 1)
                UNION ALL SELECT min(span_to) FROM digest_spans)
                """)
        }
    }

    // MARK: Digests

    /// Kinds of faults that one digest tells apart; more are counted without their places.
    private static let kindCountMax: Int64 = 1_000

    /// Counts refusals for the digest that the client's contract asks for; nothing where it asks for none.
    ///
    /// - Parameters:
    ///   - refusals: the faults of each.
    ///   - client: who sees what was refused: of an upload the contract that made it. Nil: only the administrator does.
    ///   - upload: the upload that they are of.
    func count(_ refusals: [[Fault.Violation]], of client: String?, upload: String? = nil, _ connection: SQLiteConnection) throws {
        // Spans are aligned to the clock and not to the first refusal: a restart, or a second machine, cuts time at the same instants.
        guard !refusals.isEmpty, let client, let contract = contract(client), contract.webhook != nil, let span = contract.digest?.microseconds else { return }
        let from = now - now % span
        let add = try connection.statement(
            """
            INSERT INTO digest_spans(client_id, span_from, span_to, rejected) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(client_id, span_from) DO UPDATE SET rejected = rejected + excluded.rejected
            """)
        try add.bind(1, client)
        add.bind(2, from)
        add.bind(3, from + span)
        add.bind(4, Int64(refusals.count))
        try add.run()
        if let upload {
            let note = try connection.statement("INSERT OR IGNORE INTO digest_uploads(client_id, span_from, upload_id) VALUES(?1, ?2, ?3)")
            try note.bind(1, client)
            note.bind(2, from)
            try note.bind(3, upload)
            try note.run()
        }
        // A file of nothing but different faults must not make a digest as long as itself: past the limit a kind counts under its code alone.
        let known = try connection.statement("SELECT count(*) FROM digest_counts WHERE client_id = ?1 AND span_from = ?2")
        try known.bind(1, client)
        known.bind(2, from)
        var kindCount = try known.step() ? known.int64(0) : 0
        known.reset()
        var counts: [[String]: Int64] = [:]
        // Added up first: a chunk of a thousand records has a few kinds, and each is one statement, or two where it is new.
        for violation in refusals.joined() { counts[[violation.code, Self.place(violation.pointer)], default: 0] += 1 }
        // Once it is durable, or a little earlier, which does no harm.
        noticed.withLock { $0 }?()
        for (kind, count) in counts {
            let more = try connection.statement(
                "UPDATE digest_counts SET count = count + ?5 WHERE client_id = ?1 AND span_from = ?2 AND code = ?3 AND pointer = ?4")
            try more.bind(1, client)
            more.bind(2, from)
            try more.bind(3, kind[0])
            try more.bind(4, kind[1])
            more.bind(5, count)
            try more.run()
            // A kind that has a row already is no further one, however often it comes.
            if connection.changeCount > 0 { continue }
            kindCount += 1
            let add = try connection.statement(
                """
                INSERT INTO digest_counts(client_id, span_from, code, pointer, count) VALUES(?1, ?2, ?3, ?4, ?5)
                ON CONFLICT(client_id, span_from, code, pointer) DO UPDATE SET count = count + excluded.count
                """)
            try add.bind(1, client)
            add.bind(2, from)
            try add.bind(3, kind[0])
            try add.bind(4, kindCount > Self.kindCountMax ? "" : kind[1])
            add.bind(5, count)
            try add.run()
        }
    }

    /// Without the record's number: faults of one kind are counted together.
    /// `/17/lines/3/amount` is `/lines/3/amount`; what does not begin with a number stays. 200 characters at most.
    private static func place(_ pointer: String) -> String {
        let parts = pointer.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard pointer.hasPrefix("/"), let first = parts.first, Int(first) != nil else { return String(pointer.prefix(200)) }
        return parts.count == 2 ? "/" + parts[1].prefix(200) : ""
    }

    /// A span that begins so much later than now, in microseconds, was begun by a clock that was ahead. Less is one that is being led back.
    private static let spanLead: Int64 = 60_000_000

    /// Makes notices of the digests whose spans are over, or would begin later: nothing more comes to one that a clock which was ahead has begun.
    /// A hundred at a time, so that others wait for the catalog no longer; the next look takes the rest.
    ///
    /// - Parameter now: microseconds since 1970; a span that ends at it is over.
    func closeDigests(now: Int64) throws {
        try write(isCounted: false) { connection in
            let select = try connection.statement(
                "SELECT client_id, span_from, span_to, rejected FROM digest_spans WHERE span_to <= ?1 OR span_from > ?2 ORDER BY span_to LIMIT 100")
            select.bind(1, now)
            select.bind(2, now.addingSaturating(Self.spanLead))
            var spans: [(client: String, from: Int64, to: Int64, rejected: Int64)] = []
            while try select.step() { spans.append((select.text(0), select.int64(1), select.int64(2), select.int64(3))) }
            select.reset()
            for span in spans {
                let kinds = try Self.kinds(span.client, span.from, connection)
                let uploads = try Self.uploads(span.client, span.from, connection)
                // By all that it says: made again of the same refusals it has the same id, and another that begins at the same instant has its own, as where the
                // contract's spans have become longer, or the clock was set back.
                let said = ["\(span.from) \(span.to) \(span.rejected) \(span.client)"] + kinds.map { "\($0.count) \($0.code) \($0.pointer)" } + uploads
                let id = "d_" + Hexadecimal.text(Array(SHA256.hash(Array(said.joined(separator: "\n").utf8)).prefix(12)))
                let notice = Notice(id: id, client: span.client, event: .feedbackDigest, at: now) { json in
                    json.member("from", instant: span.from)
                    json.member("to", instant: span.to)
                    json.member("rejected", span.rejected)
                    json.array("by", kinds) { json, kind in
                        json.member("code", kind.code)
                        json.member("pointer", kind.pointer)
                        json.member("count", kind.count)
                    }
                    json.key("uploads")
                    json.beginArray()
                    for id in uploads { json.string(id) }
                    json.endArray()
                }
                try Self.add(notice, connection)
                for table in ["digest_spans", "digest_counts", "digest_uploads"] {
                    let delete = try connection.statement("DELETE FROM \(table) WHERE client_id = ?1 AND span_from = ?2")
                    try delete.bind(1, span.client)
                    delete.bind(2, span.from)
                    try delete.run()
                }
            }
        }
    }

    private static func kinds(_ client: String, _ from: Int64, _ connection: SQLiteConnection) throws -> [(code: String, pointer: String, count: Int64)] {
        let select = try connection.statement(
            "SELECT code, pointer, count FROM digest_counts WHERE client_id = ?1 AND span_from = ?2 ORDER BY count DESC, code, pointer")
        try select.bind(1, client)
        select.bind(2, from)
        defer { select.reset() }
        var kinds: [(code: String, pointer: String, count: Int64)] = []
        while try select.step() { kinds.append((select.text(0), select.text(1), select.int64(2))) }
        return kinds
    }

    private static func uploads(_ client: String, _ from: Int64, _ connection: SQLiteConnection) throws -> [String] {
        let select = try connection.statement("SELECT upload_id FROM digest_uploads WHERE client_id = ?1 AND span_from = ?2 ORDER BY upload_id LIMIT 1000")
        try select.bind(1, client)
        select.bind(2, from)
        defer { select.reset() }
        var ids: [String] = []
        while try select.step() { ids.append(select.text(0)) }
        return ids
    }
}
