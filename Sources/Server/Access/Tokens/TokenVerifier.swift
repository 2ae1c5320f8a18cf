import Synchronization

/// Says whom a JSON web token speaks for.
///
/// Any thread. A token that was verified is remembered by its hash with its times, until a newer key set comes: then its key may be gone.
package final class TokenVerifier: Sendable {
    package enum Outcome: Sendable {
        case granted(clientID: String)
        /// The key that it names may be in a set that is being fetched.
        case waits
    }

    private struct Known: Sendable {
        let grant: TokenRules.Grant
        let generation: Int
    }

    /// Verified tokens that are remembered: a signature costs more than the rest of a small request.
    private static let knownCountMax = 10_000

    package let source: KeySetSource
    private let rules: TokenRules
    private let known = Mutex<[[UInt8]: Known]>([:])

    package init(source: KeySetSource, rules: TokenRules) {
        self.source = source
        self.rules = rules
    }

    /// When a token that counts now will not any more, in microseconds since 1970, and whose signature it bears: a key's thumbprint.
    ///
    /// - Complexity: a public-key operation.
    package func standing(ofVerified text: String) -> (expiresAt: Int64, key: [UInt8])? {
        guard let token = try? JSONWebToken(text), let grant = try? rules.grant(of: token.claims),
            let end = Int64(exactly: min(grant.expiresAt, Self.latestExpiry).rounded(.down)),
            case .keys(let candidates) = source.lookup(kid: token.keyID, token.algorithm, mayWait: false),
            let key = candidates.first(where: { $0.verifies(token.signed, signature: token.signature) })
        else { return nil }
        return (end * 1_000_000, key.thumbprint)
    }

    /// Whether `hasKey` will soon know more than that nobody knows: the first set is on its way.
    package var awaitsFirstSet: Bool { source.awaitsFirst }

    /// Whether the issuer has that key still, by the last set that could be had. Before the first one nobody knows, and what was let in goes on.
    package func hasKey(_ thumbprint: [UInt8]) -> Bool { source.has(thumbprint) ?? true }

    /// The year 9999, which every calendar here has: a token may say that it never ends.
    private static let latestExpiry = 253_402_300_000.0

    /// - Parameters:
    ///   - sha256: of the token.
    ///   - now: seconds since 1970.
    ///   - mayWait: whether the caller would come again when newer keys are there.
    /// - Throws: why the token does not count.
    package func verify(_ text: String, sha256: [UInt8], now: Double, mayWait: Bool) throws(JSONWebToken.Fault) -> Outcome {
        let generation = source.generation
        if let known = known.withLock({ $0[sha256] }), known.generation == generation {
            try known.grant.check(at: now)
            return .granted(clientID: known.grant.clientID)
        }
        // 1. Its form. 2. Its claims and times. 3. The issuer's keys, which may have to be fetched. 4. The signature.
        let token = try JSONWebToken(text)
        // Before the keys: what would be refused anyway must not cause a fetch.
        let grant = try rules.grant(of: token.claims)
        try grant.check(at: now)
        switch source.lookup(kid: token.keyID, token.algorithm, mayWait: mayWait) {
        case .maySoonBeThere: return .waits
        case .keys(let candidates):
            guard !candidates.isEmpty else { throw .init("no key of the issuer has its kid and alg") }
            guard candidates.contains(where: { $0.verifies(token.signed, signature: token.signature) }) else {
                throw .init("its signature is wrong")
            }
        }
        known.withLock { known in
            // All at once: those that still come are verified once more, and nothing has to be kept of who came last.
            if known.count >= Self.knownCountMax { known = [:] }
            known[sha256] = Known(grant: grant, generation: generation)
        }
        return .granted(clientID: grant.clientID)
    }
}
