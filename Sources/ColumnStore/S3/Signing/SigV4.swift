// Signature Version 4 of AWS, of the whole request in one piece ("Authenticating Requests: Using the Authorization Header"):
//
//   canonical  = method \n path \n query \n headers \n their names \n hash of the payload
//   string     = "AWS4-HMAC-SHA256" \n instant \n scope \n sha256(canonical)          scope = day/region/service/aws4_request
//   key        = hmac(hmac(hmac(hmac("AWS4" secret, day), region), service), "aws4_request")
//   signature  = hmac(key, string) in hexadecimal digits
//
// Our own, since libcurl's (CURLOPT_AWS_SIGV4) is wrong in 7.88 for "=" in keys, for the encoding of queries and for session tokens. Compared with
// botocore's over thousands of requests: SigV4Tests.

/// Signs requests to one service of one region.
package struct SigV4: Sendable {
    package let region: String
    package let service: String

    package static let algorithm = "AWS4-HMAC-SHA256"
    /// In place of a hash, of a payload that the signature does not cover.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"
    /// Of no bytes.
    package static let emptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    package init(region: String, service: String = "s3") {
        self.region = region
        self.service = service
    }

    /// Of the hosts of a region's services: China's part of AWS has its own.
    static func domain(ofRegion region: String) -> String { region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com" }

    /// Puts `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` and `Authorization` among the request's headers.
    ///
    /// - Parameter payloadHash: 64 hexadecimal digits of the payload's SHA-256, or `unsignedPayload`.
    package func sign(_ request: inout SignableRequest, _ credentials: AWSCredentials, at instant: SigningInstant, payloadHash: String) {
        request.headers += [("x-amz-date", instant.stamp), ("x-amz-content-sha256", payloadHash)]
        if let token = credentials.sessionToken { request.headers.append(("x-amz-security-token", token)) }
        let names = request.signedHeaders
        let signature = signature(of: request.canonicalText(payloadHash: payloadHash), credentials, at: instant)
        request.headers.append(
            ("Authorization", "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(instant)), SignedHeaders=\(names), Signature=\(signature)"))
    }

    func scope(_ instant: SigningInstant) -> String { "\(instant.day)/\(region)/\(service)/aws4_request" }

    func signature(of canonicalText: String, _ credentials: AWSCredentials, at instant: SigningInstant) -> String {
        let hash = SignatureText.hexadecimal(SHA256.hash(Array(canonicalText.utf8)))
        let text = [Self.algorithm, instant.stamp, scope(instant), hash].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [instant.day, region, service, "aws4_request"] { key = HMACSHA256.authenticate(Array(part.utf8), key: key) }
        return SignatureText.hexadecimal(HMACSHA256.authenticate(Array(text.utf8), key: key))
    }
}
