internal import ColumnStore

/// What a session stands for, and when it was last used.
///
/// Of the console in a browser. A value: the cache has the present one.
package struct BrowserSession: Sendable, Equatable {
    package enum Holder: Sendable, Equatable {
        /// A key's SHA-256: revoked with it.
        case key(sha256: [UInt8])
        /// A token named the contract, and counts till then, or until its issuer withdraws the key that has signed it. Of that the SHA-256; nil of a session of earlier versions, which
        /// did not note it.
        case token(clientID: String, expiresAt: Int64, key: [UInt8]?)

        /// Whether both are one key's, or of tokens of one contract.
        func isSame(as other: Holder) -> Bool {
            switch (self, other) {
            case (.key(let own), .key(let other)): own == other
            case (.token(let own, _, _), .token(let other, _, _)): own.hasSameBytes(as: other)
            default: false
            }
        }
    }

    /// Without use for so long it ends. In microseconds.
    package static let idleMax: Int64 = 12 * 3_600 * 1_000_000
    /// Beyond these the one that was least used of late ends.
    package static let countMax = 10_000
    /// Of one holder, likewise: nobody's signing in again and again ends the sessions of others.
    package static let ownCountMax = 100

    package let holder: Holder
    /// In microseconds since 1970.
    package var usedAt: Int64

    package init(_ holder: Holder, usedAt: Int64) { (self.holder, self.usedAt) = (holder, usedAt) }

    /// - Parameter now: microseconds since 1970.
    package func isOver(at now: Int64) -> Bool {
        if case .token(_, let expiresAt, _) = holder, now >= expiresAt { return true }
        // A clock that was set back makes none older.
        return now > usedAt && now.subtractingSaturating(usedAt) >= Self.idleMax
    }
}
