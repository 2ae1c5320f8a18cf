/// URIs as far as schemas need them: resolving a reference against a base (RFC 3986, section 5.2).
enum URIReference {
    private struct Parts {
        var scheme: Substring?
        var authority: Substring?
        var path: Substring
        var query: Substring?

        /// The reference without its fragment.
        init(_ text: Substring) {
            var rest = text
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

    static func percentDecoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
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
