/// A record as bytes, on disk and between machines:
///
///     record := epoch sequence previous[16] hash[16] kind:uint8 level length:uint32 body        numbers are 64 bits, the lowest byte first
///
/// On disk: change only with another format of the file.
extension Record {
    /// What others make longer records of than this is no record: whoever makes them cuts what is larger into parts.
    package static let bodyByteCountMax = 128 << 10
    static let headByteCount = 8 + 8 + 16 + 16 + 1 + 8 + 4

    /// As long as `headByteCount` and the body.
    package var bytes: [UInt8] {
        var writer = FrameWriter()
        writer.bytes.reserveCapacity(Self.headByteCount + body.count)
        write(to: &writer)
        return writer.bytes
    }

    func write(to writer: inout FrameWriter) {
        writer.write(epoch)
        writer.write(sequence)
        writer.write(previous)
        writer.write(hash)
        writer.write(kind.rawValue)
        writer.write(level)
        writer.write(UInt32(clamping: body.count))
        writer.bytes += body
    }

    /// - Throws: `FrameFault` for bytes that are no record, or one that was changed.
    package init(parsing bytes: ArraySlice<UInt8>) throws(FrameFault) {
        var reader = FrameReader(bytes)
        self = try Record(from: &reader)
        try reader.end()
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        let (epoch, sequence, previous, hash) = (try reader.number(), try reader.number(), try reader.digest(), try reader.digest())
        guard let kind = Kind(rawValue: try reader.byte()) else { throw FrameFault("a record is of no known kind") }
        let level = try reader.number()
        let count = Int(try reader.word32())
        guard sequence > 0, count <= Self.bodyByteCountMax else { throw FrameFault("a record is too long") }
        self.init(epoch: epoch, sequence: sequence, previous: previous, hash: hash, kind: kind, level: level, body: Array(try reader.take(count)))
        guard isWhole else { throw FrameFault("a record does not have its hash") }
    }
}
