import ColumnStore

/// Tells the rows of a day file from others: a chain of hashes over what of a row never changes, in their order. Whoever has a file with more rows can tell whether the first ones are these.
///
///     digest  := rowCount:int64 hash[32]                              as it stands in the catalog, all numbers little-endian
///     hash    := SHA-256(hash before, id … received_at: int64{7}, (byteCount:int64 bytes){4} of ticket, client, receipt and the document's hash)
///
/// States of a row, and what its process has noted, change, and are not in it.
package struct DayDigest: Equatable, Sendable {
    package private(set) var rowCount: Int64 = 0
    private(set) var hash = [UInt8](repeating: 0, count: 32)

    /// Among the catalog's single values, before the file's name.
    static let keyPrefix = "day_digest/"

    /// More than a file can have: a count beyond it is none.
    private static let rowCountMax: Int64 = 1 << 50

    init() {}

    /// - Returns: nil for bytes that are none.
    init?(_ bytes: [UInt8]) {
        var reader = LittleEndianReader(bytes[...])
        guard bytes.count == 40, let count = reader.int64(), (0...Self.rowCountMax).contains(count), let hash = reader.take(32) else { return nil }
        (rowCount, self.hash) = (count, Array(hash))
    }

    var bytes: [UInt8] {
        var out = LittleEndianBytes()
        out.append(rowCount)
        return out.bytes + hash
    }

    /// Takes in further rows; ends early where one is missing, or `isCancelled` says so.
    ///
    /// - Parameter last: the id of the last one.
    private mutating func extend(_ connection: SQLiteConnection, through last: Int64, isCancelled: () -> Bool) throws {
        let rows = try connection.statement("""
            SELECT id, sequence, table_id, kind, business_day, issued_at, received_at, ticket, client, receipt, sha256 FROM rows WHERE id > ?1 AND id <= ?2 ORDER BY id
            """)
        defer { rows.reset() }
        rows.bind(1, rowCount)
        rows.bind(2, last)
        while try rows.step() {
            guard rows.int64(0) == rowCount + 1, !isCancelled() else { return }
            var row = LittleEndianBytes(bytes: hash)
            for column in 0..<7 { row.append(rows.int64(Int32(column))) }
            for column in 7..<11 {
                let bytes = rows.bytes(Int32(column))
                row.append(Int64(bytes.count))
                row.bytes += bytes
            }
            (hash, rowCount) = (SHA256.hash(row.bytes), rowCount + 1)
        }
    }

    /// Of the first rows of a file, as many as there are up to `count`.
    ///
    /// - Throws: where they cannot be read.
    package static func of(_ path: String, count: Int64, isCancelled: () -> Bool) throws -> DayDigest {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        var digest = DayDigest()
        try digest.extendInParts(connection, through: count, isCancelled: isCancelled)
        return digest
    }

    /// As `extend`, without a look at one state of the file for so long that its log could not be begun anew.
    mutating func extendInParts(_ connection: SQLiteConnection, through last: Int64, isCancelled: () -> Bool) throws {
        while rowCount < last, !isCancelled() {
            let before = rowCount
            try extend(connection, through: min(last, rowCount + Self.partRowCount), isCancelled: isCancelled)
            if rowCount == before { return }
        }
    }

    /// Of one statement.
    private static let partRowCount: Int64 = 16_384
}
