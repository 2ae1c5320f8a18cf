package import ColumnStore

/// An outside service that must accept a receipt, as the configuration has it. Durations are in microseconds.
package struct RegistrarOptions: Sendable, Hashable {
    package var url: String
    package var secret: String
    /// The secret before this one: what either of them signed counts, and calls bear a signature of each, until then.
    package var previousSecret: String?
    /// Microseconds since 1970; nil: as long as it is configured.
    package var previousSecretUntil: Int64?
    /// Where it is asked what became of a call; nil: it is sent again instead.
    package var statusURL: String?
    /// How long a call holds its step: after it, whoever promised an answer is asked, or sent to again.
    package var lock: Int64
    package var retry: RetryPolicy
    /// Counted from the step's beginning: past it nothing more is tried.
    package var expires: Int64
    /// Calls under way at a time.
    package var concurrency: Int

    package init(
        url: String, secret: String, previousSecret: String? = nil, previousSecretUntil: Int64? = nil, statusURL: String? = nil, lock: Int64 = 300_000_000,
        retry: RetryPolicy = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: 10),
        expires: Int64 = 14 * 86_400_000_000, concurrency: Int = 64
    ) {
        self.url = url
        self.secret = secret
        self.previousSecret = previousSecret
        self.previousSecretUntil = previousSecretUntil
        self.statusURL = statusURL
        self.lock = lock
        self.retry = retry
        self.expires = expires
        self.concurrency = concurrency
    }

    /// Those that are valid now, the newest first.
    package func secrets(at now: Int64) -> [WebhookSecret] {
        let previous = previousSecretUntil.map { now < $0 } ?? true ? previousSecret : nil
        return [secret, previous].compactMap { $0 }.compactMap { WebhookSecret($0) }
    }
}

/// Options of the scheduler of steps and webhooks, from the configuration.
package struct RegistrationOptions: Sendable {
    package var registrars: [String: RegistrarOptions] = [:]
    /// Which addresses may be called; no internal ones unless it says so.
    package var policy: AddressPolicy
    /// What each queue keeps in memory; the rest is on disk alone.
    package var queueCapacity = CallQueue.capacity
    package init(registrars: [String: RegistrarOptions] = [:], policy: AddressPolicy? = nil) {
        self.registrars = registrars
        self.policy = policy ?? .publicOnly
    }
}
