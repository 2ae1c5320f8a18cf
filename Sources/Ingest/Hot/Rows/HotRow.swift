package import ColumnStore
package import Documents

/// What rows of one document type and version have in common; one object for all of them.
///
/// Compared by its address, which is why it is a class: a row's kind is looked up without its names. Made when a type is put, or from a file's
/// `kinds`.
package final class RowFormat: Sendable {
    package let table: String
    package let type: String
    /// Of the type, not of a document.
    package let version: Int32
    package let contentType: String
    /// The columns that the type adds to its table, and how a row of them lies in bytes.
    package let layout: RowLayout
    /// Where they stand in the table, `FormatPlacing` says.
    package var fields: [Field] { layout.fields }
    package let tableKind: TableKind

    package init(table: String, type: String, version: Int32, contentType: String, layout: RowLayout) {
        self.table = table
        tableKind = TableName.kind(of: table)
        self.type = type
        self.version = version
        self.contentType = contentType
        self.layout = layout
    }
}

/// What names a receipt forever. Where the table's kind has no day in it, that is 0.
///
/// Ids are the UTF-8 that was posted, compared byte by byte; the day is days since 1970.
package struct ReceiptIdentity: Hashable, Sendable {
    package var table: String
    package var client: [UInt8]
    package var receipt: [UInt8]
    package var businessDay: Int32

    package init(table: String, client: [UInt8], receipt: [UInt8], businessDay: Int32) {
        self.table = table
        self.client = client
        self.receipt = receipt
        self.businessDay = businessDay
    }

    /// As the kind of the table has it: what repeats, and what is another receipt. A document that changes is one, whatever days its versions have.
    var ofTableKind: ReceiptIdentity {
        var identity = self
        if !TableName.kind(of: table).dayIsOfIdentity { identity.businessDay = 0 }
        return identity
    }
}

/// Which version of its document a row of a versioned table is.
package struct RowVersion: Sendable {
    /// From 1; 0 until the writer gives it.
    package var number: Int32 = 0
    package var isRemoval = false
    /// `DocumentContent`.
    package var content: [UInt8]
    /// The sequence of the version that must still be the newest one; nil for whatever is.
    package var follows: Int64?

    package init(content: [UInt8], isRemoval: Bool = false) {
        self.content = content
        self.isRemoval = isRemoval
    }
}

/// A validated receipt on its way to the writer.
///
/// Its bytes lie in two buffers: what the columns need stays in memory until its batch is flushed, the document goes at once.
///
/// Made by intake on its own thread, all that can be prepared before the writer's turn: compressed, hashed, laid out.
package struct HotRow: Sendable {
    package let kind: RowFormat
    /// Days since 1970.
    package let businessDay: Int32
    /// Microseconds since 1970.
    package let issuedAt: Int64
    /// client id, receipt id, encoded values.
    package private(set) var columns: [UInt8]
    /// Of versioned tables.
    package private(set) var version: RowVersion?
    package let clientByteCount: Int
    package let receiptByteCount: Int
    /// SHA-256 of the document (32 bytes), then the document as stored.
    package let document: [UInt8]
    /// Of the document as it was posted.
    package let documentByteCount: Int
    package let coding: DocumentCoding
    package let callbackURL: String?
    /// PROCESSING when registrars must accept it first.
    package let state: ReceiptState
    /// What must happen to it, and who hears of it; nil for most.
    package let process: ProcessPlan?
    /// The document alone, read by its type's version, gives the same values again: they need not be kept until they are in columns.
    package let isReadable: Bool

    /// - Parameters:
    ///   - values: a row of `kind.layout`.
    ///   - storedDocument: as `coding` says; empty for `.none`.
    ///   - documentByteCount: before compression.
    /// - Precondition: `sha256` has 32 bytes.
    package init(
        kind: RowFormat, client: some Collection<UInt8>, receipt: some Collection<UInt8>, businessDay: Int32, issuedAt: Int64,
        values: [UInt8], sha256: [UInt8], storedDocument: [UInt8], documentByteCount: Int, coding: DocumentCoding,
        callbackURL: String? = nil, state: ReceiptState = .complete, process: ProcessPlan? = nil, isReadable: Bool = false,
        version: RowVersion? = nil
    ) {
        precondition(sha256.count == 32)
        self.kind = kind
        self.businessDay = businessDay
        self.issuedAt = issuedAt
        var columns: [UInt8] = []
        columns.reserveCapacity(client.count + receipt.count + values.count)
        columns.append(contentsOf: client)
        columns.append(contentsOf: receipt)
        clientByteCount = client.count
        receiptByteCount = receipt.count
        columns.append(contentsOf: values)
        self.columns = columns
        document = sha256 + storedDocument
        self.documentByteCount = documentByteCount
        self.coding = coding
        self.callbackURL = callbackURL
        self.state = state
        self.process = process
        self.isReadable = isReadable
        self.version = version
    }

    /// Gives a row of a versioned table its number.
    ///
    /// The number stands in the encoded values too: it is a column of its table.
    mutating func set(version number: Int32) {
        version?.number = number
        VersionColumns.set(version: number, in: &columns, at: clientByteCount + receiptByteCount, count: kind.fields.count)
    }

    /// The row is only stored while the version of that sequence is the newest.
    mutating func follow(_ sequence: Int64) { version?.follows = sequence }

    // Slices of the one buffer: indices begin where the part does, not at 0.
    package var client: ArraySlice<UInt8> { columns[..<clientByteCount] }
    package var receipt: ArraySlice<UInt8> { columns[clientByteCount..<clientByteCount + receiptByteCount] }
    package var values: ArraySlice<UInt8> { columns[(clientByteCount + receiptByteCount)...] }
    package var sha256: ArraySlice<UInt8> { document[..<32] }
    package var identity: ReceiptIdentity {
        // As `ofTableKind`, without a look at the table's name.
        ReceiptIdentity(table: kind.table, client: Array(client), receipt: Array(receipt), businessDay: kind.tableKind.dayIsOfIdentity ? businessDay : 0)
    }
    /// Of a versioned table.
    var versionKey: VersionKey? { version == nil ? nil : VersionKey(table: kind.table, client: Array(client), receipt: Array(receipt)) }
}

