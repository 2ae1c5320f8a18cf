/// What topics have in the file of queues.
///
///     topics          those that were put; `till` is there without
///     subscriptions   who gets which events, of the store's changes those behind `heard_after`; `drains`: a rule that its process has no more, until what waits for it is done
///     former_secrets  of webhooks whose secret was replaced, the one before; NULL for the contract's
///     events          what is still to be delivered to somebody, each as it is delivered, while `refs` deliveries need it
///     deliveries      one for each event and subscription that is not done; those of subscriptions that are no more are removed piece by piece
///     event_ids       what came within a day, by `IDClock`
///
/// Of the events of one subject a subscription has one that is tried; those behind it have no time (`held`) until it is done or dead.
enum TopicTables {
    static let held = Int64.max

    // Of a subject. SQLite knows nothing of how many there are, and reads all of the subscription by the primary key where the index is not named.

    /// Whether one waits, or is tried.
    static let pending = "SELECT 1 FROM deliveries INDEXED BY delivery_subjects WHERE subscription = ?1 AND subject = ?2 AND died_at IS NULL LIMIT 1"
    /// The first that waits is tried from ?3 on; its time begins at ?4 at the earliest.
    static let release = """
        UPDATE deliveries SET next_at = ?3, since = max(since, ?4) WHERE subscription = ?1 AND next_at = \(held) AND number = (
            SELECT min(number) FROM deliveries INDEXED BY delivery_subjects WHERE subscription = ?1 AND subject = ?2 AND died_at IS NULL)
        """

    /// Whether anything waits, or is tried, of any subject or none.
    static let pendingOfAny = "SELECT 1 FROM deliveries INDEXED BY delivery_times WHERE subscription = ?1 AND died_at IS NULL LIMIT 1"

    // Who published what waits: an origin is the name of a contract, or nothing for the administrator and the store.

    /// The first origin behind ?2 of which anything waits.
    static let originBehind = """
        SELECT origin FROM deliveries INDEXED BY delivery_turns WHERE subscription = ?1 AND died_at IS NULL AND origin > ?2 ORDER BY origin LIMIT 1
        """
    /// The first of all.
    static let firstOrigin = "SELECT origin FROM deliveries INDEXED BY delivery_turns WHERE subscription = ?1 AND died_at IS NULL ORDER BY origin LIMIT 1"

    /// What is due by ?2, of an origin (?4) or of all.
    static func dues(ofOrigin: Bool) -> String {
        """
        SELECT number, subject, since, attempts FROM deliveries INDEXED BY \(ofOrigin ? "delivery_turns" : "delivery_times")
        WHERE subscription = ?1 AND died_at IS NULL AND next_at <= ?2 \(ofOrigin ? "AND origin = ?4" : "") ORDER BY next_at, number LIMIT ?3
        """
    }

    /// Of those that were given up the numbers behind ?2, rising.
    static let deadNumbers = "SELECT number FROM deliveries WHERE subscription = ?1 AND number > ?2 AND number <= ?3 AND died_at IS NOT NULL ORDER BY number LIMIT \(pieceCountMax)"
    /// Of one that was given up; of no other there is a row.
    static let deadSubject = "SELECT subject FROM deliveries WHERE subscription = ?1 AND number = ?2 AND died_at IS NOT NULL"
    /// It is there again at ?4, and tried from ?3 on.
    static let revive = "UPDATE deliveries SET died_at = NULL, next_at = ?3, since = ?4, attempts = 0 WHERE subscription = ?1 AND number = ?2"

    /// Of a subscription's deliveries behind the number ?2, to ?3, the first ?4: how many there are, and the last.
    static let span = "SELECT count(*), max(number) FROM (SELECT number FROM deliveries WHERE subscription = ?1 AND number > ?2 AND number <= ?3 ORDER BY number LIMIT ?4)"
    /// Those of them that wait for their time are due by ?4, as if they had not been tried. By the numbers: no index of times is asked.
    static let hasten = """
        UPDATE deliveries SET next_at = min(next_at, ?4), attempts = 0
        WHERE subscription = ?1 AND number > ?2 AND number <= ?3 AND died_at IS NULL AND +next_at < \(held) AND (+next_at > ?4 OR attempts > 0)
        """

    /// Of a subscription that goes, and of what is given up and tried again: nobody else waits for more.
    static let pieceCountMax = QueueCore.pieceCountMax
    /// The first deliveries of a subscription.
    private static let piece = "SELECT number FROM deliveries WHERE subscription = ?1 ORDER BY number LIMIT \(pieceCountMax)"
    /// The events that only this subscription still needed: before these deliveries are deleted. By the numbers of its own deliveries.
    static let dropEvents = [
        "UPDATE events SET refs = refs - 1 WHERE number IN (\(piece))",
        "DELETE FROM events WHERE number IN (\(piece)) AND refs <= 0",
    ]
    static let dropDeliveries = "DELETE FROM deliveries WHERE subscription = ?1 AND number IN (\(piece))"

