/// What a document says, checked and typed: all that a row of its table takes from it.
///
/// Made by `Extractor`; becomes a row of the hot tier, with what intake and the writer add. It owns its bytes but for the document, which may be a
/// range of the body: who keeps it keeps the body, or copies.
package struct ExtractedReceipt: Sendable {
    /// The version that read it; its `layout` is what `row` is read by.
    package var type: DocumentType
    /// 1–200 bytes of UTF-8, no control characters.
    package var receiptID: [UInt8]
    /// Nil when the type maps none.
    package var clientID: [UInt8]?
    package var callbackURL: String?
    /// Where the document says it.
    package var callbackPointer: String?
    /// Microseconds since 1970.
    package var issuedAt: Int64
    /// Days since 1970.
    package var businessDay: Int32
    /// The stored columns as `type.layout` lays them.
    package var row: [UInt8]
    package var document: ReceiptDocument
}

/// The bytes that a receipt keeps as its document.
///
/// What a read of the document gives back: never anything that reading added.
package enum ReceiptDocument: Sendable, Equatable {
    /// A piece of the body that was read (often all of it).
    case body(Range<Int>)
    /// Bytes of its own: an XML element in canonical form, a CSV record with its header.
    case own([UInt8])
}
