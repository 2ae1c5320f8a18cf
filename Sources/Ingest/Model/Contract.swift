import ColumnStore
import Documents

/// What a client's keys may do, as the administrator put it.
package struct Contract: Sendable, Hashable {
    /// Where a client is notified of its receipts, and with which secret those calls are signed.
    package struct Webhook: Sendable, Hashable {
        package var url: String
        package var secret: String
        /// The secret before this one: calls bear a signature of each until then, so that the receiver can change over at leisure.
        package var previousSecret: String?
        /// Microseconds since 1970.
        package var previousUntil: Int64?
        /// Whether the URL was replaced together with that secret: who listens at the new one never had it, and receivers of callbacks have it still.
        package var previousIsOfAnotherURL: Bool
        package init(url: String, secret: String, previousSecret: String? = nil, previousUntil: Int64? = nil, previousIsOfAnotherURL: Bool = false) {
            self.url = url
            self.secret = secret
            self.previousSecret = previousSecret
            self.previousUntil = previousUntil
            self.previousIsOfAnotherURL = previousIsOfAnotherURL
        }

        /// How long two secrets are valid, in microseconds.
        package static let rotation: Int64 = 24 * 3_600_000_000

        /// With the secret that it replaces, if it is another.
        func following(_ earlier: Webhook?, now: Int64) -> Webhook {
            var result = Webhook(url: url, secret: secret)
            guard let earlier else { return result }
            if Self.isSame(earlier.secret, secret) {
                (result.previousSecret, result.previousUntil) = (earlier.previousSecret, earlier.previousUntil)
                result.previousIsOfAnotherURL = earlier.previousIsOfAnotherURL
            } else {
                (result.previousSecret, result.previousUntil) = (earlier.secret, now + Self.rotation)
                result.previousIsOfAnotherURL = !earlier.url.hasBytes(of: url)
            }
            return result
        }

        /// With the secret that is stored, in place of its own.
        ///
        /// - Throws: invalid-contract where none is stored for the same URL.
        func keepingSecret(of earlier: Webhook?) throws -> Webhook {
            guard let earlier, earlier.url.hasBytes(of: url) else {
                throw Fault(
                    .invalidContract, "the webhook has no secret that could stay: it was removed, or leads elsewhere by now",
                    errors: [.init(pointer: "/webhook/secret", code: "required", message: "a secret is wanted")])
            }
            return Webhook(url: url, secret: earlier.secret)
        }

        /// Whether two secrets are one: by their bytes, which are what signs, and in the same time wherever they differ.
        static func isSame(_ secret: String?, _ other: String?) -> Bool {
            guard let secret, let other else { return secret == nil && other == nil }
            return HMACSHA256.areEqual(Array(secret.utf8), Array(other.utf8))
        }

        /// By bytes: a secret that another takes the place of may be canonically equivalent to it.
        package static func == (left: Webhook, right: Webhook) -> Bool {
            left.url.hasBytes(of: right.url) && isSame(left.secret, right.secret) && isSame(left.previousSecret, right.previousSecret)
                && left.previousUntil == right.previousUntil && left.previousIsOfAnotherURL == right.previousIsOfAnotherURL
        }
    }
    /// What a contract may do for a time.
    package struct Subscription: Sendable, Hashable {
        /// Microseconds since 1970, inclusive; nil: since ever.
        package var from: Int64?
        /// Exclusive; nil: forever.
        package var to: Int64?
        package var access: Principal.Access
        package var scope: Principal.Scope
        /// Nil for all.
        package var types: [String]?
        package var seesSensitive: Bool
        /// Labels for the callers' own use.
        package var roles: [String]
        package var plan: String?

        package init(
            from: Int64? = nil, to: Int64? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil, seesSensitive: Bool = false,
            roles: [String] = [], plan: String? = nil
        ) {
            (self.from, self.to, self.access, self.scope) = (from, to, access, scope)
            (self.types, self.seesSensitive, self.roles, self.plan) = (types, seesSensitive, roles, plan)
        }

        package func covers(_ instant: Int64) -> Bool { (from.map { $0 <= instant } ?? true) && (to.map { instant < $0 } ?? true) }

        package func overlaps(_ other: Subscription) -> Bool { (from ?? .min) < (other.to ?? .max) && (other.from ?? .min) < (to ?? .max) }
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

            fileprivate func includeAll(of others: Names) -> Bool {
                switch others {
                case .all: self == .all
                case .some(let names): names.allSatisfy(includes)
                }
            }
        }

        package var queues: Names
        package var topics: Names
        package var processes: Names

        package init(queues: Names = .none, topics: Names = .none, processes: Names = .none) {
            (self.queues, self.topics, self.processes) = (queues, topics, processes)
        }

        func include(_ others: Uses) -> Bool { queues.includeAll(of: others.queues) && topics.includeAll(of: others.topics) && processes.includeAll(of: others.processes) }

        package static let none = Uses()
        package static let all = Uses(queues: .all, topics: .all, processes: .all)
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
    /// Nil for no limit.
    package var ratePerSecond: Double?
    package var webhook: Webhook?
    package var callbackHosts: [String]
    package var uses: Uses
    /// How often the webhook gets a digest of refusals; nil for never.
    package var digest: DigestSpan?
    /// No two overlap. Where there are any, each says what may be done in its time, and nothing may be done outside all.
    package var subscriptions: [Subscription]
    package init(
        clientID: String, name: String? = nil, access: Principal.Access, scope: Principal.Scope, types: [String]? = nil,
        seesSensitive: Bool = false, validFrom: Int64? = nil, validTo: Int64? = nil, ratePerSecond: Double? = nil, webhook: Webhook? = nil, callbackHosts: [String] = [],
        uses: Uses = .none, digest: DigestSpan? = nil, subscriptions: [Subscription] = []
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
        self.uses = uses
        self.digest = digest
        self.subscriptions = subscriptions
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

    package func subscription(at instant: Int64) -> Subscription? { subscriptions.first { $0.covers(instant) } }

    /// Whoever shows a credential of it, by what is said of the instant; outside all subscriptions by the contract itself.
    package func principal(at instant: Int64) -> Principal {
        guard let present = subscription(at: instant) else {
            return Principal(clientID: clientID, access: access, scope: scope, types: types, uses: uses, seesSensitive: seesSensitive)
        }
        return Principal(
            clientID: clientID, access: present.access, scope: present.scope, types: present.types, uses: uses, seesSensitive: present.seesSensitive)
    }

    /// Why nothing may be done at an instant.
    package enum Invalidity: Sendable, Hashable {
        case notYet(from: Int64), over(since: Int64)
        /// No subscription covers it; the next one begins then, if there is one.
        case unsubscribed(next: Int64?)
    }

    package func invalidity(at instant: Int64) -> Invalidity? {
        if let validFrom, instant < validFrom { return .notYet(from: validFrom) }
        if let validTo, instant >= validTo { return .over(since: validTo) }
        if subscriptions.isEmpty || subscription(at: instant) != nil { return nil }
        return .unsubscribed(next: subscriptions.compactMap(\.from).filter { $0 > instant }.min())
    }

    /// When what may be done at an instant ends, or changes.
    package func end(at instant: Int64) -> Int64? { [subscription(at: instant)?.to, validTo].compactMap { $0 }.min() }
}
