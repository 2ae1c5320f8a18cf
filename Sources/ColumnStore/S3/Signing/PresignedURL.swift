extension SigV4 {
    /// Seven days: the most that S3 takes.
    package static let presignedSecondsMax = 604_800

    /// A URL that lets any holder make this one request, without a key, for a time ("Using Query Parameters").
    ///
    /// The signature is in the query; it covers the request's headers, which the holder must send as they are, and not the bodies.
    ///
    /// - Parameters:
    ///   - scheme: `https`, or `http` for a test server.
    ///   - seconds: from `instant` on, 1 to `presignedSecondsMax`; others are brought into that range. Credentials that end sooner end the URL too.
    package func presignedURL(
        _ request: SignableRequest, scheme: String = "https", _ credentials: AWSCredentials, at instant: SigningInstant, seconds: Int
    ) -> String {
        var request = request
        request.query += [
            ("X-Amz-Algorithm", Self.algorithm), ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(instant))"), ("X-Amz-Date", instant.stamp),
            ("X-Amz-Expires", String(min(max(seconds, 1), Self.presignedSecondsMax))), ("X-Amz-SignedHeaders", request.signedHeaders),
        ]
        if let token = credentials.sessionToken { request.query.append(("X-Amz-Security-Token", token)) }
        let signature = signature(of: request.canonicalText(payloadHash: Self.unsignedPayload), credentials, at: instant)
        return "\(scheme)://\(request.host)\(request.target)&X-Amz-Signature=\(signature)"
    }
}
