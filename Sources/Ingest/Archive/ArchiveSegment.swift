import Cluster
import ColumnStore

/// Some records that follow each other, as one object of an archive:
///
///     segment := "TILLARC1" previous:mark last:mark before:int64 through:int64 isWhole:uint8 byteCount:int64 payload sha256
///     mark    := sequence:int64 epoch:int64 hash[16]
///     payload := zstd of ( length:uint32 record )*                          a record as `Record.bytes`
///
/// All numbers little-endian; the hash at the end is of all before it. `before` and `through` are the times of the last commits up to `previous` and up to `last`, 0 while none is known.
/// `isWhole` is 1 where the last record ends what it is part of.
struct ArchiveSegment: Sendable {
    /// The record before the first one.
    let previous: Mark
    /// In microseconds since 1970; none is less than that of the segment before.
    let before: Int64
    let through: Int64
    let isWhole: Bool
    /// One at least, each following the one before.
    let records: [Record]

    private static let magic = Array("TILLARC1".utf8)
    private static let headByteCount = 8 + 2 * 32 + 8 * 2 + 1 + 8
    /// Of its records: it is cut at 8 MiB, at eight times that within one commit.
    static let payloadByteCountMax = 256 << 20
    static let byteCountMax = payloadByteCountMax + payloadByteCountMax / 64

    var first: Int64 { Int64(previous.sequence).addingSaturating(1) }
    var last: Mark { records.last?.mark ?? previous }

    init(after previous: Mark, before: Int64, through: Int64, isWhole: Bool, records: [Record]) {
        (self.previous, self.before, self.through, self.isWhole, self.records) = (previous, before, through, isWhole, records)
    }

    /// - Precondition: there is a record.
    /// - Throws: `PageError` without memory.
    func bytes() throws -> [UInt8] {
        var payload = LittleEndianBytes()
        for record in records {
            let own = record.bytes
            payload.append(UInt32(clamping: own.count))
            payload.bytes += own
        }
        let compressed = try payload.bytes.withUnsafeBytes { bytes throws(PageError) in try ZstdTextCodec(level: 1).compress(bytes, dictionary: nil) }
        var out = LittleEndianBytes(bytes: Self.magic)
        for mark in [previous, last] {
            out.append(Int64(mark.sequence))
            out.append(Int64(mark.epoch))
            out.append(mark.hash.high)
            out.append(mark.hash.low)
        }
        out.append(before)
        out.append(through)
        out.append(UInt8(isWhole ? 1 : 0))
        out.append(Int64(payload.bytes.count))
        out.bytes += compressed
        return out.bytes + SHA256.hash(out.bytes)
    }

    /// - Throws: `.corruptFile` for what is not as it was written.
    init(parsing bytes: [UInt8], path: String) throws(ColumnStoreError) {
        // The hash over all comes first. Whoever can make hashes has each number and length checked all the same, and each record has its own.
        func damaged(_ what: String) -> ColumnStoreError { ColumnStoreError(.corruptFile, path: path, "a segment of the archive that is damaged: \(what)") }
        guard bytes.count > Self.headByteCount + SHA256.byteCount, bytes.starts(with: Self.magic) else { throw damaged("it is too short, or none") }
        let body = bytes.dropLast(SHA256.byteCount)
        guard SHA256.hash(Array(body)) == Array(bytes.suffix(SHA256.byteCount)) else { throw damaged("it does not have the hash that stands at its end") }
        var reader = LittleEndianReader(body.dropFirst(Self.magic.count))
        guard let previous = Self.mark(&reader), let last = Self.mark(&reader), let before = reader.int64(), let through = reader.int64(), let isWhole = reader.uint8(), isWhole <= 1,
            let byteCount = reader.int64(), (1...Int64(Self.payloadByteCountMax)).contains(byteCount), let compressed = reader.take(reader.remaining)
        else { throw damaged("its head is none") }
        guard (0...1 << 62).contains(before), (before...1 << 62).contains(through) else { throw damaged("its times fall") }
        let payload: [UInt8]
        do {
            payload = try Array(compressed).withUnsafeBytes { bytes throws(PageError) in try ZstdTextCodec().inflate(bytes, byteCount: Int(clamping: byteCount), dictionary: nil) }
        } catch { throw damaged("\(error)") }
        self.init(after: previous, before: before, through: through, isWhole: isWhole == 1, records: try Self.records(payload, after: previous, damaged))
        guard self.last == last, !records.isEmpty else { throw damaged("it ends with another record than its head says") }
    }

    private static func records(_ payload: [UInt8], after previous: Mark, _ damaged: (String) -> ColumnStoreError) throws(ColumnStoreError) -> [Record] {
        var reader = LittleEndianReader(payload[...])
        var records: [Record] = []
        var before = previous
        while reader.remaining > 0 {
            guard let length = reader.uint32(), let part = reader.take(Int(length)) else { throw damaged("a record ends too early") }
            let record: Record
            do throws(FrameFault) { record = try Record(parsing: part) } catch { throw damaged(error.reason) }
            guard record.follows(before) else { throw damaged("record \(record.sequence) does not follow from the one before") }
            records.append(record)
            before = record.mark
        }
        return records
    }

    private static func mark(_ reader: inout LittleEndianReader) -> Mark? {
        let bounds: ClosedRange<Int64> = 0...1 << 60
        guard let sequence = reader.int64(), bounds.contains(sequence), let epoch = reader.int64(), bounds.contains(epoch), let high = reader.uint64(), let low = reader.uint64() else { return nil }
        return Mark(sequence: Int(sequence), epoch: Int(epoch), hash: Cluster.Digest(high: high, low: low))
    }
}
