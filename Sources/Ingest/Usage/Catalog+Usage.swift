/// What clients used, by day: of receipts those whose hot files have moved to cold, of all else what was written down so far.
///
/// A row of `usage` is a client's day; figures are only ever added to it. Of receipts they may be less than nothing: what a revert has stored counts by its rows,
/// and is taken off here, for nobody has sent it.
extension Catalog {
    /// Adds to what is there. In a transaction of the caller's, where it must happen together with something else.
    ///
    /// - Parameter usage: by client and day; figures of nothing make no row.
    static func add(_ usage: [UsageKey: UsageFigures], _ connection: SQLiteConnection) throws {
        for (key, figures) in usage where !figures.isNothing {
            let statement = try connection.statement("""
                INSERT INTO usage(client_id, day, receipts, bytes, calls, queries, rows_scanned, bytes_scanned, exports_bytes, webhooks)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                ON CONFLICT(client_id, day) DO UPDATE SET
                    receipts = receipts + excluded.receipts, bytes = bytes + excluded.bytes, calls = calls + excluded.calls,
                    queries = queries + excluded.queries, rows_scanned = rows_scanned + excluded.rows_scanned,
                    bytes_scanned = bytes_scanned + excluded.bytes_scanned, exports_bytes = exports_bytes + excluded.exports_bytes,
                    webhooks = webhooks + excluded.webhooks
                """)
            try statement.bind(1, key.client.text)
            statement.bind(2, Int64(key.day))
            for (index, member) in UsageFigures.members.enumerated() { statement.bind(Int32(index) + 3, figures[keyPath: member]) }
            try statement.run()
        }
    }

    /// In a transaction of its own.
    func add(_ usage: [UsageKey: UsageFigures]) throws { try write(isCounted: false) { try Self.add(usage, $0) } }

    /// Of whom there is anything, with a contract or without one.
    func usageClients() throws -> [ClientID] {
        try read { connection in
            let statement = try connection.statement("SELECT DISTINCT client_id FROM usage")
            defer { statement.reset() }
            var found: [ClientID] = []
            while try statement.step() { found.append(ClientID(statement.text(0))) }
            return found
        }
    }

    /// - Parameters:
    ///   - clients: nil for all.
    ///   - days: since 1970.
    func usage(of clients: [ClientID]?, _ days: ClosedRange<Int32>) throws -> [UsageKey: UsageFigures] {
        try read { connection in
            let statement = try connection.statement("""
                SELECT client_id, day, receipts, bytes, calls, queries, rows_scanned, bytes_scanned, exports_bytes, webhooks FROM usage
                WHERE day BETWEEN ?1 AND ?2\(clients == nil ? "" : " AND client_id = ?3")
                """)
            defer { statement.reset() }
            var found: [UsageKey: UsageFigures] = [:]
            func addRows() throws {
                while try statement.step() {
                    var figures = UsageFigures()
                    for (index, member) in UsageFigures.members.enumerated() { figures[keyPath: member] = statement.int64(Int32(index) + 2) }
                    found[UsageKey(client: ClientID(statement.text(0)), day: Int32(clamping: statement.int64(1)))] = figures
                }
            }
            // Each client's own: its days lie side by side.
            for client in clients.map({ $0.map { Optional($0) } }) ?? [nil] {
                statement.reset()
                statement.bind(1, Int64(days.lowerBound))
                statement.bind(2, Int64(days.upperBound))
                if let client { try statement.bind(3, client.text) }
                try addRows()
            }
            return found
        }
    }
}
