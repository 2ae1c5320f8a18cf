/// Writes one JSON text, value by value, into a byte buffer.
///
/// Commas are placed by the writer; balance of brackets is the caller's. Text goes in as UTF-8 and is escaped only where RFC 8259
/// demands it, so a document's non-ASCII text stays as it is.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// No comma is due: at the start of the text, of a container, and after a key.
    private var isFresh = true

    package init(reserving byteCount: Int = 256) { bytes.reserveCapacity(byteCount) }

    // MARK: Structure

    package mutating func beginObject() { separate(); bytes.append(UInt8(ascii: "{")); isFresh = true }
    package mutating func endObject() { bytes.append(UInt8(ascii: "}")); isFresh = false }
    package mutating func beginArray() { separate(); bytes.append(UInt8(ascii: "[")); isFresh = true }
    package mutating func endArray() { bytes.append(UInt8(ascii: "]")); isFresh = false }

    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        isFresh = true
    }

    package mutating func key(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        isFresh = true
    }

    // MARK: Values

    package mutating func string(_ value: String) { separate(); appendQuoted(value); isFresh = false }

    /// - Precondition: `value` is UTF-8; bytes that are not come out as they went in.
    package mutating func string(utf8 value: some Sequence<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in value { appendEscaped(byte) }
        bytes.append(UInt8(ascii: "\""))
        isFresh = false
    }

    package mutating func optional(_ value: String?) {
        if let value { string(value) } else { null() }
    }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
        isFresh = false
    }

    package mutating func boolean(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }

    /// Text that is JSON already.
    package mutating func raw(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        isFresh = false
    }

    /// Bytes that are one JSON value already.
    package mutating func raw(_ value: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
        isFresh = false
    }

    // MARK: Members

    package mutating func member(_ name: StaticString, _ value: String?) { key(name); optional(value) }
    package mutating func member(_ name: StaticString, _ value: some BinaryInteger) { key(name); integer(value) }
    package mutating func member(_ name: StaticString, _ value: Bool) { key(name); boolean(value) }

    private mutating func separate() {
        if !isFresh { bytes.append(UInt8(ascii: ",")) }
        isFresh = true
    }

    private mutating func appendQuoted(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            if text.contains(where: Self.mustEscape) {
                for byte in text { appendEscaped(byte) }
            } else {
                bytes.append(contentsOf: text)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(Self.hexDigit(byte >> 4))
            bytes.append(Self.hexDigit(byte & 15))
        default: bytes.append(byte)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
