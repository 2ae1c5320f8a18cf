/// The endpoint that a container is given: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` (ECS) or `AWS_CONTAINER_CREDENTIALS_FULL_URI` (EKS and others),
/// with `AWS_CONTAINER_AUTHORIZATION_TOKEN` or what `…_TOKEN_FILE` names.
///
/// A relative URI is of ECS's own address, 169.254.170.2. The token goes as the `Authorization` header, as it is.
package struct ContainerCredentials: CredentialSource {
    package let name = "the container's endpoint"
    private let environment: [String: String]
    private let calls: CredentialCalls

    package init(_ environment: [String: String], client: OutgoingClient) {
        self.environment = environment
        calls = CredentialCalls(client: client, source: name)
    }

    package func fetch() throws(CredentialFailure) -> AWSCredentials? {
        guard let url = try url() else { return nil }
        var headers: [(name: String, value: String)] = [("Accept", "application/json")]
        if let path = environment[present: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            headers.append(("Authorization", try calls.token(inFile: path)))
        } else if let token = environment[present: "AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
            guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
                throw CredentialFailure(source: name, reason: "AWS_CONTAINER_AUTHORIZATION_TOKEN has bytes that no header may have")
            }
            headers.append(("Authorization", token))
        }
        return try calls.credentials(try calls.body(.get, url, headers, what: url), what: url)
    }

    /// - Returns: nil where neither variable is set.
    /// - Throws: for a URL that is none, or that would bring keys over a network in the clear.
    private func url() throws(CredentialFailure) -> String? {
        if let path = environment[present: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] { return "http://169.254.170.2" + (path.hasPrefix("/") ? "" : "/") + path }
        guard let url = environment[present: "AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
        guard let host = OutgoingClient.parts(of: url)?.host, url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw CredentialFailure(source: name, reason: "AWS_CONTAINER_CREDENTIALS_FULL_URI is no http(s) URL")
        }
        // Keys come over it in the clear: only from this machine, or from where the clusters have their agents.
        guard url.hasPrefix("https://") || Self.isNear(host) else {
            throw CredentialFailure(source: name, reason: "AWS_CONTAINER_CREDENTIALS_FULL_URI is http to \(host), which is not this machine: take https")
        }
        return url
    }

    /// Loopback, and the fixed addresses of ECS's and EKS's agents.
    private static func isNear(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard let address = AddressPolicy.parse(name) else { return name == "localhost" }
        let agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1"].compactMap(AddressPolicy.parse)
        return agents.contains(address) || (address.count == 4 && address[0] == 127)
    }
}
