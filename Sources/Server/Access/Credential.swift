/// A secret that somebody shows: an API key, or a token of the clients' own issuer. Each door makes it of what its protocol carries.
package struct Credential: Sendable {
    package let secret: String
    package let sha256: [UInt8]

    package init(_ secret: String) {
        self.secret = secret
        sha256 = APIKey.sha256(of: secret)
    }
}
