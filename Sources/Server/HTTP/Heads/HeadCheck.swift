internal import ColumnStore
internal import Documents
import Ingest

/// Whether a request's head is one that every reader understands alike (RFC 9112), checked over the bytes that libmicrohttpd has cut up.
///
/// The library reads generously: a NUL ends a field or even the head, a folded line joins its neighbour, of two lengths it takes the first.
/// Whoever stands in front of the server may read the same bytes otherwise, which is how requests are smuggled. So the pieces must lie
/// end to end, with only the separators between them, and what frames the body must be said once.
///
///     METHOD SP target SP HTTP/1.1 CR LF      name ":" blanks value CR LF      …      CR LF
///
/// 1. `end` is where the last piece ended: the next field's name begins two bytes behind it, or something lies in between that the library has passed over.
/// 2. Between a name and its value lie the colon and what the library took for blanks.
/// 3. The first fault is the one that is reported; further pieces are still looked at, and change nothing of it.
///
/// On the connection's thread, while the library's buffer holds the head.
package struct HeadCheck {
    private let head: UnsafeRawBufferPointer
    /// Where the next piece begins, but for a line's end of one or two bytes.
    private var end: Int
    /// A bit for each single field that was given, and sixteen places higher one for each that was given again.
    private var given: UInt32 = 0
    private let isOldVersion: Bool
    /// The first fault found.
    private var fault: Problem?
    /// The client said something of what becomes of the connection, or is of a version where it ends.
    private(set) var mayEndConnection: Bool

    /// A line ends in CR LF. The library takes a bare LF or CR as well, each of which is one byte.
    private static let lineEndByteCount = 2

    /// - Parameters:
    ///   - head: from the method to behind the empty line.
    ///   - target: where the request target lies in it.
    ///   - version: where the eight bytes of the version begin.
    package init(_ head: UnsafeRawBufferPointer, methodByteCount: Int, target: Range<Int>, version: Int) {
        self.head = head
        end = version + 8
        let isLine = methodByteCount > 0 && target.lowerBound == methodByteCount + 1 && target.upperBound + 1 == version && end <= head.count
        isOldVersion = isLine && head[version + 7] == UInt8(ascii: "0")
        mayEndConnection = isOldVersion
        // Nothing of a line that is none may be read by its places: they may lie anywhere.
        guard isLine else {
            refuse("the request line is not METHOD, target and version, with one blank between each")
            return
        }
        if !Self.isToken(head[..<methodByteCount]) { refuse("the method has characters that none may have") }
        if !Self.isTarget(head[target], method: head[..<methodByteCount]) {
            refuse("the request target must begin with a slash, or be a whole URL")
        }
        if CombiningMarks.hasLongRun(in: head[target]) { refuse("the request target has more than \(CombiningMarks.runMax) combining marks in a row") }
        for byte in head[target] where byte <= 0x20 || byte == 0x7F {
            refuse("the request target has a blank or a control character; write it as %\(String(byte >> 4, radix: 16))\(String(byte & 15, radix: 16))")
        }
    }

    /// The forms of RFC 9112, 3.2, that a server of its own resources is asked in.
    private static func isTarget(_ target: Slice<UnsafeRawBufferPointer>, method: Slice<UnsafeRawBufferPointer>) -> Bool {
        if target.first == UInt8(ascii: "/") { return true }
        if target.count == 1, target.first == UInt8(ascii: "*") { return equal(method, "OPTIONS") }
        return equal(target.prefix(7), "http://") || equal(target.prefix(8), "https://")
    }

    private mutating func refuse(_ detail: String) {
        if fault == nil { fault = Problem(.badRequest, detail) }
    }

    /// Takes the next field: the name before the colon, the value behind blanks. Both must lie in the head; that is checked.
    package mutating func field(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        field(name: place(name), value: place(value))
    }

    private func place(_ piece: UnsafeRawBufferPointer) -> Range<Int> {
        // A piece that lies elsewhere gives a place that the caller's comparison refuses.
        let start = Int(bitPattern: piece.baseAddress) &- Int(bitPattern: head.baseAddress)
        return start..<(start + piece.count)
    }

    private mutating func field(name: Range<Int>, value: Range<Int>) {
        guard name.lowerBound - end == Self.lineEndByteCount, name.upperBound < value.lowerBound, value.upperBound <= head.count else {
            return refuse("a line of the head does not end in CR LF, a header field is continued on a second line, or has a NUL")
        }
        end = value.upperBound
        let bytes = head[name]
        guard Self.isToken(bytes) else {
            return refuse("a header field's name is empty, or has a blank or another character that none may have")
        }
        if !Self.isText(UnsafeRawBufferPointer(rebasing: head[value])) {
            return refuse("the header field \(Self.text(bytes)) has a control character")
        }
        if CombiningMarks.hasLongRun(in: head[value]) { return refuse("the header field \(Self.text(bytes)) has more than \(CombiningMarks.runMax) combining marks in a row") }
        if bytes.count == 10, Self.equal(bytes, "connection") { mayEndConnection = true }
        guard let single = Self.singleField(bytes) else { return }
        // Thirteen fields in the lower half; the upper half has those that were given again.
        given |= given & single.bit != 0 ? single.bit << 16 : single.bit
        switch single {
        case .host: host(value)
        case .contentLength: contentLength(value)
        case .transferEncoding: transferEncoding(value)
        default: break
        }
    }

    /// Fields of which a request has one at most: of two, one reader takes the first and another the last.
    private enum SingleField: UInt32, CaseIterable {
        case host, contentLength, transferEncoding, authorization, contentType, contentEncoding, expect
        case webhookID, webhookTimestamp, webhookSignature, callbackURL, csrf, traceParent

        var bit: UInt32 { 1 << rawValue }

        var name: StaticString {
            switch self {
            case .host: "Host"
            case .contentLength: "Content-Length"
            case .transferEncoding: "Transfer-Encoding"
            case .authorization: "Authorization"
            case .contentType: "Content-Type"
            case .contentEncoding: "Content-Encoding"
            case .expect: "Expect"
            case .webhookID: "webhook-id"
            case .webhookTimestamp: "webhook-timestamp"
            case .webhookSignature: "webhook-signature"
            case .callbackURL: "Till-Callback-URL"
            case .csrf: "Till-CSRF"
            case .traceParent: "traceparent"
            }
        }
    }

    /// By the name's length first: of most fields no byte is compared.
    private static func singleField(_ name: Slice<UnsafeRawBufferPointer>) -> SingleField? {
        switch name.count {
        case 4 where equal(name, "host"): .host
        case 6 where equal(name, "expect"): .expect
        case 9 where equal(name, "till-csrf"): .csrf
        case 10 where equal(name, "webhook-id"): .webhookID
        case 11 where equal(name, "traceparent"): .traceParent
        case 12 where equal(name, "content-type"): .contentType
        case 13 where equal(name, "authorization"): .authorization
        case 14 where equal(name, "content-length"): .contentLength
        case 16 where equal(name, "content-encoding"): .contentEncoding
        case 17 where equal(name, "transfer-encoding"): .transferEncoding
        case 17 where equal(name, "till-callback-url"): .callbackURL
        case 17 where equal(name, "webhook-timestamp"): .webhookTimestamp
        case 17 where equal(name, "webhook-signature"): .webhookSignature
        default: nil
        }
    }

    /// Characters of a name, an address and a port (RFC 9110, 7.2; RFC 3986, 3.2.2); that they form one, nobody asks.
    private mutating func host(_ value: Range<Int>) {
        let isRight = Self.trimmed(head[value]).allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "-._~%!$&'()*+,;=:[]".utf8.contains(byte)
            }
        }
        if !isRight { refuse("the field Host has a character that no host's name has") }
    }

    private mutating func contentLength(_ value: Range<Int>) {
        guard Self.contentLength(UnsafeRawBufferPointer(rebasing: head[value])) == nil, fault == nil else { return }
        let digits = Self.trimmed(head[value])
        let isNumber = !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
        fault = isNumber
            ? Problem(.tooLarge, "Content-Length is over every limit") : Problem(.badRequest, "Content-Length is not a number of bytes")
    }

    private mutating func transferEncoding(_ value: Range<Int>) {
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
    package mutating func problem() -> Problem? {
        // The last line's end, and the empty line's.
        if head.count - end != 2 * Self.lineEndByteCount {
            refuse("a line of the head does not end in CR LF, or a header field has a NUL or is continued on a second line")
        }
        for field in SingleField.allCases where given & field.bit << 16 != 0 {
            refuse("the field \(field.name) is given more than once")
        }
        if given & SingleField.host.bit == 0, !isOldVersion { refuse("an HTTP/1.1 request must have the field Host") }
        let (hasEncoding, hasLength) = (given & SingleField.transferEncoding.bit != 0, given & SingleField.contentLength.bit != 0)
        if hasEncoding, hasLength { refuse("a body has a Content-Length or a Transfer-Encoding, not both") }
        if hasEncoding, isOldVersion { refuse("HTTP/1.0 has no Transfer-Encoding") }
        return fault
    }

    // MARK: Bytes

    /// One or more of RFC 9110's token characters: a bit for each of the first and the second half of ASCII. Literals, for a static table
    /// made by code costs a check for each byte.
    ///
    /// The first word has `! # $ % & ' * + - .` and the digits, the second the letters and ``^ _ ` | ~``.
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
            // For each byte b: b - 0x20 borrows into its highest bit where b < 0x20, unless b has that bit itself (UTF-8 is let through). DEL becomes zero by
            // the exclusive or, and b - 1 of zero does the same. A borrow may also come from the byte below.
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