/// How a document's bytes are stored. Raw values are on disk: do not renumber.
package enum DocumentCoding: Hashable, Sendable {
    case plain
    case zstd
    /// There is no document: the row removes one.
    case none
    /// With the dictionary of that number in the catalog, of which the file keeps a copy.
    case zstdDictionary(Int64)

    package init(rawValue: Int64) {
        self =
            switch rawValue {
            case 0: .plain
            case 1: .zstd
            case -1: .none
            default: .zstdDictionary(rawValue)
            }
    }

    package var rawValue: Int64 {
        switch self {
        case .plain: 0
        case .zstd: 1
        case .none: -1
        case .zstdDictionary(let number): number
        }
    }
}

extension ReceiptState {
    /// On disk: do not renumber.
    package var code: Int64 {
        switch self {
        case .processing: 0
        case .complete: 1
        case .failed: 2
        }
    }

    /// Nil for a code that no program has written.
    package init?(code: Int64) {
        switch code {
        case 0: self = .processing
        case 1: self = .complete
        case 2: self = .failed
        default: return nil
        }
    }

    /// As the state column holds them, by code.
    package static let allTexts: [[UInt8]] = [processing, complete, failed].map { Array($0.rawValue.utf8) }
}

/// A receipt that the store has, as far as a repeat, a ticket and a change need it.
///
/// Read from a hot file, a cold file or the index of versions; it does not say which, as nobody needs to know.
package struct StoredReceipt: Sendable {
    package var summary: ReceiptSummary
    package var table: String
    /// Of the document; of a version, its content hash (`DocumentContent`).
    package var sha256: [UInt8]
    /// Microseconds since 1970.
    package var receivedAt: Int64
    /// Nil while it is PROCESSING, and of a version that the index tells of.
    package var completedAt: Int64?
    /// Of a new version: the sequence of the one before it.
    package var precedingSequence: Int64?

    package init(summary: ReceiptSummary, table: String, sha256: [UInt8], receivedAt: Int64, completedAt: Int64?) {
        self.summary = summary
        self.table = table
        self.sha256 = sha256
        self.receivedAt = receivedAt
        self.completedAt = completedAt
    }

    /// With the day of its own row.
    var identity: ReceiptIdentity {
        ReceiptIdentity(table: table, client: Array(summary.clientID.utf8), receipt: Array(summary.receiptID.utf8), businessDay: summary.businessDay)
    }

    /// A version, as the index knows it.
    ///
    /// The index does not keep when the version became final: `completedAt` is nil.
    init(_ entry: VersionEntry, of key: VersionKey) {
        summary = ReceiptSummary(
            ticketID: entry.ticket.description, clientID: String(decoding: key.client, as: UTF8.self),
            receiptID: String(decoding: key.receipt, as: UTF8.self), type: entry.type, businessDay: entry.businessDay, state: entry.state,
            sequence: entry.sequence)
        summary.version = entry.version
        table = key.table
        sha256 = entry.content
        receivedAt = entry.receivedAt
        completedAt = nil
    }

    /// Of a versioned table.
    var versionKey: VersionKey {
        VersionKey(table: table, client: Array(summary.clientID.utf8), receipt: Array(summary.receiptID.utf8))
    }

    /// Whether it is of that very document.
    func isOf(_ sha256: some Collection<UInt8>) -> Bool { self.sha256.elementsEqual(sha256) }

    /// Of what is stored under one identity, what a document meets: the receipt of the same document, FAILED or not, else the one that
    /// holds the identity.
    ///
    /// Of several that qualify the first of `stored` is taken.
    static func choose(_ stored: [StoredReceipt], for sha256: some Collection<UInt8>) -> StoredReceipt? {
        stored.first { $0.isOf(sha256) } ?? stored.first { $0.summary.state != .failed }
    }
}
