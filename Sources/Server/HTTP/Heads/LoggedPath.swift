/// A request's path as logs and the audit trail have it: without what may be a credential.
///
/// Keys come into paths by mistake: a variable that was put at the wrong place, a tool that takes its first argument for a URL. A log is read by more people
/// than may use a key.
package enum LoggedPath {
    /// Shorter words are no key: the shortest that the administrator may choose has twenty characters.
    private static let byteCountMin = 20
    /// Of a path that is written down.
    private static let byteCountMax = 512

    /// Every segment that is a key, a token or a secret, or looks like one, is cut to its beginning.
    ///
    /// - Parameter isCredential: whether a text is, or has in it, a key that lets somebody in.
    package static func text(of path: String, isCredential: (String) -> Bool) -> String {
        let segments = path.utf8.prefix(byteCountMax).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // As most are: nothing is made anew.
        guard path.utf8.count > byteCountMax || segments.contains(where: { $0.count >= byteCountMin && !isULID($0) }) else { return path }
        // A key of the administrator's choice may have slashes.
        if isCredential(decoded(path.utf8.prefix(byteCountMax))) { return "/…" }
        let text = segments.map { segment in
            isSecret(segment, isCredential) ? String(decoding: segment.prefix(5), as: UTF8.self) + "…" : String(decoding: segment, as: UTF8.self)
        }
        return text.joined(separator: "/") + (path.utf8.count > byteCountMax ? "…" : "")
    }

    private static func decoded(_ text: some Collection<UInt8>) -> String {
        // What is not escaped rightly is looked at as it is.
        (try? RequestTarget.decode(text, plusIsBlank: false, what: "path")) ?? String(decoding: text, as: UTF8.self)
    }

    private static func isSecret(_ segment: Substring.UTF8View, _ isCredential: (String) -> Bool) -> Bool {
        guard segment.count >= byteCountMin, !isULID(segment) else { return false }
        let text = decoded(segment)
        let lower = text.lowercased()
        // Keys of contracts, revoked ones too; secrets of webhooks; tokens, whose first part is JSON in base 64.
        return ["till_", "whsec_", "eyj"].contains { lower.contains($0) } || isCredential(text)
    }

    /// Tickets are in half of all paths.
    private static func isULID(_ segment: Substring.UTF8View) -> Bool {
        segment.count == 26 && segment.allSatisfy { (0x30...0x39).contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
}
