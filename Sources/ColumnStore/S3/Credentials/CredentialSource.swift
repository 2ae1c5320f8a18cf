/// A place where credentials may come from.
package protocol CredentialSource: Sendable {
    /// For messages: `the environment`.
    var name: String { get }

    /// Asks now; may call a server near by.
    ///
    /// - Returns: nil when this place is not set up, so that the next one is asked.
    /// - Throws: when it is set up, and gives none.
    func fetch() throws(CredentialFailure) -> AWSCredentials?
}

/// A place that is set up, and gave no credentials.
package struct CredentialFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let source: String
    /// What was asked, and what came back; no secrets.
    package let reason: String

    package init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    package var description: String { "\(source): \(reason)" }
}

/// Keys that were handed over: those of the settings.
package struct StaticCredentials: CredentialSource {
    package let name = "the settings"
    private let credentials: AWSCredentials

    package init(_ credentials: AWSCredentials) { self.credentials = credentials }

    package func fetch() -> AWSCredentials? { credentials }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, as the SDKs read them.
package struct EnvironmentCredentials: CredentialSource {
    package let name = "the environment"
    private let environment: [String: String]

    package init(_ environment: [String: String]) { self.environment = environment }

    package func fetch() throws(CredentialFailure) -> AWSCredentials? {
        guard let key = environment[present: "AWS_ACCESS_KEY_ID"] else { return nil }
        guard let secret = environment[present: "AWS_SECRET_ACCESS_KEY"] else {
            throw CredentialFailure(source: name, reason: "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
        }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: environment[present: "AWS_SESSION_TOKEN"])
    }
}

extension [String: String] {
    /// A variable that is set and not empty.
    subscript(present name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
