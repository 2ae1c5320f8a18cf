/// Where a bucket's objects are asked for: what `s3://bucket/prefix` and the settings beside it mean.
package struct BucketEndpoint: Sendable, Equatable {
    package let bucket: String
    /// Below which all keys lie; no slash at either end, empty for the whole bucket.
    package let prefix: String
    package let scheme: String
    /// With the port, unless it is the scheme's own.
    package let host: String
    /// Before every key: `/bucket` where the bucket is no part of the host's name, and the endpoint's own path before that.
    let basePath: String

    /// - Parameters:
    ///   - url: `s3://bucket/prefix`.
    ///   - endpoint: `http://127.0.0.1:9000` for a server of one's own; nil: AWS.
    ///   - isPathStyle: whether the bucket stands in the path and not in the host's name.
    /// - Throws: `.invalidRequest` that names what is wrong.
    package init(url: String, endpoint: String?, region: String, isPathStyle: Bool) throws(ColumnStoreError) {
        let place = try Self.parse(url)
        (bucket, prefix) = place
        guard Self.isRegion(region) else { throw ColumnStoreError(.invalidRequest, path: url, "\"\(region)\" is no region: take one like eu-central-1") }
        // A certificate's wildcard covers one label alone.
        let standsInPath = isPathStyle || place.bucket.contains(".")
        var authority = "s3.\(region).\(SigV4.domain(ofRegion: region))"
        var path = ""
        var scheme = "https"
        if let endpoint { (scheme, authority, path) = try ServiceURL.parse(endpoint) }
        self.scheme = scheme
        host = standsInPath ? authority : "\(place.bucket).\(authority)"
        basePath = standsInPath ? "\(path)/\(place.bucket)" : path
    }

    /// The whole key of an object that is named below the prefix.
    func key(_ key: String) -> String { prefix.isEmpty ? key : "\(prefix)/\(key)" }

    /// Not encoded; of the bucket itself with no key.
    func path(ofWholeKey key: String) -> String { key.isEmpty && basePath.isEmpty ? "/" : key.isEmpty ? basePath : "\(basePath)/\(key)" }

    /// Without a slash at the end: what a table's metadata says of itself.
    package var location: String { "s3://\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)") }

    /// The same bucket, further down.
    package func below(_ folder: String) -> BucketEndpoint { BucketEndpoint(self, prefix: prefix.isEmpty ? folder : "\(prefix)/\(folder)") }

    private init(_ other: BucketEndpoint, prefix: String) {
        (bucket, scheme, host, basePath) = (other.bucket, other.scheme, other.host, other.basePath)
        self.prefix = prefix
    }

    static func isRegion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }

    private static func parse(_ url: String) throws(ColumnStoreError) -> (bucket: String, prefix: String) {
        func wrong(_ what: String) -> ColumnStoreError { ColumnStoreError(.invalidRequest, path: url, "\(what): write s3://bucket/prefix") }
        guard url.hasPrefix("s3://") else { throw wrong("no s3 URL") }
        var parts = url.dropFirst("s3://".count).split(separator: "/", omittingEmptySubsequences: false)
        let bucket = String(parts.removeFirst())
        let isName = (3...63).contains(bucket.utf8.count) && bucket.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        guard isName, !bucket.hasPrefix("."), !bucket.hasPrefix("-"), !bucket.hasSuffix("-"), !bucket.hasSuffix(".") else {
            throw wrong("\"\(bucket)\" is no name of a bucket (3 to 63 of a-z, 0-9, - and .)")
        }
        if parts.last == "" { parts.removeLast() }
        let prefix = parts.joined(separator: "/")
        guard prefix.isEmpty || ObjectKey.isValid(prefix) else {
            throw wrong("\"\(prefix)\" is no usable prefix (parts of A-Z a-z 0-9 . _ = -, none of them empty, . or ..)")
        }
        return (bucket, prefix)
    }
}
