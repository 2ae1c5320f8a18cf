internal import ColumnStore

/// Rows of CSV (RFC 4180) as `CSVReader` reads them, in pieces: the first is the header; what is wrong with a row is that row's, a quote that
/// is open at the end the file's.
///
/// A machine of a few states over bytes, which may stop at any of them: a piece ends where it ends. A record is handed out at its LF, with the file's header
/// beside it, and read as fields by whoever takes it; here fields are only counted.
struct CSVScanner: RecordScanner {
    private enum State {
        /// Before a row's first byte: line ends are passed over.
        case between
        case fieldStart
        case plain
        case quoted
        /// A quote within quotes: the end of the field, or the first of two.
        case closing
        /// A CR behind a closing quote.
        case closingReturn
        /// The row is refused; it ends with its line.
        case faulty
    }

    private let delimiter: UInt8
    /// Names that the header may have; nil for any.
    private let columns: Set<[UInt8]>?
    private let recordByteCountMax: Int
    /// What is said of bytes that are none of UTF-8: they were none of what the file is written in.
    var foreign: String
    private var gatherer: RecordGatherer
    private var state = State.between
    /// Of the row so far: its delimiters outside quotes, and one.
    private var fieldCount = 1
    /// Why the row is refused, in the state `faulty`.
    private var fault = ""
    /// Lines of the file, from 1: the one that is read, and the one that the row began in.
    private var line = 1
    private var rowLine = 1
    /// Where the row began, and the last quote that opened a field.
    private var quoteOffset = 0
    /// Without its line end; nil until the first row has ended.
    private(set) var header: [UInt8]?
    private var headerFieldCount = 0

