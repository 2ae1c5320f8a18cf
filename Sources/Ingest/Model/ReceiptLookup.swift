package import ColumnStore

package struct ReceiptLookup: Sendable {
    package var receiptID: String
    package var client: String?
    package var table: String
    package var day: Int32?
    /// Of versioned tables, in microseconds: the version of that instant.
    package var asOf: Int64?
    package init(receiptID: String, client: String? = nil, table: String = "receipts", day: Int32? = nil, asOf: Int64? = nil) {
        self.receiptID = receiptID
        self.client = client
        self.table = table
        self.day = day
        self.asOf = asOf
    }
}

package enum ReceiptLookupResult: Sendable {
    /// One row of all columns of the table, in `schema`'s order.
    case found(schema: Schema, row: ColumnBatch)
    /// Several days (or clients, for those who see all) hold that id.
    case choices([(businessDay: Int32, clientID: String)])
}
