internal import ColumnStore
internal import Glibc

/// Reads CSV (RFC 4180) with a header: records of fields, each with its exact bytes. UTF-8; a BOM is passed over; records end at LF or CRLF.
///
/// ```
/// record := field (delimiter field)* [CR] LF            the last LF may be missing
/// field  := '"' (any byte but '"', or '""')* '"'  |  bytes without quote, delimiter and line end
/// ```
/// A view of bytes that the caller keeps; fields are places in them. The text is checked to be UTF-8 once, before the header is read.
package struct CSVReader {
    package static let fieldCountMax = 10_000

    /// A field's bytes as they stand, with quotes if it has them.
    package struct Field: BitwiseCopyable {
        /// In the whole text.
        var offset: Int
        var byteCount: Int
        var isQuoted: Bool
        /// Quotes within are doubled.
        var isEscaped: Bool
        /// Nothing but blanks, within quotes or not: RFC 4180 knows no difference, and many programs quote every field.
        package var isBlank: Bool
    }

    package struct Record {
        package var fields: [Field]
        /// Of the record without its line end.
        package var range: Range<Int>
        /// 1-based, of its first byte.
        package var line: Int
    }

    private let bytes: UnsafeRawBufferPointer
    package let delimiter: UInt8
    /// Where the next record is looked for.
    package private(set) var offset: Int
    private var line = 1
    /// Names of the columns, unquoted.
    package private(set) var names: [[UInt8]]
    /// Bytes of the header, without BOM and line end.
    package private(set) var headerRange: Range<Int>

    /// Reads the header.
    ///
    /// - Parameter foreign: what is said of bytes that are none of UTF-8.
    /// - Throws: `.badCSV`, `.badEncoding`.
    package init(_ bytes: UnsafeRawBufferPointer, delimiter: UInt8 = UInt8(ascii: ","), foreign: String = "not UTF-8") throws(DocumentError) {
        self.bytes = bytes
        self.delimiter = delimiter
        if let fault = UTF8Check.firstFault(in: bytes.bindMemory(to: UInt8.self)) {
            throw DocumentError(.badEncoding, offset: fault, foreign)
        }
        offset = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        names = []
        headerRange = 0..<0
        guard let header = try nextRecord() else { throw DocumentError(.badCSV, offset: 0, "no header") }
        let names = header.fields.map { text(of: $0) }
        var seen: [[UInt8]: Int] = [:]
        for (index, name) in names.enumerated() {
            guard let first = seen.updateValue(index, forKey: name) else { continue }
            // Not by its name: in a file without a header that is a value.
            throw DocumentError(.badCSV, line: 1, "the header has one name twice, of the columns \(first + 1) and \(index + 1)")
        }
        self.names = names
        headerRange = header.range
    }

    /// Reads a text whose header is known from another one: nil where it begins with other bytes.
    ///
    /// - Precondition: the text is UTF-8.
    package init?(_ bytes: UnsafeRawBufferPointer, after header: Header) {
        guard header.begins(bytes) else { return nil }
        self.bytes = bytes
        (delimiter, offset, line, names, headerRange) = (header.delimiter, header.bytes.count, header.line, header.names, header.range)
    }

    /// All up to the first record, read.
    package struct Header: Sendable {
        /// With the line end.
        package let bytes: [UInt8]
        package let delimiter: UInt8
        package let names: [[UInt8]]
        fileprivate let line: Int
        fileprivate let range: Range<Int>

        /// Whether a text begins with these bytes.
        package func begins(_ text: UnsafeRawBufferPointer) -> Bool {
            guard let base = text.baseAddress, text.count >= bytes.count else { return false }
            return bytes.withUnsafeBytes { own in own.baseAddress.map { memcmp(base, $0, own.count) == 0 } ?? true }
        }
    }

    /// - Precondition: no record has been read; the header has a line end.
    package var header: Header { Header(bytes: Array(bytes[..<offset]), delimiter: delimiter, names: names, line: line, range: headerRange) }

    /// The next record, or nil at the end. Empty lines are passed over.
    /// - Throws: `.badCSV` for a quote out of place or a record of more or fewer fields than the header; the next call goes on after it.
    package mutating func nextRecord() throws(DocumentError) -> Record? {
        // Blank lines between records belong to none.
        while offset < bytes.count, bytes[offset] == 0x0A || bytes[offset] == 0x0D {
            if bytes[offset] == 0x0A { line += 1 }
            offset += 1
        }
        guard offset < bytes.count else { return nil }
        let start = offset
        let firstLine = line
        var fields: [Field] = []
        while true {
            fields.append(try field())
            guard fields.count <= Self.fieldCountMax else { throw DocumentError(.badCSV, line: firstLine, "more than \(Self.fieldCountMax) fields") }
            if offset < bytes.count, bytes[offset] == delimiter {
                offset += 1
                continue
            }
            break
        }
        let end = offset
        if offset < bytes.count, bytes[offset] == 0x0D { offset += 1 }
        if offset < bytes.count, bytes[offset] == 0x0A {
            offset += 1
            line += 1
        }
        guard names.isEmpty || fields.count == names.count else {
            throw DocumentError(.badCSV, line: firstLine, "\(fields.count) fields where the header has \(names.count)")
        }
        return Record(fields: fields, range: start..<end, line: firstLine)
    }

    /// The field that begins here, up to its delimiter or line end.
    private mutating func field() throws(DocumentError) -> Field {
        let start = offset
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            while offset < bytes.count, bytes[offset] != delimiter, bytes[offset] != 0x0A {
                // A CR is of the line end only where an LF follows, or nothing: elsewhere it is a byte of the field.
                if bytes[offset] == 0x0D, offset + 1 == bytes.count || bytes[offset + 1] == 0x0A { break }
                guard bytes[offset] != UInt8(ascii: "\"") else { throw fault("a quote within a field that does not begin with one") }
                offset += 1
            }
            return Field(offset: start, byteCount: offset - start, isQuoted: false, isEscaped: false, isBlank: isBlank(start..<offset))
        }
        offset += 1
        var isEscaped = false
        while true {
            guard offset < bytes.count else { throw DocumentError(.badCSV, offset: start, "a quoted field is not closed") }
            if bytes[offset] == UInt8(ascii: "\"") {
                if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "\"") {
                    isEscaped = true
                    offset += 2
                    continue
                }
                break
            }
            if bytes[offset] == 0x0A { line += 1 }
            offset += 1
        }
        offset += 1
        if offset < bytes.count, bytes[offset] != delimiter, bytes[offset] != 0x0A {
            // A CR is of the line end, or out of place: it ends no record by itself.
            let isOfLineEnd = bytes[offset] == 0x0D && (offset + 1 == bytes.count || bytes[offset + 1] == 0x0A)
            guard isOfLineEnd else { throw fault("something follows the closing quote of a field") }
        }
        return Field(offset: start, byteCount: offset - start, isQuoted: true, isEscaped: isEscaped, isBlank: isBlank(start + 1..<offset - 1))
    }

    /// Nearly always told by the first byte.
    private func isBlank(_ range: Range<Int>) -> Bool {
        var place = range.lowerBound
        while place < range.upperBound {
            guard bytes[place] == 0x20 || bytes[place] == 0x09 else { return false }
            place += 1
        }
        return true
    }

    /// The error, after moving to the next line so that reading can go on.
    private mutating func fault(_ reason: String) -> DocumentError {
        let error = DocumentError(.badCSV, line: line, reason)
        while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
        return error
    }

    /// The text of a field without doubled quotes, where it stands.
    ///
    /// Of an escaped field the quotes within are doubled still.
    func plainText(of field: Field) -> UnsafeBufferPointer<UInt8> {
        let edge = field.isQuoted ? 1 : 0
        let range = field.offset + edge..<field.offset + field.byteCount - edge
        return UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self)
    }

    /// Lends a field's text, unquoted.
    package func withText<Result>(of field: Field, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        field.isEscaped ? text(of: field).withUnsafeBytes(body) : body(UnsafeRawBufferPointer(plainText(of: field)))
    }

    /// A field's text, unquoted.
    package func text(of field: Field) -> [UInt8] {
        guard field.isQuoted else { return Array(bytes[field.offset..<field.offset + field.byteCount]) }
        let inner = bytes[field.offset + 1..<field.offset + field.byteCount - 1]
        guard field.isEscaped else { return Array(inner) }
        var text: [UInt8] = []
        var isSecond = false
        for byte in inner {
            if byte == UInt8(ascii: "\""), !isSecond {
                isSecond = true
            } else {
                isSecond = false
                text.append(byte)
            }
        }
        // Each pair began with a quote that was held back.
        return text
    }

    /// The header, LF, and what was read from `start` on, without line ends around it: a record that could not be read.
    package func document(from start: Int) -> [UInt8] {
        var (first, last) = (start, offset)
        while first < last, bytes[first] == 0x0A || bytes[first] == 0x0D { first += 1 }
        while first < last, bytes[last - 1] == 0x0A || bytes[last - 1] == 0x0D { last -= 1 }
        return document(of: Record(fields: [], range: first..<last, line: 0))
    }

    /// The bytes of a record's document: header, LF, record.
    ///
    /// So a row can be read again by itself: its header is with it.
    package func document(of record: Record) -> [UInt8] {
        Array(bytes[headerRange]) + [0x0A] + Array(bytes[record.range])
    }
}