    init(delimiter: UInt8, columns: Set<[UInt8]>?, recordByteCountMax: Int, foreign: String) {
        self.delimiter = delimiter
        self.foreign = foreign
        self.columns = columns
        self.recordByteCountMax = recordByteCountMax
        gatherer = RecordGatherer(byteCountMax: recordByteCountMax)
    }

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        var start = 0
        var place = 0
        let count = piece.count
        while place < count {
            let byte = piece[place]
            switch state {
            case .between:
                if byte == 0x0A || byte == 0x0D {
                    if byte == 0x0A { line += 1 }
                    start = place + 1
                } else {
                    (start, rowLine, fieldCount) = (place, line, 1)
                    begin(field: byte, at: offset + place)
                }
            case .fieldStart:
                if byte == 0x0A {
                    try end(piece.part(start..<place), at: offset + place + 1, sink)
                    start = place + 1
                } else {
                    begin(field: byte, at: offset + place)
                }
            case .plain:
                // The commonest bytes first.
                if byte > 0x2C, byte != delimiter { break }
                if byte == delimiter {
                    fieldCount += 1
                    state = .fieldStart
                } else if byte == 0x0A {
                    try end(piece.part(start..<place), at: offset + place + 1, sink)
                    start = place + 1
                } else if byte == UInt8(ascii: "\"") {
                    refuse("a quote within a field that does not begin with one")
                }
            case .quoted:
                if byte == UInt8(ascii: "\"") { state = .closing } else if byte == 0x0A { line += 1 }
            case .closing, .closingReturn, .faulty:
                if byte == 0x0A {
                    try end(piece.part(start..<place), at: offset + place + 1, sink)
                    start = place + 1
                } else {
                    afterQuote(byte)
                }
            }
            place += 1
        }
        if state != .between, start < count { gatherer.carry(piece.part(start..<count)) }
    }

    /// - Parameter offset: of the byte in the file.
    private mutating func begin(field byte: UInt8, at offset: Int) {
        if byte == UInt8(ascii: "\"") {
            state = .quoted
            quoteOffset = offset
        } else if byte == delimiter {
            fieldCount += 1
            state = .fieldStart
        } else {
            state = .plain
        }
    }

    /// A byte behind a quote within quotes, which is no LF.
    private mutating func afterQuote(_ byte: UInt8) {
        if state == .faulty { return }
        if state == .closing, byte == UInt8(ascii: "\"") {
            state = .quoted
        } else if state == .closing, byte == delimiter {
            fieldCount += 1
            state = .fieldStart
        } else if state == .closing, byte == 0x0D {
            state = .closingReturn
        } else {
            refuse("something follows the closing quote of a field")
        }
    }

    /// The row is lost, and no other: it ends with its line.
    private mutating func refuse(_ reason: String) {
        (state, fault) = (.faulty, reason)
    }

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        switch state {
        case .between: break
        case .quoted:
            throw RecordFileError(.invalidDocument, "a quoted field is not closed; it begins in the row of line \(rowLine)", "bad-csv", offset: quoteOffset)
        default: try end(UnsafeRawBufferPointer(start: nil, count: 0), at: offset, sink)
        }
        if header == nil { throw RecordFileError(.invalidDocument, "no header", "bad-csv", offset: 0) }
    }

    /// The row ends: `last` are its last bytes, without LF.
    private mutating func end(_ last: UnsafeRawBufferPointer, at endOffset: Int, _ sink: RecordSink) throws {
        let reason = rowFault
        let mayEndInReturn = state == .plain || state == .closingReturn
        state = .between
        var gatherer = gatherer
        // Handed over, not copied.
        self.gatherer = RecordGatherer(byteCountMax: 0)
        defer {
            self.gatherer = gatherer
            line += 1
        }
        try gatherer.finish(last) { bytes, byteCount in
            guard let bytes else {
                if header == nil { throw RecordFileError(.tooLarge, "a header of \(byteCount) bytes; \(recordByteCountMax) are allowed", offset: 0) }
                return try sink(RawRecord(nil, byteCount, endOffset, nil, header))
            }
            let isReturn = mayEndInReturn && bytes.last == 0x0D
            let row = bytes.part(0..<bytes.count - (isReturn ? 1 : 0))
            guard header != nil else { return try take(header: row, reason, at: endOffset) }
            try sink(RawRecord(row, row.count, endOffset, reason.map { refusal($0) } ?? damage(row), header))
        }
        // A record's document is header, LF, row: together no longer than a document may be.
        if let header { gatherer.limit(to: max(0, recordByteCountMax - header.count - 1)) }
    }

    /// What is wrong with the row by its fields' number, or by a quote; nil for nothing.
    private var rowFault: String? {
        if state == .faulty { return fault }
        if fieldCount > CSVReader.fieldCountMax { return "more than \(CSVReader.fieldCountMax) fields" }
        guard header != nil, fieldCount != headerFieldCount else { return nil }
        return "\(fieldCount) fields where the header has \(headerFieldCount)"
    }

    private func refusal(_ reason: String) -> Fault { Fault(DocumentError(.badCSV, line: rowLine, reason)) }

    /// What no reader of the row's fields would say of it.
    private func damage(_ row: UnsafeRawBufferPointer) -> Fault? {
        if row.contains(0) { return refusal("a NUL within the row") }
        guard UTF8Check.firstFault(in: row.bindMemory(to: UInt8.self)) != nil else { return nil }
        return Fault(DocumentError(.badEncoding, line: rowLine, foreign))
    }

    /// - Throws: `RecordFileError` for whatever is wrong with the header: then no row can be read.
    private mutating func take(header row: UnsafeRawBufferPointer, _ reason: String?, at endOffset: Int) throws {
        if let reason { throw RecordFileError(refusal("the header: " + reason)) }
        let names: [[UInt8]]
        do throws(DocumentError) {
            names = try CSVReader(row, delimiter: delimiter, foreign: foreign).names
        } catch {
            throw RecordFileError(Fault(error))
        }
        if row.contains(0) { throw RecordFileError(refusal("a NUL within the header")) }
        // Then all rows would be read as one header, and the message must not show their values as names of columns.
        if names.contains(where: { $0.contains(0x0D) }) {
            throw RecordFileError(refusal("a carriage return within the header: do lines end with CR alone? LF or CRLF is wanted"))
        }
        if let columns, let fault = CSVColumns.fault(names, known: columns) { throw RecordFileError(fault) }
        header = Array(row)
        headerFieldCount = names.count
    }
}
