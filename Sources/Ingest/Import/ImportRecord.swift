import ColumnStore
internal import Documents
internal import Glibc

/// Bytes that grow at their end and never move while they are read; freed with the object. One owner at a time.
final class ImportBuffer: @unchecked Sendable {
    // Safe: handed from thread to thread, never used by two at once.
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    /// Room for `byteCount` more, uninitialised: where it begins.
    /// Pointers that were given before are good no more, if it had to grow.
    func extend(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if count + byteCount > capacity {
            capacity = max(capacity * 2, count + byteCount)
            let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
            grown.copyMemory(from: base, byteCount: count)
            base.deallocate()
            base = grown
        }
        defer { count += byteCount }
        return base + count
    }

    func removeAll() { count = 0 }
}

/// A receipt between parser and file, as bytes: a head, the receipt's id, its columns as `RowLayout` has them, its document.
///
/// Little-endian, begins at a multiple of 8 bytes and is as long; what is not known to the parser is filled in by the batch.
///
/// ```
///  0 UInt32 bytes of the record, padding included     4 UInt32 kind              8 UInt32 client         12 UInt32 ordinal
/// 16 Int64  issued at, microseconds since 1970       24 Int64  number           32 Int32  business day   36 UInt32 bytes of the id
/// 40 UInt32 bytes of the columns                     44 UInt32 bytes of the document                     48 SHA-256 of the document
/// 80 receipt id, columns, document, then up to 7 bytes that mean nothing
/// ```
///
/// A view of bytes that somebody else owns: a piece's buffer, or a cursor's.
struct ImportRecord {
    let base: UnsafeMutableRawPointer

    private enum Place {
        static let byteCount = 0, kind = 4, client = 8, ordinal = 12, issuedAt = 16, number = 24, businessDay = 32
        static let receiptByteCount = 36, valuesByteCount = 40, documentByteCount = 44, sha256 = 48, end = 80
    }

    /// A record's length before its bytes are all there: the head's first field.
    static let lengthByteCount = 4

    /// Lays a record down at the buffer's end. The hash of the document is taken on the way.
    static func append(
        _ receipt: ExtractedReceipt, kind: Int, client: Int, number: Int, document: UnsafeRawBufferPointer, to buffer: ImportBuffer
    ) -> ImportRecord {
        let receiptCount = receipt.receiptID.count
        let valuesCount = receipt.row.count
        let byteCount = (Place.end + receiptCount + valuesCount + document.count + 7) & ~7
        let base = buffer.extend(byteCount)
        let record = ImportRecord(base: base)
        base.storeBytes(of: UInt32(byteCount), toByteOffset: Place.byteCount, as: UInt32.self)
        base.storeBytes(of: UInt32(kind), toByteOffset: Place.kind, as: UInt32.self)
        base.storeBytes(of: UInt32(client), toByteOffset: Place.client, as: UInt32.self)
        base.storeBytes(of: receipt.issuedAt, toByteOffset: Place.issuedAt, as: Int64.self)
        base.storeBytes(of: Int64(number), toByteOffset: Place.number, as: Int64.self)
        base.storeBytes(of: receipt.businessDay, toByteOffset: Place.businessDay, as: Int32.self)
        base.storeBytes(of: UInt32(receiptCount), toByteOffset: Place.receiptByteCount, as: UInt32.self)
        base.storeBytes(of: UInt32(valuesCount), toByteOffset: Place.valuesByteCount, as: UInt32.self)
        base.storeBytes(of: UInt32(document.count), toByteOffset: Place.documentByteCount, as: UInt32.self)
        SHA256.hash(document, into: base + Place.sha256)
        var place = base + Place.end
        for bytes in [receipt.receiptID, receipt.row] {
            bytes.withUnsafeBytes { if let source = $0.baseAddress { place.copyMemory(from: source, byteCount: $0.count) } }
            place += bytes.count
        }
        if let source = document.baseAddress { place.copyMemory(from: source, byteCount: document.count) }
        return record
    }

    @inline(__always)
    private func load<Number: BitwiseCopyable>(_ place: Int, as type: Number.Type) -> Number { base.load(fromByteOffset: place, as: type) }

