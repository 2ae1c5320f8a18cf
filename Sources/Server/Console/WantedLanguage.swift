/// Which language a browser gets, of those that there are.
package enum WantedLanguage {
    /// Longer is no tag that anybody has (RFC 5646, 4.4.1, asks for room for 35): each of its shorter forms would be as long again.
    private static let tagByteCountMax = 64

    /// - Parameters:
    ///   - accepted: `Accept-Language`, as browsers write it: the language that is wanted most comes first.
    ///   - tags: of the languages that there are.
    /// - Returns: one of `tags`; nil where none of them is wanted.
    package static func choose(_ accepted: String, among tags: [String]) -> String? {
        let wanted = accepted.split(separator: ",").map { $0.prefix { $0 != ";" }.filter { $0 != " " }.lowercased() }
        return wanted.lazy.flatMap(forms).compactMap { form in tags.first { $0.lowercased() == form } }.first
    }

    /// A tag, then its shorter forms: zh-hant-tw, zh-hant, zh.
    private static func forms(of tag: String) -> [String] {
        guard tag.utf8.count <= tagByteCountMax else { return [] }
        let parts = tag.split(separator: "-")
        return parts.indices.reversed().map { parts[...$0].joined(separator: "-") }
    }
}
