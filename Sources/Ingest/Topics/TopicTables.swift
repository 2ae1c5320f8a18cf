/// What topics have in the file of queues.
///
///     topics          those that were put; `till` is there without
///     subscriptions   who gets which events
///     former_secrets  of webhooks whose secret was replaced, the one before; NULL for the contract's
///     events          what is still to be delivered to somebody, each as it is delivered, while `refs` deliveries need it
///     deliveries      one for each event and subscription that is not done
///     event_ids       what came within a day
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

    /// What was given up is there again at ?2: what has a subject waits for its turn.
    static let revive = """
        UPDATE deliveries SET died_at = NULL, next_at = CASE WHEN subject IS NULL THEN ?2 ELSE \(held) END, since = ?2, attempts = 0
        WHERE subscription = ?1 AND died_at IS NOT NULL
        """
    /// Of each subject of which none is tried, or has a time, the first that waits is tried from ?2 on.
    static let beginSubjects = """
        UPDATE deliveries SET next_at = ?2 WHERE subscription = ?1 AND died_at IS NULL AND next_at = \(held)
        AND number = (SELECT min(d.number) FROM deliveries d INDEXED BY delivery_subjects WHERE d.subscription = ?1 AND d.subject = deliveries.subject AND d.died_at IS NULL)
        AND NOT EXISTS(
            SELECT 1 FROM deliveries d INDEXED BY delivery_subjects
            WHERE d.subscription = ?1 AND d.subject = deliveries.subject AND d.died_at IS NULL AND d.next_at < \(held))
        """

    /// The events that only this subscription still needed: before its deliveries are deleted. By the numbers of its own deliveries.
    static let dropEvents = [
        "UPDATE events SET refs = refs - 1 WHERE number IN (SELECT number FROM deliveries WHERE subscription = ?1)",
        "DELETE FROM events WHERE number IN (SELECT number FROM deliveries WHERE subscription = ?1) AND refs <= 0",
    ]

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
            reason TEXT, died_at INTEGER, PRIMARY KEY(subscription, number)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS delivery_times ON deliveries(subscription, next_at) WHERE died_at IS NULL;
        CREATE INDEX IF NOT EXISTS delivery_subjects ON deliveries(subscription, subject, number) WHERE died_at IS NULL;
        CREATE INDEX IF NOT EXISTS delivery_deaths ON deliveries(subscription, died_at) WHERE died_at IS NOT NULL;
        CREATE TABLE IF NOT EXISTS event_ids(topic TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(topic, source, id)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS event_times ON event_ids(at);
        """
}
