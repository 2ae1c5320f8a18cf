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
    /// What of the store's machinery a contract may use: names that may be sent to and received from, published to, started. Definitions are the administrator's.
    package struct Uses: Sendable, Hashable {
        package enum Names: Sendable, Hashable {
            case all
            /// In the order in which they were given.
            case some([String])

            package static let none = Names.some([])

            package func includes(_ name: String) -> Bool {
                switch self {
                case .all: true
                case .some(let names): names.contains { $0.hasSameBytes(as: name) }
                }
            }
        }

        package var queues: Names
        package var topics: Names
        package var processes: Names

        package init(queues: Names = .none, topics: Names = .none, processes: Names = .none) {
            (self.queues, self.topics, self.processes) = (queues, topics, processes)
        }

        package static let none = Uses()
        package static let all = Uses(queues: .all, topics: .all, processes: .all)
    }

    package var clientID: String
    package var name: String?
    package var access: Principal.Access
    package var scope: Principal.Scope
    package var types: [String]?
    /// Microseconds since 1970.
    package var validFrom: Int64?
    package var validTo: Int64?
    package var ratePerSecond: Double?
    package var webhook: Webhook?
    package var callbackHosts: [String]
    package var uses: Uses
    package init(
        clientID: String, name: String? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil,
        validFrom: Int64? = nil, validTo: Int64? = nil, ratePerSecond: Double? = nil, webhook: Webhook? = nil, callbackHosts: [String] = [],
        uses: Uses = .none
    ) {
        self.clientID = clientID
        self.name = name
        self.access = access
        self.scope = scope
        self.types = types
        self.validFrom = validFrom
        self.validTo = validTo
        self.ratePerSecond = ratePerSecond
        self.webhook = webhook
        self.callbackHosts = callbackHosts
        self.uses = uses
    }
}
