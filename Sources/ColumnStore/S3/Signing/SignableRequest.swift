/// A request as it is signed, and as it is sent: both are made of the same encoded texts, so that they cannot differ.
///
/// S3 reads a path literally: it is encoded once, and neither `.` nor `//` in it is resolved. So keys of any bytes of UTF-8 can be named.
package struct SignableRequest: Sendable {
    package var method: String
    /// As the `Host` header says it: with the port, unless it is the scheme's own.
    package var host: String
    /// Not encoded, `/` first.
    package var path: String
    /// Not encoded, in any order; a name without a value has the empty one.
    package var query: [(name: String, value: String)]
    /// Without `Host`. All of them are signed.
    package var headers: [(name: String, value: String)]

    package init(
        method: String, host: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)] = []
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
    }

    package var encodedPath: String { SignatureText.percentEncoded(path.isEmpty ? "/" : path, keepsSlash: true) }

    /// By encoded name, then value: the order of the canonical request, and as well sent so.
    package var encodedQuery: String {
        query.map { (SignatureText.percentEncoded($0.name), SignatureText.percentEncoded($0.value)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Path and query as they stand in the request's first line.
    package var target: String { query.isEmpty ? encodedPath : "\(encodedPath)?\(encodedQuery)" }

    /// Names in lower case and order, `host` among them; values with each run of blanks made one, those of one name joined.
    private var canonicalHeaders: [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in headers + [("host", host)] {
            let words = value.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
            values[name.lowercased(), default: []].append(words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " "))
        }
        return values.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }.map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// `host;x-amz-date`.
    var signedHeaders: String { canonicalHeaders.map(\.name).joined(separator: ";") }

    /// What the signature is of: method, path, query, headers, their names, hash of the payload, a line each.
    func canonicalText(payloadHash: String) -> String {
        let headers = canonicalHeaders
        return [
            method, encodedPath, encodedQuery, headers.map { "\($0.name):\($0.value)\n" }.joined(), headers.map(\.name).joined(separator: ";"), payloadHash,
        ].joined(separator: "\n")
    }
}
