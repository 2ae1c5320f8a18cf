/// A secret that somebody shows: an API key, a token of the clients' own issuer, or what a session was called when it began. Each door makes it of what
/// its protocol carries.
package struct Credential: Sendable {
    package let secret: String
    /// Of `secret`: what tables of keys, sessions and verified tokens are looked up by.
    package let sha256: [UInt8]
    /// A session's: it counts as what the session stands for.
    package let isSession: Bool

    package init(_ secret: String, isSession: Bool = false) {
        self.secret = secret
        self.isSession = isSession
        sha256 = APIKey.sha256(of: secret)
    }
}
