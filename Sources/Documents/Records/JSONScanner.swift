/// JSON values, each a record: the elements of the one array that the file is, or values end to end. Values are not checked, only where they end.
///
/// `[a, b]` and `a b` are the records a and b. Brackets are counted and not told apart, strings passed over: whether a record is JSON is seen by whoever
/// reads it, and a record that is none takes no neighbour with it where that can be helped.
struct JSONScanner: RecordScanner {
    private enum State {
        /// Nothing but blanks so far.
        case begin
        /// A value is wanted.
        case value
        case container
        case string(inContainer: Bool, isEscaped: Bool)
        /// A number, a literal, or whatever else stands where a value should; in an array what follows a value, too.
        case scalar
        /// Behind the array.
        case end
    }

    private var state = State.begin
    private var isArray = false
    /// Whether the array has had anything in it: a comma or end without a value is then a fault.
    private var hasValues = false
    /// Open brackets of the value.
    private var depth = 0
    private var gatherer: RecordGatherer

    init(recordByteCountMax: Int) { gatherer = RecordGatherer(byteCountMax: recordByteCountMax) }

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        // Where the value's bytes in this piece begin; behind `place` where there is none.
        var start = isWithin ? 0 : piece.count
        var place = 0
        while place < piece.count {
            let byte = piece[place]
            switch state {
            case .begin:
                if JSONGrammar.isBlank(byte) { break }
                if byte == UInt8(ascii: "[") {
                    isArray = true
                    state = .value
                } else {
                    start = place
                    try begin(byte, piece.part(start..<place + 1), at: offset + place + 1, sink)
                }
            case .value:
                if JSONGrammar.isBlank(byte) { break }
                if isArray, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") {
                    try noValue(before: byte, at: offset + place, sink)
                } else {
                    start = place
                    try begin(byte, piece.part(start..<place + 1), at: offset + place + 1, sink)
                }
            case .container:
                switch byte {
                case UInt8(ascii: "\""): state = .string(inContainer: true, isEscaped: false)
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 { try endValue(piece.part(start..<place + 1), at: offset + place + 1, sink) }
                default: break
                }
            case .string(let inContainer, let isEscaped):
                if isEscaped {
                    state = .string(inContainer: inContainer, isEscaped: false)
                } else if byte == UInt8(ascii: "\\") {
                    state = .string(inContainer: inContainer, isEscaped: true)
                } else if byte == UInt8(ascii: "\"") {
                    if inContainer { state = .container } else { try endValue(piece.part(start..<place + 1), at: offset + place + 1, sink) }
                }
            case .scalar:
                let isEnd = isArray ? byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") : JSONGrammar.isBlank(byte)
                if isEnd {
                    try end(piece.part(start..<place), at: offset + place, sink)
                    if isArray { state = byte == UInt8(ascii: ",") ? .value : .end }
                } else if isArray {
                    goOn(byte)
                }
            case .end:
                guard JSONGrammar.isBlank(byte) else { throw RecordFileError(.badJSON, "something follows the array", offset: offset + place) }
            }
            place += 1
        }
        if isWithin { gatherer.carry(piece.part(start..<piece.count)) }
    }

    private var isWithin: Bool {
        switch state {
        case .container, .string, .scalar: true
        case .begin, .value, .end: false
        }
    }

    /// A value begins with this byte, or what stands in its place.
    private mutating func begin(_ byte: UInt8, _ first: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        hasValues = true
        state = .scalar
        goOn(byte)
        // No value begins so; alone it is refused, and the next one is not swallowed.
        if !isArray, byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { try end(first, at: endOffset, sink) }
    }

    /// By a byte outside brackets and strings.
    private mutating func goOn(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): (depth, state) = (1, .container)
        case UInt8(ascii: "\""): state = .string(inContainer: false, isEscaped: false)
        default: break
        }
    }

    /// A value of an array goes up to its comma: what stands between is its own, and nobody else's, fault.
    private mutating func endValue(_ last: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        if isArray { state = .scalar } else { try end(last, at: endOffset, sink) }
    }

    private mutating func end(_ last: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        state = .value
        try gatherer.finish(last) { bytes, byteCount in
            guard let bytes else { return try sink(RawRecord(nil, byteCount, endOffset, nil)) }
            var count = bytes.count
            while count > 0, JSONGrammar.isBlank(bytes[count - 1]) { count -= 1 }
            try sink(RawRecord(bytes.part(0..<count), count, endOffset, nil))
        }
    }

    /// A record that is nothing: it has a number, so that those behind it keep theirs.
    private mutating func noValue(before byte: UInt8, at offset: Int, _ sink: RecordSink) throws {
        let isComma = byte == UInt8(ascii: ",")
        if isComma || hasValues {
            hasValues = true
            let place = "a value is missing before \(isComma ? "a comma" : "the end of the array") (byte \(offset) of the file)"
            try sink(RawRecord(nil, 0, offset, Fault(.badJSON, place)))
        }
        state = isComma ? .value : .end
    }

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        if isArray {
            guard case .end = state else { throw RecordFileError(.badJSON, "the array does not end: the file is cut short", offset: offset) }
        } else if isWithin {
            // Cut short, or broken: the record is refused by its reader, and by it alone.
            try end(UnsafeRawBufferPointer(start: nil, count: 0), at: offset, sink)
        }
    }
}
