/// What names a document of a versioned table forever: no day is in it.
package struct VersionKey: Hashable, Sendable {
    /// As it is stored.
    package let table: String
    package let client: [UInt8]
    package let receipt: [UInt8]

    package init(table: String, client: [UInt8], receipt: [UInt8]) {
        self.table = table
        self.client = client
        self.receipt = receipt
    }
}

/// One version of a document, as far as the next one, a repeat and a look-up need it.
package struct VersionEntry: Sendable, Equatable {
    /// From 1, without gaps.
    package var version: Int32
    package var sequence: Int64
    package var ticket: ULID
    /// Microseconds since 1970.
    package var receivedAt: Int64
    package var businessDay: Int32
    package var state: ReceiptState
    package var isRemoval: Bool
    /// What makes two documents the same: the hash of its bytes, of a CSV record that of its values by header (`DocumentContent`).
    package var content: [UInt8]
    package var type: String
    package var typeVersion: Int32

    /// Whether a document of that content says nothing new after this version.
    func isSame(_ content: [UInt8]) -> Bool { !isRemoval && state != .failed && self.content == content }
}
