package import ColumnStore

/// One version of a document of a versioned table.
package struct DocumentVersion: Sendable {
    /// A column that says something else than the version before.
    package struct Change: Sendable {
        package let field: Field
        package let from: Value
        package let to: Value
    }

    package var version: Int32
    package var ticketID: String
    /// Microseconds since 1970.
    package var receivedAt: Int64
    package var validTo: Int64?
    package var isRemoved: Bool
    package var uploadID: String?
    package var state: ReceiptState
    /// None for the first version.
    package var changes: [Change]

    package init(
        version: Int32, ticketID: String, receivedAt: Int64, validTo: Int64?, isRemoved: Bool, uploadID: String?, state: ReceiptState, changes: [Change]
    ) {
        (self.version, self.ticketID, self.receivedAt, self.validTo) = (version, ticketID, receivedAt, validTo)
        (self.isRemoved, self.uploadID, self.state, self.changes) = (isRemoved, uploadID, state, changes)
    }
}

package struct VersionPage: Sendable {
    /// Newest first.
    package var versions: [DocumentVersion]
    package var nextCursor: String?

    package init(versions: [DocumentVersion], nextCursor: String?) { (self.versions, self.nextCursor) = (versions, nextCursor) }
}

package enum VersionLookupResult: Sendable {
    case found(VersionPage)
    /// Several clients have that id.
    case choices([String])
}
