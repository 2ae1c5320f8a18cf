/// An outside service that must accept a receipt, as the configuration has it. Durations are in microseconds.
package struct RegistrarOptions: Sendable, Hashable {
    package var url: String
    package var secret: String
    package var statusURL: String?
    /// How long a call holds its step: after it, whoever promised an answer is asked, or sent to again.
    package var lock: Int64
    package var retry: RetryPolicy
    package var expires: Int64
    /// For so long at least a callback that comes again is known as the same: in fact as long as its ticket is.
    package var duplicateWindow: Int64
    package var concurrency: Int

    package init(
        url: String, secret: String, statusURL: String? = nil, lock: Int64 = 300_000_000,
        retry: RetryPolicy = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: 10),
        expires: Int64 = 14 * 86_400_000_000, duplicateWindow: Int64 = 86_400_000_000, concurrency: Int = 64
    ) {
        self.url = url
        self.secret = secret
        self.statusURL = statusURL
        self.lock = lock
        self.retry = retry
        self.expires = expires
        self.duplicateWindow = duplicateWindow
        self.concurrency = concurrency
    }
}

package struct RegistrationOptions: Sendable {
    package var registrars: [String: RegistrarOptions] = [:]
    package var policy: AddressPolicy
    package init(registrars: [String: RegistrarOptions] = [:], policy: AddressPolicy? = nil) {
        self.registrars = registrars
        self.policy = policy ?? .publicOnly
    }
}
