/// A role of AWS, or of a server that speaks as it does: `arn:aws:iam::123456789012:role/readers`.
package struct RoleName: Sendable, Equatable {
    package let text: String
    /// `aws`, `aws-cn` …: names of buckets that go with it begin alike.
    let partition: String

    private static let byteCountMax = 2_048

    /// - Returns: nil for what is no role's name. Some servers have no number of an account in theirs.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.byteCountMax, parts.count == 6, parts[0] == "arn", parts[2] == "iam", parts[3].isEmpty, parts[5].hasPrefix("role/"), !parts[5].hasSuffix("/"),
            Self.isPlain(parts[1], and: "-"), !parts[1].isEmpty, Self.isPlain(parts[4], and: ""), Self.isPlain(parts[5], and: "/+=,.@_-")
        else { return nil }
        (self.text, partition) = (text, String(parts[1]))
    }

    private static func isPlain(_ text: Substring, and more: StaticString) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || more.withUTF8Buffer { $0.contains(byte) }
        }
    }
}

/// What lent keys may do, as a session policy of AWS: read the objects below some folders of one bucket, and list those; nothing else, whatever the role may.
///
/// Names stand in patterns there, where `*` and `?` mean any others, and `${` a variable: only plain names are taken, so that none means more than it says.
package struct ReadPolicy: Sendable, Hashable {
    package let text: String

    /// Of the text of a session policy (AWS's own bound).
    static let byteCountMax = 2_048

    /// - Parameter locations: of folders, `s3://bucket/a/b`, all of one bucket. Of what is written with or without a slash at the end all that lies below is meant, and no
    ///   folder whose name begins alike.
    /// - Throws: for none, for those of two buckets, and for names that are not plain, or too long together.
    package init(reading locations: [String], of role: RoleName) throws(CredentialFailure) {
        var (buckets, folders): (Set<String>, Set<String>) = ([], [])
        for location in locations {
            guard let place = Self.place(location) else { throw Self.failure("\(String(location.prefix(200))) is no folder of a bucket with a plain name") }
            buckets.insert(place.bucket)
            folders.insert(place.folder)
        }
        guard buckets.count == 1, let bucket = buckets.first else { throw Self.failure("keys are lent for folders of one bucket, and these are of \(buckets.count)") }
        let (name, sorted) = ("arn:\(role.partition):s3:::\(bucket)", folders.sorted())
        let objects = sorted.map { "\"\(name)/\($0)/*\"" }.joined(separator: ",")
        let listed = sorted.map { "\"\($0)/*\"" }.joined(separator: ",")
        text = #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":[\#(objects)]},"#
            + #"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"\#(name)","Condition":{"StringLike":{"s3:prefix":[\#(listed)]}}}]}"#
        guard text.utf8.count <= Self.byteCountMax else { throw Self.failure("the names of the folders are too long together for a session policy") }
    }

    private static func failure(_ reason: String) -> CredentialFailure { CredentialFailure(source: "the lent role", reason: reason) }

    private static func place(_ location: String) -> (bucket: String, folder: String)? {
        guard location.hasPrefix("s3://") else { return nil }
        let parts = location.dropFirst("s3://".count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        let folder = parts[1].trimmingSlash
        // Letters, digits and . _ = - alone.
        return ObjectKey.isValid(parts[0]) && ObjectKey.isValid(folder) ? (parts[0], folder) : nil
    }
}
