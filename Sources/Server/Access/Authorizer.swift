import Documents
package import Ingest

/// Turns a credential into a `Principal`, or refuses it. What may be done once inside is the table of the API.
///
/// A credential's kind is known from its form, looked at in this order: a session's, a pass (`till-pass.`), a key by its hash, a token (two dots). A key's hash is looked up
/// before anything is taken for a token, so that the common case costs one look into a table.
///
/// Nothing of it is kept from one request to the next but rates and, in `TokenVerifier`, tokens that were verified: a key that is revoked is refused from the
/// next request on.
package struct Authorizer: Sendable {
    /// Somebody who is let in.
    package struct Admitted: Sendable {
        package let principal: Principal
        /// How the contract's rate stands; nil where it has none.
        package var standing: RateLimiter.Standing?
    }

    /// Whom a credential names, before its rate is asked.
    private struct Known {
        let principal: Principal
        /// Nil of an operator's key.
        var contract: Contract?
    }

    /// The token's key may be in a set that is being fetched, or the first set is, which may lack that of a session: ask again when `whenKeysAreFetched` calls.
    package struct KeysAwaited: Error {}

    private let credentials: any CredentialLookup
    private let sessions: any SessionKeeping
    private let adminKeySHA256: [UInt8]
    private let tokens: TokenVerifier?
    private let rates = RateLimiter()
    private let passes: (any CursorSealing)?

    /// - Parameter passes: what passes are sealed with; nil: there are none.
    package init(
        credentials: any CredentialLookup, sessions: any SessionKeeping, adminKey: String, tokens: TokenVerifier? = nil, passes: (any CursorSealing)? = nil
    ) {
        self.passes = passes
        self.credentials = credentials
        self.sessions = sessions
        self.tokens = tokens
        adminKeySHA256 = APIKey.sha256(of: adminKey)
    }

    /// - Parameter mayWait: whether the caller would ask again; false the second time.
    /// - Throws: `Denial` with `unauthenticated`, `contract-not-valid`, `rate-limited`, or what `access` lacks; `KeysAwaited`.
    package func authorize(_ credential: Credential, for access: AccessRule, mayWait: Bool = false) throws -> Admitted {
        try admit(try denying { try authenticate(credential, mayWait: mayWait) }, for: access)
    }

    /// Who somebody is by now who was let in before, and waited: their key may be revoked since, and their contract have ended or been narrowed. Nothing is taken of its rate.
    ///
    /// - Parameter mayWait: whether the caller would ask again; false the second time.
    /// - Throws: `Denial`, as `authorize`, but for the rate; `KeysAwaited`.
    package func principal(of credential: Credential, for access: AccessRule, mayWait: Bool = false) throws -> Principal {
        try Self.principal(of: denying { try authenticate(credential, mayWait: mayWait) }, for: access)
    }

    /// The same of whoever has proved to have the key of that hash.
    ///
    /// - Throws: as the other.
    package func principal(ofKeySHA256 hash: [UInt8], for access: AccessRule) throws -> Principal { try Self.principal(of: known(ofKeySHA256: hash), for: access) }

    private static func principal(of known: Known, for access: AccessRule) throws -> Principal {
        if let problem = access.refusal(of: known.principal) { throw Denial(problem, of: known.principal) }
        return known.principal
    }

    /// That an answer which goes on has not lost the rights with which it began.
    ///
    /// - Parameter present: whose they are by now.
    /// - Throws: `Denial` with `role-not-allowed`.
    package static func check(_ present: Principal, keeps earlier: Principal) throws {
        guard present.stillSees(whatWasSeenBy: earlier) else {
            throw Denial(Problem(.roleNotAllowed, "the contract may see less than when this answer, or its transaction, began: ask again"), of: present)
        }
    }

    /// Lets in whoever has proved to have the key of that hash, as if it had been shown.
    ///
    /// - Throws: as `authorize`.
    package func authorize(keySHA256 hash: [UInt8], for access: AccessRule) throws -> Admitted {
        try admit(known(ofKeySHA256: hash), for: access)
    }

    private func known(ofKeySHA256 hash: [UInt8]) throws -> Known {
        try denying {
            guard let known = try holder(ofKeySHA256: hash) else { throw Problem(.unauthenticated, "the key is unknown or revoked") }
            return known
        }
    }

    private func denying(_ find: () throws -> Known) throws -> Known {
        do {
            return try find()
        } catch let problem as Problem {
            throw Denial(problem)
        }
    }

    private func admit(_ known: Known, for access: AccessRule) throws -> Admitted {
        var admitted = Admitted(principal: known.principal)
        if let contract = known.contract, let rate = contract.ratePerSecond {
            // Taken from the rate also where the call is refused for another reason after this.
            let standing = rates.take(for: contract.clientID, ratePerSecond: rate)
            admitted.standing = standing
            guard standing.wait == nil else {
                throw Denial(Problem(.rateLimited, "the contract allows \(RateLimiter.text(rate: rate)) requests a second"), of: known.principal, standing: standing)
            }
        }
        if let problem = access.refusal(of: admitted.principal) { throw Denial(problem, of: admitted.principal, standing: admitted.standing) }
        return admitted
    }

    /// Calls `wake` when the fetch that `KeysAwaited` spoke of is over.
    ///
    /// - Returns: false when too many wait already.
    package func whenKeysAreFetched(_ wake: @escaping @Sendable () -> Void) -> Bool { tokens?.source.whenFetched(wake) ?? false }

    /// For calls without a credential, and until one is checked: sees no row.
    package static let nobody = Admitted(principal: .nobody)

    private func authenticate(_ credential: Credential, mayWait: Bool) throws -> Known {
        if credential.isSession { return try holder(ofSession: credential, mayWait: mayWait) }
        if credential.secret.utf8.starts(with: Self.passPrefix.utf8) { return try holder(ofPass: credential.secret) }
        return try holder(ofKeySHA256: credential.sha256) ?? holder(of: try contract(ofToken: credential, mayWait: mayWait))
    }

    /// Nil where no key has that hash.
    ///
    /// - Throws: `unauthenticated` for one that has expired, what `holder` of its contract throws.
    private func holder(ofKeySHA256 hash: [UInt8]) throws -> Known? {
        // In constant time: how long it takes must not tell how much of the hash is right.
        if Digest.areEqual(hash, adminKeySHA256) { return Known(principal: .admin) }
        switch credentials.holder(ofKeySHA256: hash) {
        case .contract(let contract, let expiresAt)?:
            try Self.check(expiresAt)
            return try holder(of: contract)
        case .operators(let role, let id, let expiresAt)?:
            try Self.check(expiresAt)
            return Known(principal: .operators(role, keyID: id))
        case nil: return nil
        }
    }

    // MARK: Passes

    private static let passPrefix = "till-pass."
    private static let passBinding = ["pass"]

    /// A token that stands for a key.
    package struct Pass: Sendable {
        package let text: String
        /// In microseconds since 1970.
        package let end: Int64
    }

    /// A token that stands for the key `credential`, which is let in already, for some time. Nobody keeps it: it says itself what it is, sealed.
    ///
    /// - Parameter end: in microseconds since 1970; the key's own end is earlier where it has one before.
    /// - Returns: nil for what is no key. A pass is worth what its key is worth, and a token of the issuer or a pass is none.
    package func pass(for credential: Credential, until end: Int64) -> Pass? { pass(ofKeySHA256: credential.sha256, until: end) }

    /// As `pass(for:until:)`, of a pass that is not over, too: the other is of the same key, and ends with it at the latest.
    package func pass(inPlaceOf credential: Credential, until end: Int64) -> Pass? { pass(ofKeySHA256: keySHA256(ofPass: credential.secret) ?? credential.sha256, until: end) }

    private func pass(ofKeySHA256 hash: [UInt8], until end: Int64) -> Pass? {
        guard let passes, let keyEnd = self.end(ofKeySHA256: hash) else { return nil }
        let end = min(end, keyEnd)
        let fields = [hash, Array(String(end).utf8)]
        return Pass(text: Self.passPrefix + passes.seal(fields, binding: Self.passBinding), end: end)
    }

    /// When the key of that hash ends, in microseconds since 1970, the greatest number of one that never does; nil where there is no such key.
    private func end(ofKeySHA256 hash: [UInt8]) -> Int64? {
        if Digest.areEqual(hash, adminKeySHA256) { return Int64.max }
        switch credentials.holder(ofKeySHA256: hash) {
        case .contract(_, let expiresAt)?: return expiresAt ?? Int64.max
        case .operators(_, _, let expiresAt)?: return expiresAt ?? Int64.max
        case nil: return nil
        }
    }

    /// `till-pass.` and a sealed pair: the key's hash, and when it ends in decimal digits.
    ///
    /// A pass is worth what its key is worth now.
    private func holder(ofPass pass: String) throws -> Known {
        guard let hash = keySHA256(ofPass: pass), let known = try holder(ofKeySHA256: hash) else {
            throw Problem(.unauthenticated, "the token is over, or of a key that is revoked; ask for another")
        }
        return known
    }

    /// Nil of what is no pass, and of one that is over.
    private func keySHA256(ofPass pass: String) -> [UInt8]? {
        // Only what this store has sealed gets through, so the hash and the digits are what `pass(ofKeySHA256:)` wrote. None is of the first version: they live for an hour, and a
        // cursor of that version never ends.
        guard let passes, pass.utf8.starts(with: Self.passPrefix.utf8), pass.utf8.allSatisfy({ $0 < 0x80 }),
            let fields = passes.unseal(String(decoding: pass.utf8.dropFirst(Self.passPrefix.utf8.count), as: UTF8.self), binding: Self.passBinding, withFirstVersion: false),
            fields.count == 2,
            let end = Int64(String(decoding: fields[1], as: UTF8.self)), (Self.beginning ?? CalendarText.now) < end
        else { return nil }
        return fields[0]
    }

    // MARK: Sessions

    /// A session is worth what its credential is worth now: it ends with a revoked key or an ended contract, and with the key by which its token was signed; with a
    /// token that runs out, too, but for what streams since before.
    private func holder(ofSession credential: Credential, mayWait: Bool) throws -> Known {
        if let session = sessions.session(ofSHA256: credential.sha256, letInAt: Self.beginning) {
            switch try worth(of: session.holder, mayWait: mayWait) {
            case .known(let known): return known
            case .nothing: break
            // For good: after a start nobody knows what the issuer has withdrawn until it has answered.
            case .withdrawn: sessions.forget(sessionOfSHA256: credential.sha256)
            }
        }
        throw Problem(.unauthenticated, "the session has ended; sign in again")
    }

    /// What a holder stands for now.
    private enum Worth {
        case known(Known)
        /// The key, or the contract of the token, is gone.
        case nothing
        /// The issuer's set is here, and has no more the key that has signed the token.
        case withdrawn
    }

    /// - Parameter mayWait: whether the caller would come again when the first set is here. A start has no set for a moment, in which nobody goes on by a key that is withdrawn.
    private func worth(of holder: BrowserSession.Holder, mayWait: Bool = false) throws -> Worth {
        switch holder {
        case .key(let hash): return try self.holder(ofKeySHA256: hash).map { Worth.known($0) } ?? .nothing
        case .token(let clientID, _, let key):
            // By which key an earlier version has let somebody in nobody knows.
            guard let key, let tokens else { return .nothing }
            if mayWait, tokens.awaitsFirstSet { throw KeysAwaited() }
            guard tokens.hasKey(key) else { return .withdrawn }
            return try credentials.contract(clientID).map { Worth.known(try self.holder(of: $0)) } ?? .nothing
        }
    }

    /// What a credential of `principal` is: a key, or a token of the issuer; nil of what is neither.
    private func holder(behind credential: Credential, of principal: Principal) -> BrowserSession.Holder? {
        if end(ofKeySHA256: credential.sha256) != nil { return .key(sha256: credential.sha256) }
        guard let clientID = principal.identity.client?.text, let token = tokens?.standing(ofVerified: credential.secret) else { return nil }
        return .token(clientID: clientID, expiresAt: token.expiresAt, key: token.key)
    }

    /// Begins a session that stands for `credential`, a key or a token of the issuer, who is let in already.
    ///
    /// - Returns: its secret.
    /// - Throws: `unauthenticated` for what is neither: a session of a pass would be over at its first call.
    package func beginSession(for credential: Credential, of principal: Principal) throws -> String {
        let secret = try APIKey.randomText(byteCount: 32)
        guard let holder = holder(behind: credential, of: principal) else {
            throw Problem(.unauthenticated, "a session begins with a key, or a token of the issuer; ask with the key that this was made of")
        }
        try sessions.begin(BrowserSession(holder, usedAt: CalendarText.now), sha256: APIKey.sha256(of: secret))
        return secret
    }

    /// Ends a session that there is, whatever became of its credential.
    ///
    /// - Returns: whether there was one.
    package func end(session credential: Credential) throws -> Bool {
        // Also one whose token has run out: an answer that began before goes on by it.
        try sessions.end(sessionOfSHA256: credential.sha256)
    }

    /// The instant at which keys, passes, tokens and sessions within a scope are looked at for their end; nil: now.
    @TaskLocal private static var beginning: Int64?

    /// What a credential that was let in at an instant is worth now: a key that is revoked and a contract that ended or was narrowed count, but not that the key, the pass, the token
    /// or a session of one has run out since. An answer that goes on for long is one call.
    package func principal(of credential: Credential, for access: AccessRule, letInAt instant: Int64) throws -> Principal {
        try Self.$beginning.withValue(instant) { try principal(of: credential, for: access) }
    }

    /// Who somebody is by now whose call has begun what goes on without it, asked anew each time. It ends with the key that a session or a
    /// pass stands for, with the contract of a token and the key of its signature, but not with the session, the pass or the token: what goes on may take longer than they do.
    ///
    /// - Parameter principal: whose credential it is, who is let in already.
    /// - Throws: `unauthenticated` where the credential stands for nothing any more. What it gives throws as `principal(of:for:)`.
    package func lastingRights(of credential: Credential, of principal: Principal, for access: AccessRule) throws -> @Sendable () throws -> Principal {
        let root = try root(of: credential, of: principal)
        return {
            let present = try denying {
                guard case .known(let known) = try worth(of: root) else { throw Self.revoked }
                return known
            }
            return try Self.principal(of: present, for: access)
        }
    }

    /// The SHA-256 of the key that a credential is, or stands for; nil of a token, which ends with its contract, and of the key of the settings, which is in no list of keys.
    ///
    /// - Parameter principal: whose credential it is, who is let in already.
    /// - Throws: `unauthenticated` where the credential stands for nothing any more.
    package func revocableKey(behind credential: Credential, of principal: Principal) throws -> [UInt8]? {
        guard case .key(let hash) = try root(of: credential, of: principal), !Digest.areEqual(hash, adminKeySHA256) else { return nil }
        return hash
    }

    /// What a credential is, or what the key is that a session or a pass stands for.
    private func root(of credential: Credential, of principal: Principal) throws -> BrowserSession.Holder {
        let found: BrowserSession.Holder?
        if credential.isSession {
            found = sessions.session(ofSHA256: credential.sha256)?.holder
        } else if let hash = keySHA256(ofPass: credential.secret) {
            found = .key(sha256: hash)
        } else {
            found = holder(behind: credential, of: principal)
        }
        guard let root = found else { throw Self.revoked }
        return root
    }

    private static var revoked: Problem { Problem(.unauthenticated, "the key is unknown or revoked") }

    /// Nil never ends.
    private static func check(_ expiresAt: Int64?) throws {
        guard let expiresAt, (beginning ?? CalendarText.now) >= expiresAt else { return }
        throw Problem(.unauthenticated, "the key expired at \(CalendarText.text(instant: expiresAt))")
    }

    /// The contract that a token names.
    private func contract(ofToken credential: Credential, mayWait: Bool) throws -> Contract {
        guard let tokens, JSONWebToken.looksLike(credential.secret) else { throw Problem(.unauthenticated, "the key is unknown or revoked") }
        let outcome: TokenVerifier.Outcome
        do {
            // Why a token does not count is said to its sender: its claims are its sender's own words.
            outcome = try tokens.verify(credential.secret, sha256: credential.sha256, now: Double(Self.beginning ?? CalendarText.now) / 1e6, mayWait: mayWait)
        } catch {
            throw Problem(.unauthenticated, "the token does not count: \(error)")
        }
        guard case .granted(let clientID) = outcome else { throw KeysAwaited() }
        guard let contract = try credentials.contract(clientID) else {
            throw Problem(.unauthenticated, "the token names no contract that there is")
        }
        return contract
    }

    private static func text(_ invalidity: Contract.Invalidity) -> String {
        switch invalidity {
        case .notYet(let from): "the contract begins at \(CalendarText.text(instant: from))"
        case .over(let since): "the contract ended at \(CalendarText.text(instant: since))"
        case .unsubscribed(nil): "the contract has no subscription any more"
        case .unsubscribed(let next?): "the contract's next subscription begins at \(CalendarText.text(instant: next))"
        }
    }

    private func holder(of contract: Contract) throws -> Known {
        // One instant for both: a contract that ends just now is not valid by one of them and open by the other.
        let now = CalendarText.now
        let principal = contract.principal(at: now)
        if let invalidity = contract.invalidity(at: now) { throw Denial(Problem(.contractNotValid, Self.text(invalidity)), of: principal) }
        return Known(principal: principal, contract: contract)
    }
}
