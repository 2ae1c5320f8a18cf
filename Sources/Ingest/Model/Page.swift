package import ColumnStore

/// A page of a table's receipts, as a call asks for it.
package struct PageRequest: Sendable {
    package enum Range: Sendable {
        case all
        /// business_day, from inclusive to exclusive.
        case days(from: Int32?, to: Int32?)
        /// issued_at in microseconds.
        case instants(from: Int64?, to: Int64?)
    }
    /// As callers name it.
    package var table: String
    /// Nil for all whose rows the caller sees.
    package var client: String?
    package var range: Range
    package var type: String?
    package var state: ReceiptState?
    /// Column names; nil for the default fields, `["*"]` for all.
    package var fields: [String]?
    package var limit: Int
    package var cursor: String?
    /// Of versioned tables, in microseconds: their state of that instant.
    package var asOf: Int64?
    package init(
        table: String = "receipts", client: String? = nil, range: Range = .all, type: String? = nil, state: ReceiptState? = nil,
        fields: [String]? = nil, limit: Int = 1_000, cursor: String? = nil, asOf: Int64? = nil
    ) {
        self.table = table
        self.client = client
        self.range = range
        self.type = type
        self.state = state
        self.fields = fields
        self.limit = limit
        self.cursor = cursor
        self.asOf = asOf
    }
}

/// Receipts of one table, and where their walk goes on.
package struct Page: Sendable {
    /// The fields asked for, in order.
    package var schema: Schema
    package var batches: [ColumnBatch]
    /// Nil at the walk's end.
    package var nextCursor: String?
    /// For `document`: the content type of each row, batch by batch, where `document` is among the fields but `content_type` is not.
    package var contentTypes: [Column]?
    package init(schema: Schema, batches: [ColumnBatch], nextCursor: String?, contentTypes: [Column]? = nil) {
        self.schema = schema
        self.batches = batches
        self.nextCursor = nextCursor
        self.contentTypes = contentTypes
    }
}
