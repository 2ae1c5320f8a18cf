internal import Documents
internal import Ingest

extension Request {
    /// What `Authorization` bears, else the session that the cookie names.
    ///
    /// - Throws: `unauthenticated` where neither is there or the scheme is another; `csrf` where a cookie alone would change something.
    package func credential() throws -> Credential {
        guard let header = header("Authorization") else {
            if let cookie = SessionCookie(self) { return try cookie.credential(for: self) }
            throw Problem(.unauthenticated, "send an API key: Authorization: Bearer <key>")
        }
        guard let key = Self.bearer(header) else {
            throw Problem(.unauthenticated, "the Authorization header must be: Bearer <key>")
        }
        return Credential(key)
    }

    private static func bearer(_ header: String) -> String? {
        // As bytes: characters would be made of them on every request.
        // `bearer` in any case: 0x20 makes a small letter of a capital, and leaves the blank as it is.
        guard header.utf8.count >= 7, zip(header.utf8, "bearer ".utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        let key = Substring(header.utf8.dropFirst(7)).trimmingBlanks
        return key.isEmpty ? nil : key
    }
}
