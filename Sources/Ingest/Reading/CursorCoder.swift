import ColumnStore

/// Makes opaque cursors: fields in bytes with an HMAC over them and over what they are bound to (the call, its parameters, the asking
/// contract), in base64url. Stateless; they never expire.
///
///     cursor := base64url(body code)
///     body   := 2 field*                  the version, then fields
///     field  := count bytes{count}        count: 4 bytes, big-endian
///     code   := first 16 bytes of HMAC-SHA-256(key, body binding*)      the body and each binding laid down as a field
///
/// The body, its fields and bindings have their lengths before them, so no two cursors and what they are bound to are the same bytes. HMAC: RFC 2104.
///
/// Version 1, which is read and not made, has the code over a body without its length before it: there the last field and the first binding are told apart by
/// nothing but what lists have of each.
package struct CursorCoder: Sendable {
    private let key: [UInt8]
    /// Enough that guessing is out of reach.
    private static let codeByteCount = 16
    private static let version: UInt8 = 2
    private static let firstVersion: UInt8 = 1
    /// No cursor of ours is longer.
    private static let textByteCountMax = 4_096

    /// - Parameter key: of the store; 32 bytes, kept forever.
    package init(key: [UInt8]) { self.key = key }

    /// - Parameter binding: what must be the same when the cursor comes back.
    package func encode(_ fields: [[UInt8]], binding: [String]) -> String {
        var body: [UInt8] = [Self.version]
        for field in fields { Self.append(field, to: &body) }
        return Base64URL.encode(body + code(body, binding))
    }

    /// Nil when any bit was changed, or it belongs to something else.
    ///
    /// The code is compared in constant time, before a field is looked at.
    ///
    /// - Parameter withFirstVersion: whether one of version 1 is read, too.
    /// - Complexity: O(bytes), at most 4,096.
    package func decode(_ text: String, binding: [String], withFirstVersion: Bool = true) -> [[UInt8]]? {
        guard text.utf8.count <= Self.textByteCountMax, let bytes = Base64URL.decode(text), bytes.count > Self.codeByteCount else { return nil }
        let body = Array(bytes.dropLast(Self.codeByteCount))
        guard HMACSHA256.areEqual(Array(bytes.suffix(Self.codeByteCount)), code(body, binding)),
            body[0] == Self.version || withFirstVersion && body[0] == Self.firstVersion
        else { return nil }
        var fields: [[UInt8]] = []
        var place = 1
        while place < body.count {
            guard body.count - place >= 4 else { return nil }
            let count = body[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            place += 4
            guard count <= body.count - place else { return nil }
            fields.append(Array(body[place..<place + count]))
            place += count
        }
        return fields
    }

    private func code(_ body: [UInt8], _ binding: [String]) -> [UInt8] {
        var message: [UInt8] = []
        if body.first == Self.firstVersion { message = body } else { Self.append(body, to: &message) }
        for part in binding { Self.append(Array(part.utf8), to: &message) }
        return Array(HMACSHA256.authenticate(message, key: key).prefix(Self.codeByteCount))
    }

    private static func append(_ field: [UInt8], to bytes: inout [UInt8]) {
        let count = UInt32(field.count)
        for shift in stride(from: UInt32(24), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        bytes.append(contentsOf: field)
    }
}

/// Base64 with the alphabet for URLs, without padding (RFC 4648, section 5). Each text has one spelling only.
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Example: three bytes are four characters, of one byte that is left two, of two bytes three.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 4 / 3 + 3)
        var index = 0
        while index < bytes.count {
            let taken = min(3, bytes.count - index)
            var bits: UInt32 = 0
            for place in 0..<3 { bits = bits << 8 | (place < taken ? UInt32(bytes[index + place]) : 0) }
            for place in 0...taken { text.append(alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)]) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for another character, or a text that is no encoding of whole bytes.
    package static func decode(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
                bits &= (1 << bitCount) - 1
            }
        }
        // Left-over bits must be zero, and less than a character's worth: else a changed bit would read the same.
        guard bits == 0, bitCount < 6 else { return nil }
        return bytes
    }
}
