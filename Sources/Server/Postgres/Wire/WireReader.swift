internal import ColumnStore

/// Reads the parts of one message's body, in the network's order of bytes. Every read is bounded by the body.
package struct WireReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package var count: Int { bytes.endIndex - place }
    package var isAtEnd: Bool { place == bytes.endIndex }

    package mutating func byte() throws(PostgresFault) -> UInt8 {
        guard place < bytes.endIndex else { throw Self.short }
        defer { place += 1 }
        return bytes[place]
    }

    package mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) throws(PostgresFault) -> Integer {
        let size = Integer.bitWidth / 8
        guard count >= size else { throw Self.short }
        var value: Integer = 0
        for byte in bytes[place..<place + size] { value = value << 8 | Integer(truncatingIfNeeded: byte) }
        place += size
        return value
    }

    package mutating func take(_ byteCount: Int) throws(PostgresFault) -> ArraySlice<UInt8> {
        guard byteCount >= 0, byteCount <= count else { throw Self.short }
        defer { place += byteCount }
        return bytes[place..<place + byteCount]
    }

    package mutating func rest() -> ArraySlice<UInt8> {
        defer { place = bytes.endIndex }
        return bytes[place...]
    }

    /// Up to a zero byte, which is passed; text in UTF-8.
    package mutating func text() throws(PostgresFault) -> String {
        guard let end = bytes[place...].firstIndex(of: 0) else {
            throw PostgresFault(.protocolViolation, "invalid string in message")
        }
        defer { place = end + 1 }
        return try Self.text(bytes[place..<end])
    }

    /// A text that is compared: a name, or a parameter of the start.
    ///
    /// - Throws: 42622 for one with more combining marks in a row than are compared.
    package mutating func name() throws(PostgresFault) -> String {
        let name = try text()
        guard !CombiningMarks.hasLongRun(name) else { throw .marks }
        return name
    }

    package static func text(_ bytes: ArraySlice<UInt8>) throws(PostgresFault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PostgresFault(.invalidByteSequence, "invalid byte sequence for encoding \"UTF8\"")
        }
        return text
    }

    /// An Int32 of bytes before a value; −1 for NULL.
    package mutating func value() throws(PostgresFault) -> ArraySlice<UInt8>? {
        let size = try integer(Int32.self)
        guard size != -1 else { return nil }
        return try take(Int(size))
    }

    /// An Int16 that counts what follows. `least` is how many bytes each of them has at least, so that no count is believed which the body cannot hold.
    package mutating func itemCount(eachAtLeast least: Int) throws(PostgresFault) -> Int {
        let items = Int(try integer(UInt16.self))
        guard items.multipliedSaturating(by: least) <= count else { throw Self.short }
        return items
    }

    package func finish() throws(PostgresFault) {
        guard isAtEnd else { throw PostgresFault(.protocolViolation, "invalid message format") }
    }

    private static let short = PostgresFault(.protocolViolation, "insufficient data left in message")
}
