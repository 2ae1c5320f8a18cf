// The three forms of COPY … TO STDOUT (PostgreSQL 15 documentation, COPY, file formats). Binary:
//
//     "PGCOPY\n\377\r\n\0", Int32 flags, Int32 length of an extension; for each row Int16 columns and each value as in DataRow; at the end Int16 −1

internal import ColumnStore

/// Rows as a copy has them, one CopyData message each.
package struct CopyWriter {
    private let options: CopyOptions
    private let nullText: [UInt8]
    /// Which columns stand in quotes whatever their values are; none of them: empty.
    private let isQuoted: [Bool]

    /// - Parameter columns: of the answer, by whose names options tell them.
    package init(_ options: CopyOptions, columns: [String] = []) {
        self.options = options
        nullText = Array(options.nullText.utf8)
        isQuoted =
            switch options.quoted {
            case .none: []
            case .all: columns.map { _ in true }
            case .columns(let names): columns.map { column in names.contains { $0.hasBytes(of: column) } }
            }
    }

    /// - Throws: 42703 where an option names no column.
    package static func check(_ options: CopyOptions, _ columns: [String]) throws(PostgresFault) {
        guard case .columns(let names) = options.quoted, let missing = names.first(where: { name in !columns.contains { $0.hasBytes(of: name) } }) else { return }
        throw PostgresFault(SQLState(rawValue: "42703"), "FORCE_QUOTE column \"\(missing)\" not referenced by COPY")
    }

    /// What stands before the first row; nil where nothing does.
    package func head(_ columns: [String]) -> [UInt8]? {
        switch options.form {
        case .binary: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        case .text, .csv: options.hasHeader ? row(columns.map { Array($0.utf8) }, isHead: true) : nil
        }
    }

    /// What stands behind the last row.
    package var tail: [UInt8]? { options.form == .binary ? [0xFF, 0xFF] : nil }

    /// A row's values as one row of the copy.
    ///
    /// - Parameter values: in the copy's own format, text or binary.
    package func row(_ values: [[UInt8]?], isHead: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        if options.form == .binary { Self.append(Int16(truncatingIfNeeded: values.count).bigEndian, to: &bytes) }
        for (index, value) in values.enumerated() {
            if let value {
                value.withUnsafeBufferPointer { append($0, index, of: values.count, isHead: isHead, to: &bytes) }
            } else {
                append(nil, index, of: values.count, to: &bytes)
            }
        }
        if options.form != .binary { bytes.append(0x0A) }
        return bytes
    }

    package var isBinary: Bool { options.form == .binary }

    /// What a NULL takes, in bytes.
    package var nullByteCount: Int { isBinary ? 0 : nullText.count }

    /// Whether letters may become two each that are one in an answer's text, beyond the controls, backslashes and double quotes of texts.
    ///
    /// - Parameter isWithin: some values are bytes, or stand within others, whose backslashes are doubled already.
    package func mayDouble(withinOthers isWithin: Bool) -> Bool {
        switch options.form {
        case .binary: false
        // A control is bounded with more than two letters anyway.
        case .text: isWithin || options.delimiterByte >= 0x20
        case .csv: options.quote != UInt8(ascii: "\"") || (options.escape ?? options.quote) != options.quote
        }
    }

    /// One value of a row, with what stands before it; behind the last one of a text's row belongs a line's end.
    ///
    /// - Parameter value: in the copy's own format; nil for NULL.
    package func append(_ value: UnsafeBufferPointer<UInt8>?, _ index: Int, of count: Int, isHead: Bool = false, to bytes: inout [UInt8]) {
        switch options.form {
        case .binary:
            Self.append(Int32(value.map { Int32(clamping: $0.count) } ?? -1).bigEndian, to: &bytes)
            if let value { bytes.append(contentsOf: value) }
        case .text:
            if index > 0 { bytes.append(options.delimiterByte) }
            if let value { escape(value, to: &bytes) } else { bytes.append(contentsOf: nullText) }
        case .csv:
            if index > 0 { bytes.append(options.delimiterByte) }
            let isForced = !isHead && index < isQuoted.count && isQuoted[index]
            if let value { appendQuoted(value, isAlone: count == 1, isForced: isForced, to: &bytes) } else { bytes.append(contentsOf: nullText) }
        }
    }

    private static func append<Integer: FixedWidthInteger>(_ value: Integer, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Text: what would end a field or a line, and the sign itself, behind a backslash.
    private func escape(_ value: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        let delimiter = options.delimiterByte
        guard value.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") || $0 == delimiter }) else { return text.append(contentsOf: value) }
        for byte in value {
            let letter: UInt8? =
                switch byte {
                case 0x08: UInt8(ascii: "b")
                case 0x0C: UInt8(ascii: "f")
                case 0x0A: UInt8(ascii: "n")
                case 0x0D: UInt8(ascii: "r")
                case 0x09: UInt8(ascii: "t")
                case 0x0B: UInt8(ascii: "v")
                case UInt8(ascii: "\\"), delimiter: byte
                default: nil
                }
            if letter != nil { text.append(UInt8(ascii: "\\")) }
            text.append(letter ?? byte)
        }
    }

    /// A lone `\.` would end the copy; a value like the NULL's text would be one.
    private func appendQuoted(_ value: UnsafeBufferPointer<UInt8>, isAlone: Bool, isForced: Bool, to text: inout [UInt8]) {
        let (delimiter, quote, escape) = (options.delimiterByte, options.quote, options.escape ?? options.quote)
        let isPlain = !isForced && !value.elementsEqual(nullText) && !(isAlone && value.elementsEqual("\\.".utf8)) && !value.contains { $0 == delimiter || $0 == quote || $0 == 0x0A || $0 == 0x0D }
        if isPlain { return text.append(contentsOf: value) }
        text.append(quote)
        for byte in value {
            if byte == quote || byte == escape { text.append(escape) }
            text.append(byte)
        }
        text.append(quote)
    }
}
