import ColumnStore

/// Some records that follow each other, as one object:
///
///     segment := "TILLLOG1" epoch:int64 first:int64 count:uint32 record{count} sha256
///     record  := length:uint32 epoch:int64 sequence:int64 time:int64 kind:uint8 previous[32] hash[32] byteCount:uint32 payload
///
/// All numbers little-endian; the hash at the end is of all before it.
struct LogSegment: Sendable {
    var records: [LogRecord]

    private static let magic = Array("TILLLOG1".utf8)
    /// Behind `length`: epoch, sequence and time of 8 bytes, the kind, both hashes, and the payload's size before compression.
    private static let recordHeadByteCount = 8 * 3 + 1 + 32 * 2 + 4
    /// A segment is cut at 8 MiB; one group of large documents, and a thousandfold of that, is below.
    static let byteCountMax = 1 << 31
    static let payloadByteCountMax = 1 << 31 - 1
    /// Of what one commit changes: with what is around it, and what zstd adds to bytes that it cannot make fewer, it fits into a segment, and into one write of a spool.
    static let commitByteCountMax = 1 << 31 - 64 << 20

    /// What so many records take at least, before their payloads.
    static func byteCountMin(recordCount: Int64) -> Int64 {
        let around = Int64(magic.count + 20 + SHA256.byteCount)
        return recordCount.multipliedSaturating(by: Int64(4 + recordHeadByteCount)).addingSaturating(around)
    }

    /// The object's bytes. It takes about twice the segment in memory while it is made.
    ///
    /// - Precondition: there is a record.
    var bytes: [UInt8] {
        var out = LittleEndianBytes(bytes: Self.magic)
        out.append(records[0].epoch)
        out.append(records[0].sequence)
        out.append(UInt32(records.count))
        for record in records {
            out.append(UInt32(Self.recordHeadByteCount + record.payload.count))
            out.append(record.epoch)
            out.append(record.sequence)
            out.append(record.time)
            out.append(record.kind.rawValue)
            out.bytes += record.previous
            out.bytes += record.hash
            out.append(UInt32(record.byteCount))
            out.bytes += record.payload
        }
        return out.bytes + SHA256.hash(out.bytes)
    }

    init(records: [LogRecord]) { self.records = records }

    /// What is read of one that lies in its place: more than these records can take, however they are compressed, and as a rule more than another writer's take that have these numbers.
    ///
    /// - Parameter byteCount: of its own bytes.
    func otherByteCountMax(_ byteCount: Int) -> Int {
        min(Self.byteCountMax, records.reduce(byteCount + Self.otherByteCount) { $0 + $1.byteCount })
    }

    private static let otherByteCount = 64 << 20

    /// Whether both have the same records behind the same one, however each is compressed.
    func says(_ other: LogSegment) -> Bool {
        records.count == other.records.count && records.first?.previous == other.records.first?.previous && zip(records, other.records).allSatisfy { $0.says($1) }
    }

    /// Makes records that follow each other, and those before them.
    struct Builder {
        let epoch: Int64
        /// The number and the hash of the record before the next one.
        private(set) var last: Int64
        private(set) var hash: [UInt8]
        /// Of that record; nothing that comes is earlier.
        private(set) var time: Int64
        /// Of the records since the last segment.
        private(set) var byteCount: Int64 = 0
        private var records: [LogRecord] = []
        /// Of the next segment.
        var first: Int64 { last - Int64(records.count) + 1 }
        private let codec = ZstdTextCodec(level: 1)

        init(epoch: Int64, last: Int64, hash: [UInt8], time: Int64 = 0) { (self.epoch, self.last, self.hash, self.time) = (epoch, last, hash, time) }

        /// - Parameter time: microseconds since 1970. One that is less than that of the record before is taken for that: no reader believes a log whose times fall.
        mutating func append(_ kind: LogRecord.Kind, _ payload: [UInt8], at time: Int64) throws {
            let compressed = try payload.withUnsafeBytes { bytes throws(PageError) in try codec.compress(bytes, dictionary: nil) }
            self.time = max(self.time, time)
            let record = LogRecord(
                epoch: epoch, sequence: last + 1, time: self.time, kind: kind, previous: hash, byteCount: payload.count, payload: compressed)
            records.append(record)
            byteCount += Int64(LogSegment.recordHeadByteCount + compressed.count)
            (last, hash) = (record.sequence, record.hash)
        }

        /// Goes on from that record, which stands in the place of the last one that was made.
        mutating func goOn(behind record: LogRecord) {
            assert(records.isEmpty && record.sequence == last)
            (hash, time) = (record.hash, record.time)
        }

        /// - Returns: what was appended since the last call; nil where that is nothing.
        mutating func finish() -> LogSegment? {
            defer { (records, byteCount) = ([], 0) }
            return records.isEmpty ? nil : LogSegment(records: records)
        }
    }

    /// - Throws: `.corruptFile` for what is not as it was written.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        // The hash over all comes first, so that what is parsed below is what was written, or the work of somebody who can make hashes: each length is
        // checked all the same.
        func damaged(_ what: String) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: path, "a segment of the log that is damaged: \(what)") }
        guard bytes.count >= Self.magic.count + 20 + SHA256.byteCount, bytes.starts(with: Self.magic) else { throw damaged("it is too short, or none") }
        let body = bytes.dropLast(SHA256.byteCount)
        guard SHA256.hash(Array(body)) == Array(bytes.suffix(SHA256.byteCount)) else { throw damaged("it does not have the hash that stands at its end") }
        var reader = LittleEndianReader(body.dropFirst(Self.magic.count))
        guard let epoch = reader.int64(), let first = reader.int64(), let count = reader.uint32() else { throw damaged("it ends too early") }
        records = []
        for index in 0..<Int64(count) {
            guard let length = reader.uint32(), let part = reader.take(Int(length)), let record = Self.record(part) else { throw damaged("record \(index) is none") }
            // Records must follow each other in number, time and hash within the segment; that it follows on the one before is `LogReader`'s to see.
            guard record.epoch == epoch, record.sequence == first.addingSaturating(index), record.hash == record.expectedHash,
                records.last.map({ $0.hash == record.previous && $0.time <= record.time }) ?? true
            else { throw damaged("record \(record.sequence) does not follow from the one before") }
            records.append(record)
        }
        guard reader.remaining == 0, !records.isEmpty else { throw damaged("it has more than its records") }
    }

    private static func record(_ bytes: ArraySlice<UInt8>) -> LogRecord? {
        var reader = LittleEndianReader(bytes)
        guard let epoch = reader.int64(), let sequence = reader.int64(), let time = reader.int64(), let kind = reader.uint8().flatMap(LogRecord.Kind.init),
            let previous = reader.take(32), let hash = reader.take(32), let byteCount = reader.uint32(), let payload = reader.take(reader.remaining)
        else { return nil }
        return LogRecord(
            epoch: epoch, sequence: sequence, time: time, kind: kind, previous: Array(previous), byteCount: Int(byteCount), payload: Array(payload), hash: Array(hash))
    }
}
