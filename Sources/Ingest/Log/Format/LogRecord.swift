import ColumnStore

/// One group commit, as the log has it. Its hash covers all else and the hash of the one before: a record that was changed, left out or put in breaks the
/// chain.
struct LogRecord: Equatable, Sendable {
    /// On disk: do not renumber.
    enum Kind: UInt8, Sendable {
        /// Rows of receipts, messages, executions, and their states.
        case rows = 1
        /// Of the catalog, the boundary between hot and cold among it.
        case catalog = 2
        /// Nothing: a commit that was begun and came to nothing.
        case noop = 3
        /// Something was changed past the log: what comes after needs a checkpoint that was made after.
        case fence = 4

        init(file: String) { self = file == "catalog.sqlite" ? .catalog : .rows }
    }

    var epoch: Int64
    /// From 1, without gaps within an epoch.
    var sequence: Int64
    /// Microseconds since 1970; never less than that of the record before.
    var time: Int64
    var kind: Kind
    var previous: [UInt8]
    /// SHA-256 of all other members.
    private(set) var hash: [UInt8] = []
    /// Bytes of the payload before it was compressed.
    var byteCount: Int
    /// The file's name and what changed in it (`LogPayload`), compressed by zstd.
    var payload: [UInt8]

    static let noHash = [UInt8](repeating: 0, count: SHA256.byteCount)

    /// - Parameter hash: nil: the one that the record should have.
    init(epoch: Int64, sequence: Int64, time: Int64, kind: Kind, previous: [UInt8], byteCount: Int, payload: [UInt8], hash: [UInt8]? = nil) {
        (self.epoch, self.sequence, self.time, self.kind) = (epoch, sequence, time, kind)
        (self.previous, self.byteCount, self.payload) = (previous, byteCount, payload)
        self.hash = hash ?? expectedHash
    }

    var expectedHash: [UInt8] {
        var head = LittleEndianBytes()
        head.append(epoch)
        head.append(sequence)
        head.append(time)
        head.append(kind.rawValue)
        head.append(Int64(byteCount))
        var hash = SHA256()
        hash.update(head.bytes.span.bytes)
        hash.update(previous.span.bytes)
        hash.update(payload.span.bytes)
        return hash.finalize()
    }

    /// What the payload was before it was compressed.
    ///
    /// - Throws: where it is none of that many bytes.
    /// - Precondition: `byteCount` was looked at: memory is taken for it.
    func inflated() throws -> [UInt8] {
        try payload.withUnsafeBytes { frame throws(PageError) in try ZstdTextCodec().inflate(frame, byteCount: byteCount, dictionary: nil) }
    }

    /// Whether both say the same, of the same commit. Their hashes differ where two versions of zstd have compressed it, and so do those of the records behind them.
    func says(_ other: LogRecord) -> Bool {
        guard (epoch, sequence, time, kind, byteCount) == (other.epoch, other.sequence, other.time, other.kind, other.byteCount) else { return false }
        if payload == other.payload { return true }
        // What cannot be inflated says nothing.
        guard let own = try? inflated(), let theirs = try? other.inflated() else { return false }
        return own == theirs
    }
}

/// Which file was changed, and how.
struct LogPayload {
    let file: String
    let changes: ArraySlice<UInt8>

    /// - Returns: nil for bytes that are none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        let nameByteCount = Int(bytes[0]) | Int(bytes[1]) << 8
        guard bytes.count >= 2 + nameByteCount, let name = String(validating: bytes[2..<2 + nameByteCount], as: UTF8.self) else { return nil }
        file = name
        changes = bytes[(2 + nameByteCount)...]
    }

    /// What stands before the changes.
    static func head(_ file: String) -> [UInt8] {
        let name = Array(file.utf8.prefix(Int(UInt16.max)))
        return [UInt8(name.count & 0xFF), UInt8(name.count >> 8)] + name
    }
}

/// Numbers as bytes, the lowest first.
struct LittleEndianBytes {
    var bytes: [UInt8] = []

    mutating func append(_ number: UInt8) { bytes.append(number) }
    mutating func append(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    mutating func append(_ number: Int64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
    mutating func append(_ number: UInt64) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
}

/// The way back, with an answer for bytes that end too early.
struct LittleEndianReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, position) = (bytes, bytes.startIndex) }

    var remaining: Int { bytes.endIndex - position }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func uint8() -> UInt8? { take(1)?.first }
    mutating func uint32() -> UInt32? { take(4)?.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    mutating func uint64() -> UInt64? { take(8)?.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    mutating func int64() -> Int64? { uint64().map(Int64.init(bitPattern:)) }
}
