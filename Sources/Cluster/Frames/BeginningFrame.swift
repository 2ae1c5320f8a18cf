/// A log's beginning as bytes, at the head of a file of records and of a checkpoint:
///
///     beginning := mark last spans sum[16]        mark := sequence epoch hash[16]        spans := count:uint32 (epoch first)*
///
/// On disk: change only with another format of the files that have it.
extension Beginning {
    /// Room for about as many spans as a history may have, of versions before; of this one a quarter of it is used.
    package static let byteCountMax = 2 << 20

    package var bytes: [UInt8] {
        var writer = FrameWriter()
        writer.write(mark)
        history.write(to: &writer)
        var sum = Digest.zero
        sum.take(writer.bytes)
        writer.write(sum)
        return writer.bytes
    }

    /// - Throws: `FrameFault` for bytes that are none, or were changed.
    package init(parsing bytes: ArraySlice<UInt8>) throws(FrameFault) {
        guard bytes.count <= Self.byteCountMax, bytes.count > 16 else { throw FrameFault("it is no beginning of a log") }
        var sum = Digest.zero
        sum.take(Array(bytes.dropLast(16)))
        var end = FrameReader(bytes.suffix(16))
        guard try end.digest() == sum else { throw FrameFault("it does not have its sum") }
        var reader = FrameReader(bytes.dropLast(16))
        let (mark, history) = (try reader.mark(), try History(from: &reader))
        try reader.end()
        guard let beginning = Beginning(mark: mark, history: history) else { throw FrameFault("its record is not its history's last") }
        self = beginning
    }
}

/// `last spans`, as the head of this file has it; a part of messages, too.
extension History {
    func write(to writer: inout FrameWriter) {
        writer.write(last)
        writer.write(spans) {
            $0.write($1.epoch)
            $0.write($1.first)
        }
    }

    init(from reader: inout FrameReader) throws(FrameFault) {
        let last = try reader.number()
        let spans = try reader.list(countMax: Bounds.spanCountMax, byteCount: 16) { reader throws(FrameFault) in
            Span(epoch: try reader.number(), first: try reader.number())
        }
        guard let history = History(spans: spans, last: last) else { throw FrameFault("its history is none") }
        self = history
    }
}
