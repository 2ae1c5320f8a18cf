// The three forms of COPY … TO STDOUT (PostgreSQL 15 documentation, COPY, file formats). Binary:
//
//     "PGCOPY\n\377\r\n\0", Int32 flags, Int32 length of an extension; for each row Int16 columns and each value as in DataRow; at the end Int16 −1

/// Rows as a copy has them, one CopyData message each.
package struct CopyWriter {
    private let options: CopyOptions
    private let quoteForced: [UInt8]

    package init(_ options: CopyOptions) {
        self.options = options
        quoteForced = [options.delimiterByte, options.quote, 0x0A, 0x0D]
    }

    /// What stands before the first row; nil where nothing does.
    package func head(_ columns: [String]) -> [UInt8]? {
        switch options.form {
        case .binary: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        case .text, .csv: options.hasHeader ? row(columns.map { Array($0.utf8) }) : nil
        }
    }

    /// What stands behind the last row.
    package var tail: [UInt8]? { options.form == .binary ? [0xFF, 0xFF] : nil }

    /// - Parameter values: in the copy's own format, text or binary.
    package func row(_ values: [[UInt8]?]) -> [UInt8] {
        switch options.form {
        case .binary: binary(values)
        case .text: line(values) { $0.map(escaped) ?? Array(options.nullText.utf8) }
        case .csv: csv(values)
        }
    }

    private func line(_ values: [[UInt8]?], _ field: ([UInt8]?) -> [UInt8]) -> [UInt8] {
        Array(values.map(field).joined(separator: [options.delimiterByte])) + [0x0A]
    }

    private func binary(_ values: [[UInt8]?]) -> [UInt8] {
        var writer = BackendWriter()
        writer.integer(Int16(truncatingIfNeeded: values.count))
        for value in values {
            guard let value else {
                writer.null()
                continue
            }
            writer.value { $0 += value }
        }
        return writer.bytes
    }

    /// Text: what would end a field or a line, and the sign itself, behind a backslash.
    private func escaped(_ value: [UInt8]) -> [UInt8] {
        let delimiter = options.delimiterByte
        guard value.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") || $0 == delimiter }) else { return value }
        var text: [UInt8] = []
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
        return text
    }

    private func csv(_ values: [[UInt8]?]) -> [UInt8] {
        let null = Array(options.nullText.utf8)
        return line(values) { value in
            guard let value else { return null }
            // A lone `\.` would end the copy; a value like the NULL's text would be one.
            let isPlain = value != null && !(values.count == 1 && value.elementsEqual("\\.".utf8)) && !value.contains(where: quoteForced.contains)
            return isPlain ? value : quoted(value)
        }
    }

    private func quoted(_ value: [UInt8]) -> [UInt8] {
        let escape = options.escape ?? options.quote
        var text = [options.quote]
        for byte in value {
            if byte == options.quote || byte == escape { text.append(escape) }
            text.append(byte)
        }
        return text + [options.quote]
    }
}
