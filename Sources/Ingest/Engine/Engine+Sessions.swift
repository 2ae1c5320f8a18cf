/// Sessions of browsers.
extension Engine: SessionKeeping {
    package func begin(_ session: BrowserSession, sha256: [UInt8]) throws { try catalog.begin(session, sha256: sha256) }
    package func session(ofSHA256 hash: [UInt8], letInAt instant: Int64?) -> BrowserSession? { catalog.session(ofSHA256: hash, letInAt: instant) }
    package func end(sessionOfSHA256 hash: [UInt8]) throws -> Bool { try catalog.end(sessionOfSHA256: hash) }
    package func forget(sessionOfSHA256 hash: [UInt8]) { catalog.forget(sessionOfSHA256: hash) }
}
