internal import Documents

/// A client's id and secret in an `Authorization` of the scheme Basic (RFC 7617), which every token endpoint must take (RFC 6749, section 2.3.1).
struct BasicCredentials {
    let id: String
    let secret: String

    /// Nil for another scheme, and for what is not the base64 of a name, a colon and a secret.
    init?(_ header: String?) {
        guard let header, let blank = header.firstIndex(of: " "), header[..<blank].lowercased() == "basic" else { return nil }
        // The alphabet that stands in URLs has two signs of its own, and no padding.
        let text = header[blank...].trimmingBlanks.replacing("+", with: "-").replacing("/", with: "_")
        guard let bytes = Base64URL.decode(text.prefix { $0 != "=" }), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let id = Self.text(bytes[..<colon]), let secret = Self.text(bytes[bytes.index(after: colon)...])
        else { return nil }
        (self.id, self.secret) = (id, secret)
    }

    /// Some escape both before, as that section says, and most do not: a key has nothing to escape, an id seldom.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        (try? RequestTarget.decode(bytes, plusIsBlank: false, what: "Authorization")) ?? String(validating: bytes, as: UTF8.self)
    }
}
