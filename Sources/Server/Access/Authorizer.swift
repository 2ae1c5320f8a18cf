package import Ingest

/// Turns the credential of a request into a `Principal`, or refuses it. What may be done once inside is the table of the API.
package struct Authorizer: Sendable {
    private let engine: any EngineInterface
    private let adminKeySHA256: [UInt8]
    private let rates = RateLimiter()

    package init(engine: any EngineInterface, adminKey: String) {
        self.engine = engine
        adminKeySHA256 = APIKey.sha256(of: adminKey)
    }

    /// - Throws: `unauthenticated`, `contract-not-valid`, `rate-limited`, or what `access` lacks.
    package func authorize(_ request: Request, for access: Route.Access) throws -> Principal {
        switch access {
        case .open: return Self.nobody
        // The signature is checked by the call, which knows whose it must be.
        case .signed: return Self.nobody
        case .reader, .writer, .admin: break
        }
        let principal = try authenticate(request)
        if principal.isAdmin { return principal }
        switch access {
        case .admin: throw Problem(.adminOnly, "this call is for the admin key")
        case .writer where principal.access == .read: throw Problem(.readOnly, "the contract's access is read; this call writes")
        default: return principal
        }
    }

    /// For calls without a credential: sees no row.
    private static let nobody = Principal(clientID: "", access: .read, scope: .own, types: [])

    private func authenticate(_ request: Request) throws -> Principal {
        guard let header = request.header("Authorization") else {
            throw Problem(.unauthenticated, "send an API key: Authorization: Bearer <key>")
        }
        guard let key = Self.bearer(header) else {
            throw Problem(.unauthenticated, "the Authorization header must be: Bearer <key>")
        }
        let hash = APIKey.sha256(of: key)
        if Digest.areEqual(hash, adminKeySHA256) { return .admin }
        guard let contract = engine.contract(forKeySHA256: hash) else {
            throw Problem(.unauthenticated, "the key is unknown or revoked")
        }
        let now = CalendarText.now
        if let from = contract.validFrom, now < from {
            throw Problem(.contractNotValid, "the contract begins at \(CalendarText.text(instant: from))")
        }
        if let to = contract.validTo, now >= to {
            throw Problem(.contractNotValid, "the contract ended at \(CalendarText.text(instant: to))")
        }
        if let rate = contract.ratePerSecond, let wait = rates.wait(for: contract.clientID, ratePerSecond: rate) {
            throw Refusal(
                problem: Problem(.rateLimited, "the contract allows \(rate) requests a second"),
                headers: [.init("Retry-After", String(wait))])
        }
        return Principal(clientID: contract.clientID, access: contract.access, scope: contract.scope, types: contract.types)
    }

    private static func bearer(_ header: String) -> String? {
        let scheme = header.prefix(7)
        guard scheme.lowercased() == "bearer " else { return nil }
        let key = header.dropFirst(7).trimmingBlanks
        return key.isEmpty ? nil : key
    }
}
