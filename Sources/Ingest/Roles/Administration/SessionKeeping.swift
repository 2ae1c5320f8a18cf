/// Sessions of browsers: each stands for the credential that it was begun with. A session's id stays a secret of its browser; only the SHA-256
/// of it comes here.
package protocol SessionKeeping: AnyObject, Sendable {
    /// Durable when it returns.
    func begin(_ session: BrowserSession, sha256: [UInt8]) throws
    /// The session, whose time without use begins again with this call; nil for one that was never begun, or has ended. Fast: called for every request of a browser.
    func session(ofSHA256 hash: [UInt8]) -> BrowserSession?
    /// Durable when it returns; nothing happens where there is none.
    func end(sessionOfSHA256 hash: [UInt8]) throws
}
