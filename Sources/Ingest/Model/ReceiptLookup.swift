package import ColumnStore

package struct ReceiptLookup: Sendable {
    package var receiptID: String
    package var client: String?
    package var table: String
    package var day: Int32?
    package init(receiptID: String, client: String? = nil, table: String = "receipts", day: Int32? = nil) {
        self.receiptID = receiptID
        self.client = client
        self.table = table
        self.day = day
    }
}

package enum ReceiptLookupResult: Sendable {
    /// One row of all columns of the table, in `schema`'s order.
    case found(schema: Schema, row: ColumnBatch)
    /// Several days (or clients, for those who see all) hold that id.
    case choices([(businessDay: Int32, clientID: String)])
}
