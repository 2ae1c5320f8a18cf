package import ColumnStore

/// What a token must say to count here.
package struct TokenRules: Sendable {
    /// `iss` as it must be, byte by byte; nil: any.
    package var issuer: String?
    /// What `aud` must be or have among others; nil: any.
    package var audience: String?
    /// The claim that names the contract.
    package var claim: String
    /// How far the issuer's clock may be from ours, in seconds.
    package var skew = 60.0

    package init(issuer: String?, audience: String?, claim: String) {
        (self.issuer, self.audience, self.claim) = (issuer, audience, claim)
    }

    /// Whom a token speaks for, and from when till when. In seconds since 1970, the skew included.
    package struct Grant: Sendable {
        package let clientID: String
        package let notBefore: Double
        package let expiresAt: Double

        package func check(at now: Double) throws(JSONWebToken.Fault) {
            if now >= expiresAt { throw JSONWebToken.Fault("it has expired") }
            if now < notBefore { throw JSONWebToken.Fault("it is not valid yet") }
        }
    }

    /// Claims only: whoever calls it before the signature is checked must not act by what it gives.
    ///
    /// Of a token whose signature is right.
    package func grant(of claims: JSONValue) throws(JSONWebToken.Fault) -> Grant {
        if let issuer {
            guard let given = claims["iss"]?.text, given.utf8.elementsEqual(issuer.utf8) else { throw .init("its issuer is another") }
        }
        if let audience, !Self.names(audience, claims["aud"]) { throw .init("it is for another audience") }
        guard let expiry = try Self.time("exp", of: claims) else { throw .init("it has no exp") }
        let notBefore = try Self.time("nbf", of: claims) ?? -.infinity
        let issuedAt = try Self.time("iat", of: claims) ?? -.infinity
        guard let clientID = claims[claim]?.text, !clientID.isEmpty else { throw .init("it has no claim \(claim) that names a contract") }
        // Both instants that it may not come before: a token is not good before it was issued.
        return Grant(clientID: clientID, notBefore: max(notBefore, issuedAt) - skew, expiresAt: expiry + skew)
    }

    /// `aud` is a string or an array of them (RFC 7519 section 4.1.3).
    private static func names(_ audience: String, _ claim: JSONValue?) -> Bool {
        switch claim {
        case .string(let text): text.utf8.elementsEqual(audience.utf8)
        case .array(let elements): elements.contains { $0.text?.utf8.elementsEqual(audience.utf8) ?? false }
        default: false
        }
    }

    private static func time(_ name: String, of claims: JSONValue) throws(JSONWebToken.Fault) -> Double? {
        guard let value = claims[name] else { return nil }
        guard case .number(let digits) = value, let seconds = Double(digits), seconds.isFinite else { throw .init("its \(name) is no number") }
        return seconds
    }
}