    var byteCount: Int { Int(load(Place.byteCount, as: UInt32.self)) }
    var businessDay: Int32 { load(Place.businessDay, as: Int32.self) }
    var issuedAt: Int64 { load(Place.issuedAt, as: Int64.self) }
    private var receiptByteCount: Int { Int(load(Place.receiptByteCount, as: UInt32.self)) }
    private var valuesByteCount: Int { Int(load(Place.valuesByteCount, as: UInt32.self)) }
    private var documentByteCount: Int { Int(load(Place.documentByteCount, as: UInt32.self)) }
    /// Of the document's bytes as they came.
    var sha256: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + Place.sha256, count: SHA256.byteCount) }
    var receipt: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + Place.end, count: receiptByteCount) }
    var receiptBase: UnsafeRawPointer { UnsafeRawPointer(base + Place.end) }
    /// As its kind's `RowLayout` reads them.
    var values: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Place.end + receiptByteCount, count: valuesByteCount)
    }
    var document: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + Place.end + receiptByteCount + valuesByteCount, count: documentByteCount)
    }

    /// The parser's number of its type and content type; once taken, the batch's.
    var kind: Int {
        get { Int(load(Place.kind, as: UInt32.self)) }
        nonmutating set { base.storeBytes(of: UInt32(newValue), toByteOffset: Place.kind, as: UInt32.self) }
    }
    /// As `kind`.
    var client: Int {
        get { Int(load(Place.client, as: UInt32.self)) }
        nonmutating set { base.storeBytes(of: UInt32(newValue), toByteOffset: Place.client, as: UInt32.self) }
    }
    /// The row's place in the batch.
    var ordinal: Int {
        get { Int(load(Place.ordinal, as: UInt32.self)) }
        nonmutating set { base.storeBytes(of: UInt32(newValue), toByteOffset: Place.ordinal, as: UInt32.self) }
    }
    /// The record's place among those of its file, from 1; before the batch took it, in its piece, from 0.
    var number: Int {
        get { Int(load(Place.number, as: Int64.self)) }
        nonmutating set { base.storeBytes(of: Int64(newValue), toByteOffset: Place.number, as: Int64.self) }
    }

    /// Half of a hash: enough to tell documents apart that nobody can make alike.
    var documentMark: ImportMark { ImportMark(base + Place.sha256) }
}

/// The first 16 bytes of a SHA-256.
///
/// Two halves of a UInt64 each, so that marks are compared and hashed as numbers. Of a batch's two million identities no two meet by chance: about 2^41 pairs
/// of 2^128.
struct ImportMark: Hashable, BitwiseCopyable {
    let high: UInt64
    let low: UInt64

    init(_ hash: UnsafeRawPointer) {
        high = hash.loadUnaligned(as: UInt64.self)
        low = hash.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }

    init(_ hash: [UInt8]) {
        self = hash.withUnsafeBytes { bytes in
            precondition(bytes.count >= 16)
            // Safe: 16 bytes are there.
            return ImportMark(bytes.baseAddress!)
        }
    }
}

/// Makes the marks of identities: of table, client, receipt and day together.
struct ImportIdentity {
    private var text = ImportBuffer(capacity: 1_024)

    /// None of the three names has a control character in it: a zero byte keeps them apart.
    mutating func mark(table: String, client: UnsafeRawBufferPointer, receipt: UnsafeRawBufferPointer, day: Int32) -> ImportMark {
        text.removeAll()
        withUnsafeBytes(of: day.littleEndian) { append($0) }
        var table = table
        table.withUTF8 { append(UnsafeRawBufferPointer($0)) }
        append(client)
        append(receipt)
        var hash: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &hash) { hash in
            // Safe: 32 bytes are not empty.
            SHA256.hash(UnsafeRawBufferPointer(start: text.base, count: text.count), into: hash.baseAddress!)
            return ImportMark(UnsafeRawPointer(hash.baseAddress!))
        }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        let place = text.extend(bytes.count + 1)
        if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
        place.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    }
}
