/// Sessions of browsers: each stands for the credential that it was begun with. A session's id stays a secret of its browser; only the SHA-256
/// of it comes here.
package protocol SessionKeeping: AnyObject, Sendable {
    /// Durable when it returns.
    func begin(_ session: BrowserSession, sha256: [UInt8]) throws
    /// The session, whose time without use begins again with this call; nil for one that was never begun, or has ended. Fast: called for every request of a browser.
    ///
    /// - Parameter instant: as of when its end is looked at, in microseconds since 1970; nil: now. What was let in by then may go on, though the session's token has run out since.
    func session(ofSHA256 hash: [UInt8], letInAt instant: Int64?) -> BrowserSession?
    /// Durable when it returns.
    ///
    /// - Returns: whether there was one, be it over or not; nothing happens where there was none.
    func end(sessionOfSHA256 hash: [UInt8]) throws -> Bool
    /// Ends one whose credential is worth nothing any more: at once, and on the disk by and by, for a request finds it out that must not wait. Nothing happens where there is none.
    func forget(sessionOfSHA256 hash: [UInt8])
}

extension SessionKeeping {
    /// As it is now.
    package func session(ofSHA256 hash: [UInt8]) -> BrowserSession? { session(ofSHA256: hash, letInAt: nil) }
}
