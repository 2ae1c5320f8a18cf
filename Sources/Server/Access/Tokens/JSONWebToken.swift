package import ColumnStore

/// A token as it came: taken apart, its signature not yet checked (RFC 7515, RFC 7519).
///
///     token := base64url(header) "." base64url(claims) "." base64url(signature)
///     header := {"alg": "RS256" | "ES256", "kid"?: text, "typ"?: text}
package struct JSONWebToken: Sendable {
    /// Why a token is none, or does not count. Said to its sender.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    package let algorithm: SignatureAlgorithm
    package let keyID: String?
    /// An object. Not to be believed before the signature is checked.
    package let claims: JSONValue
    /// What was signed: the first two parts and the dot between them, as sent.
    package let signed: [UInt8]
    /// Of ES256 r and s side by side, 32 bytes each (RFC 7518 section 3.4); of RS256 as long as the key's modulus.
    package let signature: [UInt8]

    /// Media types of tokens that let somebody in; others (logout tokens, proofs of possession) say something else.
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    /// Whether a credential looks like a token, and should be read as one.
    /// Two dots among letters of ASCII; keys that Till makes have none.
    package static func looksLike(_ credential: String) -> Bool {
        credential.utf8.count { $0 == UInt8(ascii: ".") } == 2 && credential.utf8.allSatisfy { $0 < 0x80 }
    }

    /// - Throws: why it is none. `alg` must be one of two by name: `none`, and a symmetric one that would take the public key for its secret, are refused here.
    package init(_ text: String) throws(Fault) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Fault("it does not have three parts") }
        let header = try Self.object(parts[0], "header")
        guard let name = header["alg"]?.text, let algorithm = SignatureAlgorithm(rawValue: name) else {
            throw Fault("its alg is neither RS256 nor ES256")
        }
        // An extension that must be understood (RFC 7515 section 4.1.11): none is.
        guard header["crit"] == nil, header["b64"] == nil else { throw Fault("it needs an extension that is not supported") }
        if let type = header["typ"] {
            guard let name = type.text, Self.types.contains(name.lowercased()) else { throw Fault("its typ is none of an access token") }
        }
        if let value = header["kid"] {
            guard let id = value.text else { throw Fault("its kid is no string") }
            keyID = id
        } else {
            keyID = nil
        }
        guard let signature = Base64URL.decode(parts[2]), !signature.isEmpty else { throw Fault("its signature is no base64url") }
        self.algorithm = algorithm
        self.signature = signature
        claims = try Self.object(parts[1], "payload")
        // As it was sent and not put together anew: another text of the same JSON would have another signature.
        signed = Array(text.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
    }

    private static func object(_ part: Substring, _ what: String) throws(Fault) -> JSONValue {
        guard let bytes = Base64URL.decode(part) else { throw Fault("its \(what) is no base64url") }
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes, boundsMarks: true)
        } catch {
            throw Fault("its \(what) is no JSON")
        }
        guard case .object = value else { throw Fault("its \(what) is no JSON object") }
        return value
    }
}
