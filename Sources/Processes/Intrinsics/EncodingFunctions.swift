internal import ColumnStore

/// `States.Base64Encode`, `States.Base64Decode` and `States.Hash`.
enum EncodingFunctions {
    /// Characters of a text that is encoded, decoded or hashed.
    static let characterCountMax = 10_000

    /// An argument that is a text, of a length that these functions take.
    private static func text(_ value: JSONValue, _ function: Intrinsic) throws(StateError) -> String {
        guard case .string(let text) = value else { throw StateError(.intrinsicFailure, "\(function.rawValue) wants a text, not \(value.kind)") }
        guard text.unicodeScalars.count <= characterCountMax else {
            throw StateError(.intrinsicFailure, "\(function.rawValue) takes texts of up to \(characterCountMax) characters")
        }
        return text
    }

    /// Of the text's UTF-8.
    static func base64Encode(_ value: JSONValue) throws(StateError) -> JSONValue {
        .string(Base64.encoded(Array(try text(value, .base64Encode).utf8)))
    }

    /// What comes out has to be UTF-8, since a value is a text.
    static func base64Decode(_ value: JSONValue) throws(StateError) -> JSONValue {
        guard let bytes = Base64.decoded(Array(try text(value, .base64Decode).utf8)) else {
            throw StateError(.intrinsicFailure, "States.Base64Decode: the text is not Base64")
        }
        guard bytes.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) == nil else {
            throw StateError(.intrinsicFailure, "States.Base64Decode: what comes out is not UTF-8")
        }
        return .string(String(decoding: bytes, as: UTF8.self))
    }

    /// In hexadecimal digits, lower case; names of algorithms are `Digest`'s.
    static func hash(_ value: JSONValue, _ algorithm: JSONValue) throws(StateError) -> JSONValue {
        let text = try text(value, .hash)
        guard case .string(let name) = algorithm, let digest = Digest(rawValue: name) else {
            let known = Digest.allCases.map(\.rawValue).joined(separator: ", ")
            throw StateError(.intrinsicFailure, "States.Hash knows \(known), not \(algorithm.text ?? algorithm.kind)")
        }
        return .string(Hex.text(digest.hash(Array(text.utf8))))
    }
}

/// RFC 4648, section 4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// With padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            // Three bytes are four digits of six bits; of one or two bytes the missing digits are padding.
            var group = UInt32(bytes[start]) << 16
            if count > 1 { group |= UInt32(bytes[start + 1]) << 8 }
            if count > 2 { group |= UInt32(bytes[start + 2]) }
            for place in 0..<4 {
                text.append(place <= count ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// nil where the text is none; padding may be left out.
    static func decoded(_ text: [UInt8]) -> [UInt8]? {
        var text = text[...]
        // Padding fills the last four: one or two signs, or none where it was left out.
        if text.count % 4 == 0 { for _ in 0..<2 where text.last == UInt8(ascii: "=") { text = text.dropLast() } }
        // A single digit holds no byte.
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        var (group, bits) = (UInt32(0), 0)
        for byte in text {
            guard let value = value(of: byte) else { return nil }
            // Digits are taken in at the right; eight bits that are there leave at the left. Bits that are left at the end belong to no byte.
            group = (group << 6 | value) & 0xFF_FFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bytes
    }

    /// Of one digit; nil for what is none.
    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
