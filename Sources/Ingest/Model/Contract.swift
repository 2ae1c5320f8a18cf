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
    /// How often it is told what was refused; nil for never.
    package var digest: DigestSpan?
    package init(
        clientID: String, name: String? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil,
        validFrom: Int64? = nil, validTo: Int64? = nil, ratePerSecond: Double? = nil, webhook: Webhook? = nil, callbackHosts: [String] = [],
        uses: Uses = .none, digest: DigestSpan? = nil
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
        self.digest = digest
    }

    /// A span of time as somebody wrote it: `15m`.
    package struct DigestSpan: Sendable, Hashable {
        package let text: String
        package let microseconds: Int64

        private static let units: [(suffix: String, microseconds: Int64)] = [("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)]

        /// Nil for what is no span from a second to a day.
        package init?(_ text: String) {
            guard let unit = Self.units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
            let digits = text.dropLast(unit.suffix.count)
            guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits) else { return nil }
            let (product, overflows) = number.multipliedReportingOverflow(by: unit.microseconds)
            guard !overflows, (1_000_000...86_400_000_000).contains(product) else { return nil }
            (self.text, microseconds) = (text, product)
        }
    }
}
