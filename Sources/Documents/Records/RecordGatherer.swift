internal import ColumnStore

/// Holds the bytes of the record that is being scanned where it goes over the end of a piece: never more than a record may have.
///
/// A record that lies within one piece is handed out where it stands; only one that goes over its end is copied.
struct RecordGatherer {
    private(set) var byteCountMax: Int
    private var pending: [UInt8] = []
    /// Of the record so far, of which nothing is held once they are too many.
    private(set) var byteCount = 0

    init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    mutating func limit(to byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Takes what the record has so far of a piece that ends.
    mutating func carry(_ bytes: UnsafeRawBufferPointer) {
        byteCount = byteCount.addingSaturating(bytes.count)
        if byteCount > byteCountMax { pending = [] } else { pending.append(contentsOf: bytes) }
    }

    /// Ends the record with its last bytes.
    ///
    /// The bytes are lent for the call. Whatever `body` throws, the next record begins anew.
    ///
    /// - Parameter body: gets the record, or nil where it is too long, and how long it is.
    mutating func finish(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?, Int) throws -> Void) rethrows {
        if byteCount == 0, bytes.count <= byteCountMax { return try body(bytes, bytes.count) }
        carry(bytes)
        let (whole, count) = (pending, byteCount)
        // Room for the next one, unless this one was unusually long.
        pending = []
        byteCount = 0
        if count > byteCountMax { return try body(nil, count) }
        try whole.withUnsafeBytes { try body($0, count) }
        pending = Self.emptied(whole)
    }

    private static func emptied(_ bytes: consuming [UInt8]) -> [UInt8] {
        if bytes.capacity > 1 << 20 { return [] }
        bytes.removeAll(keepingCapacity: true)
        return bytes
    }

    /// What came so far is part of no record.
    mutating func forget() { (pending, byteCount) = ([], 0) }
}
