package struct Contract: Sendable, Hashable {
    package struct Webhook: Sendable, Hashable {
        package var url: String
        package var secret: String
        /// The secret before this one: calls bear a signature of each until then, so that the receiver can change over at leisure.
        package var previousSecret: String?
        /// Microseconds since 1970.
        package var previousUntil: Int64?
        package init(url: String, secret: String, previousSecret: String? = nil, previousUntil: Int64? = nil) {
            self.url = url
            self.secret = secret
            self.previousSecret = previousSecret
            self.previousUntil = previousUntil
        }

        /// How long two secrets are valid, in microseconds.
        package static let rotation: Int64 = 24 * 3_600_000_000

        /// With the secret that it replaces, if it is another.
        func following(_ earlier: Webhook?, now: Int64) -> Webhook {
            var result = Webhook(url: url, secret: secret)
            guard let earlier else { return result }
            if earlier.secret == secret {
                (result.previousSecret, result.previousUntil) = (earlier.previousSecret, earlier.previousUntil)
            } else {
                (result.previousSecret, result.previousUntil) = (earlier.secret, now + Self.rotation)
            }
            return result
        }
    }
    package var clientID: String
    package var name: String?
    package var access: Principal.Access
    package var scope: Principal.Scope
    package var types: [String]?
    /// Whether values of sensitive columns are shown.
    package var seesSensitive: Bool
    /// Microseconds since 1970.
    package var validFrom: Int64?
    package var validTo: Int64?
    package var ratePerSecond: Double?
    package var webhook: Webhook?
    package var callbackHosts: [String]
    package init(
        clientID: String, name: String? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil,
        seesSensitive: Bool = false, validFrom: Int64? = nil, validTo: Int64? = nil, ratePerSecond: Double? = nil, webhook: Webhook? = nil, callbackHosts: [String] = []
    ) {
        self.clientID = clientID
        self.name = name
        self.access = access
        self.scope = scope
        self.types = types
        self.seesSensitive = seesSensitive
        self.validFrom = validFrom
        self.validTo = validTo
        self.ratePerSecond = ratePerSecond
        self.webhook = webhook
        self.callbackHosts = callbackHosts
    }

    /// Whoever shows a credential of it.
    package var principal: Principal {
        Principal(clientID: clientID, access: access, scope: scope, types: types, seesSensitive: seesSensitive)
    }
}
