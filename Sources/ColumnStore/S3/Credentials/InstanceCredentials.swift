/// The role of the machine, from its metadata service, version 2 alone: a token first, so that a server that is made to fetch URLs for others does not
/// give the role away. `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
package struct InstanceCredentials: CredentialSource {
    package let name = "the machine's metadata service"
    private let environment: [String: String]
    private let calls: CredentialCalls

    private static let roles = "/latest/meta-data/iam/security-credentials/"

    package init(_ environment: [String: String], client: OutgoingClient) {
        self.environment = environment
        var calls = CredentialCalls(client: client, source: name)
        // Where there is no such service its address may swallow packets: a start must not wait long for that.
        calls.timeoutMilliseconds = 1_000
        calls.attemptCount = 2
        self.calls = calls
    }

    package func fetch() throws(CredentialFailure) -> AWSCredentials? {
        if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
        let base = (environment[present: "AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254").trimmingSlash
        let token: [UInt8]
        do { token = try calls.body(.put, base + "/latest/api/token", [("X-aws-ec2-metadata-token-ttl-seconds", "21600")], what: base) } catch {
            // Asked last, and of every machine: mostly there is no such service, and nobody has set up any of the others.
            throw CredentialFailure(source: name, reason: "\(error.reason); no other place for credentials is set up: \(CredentialChain.waysToSetUp)")
        }
        guard !token.isEmpty, token.count <= 4_096, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CredentialFailure(source: name, reason: "\(base) gave no token")
        }
        let headers: [(name: String, value: String)] = [("X-aws-ec2-metadata-token", String(decoding: token, as: UTF8.self))]
        let names = try calls.body(.get, base + Self.roles, headers, what: base + Self.roles)
        guard let role = String(decoding: names, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) else {
            throw CredentialFailure(source: name, reason: "the machine has no role: give it one that may use the bucket")
        }
        let place = base + Self.roles + SignatureText.percentEncoded(role)
        return try calls.credentials(try calls.body(.get, place, headers, what: place), what: place)
    }
}

extension String {
    /// Without slashes at the end.
    var trimmingSlash: String {
        var text = Substring(self)
        while text.hasSuffix("/") { text = text.dropLast() }
        return String(text)
    }
}
