/// A key of an account, with which requests are signed; and until when.
package struct AWSCredentials: Sendable, Equatable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Of keys that were lent for a time: goes with each request.
    package let sessionToken: String?
    /// Seconds since 1970; nil: for good.
    package let expiresAtSeconds: Int64?

    package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiresAtSeconds: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAtSeconds = expiresAtSeconds
    }

    /// Whether requests can carry the key and the token: a line's end in one would begin another header.
    var isFitForHeaders: Bool {
        [accessKeyID, sessionToken ?? ""].allSatisfy { text in text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } }
    }
}

/// Without the secret, however it comes into a log.
extension AWSCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "credentials of \(accessKeyID)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
