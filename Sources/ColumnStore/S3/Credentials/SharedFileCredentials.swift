/// The file that AWS's own tools keep: `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`; of it the profile that `AWS_PROFILE` names, else `default`.
///
///     file := (section | key "=" value | comment | blank)*        section := "[" name "]"        comment := ("#" | ";") …
///
/// Profiles that are made of others (`role_arn`, `source_profile`, `credential_process`, SSO) are not read. The file is read anew each time: whoever
/// rotates keys writes it again.
package struct SharedFileCredentials: CredentialSource {
    package let name = "the file of credentials"
    private let environment: [String: String]

    /// How long what was read holds: the file says nothing of that.
    private static let readAgainSeconds: Int64 = 3_600
    private static let byteCountMax: Int64 = 1 << 20

    package init(_ environment: [String: String]) { self.environment = environment }

    package func fetch() throws(CredentialFailure) -> AWSCredentials? {
        let named = environment[present: "AWS_SHARED_CREDENTIALS_FILE"]
        guard let path = named ?? environment[present: "HOME"].map({ $0.trimmingSlash + "/.aws/credentials" }) else { return nil }
        let profile = environment[present: "AWS_PROFILE"] ?? "default"
        let bytes: [UInt8]
        do throws(ColumnStoreError) {
            let file = try LocalFileBytes(path: path)
            guard file.byteCount <= Self.byteCountMax else { throw ColumnStoreError(.overBudget, path: path, "longer than such a file is") }
            bytes = try file.region(at: 0, count: Int(clamping: file.byteCount)).copied
        } catch {
            // Nobody has said that there is one: a machine's role may be all that there is.
            if named == nil, environment[present: "AWS_PROFILE"] == nil { return nil }
            throw CredentialFailure(source: name, reason: "\(error)")
        }
        let found = Self.values(of: profile, in: String(decoding: bytes, as: UTF8.self))
        if found == nil, named == nil, environment[present: "AWS_PROFILE"] == nil { return nil }
        guard let found, let key = found["aws_access_key_id"], let secret = found["aws_secret_access_key"], !key.isEmpty, !secret.isEmpty else {
            throw CredentialFailure(source: name, reason: "\(path) has no aws_access_key_id and aws_secret_access_key in its profile \(profile)")
        }
        let token = found["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token, expiresAtSeconds: SigningInstant.now.seconds.addingSaturating(Self.readAgainSeconds))
    }

    /// - Returns: nil where there is no such profile; of two of one name all values, the last counts.
    static func values(of profile: String, in text: String) -> [String: String]? {
        var values: [String: String]?
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                isInside = trimmed(line[line.index(after: line.startIndex)..<end]) == profile
                if isInside, values == nil { values = [:] }
            } else if isInside, let sign = line.firstIndex(of: "=") {
                values?[trimmed(line[..<sign]).lowercased()] = String(trimmed(line[line.index(after: sign)...]))
            }
        }
        return values
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
