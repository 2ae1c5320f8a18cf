/// What became of one body: a result for each receipt in it, in order.
///
/// `receipts` are in the order of the body; how they are taken together, `shape` says.
package struct DocumentReading: Sendable {
    package enum Shape: Sendable {
        /// One document.
        case single
        /// An array, or an envelope: all or nothing.
        case batch
        /// An envelope whose receipts count each on its own, or CSV.
        case each
    }

    package var shape: Shape
    /// None for an empty array, and for CSV without records.
    package var receipts: [ReceiptResult]
    /// Receipts after those, past what a body may hold: nothing is kept of them.
    ///
    /// 0 but for bodies of the shape `each`.
    package var beyondCount = 0

    package init(shape: Shape, receipts: [ReceiptResult], beyondCount: Int = 0) {
        self.shape = shape
        self.receipts = receipts
        self.beyondCount = beyondCount
    }
}

/// What became of one receipt.
package enum ReceiptResult: Sendable {
    case accepted(ExtractedReceipt)
    /// With the type that was meant, if one was found, and the bytes that were refused.
    case refused(Fault, type: String?, document: ReceiptDocument)
}

/// How a body is to be read.
///
/// Bounds are in bytes, or in receipts.
package struct ReadingOptions: Sendable {
    /// `?type=`: this type, whatever the others say.
    package var type: String?
    /// Microseconds since 1970.
    package var now: Int64
    /// Bytes of one document; an envelope counts as many as it has receipts, up to the body's own limit.
    ///
    /// As it came; of an XML receipt in an envelope in canonical form, of a CSV record with its header.
    package var documentByteCountMax: Int
    /// Receipts of an array or an envelope that counts as a whole.
    package var batchCountMax: Int
    /// Receipts of an envelope that count each on its own.
    package var eachCountMax: Int
    /// Of documents that are made for the receipts of one body: a record with its header, an element in canonical form.
    ///
    /// Receipts past it are refused with too-large, and told that they may be sent again.
    package var madeByteCountMax = 64 << 20
    /// Whether refusals bear what could be read of their documents.
    package var keepsReadable = false
    /// Of what is kept so: more is left out.
    package var readableByteCountMax = 64 << 10
    /// What all of the body may cost; nil: as much as its bytes allow.
    ///
    /// Shared where several readings draw on one.
    package var allowance: WorkAllowance?
    /// Types that whoever sent the body may know of; nil: all.
    ///
    /// Which columns a header of CSV may have is told of these alone.
    package var knownTypes: Set<String>?
    /// A CSV header was held against the types before: at the beginning of the file whose records these are, whatever is put meanwhile.
    package var isHeaderChecked = false
    /// What CSV is written in, as a media type names it; nil: UTF-8.
    package var charset: String?
    /// Whether XML may be read without a tree. What comes out is the same: tests hold both against each other.
    package var takesTapes = true

    package init(
        type: String? = nil, now: Int64, documentByteCountMax: Int = 1 << 20, batchCountMax: Int = 100, eachCountMax: Int = 10_000
    ) {
        self.type = type
        self.now = now
        self.documentByteCountMax = documentByteCountMax
        self.batchCountMax = batchCountMax
        self.eachCountMax = eachCountMax
    }
}
