/// The cookie by which a browser shows its session. It goes with every request, whoever's page made it: what changes something must therefore bear a
/// token beside it that only pages of this server can read.
///
///     Set-Cookie: till-session=SECRET; Path=/; HttpOnly; SameSite=Strict; Secure
///     Till-CSRF: hexadecimal SHA-256 of "csrf " SECRET
package struct SessionCookie {
    private static let name = "till-session="

    private let secret: String

    /// Nil where the request has none.
    package init?(_ request: Request) {
        let cookies = request.header("Cookie")?.split(separator: ";").map(\.trimmingBlanks) ?? []
        guard let cookie = cookies.first(where: { $0.hasPrefix(Self.name) }), cookie.utf8.count > Self.name.utf8.count else { return nil }
        secret = String(cookie.dropFirst(Self.name.count))
    }

    package init(secret: String) { self.secret = secret }

    /// Made of the secret, from which nobody gets back to it.
    package var csrf: String { APIKey.sha256(of: "csrf " + secret).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }

    package var credential: Credential { Credential(secret, isSession: true) }

    func credential(for request: Request) throws -> Credential {
        let isSafe = request.method == .get || request.method == .head || request.method == .options
        guard isSafe || Digest.areEqual(Array((request.header("Till-CSRF") ?? "").utf8), Array(csrf.utf8)) else {
            throw Problem(.csrf, "a call with a session's cookie that is no GET must bear Till-CSRF, which GET /v1/session answers")
        }
        return credential
    }

    /// - Parameter isSecure: sent back over TLS alone.
    package func header(isSecure: Bool) -> Response.Header {
        .init("Set-Cookie", Self.name + secret + "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : ""))
    }

    package static func expired(isSecure: Bool) -> Response.Header {
        .init("Set-Cookie", name + "; Path=/; HttpOnly; SameSite=Strict; Max-Age=0" + (isSecure ? "; Secure" : ""))
    }
}
