internal import ColumnStore
internal import Glibc

/// Lines of text, each a record: a line ends at LF, and a CR before it belongs to the end. Lines of blanks are none.
struct LineScanner: RecordScanner {
    private var gatherer: RecordGatherer
    /// The line so far is blanks, and how many.
    private var isBlank = true
    private var blankCount = 0

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

    private mutating func carry(_ part: UnsafeRawBufferPointer) { gatherer.carry(wanted(part)) }

    /// Blanks that a line begins with are kept, unless they are more than anybody writes: those are none of the record, however the line is cut into pieces.
    private static let blankByteCountMax = 64 << 10

    /// What of a part of the line belongs to its record; counts the blanks before it.
    private mutating func wanted(_ part: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard isBlank else { return part }
        let count = part.firstIndex { !JSONGrammar.isBlank($0) } ?? part.count
        blankCount = blankCount.addingSaturating(count)
        isBlank = count == part.count
        guard blankCount > Self.blankByteCountMax else { return part }
        gatherer.forget()
        return part.part(count..<part.count)
    }

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        try line(UnsafeRawBufferPointer(start: nil, count: 0), endOffset: offset, sink)
    }

    private mutating func line(_ last: UnsafeRawBufferPointer, endOffset: Int, _ sink: RecordSink) throws {
        let last = wanted(last)
        defer { (isBlank, blankCount) = (true, 0) }
        if isBlank { return gatherer.forget() }
        try gatherer.finish(last) { bytes, byteCount in
            guard let bytes else { return try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            var end = bytes.count
            if end > 0, bytes[end - 1] == 0x0D { end -= 1 }
            try sink(RawRecord(bytes.part(0..<end), end, endOffset, nil))
        }
    }
}
