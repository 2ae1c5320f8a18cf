internal import Glibc

/// Lines of text, each a record: a line ends at LF, and a CR before it belongs to the end. Lines of blanks are none.
struct LineScanner: RecordScanner {
    private var gatherer: RecordGatherer
    /// What is held of the line is blanks.
    private var isBlank = true

    init(recordByteCountMax: Int) { gatherer = RecordGatherer(byteCountMax: recordByteCountMax) }

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        guard let base = piece.baseAddress else { return }
        var start = 0
        while start < piece.count {
            guard let found = memchr(base + start, 0x0A, piece.count - start) else { break }
            let end = UnsafeRawPointer(found) - base
            try line(piece.part(start..<end), endOffset: offset + end + 1, sink)
            start = end + 1
        }
        if start < piece.count { carry(piece.part(start..<piece.count)) }
    }

    /// Blanks that a line begins with, however many, are nothing to keep.
    private mutating func carry(_ part: UnsafeRawBufferPointer) {
        if gatherer.byteCount == 0 { isBlank = true }
        isBlank = isBlank && part.allSatisfy(JSONGrammar.isBlank)
        gatherer.carry(part)
        if isBlank, gatherer.byteCount > Self.blankByteCountMax { gatherer.forget() }
    }

    private static let blankByteCountMax = 64 << 10

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        try line(UnsafeRawBufferPointer(start: nil, count: 0), endOffset: offset, sink)
    }

    private mutating func line(_ last: UnsafeRawBufferPointer, endOffset: Int, _ sink: RecordSink) throws {
        try gatherer.finish(last) { bytes, byteCount in
            guard let bytes else { return try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            var end = bytes.count
            if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
            if bytes[..<end].allSatisfy(JSONGrammar.isBlank) { return }
            try sink(RawRecord(bytes.part(0..<end), end, endOffset, nil))
        }
    }
}
