/// A role that is taken on with a token of somebody else's issuer: how pods of a cluster get theirs. `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`,
/// `AWS_ROLE_SESSION_NAME`; the file is read each time, since its token is replaced as it ages.
///
/// The call is STS's `AssumeRoleWithWebIdentity`, which is not signed: the token is the proof.
package struct WebIdentityCredentials: CredentialSource {
    package let name = "the web identity"
    private let environment: [String: String]
    private let region: String
    private let calls: CredentialCalls

    /// - Parameter region: whose STS is called, unless `AWS_ENDPOINT_URL_STS` names another.
    package init(_ environment: [String: String], region: String, client: OutgoingClient) {
        self.environment = environment
        self.region = region
        calls = CredentialCalls(client: client, source: name)
    }

    package func fetch() throws(CredentialFailure) -> AWSCredentials? {
        guard let path = environment[present: "AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
        guard let role = environment[present: "AWS_ROLE_ARN"] else {
            throw CredentialFailure(source: name, reason: "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not")
        }
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", environment[present: "AWS_ROLE_SESSION_NAME"] ?? "till"), ("WebIdentityToken", try calls.token(inFile: path)),
        ]
        let body = form.map { "\($0.0)=\(SignatureText.percentEncoded($0.1))" }.joined(separator: "&")
        let answer = try calls.body(
            .post, endpoint, [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/xml")], body: Array(body.utf8),
            what: "STS at \(endpoint)")
        guard let credentials = AWSCredentials(ofSTS: answer) else { throw CredentialFailure(source: name, reason: "STS at \(endpoint) gave no credentials in its answer") }
        return credentials
    }

    private var endpoint: String { Self.endpoint(environment, region: region) }

    /// Where STS is asked.
    static func endpoint(_ environment: [String: String], region: String) -> String {
        environment[present: "AWS_ENDPOINT_URL_STS"] ?? "https://sts.\(region).\(SigV4.domain(ofRegion: region))/"
    }
}

extension AWSCredentials {
    /// Of an answer of STS to any of its calls that lend a role; nil where a part of them is not there, is empty, or is no instant.
    init?(ofSTS answer: [UInt8]) {
        guard let found = ServiceXML.parse(answer)?.first("Credentials"), let key = found.text(of: "AccessKeyId"),
            let secret = found.text(of: "SecretAccessKey"), let token = found.text(of: "SessionToken"),
            let end = found.text(of: "Expiration").flatMap(SigningInstant.seconds), ![key, secret, token].contains("")
        else { return nil }
        self.init(accessKeyID: key, secretAccessKey: secret, sessionToken: token, expiresAtSeconds: end)
    }
}
