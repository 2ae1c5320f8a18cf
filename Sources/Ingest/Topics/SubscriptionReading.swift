/// Whose deliveries are read.
struct SubscriptionPlace: Sendable {
    let id: Int64
    let subscription: Subscription
    /// As `SubscriptionReport` has it.
    let rests: String?
}

/// What is looked up among a subscription's deliveries, in one state of the file: beside the writer, who has all queues and topics to do, since a look takes as long
/// as the backlog is long.
enum SubscriptionReading {
    /// - Complexity: O(its deliveries).
    static func report(_ place: SubscriptionPlace, _ connection: SQLiteConnection) throws -> SubscriptionReport {
        let select = try connection.statement("""
            SELECT count(*) FILTER (WHERE died_at IS NULL), count(*) FILTER (WHERE died_at IS NOT NULL), min(since) FILTER (WHERE died_at IS NULL)
            FROM deliveries WHERE subscription = ?1
            """)
        defer { select.reset() }
        select.bind(1, place.id)
        guard try select.step() else { return SubscriptionReport(subscription: place.subscription, pending: 0, dead: 0, oldestAt: nil, rests: place.rests) }
        return SubscriptionReport(
            subscription: place.subscription, pending: Int(clamping: select.int64(0)), dead: Int(clamping: select.int64(1)), oldestAt: select.optionalInt64(2),
            rests: place.rests)
    }

    /// A page of what was given up, in the order of events; it ends at `limit`, or once it has `pageByteCountMax` bytes.
    ///
    /// - Returns: `isCut`: it ended at its bytes, and there are more.
    static func dead(
        of place: SubscriptionPlace, after number: Int64, limit: Int, _ connection: SQLiteConnection
    ) throws -> (events: [DeadEventReport], isCut: Bool) {
        let select = try connection.statement("""
            SELECT d.number, e.json, d.reason, d.attempts, d.died_at FROM deliveries d JOIN events e ON e.number = d.number
            WHERE d.subscription = ?1 AND d.number > ?2 AND d.died_at IS NOT NULL ORDER BY d.number LIMIT ?3
            """)
        defer { select.reset() }
        select.bind(1, place.id)
        select.bind(2, number)
        select.bind(3, Int64(limit))
        var reports: [DeadEventReport] = []
        var byteCount = 0
        while byteCount < DeadMessageReport.pageByteCountMax, try select.step() {
            let event = select.bytes(1)
            byteCount += event.count
            reports.append(
                DeadEventReport(number: select.int64(0), event: event, reason: select.text(2), attempts: Int(clamping: select.int64(3)), diedAt: select.int64(4)))
        }
        return (reports, try byteCount >= DeadMessageReport.pageByteCountMax && select.step())
    }

    /// Numbers of events that were given up, rising: a piece of those behind `number`.
    static func deadNumbers(of id: Int64, after number: Int64, through last: Int64, _ connection: SQLiteConnection) throws -> [Int64] {
        let select = try connection.statement(TopicTables.deadNumbers)
        defer { select.reset() }
        select.bind(1, id)
        select.bind(2, number)
        select.bind(3, last)
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.int64(0)) }
        return numbers
    }
}
