package import Documents

/// A file of records that a client sends whole, and what became of it.
package struct Upload: Sendable {
    /// On disk, and in the API: do not rename.
    package enum State: String, Sendable, CaseIterable {
        /// The file is not here yet.
        case new = "NEW"
        case processing = "PROCESSING"
        case processed = "PROCESSED"
        /// The file cannot be read to its end.
        case error = "ERROR"
        case cancelled = "CANCELLED"
        case reverted = "REVERTED"
    }

    /// How many records had which end. `accepted`, `replaced`, `repeated` and `rejected` are all that were processed.
    package struct Counts: Sendable, Equatable {
        /// First versions, and receipts of ledgers.
        package var accepted: Int64 = 0
        package var repeated: Int64 = 0
        package var replaced: Int64 = 0
        package var rejected: Int64 = 0
        package var processed: Int64 { accepted + repeated + replaced + rejected }
        package init() {}
    }

    /// How far its being taken back is.
    package struct Revert: Sendable, Equatable {
        /// On disk: do not renumber.
        package enum Stage: Int64, Sendable { case none, running, done }
        package var stage = Stage.none
        /// Identities that have the version before again, and those where something newer had come.
        package var reverted: Int64 = 0
        package var left: Int64 = 0
        /// Rows of the upload up to this sequence are looked at.
        package var position: Int64 = 0
        /// The store's sequence when the step behind `position` began; 0 before the first, and where that step was ended before it had stored anything.
        package var stepSequence: Int64 = 0
        /// Whether the administrator asked for it; else whoever made the upload, who must have the right still.
        package var isByAdministrator = false
        package init() {}
    }

    package let id: String
    /// Who made it: the administrator or a contract.
    package let owner: Identity
    /// Whose receipts they are, where the call says so.
    package let client: String?
    package let name: String
    package let type: String?
    package let contentType: String?
    /// As announced; nil where it was not.
    package let byteCount: Int64?
    /// As announced, in hexadecimal digits.
    package let sha256: String?
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// Until when the file may be put.
    package let expiresAt: Int64
    package var state = State.new
    package var receivedByteCount: Int64 = 0
    /// Of the file, as it lies on disk: gzip or zstd.
    package var coding: String?
    package var startedAt: Int64?
    package var endedAt: Int64?
    package var counts = Counts()
    /// Records that are read, and all there are, once that is known.
    package var position: Int64 = 0
    package var recordCount: Int64?
    /// The store's sequence when the chunk behind `position` began: what has a later one and this upload's id was stored by a try that was cut off.
    package var chunkSequence: Int64 = 0
    /// The store's sequence before its first chunk.
    package var firstSequence: Int64 = 0
    /// Tables in which it has stored something, as they are stored.
    package var tables: Set<String> = []
    /// Why the file cannot be read to its end, or else why the upload was not taken back to its.
    package var problem: Fault?
    package var revert = Revert()
    /// Behind which version of types it was announced (`TypeStore.place`); before all where nobody says it.
    package var typesPlace: Int64 = -1

    package init(
        id: String, owner: Identity, client: String?, name: String, type: String?, contentType: String?, byteCount: Int64?, sha256: String?, createdAt: Int64,
        expiresAt: Int64
    ) {
        (self.id, self.owner, self.client, self.name, self.type) = (id, owner, client, name, type)
        (self.contentType, self.byteCount, self.sha256) = (contentType, byteCount, sha256)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
    }

    /// Counts a row that it has stored.
    ///
    /// - Parameters:
    ///   - version: nil of a ledger's.
    ///   - table: as it is stored.
    mutating func noteStored(version: Int64?, in table: String) {
        if let version, version > 1 { counts.replaced += 1 } else { counts.accepted += 1 }
        tables.insert(table)
    }

    /// Whose receipts they are, as far as that is known before they are read.
    package var clientID: String? { client ?? owner.client?.text }
}

/// What is said of a file before it comes.
package struct UploadAnnouncement: Sendable {
    package var name: String
    package var client: String?
    package var type: String?
    package var contentType: String?
    package var byteCount: Int64?
    package var sha256: String?

    package init(name: String) { self.name = name }
}
