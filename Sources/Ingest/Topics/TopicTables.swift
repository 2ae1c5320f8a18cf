/// What topics have in the file of queues.
///
///     topics          those that were put; `till` is there without
///     subscriptions   who gets which events
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

    static let loadSubscriptions = """
        SELECT s.id, s.topic, s.name, s.condition, s.kind, s.target, s.secret, f.secret, f.until FROM subscriptions s LEFT JOIN former_secrets f ON f.subscription = s.id
        """
    /// Where there were none of those secrets yet.
    static let loadSubscriptionsAlone = "SELECT id, topic, name, condition, kind, target, secret, NULL, NULL FROM subscriptions"
    /// Of a subscription: they go with it.
    static let remove = ["DELETE FROM former_secrets WHERE subscription = ?1", "DELETE FROM subscriptions WHERE id = ?1"]

    static let schema = """
        CREATE TABLE IF NOT EXISTS topics(name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS subscriptions(
            id INTEGER PRIMARY KEY, topic TEXT NOT NULL, name TEXT NOT NULL, condition TEXT, kind TEXT NOT NULL, target TEXT NOT NULL, secret TEXT,
            UNIQUE(topic, name));
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

    /// Lays out the tables where they are not there. A file of before origins took turns gets the column; what waits in it is nobody's, and has one turn.
    ///
    /// - Throws: `SQLiteError`.
    static func lay(out connection: SQLiteConnection) throws {
        try connection.execute(schema)
        if try connection.integer("SELECT count(*) FROM pragma_table_info('deliveries') WHERE name = 'origin'") == 0 {
            try connection.execute("ALTER TABLE deliveries ADD COLUMN origin TEXT NOT NULL DEFAULT ''")
        }
        try connection.execute("CREATE INDEX IF NOT EXISTS delivery_turns ON deliveries(subscription, origin, next_at) WHERE died_at IS NULL")
    }
}
