/// CSV as it streams, written again with other signs: as `\copy`'s options say, in PostgreSQL's CSV or its text form, or as `\pset csv_fieldsep` does. Values stay the
/// server's.
struct CopiedCSV {
    private let options: CopyOptions
    /// From the names of columns on, by which options tell them.
    private var writer: CopyWriter?
    private var fields: [[UInt8]?] = []
    private var field: [UInt8] = []
    /// Within quotes, and whether the field has some: without any, an empty one is NULL.
    private var isQuoted = false, hasQuotes = false
    /// A quote has ended what stands in quotes; a second one belongs to it.
    private var isBehindQuote = false

    init(_ options: CopyOptions) { self.options = options }

    /// What the next bytes are written as.
    ///
    /// - Throws: where an option names a column that is not there.
    mutating func shown(_ bytes: ArraySlice<UInt8>) throws(PostgresFault) -> ArraySlice<UInt8> {
        var text: [UInt8] = []
        for byte in bytes { try take(byte, into: &text) }
        return text[...]
    }

    private mutating func take(_ byte: UInt8, into text: inout [UInt8]) throws(PostgresFault) {
        let wasBehindQuote = isBehindQuote
        isBehindQuote = false
        switch byte {
        case UInt8(ascii: "\"") where isQuoted: (isQuoted, isBehindQuote) = (false, true)
        case UInt8(ascii: "\""):
            if wasBehindQuote { field.append(byte) }
            (isQuoted, hasQuotes) = (true, true)
        case UInt8(ascii: ",") where !isQuoted: endField()
        case 0x0A where !isQuoted:
            endField()
            try endRow(into: &text)
        // Of a line's end: what a value has stands in quotes.
        case 0x0D where !isQuoted: break
        default: field.append(byte)
        }
    }

    private mutating func endField() {
        fields.append(field.isEmpty && !hasQuotes ? nil : field)
        field.removeAll(keepingCapacity: true)
        hasQuotes = false
    }

    private mutating func endRow(into text: inout [UInt8]) throws(PostgresFault) {
        defer { fields.removeAll(keepingCapacity: true) }
        if let writer { return append(fields, by: writer, isHead: false, to: &text) }
        let names = fields.map { String(decoding: $0 ?? [], as: UTF8.self) }
        try CopyWriter.check(options, names)
        let writer = CopyWriter(options, columns: names)
        self.writer = writer
        if options.hasHeader { append(fields, by: writer, isHead: true, to: &text) }
    }

    private func append(_ fields: [[UInt8]?], by writer: CopyWriter, isHead: Bool, to text: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if let field {
                field.withUnsafeBufferPointer { writer.append($0, index, of: fields.count, isHead: isHead, to: &text) }
            } else {
                writer.append(nil, index, of: fields.count, isHead: isHead, to: &text)
            }
        }
        // CSV has the line ends that it has at the other doors.
        text.append(contentsOf: options.form == .csv ? [0x0D, 0x0A] : [0x0A])
    }
}