    /// Ids of subscriptions that have deliveries, one after the other.
    static let nextOwner = "SELECT min(subscription) FROM deliveries WHERE subscription > ?1"
    /// None of another's, whose deliveries are still being removed.
    static let newID = "SELECT max(coalesce((SELECT max(id) FROM subscriptions), 0), coalesce((SELECT max(subscription) FROM deliveries), 0)) + 1"
    static let renumber = ["UPDATE subscriptions SET id = ?2 WHERE id = ?1", "UPDATE former_secrets SET subscription = ?2 WHERE subscription = ?1"]

    /// Some ids of a topic.
    static let forgetIDs = "DELETE FROM event_ids WHERE topic = ?1 AND (source, id) IN (SELECT source, id FROM event_ids WHERE topic = ?1 LIMIT \(pieceCountMax))"

    /// - Parameters:
    ///   - hasSecrets: a file of before has no former ones.
    ///   - hasPlaces: as the function says.
    static func loadSubscriptions(hasSecrets: Bool, hasPlaces: Bool) -> String {
        """
        SELECT s.id, s.topic, s.name, s.condition, s.kind, s.target, s.secret, \(hasSecrets ? "f.secret, f.until" : "NULL, NULL"), \(hasPlaces ? "s.heard_after, s.drains" : "0, 0")
        FROM subscriptions s \(hasSecrets ? "LEFT JOIN former_secrets f ON f.subscription = s.id" : "")
        """
    }

    /// Whether subscriptions say behind which of the store's changes they hear, and whether they drain: those of a file of before hear all, and none drains.
    static func hasPlaces(_ connection: SQLiteConnection) throws(SQLiteError) -> Bool {
        try connection.integer("SELECT count(*) FROM pragma_table_info('subscriptions') WHERE name IN ('heard_after', 'drains')") == 2
    }

    static let putSubscription = """
        INSERT OR REPLACE INTO subscriptions(id, topic, name, condition, kind, target, secret, heard_after, drains) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)
        """
    static let drain = "UPDATE subscriptions SET drains = 1 WHERE id = ?1"
    /// Of a subscription: they go with it.
    static let remove = ["DELETE FROM former_secrets WHERE subscription = ?1", "DELETE FROM subscriptions WHERE id = ?1"]

    static let schema = """
        CREATE TABLE IF NOT EXISTS topics(name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS subscriptions(
            id INTEGER PRIMARY KEY, topic TEXT NOT NULL, name TEXT NOT NULL, condition TEXT, kind TEXT NOT NULL, target TEXT NOT NULL, secret TEXT,
            heard_after INTEGER NOT NULL DEFAULT 0, drains INTEGER NOT NULL DEFAULT 0, UNIQUE(topic, name));
        CREATE TABLE IF NOT EXISTS former_secrets(subscription INTEGER PRIMARY KEY, secret TEXT, until INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS events(number INTEGER PRIMARY KEY, origin TEXT, id TEXT NOT NULL, refs INTEGER NOT NULL, json BLOB NOT NULL);
        CREATE TABLE IF NOT EXISTS deliveries(
            subscription INTEGER NOT NULL, number INTEGER NOT NULL, subject TEXT, next_at INTEGER NOT NULL, since INTEGER NOT NULL, attempts INTEGER NOT NULL,
            reason TEXT, died_at INTEGER, origin TEXT NOT NULL DEFAULT '', PRIMARY KEY(subscription, number)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS delivery_times ON deliveries(subscription, next_at) WHERE died_at IS NULL;
        CREATE INDEX IF NOT EXISTS delivery_subjects ON deliveries(subscription, subject, number) WHERE died_at IS NULL;
        CREATE INDEX IF NOT EXISTS delivery_deaths ON deliveries(subscription, died_at) WHERE died_at IS NOT NULL;
        CREATE TABLE IF NOT EXISTS event_ids(topic TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(topic, source, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS event_times ON event_ids(at);
        """

    /// Columns that a file of before gets: of origins, which take turns (what waits in it is nobody's, and has one turn), of places among the store's changes, and of what drains.
    private static let added = [
        (table: "deliveries", column: "origin", type: "TEXT NOT NULL DEFAULT ''"), (table: "subscriptions", column: "heard_after", type: "INTEGER NOT NULL DEFAULT 0"),
        (table: "subscriptions", column: "drains", type: "INTEGER NOT NULL DEFAULT 0"),
    ]

    /// Lays out the tables where they are not there.
    ///
    /// - Throws: `SQLiteError`.
    static func lay(out connection: SQLiteConnection) throws {
        try connection.execute(schema)
        for (table, column, type) in added {
            guard try connection.integer("SELECT count(*) FROM pragma_table_info('\(table)') WHERE name = '\(column)'") == 0 else { continue }
            try connection.execute("ALTER TABLE \(table) ADD COLUMN \(column) \(type)")
        }
        try connection.execute("CREATE INDEX IF NOT EXISTS delivery_turns ON deliveries(subscription, origin, next_at) WHERE died_at IS NULL")
    }
}
