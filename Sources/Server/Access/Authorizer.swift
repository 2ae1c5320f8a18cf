import Documents
package import Ingest

/// Turns the credential of a request into a `Principal`, or refuses it. What may be done once inside is the table of the API.
package struct Authorizer: Sendable {
    /// Somebody who is let in.
    package struct Admission: Sendable {
        package let principal: Principal
        /// What the answer says of the rate that is left, whatever it is.
        package var headers: [Response.Header] = []
    }

    /// The token's key may be in a set that is being fetched: ask again when `whenKeysAreFetched` calls.
    package struct KeysAwaited: Error {}

    private let engine: any EngineInterface
    private let adminKeySHA256: [UInt8]
    private let tokens: TokenVerifier?
    private let rates = RateLimiter()

    package init(engine: any EngineInterface, adminKey: String, tokens: TokenVerifier? = nil) {
        self.engine = engine
        self.tokens = tokens
        adminKeySHA256 = APIKey.sha256(of: adminKey)
    }

    /// - Parameter mayWait: whether the caller would ask again; false the second time.
    /// - Throws: `unauthenticated`, `contract-not-valid`, `rate-limited`, or what `access` lacks; `KeysAwaited`.
    package func authorize(_ request: Request, for access: AccessRule, mayWait: Bool = false) throws -> Admission {
        switch access {
        case .open: return Self.nobody
        // The signature is checked by the call, which knows whose it must be.
        case .signed: return Self.nobody
        case .reader, .writer, .review, .audit, .metrics, .admin: break
        }
        let admission = try authenticate(request, mayWait: mayWait)
        if let problem = access.refusal(of: admission.principal) { throw Refusal(problem: problem, headers: admission.headers) }
        return admission
    }

    /// Calls `wake` when the fetch that `KeysAwaited` spoke of is over.
    ///
    /// - Returns: false when too many wait already.
    package func whenKeysAreFetched(_ wake: @escaping @Sendable () -> Void) -> Bool { tokens?.source.whenFetched(wake) ?? false }

    /// For calls without a credential, and until one is checked: sees no row.
    package static let nobody = Admission(principal: Principal(clientID: "", access: .read, scope: .own, types: []))

    private func authenticate(_ request: Request, mayWait: Bool) throws -> Admission {
        guard let header = request.header("Authorization") else {
            throw Problem(.unauthenticated, "send an API key: Authorization: Bearer <key>")
        }
        guard let key = Self.bearer(header) else {
            throw Problem(.unauthenticated, "the Authorization header must be: Bearer <key>")
        }
        let hash = APIKey.sha256(of: key)
        if Digest.areEqual(hash, adminKeySHA256) { return Admission(principal: .admin) }
        switch engine.holder(ofKeySHA256: hash) {
        case .contract(let contract, let expiresAt)?:
            try Self.check(expiresAt)
            return try admit(contract)
        case .operators(let role, let id, let expiresAt)?:
            try Self.check(expiresAt)
            return Admission(principal: .operators(role, keyID: id))
        case nil: return try admit(try contract(ofToken: key, sha256: hash, mayWait: mayWait))
        }
    }

    private static func check(_ expiresAt: Int64?) throws {
        guard let expiresAt, CalendarText.now >= expiresAt else { return }
        throw Problem(.unauthenticated, "the key expired at \(CalendarText.text(instant: expiresAt))")
    }

    /// The contract that a token names.
    private func contract(ofToken credential: String, sha256: [UInt8], mayWait: Bool) throws -> Contract {
        guard let tokens, JSONWebToken.looksLike(credential) else { throw Problem(.unauthenticated, "the key is unknown or revoked") }
        let outcome: TokenVerifier.Outcome
        do {
            outcome = try tokens.verify(credential, sha256: sha256, now: Double(CalendarText.now) / 1e6, mayWait: mayWait)
        } catch {
            throw Problem(.unauthenticated, "the token does not count: \(error)")
        }
        guard case .granted(let clientID) = outcome else { throw KeysAwaited() }
        guard let contract = try engine.contract(clientID) else {
            throw Problem(.unauthenticated, "the token names no contract that there is")
        }
        return contract
    }

    private func admit(_ contract: Contract) throws -> Admission {
        let now = CalendarText.now
        if let from = contract.validFrom, now < from {
            throw Problem(.contractNotValid, "the contract begins at \(CalendarText.text(instant: from))")
        }
        if let to = contract.validTo, now >= to {
            throw Problem(.contractNotValid, "the contract ended at \(CalendarText.text(instant: to))")
        }
        let principal = Principal(clientID: contract.clientID, access: contract.access, scope: contract.scope, types: contract.types)
        guard let rate = contract.ratePerSecond else { return Admission(principal: principal) }
        let standing = rates.take(for: contract.clientID, ratePerSecond: rate)
        guard let wait = standing.wait else { return Admission(principal: principal, headers: standing.headers) }
        throw Refusal(
            problem: Problem(.rateLimited, "the contract allows \(RateLimiter.text(rate: rate)) requests a second"),
            headers: standing.headers + [.init("Retry-After", String(wait))])
    }

    private static func bearer(_ header: String) -> String? {
        // As bytes: characters would be made of them on every request.
        guard header.utf8.count >= 7, zip(header.utf8, "bearer ".utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        let key = Substring(header.utf8.dropFirst(7)).trimmingBlanks
        return key.isEmpty ? nil : key
    }
}
