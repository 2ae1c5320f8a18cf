import ColumnStore
import Documents

/// Where events of a subscription go.
package enum SubscriptionTarget: Sendable, Hashable {
    case queue(String)
    case process(String)
    /// A secret of its own, else that of the contract whose event it is.
    case webhook(url: String, secret: String?)
    /// Lines of the server's log under a name.
    case log(String)
    /// Of a kind that a later version has put: its row stays as it is, and nothing goes there.
    case unknown(kind: String, target: String, secret: String?)

    /// By bytes: a secret or URL that another takes the place of may be canonically equivalent to it.
    package static func == (left: SubscriptionTarget, right: SubscriptionTarget) -> Bool {
        switch (left, right) {
        case (.queue(let one), .queue(let other)), (.process(let one), .process(let other)), (.log(let one), .log(let other)): one.hasBytes(of: other)
        case (.webhook(let one, let secret), .webhook(let other, let otherSecret)): one.hasBytes(of: other) && Contract.Webhook.isSame(secret, otherSecret)
        case (.unknown(let kind, let one, let secret), .unknown(let otherKind, let other, let otherSecret)):
            kind.hasBytes(of: otherKind) && one.hasBytes(of: other) && Contract.Webhook.isSame(secret, otherSecret)
        default: false
        }
    }

    /// With the secret that the stored one has, where that is a webhook of the same URL: it is left out to stay.
    func keepingSecret(of stored: SubscriptionTarget?) -> SubscriptionTarget {
        guard case .webhook(let url, _) = self, case .webhook(let former, let secret)? = stored, url.hasBytes(of: former) else { return self }
        return .webhook(url: url, secret: secret)
    }
}

package struct Subscription: Sendable, Hashable {
    package var name: String
    /// An expression of SQL over the event; nil for all.
    package var condition: String?
    package var target: SubscriptionTarget

    /// Names of those that processes have begin so.
    static let processPrefix = "process:"

    package init(name: String, condition: String?, target: SubscriptionTarget) { (self.name, self.condition, self.target) = (name, condition, target) }

    /// By bytes: a condition that asks for other bytes of the same letters is another.
    package static func == (left: Subscription, right: Subscription) -> Bool {
        left.name.hasBytes(of: right.name) && left.target == right.target
            && (left.condition.map { condition in right.condition.map { condition.hasBytes(of: $0) } ?? false } ?? (right.condition == nil))
    }
}

/// What signed a subscription's POSTs before its secret was replaced, and signs beside it for a while, so that the receiver can change over at leisure.
struct FormerSecret: Sendable, Equatable {
    /// Nil: the secret of the contract whose event it is.
    let secret: String?
    /// Microseconds since 1970.
    let until: Int64

    static func == (left: FormerSecret, right: FormerSecret) -> Bool { left.until == right.until && Contract.Webhook.isSame(left.secret, right.secret) }

    /// Of a URL that stays: who listens at another one never had it.
    ///
    /// - Parameter former: what the earlier target had by then.
    static func following(_ earlier: SubscriptionTarget?, _ former: FormerSecret?, by target: SubscriptionTarget, now: Int64) -> FormerSecret? {
        guard case .webhook(let formerURL, let formerSecret)? = earlier, case .webhook(let url, let secret) = target else { return nil }
        if Contract.Webhook.isSame(secret, formerSecret) { return former }
        return url.hasBytes(of: formerURL) ? FormerSecret(secret: formerSecret, until: now.addingSaturating(Contract.Webhook.rotation)) : nil
    }
}

/// A subscription and how it stands.
package struct SubscriptionReport: Sendable {
    package let subscription: Subscription
    /// Events that are not done.
    package let pending: Int
    /// Events that were given up.
    package let dead: Int
    /// Since when the oldest pending one waits.
    package let oldestAt: Int64?
    /// Why it hears of no further events: what is wrong with its condition, or its target; nil for one that hears of them.
    package let rests: String?

    package init(subscription: Subscription, pending: Int, dead: Int, oldestAt: Int64?, rests: String? = nil) {
        (self.subscription, self.pending, self.dead, self.oldestAt, self.rests) = (subscription, pending, dead, oldestAt, rests)
    }
}

/// A topic, and the names of its subscriptions, but those of processes.
package struct TopicReport: Sendable {
    package let name: String
    package let subscriptions: [String]

    package init(name: String, subscriptions: [String]) { (self.name, self.subscriptions) = (name, subscriptions) }
}

/// An event that was given up.
package struct DeadEventReport: Sendable {
    package let number: Int64
    package let event: [UInt8]
    package let reason: String
    package let attempts: Int
    package let diedAt: Int64

    package init(number: Int64, event: [UInt8], reason: String, attempts: Int, diedAt: Int64) {
        (self.number, self.event, self.reason, self.attempts, self.diedAt) = (number, event, reason, attempts, diedAt)
    }
}

/// What topics ask of the store around them.
package struct TopicSurroundings: Sendable {
    /// The contract whose secret signs what is its.
    let contract: @Sendable (String) -> Contract?
    let starter: @Sendable () -> (any ProcessStarting)?

    init(contract: @escaping @Sendable (String) -> Contract?, starter: @escaping @Sendable () -> (any ProcessStarting)?) {
        (self.contract, self.starter) = (contract, starter)
    }
}

/// Of one subscription.
enum EventTimes {
    /// So long an event is tried, then it is given up. In microseconds, as all here.
    static let patience: Int64 = 3 * Clock.microsecondsPerDay
    /// An (source, id) is known so long.
    static let duplicateWindow: Int64 = Clock.microsecondsPerDay
    static let retries = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 3_600_000_000, attemptCountMax: .max)
}
