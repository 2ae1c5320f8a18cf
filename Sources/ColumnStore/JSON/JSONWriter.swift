/// Writes one JSON text, value by value, into a byte buffer.
///
/// Commas are placed by the writer; balance of brackets is the caller's. Text goes in as UTF-8 and is escaped only where RFC 8259
/// demands it, so a document's non-ASCII text stays as it is.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    /// No comma is due: at the start of the text, of a container, and after a key.
    private var isFresh = true

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package init(reserving byteCount: Int = 256) { bytes.reserveCapacity(byteCount) }

    // MARK: Structure

    package mutating func beginObject() { separate(); bytes.append(UInt8(ascii: "{")); isFresh = true }
    package mutating func endObject() { bytes.append(UInt8(ascii: "}")); isFresh = false }
    package mutating func beginArray() { separate(); bytes.append(UInt8(ascii: "[")); isFresh = true }
    package mutating func endArray() { bytes.append(UInt8(ascii: "]")); isFresh = false }

    /// - Precondition: a name without characters that need an escape.
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

    /// Ends a line of NDJSON: what comes next is a text of its own.
    package mutating func endLine() { bytes.append(0x0A); isFresh = true }

    // MARK: Values

    package mutating func string(_ value: String) { separate(); appendQuoted(value); isFresh = false }

    /// - Precondition: `value` is UTF-8; bytes that are not come out as they went in.
    package mutating func string(utf8 value: some Collection<UInt8>) {
        separate()
        JSONString.append(value, to: &bytes)
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

    /// One JSON value that `body` appends.
    package mutating func value(_ body: (inout [UInt8]) -> Void) {
        separate()
        body(&bytes)
        isFresh = false
    }

    // MARK: Members

    package mutating func member(_ name: StaticString, _ value: String?) { key(name); optional(value) }
    package mutating func member(_ name: StaticString, _ value: some BinaryInteger) { key(name); integer(value) }
    package mutating func member(_ name: StaticString, _ value: Bool) { key(name); boolean(value) }

    /// Before each key and each value: the comma that is due. Every caller sets `isFresh` for what comes next.
    private mutating func separate() {
        if !isFresh { bytes.append(UInt8(ascii: ",")) }
        isFresh = true
    }

    private mutating func appendQuoted(_ value: String) { JSONString.append(value.utf8, to: &bytes) }
}
