/// The tables of a hot file. On disk: change only by a new version.
///
/// What stands where, by the step that brought it:
///
/// - `meta`: `sealed`, `laid_down`, `rebuilt`, `refill`, `doubted`, `ledger_identity`, and the store's mark (`StoreMark`).
/// - `tables`, `kinds`: names that rows point to by numbers. `kinds.columns` is a `SchemaEncoding`.
/// - `days`: business days of the rows, so that a repeat is looked for only where it can be.
/// - `rows`: one for each receipt or version, `pending` beside it.
/// - `groups`, `group_parts`, `replaced_parts`: columnar images, in parts of a MiB (`HotImage`).
/// - `events`: a state change for each sequence that is no row's own.
/// - `steps`, `outbox`, `history`, `changed`: processes.
/// - `damaged`, `repaired`: rows that were harmed, and made whole.
/// - `versions`: numbers of versions, by row.
package enum HotFileSchema {
    /// `PRAGMA user_version` of a file that this program writes. One that is higher is refused.
    package static var version: Int64 { Int64(migrations.count) }

    /// Step `i` takes a file from version `i` to `i + 1`.
    static let migrations = [statements, processStatements, traceStatements, laidDownStatements, damagedStatements, repairedStatements, versionStatements, replacedStatements, clientStatements]

    /// `rows` grows at its end only, its ids are consecutive from 1, and so rise its sequences and tickets: both are found by
    /// bisection and need no index. The identity begins with the receipt's id, so that one index serves the check of a repeat and a
    /// receipt asked for by its id alone. `document` comes last: what stands before it is read without following overflow pages.
    /// `pending` holds encoded values until the rows' batch stands in `groups` in columnar form, of rows whose document alone does not
    /// give them again.
    static let statements = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE tables(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE kinds(
            id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL,
            content_type TEXT NOT NULL, columns TEXT NOT NULL);
        CREATE TABLE days(business_day INTEGER PRIMARY KEY);
        CREATE TABLE dictionaries(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE rows(
            id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, ticket BLOB NOT NULL, table_id INTEGER NOT NULL, kind INTEGER NOT NULL,
            client BLOB NOT NULL, receipt BLOB NOT NULL, business_day INTEGER NOT NULL, issued_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL, state INTEGER NOT NULL, completed_at INTEGER, callback_url TEXT, history TEXT,
            coding INTEGER NOT NULL, document_bytes INTEGER NOT NULL, sha256 BLOB NOT NULL, document BLOB NOT NULL);
        CREATE UNIQUE INDEX rows_identity ON rows(receipt, client, business_day, table_id) WHERE state <> 2;
        CREATE INDEX rows_failed ON rows(receipt) WHERE state = 2;
        CREATE TABLE pending(id INTEGER PRIMARY KEY, encoded BLOB NOT NULL);
        CREATE TABLE groups(
            id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, row_count INTEGER NOT NULL, first_row INTEGER NOT NULL,
            last_row INTEGER NOT NULL, first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL, first_day INTEGER NOT NULL,
            last_day INTEGER NOT NULL, first_issued INTEGER NOT NULL, last_issued INTEGER NOT NULL, columns TEXT NOT NULL,
            byte_count INTEGER NOT NULL, is_complete INTEGER NOT NULL);
        CREATE TABLE group_parts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE events(
            sequence INTEGER PRIMARY KEY, row INTEGER NOT NULL, event TEXT NOT NULL, at INTEGER NOT NULL, detail TEXT);
        CREATE INDEX events_row ON events(row);
        """

    /// What a row's process is made of: its steps, the events that are owed to others, and what happened. All three are clustered by
    /// the row, whose number is the upper part of their ids (`ProcessKey`), so that they need no index of it.
    /// `changed` has the rows whose state changed after their values were laid into columns, or may have.
    static let processStatements = """
        CREATE INDEX rows_open ON rows(state) WHERE state = 0;
        CREATE TABLE steps(
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, stage INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,
            next_at INTEGER, locked_until INTEGER, expires_at INTEGER, at INTEGER, reference TEXT, detail TEXT, errors TEXT);
        CREATE INDEX steps_open ON steps(state) WHERE state IN (1, 2, 3);
        CREATE INDEX steps_dead ON steps(state) WHERE state = 6;
        CREATE TABLE outbox(
            id INTEGER PRIMARY KEY, event INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,
            next_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, detail TEXT);
        CREATE INDEX outbox_open ON outbox(state) WHERE state = 0;
        CREATE INDEX outbox_dead ON outbox(state) WHERE state = 2;
        CREATE TABLE history(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, details TEXT NOT NULL);
        CREATE TABLE changed(row INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, state INTEGER NOT NULL, completed_at INTEGER);
        """

    /// `history` was never written: a row's history stands in tables of its own. Its place is the trace of the request that brought a row
    /// with a process, for the calls that follow from it.
    static let traceStatements = "ALTER TABLE rows RENAME COLUMN history TO trace"

    /// `laid_down` in `meta`: up to this row every row's columns stand in `groups`. Before it existed every row that was not laid down
    /// had its values in `pending`.
    static let laidDownStatements = """
        INSERT INTO meta(key, value) SELECT 'laid_down', coalesce((SELECT min(id) - 1 FROM pending), (SELECT max(id) FROM rows), 0);
        """

    /// Rows whose documents were found damaged: their columns in `groups` are NULL, and no answer may take them for that.
    static let damagedStatements = "CREATE TABLE damaged(id INTEGER PRIMARY KEY, reason TEXT NOT NULL)"

    /// Rows that were damaged and whose documents were brought again: what counts of them in the place of what `rows` and `groups` have.
    static let repairedStatements = """
        CREATE TABLE repaired(
            id INTEGER PRIMARY KEY, coding INTEGER NOT NULL, document_bytes INTEGER NOT NULL, document BLOB NOT NULL, encoded BLOB NOT NULL);
        """

    /// Which version of its document a row of a versioned table is, and what the next one is held against (`DocumentContent`).
    static let versionStatements = """
        CREATE TABLE versions(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, removed INTEGER NOT NULL, content BLOB NOT NULL);
        """

    /// Images that took the place of others: not beside those, since what lies on the same page may be damaged.
    static let replacedStatements = "CREATE TABLE replaced_parts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"

    /// Rows of images lie by client from here on (`ImageOrder`). No table is another one; but whoever takes ids within an image to ascend gives rows the states of
    /// others, and must not open such a file.
    static let clientStatements = "SELECT 1"

    /// Asked of a file before anything else is: one of a later version may say something else by the same columns.
    ///
    /// - Throws: SQLITE_NOTADB (26) for one.
    static func refuseLater(_ connection: SQLiteConnection) throws {
        let found = try connection.integer("PRAGMA user_version") ?? 0
        guard found <= version else {
            throw SQLiteError(code: 26, message: "hot file of version \(found), this program knows \(version)", path: connection.path)
        }
    }

    /// Of a store that is only read: nobody brings its files to this version there.
    ///
    /// - Throws: SQLITE_NOTADB (26) for a file of another version.
    static func requirePresent(_ connection: SQLiteConnection) throws {
        try refuseLater(connection)
        let found = try connection.integer("PRAGMA user_version") ?? 0
        guard found == version else {
            throw SQLiteError(code: 26, message: "hot file of version \(found), of an earlier till: start `till serve` once, which brings it to version \(version)", path: connection.path)
        }
    }

    /// Of files without rows: only ledgers have an identity that stands once in a file. Versioned tables have negative ids there. Files of before
    /// keep their index, and take no rows of versioned tables.
    static let ledgerIdentity = """
        DROP INDEX rows_identity;
        CREATE UNIQUE INDEX rows_identity ON rows(receipt, client, business_day, table_id) WHERE state <> 2 AND table_id > 0;
        INSERT INTO meta(key, value) VALUES('ledger_identity', 1);
        """

    /// Whether a ledger has the id 0, as the one that came first behind a versioned table had once. The index of identities knows nothing of its rows.
    static let ledgerZero = "SELECT 1 FROM tables WHERE id = 0"

    /// Gives such a ledger an id of its own, and its rows their place in the index. Where a document came again meanwhile, and stands twice, the index
    /// allows that and finds the first, and the file takes no more rows.
    static func renumberLedger(_ connection: SQLiteConnection) throws {
        guard try connection.integer(ledgerZero) != nil else { return }
        guard let id = try connection.integer("SELECT max(id) + 1 FROM tables") else { return }
        // The rows of a day are sorted for the index: not in memory.
        try connection.execute("PRAGMA temp_store=FILE")
        try connection.transaction {
            try connection.execute("DROP INDEX rows_identity")
            for table in ["rows", "kinds", "groups"] { try connection.execute("UPDATE \(table) SET table_id = \(id) WHERE table_id = 0") }
            try connection.execute("UPDATE tables SET id = \(id) WHERE id = 0")
            let index = "INDEX rows_identity ON rows(receipt, client, business_day, table_id) WHERE state <> 2 AND table_id > 0"
            do {
                try connection.execute("CREATE UNIQUE \(index)")
            } catch let error as SQLiteError where error.kind == .constraint {
                try connection.execute("CREATE \(index); UPDATE meta SET value = 0 WHERE key = 'ledger_identity'")
            }
        }
        try connection.execute("PRAGMA temp_store=MEMORY")
    }

    /// Columns of `rows` that make a `StoredReceipt`, with `kinds k` and `tables t` joined.
    static let receiptColumns = """
        r.id, r.sequence, r.ticket, t.name, k.type, r.client, r.receipt, r.business_day, r.received_at, r.state, r.completed_at, \
        r.sha256
        """
    static let receiptSource = "rows r JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = r.table_id"
    /// The FAILED receipt of a document: receipt, client, day, table, hash.
    static let failedOfDocument = """
        SELECT \(receiptColumns) FROM \(receiptSource)
        WHERE r.receipt = ?1 AND r.client = ?2 AND r.business_day = ?3 AND r.state = 2 AND t.name = ?4 AND r.sha256 = ?5
        ORDER BY r.sequence LIMIT 1
        """

    /// Rows are numbered from 1, without gaps.
    static func rowCount(_ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
        let last = try connection.integer("SELECT max(id) FROM rows") ?? 0
        return try StoredNumber.checked(last, "the number of the last row", in: StoredNumber.rows, path: connection.path)
    }
}

/// How far a group of columns is: `groups.is_complete`. On disk: do not renumber.
///
/// begun → laidDown → replaced; of its replacement begun → replacing, in the transaction in which the other becomes replaced; of that one's begun → laidDown, and so on.
enum HotGroupStage: Int64 {
    /// Not all of its parts stand in the file, or nobody goes by them yet: what a crash leaves so goes at the next start.
    case begun = 0
    /// Laid down in `group_parts`, and what readers go by.
    case laidDown = 1
    /// Another took its place. Its parts stay for those who read it, until the next start.
    case replaced = 2
    /// In the place of one that was laid down there: laid down in `replaced_parts`, and what readers go by.
    case replacing = 3

    /// Conditions on `groups`: what readers go by, and what is of no use to anyone once nobody reads.
    static let isReadable = "is_complete IN (\(laidDown.rawValue), \(replacing.rawValue))"
    static let isLeftOver = "is_complete IN (\(begun.rawValue), \(replaced.rawValue))"

    /// What brings a group there.
    func update(_ group: Int64) -> String { "UPDATE groups SET is_complete = \(rawValue) WHERE id = \(group);" }

    static func partsTable(isReplacement: Bool) -> String { isReplacement ? "replaced_parts" : "group_parts" }
}

// Results of `HotFileSchema`'s queries as values.
extension SQLiteStatement {
    /// The receipt that a query of `HotFileSchema.failedOfDocument` finds.
    func failedReceipt(_ identity: ReceiptIdentity, document sha256: [UInt8]) throws -> StoredReceipt? {
        defer { reset() }
        try bind(1, identity.receipt)
        try bind(2, identity.client)
        bind(3, Int64(identity.businessDay))
        try bind(4, identity.table)
        try bind(5, sha256)
        return try step() ? try storedReceipt().receipt : nil
    }

    /// The present row of a query of `HotFileSchema.receiptColumns`.
    ///
    /// - Throws: SQLITE_CORRUPT (11) for a ticket that has not 16 bytes or a state with an unknown code.
    func storedReceipt() throws -> (row: Int64, receipt: StoredReceipt) {
        guard let ticket = ULID(bytes: bytes(2)), let state = ReceiptState(code: int64(9)) else {
            throw SQLiteError(code: 11, message: "row \(int64(0)) has no valid ticket or state", path: "", sql: sql)
        }
        let summary = ReceiptSummary(
            ticketID: ticket.description, clientID: text(5), receiptID: text(6), type: text(4), businessDay: Int32(clamping: int64(7)),
            state: state, sequence: int64(1))
        let receipt = StoredReceipt(
            summary: summary, table: text(3), sha256: bytes(11), receivedAt: int64(8), completedAt: optionalInt64(10))
        return (int64(0), receipt)
    }
}
