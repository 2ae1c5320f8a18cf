import ColumnStore
import Foundation
import Synchronization

extension BucketDouble {
    /// A request taken apart, path-style.
    struct Asked {
        var method: String
        /// As it was sent.
        var rawPath: String
        var rawQuery: String
        var key: String
        var query: [String: String] = [:]
        var headers: [String: String]
        var body: [UInt8]

        init?(_ request: TestHTTPServer.Request, bucket: String) {
            (method, headers, body) = (request.method, request.headers, request.body)
            let parts = request.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            rawPath = parts[0]
            rawQuery = parts.count > 1 ? parts[1] : ""
            guard let path = rawPath.removingPercentEncoding, path == "/\(bucket)" || path.hasPrefix("/\(bucket)/") else { return nil }
            key = String(path.dropFirst(bucket.utf8.count + 2))
            for pair in rawQuery.split(separator: "&") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard let name = sides[0].removingPercentEncoding, let value = (sides.count > 1 ? sides[1] : "").removingPercentEncoding else { return nil }
                query[name] = value
            }
        }
    }

    private static let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    static func encode(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "" }

    static func fields(ofAuthorization authorization: String) -> [String: String] {
        var fields: [String: String] = [:]
        for field in authorization.dropFirst("AWS4-HMAC-SHA256 ".count).components(separatedBy: ", ") {
            let sides = field.split(separator: "=", maxSplits: 1).map(String.init)
            if sides.count == 2 { fields[sides[0]] = sides[1] }
        }
        return fields
    }

    /// Signature Version 4, read from the documentation a second time: of the product's code only the hash is used.
    ///
    /// - Returns: nil when the request is signed as it must be.
    func refusal(of asked: Asked) -> TestHTTPServer.Response? {
        guard let authorization = asked.headers["authorization"], authorization.hasPrefix("AWS4-HMAC-SHA256 ") else { return Self.error(403, "AccessDenied") }
        let fields = Self.fields(ofAuthorization: authorization)
        guard let scope = fields["Credential"]?.components(separatedBy: "/"), scope.count == 5, let names = fields["SignedHeaders"], let signature = fields["Signature"],
            let stamp = asked.headers["x-amz-date"], let payload = asked.headers["x-amz-content-sha256"]
        else { return Self.error(400, "AuthorizationHeaderMalformed") }
        let (key, clockOffset) = state.withLock { ($0.secrets[scope[0]], $0.clockOffset) }
        guard let key else { return Self.error(403, "InvalidAccessKeyId") }
        guard asked.headers["x-amz-security-token"] == key.token else { return Self.error(400, "ExpiredToken") }
        guard scope[2] == region else { return Self.error(400, "AuthorizationHeaderMalformed", "<Region>\(region)</Region>") }
        guard scope[1] == String(stamp.prefix(8)), scope[3...] == ["s3", "aws4_request"] else { return Self.error(400, "AuthorizationHeaderMalformed") }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let now = Date().addingTimeInterval(TimeInterval(clockOffset))
        guard let sent = format.date(from: stamp), abs(sent.timeIntervalSince(now)) < 900 else {
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            var response = Self.error(403, "RequestTimeTooSkewed")
            response.headers.append(("Date", format.string(from: now)))
            return response
        }
        if signature != Self.signature(asked, names, stamp, payload, scope, secret: key.secret) { return Self.error(403, "SignatureDoesNotMatch") }
        let signed = Set(names.components(separatedBy: ";"))
        let mustBeSigned = asked.headers.keys.filter { $0 == "host" || $0.hasPrefix("x-amz-") || $0.hasPrefix("if-") || $0 == "range" }
        guard signed.isSuperset(of: mustBeSigned) else { return Self.error(403, "AccessDenied") }
        return Self.hexadecimal(SHA256.hash(asked.body)) == payload ? nil : Self.error(400, "XAmzContentSHA256Mismatch")
    }

    static func signature(_ asked: Asked, _ names: String, _ stamp: String, _ payload: String, _ scope: [String], secret: String) -> String {
        let path = (asked.rawPath.removingPercentEncoding ?? "").components(separatedBy: "/").map(encode).joined(separator: "/")
        let query = asked.query.map { (encode($0.key), encode($0.value)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let headers = names.components(separatedBy: ";").map { name in
            "\(name):\((asked.headers[name] ?? "").split(separator: " ").joined(separator: " "))\n"
        }
        let canonical = "\(asked.method)\n\(path)\n\(query)\n\(headers.joined())\n\(names)\n\(payload)"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope[1...].joined(separator: "/"))\n\(hexadecimal(SHA256.hash(Array(canonical.utf8))))"
        var key = Array("AWS4\(secret)".utf8)
        for part in scope[1...] { key = HMACSHA256.authenticate(Array(part.utf8), key: key) }
        return hexadecimal(HMACSHA256.authenticate(Array(text.utf8), key: key))
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
}
