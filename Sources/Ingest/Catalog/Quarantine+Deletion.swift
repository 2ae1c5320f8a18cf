import ColumnStore

/// What an administrator has deleted of a list, by whose it is and by when it came there.
package struct DeletionFilter: Sendable {
    /// Of all clients, and of none, where it is nil.
    package var client: String?
    /// Microseconds since 1970: what came there before it; nil for whatever is there.
    package var before: Int64?
    package init(client: String?, before: Int64?) { (self.client, self.before) = (client, before) }

    /// One call deletes no more: whoever waits for the catalog or the writer waits shortly.
    package static let countMax = 10_000
}

package struct DeletionSummary: Sendable, Hashable {
    package var count: Int
    /// Others pass, for the next call.
    package var hasMore: Bool
    package init(count: Int, hasMore: Bool) { (self.count, self.hasMore) = (count, hasMore) }
}

/// What an administrator deletes before its time.
extension Quarantine {
    /// - Returns: whether there was such an entry.
    func delete(_ ticket: ULID) throws -> Bool {
        try change { shares, connection in
            let select = try connection.statement("SELECT id, client_id, byte_count FROM quarantine WHERE ticket = ?1")
            try select.bind(1, ticket.bytes)
            return try Self.delete(select, &shares, connection) == 1
        }
    }

    /// Deletes entries that pass, the oldest first, a group in each transaction.
    func delete(_ filter: DeletionFilter) throws -> DeletionSummary {
        var summary = DeletionSummary(count: 0, hasMore: true)
        while summary.hasMore, summary.count < DeletionFilter.countMax {
            let count = try change { shares, connection in
                var sql = "SELECT id, client_id, byte_count FROM quarantine WHERE received_at < ?1"
                if filter.client != nil { sql += " AND client_id = ?2" }
                let select = try connection.statement(sql + " ORDER BY ticket LIMIT \(Self.groupCount)")
                select.bind(1, filter.before ?? .max)
                if let client = filter.client { try select.bind(2, client) }
                return try Self.delete(select, &shares, connection)
            }
            summary.count += count
            summary.hasMore = count == Self.groupCount
        }
        return summary
    }

    /// Deletes the entries that `select` gives: number, client and size.
    ///
    /// - Precondition: within a transaction.
    private static func delete(_ select: SQLiteStatement, _ shares: inout QuarantineShares, _ connection: SQLiteConnection) throws -> Int {
        var found: [QuarantineShares.Entry] = []
        do {
            defer { select.reset() }
            while try select.step() { found.append(QuarantineShares.Entry(id: select.int64(0), client: select.optionalBytes(1), byteCount: select.count(2))) }
        }
        for entry in found { try drop(entry, &shares, connection) }
        return found.count
    }
}
