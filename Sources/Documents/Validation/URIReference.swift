/// URIs as far as schemas need them: resolving a reference against a base (RFC 3986, section 5.2).
///
/// Characters are taken as they come: nothing is normalised but dots in paths, so `%41` and `A` are different, as are letters of different case in
/// a host.
enum URIReference {
    /// scheme ":" "//" authority path "?" query, by the first delimiters that appendix B of the RFC has; nil for a part that is not there, which
    /// is not the same as an empty one.
    private struct Parts {
        var scheme: Substring?
        var authority: Substring?
        var path: Substring
        var query: Substring?

        /// The reference without its fragment.
        init(_ text: Substring) {
            var rest = text
            // A colon behind a slash or a question mark belongs to those.
            if let colon = rest.firstIndex(where: { ":/?".contains($0) }), rest[colon] == ":", colon > rest.startIndex,
                rest.first?.isASCII ?? false, rest.first?.isLetter ?? false
            {
                scheme = rest[..<colon]
                rest = rest[rest.index(after: colon)...]
            }
            if rest.hasPrefix("//") {
                rest = rest.dropFirst(2)
                let end = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) ?? rest.endIndex
                authority = rest[..<end]
                rest = rest[end...]
            }
            if let mark = rest.firstIndex(of: "?") {
                query = rest[rest.index(after: mark)...]
                rest = rest[..<mark]
            }
            path = rest
        }
    }

    /// The two sides of the first `#`; the fragment is nil where there is none.
    static func split(_ uri: String) -> (uri: String, fragment: String?) {
        guard let mark = uri.firstIndex(of: "#") else { return (uri, nil) }
        return (String(uri[..<mark]), String(uri[uri.index(after: mark)...]))
    }

    /// The absolute URI that `reference` (without fragment) means against `base`.
    ///
    /// `b.json` against `till://schema/a/schema.json` is `till://schema/a/b.json`; `#x` was split off before, and what is empty means the base
    /// itself.
    static func resolve(_ reference: String, against base: String) -> String {
        if reference.isEmpty { return base }
        var parts = Parts(reference[...])
        if parts.scheme == nil {
            let outer = Parts(base[...])
            parts.scheme = outer.scheme
            if parts.authority == nil {
                parts.authority = outer.authority
                if parts.path.isEmpty {
                    parts.path = outer.path
                    parts.query = parts.query ?? outer.query
                } else if !parts.path.hasPrefix("/") {
                    // Section 5.2.3: what the base's path has up to its last slash, or the root where it has a host and no path.
                    let folder = outer.path.lastIndex(of: "/").map { outer.path[...$0] } ?? (outer.authority == nil ? "" : "/")
                    parts.path = folder + parts.path
                }
            }
        }
        var text = ""
        if let scheme = parts.scheme { text += scheme + ":" }
        if let authority = parts.authority { text += "//" + authority }
        text += parts.path.contains("./") || parts.path.hasSuffix("/.") || parts.path.hasSuffix("/..") ? withoutDots(parts.path) : String(parts.path)
        if let query = parts.query { text += "?" + query }
        return text
    }

    /// Section 5.2.4.
    ///
    /// `/a/./b/../c` becomes `/a/c`. A `..` above the root is dropped; one at the end leaves the slash.
    private static func withoutDots(_ path: Substring) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                if kept.count > 1 || kept.first.map({ !$0.isEmpty }) ?? false { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return kept.joined(separator: "/")
    }

    /// Bytes for `%41`; what is no such escape stays as it is.
    static func percentDecoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                // A number's sign would be read, too.
                SchemaFormat.isHexDigit(source[index + 1]), SchemaFormat.isHexDigit(source[index + 2]),
                let value = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
