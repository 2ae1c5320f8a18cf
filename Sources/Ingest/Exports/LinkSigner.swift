import ColumnStore

/// Makes and checks what a URL bears so that whoever has it may do one thing until an instant, without a credential: put one file, or fetch one.
///
/// `?expires=<microseconds since 1970>&signature=<hexadecimal digits>`: HMAC-SHA-256 over purpose, subject and expiry by a key of the store that serves
/// nothing else. Nothing is kept of a link.
package struct LinkSigner: Sendable {
    /// What the link is for. Part of what is signed: do not rename.
    package enum Purpose: String, Sendable, CaseIterable {
        case upload
        case export
    }

    package enum Verdict: Sendable, Equatable {
        case valid
        /// It was good until this instant, in microseconds since 1970.
        case expired(at: Int64)
        /// It was never made for this, or was altered.
        case altered
    }

    private let key: [UInt8]

    /// - Parameter key: of the store; the links' own is derived from it.
    package init(storeKey: [UInt8]) { key = HMACSHA256.authenticate(Array("till signed links 1".utf8), key: storeKey) }

    /// What follows the URL's path.
    ///
    /// - Parameter subject: what the link is about: an id.
    package func query(_ purpose: Purpose, subject: String, expiresAt: Int64) -> String {
        "?expires=\(expiresAt)&signature=\(Hexadecimal.text(code(purpose, subject, expiresAt)))"
    }

    /// - Complexity: the same time wherever a signature is wrong.
    package func check(_ purpose: Purpose, subject: String, expires: String?, signature: String?, now: Int64) -> Verdict {
        // One spelling of a number only: a changed sign of the link is a changed link.
        guard let expires, let expiresAt = Int64(expires), String(expiresAt) == expires else { return .altered }
        guard let signature, let given = Hexadecimal.bytes(signature) else { return .altered }
        guard HMACSHA256.areEqual(given, code(purpose, subject, expiresAt)) else { return .altered }
        return now < expiresAt ? .valid : .expired(at: expiresAt)
    }

    private func code(_ purpose: Purpose, _ subject: String, _ expiresAt: Int64) -> [UInt8] {
        var message: [UInt8] = []
        for part in [purpose.rawValue, subject, String(expiresAt)] {
            // Lengths before texts: no two links are signed alike.
            withUnsafeBytes(of: UInt32(clamping: part.utf8.count).bigEndian) { message.append(contentsOf: $0) }
            message.append(contentsOf: part.utf8)
        }
        return HMACSHA256.authenticate(message, key: key)
    }
}
