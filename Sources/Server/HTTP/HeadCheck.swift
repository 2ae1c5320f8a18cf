internal import Ingest

/// Whether a request's head is one that every reader understands alike (RFC 9112), checked over the bytes that libmicrohttpd has cut up.
///
/// The library reads generously: a NUL ends a field or even the head, a folded line joins its neighbour, of two lengths it takes the first.
/// Whoever stands in front of the server may read the same bytes otherwise, which is how requests are smuggled. So the pieces must lie
/// end to end, with only the separators between them, and what frames the body must be said once.
struct HeadCheck {
    private let head: UnsafeRawBufferPointer
    /// Where the next piece begins, but for a line's end of one or two bytes.
    private var end: Int
    private var hostCount = 0
    private var lengthCount = 0
    private var encodingCount = 0
    private let isOldVersion: Bool
    /// The first fault found.
    private var fault: Problem?
    /// The client said something of what becomes of the connection, or is of a version where it ends.
    private(set) var mayEndConnection: Bool

    /// A line ends in CRLF, or a bare LF.
    private static let lineEnd = 1...2

    /// - Parameters:
    ///   - head: from the method to behind the empty line.
    ///   - target: where the request target lies in it.
    ///   - version: where the eight bytes of the version begin.
    init(_ head: UnsafeRawBufferPointer, methodByteCount: Int, target: Range<Int>, version: Int) {
        self.head = head
        end = version + 8
        let isLine = methodByteCount > 0 && target.lowerBound == methodByteCount + 1 && target.upperBound + 1 == version && end <= head.count
        isOldVersion = isLine && head[version + 7] == UInt8(ascii: "0")
        mayEndConnection = isOldVersion
        guard isLine else {
            refuse("the request line is not METHOD, target and version, with one blank between each")
            return
        }
        if !Self.isToken(head[..<methodByteCount]) { refuse("the method has characters that none may have") }
        for byte in head[target] where byte <= 0x20 || byte == 0x7F {
            refuse("the request target has a blank or a control character; write it as %\(String(byte >> 4, radix: 16))\(String(byte & 15, radix: 16))")
        }
    }

    private mutating func refuse(_ detail: String) {
        if fault == nil { fault = Problem(.badRequest, detail) }
    }

    /// Takes the next field: the name before the colon, the value behind blanks. Both must lie in the head; that is checked.
    mutating func field(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        field(name: place(name), value: place(value))
    }

    private func place(_ piece: UnsafeRawBufferPointer) -> Range<Int> {
        let start = Int(bitPattern: piece.baseAddress) &- Int(bitPattern: head.baseAddress)
        return start..<(start + piece.count)
    }

    private mutating func field(name: Range<Int>, value: Range<Int>) {
        guard Self.lineEnd.contains(name.lowerBound - end), name.upperBound < value.lowerBound, value.upperBound <= head.count else {
            return refuse("a header field is continued on a second line, or has a NUL")
        }
        end = value.upperBound
        let bytes = head[name]
        guard Self.isToken(bytes) else {
            return refuse("a header field's name is empty, or has a blank or another character that none may have")
        }
        if !Self.isText(UnsafeRawBufferPointer(rebasing: head[value])) {
            return refuse("the header field \(Self.text(bytes)) has a control character")
        }
        switch bytes.count {
        case 4 where Self.equal(bytes, "host"): hostCount += 1
        case 10 where Self.equal(bytes, "connection"): mayEndConnection = true
        case 14 where Self.equal(bytes, "content-length"): contentLength(value)
        case 17 where Self.equal(bytes, "transfer-encoding"): transferEncoding(value)
        default: break
        }
    }

    private mutating func contentLength(_ value: Range<Int>) {
        lengthCount += 1
        guard Self.contentLength(UnsafeRawBufferPointer(rebasing: head[value])) == nil, fault == nil else { return }
        let digits = Self.trimmed(head[value])
        let isNumber = !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
        fault = isNumber
            ? Problem(.tooLarge, "Content-Length is over every limit") : Problem(.badRequest, "Content-Length is not a number of bytes")
    }

    private mutating func transferEncoding(_ value: Range<Int>) {
        encodingCount += 1
        if !Self.isChunked(UnsafeRawBufferPointer(rebasing: head[value])), fault == nil {
            fault = Problem(.unsupportedTransferEncoding, "the only transfer encoding is chunked, by itself")
        }
    }

    /// The number of bytes that a Content-Length says; nil where it says none, or more than anybody could send.
    static func contentLength(_ value: UnsafeRawBufferPointer) -> Int? {
        let digits = trimmed(value[...])
        guard !digits.isEmpty else { return nil }
        var length = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte), length < 1 << 56 else { return nil }
            length = length * 10 + Int(byte - 0x30)
        }
        return length
    }

    static func isChunked(_ value: UnsafeRawBufferPointer) -> Bool { equal(trimmed(value[...]), "chunked") }

    /// What is wrong with the head as a whole; call when all fields were taken.
    mutating func problem() -> Problem? {
        // The last line's end, and the empty line's.
        if !(2...4).contains(head.count - end) { refuse("a header field has a NUL, or is continued on a second line") }
        if hostCount > 1 { refuse("the field Host is given more than once") }
        if hostCount == 0, !isOldVersion { refuse("an HTTP/1.1 request must have the field Host") }
        if lengthCount > 1 { refuse("the field Content-Length is given more than once") }
        if encodingCount > 1 { refuse("the field Transfer-Encoding is given more than once") }
        if encodingCount > 0, lengthCount > 0 { refuse("a body has a Content-Length or a Transfer-Encoding, not both") }
        if encodingCount > 0, isOldVersion { refuse("HTTP/1.0 has no Transfer-Encoding") }
        return fault
    }

    // MARK: Bytes

    /// One or more of RFC 9110's token characters: a bit for each of the first and the second half of ASCII. Literals, for a static table
    /// made by code costs a check for each byte.
    private static func isToken(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        let bits: (UInt64, UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
        for byte in UnsafeRawBufferPointer(rebasing: bytes) {
            guard byte < 128, (byte < 64 ? bits.0 : bits.1) &>> UInt64(byte & 63) & 1 == 1 else { return false }
        }
        return !bytes.isEmpty
    }

    /// No control characters but tabs; eight bytes at a time, for most of a head is values.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let below = (word &- 0x2020_2020_2020_2020) & ~word
            let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let isDelete = (delete &- 0x0101_0101_0101_0101) & ~delete
            // May be set for a byte behind one that is: then the bytes are looked at one by one.
            if (below | isDelete) & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        for byte in bytes[index...] where (byte < 0x20 && byte != 0x09) || byte == 0x7F { return false }
        return true
    }

    static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }

    /// Whether `bytes` are `lower` in any case; `lower` has letters and hyphens only.
    private static func equal(_ bytes: Slice<UnsafeRawBufferPointer>, _ lower: StaticString) -> Bool {
        guard bytes.count == lower.utf8CodeUnitCount else { return false }
        return lower.withUTF8Buffer { lower in
            for (byte, letter) in zip(bytes, lower) where byte != letter {
                guard letter >= 0x61, byte | 0x20 == letter else { return false }
            }
            return true
        }
    }

    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String { String(decoding: bytes, as: UTF8.self) }
}
